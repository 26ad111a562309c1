"""Early signals: every version read, v1.2 written, and what never leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hub.clock import FrozenClock
from hub.connector import Context, Fact, PermanentError, Record, RecordError
from hub.testing.town import Town
from plugins.ddas_delivery import vs as delivered
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.facts import parse_record
from plugins.early_signals.messages import CHANNELS, PARTNERS, RESULTS, STATUSES, case_json
from plugins.early_signals.messages import signal_json as written
from plugins.early_signals.municipal_tax import Gate
from plugins.early_signals.settings import SignalConfig
from plugins.early_signals.simulator import SignalSystem
from plugins.early_signals.versions import newest
from schemas import KINDS

BSN = "999990019"
#: Where "Overige" is no municipal tax.
OPEN = Gate(other_is_tax=False)
FAILS_ELFPROEF = "999990001"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "ddas-vs-v1.2"

needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="the DDAS specification is not here")


def signal(**more: Any) -> dict[str, Any]:
    return {
        "ID": "S1",
        "bedrag": 120,
        "signaaldatum": "2026-11-01",
        "status": "Opgepakt",
        "signaalpartner": {"type": "Energie"},
        "client": {"burgerservicenummer": BSN},
        **more,
    }


def case(**more: Any) -> dict[str, Any]:
    return {
        "resultaat": "Vervolghulp en/of verwijzing",
        "startdatumMatchingperiode": "2026-11-01",
        "einddatumMatchingperiode": "2026-11-30",
        "datumOpgepakt": "2026-11-04",
        "vroegsignalen": [{"ID": "S1"}],
        "contactpogingen": [
            {"soort": "Telefoon", "bereikt": True, "datum": "2026-11-05", "dagdeel": "Avond"}
        ],
        **more,
    }


def model(signals: list[Any], cases: list[Any], **more: Any) -> dict[str, Any]:
    delivery = {"teller": 1, "gemeentecode": "9999", "aanleverendeOrganisatie": {"naam": "Stad"}}
    return {
        "startdatumLevering": "2026-01-01",
        "einddatumLevering": "2026-11-23",
        "aanleverdatumEnTijd": "2026-11-23T09:00:00+01:00",
        "codeGegevensleverancier": "Proef 1.0",
        "leveringen": [{**delivery, "vroegsignalen": signals, "vroegsignaalzaken": cases, **more}],
    }


@pytest.fixture
def read(tmp_path: Path, clock: FrozenClock) -> Callable[..., list[Record]]:
    """Put a message in the folder as the newest file, and read it."""

    def all_of(message: Any) -> list[Record]:
        (tmp_path / "levering.json").write_text(json.dumps(message))
        config = SignalConfig().load({"transport": "folder", "folder": str(tmp_path)})
        context = Context(clock=clock, pseudonym=lambda text: f"p{abs(hash(text))}"[:32])
        batches = list(EarlySignalConnector(config, context).read("signals", None))
        assert [one.complete for one in batches][-1]
        return [record for one in batches for record in one.records]

    return all_of


def facts(records: list[Record]) -> list[Fact]:
    return [fact for one in records for fact in parse_record(one.raw, OPEN)]


def test_a_signal_and_its_case_become_facts(read: Callable[..., list[Record]]) -> None:
    one, zaak, attempt = facts(read(model([signal()], [case()])))
    assert (one.kind, zaak.kind, attempt.kind) == ("early_signal", "signal_case", "contact_attempt")
    told = KINDS["early_signal"].load(one.data)
    assert (told["amount"], told["unit"], told["partner_type"]) == (12000, 100, "Energie")
    assert told["signalled_on"] == date(2026, 11, 1)
    held = KINDS["signal_case"].load(zaak.data)
    assert held["person"]["bsn"] == BSN
    assert (held["signals"], held["taken_up_on"]) == (["S1"], date(2026, 11, 4))
    tried = KINDS["contact_attempt"].load(attempt.data)
    assert (tried["channel"], tried["reached"], tried["about"]) == ("Telefoon", True, zaak.key)
    assert BSN not in one.key + zaak.key + attempt.key


def older(version: str) -> dict[str, Any]:
    """The same delivery as an older version writes it."""
    told = model([signal()], [case(resultaat="Verwijzing zonder tussenkomst inwoner")])
    delivery = told["leveringen"][0]
    delivery["aanleverende_organisatie"] = delivery.pop("aanleverendeOrganisatie")
    (zaak,) = delivery["vroegsignaalzaken"]
    zaak["startdatum_matchtingperiode"] = zaak.pop("startdatumMatchingperiode")
    zaak["einddatum_matchingperiode"] = zaak.pop("einddatumMatchingperiode")
    zaak["datum_opgepakt"] = zaak.pop("datumOpgepakt")
    zaak["resultaat"] = "Verwijzing zonder toestemming"
    if version in ("0.9", "1.0"):
        delivery["vroegsignalen"][0]["client"] = {"Burgerservicenummer": BSN, "Achternaam": "Proef"}
    if version == "0.9":
        zaak["resultaat"] = "Verwijzing zonder contact"
    return told


@pytest.mark.parametrize("version", ["0.9", "1.0", "1.1"])
def test_an_older_version_tells_the_same(version: str, read: Callable[..., list[Record]]) -> None:
    new = facts(read(model([signal()], [case(resultaat="Verwijzing zonder tussenkomst inwoner")])))
    old = facts(read(older(version)))
    assert [one.key for one in old] == [one.key for one in new]
    for one, other in zip(old, new, strict=True):
        one.data["person"]["surname"] = other.data["person"]["surname"]
        assert one.data == other.data


def test_bringing_up_to_date_twice_changes_nothing() -> None:
    for version in ("0.9", "1.0", "1.1"):
        once = newest(older(version))
        assert newest(once) == once


def test_the_draft_of_v1_2_misspelt_a_name(read: Callable[..., list[Record]]) -> None:
    zaak = case()
    zaak["startdatumMatchtingperiode"] = zaak.pop("startdatumMatchingperiode")
    held = next(one for one in facts(read(model([signal()], [zaak]))) if one.kind == "signal_case")
    assert held.data["period_starts_on"] == date(2026, 11, 1)


def test_a_code_of_tomorrow_is_kept_as_it_came(read: Callable[..., list[Record]]) -> None:
    (one,) = facts(read(model([signal(status="Iets nieuws")], [])))
    assert (one.data["status"], one.data["status_code"]) == ("", "Iets nieuws")


def test_null_days_and_empty_texts_say_nothing(read: Callable[..., list[Record]]) -> None:
    who = {
        "burgerservicenummer": "",
        "postcode": "9999XX",
        "huisnummer": "1",
        "geboortedatum": None,
    }
    (one,) = facts(read(model([signal(signaaldatum=None, bedrag=None, client=who)], [])))
    assert (one.data["signalled_on"], one.data["amount"]) == (None, None)
    assert one.data["person"]["bsn"] is None


def test_a_bsn_that_fails_the_elfproef_is_kept_and_told(read: Callable[..., list[Record]]) -> None:
    who = {"burgerservicenummer": FAILS_ELFPROEF}
    (one,) = facts(read(model([signal(client=who)], [])))
    assert KINDS["early_signal"].load(one.data)["person"]["bsn_unchecked"]


def warned(message: Any, folder: Path, clock: FrozenClock) -> list[str]:
    """What reading this message warns of, and that nothing of it is refused."""
    (folder / "levering.json").write_text(json.dumps(message))
    config = SignalConfig().load({"transport": "folder", "folder": str(folder)})
    told: list[str] = []
    context = Context(clock=clock, municipality="9999", warn=told.append)
    connector = EarlySignalConnector(config, context)
    for batch in connector.read("signals", None):
        for record in batch.records:
            assert parse_record(record.raw, OPEN)
    (step,) = connector.check()
    assert step.ok
    return told


def test_a_sound_delivery_gives_no_warning(tmp_path: Path, clock: FrozenClock) -> None:
    assert warned(model([signal()], [case()]), tmp_path, clock) == []


ATTEMPT = {"soort": "Rooksignaal", "bereikt": None, "datum": "2026-11-05"}


@pytest.mark.parametrize(
    ("message", "sentences"),
    [
        (
            model([signal(client={"burgerservicenummer": FAILS_ELFPROEF})], []),
            [
                "vroegsignaal.client.burgerservicenummer voldoet niet aan de elfproef; het staat "
                "als niet gecontroleerd in het overzicht."
            ],
        ),
        (
            model([signal(signaaldatum=None, status="Iets nieuws")], []),
            [
                "vroegsignaal.signaaldatum is leeg (null); laat het veld weg of vul het in.",
                "vroegsignaal.status is 'Iets nieuws'; DDAS v1.2 kent die code niet. De code is "
                "zo bewaard.",
            ],
        ),
        (
            model([signal()], [case(contactpogingen=[ATTEMPT, {"soort": "Brief"}])]),
            [
                "vroegsignaalzaak.contactpogingen.soort is 'Rooksignaal'; DDAS v1.2 kent die code "
                "niet. De code is zo bewaard.",
                "vroegsignaalzaak.contactpogingen.bereikt is leeg (null); laat het veld weg of "
                "vul het in.",
                "vroegsignaalzaak.contactpogingen.datum ontbreekt; de poging is bewaard, maar "
                "staat niet in het overzicht.",
            ],
        ),
        (
            model([], [], gemeentecode="0518"),
            [
                "leveringen.gemeentecode is '0518', een andere gemeente dan deze ('9999'). De "
                "signalen zijn wel gebruikt; vraag de leverancier of dat klopt."
            ],
        ),
        (
            model([], []) | {"title": "Uitwisselmodel", "codeGegevensleverancier": None},
            [
                "De levering mist codeGegevensleverancier; DDAS verplicht dat.",
                "De levering heeft velden die DDAS niet kent: 'title'. Ze zijn niet gebruikt.",
            ],
        ),
    ],
)
def test_what_is_odd_is_told_and_used(
    message: Any, sentences: list[str], tmp_path: Path, clock: FrozenClock
) -> None:
    assert warned(message, tmp_path, clock) == sentences


@pytest.mark.parametrize(
    ("version", "named"), [("0.9", "v0.9"), ("1.0", "v1.0 of ouder"), ("1.1", "v1.1")]
)
def test_an_older_version_is_named(
    version: str, named: str, tmp_path: Path, clock: FrozenClock
) -> None:
    assert warned(older(version), tmp_path, clock) == [
        f"De levering staat in DDAS Vroegsignalering {named}; de hub zet die om naar v1.2."
    ]


def test_the_connection_test_tells_what_is_odd(tmp_path: Path, clock: FrozenClock) -> None:
    told = model([signal(client={"burgerservicenummer": FAILS_ELFPROEF})], [])
    (tmp_path / "levering.json").write_text(json.dumps(told))
    config = SignalConfig().load({"transport": "folder", "folder": str(tmp_path)})
    context = Context(clock=clock, municipality="9999")
    (step,) = EarlySignalConnector(config, context).check()
    assert "Let op: vroegsignaal.client.burgerservicenummer voldoet niet" in step.message


BAD = [
    (
        signal(ID=None, bedrag=1.5, client={"postcode": "9999XX"}),
        [
            "vroegsignaal.ID is leeg; een waarde is verplicht",
            "vroegsignaal.bedrag is '1.5'; verwacht een bedrag in hele euro's, als 120",
            "vroegsignaal.client.burgerservicenummer ontbreekt, en zonder postcode en huisnummer "
            "is niemand te vinden",
        ],
    ),
    (
        signal(ID=BSN),
        ["vroegsignaal.ID is het BSN van de inwoner; verwacht een eigen nummer"],
    ),
    (
        signal(client={"burgerservicenummer": "12345678"}, signaaldatum="1-11-2026"),
        [
            "vroegsignaal.signaaldatum is '1-11-2026'; verwacht een datum als 2026-11-23",
            "vroegsignaal.client.burgerservicenummer is geen BSN: verwacht precies negen cijfers",
        ],
    ),
    ({}, ["vroegsignaal.ID ontbreekt"]),
    ("tekst", ["vroegsignaal is geen record (een groep velden)"]),
    (None, ["vroegsignaal is geen record (een groep velden)"]),
]


@pytest.mark.parametrize(("told", "problems"), BAD)
def test_every_problem_is_told_and_the_rest_is_read(
    told: Any, problems: list[str], read: Callable[..., list[Record]]
) -> None:
    bad, good = read(model([told, signal()], []))
    assert parse_record(good.raw, OPEN)
    with pytest.raises(RecordError) as caught:
        parse_record(bad.raw, OPEN)
    assert set(problems) <= set(caught.value.problems)
    assert BSN not in str(caught.value.problems)


def test_a_case_of_nobody_is_refused(read: Callable[..., list[Record]]) -> None:
    (lost,) = read(model([], [case()]))
    with pytest.raises(RecordError) as caught:
        parse_record(lost.raw, OPEN)
    assert "noemt geen signaal dat in deze levering staat" in caught.value.problems[0]


FRAMES = [
    ([], "bestand is geen record"),
    ({"leveringen": []}, "bestand.aanleverdatumEnTijd ontbreekt"),
    (model([], [], gemeentecode=None), "gemeentecode is leeg"),
    (model([], [], vroegsignalen={}), "vroegsignalen is geen lijst"),
    (
        {**model([], []), "aanleverdatumEnTijd": "2026-11-23T09:00:00"},
        "verwacht een tijdstip als 2026-11-23T10:00:00+01:00",
    ),
]


@pytest.mark.parametrize(("message", "sentence"), FRAMES)
def test_a_bad_frame_stops_the_stream_in_words(
    message: Any, sentence: str, read: Callable[..., list[Record]]
) -> None:
    with pytest.raises(PermanentError) as caught:
        read(message)
    assert sentence in caught.value.user
    assert "Er is niets afgesloten of verwijderd." in caught.value.user


# --- writing -----------------------------------------------------------------------------------


def faults(told: Any) -> list[str]:
    """What the published model says is wrong."""
    schema = json.loads((SPEC / "json_schema_Uitwisselmodel.json").read_text())
    return [one.message for one in Draft202012Validator(schema).iter_errors(told)]


@needs_spec
def test_what_the_system_delivers_is_the_published_model(
    tmp_path: Path, clock: FrozenClock
) -> None:
    system = SignalSystem(Town(60, today=clock.today()), tmp_path, clock)
    assert system.book
    told = system.answer({})["gegevens"]
    assert faults(told) == []
    assert faults({**told, "leveringen": [{}]}), "the check can fail"


days = st.dates(date(2020, 1, 1), date(2026, 11, 23))
texts = st.text(min_size=1, max_size=60)


@given(reason=texts, result=st.sampled_from(RESULTS), day=days)
def test_the_internal_reason_never_leaves(reason: str, result: str, day: date) -> None:
    reason = f"«{reason}»"
    told = {
        "result": result,
        "result_code": result,
        "matched_on": day,
        "period_starts_on": day,
        "period_ends_on": day,
        "taken_up_on": day,
        "signals": ["S1"],
        "internal_reason": reason,
        "details": {"reden": reason},
    }
    assert reason not in json.dumps(case_json(told, []), ensure_ascii=False)


@given(
    amount=st.none() | st.integers(0, 5000),
    day=st.none() | days,
    status=st.sampled_from(STATUSES),
    partner=st.sampled_from(PARTNERS),
    crisis=st.none() | st.booleans(),
    known=st.booleans(),
)
def test_a_signal_comes_back_as_it_went(
    amount: int | None,
    day: date | None,
    status: str,
    partner: str,
    crisis: bool | None,
    known: bool,
) -> None:
    who = {"burgerservicenummer": BSN}
    if not known:
        who = {"postcode": "9999XX", "huisnummer": "1", "huisnummertoevoeging": "b"}
    told = signal(status=status, signaalpartner={"type": partner}, client=who)
    told |= {"crisissignaal": crisis, "warmeOverdracht": False}
    told |= {"bedrag": amount, "signaaldatum": day.isoformat() if day else None}
    told = {name: value for name, value in told.items() if value is not None}
    raw = json.dumps({"key": "k", "signaal": told}).encode()
    (fact,) = parse_record(raw, OPEN)
    loaded = KINDS["early_signal"].load(fact.data)
    assert written(loaded) == told
    assert delivered.signal_json(loaded, "S1") == told


@given(
    result=st.sampled_from(RESULTS),
    channel=st.sampled_from(CHANNELS),
    reached=st.none() | st.booleans(),
    day=days,
)
def test_a_case_comes_back_as_it_went(
    result: str, channel: str, reached: bool | None, day: date
) -> None:
    told = case(resultaat=result, matchingsdatum=day.isoformat())
    attempts: list[dict[str, Any]] = [{"soort": channel}, {}]
    attempts.append({"soort": channel, "datum": day.isoformat(), "dagdeel": "Ochtend"})
    for one in attempts if reached is not None else ():
        one["bereikt"] = reached
    told["contactpogingen"] = attempts
    held = {"key": "k", "zaak": told, "client": {"burgerservicenummer": BSN}}
    zaak, *dated = parse_record(json.dumps(held).encode(), OPEN)
    loaded = [KINDS["contact_attempt"].load(one.data) for one in dated]
    whole = KINDS["signal_case"].load(zaak.data)
    assert case_json(whole, loaded) == told
    undated = delivered.undated_json(whole)
    assert [*undated, *map(delivered.attempt_json, loaded)] == attempts
