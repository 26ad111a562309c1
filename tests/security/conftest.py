"""A certified OpenID Provider on a real socket, and a hub that is served and trusts it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from signin_stage import SECRET, Provider, Served
from werkzeug.serving import make_server

from hub.clock import FrozenClock
from hub.core import Hub
from hub.web import create_web

FOLDER = Path(__file__).parent / "provider"


@pytest.fixture(scope="session")
def provider_address(absent: Callable[[str, str], None]) -> Iterator[str]:
    node = shutil.which("node")
    if node is None:
        absent("Node.js", "apt-get install nodejs npm")
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        absent("the OpenID Provider of the tests", f"npm ci --prefix {FOLDER}")
    process = subprocess.Popen(
        [str(node), "provider.mjs"],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield next(line.strip() for line in process.stdout if line.startswith("http"))
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def provider(provider_address: str) -> Provider:
    return Provider(provider_address)


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still at this moment: the provider has a clock of its own."""
    return FrozenClock(datetime.now(UTC))


@contextmanager
def _serve(make: Callable[[str], Hub]) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        hub = make(address)
        host, port = listening.getsockname()
        server = make_server(host, port, create_web(hub), threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Served(hub, address)
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def serve(make_hub: Any, provider: Provider) -> Iterator[Callable[..., Served]]:
    """A maker of hubs that trust the provider."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Served:
            def hub_at(address: str) -> Hub:
                provider.hub = address
                values = {
                    "demo": False,
                    "secure_cookies": False,
                    "public_url": address,
                    "allowed_hosts": ["127.0.0.1", "::1"],
                    "oidc_issuer": provider.issuer,
                    "oidc_client_id": "hub",
                    "oidc_client_secret": SECRET,
                    "oidc_roles": {"schuldhulp": "debt_counsellor", "inning": "collector"},
                    "oidc_acr_values": ["mfa"],
                }
                made: Hub = make_hub(**values | settings)
                return made

            served = stack.enter_context(_serve(hub_at))
            provider.tell(claims={"name": "Sanne Voorbeeld", "roles": ["schuldhulp"]})
            return served

        yield make
