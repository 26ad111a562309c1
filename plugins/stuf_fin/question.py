"""The question for claims (`vrdLv01`) and the frame of its answer (`vrdLa01`).

The standard says that a `melding` StUF0001 means that the selection was ignored: then the answer is
about anybody, and nothing of it may be used. StUF0002 means that there is more than was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from hub.connector import PermanentError
from plugins.stuf_fin.envelope import (
    BG,
    FIN,
    STUF,
    Header,
    Party,
    add_header,
    child,
    local,
    root,
    text_of,
)

#: The SOAPAction of the question.
ASK = f"{FIN}/vrdLv01"

_TYPE = f"{{{STUF}}}entiteittype"

PERSON = "wordtBetaaldDoorNatuurlijkPersoonAlsDebiteur"
COMPANY = "wordtBetaaldDoorNietNatuurlijkPersoonAlsDebiteur"


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose claims, or which claim: exactly one of the two is filled."""

    bsn: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the claims as elements, and what is wrong with the answer as a whole.

    `ignored` when the selection was not applied; `partial` when there is more than was given;
    `strange` when it holds a note that the standard does not know.
    """

    objects: tuple[etree._Element, ...]
    ignored: bool
    partial: bool
    strange: bool = False


def question(selection: Selection, us: Party, them: Party, most: int) -> etree._Element:
    """Return a `vrdLv01`. It always selects: a question without selection asks for everybody."""
    message = root(FIN, "vrdLv01")
    add_header(message, FIN, Header("Lv01", us, them, entity="VRD"))
    parameters = child(message, FIN, "parameters")
    child(parameters, STUF, "sortering", "0")
    child(parameters, STUF, "maximumAantal", str(most))
    equal = child(message, FIN, "gelijk")
    equal.set(_TYPE, "VRD")
    if selection.number:
        child(equal, FIN, "vorderingnummer", selection.number)
    else:
        debtor = child(equal, FIN, PERSON)
        debtor.set(_TYPE, "VRDNPSDEB")
        person = child(debtor, FIN, "gerelateerde")
        person.set(_TYPE, "NPS")
        child(person, BG, "inp.bsn", selection.bsn)
    wanted = child(child(message, FIN, "scope"), FIN, "object")
    wanted.set(_TYPE, "VRD")
    # Some elements may not be empty in schemas 1.00.03, so a list of wished elements is not valid.
    wanted.set(f"{{{STUF}}}scope", "alles")
    return message


def read_question(message: etree._Element) -> tuple[Selection, int]:
    """Return what a `vrdLv01` selects, and how many claims it wants at most (15 by default)."""
    equal = message.find(f"{{{FIN}}}gelijk")
    if equal is None:
        return Selection(), 15
    bsn = equal.findtext(f"{{{FIN}}}{PERSON}/{{{FIN}}}gerelateerde/{{{BG}}}inp.bsn") or ""
    most = message.findtext(f"{{{FIN}}}parameters/{{{STUF}}}maximumAantal") or "15"
    return Selection(bsn, text_of(equal, "vorderingnummer", FIN)), int(most)


def read_answer(message: etree._Element, most: int) -> Answer:
    """Return the frame of a `vrdLa01`. Raises PermanentError for another message."""
    if local(message) != "vrdLa01":
        raise PermanentError(
            "Het inningensysteem gaf een ander bericht dan vrdLa01. Er is niets gewijzigd. "
            "Controleer het adres en de versie van de koppeling.",
            "answer is no vrdLa01",
        )
    told = [(one.text or "") for one in message.iterfind(f"{{{FIN}}}melding")]
    objects = tuple(claims_of(message))
    return Answer(
        objects,
        ignored=any("StUF0001" in text for text in told),
        partial=len(objects) >= most or any("StUF0002" in text for text in told),
        strange=any("StUF0001" not in text and "StUF0002" not in text for text in told),
    )


def claims_of(message: etree._Element) -> Iterator[etree._Element]:
    """Yield the claims in an answer; none when it has no `antwoord`."""
    yield from message.iterfind(f"{{{FIN}}}antwoord/{{{FIN}}}object")


def about(claim: etree._Element) -> str:
    """Return the BSN of a claim's debtor, empty when it tells none or owes as a company."""
    path = f"{{{FIN}}}{PERSON}/{{{FIN}}}gerelateerde/{{{BG}}}inp.bsn"
    return (claim.findtext(path) or "").strip()


def number_of(claim: etree._Element) -> str:
    """Return a claim's number, empty when it tells none."""
    return text_of(claim, "vorderingnummer", FIN)


def source_of(claim: etree._Element) -> str:
    """Return the code of a claim's source application, empty when it tells none."""
    return text_of(claim, "tsa", FIN)


def earlier_source(claim: etree._Element) -> str:
    """Return the source application of the claim that this one refers to: its own if unsaid."""
    path = f"{{{FIN}}}heeftBetrekkingOpVordering/{{{FIN}}}gerelateerde/{{{FIN}}}tsa"
    return (claim.findtext(path) or "").strip() or source_of(claim)


def earlier(claim: etree._Element) -> str:
    """Return the number of the claim to which a credit, remission or change belongs, or empty."""
    path = f"{{{FIN}}}heeftBetrekkingOpVordering/{{{FIN}}}gerelateerde/{{{FIN}}}vorderingnummer"
    return (claim.findtext(path) or "").strip()


def answer(us: Party, them: Party, claims: list[etree._Element], *notes: str) -> etree._Element:
    """Return a `vrdLa01`; without claims it has no `antwoord`."""
    message = root(FIN, "vrdLa01")
    add_header(message, FIN, Header("La01", us, them, entity="VRD"))
    child(message, FIN, "parameters")
    for note in notes:
        child(message, FIN, "melding", note)
    if claims:
        child(message, FIN, "antwoord").extend(claims)
    return message
