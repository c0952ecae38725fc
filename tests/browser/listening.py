"""An EventSource in a page, and what it hears."""

from typing import Any

from playwright.async_api import Frame, Page

LISTEN = """
([url, habit, credentials]) => {
  window.heard = [];
  window.errors = 0;
  const source = new EventSource(url, { withCredentials: credentials });
  const hear = (message) =>
    window.heard.push({ id: message.lastEventId, ...JSON.parse(message.data) });
  if (habit === "onmessage") source.onmessage = hear;
  else source.addEventListener("progress", hear);
  source.onerror = () => { window.errors += 1; };
  window.source = source;
}
"""
CLOSED = "() => window.source.readyState === EventSource.CLOSED"


async def listen(
    page: Page | Frame, url: str, *, habit: str = "onmessage", credentials: bool = False
) -> None:
    """Open an EventSource; it is never closed by the page."""
    await page.evaluate(LISTEN, [url, habit, credentials])


async def heard(page: Page | Frame, stage: str) -> list[dict[str, Any]]:
    """Wait for a stage; return everything heard."""
    await page.wait_for_function(
        "(stage) => window.heard.some((event) => event.stage === stage)", arg=stage, timeout=20_000
    )
    events: list[dict[str, Any]] = await page.evaluate("() => window.heard")
    return events


def numbered(events: list[dict[str, Any]]) -> list[str]:
    """Return the stages of the stored events, in the order heard."""
    told = ("connected", "handover", "snapshot", "timeout")
    return [event["stage"] for event in events if event["stage"] not in told]
