"""Exports of other systems: from a file in a folder to facts, without code."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from book import BSNS, resident_of
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

import plugins.mapped_files
from hub.clock import FrozenClock
from hub.connector import ConfigError, Context, RecordError
from hub.core import Hub
from hub.mapping.apply import facts_of
from hub.mapping.convert import CONVERTERS
from hub.mapping.plan import read_plan
from hub.reconcile import reconcile
from hub.security.permits import permit
from hub.store import claim_statement, reject, standing
from hub.sync.inbound import Outcome, sync_source
from hub.sync.sources import check, find_source, save_source, validate_config
from hub.testing.bench import NOON
from hub.testing.town import Town
from plugins.mapped_files.connector import MappedBenefit, MappedClaims
from plugins.mapped_files.examples import MAPPINGS
from plugins.mapped_files.simulator import Exports

BAD = Path(__file__).parent / "bad" / "mapped_files"

BENEFIT: dict[str, Any] = json.loads(MAPPINGS["mapped_benefit"])

HEAD = "Nummer;BSN;Naam;Fase;Ontstaan;Bedrag;Saldo;Peildatum"


def line(number: str, saldo: str = "10,00", bsn: str = BSNS[0], day: str = "20-11-2026") -> str:
    return f"{number};{bsn};Proef;A;01-04-2025;100,00;{saldo};{day}"


class Desk:
    """A hub with one source over a folder, and the department that writes into it."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        folder.mkdir()

    def configure(self, name: str = "mapped_benefit", **mapping: Any) -> None:
        told = {**BENEFIT, **mapping}
        config = {
            "folder": str(self.folder),
            "pattern": "*.csv",
            "mapping": json.dumps({key: one for key, one in told.items() if one is not None}),
        }
        values = {"name": "bron", "title": "Bron", "connector": name, "owner": "stad"}
        save_source(self.hub, {**values, "config": config})

    def write(self, name: str, *lines: str, count: bool = True) -> None:
        told = [HEAD, *lines, *([f"AANTAL;{len(lines)};;;;;;"] if count else [])]
        self.put(name, "\n".join(told).encode())

    def put(self, name: str, content: bytes) -> None:
        self.hub.clock.move(minutes=1)  # type: ignore[attr-defined]
        path, moment = self.folder / name, self.hub.clock.now().timestamp()
        path.write_bytes(content)
        os.utime(path, (moment, moment))

    def read(self) -> Outcome:
        self.hub.clock.move(minutes=1)  # type: ignore[attr-defined]
        (outcome,) = sync_source(self.hub, find_source(self.hub, "bron"))
        return outcome

    def open(self) -> dict[str, int]:
        query = select(claim_statement.c.key, claim_statement.c.open).where(
            standing(claim_statement)
        )
        with self.hub.reader.connect() as connection:
            return {row.key: row.open for row in connection.execute(query)}

    def reasons(self) -> list[str]:
        query = select(reject.c.reasons).where(reject.c.solved_at.is_(None))
        with self.hub.reader.connect() as connection:
            return [one for row in connection.execute(query) for one in row.reasons]


@pytest.fixture
def desk(make_hub: Any, tmp_path: Path) -> Desk:
    made = Desk(make_hub(plugins.mapped_files, secure_cookies=False), tmp_path / "export")
    made.configure()
    return made


def test_a_full_set_replaces_what_stood(desk: Desk) -> None:
    desk.write("a.csv", line("T1", "1.234,56"), line("T2"))
    assert desk.read().status == "succeeded"
    assert desk.open() == {"T1": 123456, "T2": 1000}
    assert desk.read().unchanged == 2
    desk.write("b.csv", line("T1", "1.000,00"))
    assert desk.read().removed == 1
    assert desk.open() == {"T1": 100000}


def test_a_file_that_broke_off_changes_nothing(desk: Desk) -> None:
    desk.write("a.csv", line("T1"), line("T2"))
    desk.read()
    (desk.folder / "a.csv").write_text(f"{HEAD}\n{line('T1')}\n")
    outcome = desk.read()
    assert outcome.status == "failed"
    assert "a.csv: Het bestand noemt geen aantal rijen" in str(outcome.message)
    assert desk.open() == {"T1": 1000, "T2": 1000}


def test_without_a_count_nothing_is_taken_to_be_gone(desk: Desk) -> None:
    desk.configure(count=None)
    desk.write("a.csv", line("T1"), line("T2"), count=False)
    desk.read()
    desk.write("b.csv", line("T1"), count=False)
    assert desk.read().status == "succeeded"
    assert set(desk.open()) == {"T1", "T2"}
    one = find_source(desk.hub, "bron")
    steps = check(desk.hub, one.connector, one.config, one.owner)
    assert all(step.ok for step in steps)
    assert "vervalt er niets vanzelf" in steps[-1].message


