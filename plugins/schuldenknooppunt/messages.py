"""The messages of the Schuldenknooppunt, by the element names it publishes.

Known from the public tables: the header numbers, Kennisgeving Publiek, Saldoverzoek, Saldoverzoek
antwoord and Geen medewerking. Where a table is cut off (the rest of an open claim) the names are
ours: Saldo. Elements that are not known here stay in the raw message untouched. The code list of
debt types is the published one; OrgineleVordering is spelled as published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lxml import etree

from hub.connector import Fact, RecordError
from schemas.fields import shown

if TYPE_CHECKING:
    from hub.testing.world import TaxClaim

NOTICE, REQUEST, ANSWER, REFUSAL = (
    "KennisgevingPubliek",
    "Saldoverzoek",
    "SaldoverzoekAntwoord",
    "GeenMedewerking",
)

OPEN, TRANSFERRED, UNKNOWN = (
    "openstaande schuld",
    "overgedragen schuld",
    "onbekende schuld bij SE",
)

_CLIENT = {
    "Voorletters": "initials",
    "Voorvoegsel": "prefix",
    "Achternaam": "surname",
    "Geboortedatum": "birth_date",
}
_ADDRESS = {
    "Straatnaam": "street",
    "Huisnummer": "house_number",
    "Huisnummertoevoeging": "addition",
    "Postcode": "postcode",
    "Woonplaats": "city",
}

#: Every element of the messages that the hub reads and writes.
FIELDS = frozenset(
    """
    KennisgevingPubliek Saldoverzoek SaldoverzoekAntwoord GeenMedewerking
    ConversatieReferentienummer Referentienummer Afzender Ontvanger Datum KlantnummerSHV Klant
    Burgerservicenummer Adres Contactpersoon Naam Telefoon Email Vorderingen Vordering
    Schuldtype FactuurnummerSE FactuurnummerSEVolgensSHV Ontstaansdatum OrgineleVordering
    Saldo Reden
    """.split()  # noqa: SIM905
).union(_CLIENT, _ADDRESS)


@dataclass(frozen=True)
class Header:
    """Who writes to whom, when, in which conversation. Parties are Schuldenknooppunt ids."""

    sender: str
    receiver: str
    conversation: str
    reference: str
    on: date


def parse_message(id_: str, raw: bytes, root: etree._Element) -> list[Fact]:
    """Return the facts of one message. Raises RecordError with every problem in it."""
    parts = {
        ANSWER: _answer_facts,
        REFUSAL: _refusal_facts,
        NOTICE: _question_facts,
        REQUEST: _question_facts,
    }
    if root.tag not in parts:
        raise RecordError(
            f"Het bericht is van de soort {shown(root.tag)}; de hub kent {', '.join(parts)}"
        )
    problems: list[str] = []
    facts = list(parts[root.tag](id_, root, problems))
    if not root.findtext("ConversatieReferentienummer"):
        problems.append(f"{root.tag}.ConversatieReferentienummer ontbreekt")
    if problems:
        raise RecordError(problems)
    return facts


def _about(root: etree._Element) -> dict[str, Any]:
    return {
        "conversation": root.findtext("ConversatieReferentienummer") or "",
        "direction": "in",
        "party": root.findtext("Afzender") or "",
    }


def _answer_facts(id_: str, root: etree._Element, problems: list[str]) -> Iterator[Fact]:
    about, total = _about(root), 0
    for number, claim in enumerate(root.iterfind("Vorderingen/Vordering"), start=1):
        path = f"Vordering[{number}]"
        kind = claim.findtext("Schuldtype")
        if kind not in (OPEN, TRANSFERRED, UNKNOWN):
            problems.append(
                f"{path}.Schuldtype is {shown(kind)}; bekend zijn: {OPEN}, {TRANSFERRED}, {UNKNOWN}"
            )
        if kind == UNKNOWN:
            continue
        balance = _cents(claim.findtext("Saldo"), f"{path}.Saldo", problems)
        total += balance or 0
        reference = claim.findtext("FactuurnummerSE") or ""
        data = {
            "conversation": about["conversation"],
            "creditor": about["party"],
            "reference": reference,
            "type": "overig",
            "principal": _cents(
                claim.findtext("OrgineleVordering"), f"{path}.OrgineleVordering", problems
            ),
            "open": balance,
            "stage": "overgedragen" if kind == TRANSFERRED else "onbekend",
            "imposed_on": claim.findtext("Ontstaansdatum") or None,
            "as_of": root.findtext("Datum"),
        }
        yield Fact("claim_statement", f"{about['conversation']}:{reference or number}", data)
    data = {**about, "answered_on": root.findtext("Datum"), "outcome": "saldo", "total": total}
    yield Fact("balance_answer", id_, data)


def _refusal_facts(id_: str, root: etree._Element, problems: list[str]) -> Iterator[Fact]:
    reason = root.findtext("Reden") or ""
    outcome = "klant_onbekend" if reason == "klant onbekend" else "geen_medewerking"
    data = {"answered_on": root.findtext("Datum"), "outcome": outcome, "reason": reason}
    yield Fact("balance_answer", id_, {**_about(root), **data})


def _question_facts(id_: str, root: etree._Element, problems: list[str]) -> Iterator[Fact]:
    kind = "notice" if root.tag == NOTICE else "balance_request"
    person = {
        ours: text for name, ours in _CLIENT.items() if (text := root.findtext(f"Klant/{name}"))
    }
    person |= {
        ours: text for name, ours in _ADDRESS.items() if (text := root.findtext(f"Adres/{name}"))
    }
    if bsn := root.findtext("Klant/Burgerservicenummer"):
        person["bsn"] = bsn
    data = {**_about(root), "person": person, "sent_on": root.findtext("Datum")}
    yield Fact(kind, id_, data)


def _cents(text: str | None, path: str, problems: list[str]) -> int | None:
    if text is None:
        problems.append(f"{path} ontbreekt")
        return None
    try:
        cents = Decimal(text) * 100
        if cents != int(cents):
            raise ValueError
        return int(cents)
    except (InvalidOperation, ValueError, OverflowError):
        problems.append(f"{path} is {shown(text)}; verwacht een bedrag als 123.45")
        return None


# --- writing ------------------------------------------------------------------------------------


def question(
    kind: str, header: Header, person: Mapping[str, Any], data: Mapping[str, Any]
) -> bytes:
    """Return a Kennisgeving Publiek or Saldoverzoek about a person."""
    root = _root(kind, header)
    _add(root, "KlantnummerSHV", str(data.get("client_number", "")))
    client = etree.SubElement(root, "Klant")
    _add(client, "Burgerservicenummer", person.get("bsn"))
    for name, ours in _CLIENT.items():
        _add(client, name, person.get(ours))
    address = etree.SubElement(root, "Adres")
    for name, ours in _ADDRESS.items():
        _add(address, name, person.get(ours))
    contact = etree.SubElement(root, "Contactpersoon")
    for name in ("Naam", "Telefoon", "Email"):
        _add(contact, name, data.get("contact", {}).get(name))
    if kind == REQUEST:
        claims = etree.SubElement(root, "Vorderingen")
        for reference in data.get("references", ()):
            _add(claims, "FactuurnummerSEVolgensSHV", reference)
    return etree.tostring(root, encoding="UTF-8")


def answer(header: Header, client_number: str, claims: list[TaxClaim]) -> bytes:
    """Return a Saldoverzoek antwoord with these claims."""
    root = _root(ANSWER, header)
    _add(root, "KlantnummerSHV", client_number)
    listed = etree.SubElement(root, "Vorderingen")
    for one in claims:
        claim = etree.SubElement(listed, "Vordering")
        _add(claim, "Schuldtype", OPEN)
        _add(claim, "FactuurnummerSE", one.number)
        _add(claim, "Ontstaansdatum", one.imposed_on)
        _add(claim, "OrgineleVordering", _euros(one.principal))
        _add(claim, "Saldo", _euros(one.open))
    return etree.tostring(root, encoding="UTF-8")


def refusal(header: Header, client_number: str, reason: str) -> bytes:
    """Return a Geen medewerking with its reason."""
    root = _root(REFUSAL, header)
    _add(root, "KlantnummerSHV", client_number)
    _add(root, "Reden", reason)
    return etree.tostring(root, encoding="UTF-8")


def _root(kind: str, header: Header) -> etree._Element:
    root = etree.Element(kind)
    _add(root, "ConversatieReferentienummer", header.conversation)
    _add(root, "Referentienummer", header.reference)
    _add(root, "Afzender", header.sender)
    _add(root, "Ontvanger", header.receiver)
    _add(root, "Datum", header.on)
    return root


def _add(parent: etree._Element, name: str, value: object) -> None:
    if value not in (None, ""):
        etree.SubElement(parent, name).text = str(value)


def _euros(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"
