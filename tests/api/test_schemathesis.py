"""Whatever the OpenAPI allows, and whatever it does not: no fault of ours, and answers as it says.

Short and the same each time; HUB_SCHEMATHESIS=200 tries so many of each for each operation.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from book import BSNS
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from programs import API, Program
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

MANY = int(os.environ.get("HUB_SCHEMATHESIS", "4"))

schemathesis.openapi.format("bsn", st.sampled_from(BSNS))

#: What is asked well can still be about somebody else, or come too late.
FINE = ["2xx", "401", "403", "404", "409", "412"]

CONFIG = {
    "generation": {"deterministic": True, "max-examples": MANY, "database": "none"},
    "checks": {"positive_data_acceptance": {"expected-statuses": FINE}},
}


OPERATIONS = ("residents", "claims", "holds", "commands", "findings", "sources", "runs")


def with_what_exists(case: Any, client_id: str) -> None:
    """Lead a request to what is there, where it has a right form, and give it a fresh key."""
    found = case.path_parameters or {}
    if re.fullmatch("[0-9a-f]{32}", str(found.get("resident_id"))):
        found["resident_id"] = client_id
    for name in ("finding_id", "claim_id", "run_id", "hold_id"):
        told = str(found.get(name))
        if re.fullmatch("[0-9]+", told) and int(told) < 2**31:
            found[name] = 1 + int(found[name]) % 3
    if re.fullmatch("[a-z0-9][a-z0-9_-]{1,58}", str(found.get("name"))):
        found["name"] = "tax"
    # What fits in it is for the connector to say, not for the OpenAPI.
    if isinstance(case.body, dict) and isinstance(case.body.get("config"), dict):
        case.body["config"] = {}
    key = (case.headers or {}).get("Idempotency-Key")
    if key and re.fullmatch("[!-~]{8,200}", str(key)):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


@pytest.mark.parametrize("tag", OPERATIONS)
def test_the_api_does_as_it_says(
    tag: str, program: Callable[..., Program], app: Flask, client_id: str
) -> None:
    token = program("administrator" if tag in ("sources", "runs") else "debt_counsellor").token
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", app, config=config)
    played = 0
    for found in schema.include(tag=tag).get_all_operations():
        for mode in GenerationMode:
            cases = found.ok().as_strategy(generation_mode=mode)

            @settings(
                max_examples=MANY,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(cases)
            def play(case: Any) -> None:
                nonlocal played
                with_what_exists(case, client_id)
                case.call_and_validate(headers={"Authorization": f"Bearer {token}"})
                played += 1

            play()
    assert played >= MANY


def test_every_operation_is_played(app: Flask) -> None:
    told = app.test_client().get(f"{API}/openapi.json").json
    assert {tag["name"] for tag in told["tags"]} == set(OPERATIONS)