def test_changes_are_read_file_by_file_in_order(desk: Desk) -> None:
    desk.configure(full=False, deleted={"from": "Fase", "is": ["X"]})
    desk.write("2.csv", line("T1", "10,00"), line("T2"))
    desk.write("1.csv", line("T1", "8,00"))
    assert desk.read().applied == 3
    assert desk.open() == {"T1": 800, "T2": 1000}
    assert desk.read().read == 0
    desk.write("3.csv", line("T2").replace(";A;", ";X;"))
    desk.read()
    assert desk.open() == {"T1": 800}


def test_another_mapping_makes_other_facts_of_the_same_rows(desk: Desk) -> None:
    desk.write("a.csv", line("T1", "10,00"))
    desk.read()
    fact = BENEFIT["facts"][0]
    columns = {**fact["fields"], "open": {"from": "Bedrag", "as": "euro"}}
    desk.configure(facts=[{**fact, "fields": columns}])
    assert desk.read().applied == 1
    assert desk.open() == {"T1": 10000}


def test_a_key_that_comes_twice_costs_the_second(desk: Desk) -> None:
    desk.write("a.csv", line("T1", "10,00"), line("T1", "20,00"), line(""))
    outcome = desk.read()
    assert (outcome.applied, outcome.rejected) == (1, 2)
    assert desk.open() == {"T1": 1000}
    assert "deze sleutel komt in het bestand vaker voor" in " ".join(desk.reasons())


def test_a_bsn_in_a_key_becomes_a_pseudonym(desk: Desk) -> None:
    desk.configure(key=["BSN", "Nummer"])
    desk.write("a.csv", line("T1"))
    desk.read()
    (key,) = desk.open()
    assert BSNS[0] not in key
    assert key.endswith("/T1")


