"""The commands of a credit bank, and what the fund answers: elements, limits and meaning.

A `must` is what the published command requires; the limits are those of its schema.
"""

from __future__ import annotations

from collections.abc import Mapping

from plugins.schuldenknooppunt.elements import Element
from plugins.schuldenknooppunt.kinds import FAULT, KINDS, SE, SHV, Kind
from plugins.schuldenknooppunt.tables import plain

#: The event by which the fund tells what it decided or did.
EVENT = "Gebeurtenis"

#: How long the title of a message can be in the hub.
_TITLE = 60

_MARK = plain("Kenmerk", "reference", must=True)

_LOAN = (
    Element("SoortLening", must=True, ours="loan_sort", choices=("PL", "SK", "SL")),
    plain("BorgstellingCategorie", "category", must=True),
    _MARK,
    plain("Contact", "contact_email", must=True),
    Element(
        "PostcodeGebied", "text", True, "postcode_area", fits=(r"\d{4}", "verwacht vier cijfers")
    ),
    Element(
        "BrutoKredietsom",
        "amount",
        True,
        "gross_loan",
        fits=(r"[\d.]+", "verwacht een bedrag van 0 of meer"),
    ),
    Element(
        "Looptijd",
        "number",
        True,
        "months",
        fits=(r"[1-9]|[1-5]\d|60", "verwacht 1 tot en met 60 maanden"),
    ),
)

#: Codes: bevolkingsgroep, betalende instantie, kredietdoel, leeftijdsgroep, soort borgstelling.
_STATISTICS = (
    Element(
        "Statistieken",
        "list",
        True,
        "statistics",
        (plain("Code", "code", must=True), plain("Waarde", "value", must=True)),
        "Statistiek",
    ),
    plain("ProFormaBorgstelling", "pro_forma"),
)

_TAKEN_OVER = (
    plain("UitstaandSaldo", "outstanding", "amount", must=True),
    plain("DatumUitbetaald", "paid_out_on", "date", must=True),
)


def _amounts(name: str, ours: str, *parts: str, must: bool, more: tuple[Element, ...]) -> Element:
    found = tuple(plain(one, one.lower(), "amount", must=True) for one in parts)
    return Element(name, "group", must, ours, (*more, *found))


_ARREARS = ("Aflossing", "Kredietvergoeding", "Vertragingsrente", "BoeteRente")

_REPORT = (
    _MARK,
    plain("Uitbetaaldatum", "paid_out_on", "date", must=True),
    _amounts("Kredietsom", "loan", "Bruto", "Netto", must=True, more=()),
    _amounts(
        "Betalingen",
        "payments",
        *_ARREARS,
        must=True,
        more=(plain("LaatsteAflosdatum", "last_on", "date", must=True),),
    ),
    _amounts("Achterstanden", "arrears", *_ARREARS, must=False, more=()),
    plain("Voorstand", "ahead", "amount"),
    plain("Betalingsregeling", "has_plan", "flag", must=True),
    plain("Dubieus", "doubtful", "flag", must=True),
)

_LINKS = (plain("Details", "details_url"), plain("Document", "document_url"))
#: The name of an event is the state of the guarantee in words, so it is shown as the status.
_EVENT = (
    plain("Naam", "status", must=True),
    _MARK,
    Element("Links", "group", True, "links", _LINKS),
)


def _command(root: str, title: str, elements: tuple[Element, ...], command: str) -> Kind:
    return Kind(root, f"Waarborgfonds: {title}", SHV, elements, command)


_COMMANDS = (
    _command("RegistreerVoorbeoordeling", "voorbeoordeling", _LOAN, "guarantee_assessment"),
    _command(
        "AanvraagBorgstelling", "aanvraag borgstelling", (*_LOAN, *_STATISTICS), "guarantee_request"
    ),
    _command(
        "AanvraagOvername",
        "aanvraag overname",
        (*_LOAN, *_STATISTICS, *_TAKEN_OVER),
        "guarantee_takeover",
    ),
    _command(
        "BeeindigBorgstelling",
        "borgstelling beëindigen",
        (_MARK, plain("DatumBeeindigd", "on", "date", must=True)),
        "guarantee_end",
    ),
    _command("BorgstellingUitbetalen", "borgstelling uitbetalen", (_MARK,), "guarantee_payout"),
    _command(
        "VerwerkSaneringskredietenInformatie", "stand van een krediet", _REPORT, "guarantee_report"
    ),
)

_ANSWERS = (Kind(EVENT, "Waarborgfonds: gebeurtenis", SE, _EVENT), KINDS[FAULT])

#: What a credit bank sends, by the order for it.
COMMANDS: Mapping[str, Kind] = {one.command: one for one in _COMMANDS}

#: Every kind of which the name is known, by its root element.
KNOWN: Mapping[str, Kind] = {one.root: one for one in (*_COMMANDS, *_ANSWERS)}


def kind_of(root: str) -> Kind:
    """Return the kind of a root element; one that is not known is carried through as it came."""
    return KNOWN.get(root) or Kind(root, f"Waarborgfonds: {root}"[:_TITLE], SE, ())
