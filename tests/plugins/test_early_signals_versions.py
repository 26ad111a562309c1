"""Early signals of every version through a whole hub, and back out as v1.2."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

import plugins.early_signals
from hub.clock import FrozenClock
from hub.connector import Context
from hub.core import Hub
from hub.store import contact_attempt, early_signal, run, signal_case
from hub.sync.inbound import Outcome, sync_source
from hub.sync.sources import find_source, save_source
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.facts import Records, parse_record
from plugins.early_signals.messages import case_json, read_file, read_page, signal_json
from plugins.early_signals.municipal_tax import Gate
from plugins.early_signals.settings import SignalConfig
from plugins.early_signals.versions import converted
from schemas import KINDS

BSN, FAILS_ELFPROEF = "999990019", "999990001"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "ddas-vs-v1.2"

needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="the DDAS specification is not here")

QUICK_FIX = "(Budget)advies en/of quick fix"


def client(version: str) -> dict[str, Any]:
    """The same resident as each version tells them."""
    if version in ("v1.1", "v1.2-concept", "v1.2"):
        return {"postcode": "9999XX", "huisnummer": "4", "huisnummertoevoeging": ""}
    return {
        "Burgerservicenummer": FAILS_ELFPROEF,
        "Voorvoegsel": "van",
        "Achternaam": "Proef",
        "Postcode": "9999XX",
        "Huisnummer": "4",
        "Huisnummertoevoeging": "",
    }


def names(version: str) -> tuple[str, str, str, str]:
    """How a version calls the organisation, both ends of a period and the day of taking up."""
    if version == "v1.2":
        start = "startdatumMatchingperiode"
        return "aanleverendeOrganisatie", start, "einddatumMatchingperiode", "datumOpgepakt"
    if version == "v1.2-concept":
        start = "startdatumMatchtingperiode"
        return "aanleverendeOrganisatie", start, "einddatumMatchingperiode", "datumOpgepakt"
    start = "startdatum_matchtingperiode"
    return "aanleverende_organisatie", start, "einddatum_matchingperiode", "datum_opgepakt"


def delivery(version: str, result: str = QUICK_FIX, status: str = "Opgepakt") -> dict[str, Any]:
    """A delivery of two signals, their case and three attempts, as a version writes it."""
    organisation, start, end, taken = names(version)
    partner = {"type": "Water"} | ({"Organisatienaam": "Waterproef"} if version == "v0.1" else {})
    signals = [
        {
            "ID": f"P-{number}",
            "crisissignaal": number == 2,
            "bedrag": 100 + number,
            "signaaldatum": f"2026-03-0{number}",
            "status": status,
            "signaalpartner": partner,
            "client": client(version),
        }
        for number in (1, 2)
    ]
    case = {
        "resultaat": result,
        start: "2026-03-01",
        end: "2026-03-31",
        taken: "2026-03-09",
        "vroegsignalen": [{"ID": "P-1"}, {"ID": "P-2"}],
        "contactpogingen": [
            {"soort": "Kaartje", "bereikt": False, "datum": "2026-03-10", "dagdeel": "Ochtend"},
            {"soort": "Rooksein", "bereikt": None, "datum": "2026-03-11"},
            {"soort": "Brief", "datum": "11 maart"},
        ],
    }
    top = {
        "codeGegevensleverancier": "Proef 2.0",
        "startdatumLevering": "2026-01-01",
        "einddatumLevering": "2026-03-31",
        "aanleverdatumEnTijd": "2026-04-02T07:30:00Z",
    }
    if version == "v0.1":
        # Its published example has both lists at the top, and a moment without a zone.
        case["gemeentecode"] = "GM9999"
        moment = {"aanleverdatumEnTijd": "2026-04-02T09:30:00"}
        return top | moment | {"vroegsignalen": signals, "vroegsignaalzaken": [case]}
    held = {"naam": "Stad", "kvk-nummer": "12345678"}
    one = {"teller": 1, "gemeentecode": "9999", organisation: held}
    return top | {"leveringen": [one | {"vroegsignalen": signals, "vroegsignaalzaken": [case]}]}


VERSIONS = {
    "v0.1": delivery("v0.1", "Inwoner wil geen hulp"),
    "v0.9": delivery("v0.9", "(Budget)advies en/of ‘quick fix’"),
    "v1.0 of ouder": delivery("v1.0"),
    "v1.1": delivery("v1.1"),
    "v1.2-concept": delivery("v1.2-concept"),
    "": delivery("v1.2"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_shows_in_the_names(version: str) -> None:
    told, found = converted(VERSIONS[version])
    assert found == version
    assert converted(told) == (told, "")


@pytest.mark.parametrize(
    ("result", "now"),
    [
        ("(Budget)advies en/of ‘quick fix’", QUICK_FIX),
        ("Verwijzing zonder contact", "Verwijzing zonder tussenkomst inwoner"),
    ],
)
def test_a_result_of_v0_9_is_told_in_the_words_of_v1_2(result: str, now: str) -> None:
    told, found = converted(delivery("v0.9", result))
    assert told["leveringen"][0]["vroegsignaalzaken"][0]["resultaat"] == now
    assert found == "v0.9"


@pytest.mark.parametrize(
    "message", [None, [], {}, {"vroegsignaalzaken": [None, "x"]}, {"vroegsignaalzaken": 7}, "x"]
)
def test_what_is_no_message_is_converted_without_harm(message: Any) -> None:
    converted(message)


@pytest.fixture
def hub(make_hub: Any, tmp_path: Path) -> Hub:
    made: Hub = make_hub(plugins.early_signals)
    folder = tmp_path / "leveringen"
    folder.mkdir()
    config = {"transport": "folder", "folder": str(folder)}
    source = {"name": "vs", "title": "Vroegsignalering", "connector": "early_signals"}
    save_source(made, {**source, "owner": "stad", "config": config})
    return made


def taken_in(hub: Hub, folder: Path, message: str) -> Outcome:
    (folder / "leveringen" / "levering.json").write_text(message)
    # A moment at which was read already is not read again.
    assert isinstance(hub.clock, FrozenClock)
    hub.clock.move(minutes=1)
    (outcome,) = sync_source(hub, find_source(hub, "vs"))
    return outcome


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_comes_in_whole(version: str, hub: Hub, tmp_path: Path) -> None:
    message = json.dumps(VERSIONS[version])
    outcome = taken_in(hub, tmp_path, message)
    assert (outcome.status, outcome.applied, outcome.rejected) == ("succeeded", 3, 0)
    with hub.engine.connect() as connection:
        signals = connection.execute(select(early_signal).order_by(early_signal.c.reference)).all()
        (case,) = connection.execute(select(signal_case)).all()
        attempts = connection.execute(select(contact_attempt).order_by(contact_attempt.c.on)).all()
        note = connection.execute(select(run.c.message)).scalar_one()
    assert [(one.amount, one.unit, one.crisis) for one in signals] == [
        (10100, 100, False),
        (10200, 100, True),
    ]
    assert {one.partner for one in signals} == {"Waterproef" if version == "v0.1" else ""}
    assert (case.period_starts_on, case.period_ends_on) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (case.taken_up_on, case.signals) == (date(2026, 3, 9), ["P-1", "P-2"])
    assert case.result == ("" if version == "v0.1" else QUICK_FIX)
    assert case.result_code
    assert [(one.channel, one.reached) for one in attempts] == [
        ("Kaartje", False),
        ("Rooksein", None),
    ]
    unreadable = [{"soort": "Brief", "datum": "11 maart"}]
    assert case.details["onleesbarePogingen"] == unreadable
    assert (f"DDAS Vroegsignalering {version};" in note) == bool(version)
    assert "contactpogingen.datum is '11 maart'; verwacht een datum als 2026-11-23" in note
    assert taken_in(hub, tmp_path, message).unchanged == 3


def test_a_broken_delivery_leaves_what_stood(hub: Hub, tmp_path: Path) -> None:
    message = json.dumps(VERSIONS[""])
    taken_in(hub, tmp_path, message)
    outcome = taken_in(hub, tmp_path, message[:-200])
    assert (outcome.status, outcome.removed) == ("failed", 0)
    assert "het gaat mis op regel 1, teken" in (outcome.message or "")
    with hub.engine.connect() as connection:
        rows = connection.execute(select(early_signal.c.superseded_at)).scalars().all()
    assert rows == [None, None]


def test_two_ways_to_write_a_municipality_are_one(tmp_path: Path, clock: FrozenClock) -> None:
    keys = []
    for code in ("9999", "GM9999"):
        message = delivery("v1.2")
        message["leveringen"][0]["gemeentecode"] = code
        page = read_file(json.dumps(message).encode())
        made = Records(str, Gate(), lambda told: None)
        keys.append([one.key for found in page.deliveries for one in made.of(found)])
    assert keys[0] == keys[1]


# --- pages -------------------------------------------------------------------------------------


def page(number: int, signals: list[Any], cases: list[Any]) -> bytes:
    one = {"teller": 1, "gemeentecode": "9999", "aanleverendeOrganisatie": {}}
    model = {
        "aanleverdatumEnTijd": "2026-04-02T07:30:00Z",
        "leveringen": [one | {"vroegsignalen": signals, "vroegsignaalzaken": cases}],
    }
    place = {"currentPage": number, "totalPages": 2, "totalRecords": 2}
    return json.dumps({"gegevens": model, "paginering": place}).encode()


def test_a_case_may_stand_on_another_page_than_its_signals(
    clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"transport": "http", "url": "https://x", "token_url": "https://x"}
    config |= {"client_id": "x", "client_secret": "x"}
    connector = EarlySignalConnector(SignalConfig().load(config), Context(clock=clock))
    first, second = delivery("v1.2")["leveringen"][0]["vroegsignalen"]
    early, late = ({"vroegsignalen": [{"ID": one["ID"]}]} for one in (second, first))
    lost = {"vroegsignalen": [{"ID": "P-9"}]}
    answers = {1: page(1, [first], [early, lost]), 2: page(2, [second], [late])}
    monkeypatch.setattr(
        connector.service, "page", lambda number, size=None: read_page(answers[number])
    )
    raws = [one.raw for batch in connector.read("signals", None) for one in batch.records]
    told = [json.loads(raw) for raw in raws]
    named = [one["zaak"]["vroegsignalen"][0]["ID"] for one in told if "zaak" in one]
    assert sorted(named) == ["P-1", "P-2", "P-9"]
    assert {one["zaak"]["vroegsignalen"][0]["ID"] for one in told if one.get("client")} == {
        "P-1",
        "P-2",
    }


# --- out again ---------------------------------------------------------------------------------


def written(message: Any) -> dict[str, Any]:
    """What goes out as v1.2 of a delivery that came in."""
    found = read_file(json.dumps(message).encode())
    made = Records(str, Gate(other_is_tax=False), lambda told: None)
    signals, cases = [], []
    for record in (one for some in found.deliveries for one in made.of(some)):
        facts = parse_record(record.raw, Gate(other_is_tax=False))
        first, *rest = [KINDS[one.kind].load(one.data) for one in facts]
        if facts[0].kind == "early_signal":
            signals.append(signal_json(first))
        else:
            cases.append(case_json(first, rest))
    one = {"teller": 1, "gemeentecode": "9999", "aanleverendeOrganisatie": {"naam": "Stad"}}
    top = {name: told for name, told in found.model.items() if name != "leveringen"}
    return top | {"leveringen": [one | {"vroegsignalen": signals, "vroegsignaalzaken": cases}]}


def faults(told: Any) -> list[str]:
    schema = json.loads((SPEC / "json_schema_Uitwisselmodel.json").read_text())
    return [one.message for one in Draft202012Validator(schema).iter_errors(told)]


@needs_spec
@pytest.mark.parametrize("version", VERSIONS)
def test_what_came_in_goes_out_as_v1_2(version: str) -> None:
    told = written(VERSIONS[version])
    assert faults(told) == []
    (case,) = told["leveringen"][0]["vroegsignaalzaken"]
    assert case.get("resultaat") == (None if version == "v0.1" else QUICK_FIX)
    assert case["contactpogingen"][0]["dagdeel"] == "Ochtend"


@needs_spec
def test_a_code_that_v1_2_does_not_know_stays_inside() -> None:
    message = delivery("v1.2", result="Iets anders", status="Nieuw")
    (one,) = message["leveringen"]
    one["vroegsignalen"][0]["signaalpartner"] = {"type": "Telefonie"}
    one["vroegsignalen"][1]["client"] |= {"geslachtsaanduiding": "M"}
    one["vroegsignaalzaken"][0]["contactpogingen"].append({"soort": "Fax", "dagdeel": "Nacht"})
    told = written(message)
    assert faults(told) == []
    assert "Telefonie" not in json.dumps(told)
    assert told["leveringen"][0]["vroegsignalen"][0]["signaalpartner"] == {}


@needs_spec
def test_the_internal_reason_stays_inside_a_whole_delivery() -> None:
    told = written(delivery("v1.2", result="Niet opgepakt: andere reden"))
    secret = {"internal_reason": "verblijft elders", "details": {"reden": "verblijft elders"}}
    case = KINDS["signal_case"].load(
        {"person": {"bsn": BSN}, "reference": "P-1", "signals": ["P-1"], **secret}
    )
    told["leveringen"][0]["vroegsignaalzaken"].append(case_json(case, []))
    assert faults(told) == []
    assert "verblijft elders" not in json.dumps(told)
