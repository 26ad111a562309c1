"""What goes over the wire to VISH and back: our own proposal, as SNG publishes no format.

A report (melding) registers, changes or ends a registration. Days are ISO, the BSN nine digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.connector import Command, PermanentError, Receipt, RecordError, TransientError

if TYPE_CHECKING:
    from hub.testing.world import Person, VishEntry

#: Command of the hub to the kind of report.
KINDS = {"register": "AANMELDEN", "change": "WIJZIGEN", "deregister": "AFMELDEN"}

#: Phase of the hub to the phase of VISH. Phases before the plan count as application.
PHASES = {
    "aanmelding": "AANMELDING",
    "intake": "AANMELDING",
    "plan_van_aanpak": "PLAN_VAN_AANPAK",
    "stabilisatie": "STABILISATIE",
    "schuldregeling": "SCHULDREGELING",
    "nazorg": "NAZORG",
}
_BACK = {theirs: ours for ours, theirs in PHASES.items() if ours != "intake"}

_PERSON = {
    "bsn": "bsn",
    "achternaam": "surname",
    "voorvoegsel": "prefix",
    "voorletters": "initials",
    "geboortedatum": "birth_date",
    "postcode": "postcode",
    "huisnummer": "house_number",
    "toevoeging": "addition",
}

#: What the hub shows and has no word for.
_DETAILS = ("dossiernummerSHV", "shvOrganisatie")

#: Every field of a registration, also the ones that only the register itself reads.
FIELDS = frozenset(_PERSON) | {
    "vishReferentie",
    "fase",
    "datumStart",
    "datumEinde",
    "redenEinde",
    "dossiernummerSHV",
    "shvOrganisatie",
    "naam",
    "kvk",
    "telefoon",
    "email",
    "meldingsoort",
}


def report(command: Command, organisation: Mapping[str, str]) -> dict[str, Any]:
    """Return the report for a command. Raises PermanentError when it cannot be made."""
    data = command.data
    if command.kind != "register" and not data.get("reference"):
        raise PermanentError(
            "Van deze registratie is geen VISH-nummer bekend. Wacht tot de hub de lijst van VISH "
            "heeft gelezen.",
            "no reference of VISH",
        )
    phase = PHASES.get(str(data.get("phase", "")))
    if phase is None and command.kind != "deregister":
        raise PermanentError(
            f"VISH kent de fase '{data.get('phase')}' niet. Bekend zijn: {', '.join(PHASES)}.",
            "phase unknown to VISH",
        )
    person = command.person
    if not (person.get("bsn") or (person.get("surname") and person.get("birth_date"))):
        raise PermanentError(
            "Van deze inwoner is geen BSN bekend, en ook geen achternaam met geboortedatum. Zo "
            "kan VISH niet weten om wie het gaat. Er is niets verstuurd.",
            "nobody to report",
        )
    ends_on = data.get("ends_on")
    if command.kind == "deregister" and not ends_on:
        # Without a day VISH would keep showing that there is help.
        ends_on = command.created_at.date().isoformat()
    found = {
        "meldingsoort": KINDS[command.kind],
        "shvOrganisatie": dict(organisation),
        "fase": phase,
        "vishReferentie": data.get("reference"),
        "dossiernummerSHV": data.get("case_number")
        or (data.get("details") or {}).get("dossiernummerSHV"),
        "datumStart": data.get("starts_on"),
        "datumEinde": ends_on,
        "redenEinde": data.get("end_reason"),
    }
    for theirs, ours in _PERSON.items():
        value = command.person.get(ours)
        found[theirs] = value if value is None or isinstance(value, str) else value.isoformat()
    return {name: value for name, value in found.items() if value not in (None, "")}


#: What VISH did, by what was asked.
_DONE = {"register": "geregistreerd", "change": "bijgewerkt", "deregister": "afgemeld"}


def read_answer(answer: Any, kind: str) -> Receipt:
    """Return the receipt in VISH's answer to a report; `kind` is empty where it is not known.

    Raises PermanentError for another form.
    """
    status = answer.get("status") if isinstance(answer, dict) else None
    if status == "GEACCEPTEERD":
        reference = str(answer.get("vishReferentie") or "")
        done = f"de inwoner {_DONE[kind]}" if kind else "de melding verwerkt"
        number = f"onder nummer {reference}" if reference else "zonder een nummer te geven"
        text = f"VISH heeft {done} {number}."
        return Receipt("delivered", reference, text, refresh=("entries",))
    if status == "AFGEKEURD":
        return Receipt("refused", message=refusal(answer.get("melding"), answer.get("foutcode")))
    raise PermanentError("VISH gaf een antwoord dat de hub niet kent.", "unknown answer of VISH")


def refusal(told: Any, code: Any) -> str:
    """Return a refusal in words, also when VISH gave no reason or no code."""
    return f"VISH weigert: {told or 'zonder reden te geven'} (code {code or 'onbekend'})."


def not_understood(log: str | None) -> TransientError:
    """Return the error of an answer that cannot be read: what was asked may have been done."""
    return TransientError(
        "VISH gaf een antwoord dat de hub niet kent. De hub vraagt later na of de melding is "
        "verwerkt, en stuurt haar niet nog eens.",
        log or "answer of VISH not understood",
        may_have_arrived=True,
    )


def accepted(reference: str) -> dict[str, str]:
    """Return the answer that accepts a report."""
    return {"status": "GEACCEPTEERD", "vishReferentie": reference}


def refused(code: str, text: str) -> dict[str, str]:
    """Return the answer that refuses a report."""
    return {"status": "AFGEKEURD", "foutcode": code, "melding": text}


def parse_entry(value: Any) -> dict[str, Any]:
    """Return the register entry in one registration. Raises RecordError."""
    if not isinstance(value, dict):
        raise RecordError("De registratie is geen groep velden")
    organisation = value.get("shvOrganisatie") or {}
    if not isinstance(organisation, dict):
        raise RecordError("shvOrganisatie is geen groep velden")
    phase = value.get("fase")
    found = {
        "register": "vish",
        "reference": value.get("vishReferentie"),
        "phase": _BACK.get(phase, phase) if phase else "",
        "starts_on": value.get("datumStart"),
        "ends_on": value.get("datumEinde"),
        "end_reason": value.get("redenEinde") or "",
        "party": organisation.get("naam") or "",
        "details": {name: value[name] for name in _DETAILS if value.get(name)},
    }
    person = {ours: value[theirs] for theirs, ours in _PERSON.items() if value.get(theirs)}
    return {**found, "person": person}


def registration(person: Person, entry: VishEntry) -> dict[str, Any]:
    """Return one registration as VISH lists it."""
    return {
        "vishReferentie": entry.reference,
        "bsn": person.bsn,
        "achternaam": person.surname,
        "voorvoegsel": person.prefix,
        "voorletters": person.initials,
        "geboortedatum": person.birth_date.isoformat(),
        "postcode": person.postcode,
        "huisnummer": person.house_number,
        "toevoeging": person.addition,
        "fase": PHASES.get(entry.phase, "NAZORG"),
        "datumStart": entry.starts_on.isoformat(),
        "datumEinde": entry.ends_on.isoformat() if entry.ends_on else None,
    }
