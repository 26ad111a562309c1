"""What we stand on: all of it is on the bill of materials, and what was not audited is told."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CI = Path(__file__).parents[2] / ".ci"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"ci_{name}", CI / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


audit, sbom = load("audit"), load("sbom")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
def test_everything_the_hub_imports_is_on_the_bill(tmp_path: Path) -> None:
    assert sbom.main(tmp_path) == 0
    python = json.loads((tmp_path / "python.cdx.json").read_text())
    web = json.loads((tmp_path / "web.cdx.json").read_text())
    assert python["bomFormat"] == web["bomFormat"] == "CycloneDX"
    names = {"flask", "sqlalchemy", "cryptography", "lxml", "requests", "waitress"}
    assert names <= sbom.imported()
    for one in web["components"]:
        assert one["version"], one
    assert "@utrecht/component-library-css" in {
        f"{one.get('group', '')}/{one['name']}".strip("/") for one in web["components"]
    }


def test_what_a_bill_lacks_is_named() -> None:
    listed: list[dict[str, Any]] = [
        {"name": "Flask", "version": "3", "licenses": [{"license": {"id": "BSD-3-Clause"}}]},
        {"name": "lxml", "version": "", "licenses": []},
    ]
    assert sbom.lacking({"components": listed}, {"flask"}) == []
    assert sbom.lacking({"components": listed}, {"flask", "lxml", "waitress"}) == [
        "waitress is absent",
        "lxml has no version",
        "lxml has no licence",
    ]


CLEAN = {"name": "flask", "version": "3.1", "vulns": []}
FAULTY = {"name": "lxml", "version": "4.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5"]}]}
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("answer", "faults", "says"),
    [
        ({"dependencies": [CLEAN]}, 0, "1 packages audited"),
        ({"dependencies": [CLEAN, FAULTY]}, 1, "lxml 4.0: PYSEC-1"),
        ({"dependencies": [SKIPPED]}, 0, "NOT AUDITED, because: 1 skipped"),
        ({"dependencies": [FAULTY, SKIPPED]}, 1, "NOT AUDITED, because: 1 skipped"),
        ({"dependencies": []}, 0, "NOT AUDITED, because: nothing was listed"),
        ({"error": {"summary": "offline"}}, 0, "NOT AUDITED, because: offline"),
    ],
)
def test_the_audit_of_python_is_read_by_what_was_looked_at(
    answer: Any, faults: int, says: str
) -> None:
    verdict = audit.read_pip(json.dumps(answer))
    assert len(verdict.faults) == faults
    assert says in audit.told(verdict)


@pytest.mark.parametrize(
    ("text", "faults", "says"),
    [
        ('{"vulnerabilities": {}, "metadata": {"dependencies": {"total": 3}}}', 0, "3 packages"),
        (
            '{"vulnerabilities": {"axe": {"severity": "high"}},'
            ' "metadata": {"dependencies": {"total": 3}}}',
            1,
            "axe: high",
        ),
        (
            '{"message": "405 Method Not Allowed", "error": {"summary": ""}}',
            0,
            "NOT AUDITED, because: 405",
        ),
        ("<html>", 0, "NOT AUDITED, because: no JSON"),
        ("[]", 0, "NOT AUDITED, because: not an object"),
    ],
)
def test_the_audit_of_the_front_end_as_well(text: str, faults: int, says: str) -> None:
    verdict = audit.read_npm(text)
    assert len(verdict.faults) == faults
    assert says in audit.told(verdict)


@pytest.mark.parametrize(("vulns", "code"), [([], 0), ([{"id": "PYSEC-1"}], 1)])
def test_only_a_known_vulnerability_fails_the_build(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, vulns: list[Any], code: int
) -> None:
    python = json.dumps({"dependencies": [{"name": "lxml", "version": "4", "vulns": vulns}]})
    monkeypatch.setattr(audit, "_run", lambda *args: "" if "npm" in args else python)
    assert audit.main() == code
    assert "front-end: *** NOT AUDITED" in capsys.readouterr().err


def test_ci_makes_both_after_the_tests() -> None:
    run = (CI / "run").read_text()
    assert run.index("make test") < run.index("make sbom") < run.index("make audit")
