"""From a traject to facts: the case of each client, and what the file says they owe.

DDAS gives a traject no id. It is known again by its clients and its first day, which is how CBS
tells trajects apart too; a corrected first day therefore makes it another case.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.connector import Fact, Record, RecordError, read_json
from hub.ddas import inside
from plugins.debt_help.messages import FIRST_DAYS
from plugins.debt_help.shape import DEBT, SORTS, TRAJECT, Flaw, Shape, sift, without_empty
from plugins.debt_help.versions import newest
from schemas import ValidationError, elfproef
from schemas import problems as schema_problems
from schemas.fields import MOST_DETAILS, RecordSchema

Pseudonym = Callable[[str], str]

#: What shows that a phase was reached, the last phase first. A case is at least an "aanmelding".
SIGNS = {
    "uitstroom": ("uitstroom.datum", "einddatum", "uitstroom.datumBeeindigingsbeschikking"),
    "nazorg": ("nazorg.startdatum",),
    "schuldregeling": (
        "schuldregeling.datum",
        "schuldregeling.toegekend",
        "oplossing.startdatum",
        "oplossing.soort",
    ),
    "stabilisatie": ("stabilisatie.startdatum",),
    "plan_van_aanpak": ("planVanAanpak.datumAfronding",),
    "intake": ("intake.startdatum", "intake.beschikkingsdatum"),
}

#: Details of a case that are no fields of a traject: who delivers it, and what was set aside.
OWN_DETAILS = frozenset({"aanleverende_organisatie", "afwijkend"})

#: What is kept of who delivers; the contact persons there say nothing about a resident.
_ORGANISATION: Shape = {
    "(Statutaire) Naam": "text",
    "KvK-nummer": "text",
    "postcode": "text",
    "gemeentecode": "text",
}

_IDENTITY = ("Geboortedatum", "Postcode", "Huisnummer", "Huisnummertoevoeging")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class CaseRecords:
    """Makes the records of one delivery.

    Two cases of the same clients with the same first day are told apart by their order. `moved`
    becomes true when a traject comes back unchanged on a later page: the list shifted meanwhile.
    """

    def __init__(self, pseudonym: Pseudonym) -> None:
        self._pseudonym = pseudonym
        self._times: Counter[str] = Counter()
        self._pages: dict[int, int] = {}
        self.moved = False

    def make(self, page: int, organisation: Any, traject: Any) -> Record:
        """Return the record of a traject as received, however malformed."""
        key = case_key(traject, self._pseudonym)
        self._times[key] += 1
        if self._times[key] > 1:
            key = f"{key}.{self._times[key]}"
        delivers, _ = sift(organisation, _ORGANISATION)
        # Two organisations may tell the same of one resident; that is no list that moved.
        first = self._pages.setdefault(hash(_text([delivers, traject])), page)
        self.moved = self.moved or first != page
        told = {"key": key, "organisatie": delivers, "traject": traject}
        return Record(key, _text(told).encode())


def _text(value: Any) -> str:
    # Half a surrogate pair is no character; as "?" it cannot stop the delivery.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def case_key(traject: Any, pseudonym: Pseudonym) -> str:
    """Return by what a traject is known: a pseudonym of its clients, and its first day."""
    clients = inside(traject, "client")
    who = sorted(map(_identity, clients if isinstance(clients, list) else []))
    day = inside(traject, "startdatum") or inside(inside(traject, "aanmelding"), "startdatum")
    known = isinstance(day, str) and _ISO_DAY.fullmatch(day)
    return f"{pseudonym(_text(who))}-{day if known else 'zonder-dag'}"


def _identity(client: Any) -> str:
    bsn = inside(client, "Burgerservicenummer")
    return _text(bsn or [inside(client, name) for name in _IDENTITY])


def shape_with(reference_field: str) -> Shape:
    """Return the shape of a traject in which a debt may carry the creditor's number."""
    debt: Shape = {**DEBT, reference_field: "text"}
    return {**TRAJECT, "schulden": [debt]}


def parse_case(
    raw: bytes,
    schema: RecordSchema,
    shape: Shape,
    pseudonym: Pseudonym,
    places: Mapping[str, str] | None = None,
) -> list[Fact]:
    """Return the facts of one traject. Raises RecordError with every problem in it.

    `places` tells, by key, with which path a traject stood in what was just read; a problem begins
    with it. Debts stand under the first client: DDAS does not tell whose debt it is.
    """
    told = read_json(raw, "Het traject", half_characters=True)
    if not isinstance(told, dict) or not {"key", "traject", "organisatie"} <= set(told):
        raise RecordError("traject is geen groep velden")
    place = (places or {}).get(told["key"], "traject")
    given = newest(told["traject"])
    if not isinstance(given, dict):
        raise RecordError(f"{place} is geen record (een groep velden)")
    sound, flaws = sift(given, shape)
    try:
        traject = schema.load(without_empty(given))
    except ValidationError as error:
        raise RecordError(_all_problems(schema_problems(error, place), flaws, place)) from error
    people = [_person(client) for client in traject["client"]]
    case = _case(traject, sound) | _organisation(told["organisatie"])
    case["details"] = _details(sound, flaws, told["organisatie"])
    key = told["key"]
    facts = [
        Fact("debt_case", f"{key}:{number}", case | {"person": person})
        for number, person in enumerate(people)
    ]
    debts = list(zip(traject["schulden"], sound.get("schulden", []), strict=True))
    facts += _statements(key, debts, people[0], pseudonym)
    return facts


