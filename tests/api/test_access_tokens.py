"""Access tokens of the municipality's provider: a server with keys of its own gives them out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from programs import Program
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.clock import FrozenClock
from hub.core import Hub
from hub.errors import ConfigError
from hub.site import create_site
from hub.store import audit_log

OWN = RSAKey.generate_key(2048, parameters={"kid": "own", "use": "sig"})
FOREIGN = RSAKey.generate_key(2048, parameters={"kid": "own", "use": "sig"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that tells its keys and nothing more."""

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        here = f"http://{environ['HTTP_HOST']}"
        metadata = {"issuer": here, "jwks_uri": f"{here}/keys"}
        is_keys = environ["PATH_INFO"] == "/keys"
        told = KeySet([OWN]).as_dict(private=False) if is_keys else metadata
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 23, 9, tzinfo=UTC))


def settings(issuer: str, **more: Any) -> dict[str, Any]:
    return {
        "demo": False,
        "public_url": "http://127.0.0.1:1",
        "allowed_hosts": ["127.0.0.1"],
        "oidc_issuer": issuer,
        "oidc_client_id": "hub",
        "oidc_client_secret": "een-lang-geheim-van-de-hub",
        "oidc_roles": {"inning": "collector", "beheer": "administrator"},
        "oidc_acr_values": ["mfa"],
        "oidc_api_audience": "hub-api",
        **more,
    }


@pytest.fixture
def hub(make_hub: Any, issuer: str) -> Hub:
    made: Hub = make_hub(**settings(issuer))
    return made


@pytest.fixture
def app(hub: Hub) -> Flask:
    return create_site(hub, nudge=lambda: None)


def token(hub: Hub, key: RSAKey = OWN, **claims: Any) -> str:
    now = int(hub.clock.now().timestamp())
    told = {
        "iss": hub.settings.oidc_issuer,
        "aud": "hub-api",
        "sub": "u-17",
        "iat": now,
        "exp": now + 300,
        "client_id": "zaaksysteem",
        "acr": "mfa",
        "roles": ["beheer", "inning"],
        **claims,
    }
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "own", "typ": "at+jwt"}, told, key)


def last_deed(hub: Hub) -> Any:
    with hub.reader.connect() as connection:
        return connection.execute(select(audit_log).order_by(audit_log.c.id.desc())).first()


def test_a_person_is_let_in_and_logged_as_a_person(hub: Hub, app: Flask) -> None:
    one = Program(app.test_client(), token(hub))
    assert one.get("/findings").status_code == 200
    deed = last_deed(hub)
    assert (deed.actor, deed.role, deed.machine, deed.attended) == (
        "u-17",
        "collector",
        False,
        True,
    )
    assert one.get("/sources").status_code == 403
    assert one.get("/sources", Hub_Role="administrator").status_code == 200


@pytest.mark.parametrize("claims", [{"sub": "zaaksysteem"}, {"idtyp": "app"}])
def test_a_program_is_logged_as_a_machine(hub: Hub, app: Flask, claims: Any) -> None:
    # Nobody stands behind it, so there is no second step to ask for.
    one = Program(app.test_client(), token(hub, acr=None, **claims))
    assert one.get("/findings").status_code == 200
    assert (last_deed(hub).machine, last_deed(hub).attended) == (True, False)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elders.example"},
        {"aud": "hub"},
        {"aud": ["ander"]},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": "x" * 61},
        {"acr": "password"},
        {"roles": ["keuken"]},
        {"nonce": "of an ID token"},
    ],
)
def test_a_token_with_a_fault_opens_nothing(hub: Hub, app: Flask, claims: Any) -> None:
    answer = Program(app.test_client(), token(hub, **claims)).get("/findings")
    assert answer.status_code == 401
    assert (last_deed(hub).action, last_deed(hub).result) == ("api_sign_in", "refused")


def test_another_key_or_no_signature_opens_nothing(hub: Hub, app: Flask) -> None:
    good = token(hub)
    head, body, _ = good.split(".")
    for told in (token(hub, FOREIGN), f"{head}.{body}.", f"e30.{body}.", "a.b.c"):
        assert Program(app.test_client(), told).get("/findings").status_code == 401
    assert Program(app.test_client(), good).get("/findings").status_code == 200


def test_without_an_audience_no_token_of_the_provider_is_taken(make_hub: Any, issuer: str) -> None:
    hub = make_hub(**settings(issuer, oidc_api_audience=""))
    client = create_site(hub, nudge=lambda: None).test_client()
    assert Program(client, token(hub)).get("/findings").status_code == 401


def test_the_audience_of_sign_in_cannot_be_that_of_the_api(make_hub: Any, issuer: str) -> None:
    with pytest.raises(ConfigError, match="Kies een andere dan oidc_client_id"):
        make_hub(**settings(issuer, oidc_api_audience="hub"))
