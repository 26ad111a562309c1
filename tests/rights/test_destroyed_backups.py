"""A backup that is older than a destruction brings nobody back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from book import BSNS, read_all
from chain import case, tax_claim
from sqlalchemy import select
from town import Town, paid

from hub.backup import backup, prune, restore
from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.rights.journal import NAME
from hub.security.verify import verify
from hub.store import claim, finding, resident, subject
from hub.store.engine import open_store


@pytest.fixture
def town(make_hub: Any) -> Town:
    return Town(make_hub)


def restored(town: Town, file: Path) -> dict[str, int]:
    """Put a backup back in the place of the hub's database; return what was destroyed again."""
    town.hub.engine.dispose()
    values = dict(town.hub.settings.values)
    return restore(town.hub.settings.instance, file, force=True, overrides=values).destroyed


def test_an_older_backup_brings_no_destroyed_resident_back(town: Town, tmp_path: Path) -> None:
    town.tell("tax", paid("A1"), tax_claim("B1", 500, who=1))
    town.tell("tax", tax_claim("B1", 500, who=1))
    me, other = str(town.resident(0)), town.resident(1)
    # What nobody noted as destroyed, but is of somebody who is.
    town.add("look", at=town.hub.clock.now(), account="x", ground="x", action="x", resident_id=me)
    now = town.hub.clock.now()
    loose = {"rule": "r", "about": me, "key": "k", "facts": {}, "severity": 1, "opened_at": now}
    finding_id = town.add("finding", resident_id=me, closed_at=now, **loose)
    town.years(8)
    backup(town.hub, tmp_path / "before")
    town.hub.clock.move(days=1)  # type: ignore[attr-defined]
    with town.hub.engine.begin() as connection:
        # Closed findings may be cleaned by other ways than a list.
        connection.execute(finding.delete().where(finding.c.id == finding_id))
    town.destroy("claim")
    assert town.resident(0) is None
    backup(town.hub, tmp_path / "after")
    again = restored(town, tmp_path / "before")
    assert {name: again[name] for name in ("claim", "resident", "finding")} == {
        "claim": 1,
        "resident": 1,
        "finding": 1,
    }
    assert town.resident(1) == other
    assert town.traces(me).keys() <= {"processing_log"}
    with town.hub.reader.connect() as connection:
        assert list(verify(connection, town.hub)) == []
        assert len(connection.execute(select(subject.c.id)).all()) == 1
    # And the newer one, in which there was nobody left, loses nothing.
    assert restored(town, tmp_path / "after") == {}
    assert town.resident(1) == other


def test_a_joint_case_leaves_the_partner_when_only_one_is_destroyed(
    town: Town, tmp_path: Path
) -> None:
    town.tell("file", case((0, 1), ("X9", 900, -50), ends=-10))
    town.tell("tax", tax_claim("B1", 500, who=1))
    town.tell("file")
    town.years(6)
    backup(town.hub, tmp_path / "before")
    town.hub.clock.move(days=1)  # type: ignore[attr-defined]
    town.destroy("debt_case")
    other = town.resident(1)
    assert (town.resident(0), other is None) == (None, False)
    restored(town, tmp_path / "before")
    assert (town.resident(0), town.resident(1)) == (None, other)
    assert town.count("debt_case") == 0
    assert town.count("claim_statement") == 1


def test_what_came_back_by_itself_after_the_destruction_stays(town: Town, tmp_path: Path) -> None:
    town.tell("tax", paid("A1"))
    town.tell("tax")
    town.years(8)
    town.destroy("claim")
    town.hub.clock.move(days=1)  # type: ignore[attr-defined]
    town.tell("tax", tax_claim("A1", 900))
    me = town.resident(0)
    backup(town.hub, tmp_path / "newer")
    assert restored(town, tmp_path / "newer") == {}
    assert town.resident(0) == me


def test_the_journal_tells_nothing_of_anybody(town: Town) -> None:
    town.tell("tax", *(paid(f"A{n}", n) for n in range(5)))
    town.tell("tax")
    with town.hub.reader.connect() as connection:
        secrets = {
            str(value)
            for query in (select(resident), select(subject), select(claim))
            for row in connection.execute(query)
            for name, value in row._mapping.items()
            if name in ("id", "bsn_hash", "key", "natural_key") and len(str(value)) > 8
        }
    town.years(8)
    town.destroy("claim")
    path = town.hub.settings.instance / NAME
    told = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not [one for one in (*secrets, *BSNS, "Proef0", "A1") if one in told.replace('"A1', "")]
    lines = [json.loads(line) for line in told.splitlines() if line]
    assert {tuple(line) for line in lines} == {("at", "municipality", "thing", "hash")}
    assert sorted(line["thing"] for line in lines) == ["claim"] * 5 + ["resident"] * 5


def test_a_line_that_was_half_written_hides_no_other(town: Town, tmp_path: Path) -> None:
    town.tell("tax", paid("A1"))
    town.tell("tax")
    town.years(8)
    backup(town.hub, tmp_path / "before")
    (town.hub.settings.instance / NAME).write_text('{"at":"2026-')
    town.destroy("claim")
    assert restored(town, tmp_path / "before")["claim"] == 1


def test_the_hub_works_on_after_a_restore(town: Town, tmp_path: Path) -> None:
    town.tell("tax", paid("A1"), tax_claim("B1", 500, who=1))
    town.tell("tax", tax_claim("B1", 500, who=1))
    town.years(8)
    backup(town.hub, tmp_path / "before")
    town.destroy("claim")
    restored(town, tmp_path / "before")
    (outcome,) = (one for one in read_all(town.hub, "tax") if one.stream == "all")
    assert (outcome.unchanged, outcome.applied, outcome.removed) == (1, 0, 0)
    reconcile(town.hub, full=True)
    assert town.resident(0) is None


def test_old_backups_are_removed_and_nothing_else(make_hub: Any, tmp_path: Path) -> None:
    hub: Hub = make_hub(backup_days=30)
    folder = tmp_path / "backups"
    backup(hub, folder / "old")
    hub.clock.move(days=31)  # type: ignore[attr-defined]
    backup(hub, folder / "new")
    (folder / "notes.txt").write_text("bewaar dit")
    foreign = open_hub(
        tmp_path / "other",
        overrides={"municipality": "8888"},
        plugins=load_plugins(discover=False),
    )
    backup(foreign, folder / "foreign")
    foreign.engine.dispose()
    hub.clock.move(days=1)  # type: ignore[attr-defined]
    assert prune(hub, folder) == [folder / "old"]
    assert sorted(one.name for one in folder.iterdir()) == ["foreign", "new", "notes.txt"]


def test_a_restore_without_a_journal_destroys_nothing(town: Town, tmp_path: Path) -> None:
    town.tell("tax", paid("A1"))
    backup(town.hub, tmp_path / "one")
    assert restored(town, tmp_path / "one") == {}
    assert not (town.hub.settings.instance / NAME).exists()
    store = open_store(town.hub.settings.database_url)
    with store.connect() as connection:
        assert connection.execute(select(claim.c.id)).scalars().all() != []
    store.dispose()
