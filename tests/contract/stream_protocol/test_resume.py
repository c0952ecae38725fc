"""Coming back (docs/stream-protocol.md, section 5)."""

from tests.contract.stream_protocol.target import Target, told
from tests.unit.bridge.sse import stages


async def test_resume_anywhere(target: Target) -> None:
    """Sends exactly what follows a cursor, whichever event it is."""
    identifier = (await target.start())["generation_id"]
    history = await target.history(identifier)
    for place in range(0, len(history) - 1, max(1, len(history) // 7)):
        cursor = history[place].fields["id"]
        async with target.watch(identifier, last_event_id=cursor) as stream:
            connected, *rest = await stream.rest()
        assert connected.json["progress"] == history[place].json["progress"]
        assert told(rest) == told(history[place + 1 :])


async def test_resume_by_query(target: Target) -> None:
    """Takes the cursor from the query for clients without headers; the header wins."""
    identifier = (await target.start())["generation_id"]
    history = await target.history(identifier)
    early, late = history[1].fields["id"], history[-2].fields["id"]
    async with target.watch(identifier, query=f"&last_event_id={early}") as stream:
        assert told((await stream.rest())[1:]) == told(history[2:])
    async with target.watch(
        identifier, query=f"&last_event_id={early}", last_event_id=late
    ) as stream:
        assert told((await stream.rest())[1:]) == told(history[-1:])


async def test_interrupted_reading(target: Target) -> None:
    """Loses and doubles nothing for a client that reads a few events at a time."""
    identifier = (await target.start())["generation_id"]
    read: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for _ in range(1000):
        async with target.watch(identifier, **headers) as stream:
            if stream.status == 204:
                break
            for _ in range(8):
                event = await stream.event()
                if event is None:
                    break
                if "id" in event.fields:
                    read += told([event])
                    headers = {"last_event_id": event.fields["id"]}
    assert read == told(await target.history(identifier))


async def test_nothing_after_the_end(target: Target) -> None:
    """Answers 204 to who has the terminal event, so that EventSource stops."""
    identifier = (await target.start())["generation_id"]
    end = (await target.history(identifier))[-1].fields["id"]
    async with target.watch(identifier, last_event_id=end) as stream:
        assert stream.status == 204


async def test_unknown_cursors_are_told(target: Target) -> None:
    """Says `history_truncated` to a cursor that is none of this stream's, then starts over."""
    identifier = (await target.start())["generation_id"]
    other = (await target.start())["generation_id"]
    history = await target.history(identifier)
    foreign = (await target.history(other))[3].fields["id"]
    cursors = ["nonsense", "0", "a" * 300, foreign + "x"]
    if foreign not in {frame.fields["id"] for frame in history}:
        cursors.append(foreign)
    for cursor in cursors:
        async with target.watch(identifier, last_event_id=cursor) as stream:
            connected, notice, *rest = await stream.rest()
        assert stages([connected, notice]) == ["connected", "history_truncated"], cursor
        assert "id" not in notice.fields
        assert told(rest) == told(history)


async def test_cookie(target: Target) -> None:
    """Resumes at the same URL with the cookie of the first connection, and not without it."""
    identifier = (await target.start())["generation_id"]
    history = await target.history(identifier)
    path = f"/generations/{identifier}/stream?token={await target.token(identifier)}"
    async with target.stream(path) as stream:
        cookie = stream.headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert "httponly" in attributes
    assert any(part.startswith("samesite=") for part in attributes)
    assert any(part.endswith(f"/generations/{identifier}/stream") for part in attributes)
    value = cookie.partition(";")[0]
    async with target.stream(path, last_event_id=history[2].fields["id"]) as stream:
        assert stream.status == 401
    async with target.stream(path, last_event_id=history[2].fields["id"], cookie=value) as stream:
        assert told((await stream.rest())[1:]) == told(history[3:])
