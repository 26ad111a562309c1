"""`hub destroy`: lists of what nobody may keep any longer, from the terminal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from book import Book, add_source, book_plugin
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from hub.cli import main
from hub.core import Hub
from hub.store import audit_log, finding


@pytest.fixture
def instance(make_hub: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with two findings that closed long ago."""

    hub: Hub = make_hub(book_plugin(Book()))
    add_source(hub)
    for key in ("database_url", "municipality"):
        monkeypatch.setenv(f"HUB_{key.upper()}", str(hub.settings.values[key]))
    old = hub.clock.now() - timedelta(days=9 * 366)
    rows = [
        {
            "municipality": hub.municipality,
            "rule": "r",
            "about": "x",
            "key": key,
            "facts": {},
            "severity": 1,
            "opened_at": old,
            "closed_at": old,
        }
        for key in ("a", "b")
    ]
    with hub.engine.begin() as connection:
        connection.execute(insert(finding), rows)
    found: Path = hub.settings.instance
    return found


def hub_destroy(instance: Path, *arguments: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "200"})
    return runner.invoke(main, ["--instance", str(instance), "destroy", *arguments])


def test_a_list_from_proposal_to_destruction(instance: Path, make_hub: Any) -> None:
    assert "bevinding die is opgelost" not in hub_destroy(instance, "list").output
    listed = hub_destroy(instance, "list", "--propose").output
    assert "bevinding die is opgelost" in listed
    assert "wacht op besluit" in listed
    shown = hub_destroy(instance, "show", "1").output
    assert "Termijn: 24 maanden na de dag waarop de bevinding sloot" in shown
    assert "niet bevestigd" in shown
    assert "niet goedgekeurd" in hub_destroy(instance, "run", "1").output
    kept = hub_destroy(instance, "keep", "1", "--reason", "Nodig voor een lopende zaak")
    assert kept.exit_code == 0, kept.output
    assert hub_destroy(instance, "approve", "1").exit_code == 0
    done = hub_destroy(instance, "run", "1").output
    assert "finding: 1" in done
    assert "uitgevoerd" in hub_destroy(instance, "list").output
    hub = make_hub()
    with hub.reader.connect() as connection:
        assert len(connection.execute(select(finding)).all()) == 1
        told = select(audit_log.c.action, audit_log.c.role).where(audit_log.c.origin == "cli")
        assert connection.execute(told.order_by(audit_log.c.number)).all() == [
            (action, "privacy_officer")
            for action in (
                "destruction_keep",
                "destruction_approve",
                "destroy",
                "destruction_done",
            )
        ]


def test_a_list_is_refused_with_a_reason(instance: Path) -> None:
    hub_destroy(instance, "list", "--propose")
    assert "ten minste" in hub_destroy(instance, "refuse", "1", "--reason", "nee").output
    assert (
        "Er is niets vernietigd"
        in hub_destroy(instance, "refuse", "1", "--reason", "De termijn klopt nog niet").output
    )
    assert "geweigerd" in hub_destroy(instance, "list").output
    assert hub_destroy(instance, "show", "99").exit_code == 1
