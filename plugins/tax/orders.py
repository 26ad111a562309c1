"""What is asked of the tax office: set a hold, end a hold; and what it answers.

A format of our own like the deliveries (docs/tax-delivery.md). The idempotency key is the
`referentienummer`; the answer repeats it as `crossRefnummer`, and is a confirmation (Bv01) or a
refusal with the office's own reason (Fo01).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lxml import etree

from hub.connector import Receipt, TransientError
from plugins.tax.envelope import OWN, Header, document, read_document, read_header, tag

SET, LIFT = "pauzeZetten", "pauzeOpheffen"


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """An order about a hold. Days are ISO text; lifting needs no more than the reference.

    `action` is SET or LIFT; a reference with SET changes that hold instead of making one.
    """

    key: str
    action: str
    reference: str = ""
    bsn: str = ""
    ground: str = ""
    scope: str = ""
    starts_on: str = ""
    ends_on: str = ""


def order_xml(header: Header, order: HoldOrder) -> bytes:
    """Return the message for an order; the header tells its key and action."""
    debtor = f"<debiteur>{tag('bsn', order.bsn)}</debiteur>" if order.bsn else ""
    body = (
        f"<pauze>{tag('pauzenummer', order.reference)}{debtor}{tag('omvang', order.scope)}"
        f"{tag('grond', order.ground)}{tag('ingangsdatum', order.starts_on)}"
        f"{tag('einddatum', order.ends_on)}</pauze>"
    )
    return document("pauzeopdracht", header, body)


def read_order(raw: bytes) -> HoldOrder:
    """Return the order in a message. Raises ValueError when it is none."""
    root = _root(raw, "pauzeopdracht")
    header = read_header(root)
    if header.function not in (SET, LIFT):
        raise ValueError(f"unknown function {header.function[:30]}")
    return HoldOrder(
        key=header.reference,
        action=header.function,
        reference=_text(root, "pauze", "pauzenummer"),
        bsn=_text(root, "pauze", "debiteur", "bsn"),
        ground=_text(root, "pauze", "grond"),
        scope=_text(root, "pauze", "omvang"),
        starts_on=_text(root, "pauze", "ingangsdatum"),
        ends_on=_text(root, "pauze", "einddatum"),
    )


def confirmation(header: Header, number: str, on: date) -> bytes:
    """Return the confirmation of an order about hold `number`."""
    body = tag("pauzenummer", number) + tag("bevestigdOp", on)
    return document("ontvangstbevestiging", header, body)


def refusal(header: Header, code: str, reason: str) -> bytes:
    """Return the refusal of an order."""
    return document("fout", header, tag("code", code) + tag("omschrijving", reason))


def read_answer(raw: bytes, key: str) -> Receipt:
    """Return the receipt that the office gave for order `key`.

    Raises TransientError when the answer is not understood: the order may have been carried out.
    """
    try:
        root = read_document(raw)
        header = read_header(root)
        if header.answers != key:
            raise ValueError("answer to another order")
        return _receipt(root)
    except ValueError as error:
        raise TransientError(
            "Het belastingkantoor gaf een onbegrijpelijk antwoord op de opdracht. De hub vraagt "
            "later na of de opdracht is uitgevoerd.",
            "answer to hold order not understood",
            may_have_arrived=True,
        ) from error


def _receipt(root: etree._Element) -> Receipt:
    if root.tag == f"{{{OWN}}}fout":
        reason, code = _text(root, "omschrijving"), _text(root, "code")
        told = f"{reason or 'Geen reden opgegeven.'} (code {code or 'onbekend'})"
        return Receipt("refused", message=f"Het belastingkantoor weigert: {told}")
    number = _text(root, "pauzenummer")
    if root.tag != f"{{{OWN}}}ontvangstbevestiging" or not number:
        raise ValueError("no confirmation")
    day = date.fromisoformat(_text(root, "bevestigdOp"))
    return Receipt(
        "delivered",
        reference=number,
        message=f"Het belastingkantoor bevestigde op {day:%d-%m-%Y} de opdracht over "
        f"incassopauze {number}.",
        refresh=("holds",),
    )


def _root(raw: bytes, name: str) -> etree._Element:
    root = read_document(raw)
    if root.tag != f"{{{OWN}}}{name}":
        raise ValueError(f"not a {name}")
    return root


def _text(root: etree._Element, *path: str) -> str:
    return root.findtext("/".join(f"{{{OWN}}}{part}" for part in path), "").strip()
