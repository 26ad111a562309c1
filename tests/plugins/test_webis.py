"""The slot for Webis: a folder or an address, with a mapping; the other side is fictitious."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import plugins.webis
from hub.clock import FrozenClock
from hub.connector import ConfigError, Context
from hub.mapping import transport
from hub.quality import judge_quality
from hub.sync.sources import validate_config
from hub.testing.bench import NOON, Bench
from hub.testing.town import Town
from plugins.webis.connector import WebisConnector
from plugins.webis.simulator import MAPPING, FictitiousWebis

BAD = Path(__file__).parent / "bad" / "webis"

FAULTS = {
    "aantal.json": "antwoord: Het bestand noemt 2 rijen en bevat er 1. Er is niets gewijzigd. "
    "Vraag een nieuwe export.",
    "afgebroken.json": "antwoord: Het bestand is geen geldige JSON, of is afgebroken. Er is niets "
    "gewijzigd. Controleer het adres, of vraag de leverancier om het antwoord na te kijken.",
    "lijst.json": "antwoord: Het bestand noemt een aantal rijen dat geen getal is. Er is niets "
    "gewijzigd. Controleer count in de vertaling, of vraag een nieuwe export.",
}


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    made = Bench(WebisConnector, tmp_path, None, FictitiousWebis)
    yield made
    made.close()


@pytest.mark.parametrize("name", FAULTS)
def test_every_bad_answer_has_its_sentence(
    bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {path.name for path in BAD.iterdir()} == set(FAULTS)
    world = bench.open()
    before = world.read()["rows"]
    assert before.applied == 6
    side: Any = world.side
    content = (BAD / name).read_bytes()
    monkeypatch.setattr(side, "_web", _answering(content))
    outcome = world.read()["rows"]
    assert (outcome.status, outcome.message) == ("failed", FAULTS[name])
    assert world.records("rows") == 6


def _answering(content: bytes) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [content]

    return app


def test_a_bad_row_costs_that_row(bench: Bench) -> None:
    world = bench.open()
    side: Any = world.side
    side.rows[0]["open"] = "12,50"
    outcome = world.read()["rows"]
    assert (outcome.applied, outcome.rejected, outcome.status) == (5, 1, "partly")


def test_an_answer_without_end_is_not_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 100)
    outcome = bench.open().read()["rows"]
    assert outcome.message == "Het antwoord is te groot. Controleer het adres."


def test_a_folder_works_as_well(tmp_path: Path) -> None:
    town = Town(3)
    side = FictitiousWebis(town, tmp_path, FrozenClock(NOON))
    (tmp_path / "a.json").write_text(
        '{"aantal": 1, "vorderingen": [{"nummer": "W-1", "bsn": "999990019", "open": 5, '
        '"datum": "2026-11-20"}]}'
    )
    config = {"transport": "folder", "folder": str(tmp_path), "pattern": "*.json"}
    loaded = validate_config(WebisConnector, {**config, "mapping": MAPPING})
    connector = WebisConnector(loaded, Context(clock=FrozenClock(NOON)))
    (batch,) = connector.read("rows", None)
    assert batch.complete
    (fact,) = connector.parse("rows", batch.records[0].raw)
    assert (fact.key, fact.data["open"]) == ("W-1", 5)
    assert side.name == "webis"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"transport": "rest"}, "Adres: Vul dit in bij de manier van leveren rest."),
        ({"transport": "folder"}, "Map: Vul dit in bij de manier van leveren folder."),
        ({"transport": "post"}, "Manier van leveren: Kies folder of rest."),
        ({"transport": "rest", "url": "ftp://x"}, "Adres: Vul een adres in dat begint met"),
    ],
)
def test_settings_that_are_wrong_say_so(config: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        validate_config(WebisConnector, {**config, "mapping": MAPPING})
    assert said in told.value.user


def test_it_says_what_is_not_known() -> None:
    assert "niets openbaar" in WebisConnector.caution
    found = judge_quality(WebisConnector, plugins.webis)
    assert (found.level, found.faults) == ("zilver", ())