def _all_problems(found: list[str], flaws: list[Flaw], place: str) -> list[str]:
    """Return the problems that cost the case, and the flaws that alone would not have."""
    told = {problem.split(" ", 1)[0] for problem in found}
    return found + [
        f"{place}.{flaw.path} {flaw.problem}"
        for flaw in flaws
        if f"{place}.{flaw.path}" not in told
    ]


def _person(client: dict[str, Any]) -> dict[str, Any]:
    bsn, born = client["bsn"], client["birth_date"]
    # A strict schema has refused such a number before.
    person = client | {"bsn_unchecked": bool(bsn and not elfproef(bsn))}
    if isinstance(born, str):
        person |= {"birth_date": None, "birth_date_text": born}
    return person


def _organisation(told: Any) -> dict[str, Any]:
    # Before version 2 of this stream only the name was kept.
    name = told if isinstance(told, str) else inside(told, "(Statutaire) Naam")
    return {"organisation": (name or "")[:200]}


def _case(traject: dict[str, Any], sound: dict[str, Any]) -> dict[str, Any]:
    reached = (phase for phase, signs in SIGNS.items() if _first(traject, *signs))
    total = sound.get("totaalSchuldbedragBijAanvangSchuld")
    return {
        "phase": next(reached, "aanmelding"),
        "starts_on": _first(traject, *FIRST_DAYS),
        "intake_on": _first(traject, *SIGNS["intake"]),
        "plan_on": _first(traject, *SIGNS["plan_van_aanpak"]),
        "ends_on": _first(traject, *SIGNS["uitstroom"]),
        "end_reason": traject["uitstroom"].get("reden", "")[:100],
        "total": None if total is None else total * 100,
        "unit": 100,
        "solution": traject["oplossing"].get("soort", "")[:40],
        "solution_on": traject["oplossing"].get("startdatum"),
    }


def _details(sound: dict[str, Any], flaws: list[Flaw], organisation: Any) -> dict[str, Any]:
    """Return all known fields of a traject by their names in DDAS v1.0, clients apart.

    Debts are left out when all together would not fit; each stands in its own statement as well.
    """
    details = dict(sound)
    if isinstance(organisation, dict) and organisation:
        details["aanleverende_organisatie"] = organisation
    odd = {flaw.path: flaw.value for flaw in flaws if isinstance(flaw.value, str) and flaw.value}
    if odd:
        details["afwijkend"] = odd
    if len(json.dumps(details)) > MOST_DETAILS:
        details.pop("schulden", None)
    return details


def _first(traject: dict[str, Any], *paths: str) -> Any:
    """Return the first value told at one of these paths, or None."""
    for path in paths:
        group, _, name = path.rpartition(".")
        value = (traject[group] if group else traject).get(name)
        if value:
            return value
    return None


def _statements(
    key: str,
    debts: list[tuple[dict[str, Any], dict[str, Any]]],
    person: dict[str, Any],
    pseudonym: Pseudonym,
) -> Iterator[Fact]:
    """Yield one statement per debt, with keys that do not depend on the order of the list.

    Each debt comes as it is used and with its known fields as told. One without amount or day is
    no statement, as a figure without its day misleads; it stands in the details of the case.
    """
    times: Counter[str] = Counter()
    whole = [one for one in debts if one[0]["bedrag"] is not None and one[0]["peildatum"]]
    for debt, told in sorted(whole, key=_order):
        creditor = debt["schuldeiser"]
        name = (creditor.get("naam") or creditor.get("other_name") or "")[:200]
        kvk = creditor.get("kvknummer", "")
        # Some creditors use a BSN inside their numbers, so no number stands in a key as it is.
        mark = pseudonym(_text([kvk or name, debt["reference"] or debt["bedrag"]]))
        times[mark] += 1
        yield Fact(
            "claim_statement",
            f"{key}:{mark}.{times[mark]}",
            {
                "person": person,
                "creditor_name": name,
                # What is too long to be a number of the KvK stays among the details.
                "creditor_kvk": kvk if len(kvk) <= 8 else "",
                "reference": debt["reference"],
                "type": _sort(debt["schuldsoort"]),
                "open": debt["bedrag"] * 100,
                "unit": 100,
                "stage": "onbekend",
                "as_of": debt["peildatum"],
                "details": told,
            },
        )


def _order(pair: tuple[dict[str, Any], dict[str, Any]]) -> str:
    return json.dumps(pair[0], sort_keys=True, default=str)


def _sort(told: str) -> str:
    """Return the sort of a debt; a code that DDAS does not know counts as "overig"."""
    return told.lower() if told in SORTS else "overig"
