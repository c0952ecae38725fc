"""Changing a backend on the page, over the real processes."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.e2e.support import System, frames, start, up


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run a system in which alice has a generation that is completed."""
    with up(tmp_path_factory.mktemp("changed")) as running, running.client("alice") as client:
        for _ in frames(f"{running.url}{start(client)['event_source_url']}"):
            pass
        yield running


async def test_a_change_makes_the_next_version(system: System, page: Page) -> None:
    """Tells what would be lost and asks first, then makes the version and links both."""
    await page.goto(system.url)
    await page.get_by_label("Your name").fill("alice")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("link", name="shop · version 1").click()
    await expect(page.locator("#score")).to_have_text("Quality 1.00 of 1: 6 passed")
    await page.get_by_label("What shall change?").fill("Remove the price from books")
    await page.get_by_role("button", name="Make the next version").click()
    refusal = page.locator("#change-refusal")
    await expect(refusal).to_contain_text("Book.price: The values of Book.price would be deleted.")
    await refusal.get_by_role("button", name="Lose it and go on").click()
    await expect(page.get_by_role("heading", name="shop · version 2")).to_be_visible()
    await expect(page.locator("#now")).to_contain_text("Iteration completed", timeout=60_000)
    await expect(refusal).to_be_hidden()
    versions = page.get_by_role("navigation", name="Versions").get_by_role("link")
    await expect(versions).to_have_text(["1", "2"])
    await versions.first.click()
    await expect(page.get_by_role("heading", name="shop · version 1")).to_be_visible()
