"""Every kind of message of the Schuldenknooppunt: who sends it and what it means to the hub.

Names, directions and meanings are published; which elements of a kind are, tables.py says. Where
only the name of a kind is public, its root element is that name without spaces, which is inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plugins.schuldenknooppunt.elements import Element, names
from plugins.schuldenknooppunt.tables import (
    AGREED,
    ANSWERING,
    BR_HF,
    FAULTS,
    INVOICES,
    NOTICE_ANSWER,
    NOTICED,
    NUMBER,
    PROPOSAL,
    REASON,
    TEXT,
    THEIR_NUMBER,
    TOLD,
    TYPE,
    UNMATCHED,
    WHO,
    plain,
)

#: Who sends a kind of message: debt help, a creditor, or either.
SHV, SE, EITHER = "SHV", "SE", ""

#: Working days in which a message is answered (procesafspraken 2.3).
ANSWER_WORKING_DAYS = 10

FAULT = "Foutbericht"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message: its root element, published title, sender, elements and what it means.

    `tells` is the kind of canonical fact beside the message itself, `status` that of an
    arrangement, `command` what the hub calls an order to send one; `answered` tells whether the
    term of ten working days runs. A kind that `opens` names the person it is about; of any other,
    the conversation says so.
    """

    root: str
    title: str
    sender: str
    elements: tuple[Element, ...]
    command: str = ""
    tells: str = ""
    status: str = ""
    answered: bool = False
    opens: bool = False


_NOTICE, _NOTICED = "notice", (*NOTICED, TEXT)
_ASK, _TELL, _DEAL = "balance_request", "balance_answer", "arrangement"

_ALL = (
    Kind(
        "Kennisgeving", "Kennisgeving", SHV, (*NOTICED, TEXT), "notice_plain", _NOTICE, opens=True
    ),
    Kind(
        "KennisgevingPubliek",
        "Kennisgeving Publiek",
        SHV,
        (*NOTICED, TEXT),
        "notice",
        _NOTICE,
        opens=True,
    ),
    Kind(
        "KennisgevingAntwoord",
        "Kennisgeving antwoord",
        SE,
        NOTICE_ANSWER,
        "notice_answer",
    ),
    Kind(
        "GeenMedewerking",
        "Geen medewerking",
        SE,
        (*ANSWERING, REASON, TEXT),
        "no_cooperation",
        "refusal",
    ),
    Kind(
        "Saldoverzoek",
        "Saldoverzoek",
        SHV,
        (*WHO, TYPE, INVOICES),
        "balance_request",
        _ASK,
        answered=True,
        opens=True,
    ),
    Kind(
        "SaldoverzoekInventarisatie",
        "Saldoverzoek (Inventarisatie)",
        SHV,
        (*WHO, INVOICES),
        "inventory_request",
        _ASK,
        answered=True,
        opens=True,
    ),
    Kind(
        "BrHfSaldoverzoek",
        "BR & HF Saldoverzoek",
        SHV,
        BR_HF,
        "arrangement_request",
        _ASK,
        answered=True,
        opens=True,
    ),
    Kind(
        "SaldoverzoekAntwoord",
        "Saldoverzoek antwoord",
        SE,
        (*ANSWERING, TOLD),
        "balance_answer",
        _TELL,
    ),
    Kind(
        "SaldoverzoekAntwoordVoorafAkkoord",
        "Saldoverzoek antwoord vooraf akkoord",
        SE,
        (*ANSWERING, TOLD),
        "consent_answer",
        _TELL,
        "akkoord",
    ),
    Kind(
        "SaldoverzoekAntwoordInventarisatie",
        "Saldoverzoek antwoord inventarisatie",
        SE,
        (*ANSWERING, TOLD, UNMATCHED),
        "inventory_answer",
        _TELL,
    ),
    Kind(
        "Betaalvoorstel",
        "Betaalvoorstel",
        SHV,
        PROPOSAL,
        "payment_proposal",
        _DEAL,
        "voorgesteld",
        answered=True,
    ),
    Kind(
        "BetaalvoorstelAntwoord",
        "Betaalvoorstel antwoord",
        SE,
        (*ANSWERING, plain("Akkoord", "accepted", "flag", must=True), REASON, TEXT),
        "proposal_answer",
        _DEAL,
        "antwoord",
    ),
    Kind(
        "Heroverweging",
        "Heroverweging",
        SHV,
        PROPOSAL,
        "reconsideration",
        _DEAL,
        "heroverweging",
        answered=True,
    ),
    Kind(
        "SchuldregelingAkkoord", "Schuldregeling akkoord", SHV, AGREED, "agreed", _DEAL, "akkoord"
    ),
    Kind(
        "SchuldregelingBeeindigd",
        "Schuldregeling beëindigd",
        SHV,
        (NUMBER, THEIR_NUMBER, TYPE, plain("DatumBeeindigd", "on", "date"), REASON, TEXT),
        "ended",
        _DEAL,
        "beeindigd",
    ),
    Kind(
        "StatusberichtSHV",
        "Statusbericht SHV",
        SHV,
        (NUMBER, THEIR_NUMBER, plain("Status", "status"), TEXT),
        "status",
    ),
    Kind(
        "StatusberichtSE",
        "Statusbericht SE",
        SE,
        (NUMBER, THEIR_NUMBER, plain("Status", "status"), TEXT),
        "creditor_status",
    ),
    Kind(
        "Statusverzoek",
        "Statusverzoek",
        SE,
        (NUMBER, THEIR_NUMBER, TEXT),
        "status_request",
        answered=True,
    ),
    Kind(
        "MeldingBewindvoering",
        "Melding bewindvoering",
        SHV,
        (*WHO, plain("SoortMelding", "status"), plain("Ingangsdatum", "on", "date"), TEXT),
        "administration_notice",
        opens=True,
    ),
    Kind(FAULT, "Foutbericht", EITHER, FAULTS),
)

#: Every kind, by its root element.
KINDS: Mapping[str, Kind] = {one.root: one for one in _ALL}

#: The kind that an order of the hub sends, by sender.
BY_COMMAND: Mapping[str, Kind] = {one.command: one for one in _ALL if one.command}

CONVERSATION = "ConversatieReferentienummer"

HEADER = (CONVERSATION, "Referentienummer", "Afzender", "Ontvanger", "Datum")


def sent_by(sender: str) -> dict[str, Kind]:
    """Return what a debt helper or a creditor sends, by the order for it."""
    return {name: kind for name, kind in BY_COMMAND.items() if kind.sender == sender}


def fields_of(kinds: Iterable[Kind]) -> frozenset[str]:
    """Return every element that stands in messages of these kinds."""
    kinds = tuple(kinds)
    roots = {one.root for one in kinds}
    return frozenset({*roots, *HEADER}.union(*(names(one.elements) for one in kinds)))


#: Every element that the hub reads and writes.
FIELDS = fields_of(_ALL)
