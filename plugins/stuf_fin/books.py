"""The books of the collection system that demo and tests play: claims as VRD elements.

Derived from the town's tax ledger, but with numbers of their own: the tax office tells its claims
itself, and with their whole history, which StUF-FIN has no place for. Costs stand in lines of
increase (VRH), and, as StUF-FIN has no place for them either, in an extra element; so does the
exact stage. A remission or reduction is a claim of its own that refers to the first one, as the
standard has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from lxml import etree

from hub.testing.world import LedgerEvent, Municipality, Organisation, Person, Plan, TaxClaim
from plugins.stuf_fin.envelope import (
    BG,
    FIN,
    PREFIXES,
    STUF,
    Header,
    Party,
    add_header,
    child,
    root,
)
from plugins.stuf_fin.question import PERSON
from plugins.stuf_fin.status import FUNCTION, ROOT

#: The name of the source application, and of the supplier's own elements.
TSA, STAGE, COSTS = "BELASTINGEN", "invorderingsfase", "invorderingskosten"

#: Ledger codes of the levies, as a setting tells them to the hub.
CODES: Mapping[str, str] = {
    "8001": "ozb",
    "8002": "afvalstoffenheffing",
    "8003": "rioolheffing",
    "8004": "hondenbelasting",
    "8005": "parkeerbelasting",
    "8006": "precariobelasting",
    "8007": "toeristenbelasting",
    "8008": "leges",
}
_CODE_OF = {kind: code for code, kind in CODES.items()}

#: Stage of the ledger to status of the standard; all others are an internal step (INV).
_STATUS = {"aanslag": "VRS", "voldaan": "BET", "oninbaar": "ONI", "overgedragen": "EXT"}

#: Events that are a claim of their own here, with the type of their line.
_CREDITS = {"kwijtschelding": "KWT", "vermindering": "VRM", "correctie": "CFT"}

_TYPE = f"{{{STUF}}}entiteittype"
_WORK = f"{{{STUF}}}verwerkingssoort"


def helped(municipality: Municipality) -> frozenset[str]:
    """Return the BSNs of those with a debt case or a pause: of them nothing new may be open.

    What the town plants about them is the whole truth; a debt of ours would be a finding too many.
    """
    found: set[str] = set()
    for dossier in municipality.dossiers():
        found |= {client.bsn for client in dossier.case.clients} if dossier.case else set()
        found |= {dossier.person.bsn} if dossier.holds or dossier.sent else set()
    return frozenset(found)


def receivable(claim: TaxClaim, settled: bool) -> TaxClaim:
    """Return a bill for a permit with the course of a tax claim; a settled one is paid in full."""
    events = tuple(replace(one, key=f"V{one.key}") for one in claim.events)
    made = replace(claim, number=f"V{claim.number}", kind="leges", events=events)
    if not settled:
        return made
    last = max([claim.imposed_on, *(one.on for one in events)])
    paid = LedgerEvent(f"{made.number}-v", "betaling", last, -made.open)
    return replace(made, events=(*events, paid), stage="voldaan", plan=None, remission=None)


def claims_of(
    person: Person, claim: TaxClaim, creditor: Organisation
) -> Iterator[tuple[str, etree._Element]]:
    """Yield the number and the element of a claim, and those of what was taken off it."""
    yield claim.number, _claim(person, claim, creditor)
    for event in claim.events:
        if event.kind in _CREDITS:
            yield event.key, _credit(person, claim, event, creditor)


def _claim(person: Person, claim: TaxClaim, creditor: Organisation) -> etree._Element:
    element = _object(claim.number, claim.imposed_on, claim.due_on)
    text = f"{claim.kind.capitalize()} {claim.tax_year}"
    lines = [("AAN", claim.principal, text)]
    lines += [
        ("VRH", event.amount, event.kind)
        for event in claim.events
        if event.kind not in ("opgelegd", "betaling", *_CREDITS) and event.amount
    ]
    _amounts(element, sum(amount for _, amount, _ in lines), text)
    for kind, amount, about in lines:
        _line(element, kind, amount, about, _CODE_OF.get(claim.kind, "8099"))
    if claim.plan:
        _terms(element, claim.plan)
    last = max([claim.imposed_on, *(event.on for event in claim.events)])
    _status(element, claim.stage, last, claim.paid)
    extra = child(element, STUF, "extraElementen")
    _extra(extra, STAGE, claim.stage)
    _extra(extra, COSTS, str(claim.costs))
    _debtor(element, person)
    _creditor(element, creditor)
    return element


def _credit(
    person: Person, claim: TaxClaim, event: LedgerEvent, creditor: Organisation
) -> etree._Element:
    element = _object(event.key, event.on, None)
    text = f"{event.kind.capitalize()} van {claim.number}"
    _amounts(element, event.amount, text)
    _line(element, _CREDITS[event.kind], event.amount, text, _CODE_OF.get(claim.kind, "8099"))
    _status(element, "aanslag", event.on, 0)
    _debtor(element, person)
    _creditor(element, creditor)
    link = _related(element, "heeftBetrekkingOpVordering", "VRDVRD", "VRD")
    child(link, FIN, "vorderingnummer", claim.number)
    return element


def _object(number: str, made: date, due: date | None) -> etree._Element:
    element = etree.Element(f"{{{FIN}}}object", nsmap=PREFIXES)
    element.set(_TYPE, "VRD")
    child(element, FIN, "vorderingnummer", number)
    child(element, FIN, "factuurnummer", number)
    child(element, FIN, "creatiedatum", made.isoformat())
    child(element, FIN, "factuurdatum", made.isoformat())
    expiry = child(element, FIN, "vervaldatum", due.isoformat() if due else "")
    if due is None:
        expiry.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")
        expiry.set(f"{{{STUF}}}noValue", "geenWaarde")
    child(element, FIN, "tsa", TSA)
    child(element, FIN, "indicatorFactuurUitgestuurd", "J")
    return element


def _amounts(element: etree._Element, total: int, text: str) -> None:
    child(element, FIN, "algemeneFactuuromschrijving", text)
    child(element, FIN, "valutacode", "EUR")
    child(element, FIN, "totaalbedragExclBTW", str(total))
    child(element, FIN, "totaalbedragBTW", "0")
    child(element, FIN, "totaalbedragInclBTW", str(total))
    child(element, FIN, "indicatorPubliekrechtelijk", "J")


def _line(element: etree._Element, kind: str, amount: int, text: str, code: str) -> None:
    line = child(element, FIN, "vorderingsregel")
    for name, value in (
        ("bedragExclBTW", str(amount)),
        ("bedragInclBTW", str(amount)),
        ("bedragBTW", "0"),
        ("btwCategorie", "NUL"),
        ("btwPercentage", "0"),
        ("vorderingtype", kind),
        ("vorderingcode", code),
        ("vorderingomschrijving", text),
    ):
        child(line, FIN, name, value)


def _terms(element: etree._Element, plan: Plan) -> None:
    schema = child(element, FIN, "invorderingsSchema")
    child(schema, FIN, "invorderingsregime", "TV")
    for number in range(plan.terms):
        months = plan.starts_on.month - 1 + number
        due = plan.starts_on.replace(
            day=1, month=months % 12 + 1, year=plan.starts_on.year + months // 12
        ).isoformat()
        term = child(schema, FIN, "termijn")
        child(term, FIN, "datum", due)
        child(term, FIN, "termijnbedrag", str(plan.term_amount))
        child(term, FIN, "vervaldatum", due)


def _status(element: etree._Element, stage: str, on: date, paid: int, part: int = 0) -> None:
    group = child(element, FIN, "vorderingstatus")
    child(group, FIN, "totaalBetaald", str(paid))
    if part:
        child(group, FIN, "deelBedragBetaald", str(part))
    child(group, FIN, "status", _STATUS.get(stage, "INV"))
    child(group, FIN, "datumEnTijd", f"{on.isoformat()}T00:00:00")


def _extra(group: etree._Element, name: str, text: str) -> None:
    child(group, STUF, "extraElement", text).set("naam", name)


def _debtor(element: etree._Element, person: Person) -> None:
    made = _related(element, PERSON, "VRDNPSDEB", "NPS")
    for name, text in (
        ("inp.bsn", person.bsn),
        ("geslachtsnaam", person.surname),
        ("voorvoegselGeslachtsnaam", person.prefix),
        ("voorletters", person.initials.replace(".", "")),
        ("geboortedatum", f"{person.birth_date:%Y%m%d}"),
    ):
        if text:
            child(made, BG, name, text)
    address = child(made, BG, "verblijfsadres")
    # The schema wants all identifications of the address or none of them.
    for name, text in (
        ("wpl.woonplaatsNaam", person.city),
        ("gor.openbareRuimteNaam", person.street),
        ("gor.straatnaam", person.street),
        ("aoa.postcode", person.postcode.replace(" ", "")),
        ("aoa.huisnummer", person.house_number),
    ):
        if text:
            child(address, BG, name, text)


def _creditor(element: etree._Element, creditor: Organisation, work: str = "") -> None:
    made = _related(element, "heeftAlsVorderendeOrganisatie", "VRDNNPVOR", "NNP", work)
    child(made, BG, "statutaireNaam", creditor.name)


def _related(
    element: etree._Element, name: str, relation: str, entity: str, work: str = ""
) -> etree._Element:
    link = child(element, FIN, name)
    link.set(_TYPE, relation)
    made = child(link, FIN, "gerelateerde")
    made.set(_TYPE, entity)
    for one in (link, made) if work else ():
        one.set(_WORK, work)
    return made


def status_change(
    header: Header, claim: TaxClaim, stage: str, on: date, creditor: Organisation, part: int = 0
) -> etree._Element:
    """Return the message that a claim changed its status; `part` is what was paid now, in cents."""
    message = root(FIN, ROOT)
    add_header(message, FIN, header)
    change = child(message, FIN, "vrdLk01")
    change.set("entiteittype", "VRD")
    change.set("functie", "update")
    parameters = child(change, FIN, "parameters")
    child(parameters, STUF, "mutatiesoort", "W")
    child(parameters, STUF, "indicatorOvername", "V")
    element = child(change, FIN, "object")
    element.set(_TYPE, "VRD")
    element.set(_WORK, "W")
    child(element, FIN, "vorderingnummer", claim.number)
    child(element, FIN, "tsa", TSA)
    _status(element, stage, on, claim.paid + part, part)
    _extra(child(element, STUF, "extraElementen"), STAGE, stage)
    _creditor(element, creditor, work="I")
    return message


def status_header(us: Party, them: Party, reference: str, sent_at: str) -> Header:
    """Return the header of a change of status."""
    return Header("Di01", us, them, reference, sent_at, function=FUNCTION)
