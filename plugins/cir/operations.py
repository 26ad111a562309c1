"""What is asked of the register, and what its answers hold besides a case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from hub.connector import PermanentError, TransientError
from plugins.cir.codes import NOTHING, RELOAD, TECHNICAL, TOO_MANY
from plugins.cir.soap import CIR, child, local, moment

INSPUB = "http://www.rechtspraak.nl/namespaces/inspubber01"
UPDATES = "http://www.rechtspraak.nl/namespaces/updateWs"

#: A publication: system, court, year, number, kind, code, sequence, year of publication.
_MARK = re.compile(
    r"(([0-9]{2}\.)?[a-z]{3}\.[0-9]{2}\.[0-9]{1,4}\.[FSR])\.[0-9]{4}\.[0-9]{1,2}\.[0-9]{2}\Z"
)
_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}\Z")

#: The register takes a whole number: of 12A it can only search 12.
_NUMBER = re.compile(r"([1-9][0-9]{0,8})(?![0-9])")

#: The first moment of which changes are told.
EARLIEST = datetime(2012, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Removed:
    """A publication that may no longer be kept."""

    mark: str
    reason: str

    @property
    def whole_case(self) -> bool:
        """Tell whether the whole case may no longer be found."""
        return self.reason.strip().casefold() == "eindevindbaarheid"


class TooMany(Exception):
    """The register found more than it gives; nothing is known."""


def searches(person: Mapping[str, Any]) -> Iterator[etree._Element]:
    """Yield how a person can be searched, the surest first; nothing when too little is known."""
    surname = str(person.get("surname") or "").strip()[:200]
    born, address = person.get("birth_date"), _address(person)
    name = {"prefix": str(person.get("prefix") or "").strip()[:20], "surname": surname}
    day = f"{born.isoformat() if isinstance(born, date) else born}T00:00:00"
    if surname and born:
        yield _search(name | {"dateOfBirth": day})
    if surname and address:
        yield _search(name | address)
    if born and address:
        yield _search({"dateOfBirth": day} | address)


def _search(values: Mapping[str, str]) -> etree._Element:
    made = _operation("searchNaturalPerson")
    for element, value in values.items():
        if value:
            child(made, CIR, element, value)
    return made


def _address(person: Mapping[str, Any]) -> dict[str, str]:
    postcode = str(person.get("postcode") or "").replace(" ", "").upper()
    number = _NUMBER.match(str(person.get("house_number") or "").strip())
    if not (number and _POSTCODE.match(postcode)):
        return {}
    return {"postalCode": postcode, "houseNumber": number[1]}


def get_case(mark: str) -> etree._Element:
    """Return the question for the case to which a publication belongs."""
    made = _operation("getCase")
    child(made, CIR, "publicationNumber", mark)
    return made


def by_number(number: str) -> etree._Element:
    """Return the question for the publications of one case number."""
    made = _operation("searchInsolvencyID")
    child(made, CIR, "insolvencyID", number)
    return made


def last_update() -> etree._Element:
    """Return the question until when the register is up to date."""
    return _operation("GetLastUpdate")


def since(operation: str, at: datetime) -> etree._Element:
    """Return the question what was modified or removed since a moment (UTC)."""
    made = _operation(operation)
    child(made, CIR, "modifyDate", moment(max(at, EARLIEST)))
    return made


def _operation(name: str) -> etree._Element:
    return etree.Element(f"{{{CIR}}}{name}", nsmap={"cir": CIR})


def result_of(message: etree._Element, operation: str) -> etree._Element:
    """Return what stands in the result of an operation. Raises PermanentError for another form."""
    result = message.find(f"{{{CIR}}}{operation}Result")
    inside = [one for one in result if isinstance(one.tag, str)] if result is not None else []
    if local(message) != f"{operation}Response" or len(inside) != 1:
        raise _other(operation)
    return inside[0]


def _other(operation: str) -> PermanentError:
    return PermanentError(
        f"Het insolventieregister gaf op {operation} een antwoord dat de hub niet kent. Er is "
        "niets gewijzigd. Controleer het adres en de versie van de dienst.",
        f"unknown answer to {operation}",
    )


def exception_of(result: etree._Element) -> str:
    """Return the code of an error inside a normal answer; empty when there is none.

    Raises TransientError for a technical fault, TooMany, and PermanentError for a wrong question.
    Of some answers no schema is published, so the error may stand at any depth, or alone.
    """
    found = next((one for one in result.iter() if local(one) == "exceptie"), None)
    if found is None:
        return ""
    code = found.get("errorcode") or ""
    if code in (NOTHING, RELOAD):
        return code
    if code == TECHNICAL:
        raise TransientError(
            "Het insolventieregister meldt een technische fout (code 2). De hub probeert het later "
            "opnieuw.",
            "CIR exception 2",
        )
    if code == TOO_MANY:
        raise TooMany
    raise PermanentError(
        f"Het insolventieregister vindt de vraag onjuist (code {code[:4]}). Er is niets gewijzigd. "
        "Meld dit aan de maker van de koppeling.",
        f"CIR exception {code[:4]}",
    )


def updated_on(result: etree._Element) -> date:
    """Return until which day the register is up to date. Raises as exception_of, and for no day."""
    try:
        exception_of(result)
        told = result.findtext(f"{{{UPDATES}}}lastUpdateDate") or ""
        # A date may carry a zone.
        return date.fromisoformat(told.strip()[:10])
    except (TooMany, ValueError):
        raise _other("GetLastUpdate") from None


def marks_of(result: etree._Element) -> list[str]:
    """Return the publications in a list; empty when the register says that it found nothing.

    Raises as exception_of, and PermanentError for a list that says neither.
    """
    if exception_of(result):
        return []
    found = [(one.text or "").strip() for one in result.iter(f"{{{INSPUB}}}publicatieKenmerk")]
    if local(result) != "publicatieLijst" or not found or not all(map(_MARK.match, found)):
        raise _other("een zoekvraag")
    return sorted(set(found))


def removed_of(result: etree._Element) -> list[Removed]:
    """Return what was removed. Raises as marks_of."""
    if exception_of(result):
        return []
    if local(result) != "verwijderdePublicatieLijst":
        raise _other("searchRemovedSince")
    return [
        Removed(
            (one.findtext(f"{{{INSPUB}}}publicatieKenmerk") or "").strip(),
            one.findtext(f"{{{INSPUB}}}reden") or "",
        )
        for one in result.iter(f"{{{INSPUB}}}verwijderdeInsolventie")
    ]


def case_of(mark: str) -> str:
    """Return by what the publications of one case are the same."""
    found = _MARK.match(mark)
    return found[1] if found else mark
