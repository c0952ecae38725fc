"""compose.yaml: valid, careful, and true to what the services need."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.auth import AuthSettings, TokenIssuer
from chassis.testing.ports import free_port
from chassis.testing.postgres import find_programs, running
from tests.integration.compose import support

ENVIRON = {
    "BACKSMITH_AUTH_SECRET": "s" * 64,
    "BACKSMITH_NATS_TOKEN": "t" * 64,
    "BACKSMITH_POSTGRES_PASSWORD": "p" * 64,
    "BACKSMITH_AUTH_MODE": "development",
}
OURS = ("files", "generator", "orchestrator", "bridge")


@pytest.fixture
def services() -> dict[str, Any]:
    """Return the services, variables filled in."""
    services: dict[str, Any] = support.load(ENVIRON)["services"]
    return services


def test_it_follows_the_compose_specification() -> None:
    """Passes the schema of the Compose specification."""
    schema = ["--builtin-schema", "vendor.compose-spec", str(support.ROOT / "compose.yaml")]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [name for name in ENVIRON if name != "BACKSMITH_AUTH_MODE"])
def test_a_missing_secret_is_refused(name: str) -> None:
    """Does not start with an empty or a well-known secret."""
    with pytest.raises(support.UnsetVariableError, match=name):
        support.load({key: value for key, value in ENVIRON.items() if key != name})


def test_no_secret_is_written_down(services: dict[str, Any]) -> None:
    """Takes every secret from the environment."""
    text = (support.ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert not any(value in text for key, value in ENVIRON.items() if len(value) == 64)
    assert services["bridge"]["environment"]["BACKSMITH_AUTH_SECRET"] == "s" * 64


def test_production_is_the_default() -> None:
    """Makes no users' tokens unless it is told to."""
    environ = {**ENVIRON, "BACKSMITH_AUTH_MODE": ""}
    bridge = support.load(environ)["services"]["bridge"]
    assert bridge["environment"]["BACKSMITH_AUTH_MODE"] == "production"


def test_every_service_is_hardened(services: dict[str, Any]) -> None:
    """Gives no service a writable image, a capability, or a floating version."""
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["healthcheck"]["test"][0] == "CMD", name
        version = service["image"].partition(":")[2]
        assert version[:1].isdigit(), name


def test_only_the_bridge_is_reachable_and_only_from_here(services: dict[str, Any]) -> None:
    """Publishes one port, on the loopback."""
    assert {name for name, service in services.items() if "ports" in service} == {"bridge"}
    assert services["bridge"]["ports"] == ["127.0.0.1:8000:8000"]


def test_everything_starts_after_what_it_needs(services: dict[str, Any]) -> None:
    """Waits for the health of each service whose name stands in the environment."""
    for name in OURS:
        text = str(services[name]["environment"])
        needs = {other for other in services if f"{other}:" in text or f"@{other}" in text}
        waits = services[name].get("depends_on", {})
        assert needs - {name} <= set(waits), name
        assert {each["condition"] for each in waits.values()} <= {"service_healthy"}


