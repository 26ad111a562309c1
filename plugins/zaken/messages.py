"""A case of the Zaken API as a linked case of a resident, and back.

Field names are those of the Zaken API 1.5. Days are ISO, the BSN nine digits. A case concerns
every natural person with a role as applicant or interested party; each gives a fact of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.connector import Fact, RecordError
from plugins.zaken.fields import OTHERS

#: Roles (omschrijvingGeneriek) by which a case is a resident's own.
ROLES = ("initiator", "mede_initiator", "belanghebbende")

#: What of a case is shown, beside number, type, title, status and days: ours by theirs.
DETAILS = {
    "uuid": "uuid",
    "toelichting": "explanation",
    "registratiedatum": "registered_on",
    "einddatumGepland": "planned_end_on",
    "uiterlijkeEinddatumAfdoening": "due_on",
    "vertrouwelijkheidaanduiding": "confidentiality",
    "verlenging": "extension",
    "opschorting": "suspension",
    "resultaat": "result",
    "archiefactiedatum": "archive_action_on",
    "archiefnominatie": "archive_nomination",
}

_PERSON = {
    "inpBsn": "bsn",
    "geslachtsnaam": "surname",
    "voorvoegselGeslachtsnaam": "prefix",
    "voorletters": "initials",
    "voornamen": "first_names",
}

_ADDRESS = {
    "gorOpenbareRuimteNaam": "street",
    "aoaHuisnummer": "house_number",
    "aoaPostcode": "postcode",
    "wplWoonplaatsNaam": "city",
}

#: What a catalogue adds to a case by the hundred fields; only this is of use.
_OF_TYPE = ("omschrijving", "identificatie")

#: Every field that may stand in a record.
FIELDS = frozenset((*DETAILS, *_PERSON, *_ADDRESS, *_OF_TYPE, *OTHERS))


def number_of(case: Any) -> str:
    """Return the UUID of a case, empty for one that has none."""
    found = case.get("uuid") if isinstance(case, dict) else None
    return str(found or "")[:64]


def key_of(case: Any, place: str) -> str:
    """Return the key of a case; one without number is rejected in words, under its place."""
    return number_of(case) or place


def slim(case: Any) -> Any:
    """Return a case with of the catalogue only the names; all of the case itself is kept."""
    if not isinstance(case, dict):
        return case
    told = _group(case.get("_expand"))
    status = _group(told.get("status"))
    kind = _group(_group(status.get("_expand")).get("statustype"))
    kept = {
        "zaaktype": _only(told.get("zaaktype"), _OF_TYPE),
        "status": {k: v for k, v in status.items() if k not in ("_expand", "uuid")}
        | {"_expand": {"statustype": _only(kind, ("omschrijving",))}},
        "rollen": told.get("rollen"),
    }
    return case | {"_expand": kept}


def parse_case(case: Any) -> list[Fact]:
    """Return the linked cases in one case: one for each resident. Raises RecordError."""
    if not isinstance(case, dict):
        raise RecordError("zaak is geen groep velden")
    told = _group(case.get("_expand"))
    roles = told.get("rollen")
    problems = list(_problems(case, roles))
    if problems:
        raise RecordError(problems)
    common = _common(case, told)
    return [
        Fact("linked_case", f"{case['uuid']}.{number}", common | _of_role(role))
        for number, role in _residents(roles or [])
    ]


def _problems(case: Mapping[str, Any], roles: Any) -> Iterator[str]:
    for name in ("uuid", "identificatie", "startdatum"):
        if not isinstance(case.get(name), str) or not case[name]:
            yield f"zaak.{name} ontbreekt"
    if not isinstance(roles, list):
        yield "zaak._expand.rollen ontbreekt; het zaaksysteem moet 'expand' kennen"
        return
    for number, role in enumerate(roles):
        if not isinstance(role, dict):
            yield f"zaak.rollen.{number} is geen groep velden"
        elif _is_resident(role) and not _group(role.get("betrokkeneIdentificatie")):
            yield f"zaak.rollen.{number}.betrokkeneIdentificatie ontbreekt"


def _common(case: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    status = _group(told.get("status"))
    statustype = _group(_group(status.get("_expand")).get("statustype"))
    details = {ours: case[theirs] for theirs, ours in DETAILS.items() if case.get(theirs)}
    details |= {"status_on": status["datumStatusGezet"]} if status.get("datumStatusGezet") else {}
    return {
        "number": case["identificatie"],
        "type": _text(_group(told.get("zaaktype")).get("omschrijving")),
        "title": _text(case.get("omschrijving")),
        "status": _text(statustype.get("omschrijving")),
        "starts_on": case["startdatum"],
        "ends_on": case.get("einddatum"),
        "details": details,
    }


def _residents(roles: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, role in enumerate(roles):
        if _is_resident(role):
            yield str(role.get("uuid") or number), role


def _is_resident(role: Mapping[str, Any]) -> bool:
    person = role.get("betrokkeneType") == "natuurlijk_persoon"
    return person and role.get("omschrijvingGeneriek") in ROLES


def _of_role(role: Mapping[str, Any]) -> dict[str, Any]:
    told = _group(role["betrokkeneIdentificatie"])
    person = {ours: told[theirs] for theirs, ours in _PERSON.items() if told.get(theirs)}
    born = _text(told.get("geboortedatum"))
    if born:
        # A date of which only the year or month is known is kept as it is told.
        whole = re.fullmatch(r"\d{4}-\d{2}-\d{2}", born)
        person["birth_date" if whole else "birth_date_text"] = born
    return {"person": person | _home(_group(told.get("verblijfsadres")))}


def _home(told: Mapping[str, Any]) -> dict[str, str]:
    found = {ours: str(told[theirs]) for theirs, ours in _ADDRESS.items() if told.get(theirs)}
    more = [_text(told.get(name)) for name in ("aoaHuisletter", "aoaHuisnummertoevoeging")]
    addition = " ".join(filter(None, more))
    return found | ({"addition": addition} if addition else {})


def case_message(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a linked case as the Zaken API tells it: the inverse of `parse_case`."""
    details = data.get("details") or {}
    found = {theirs: details[ours] for theirs, ours in DETAILS.items() if ours in details}
    found |= {
        "identificatie": data["number"],
        "omschrijving": data.get("title") or "",
        "startdatum": data["starts_on"],
        "einddatum": data.get("ends_on"),
    }
    status = {"datumStatusGezet": details.get("status_on")}
    kind = {"omschrijving": data.get("status") or ""}
    expanded = {
        "zaaktype": {"omschrijving": data.get("type") or ""},
        "status": status | {"_expand": {"statustype": kind}},
        "rollen": [role_message(data["person"])],
    }
    return found | {"_expand": expanded}


def role_message(person: Mapping[str, Any], role: str = ROLES[0]) -> dict[str, Any]:
    """Return a natural person in a case as the Zaken API tells one."""
    told = {theirs: person.get(ours) or "" for theirs, ours in _PERSON.items()}
    born = person.get("birth_date_text") or person.get("birth_date") or ""
    told["geboortedatum"] = str(born)
    home: dict[str, Any] = {theirs: person.get(ours) or "" for theirs, ours in _ADDRESS.items()}
    number = str(home["aoaHuisnummer"])
    home["aoaHuisnummer"] = int(number) if number.isdigit() else None
    home["aoaHuisnummertoevoeging"] = person.get("addition") or ""
    return {
        "betrokkeneType": "natuurlijk_persoon",
        "omschrijvingGeneriek": role,
        "betrokkeneIdentificatie": told | {"verblijfsadres": home},
    }


def _group(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _only(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = _group(value)
    return {name: found[name] for name in names if name in found}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
