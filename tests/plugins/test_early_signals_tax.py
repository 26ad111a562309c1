"""Signals about municipal tax: off, unless a ground stands and four efforts went before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FrozenClock
from hub.connector import Context, Fact, RecordError
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.municipal_tax import Gate
from plugins.early_signals.settings import SignalConfig
from schemas import KINDS, ValidationError

BSN = "999990019"
GROUND = {
    "tax_ground": "Regeling X, art. 1",
    "tax_since": "2026-01-01",
    "tax_until": "2026-12-31",
}
EFFORT = {
    "persoonlijkContact": "2026-03-01",
    "gewezenOpSchuldhulp": "2026-03-01",
    "herinnering": "2026-03-15",
    "aanbodContactgegevens": "2026-03-15",
}


def signal(**more: Any) -> dict[str, Any]:
    return {
        "ID": "B1",
        "signaaldatum": "2026-05-01",
        "signaalpartner": {"type": "Overige"},
        "client": {"burgerservicenummer": BSN},
        "inspanningen": EFFORT,
        **more,
    }


class Source:
    """A folder with one delivery, and the connector that reads it."""

    def __init__(self, folder: Path, clock: FrozenClock, **settings: Any) -> None:
        self._folder = folder
        config = {"transport": "folder", "folder": str(folder), **settings}
        context = Context(clock=clock, pseudonym=lambda text: f"p{abs(hash(text))}"[:32])
        self.connector = EarlySignalConnector(SignalConfig().load(config), context)

    def facts(self, signals: list[Any], cases: list[Any] | None = None) -> Iterator[Fact]:
        """Deliver these and yield the facts of each record; raises RecordError."""
        delivery = {"teller": 1, "gemeentecode": "9999", "aanleverendeOrganisatie": {}}
        message = {
            "startdatumLevering": "2026-01-01",
            "einddatumLevering": "2026-11-23",
            "aanleverdatumEnTijd": "2026-11-23T09:00:00+01:00",
            "codeGegevensleverancier": "Proef 1.0",
            "leveringen": [
                {**delivery, "vroegsignalen": signals, "vroegsignaalzaken": cases or []}
            ],
        }
        (self._folder / "levering.json").write_text(json.dumps(message))
        for batch in self.connector.read("signals", None):
            for record in batch.records:
                yield from self.connector.parse("signals", record.raw)


def refusal(source: Source, *signals: dict[str, Any], case: Any = None) -> list[str]:
    with pytest.raises(RecordError) as caught:
        list(source.facts(list(signals), [case] if case else []))
    assert BSN not in caught.value.user
    return caught.value.problems


def test_it_is_off_until_a_ground_is_recorded(tmp_path: Path, clock: FrozenClock) -> None:
    source = Source(tmp_path, clock)
    assert refusal(source, signal(signaalpartner={"type": "Gemeentebelastingen"})) == [
        "vroegsignaal.signaalpartner.type is gemeentebelasting: dat mag alleen op een vastgelegde "
        "grondslag, en die staat niet in de instellingen"
    ]
    (told,) = refusal(source, signal(inspanningen=None))
    assert told.endswith("geen gemeentebelasting, kies dan anders bij Wat Overige betekent")


@pytest.mark.parametrize("partner", ["Overige", "Gemeentebelastingen", "Overige/belasting"])
def test_with_ground_and_effort_it_comes_in(
    partner: str, tmp_path: Path, clock: FrozenClock
) -> None:
    source = Source(tmp_path, clock, **GROUND)
    (fact,) = source.facts([signal(signaalpartner={"type": partner})])
    loaded = KINDS["early_signal"].load(fact.data)
    assert loaded["partner_type"] == partner
    told = {"grondslag": "Regeling X, art. 1", "inspanningen": EFFORT}
    assert loaded["details"].items() >= told.items()


@pytest.mark.parametrize("day", ["2026-01-01", "2026-12-31"])
def test_the_days_of_the_ground_are_part_of_it(
    day: str, tmp_path: Path, clock: FrozenClock
) -> None:
    effort = dict.fromkeys(EFFORT, "2025-12-01")
    source = Source(tmp_path, clock, **GROUND)
    assert list(source.facts([signal(signaaldatum=day, inspanningen=effort)]))


@pytest.mark.parametrize("day", ["2025-12-31", "2027-01-01"])
def test_outside_its_days_the_ground_is_none(day: str, tmp_path: Path, clock: FrozenClock) -> None:
    effort = dict.fromkeys(EFFORT, "2025-12-01")
    told = refusal(Source(tmp_path, clock, **GROUND), signal(signaaldatum=day, inspanningen=effort))
    assert told == [
        "vroegsignaal.signaalpartner.type is gemeentebelasting: de grondslag geldt van 2026-01-01 "
        f"tot en met 2026-12-31, en het signaal is van {day}"
    ]


def test_without_a_day_nobody_can_see_whether_the_ground_held(
    tmp_path: Path, clock: FrozenClock
) -> None:
    (told,) = refusal(Source(tmp_path, clock, **GROUND), signal(signaaldatum=None))
    assert "zonder signaaldatum is niet te zien of de grondslag toen gold" in told


@pytest.mark.parametrize("name", sorted(EFFORT))
def test_each_effort_is_needed(name: str, tmp_path: Path, clock: FrozenClock) -> None:
    source = Source(tmp_path, clock, **GROUND)
    without = {one: day for one, day in EFFORT.items() if one != name}
    (told,) = refusal(source, signal(inspanningen=without))
    assert told.startswith(f"vroegsignaal.inspanningen.{name} ontbreekt; vermeld op welke dag")
    (told,) = refusal(source, signal(inspanningen={**EFFORT, name: "2026-05-02"}))
    assert told == f"vroegsignaal.inspanningen.{name} is 2026-05-02, na het signaal van 2026-05-01"
    assert list(source.facts([signal(inspanningen={**EFFORT, name: "2026-05-01"})]))


def test_without_any_effort_all_four_are_told(tmp_path: Path, clock: FrozenClock) -> None:
    assert len(refusal(Source(tmp_path, clock, **GROUND), signal(inspanningen=None))) == 4


def test_who_said_no_is_not_told_of(tmp_path: Path, clock: FrozenClock) -> None:
    told = refusal(
        Source(tmp_path, clock, **GROUND), signal(inspanningen={**EFFORT, "geweigerd": True})
    )
    assert told == [
        "vroegsignaal.inspanningen.geweigerd is waar: de inwoner wil niet dat gegevens worden "
        "doorgegeven"
    ]


def test_the_case_of_a_refused_signal_stays_out_too(tmp_path: Path, clock: FrozenClock) -> None:
    case = {"vroegsignalen": [{"ID": "B1"}]}
    source = Source(tmp_path, clock)
    good = signal(ID="E1", signaalpartner={"type": "Energie"})
    found: list[Fact] = []
    with pytest.raises(RecordError):
        found.extend(source.facts([good, signal()], []))
    raws = [one.raw for batch in source.connector.read("signals", None) for one in batch.records]
    assert list(source.connector.parse("signals", raws[0]))
    # Together with a signal that may come in, the case is about that one.
    both = {"vroegsignalen": [{"ID": "B1"}, {"ID": "E1"}]}
    with pytest.raises(RecordError):
        list(source.facts([signal(), good], [case, both]))
    raws = [one.raw for batch in source.connector.read("signals", None) for one in batch.records]
    with pytest.raises(RecordError) as caught:
        list(source.connector.parse("signals", raws[2]))
    assert "noemt alleen signalen over gemeentebelasting" in caught.value.user
    assert list(source.connector.parse("signals", raws[3]))


def test_other_partners_need_no_ground() -> None:
    gate = Gate()
    assert [gate.about_tax(one) for one in ("Belastingdienst", "Energie", "")] == [False] * 3
    assert not Gate(other_is_tax=False).about_tax("Overige")
    assert Gate(other_is_tax=False).about_tax("Gemeentebelastingen")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({**GROUND, "tax_until": None}, "tax_ground"),
        ({**GROUND, "tax_ground": " "}, "tax_ground"),
        ({**GROUND, "tax_since": "2027-01-01"}, "tax_until"),
    ],
)
def test_half_a_ground_is_no_setting(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SignalConfig().load({"transport": "folder", "folder": "/x", **settings})
    assert list(caught.value.messages_dict) == [field]
    assert SignalConfig().load({"transport": "folder", "folder": "/x", **GROUND})[
        "tax_since"
    ] == date(2026, 1, 1)
