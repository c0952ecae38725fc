"""Talking to a bridge."""

import io
import json
import zipfile

import pytest
from starlette.responses import JSONResponse, Response

from cli.client import Server, connected, unpacked
from cli.errors import RefusedError, UnreachableError
from tests.unit.cli.bridge import Bridge, problem


def archive(**files: str) -> bytes:
    """Return a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writer:
        writer.writestr("folder/", "")
        for name, content in files.items():
            writer.writestr(name, content)
    return packed.getvalue()


async def test_a_start_is_sent_with_a_key_of_its_own(bridge: Bridge) -> None:
    """Sends an idempotency key, another one for each start."""
    bridge.on("/generations/generate", lambda _: JSONResponse({"generation_id": "gen_1"}, 201))
    async with connected(Server(url=bridge.url, token="t")) as client:
        for _ in range(2):
            assert await client.generate({"prompt": "A blog"}) == {"generation_id": "gen_1"}
    keys = bridge.headers("idempotency-key")
    assert all(keys)
    assert len(set(keys)) == 2
    assert json.loads(bridge.bodies[0]) == {"prompt": "A blog"}


async def test_a_refusal_is_told_in_the_servers_words(bridge: Bridge) -> None:
    """Names each field at fault."""
    errors = [{"field": "spec.entities[0].name", "message": "is reserved", "reason": "RESERVED"}]
    bridge.on("/generations/plan", problem(422, "The plan is refused.", errors=errors))
    async with connected(Server(url=bridge.url, token="t")) as client:
        with pytest.raises(RefusedError) as refusal:
            await client.plan({})
    assert refusal.value.message.splitlines() == [
        "The plan is refused.",
        "  spec.entities[0].name: is reserved",
    ]
    assert refusal.value.exit_code == 3


async def test_a_refusal_shows_what_to_go_on_with(bridge: Bridge) -> None:
    """Prints the plan so far as a document to complete."""
    plan = {"partial_spec": "name: blog\nentities: []\n"}
    bridge.on("/generations/plan", problem(422, "The plan is refused.", plan=plan))
    async with connected(Server(url=bridge.url, token="t")) as client:
        with pytest.raises(RefusedError) as refusal:
            await client.plan({})
    assert refusal.value.message.splitlines() == [
        "The plan is refused.",
        "What was understood, to complete and send with --spec:",
        "  name: blog",
        "  entities: []",
    ]


async def test_a_bad_token_is_told_with_a_way_out(bridge: Bridge) -> None:
    """Says how to get a token."""
    bridge.on("/generations/gen_1", problem(401, "The token has expired."))
    async with connected(Server(url=bridge.url, token="t")) as client:
        with pytest.raises(RefusedError, match="backsmith token"):
            await client.generation("gen_1")


async def test_a_change_that_loses_data_is_told_with_a_way_on(bridge: Bridge) -> None:
    """Says by which option to agree."""
    reason = {"reason": "DESTRUCTIVE_CHANGE"}
    bridge.on("/generations/iterate", problem(409, "Data would be lost.", **reason))
    async with connected(Server(url=bridge.url, token="t")) as client:
        with pytest.raises(RefusedError, match="--confirm-destructive"):
            await client.iterate({})


@pytest.mark.parametrize("body", ["<html>oops", "[1]", ""])
async def test_an_error_that_is_no_problem_document_is_told(bridge: Bridge, body: str) -> None:
    """Falls back to the status of a proxy's own error page."""
    bridge.on("/generations/gen_1", lambda _: Response(body, 502))
    async with connected(Server(url=bridge.url, token="t")) as client:
        with pytest.raises(UnreachableError, match="HTTP 502") as failure:
            await client.generation("gen_1")
    assert failure.value.exit_code == 4


async def test_a_server_that_is_not_there_is_told() -> None:
    """Names the address that does not answer."""
    async with connected(Server(url="http://127.0.0.1:1", token="t")) as client:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1 does not answer"):
            await client.generate({})


async def test_an_archive_is_unpacked(bridge: Bridge) -> None:
    """Returns the files of the zip that was sent."""
    packed = archive(a="1", b="2")
    bridge.on("/generations/gen_1/download", lambda _: Response(packed))
    async with connected(Server(url=bridge.url, token="t")) as client:
        assert unpacked(await client.archive("gen_1")) == {"a": b"1", "b": b"2"}


def test_a_damaged_archive_is_told() -> None:
    """Does not take half an archive for a whole one."""
    with pytest.raises(UnreachableError, match="damaged"):
        unpacked(archive(a="1" * 1000)[:-30])


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the sizes before it unpacks."""
    monkeypatch.setattr("cli.client.MAX_ARCHIVE_BYTES", 100)
    with pytest.raises(RefusedError, match="too much"):
        unpacked(archive(a="1" * 101))
