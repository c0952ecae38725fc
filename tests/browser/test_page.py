"""The page: sign in, describe, watch, browse, download, and resume on reload."""

from playwright.async_api import Page, expect

from tests.unit.bridge.world import World, world


async def sign_in(page: Page, running: World) -> None:
    """Sign in as alice."""
    await page.goto(running.url)
    await page.get_by_label("Your name").fill("alice")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="What shall we build?")).to_be_visible()


async def test_whole_visit(page: Page) -> None:
    """Leads from a sentence to files, without an error in the console."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    async with world() as running:
        running.orchestrator.plays = True
        await sign_in(page, running)
        await page.get_by_label("Describe the backend").fill("A blog with posts and comments")
        await page.get_by_role("button", name="Generate", exact=True).click()
        await expect(page.get_by_role("heading", name="Blog · version 1")).to_be_visible()
        running.orchestrator.scripts["gen_1"].generation.snapshot_id = "snapshot"
        await expect(page.locator("#status")).to_have_text("completed")
        await expect(page.locator("#percent")).to_have_text("100 %")
        await expect(page.locator("#phases li.done")).to_have_count(6)
        await expect(page.locator("#file")).to_contain_text("# Blog")
        assert await page.evaluate("() => scrollY") == 0
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download zip").click()
        assert (await download.value).suggested_filename == "blog-v1.zip"
        await page.reload()
        await expect(page.locator("#status")).to_have_text("completed")
        await expect(page.locator("#file-count")).to_have_text("2")
        assert complaints == []


async def test_what_was_not_understood_is_shown(page: Page) -> None:
    """Names the words of the prompt that were left out, as text, also after a reload."""
    async with world() as running:
        await sign_in(page, running)
        running.orchestrator.add()
        running.orchestrator.left_out = ["sparkle", "<b>as binary</b>"]
        await page.goto(f"{running.url}/#gen_1")
        told = "Not understood, and left out: “sparkle”, “<b>as binary</b>”"
        await expect(page.locator("#left-out")).to_have_text(told)
        await page.reload()
        await expect(page.locator("#left-out")).to_have_text(told)
        running.orchestrator.left_out = []
        await page.reload()
        await expect(page.locator("#run-prompt")).to_have_text("A blog with posts")
        await expect(page.locator("#left-out")).to_be_hidden()


async def test_reload_in_the_middle(page: Page) -> None:
    """Shows where the generation is after a reload, and goes on."""
    async with world() as running:
        await sign_in(page, running)
        script = running.orchestrator.add()
        script.happen("phase_3_complete", 0.6)
        await page.goto(f"{running.url}/#gen_1")
        await expect(page.locator("#percent")).to_have_text("60 %")
        await page.reload()
        await expect(page.locator("#percent")).to_have_text("60 %")
        script.happen("phase_4_complete", 0.8)
        await expect(page.locator("#percent")).to_have_text("80 %")


async def test_refusal_is_shown(page: Page) -> None:
    """Names what is wrong with the description."""
    async with world() as running:
        await sign_in(page, running)
        await page.get_by_label("Describe the backend").fill("A blog with posts and comments")
        running.orchestrator.away = True
        await page.get_by_role("button", name="Generate", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("Away")


async def test_nothing_comes_from_elsewhere(page: Page) -> None:
    """Asks no other host for anything."""
    async with world() as running:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await sign_in(page, running)
        await page.goto(f"{running.url}/docs", wait_until="networkidle")
        assert asked
        assert all(url.startswith(running.url) for url in asked)
