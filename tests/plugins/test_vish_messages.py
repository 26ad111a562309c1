"""The messages of VISH: a round trip loses nothing, and a wrong one says what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.connector import Command, Context, HubError, PermanentError, RecordError
from plugins.vish.connector import VishConnector
from plugins.vish.messages import FIELDS, PHASES, parse_entry, read_answer, report
from schemas import KINDS, ValidationError, problems

BAD = Path(__file__).parent / "bad" / "vish"

ENTRY = {
    "vishReferentie": "VISH-2026-000001",
    "bsn": "999990019",
    "achternaam": "Proef",
    "voorvoegsel": "van",
    "voorletters": "A.B.",
    "geboortedatum": "1980-05-01",
    "postcode": "9999 XX",
    "huisnummer": "1",
    "toevoeging": "a",
    "dossiernummerSHV": "D-1",
    "fase": "STABILISATIE",
    "datumStart": "2026-05-01",
    "datumEinde": "2026-11-01",
    "redenEinde": "afgerond",
    "shvOrganisatie": {
        "naam": "Schuldhulp Voorbeeldstad",
        "kvk": "99990001",
        "telefoon": "0300000000",
        "email": "schuldhulp@voorbeeldstad.example",
    },
}


def connector() -> VishConnector:
    settings = {"url": "https://vish.example", "aansluitcode": "x", "organisation_name": "Stad"}
    return VishConnector(VishConnector.config().load(settings), Context())


def wrong(raw: bytes) -> list[str]:
    """Everything that is wrong with a registration, as the administrator sees it."""
    try:
        (fact,) = connector().parse("entries", raw)
        KINDS[fact.kind].load(fact.data)
    except RecordError as error:
        return error.problems
    except ValidationError as error:
        return problems(error, "register_entry")
    except HubError as error:
        return [error.user]
    return []


def test_what_is_read_is_reported_again() -> None:
    loaded = KINDS["register_entry"].load(parse_entry(ENTRY))
    data = {name: loaded[name] for name in ("reference", "phase", "end_reason", "details")}
    data |= {name: loaded[name].isoformat() for name in ("starts_on", "ends_on")}
    command = Command("change", loaded["person"], data, datetime(2026, 11, 23, tzinfo=UTC))
    told = report(command, loaded["details"]["shvOrganisatie"])
    assert told.pop("meldingsoort") == "WIJZIGEN"
    assert told == ENTRY


@pytest.mark.parametrize("phase", sorted(set(PHASES.values())))
def test_every_phase_comes_back_as_itself(phase: str) -> None:
    told = parse_entry({**ENTRY, "fase": phase})
    assert PHASES[told["phase"]] == phase


def test_every_field_is_known_to_the_hub() -> None:
    assert {*ENTRY, *ENTRY["shvOrganisatie"], "meldingsoort"} == FIELDS  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["change", "deregister"])
def test_only_what_has_a_number_is_changed_or_ended(kind: str) -> None:
    order = Command(kind, {}, {"phase": "nazorg"}, datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(PermanentError) as caught:
        report(order, {})
    assert caught.value.user.startswith("Van deze registratie is geen VISH-nummer bekend.")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ({"status": "AFGEKEURD"}, "", "VISH weigert: zonder reden te geven (code onbekend)."),
        (
            {"status": "GEACCEPTEERD"},
            "register",
            "VISH heeft de inwoner geregistreerd zonder een nummer te geven.",
        ),
        (
            {"status": "GEACCEPTEERD", "vishReferentie": "V1"},
            "deregister",
            "VISH heeft de inwoner afgemeld onder nummer V1.",
        ),
    ],
)
def test_an_answer_is_told_in_words(answer: dict[str, str], kind: str, said: str) -> None:
    assert read_answer(answer, kind).message == said


SENTENCES: dict[str, list[str]] = {
    "afgebroken": [
        "De registratie is geen geldige JSON, of is afgebroken. Er is niets gewijzigd. Controleer "
        "het adres, of vraag de leverancier om het antwoord na te kijken."
    ],
    "geen-groep": ["De registratie is geen groep velden"],
    "organisatie": ["shvOrganisatie is geen groep velden"],
    "niemand": [
        "register_entry.person.bsn ontbreekt, en zonder naam of adres is niemand te vinden"
    ],
    "twee-fouten": [
        "register_entry.person.bsn voldoet niet aan de elfproef; controleer het BSN",
        "register_entry.reference is leeg; een waarde is verplicht",
        "register_entry.phase is 'WACHTLIJST'; bekend zijn: aanmelding, intake, nazorg, "
        "plan_van_aanpak, schuldregeling, stabilisatie, uitstroom",
        "register_entry.starts_on is '1-11-2026'; verwacht een datum als 2026-11-23",
    ],
}


def test_every_wrong_message_has_its_sentence() -> None:
    assert {path.stem for path in BAD.glob("*.json")} == set(SENTENCES)


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_registration_says_everything_that_is_wrong(name: str) -> None:
    assert wrong((BAD / f"{name}.json").read_bytes()) == SENTENCES[name]


def test_a_good_registration_has_nothing_wrong() -> None:

    told: dict[str, Any] = dict(ENTRY)
    assert wrong(json.dumps(told).encode()) == []
