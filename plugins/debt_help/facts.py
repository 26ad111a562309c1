"""From a traject to facts: the case of each client, and what the file says they owe.

DDAS gives a traject no id. It is known again by its clients and its first day, which is how CBS
tells trajects apart too; a corrected first day therefore makes it another case.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from hub.connector import Fact, Record, RecordError, read_json
from hub.ddas import inside
from schemas import ValidationError, elfproef
from schemas import problems as schema_problems
from schemas.fields import RecordSchema

Pseudonym = Callable[[str], str]

#: What shows that a phase was reached, the last phase first. A case is at least an "aanmelding".
SIGNS = {
    "uitstroom": ("uitstroom.datum", "einddatum"),
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

    def make(self, page: int, organisation: str, traject: Any) -> Record:
        """Return the record of a traject as received, however malformed."""
        key = case_key(traject, self._pseudonym)
        self._times[key] += 1
        if self._times[key] > 1:
            key = f"{key}.{self._times[key]}"
        first = self._pages.setdefault(hash(_text(traject)), page)
        self.moved = self.moved or first != page
        told = {"key": key, "organisatie": organisation, "traject": traject}
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


def parse_case(raw: bytes, schema: RecordSchema, pseudonym: Pseudonym) -> list[Fact]:
    """Return the facts of one traject. Raises RecordError with every problem in it.

    Debts stand under the first client: DDAS does not tell whose debt it is.
    """
    told = read_json(raw, "Het traject", half_characters=True)
    if not isinstance(told, dict) or not {"key", "traject", "organisatie"} <= set(told):
        raise RecordError("traject is geen groep velden")
    key = told["key"]
    try:
        traject = schema.load(told["traject"])
    except ValidationError as error:
        raise RecordError(schema_problems(error, "traject")) from error
    people = [_person(client) for client in traject["client"]]
    case = _case(traject) | {"organisation": told["organisatie"]}
    facts = [
        Fact("debt_case", f"{key}:{number}", case | {"person": person})
        for number, person in enumerate(people)
    ]
    facts += _statements(key, traject["schulden"], people[0], pseudonym)
    return facts


def _person(client: dict[str, Any]) -> dict[str, Any]:
    bsn = client["bsn"]
    # A strict schema has refused such a number before.
    return client | {"bsn_unchecked": bool(bsn and not elfproef(bsn))}


def _case(traject: dict[str, Any]) -> dict[str, Any]:
    reached = (phase for phase, signs in SIGNS.items() if _first(traject, *signs))
    return {
        "phase": next(reached, "aanmelding"),
        "starts_on": _first(traject, "startdatum", "aanmelding.startdatum"),
        "intake_on": _first(traject, *SIGNS["intake"]),
        "plan_on": _first(traject, *SIGNS["plan_van_aanpak"]),
        "ends_on": _first(traject, *SIGNS["uitstroom"]),
        "end_reason": traject["uitstroom"].get("reden", ""),
    }


def _first(traject: dict[str, Any], *paths: str) -> Any:
    """Return the first value told at one of these paths, or None."""
    for path in paths:
        group, _, name = path.rpartition(".")
        value = (traject[group] if group else traject).get(name)
        if value:
            return value
    return None


def _statements(
    key: str, debts: list[dict[str, Any]], person: dict[str, Any], pseudonym: Pseudonym
) -> Iterator[Fact]:
    """Yield one statement per debt, with keys that do not depend on the order of the list."""
    times: Counter[str] = Counter()
    for debt in sorted(debts, key=lambda one: json.dumps(one, sort_keys=True, default=str)):
        creditor = debt["schuldeiser"]
        name = creditor.get("naam") or creditor.get("other_name") or ""
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
                "creditor_kvk": kvk,
                "reference": debt["reference"],
                "type": debt["schuldsoort"].lower(),
                "open": debt["bedrag"] * 100,
                "unit": 100,
                "stage": "onbekend",
                "as_of": debt["peildatum"],
            },
        )