def test_the_image_is_built_with_care() -> None:
    """Pins the base, checks every hash, runs as nobody in particular, and has a health check."""
    text = (support.ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = [line.split()[1] for line in text.splitlines() if line.startswith("FROM ")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert bases[0].split(":")[1][:1].isdigit()
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert re.search(r"\nUSER \d+\n", text)
    assert "\nHEALTHCHECK " in text


def test_the_image_gets_every_package() -> None:
    """Copies each package of the wheel into the build, past the ignore file too."""
    dockerfile = (support.ROOT / "Dockerfile").read_text(encoding="utf-8")
    ignore = (support.ROOT / ".dockerignore").read_text(encoding="utf-8")
    for package in (*OURS[3:], "chassis", "cli", "protos", "files_svc", "generator_svc"):
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package}\n" in ignore
    assert "COPY orchestrator_svc orchestrator_svc\n" in dockerfile


class Places:
    """Where each service of compose.yaml is on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("nats", "monitor", *OURS)}

    def replacing(self, name: str) -> support.Replace:
        """Return what replaces hosts, ports and folders in one service's words."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        pairs = {
            "@nats:4222": f"@127.0.0.1:{self.ports['nats']}",
            "@postgres:5432": f"@127.0.0.1:{self.ports.get('postgres')}",
            "0.0.0.0:4222": f"127.0.0.1:{self.ports['nats']}",
            "127.0.0.1:8222": f"127.0.0.1:{self.ports['monitor']}",
            "/etc/nats.conf": str(home / "nats.conf"),
            '"/data"': f'"{home}"',
            "file:///data": home.as_uri(),
            **{f"{each}:8001": f"127.0.0.1:{self.ports[each]}" for each in OURS},
            "0.0.0.0:8001": f"127.0.0.1:{self.ports.get(name)}",
            "127.0.0.1:8001": f"127.0.0.1:{self.ports.get(name)}",
            "0.0.0.0:8000": f"127.0.0.1:{self.ports['bridge']}",
            "127.0.0.1:8000": f"127.0.0.1:{self.ports['bridge']}",
        }

        def replace(text: str) -> str:
            for old, new in pairs.items():
                text = text.replace(old, new)
            return text

        return replace


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Return free ports and folders for the services."""
    return Places(tmp_path_factory.mktemp("compose"))


@pytest.fixture(scope="module")
def system(places: Places) -> Iterator[str]:
    """Start what compose.yaml starts, in its order, and yield the bridge's URL."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    document = support.load(ENVIRON)
    with ExitStack() as stack:
        password = ENVIRON["BACKSMITH_POSTGRES_PASSWORD"]
        places.ports["postgres"] = stack.enter_context(running(programs, password=password)).port
        for name in ("nats", *OURS):
            stack.enter_context(_started(document, name, places))
        yield f"http://127.0.0.1:{places.ports['bridge']}"


def _started(document: dict[str, Any], name: str, places: Places) -> AbstractContextManager[None]:
    service, replace = document["services"][name], places.replacing(name)
    if name == "nats":
        content = replace(document["configs"]["nats"]["content"])
        (places.folder / name / "nats.conf").write_text(content, encoding="utf-8")
    return support.running(
        support.command_of(service, replace),
        support.environment_of(service, replace),
        places.folder / name,
        support.probe_of(service, replace),
    )


def test_the_named_commands_make_a_system(system: str) -> None:
    """Starts each service by the command, environment and health check that the file names."""
    assert httpx.get(f"{system}/readyz", trust_env=False).status_code == 200


def test_it_makes_a_backend_with_postgresql(system: str) -> None:
    """Runs a generation to its end on the database that the file names."""
    settings = AuthSettings(secret=ENVIRON["BACKSMITH_AUTH_SECRET"], mode="development")
    headers = {"Authorization": f"Bearer {TokenIssuer(settings).user_token('ann')}"}
    with httpx.Client(base_url=system, headers=headers, timeout=60, trust_env=False) as client:
        body = {"prompt": "A blog with users and posts", "generation_mode": "classic"}
        started = client.post("/generations/generate", json=body)
        assert started.status_code == 201, started.text
        path = f"/generations/{started.json()['generation_id']}"
        last = client.get(f"{path}/stream").text.strip().splitlines()[-1]
        assert json.loads(last.removeprefix("data: "))["status"] == "completed"
        assert client.get(f"{path}/download").status_code == 200


def test_a_health_check_fails_where_nothing_runs(services: dict[str, Any], tmp_path: Path) -> None:
    """Does not call a service healthy that is not there."""
    places = Places(tmp_path)
    for name in OURS:
        probe = support.probe_of(services[name], places.replacing(name))
        assert subprocess.run(probe, check=False, capture_output=True).returncode == 1, name