#: Each bad row, and what the administrator reads.
FAULTS = {
    "bedrag.csv": [
        "claim_statement.open (Saldo): 'tien' is geen bedrag; verwacht euro's als 1.234,56"
    ],
    "alles.csv": [
        "claim_statement.person.bsn (BSN): de waarde is geen BSN: verwacht negen cijfers",
        "claim_statement.imposed_on (Ontstaan): '31-02-2026' is een dag die niet bestaat",
        "claim_statement.open (Saldo): '1,234' is geen bedrag; verwacht euro's als 1.234,56",
        "claim_statement.as_of (Peildatum): 'morgen' is geen datum; verwacht 31-12-2026 of "
        "2026-12-31",
    ],
    "elfproef.csv": ["claim_statement.person.bsn voldoet niet aan de elfproef; controleer het BSN"],
    "leeg.csv": ["claim_statement.open ontbreekt"],
    "kolommen.csv": ["rij heeft 2 kolommen; verwacht 8"],
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_bad_row_has_its_sentence(desk: Desk, name: str) -> None:
    assert {path.name for path in BAD.iterdir()} == {*FAULTS, *REFUSED}
    (bad,) = (BAD / name).read_text().splitlines()[1:]
    desk.write("a.csv", bad, line("T2"))
    outcome = desk.read()
    assert (outcome.applied, outcome.rejected) == (1, 1)
    assert desk.reasons() == FAULTS[name]
    assert not any(BSNS[0] in text for text in desk.reasons())


KEPT = "Er is niets gewijzigd."
COLUMNS = "Nummer, BSN, Naam, Fase, Ontstaan, Bedrag, Saldo, Peildatum"

#: Each file that cannot be read as a whole, and what the administrator reads.
REFUSED = {
    "windows.csv": f"is geen leesbare tekst (utf-8). {KEPT} Komt het uit een ander systeem, zet "
    'dan in de vertaling "encoding": "cp1252".',
    "komma.csv": f"mist deze kolommen: {COLUMNS}. Wel aanwezig: "
    f"{COLUMNS.replace(', ', ',')[:40]}. {KEPT} Zet in de vertaling "
    '"delimiter": ",": dat staat tussen de kolommen.',
    "titel.csv": f"mist deze kolommen: {COLUMNS}. Wel aanwezig: Terugvordering. {KEPT} Neem de "
    "namen precies over, en controleer header in de vertaling.",
    "dubbel.csv": f"heeft deze kolommen dubbel: Saldo. {KEPT} Noem in de vertaling welke u "
    'bedoelt: "Saldo (1)" of "Saldo (2)", van links geteld.',
    "aanhalingsteken.csv": f"is geen geldige CSV (rond regel 2). {KEPT} Kijk daar naar een "
    "aanhalingsteken dat niet sluit, of vraag een nieuwe export.",
    "aantal.csv": f"noemt 2 rijen en bevat er 1. {KEPT} Vraag een nieuwe export.",
    "afgebroken.csv": f"noemt geen aantal rijen, terwijl 'AANTAL' dat moet doen. {KEPT} Misschien "
    "is het afgebroken: vraag een nieuwe export.",
    "leeg-bestand.csv": f"heeft geen regel met de namen van de kolommen. {KEPT} Controleer bij "
    "header in de vertaling op welke regel de namen staan.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_every_bad_file_has_its_sentence_and_changes_nothing(desk: Desk, name: str) -> None:
    desk.write("a.csv", line("T1"))
    desk.read()
    desk.put("b.csv", (BAD / name).read_bytes())
    outcome = desk.read()
    assert (outcome.status, outcome.message) == ("failed", f"b.csv: Het bestand {REFUSED[name]}")
    assert desk.open() == {"T1": 1000}
    one = find_source(desk.hub, "bron")
    last = check(desk.hub, one.connector, one.config, one.owner)[-1]
    assert (last.ok, last.message) == (False, f"b.csv: Het bestand {REFUSED[name]}")


@pytest.mark.parametrize("bad", [line(""), line("T2").replace("Proef", "Pr;oef")])
def test_while_nobody_knows_what_a_row_is_called_nothing_is_taken_to_be_gone(
    desk: Desk, bad: str
) -> None:
    desk.write("a.csv", line("T1"), line("T2"))
    desk.read()
    desk.write("b.csv", line("T1"), bad)
    outcome = desk.read()
    assert (outcome.removed, outcome.rejected) == (0, 1)
    assert set(desk.open()) == {"T1", "T2"}
    desk.write("c.csv", line("T1"))
    desk.read()
    assert set(desk.open()) == {"T1"}


def test_an_older_file_does_not_take_the_place_of_a_newer_one(desk: Desk) -> None:
    desk.write("a.csv", line("T1", "20,00"))
    desk.write("b.csv", line("T1", "10,00"))
    desk.read()
    (desk.folder / "b.csv").unlink()
    outcome = desk.read()
    assert outcome.message == (
        "Het nieuwste bestand in de map is a.csv, en dat is ouder dan het bestand dat al is "
        "gelezen. Er is niets gewijzigd. Laat het andere systeem een nieuwe export neerzetten."
    )
    assert desk.open() == {"T1": 1000}


def test_the_name_of_a_file_is_taken_as_windows_takes_it(desk: Desk) -> None:
    desk.write("EXPORT.CSV", line("T1"))
    desk.write("~$export.csv", line("T2"))
    desk.read()
    assert set(desk.open()) == {"T1"}


@pytest.mark.parametrize("pattern", ["", "/tmp/*.csv", "../*.csv"])
def test_a_pattern_stays_in_its_folder(desk: Desk, pattern: str) -> None:
    config = {"folder": str(desk.folder), "mapping": MAPPINGS["mapped_benefit"]}
    with pytest.raises(ConfigError, match="Bestandsnaam: Vul een bestandsnaam in zonder map"):
        validate_config(MappedBenefit, {**config, "pattern": pattern})


def test_an_export_without_days_has_the_day_of_its_file(desk: Desk) -> None:
    fact = BENEFIT["facts"][0]
    desk.configure(facts=[{**fact, "fields": {**fact["fields"], "as_of": {"file": "day"}}}])
    desk.write("a.csv", line("T1", day=""))
    desk.read()
    with desk.hub.reader.connect() as connection:
        told = connection.execute(
            select(claim_statement.c.as_of).where(standing(claim_statement))
        ).scalar_one()
    assert told == desk.hub.clock.today()


def test_a_row_that_an_older_mapping_read_says_so(desk: Desk) -> None:
    config = {"folder": "/x", "pattern": "*", "mapping": MAPPINGS["mapped_benefit"]}
    connector = MappedBenefit(config, Context(clock=FrozenClock(NOON)))
    for raw in (b"{}", b"[", b'{"row": {"Nummer": "1"}, "key": "1"}'):
        with pytest.raises(RecordError):
            list(connector.parse("rows", raw))


TEXT = some.text("abcdé -12", min_size=1, max_size=30).map(str.strip).filter(bool)


DAYS = some.dates(date(1000, 1, 1)).map(str)


@given(
    some.fixed_dictionaries(
        {
            "reference": TEXT,
            "stage": some.sampled_from(["aanslag", "aanmaning", "dwangbevel"]),
            "imposed_on": DAYS,
            "principal": some.integers(0, 10**9),
            "open": some.integers(-(10**6), 10**9),
            "as_of": DAYS,
        }
    )
)
def test_what_an_export_writes_is_read_whole(data: dict[str, Any]) -> None:
    plan = read_plan(MAPPINGS["mapped_benefit"])
    codes = {value: text for text, value in plan.facts[0].columns[4].codes.items()}
    texts = {
        one.source: codes[data["stage"]]
        if one.converter == "code"
        else CONVERTERS[one.converter].write(data[one.target])
        for one in plan.facts[0].columns
        if one.target in data and one.source
    }
    person = {"BSN": BSNS[0], "Naam": "Proef"}
    (fact,) = facts_of(plan, "k", {**dict.fromkeys(plan.sources, ""), **texts, **person})
    wanted = {**data, "type": "bijstand", "person": {"bsn": BSNS[0], "surname": "Proef"}}
    assert fact.data == wanted


def test_benefits_are_seen_by_who_may_see_benefits(desk: Desk) -> None:
    desk.write("a.csv", line("T1"))
    desk.read()
    reconcile(desk.hub)
    with desk.hub.reader.connect() as connection:
        resident_id = resident_of(connection, desk.hub, BSNS[0])
        assert resident_id is not None
        roles = {
            role: permit(connection, desk.hub, "iemand", role, resident_id)
            for role in ("collector", "benefit_collector")
        }
    assert roles["collector"] is None
    seen = roles["benefit_collector"]
    assert seen is not None
    assert seen.may("benefit_claim")


def test_a_large_export_takes_little_memory() -> None:
    lines = [HEAD, *(line(f"T{number}") for number in range(30_000)), "AANTAL;30000;;;;;;"]
    content = "\n".join(lines).encode()
    config = {"folder": "/x", "pattern": "*", "mapping": MAPPINGS["mapped_benefit"]}
    connector = MappedBenefit(config, Context(clock=FrozenClock(NOON)))
    connector.files = _One(content)
    tracemalloc.start()
    count = sum(len(batch.records) for batch in connector.read("rows", None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 20_000_000, f"{peak / 1e6:.0f} MB"


class _One:
    """Files of which there is one, in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def check(self) -> Iterator[Any]:
        yield from ()

    def waiting(self, full: bool, cursor: Any) -> list[Any]:
        from hub.mapping import Found

        return [Found("een.csv", NOON, lambda: io.BytesIO(self.content))]


def test_the_demo_writes_every_format(tmp_path: Path) -> None:
    side = Exports(Town(4), tmp_path, FrozenClock(NOON))
    side.start()
    assert side.running
    formats = {path.suffix for path in tmp_path.glob("*/export.*")}
    assert formats == {".csv", ".xlsx", ".xml", ".json"}
    assert {one.connector for one in side.sources()} == set(MAPPINGS)
    side.stop()
    assert not list(tmp_path.glob("*claims/export.*"))
    assert not side.running


def test_a_connection_test_says_which_row_is_wrong(desk: Desk) -> None:
    one = find_source(desk.hub, "bron")

    def told() -> tuple[bool, str]:
        steps = check(desk.hub, MappedClaims, one.config, one.owner)
        assert [step.ok for step in steps[:-1]] == [True] * (len(steps) - 1)
        return steps[-1].ok, steps[-1].message

    assert told() == (False, "In de map staat nog geen bestand dat past bij *.csv.")
    desk.write("a.csv", line("T1", "elf"), line("T2", "tien"))
    ok, message = told()
    assert not ok
    assert message.startswith(
        "a.csv: geen rij past. Rij 2: claim_statement.open (Saldo): 'elf' is geen bedrag"
    )
    desk.write("b.csv", line("T1"), line("T2", "tien"))
    full = "Elk bestand is een volledige stand: wat er niet in staat, is vervallen."
    assert told() == (
        True,
        "b.csv: van de eerste 2 rijen passen er 1. De andere worden afgekeurd. Rij 3: "
        "claim_statement.open (Saldo): 'tien' is geen bedrag; verwacht euro's als 1.234,56. "
        f"{full}",
    )
    desk.write("c.csv", line("T1"))
    assert told() == (True, f"c.csv: van de eerste 1 rijen passen er 1. {full}")
    desk.folder.rename(desk.folder.with_name("weg"))
    assert told()[1].startswith("De map met bestanden bestaat niet")
