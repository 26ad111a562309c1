"""The OpenAPI: published, with a version, and held to the NL API Design Rules by Spectral."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from programs import API

from hub.api.spec import VERSION

FOLDER = Path(__file__).parent / "spectral"
SPECTRAL = FOLDER / "node_modules" / ".bin" / "spectral"
RULES = Path(__file__).parents[3] / "shared" / "specs" / "nl-api-design-rules" / "linter.yaml"


@pytest.fixture
def told(app: Flask) -> Any:
    """The OpenAPI, as anybody may read it."""
    answer = app.test_client().get(f"{API}/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["API-Version"] == VERSION == answer.json["info"]["version"]
    return answer.json


def test_every_operation_tells_its_problems_and_its_version(told: Any) -> None:
    ids = set()
    for path, item in told["paths"].items():
        for method, one in item.items():
            if method == "parameters":
                continue
            ids.add(one["operationId"])
            assert one["summary"], (method, path)
            for status, answer in one["responses"].items():
                assert "API-Version" in answer["headers"], (method, path, status)
                problem = "application/problem+json" in answer["content"]
                assert problem == (status >= "400"), (method, path, status)
            writes = method != "get" and not path.endswith("_search")
            names = {found["name"] for found in one.get("parameters", [])}
            assert ("Idempotency-Key" in names) == writes, (method, path)
    assert len(ids) == 23 - 1, "every route but the OpenAPI itself"


def test_no_address_takes_a_bsn(told: Any) -> None:
    for path, item in told["paths"].items():
        assert "bsn" not in path
        parameters = [*item.get("parameters", ())]
        for method, one in item.items():
            parameters += one.get("parameters", ()) if method != "parameters" else ()
        assert "bsn" not in {found["name"].lower() for found in parameters}, path


def lint(told: Any, folder: Path) -> list[str]:
    """The codes of the errors that Spectral finds."""
    rules = next(
        (
            one
            for one in (RULES, Path("/work/shared") / RULES.relative_to(RULES.parents[2]))
            if one.exists()
        ),
        None,
    )
    if rules is None:
        pytest.skip("the NL API Design Rules are not beside this repository (../shared)")
    if not SPECTRAL.exists() or not shutil.which("node"):
        pytest.skip(f"Spectral is not installed: npm ci --prefix {FOLDER}")
    (folder / "openapi.json").write_text(json.dumps(told))
    command = [str(SPECTRAL), "lint", "--quiet", "-f", "json", "-r", str(rules)]
    done = subprocess.run(
        [*command, str(folder / "openapi.json")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout[: done.stdout.rindex("]") + 1])
    return [f"{one['code']} at {'/'.join(map(str, one['path']))}" for one in found]


@pytest.mark.slow
def test_it_keeps_to_the_nl_api_design_rules(told: Any, tmp_path: Path) -> None:
    assert lint(told, tmp_path) == []
    del told["paths"]["/findings"]["get"]["responses"]["200"]["headers"]
    del told["info"]["contact"]
    broken = {one.split()[0] for one in lint(told, tmp_path)}
    assert {"nlgov:missing-header", "info-contact"} <= broken, "the linter looked"
