"""`hub audit`: a whole log exits with 0, a damaged one names the row and tells the officer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from hub.cli import main
from hub.core import open_hub
from hub.demo.run import demo_settings
from hub.security.audit import Actor, Deed, log_deed
from hub.store import audit_log, incident


def hub(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--instance", str(home), *arguments])


def test_verify_anchor_and_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in demo_settings().items():
        monkeypatch.setenv(f"HUB_{name.upper()}", str(value))
    made = open_hub(tmp_path)
    with made.engine.begin() as connection:
        for _ in range(3):
            log_deed(connection, made, Actor("sanne"), Deed("sign_in"))
    done = hub(tmp_path, "audit", "anchor")
    (anchor,) = [json.loads(line) for line in done.stdout.splitlines() if '"audit"' in line]
    assert anchor["number"] == 3
    file = tmp_path / "anchors"
    file.write_text(done.stdout)
    done = hub(tmp_path, "audit", "verify", "--anchors", str(file))
    assert done.exit_code == 0, done.output
    assert "Het logboek is heel; past bij 2 ankers." in done.output
    done = hub(tmp_path, "audit", "export", str(tmp_path / "export.jsonl"))
    assert "0 regels geschreven." in done.output

    with made.engine.begin() as connection:
        second = audit_log.c.number == 2
        connection.execute(update(audit_log).where(second).values(actor="bas"))
    done = hub(tmp_path, "audit", "verify")
    assert done.exit_code == 1
    assert "✗ audit 2: Deze regel is veranderd" in done.output
    with made.reader.connect() as connection:
        (told,) = connection.execute(select(incident)).all()
    assert told.kind == "log"
    made.engine.dispose()
