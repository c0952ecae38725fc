"""More streams in one page than HTTP/1.1 has connections for: HTTP/2 in front, by nginx."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Browser

from chassis.bus import memory
from tests.browser.listening import heard, listen, numbered
from tests.browser.test_event_source import STEPS, steps
from tests.integration.bridge.test_nginx import NGINX, nginx
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.world import bridge, services, settings

STREAMS = 12

pytestmark = pytest.mark.skipif(
    not Path(NGINX).exists(), reason="no nginx: apt-get install nginx-light"
)


def certify(folder: Path) -> None:
    """Write a certificate that its own key has signed, and the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


async def test_a_dozen_streams_in_one_page(chromium: Browser, tmp_path: Path) -> None:
    """Serves a dozen EventSources of one page at once, where six is HTTP/1.1's limit."""
    certify(tmp_path)
    page = await (await chromium.new_context(ignore_https_errors=True)).new_page()
    async with (
        services() as (orchestrator, files, target),
        memory.connect() as bus,
        bridge(settings(), orchestrator, files, target, bus) as running,
        nginx(tmp_path, [running.url], tls=True) as url,
    ):
        scripts = [orchestrator.add(f"gen_{number}") for number in range(STREAMS)]
        await page.goto(url)
        protocol = await page.evaluate(
            "() => performance.getEntriesByType('navigation')[0].nextHopProtocol"
        )
        assert protocol == "h2"
        frames = []
        for number, script in enumerate(scripts):
            steps(script, 0, 5)
            token = await running.token(f"gen_{number}")
            await page.evaluate("() => document.body.append(document.createElement('iframe'))")
            frames.append(page.frames[-1])
            await listen(frames[-1], f"{url}/generations/gen_{number}/stream?token={token}")
        for frame in frames:
            await heard(frame, "step_4")
        for script in scripts:
            script.happen("completed", 1.0, status=COMPLETED)
        stories = [numbered(await heard(frame, "completed")) for frame in frames]
    assert stories == [[*STEPS[:5], "completed"]] * STREAMS
