"""Claims of a `vrdLa01` as facts: statements, credits netted on the claim they belong to, terms.

Elements and codes are those of fin0310_ent_basis.xsd. A remission (KWT), credit invoice (CFT) or
reduction (VRM) of the source application comes as a claim of its own that refers to an earlier one:
it is subtracted there and is no debt by itself, or it would count twice. A credit may itself be
corrected: whatever a claim refers to, it counts on the first of the chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from hub.connector import Fact, RecordError
from plugins.stuf_fin.envelope import BG, STUF, text_of
from plugins.stuf_fin.question import (
    COMPANY,
    PERSON,
    claims_of,
    earlier,
    earlier_source,
    number_of,
    source_of,
)
from plugins.stuf_fin.values import Group, bg_day, key_of, reason, told
from schemas import CLAIM_TYPES, STAGES

#: Status of the standard to stage. INV is a step that it does not name: the stage is then unknown
#: unless the supplier tells it. EXT is handed over to a bailiff and still owed to the creditor.
STATUSES = {
    "ONV": "aanslag",
    "VRW": "aanslag",
    "VRS": "aanslag",
    "BET": "voldaan",
    "INV": "onbekend",
    "EXT": "overgedragen",
    "ONI": "oninbaar",
    "KWI": "voldaan",
    "VRM": "onbekend",
    "VRN": "voldaan",
    "OVE": "onbekend",
}

#: Statuses after which nothing is owed, whatever the amounts say.
CLOSED = frozenset({"BET", "KWI", "VRN"})

#: The status of what was imposed in error: it counts for nothing, also as a credit.
ANNULLED = "VRN"

#: Type of a line to the event that it is on the earlier claim.
CREDITS = {"KWT": "kwijtschelding", "CFT": "correctie", "VRM": "vermindering", "VRH": "correctie"}

_PERSON = {
    "inp.bsn": "bsn",
    "geslachtsnaam": "surname",
    "voorvoegselGeslachtsnaam": "prefix",
    "voorletters": "initials",
    "voornamen": "first_names",
    "sub.telefoonnummer": "phone",
    "sub.emailadres": "email",
}
_ADDRESS = {
    "gor.straatnaam": "street",
    "aoa.huisnummer": "house_number",
    "aoa.postcode": "postcode",
    "wpl.woonplaatsNaam": "city",
}


@dataclass(frozen=True)
class Reading:
    """How to read one system: what the standard leaves open and the settings tell.

    `codes` is ledger code (vorderingcode) to kind of levy; `stage` and `costs` are the names of the
    extra elements in which the supplier tells the stage and the costs (cents), empty when in none.
    `several` when it collects for several creditors: then the creditor is part of a claim's key.
    """

    owner: str
    several: bool = False
    codes: Mapping[str, str] | None = None
    stage: str = ""
    costs: str = ""


def claim_key(claim: Group, reading: Reading) -> str:
    """Return the key of a claim: its source application, its number and, if need be, its creditor.

    Adds to the claim's faults what is missing for it.
    """
    number, application = claim.text("vorderingnummer"), claim.text("tsa")
    organisation = _creditor(claim) if reading.several else ""
    for name, value in (("vorderingnummer", number), ("tsa", application)):
        if not value:
            claim.faults.append(f"{claim.path}.{name} ontbreekt")
    if reading.several and not organisation:
        claim.faults.append(f"{claim.path}.heeftAlsVorderendeOrganisatie ontbreekt")
    return key_of(organisation, application, number)


def parse_answer(message: etree._Element, reading: Reading) -> list[Fact]:
    """Return the facts of one answer. Raises RecordError with every problem, each with its path."""
    faults: list[str] = []
    claims = [
        Group(one, f"vordering[{at}]", faults) for at, one in enumerate(claims_of(message), start=1)
    ]
    if not claims:
        raise RecordError("Het antwoord bevat geen vorderingen")
    first = _first_of(claims)
    facts = [
        fact
        for at, one in enumerate(claims)
        if first[at] == at
        for fact in _claim_facts(
            one, [claims[on] for on, root in enumerate(first) if root == at != on], reading
        )
    ]
    faults += _double(facts)
    if len({fact.data["person"].get("bsn") for fact in facts if "person" in fact.data}) > 1:
        faults.append("Het antwoord noemt verschillende personen; er is er een gevraagd")
    if faults:
        raise RecordError(list(dict.fromkeys(faults)))
    return facts


def _double(facts: list[Fact]) -> list[str]:
    keys = [fact.key for fact in facts if fact.kind == "claim_statement"]
    return ["Dezelfde vordering staat meer dan een keer in het antwoord"] * (
        len(set(keys)) < len(keys)
    )


def _first_of(claims: list[Group]) -> list[int]:
    """Return by place the place of the claim on which each one counts: its own, or a credit's.

    Adds a fault for a reference that fits more than one claim, or leads back to itself.
    """
    above = [_earlier_of(at, claims) for at in range(len(claims))]
    found = []
    for at, claim in enumerate(claims):
        root, steps = at, 0
        while above[root] != root and steps <= len(claims):
            root, steps = above[root], steps + 1
        if steps > len(claims):
            claim.faults.append(f"{claim.path}.heeftBetrekkingOpVordering verwijst in een kring")
        found.append(root)
    return found


def _earlier_of(at: int, claims: list[Group]) -> int:
    """Return the place of the claim to which the one at this place refers; its own for none."""
    number, source = earlier(claims[at].element), earlier_source(claims[at].element)
    fits = [
        on
        for on, one in enumerate(claims)
        if number and on != at and number_of(one.element) == number
    ]
    # A number is unique within its source application only.
    same = [on for on in fits if source_of(claims[on].element) == source]
    if len(same or fits) > 1:
        claims[at].faults.append(
            f"{claims[at].path}.heeftBetrekkingOpVordering past op meer dan een vordering"
        )
    return (same or fits or [at])[0]


def _claim_facts(claim: Group, credits: list[Group], reading: Reading) -> Iterator[Fact]:
    key, person = claim_key(claim, reading), _debtor(claim)
    total = claim.cents("totaalbedragInclBTW", needed=True) or 0
    data = _statement(claim, total, credits, reading) | {"person": person}
    data["details"]["credits"] = [_details(one) for one in credits]
    yield Fact("claim_statement", key, data)
    imposed = data["imposed_on"] or data["as_of"]
    event = {"claim": key, "kind": "opgelegd", "on": imposed, "amount": total}
    yield Fact("claim_event", f"{key}-opgelegd", event)
    for one in credits:
        if _status_of(one) != ANNULLED:
            yield _credit_event(key, one, reading)
    schema = claim.inside("invorderingsSchema")
    if schema is not None and (plan := _plan(schema, data)):
        yield Fact("payment_plan", key, plan | {"claim": key, "person": person})


def _status_of(claim: Group) -> str:
    status = claim.inside("vorderingstatus")
    code = status.text("status") if status else ""
    if code and code not in STATUSES:
        claim.faults.append(f"{claim.path}.vorderingstatus.status is geen bekende status")
    return code


def _paid(claim: Group) -> int | None:
    status = claim.inside("vorderingstatus")
    return status.cents("totaalBetaald") if status else None


def _taken_off(credit: Group) -> int:
    """Return what a credit adds to the claim before it, negative when it takes off; in cents.

    Of an increase that has a status of its own, what is still owed. What was annulled never was.
    """
    total, code = credit.cents("totaalbedragInclBTW", needed=True) or 0, _status_of(credit)
    if code == ANNULLED or (total > 0 and code in CLOSED):
        return 0
    return total - (_paid(credit) or 0) if total > 0 else total


def _statement(claim: Group, total: int, credits: list[Group], reading: Reading) -> dict[str, Any]:
    status, code, paid = claim.inside("vorderingstatus"), _status_of(claim), _paid(claim)
    more = [_taken_off(one) for one in credits]
    left = total - (paid or 0) + sum(more)
    if code in CLOSED:
        # Nothing is left of the claim; what came on top of it is still owed, if it was not paid.
        raised = sum(one for one in more if one > 0)
        left = min(raised, max(left, 0)) if code == "BET" and paid is not None else raised
    open_code = next(
        (_status_of(one) for one, less in zip(credits, more, strict=True) if less > 0), ""
    )
    costs = _costs(claim, reading)
    lines = list(_lines(claim, total))
    created = claim.day("creatiedatum")
    return {
        "creditor": "" if reading.several else reading.owner,
        "creditor_name": _creditor_name(claim),
        "reference": claim.text("vorderingnummer"),
        "type": _type(claim, reading),
        "description": claim.text("algemeneFactuuromschrijving"),
        "principal": total - (costs or 0),
        "costs": costs,
        "paid": _together([paid, *(_paid(one) for one in credits if _raises(one))]),
        "open": left,
        "stage": _stage(claim, open_code if code in CLOSED and left else code, reading),
        "imposed_on": claim.day("factuurdatum") or created,
        "due_on": claim.day("vervaldatum"),
        "as_of": (status.day("datumEnTijd") if status else None) or created,
        "lines": lines,
        "direct_debit": claim.inside("automatischeIncasso") is not None,
        "details": _details(claim),
    }


def _raises(credit: Group) -> bool:
    return (credit.cents("totaalbedragInclBTW") or 0) > 0 and _status_of(credit) != ANNULLED


def _together(amounts: list[int | None]) -> int | None:
    told = [one for one in amounts if one is not None]
    return sum(told) if told else None


def _lines(claim: Group, total: int) -> Iterator[dict[str, Any]]:
    euro = claim.text("valutacode") or "EUR"
    if euro != "EUR":
        claim.faults.append(f"{claim.path}.valutacode is niet EUR")
    amounts = []
    for line in claim.each("vorderingsregel"):
        amount = line.cents("bedragInclBTW")
        amounts.append(amount)
        text = line.text("vorderingomschrijving") or line.text("vorderingtoelichting")
        yield {"description": text[:500] or "Zonder omschrijving", "amount": amount or 0}
    # A schema-valid message may have lines that do not add up; then nobody knows what is owed.
    if amounts and None not in amounts and sum(filter(None, amounts)) != total:
        claim.faults.append(
            f"{claim.path}.totaalbedragInclBTW is {total}, maar de regels tellen op tot "
            f"{sum(filter(None, amounts))}"
        )


def _details(claim: Group) -> dict[str, Any]:
    """Return all that the claim tells but the person, who stands in a record of their own."""
    return {name: value for name, value in told(claim.element).items() if name != PERSON}


def _type(claim: Group, reading: Reading) -> str:
    codes = [line.text("vorderingcode") for line in claim.each("vorderingsregel")]
    # The first line may be about costs, whose code no levy has.
    for code in codes:
        if (kind := (reading.codes or {}).get(code)) in CLAIM_TYPES:
            return str(kind)
    return "publiek" if claim.text("indicatorPubliekrechtelijk") == "J" else "overig"


def _stage(claim: Group, code: str, reading: Reading) -> str:
    stage = extra(claim, reading.stage).lower()
    known = STATUSES.get(code, "onbekend")
    # A status that closes or hands over says more than the step before it.
    return stage if stage in STAGES and known in ("aanslag", "onbekend") else known


def _costs(claim: Group, reading: Reading) -> int | None:
    text = extra(claim, reading.costs)
    if text and not text.isdecimal():
        claim.faults.append(f"{claim.path}.extraElementen.{reading.costs} is geen bedrag in centen")
        return None
    return int(text) if text else None


def extra(claim: Group, name: str) -> str:
    """Return what a supplier tells in an extra element of this name, empty when nothing."""
    if not name:
        return ""
    for one in claim.element.iterfind(f"{{{STUF}}}extraElementen/{{{STUF}}}extraElement"):
        if one.get("naam") == name and not reason(one):
            return (one.text or "").strip()
    return ""


def _credit_event(key: str, credit: Group, reading: Reading) -> Fact:
    line = next(credit.each("vorderingsregel"), None)
    kind = CREDITS.get(line.text("vorderingtype") if line else "", "correctie")
    data = {
        "claim": key,
        "kind": kind,
        "on": credit.day("factuurdatum") or credit.day("creatiedatum"),
        "amount": credit.cents("totaalbedragInclBTW") or 0,
        "description": credit.text("algemeneFactuuromschrijving")[:500],
    }
    return Fact("claim_event", claim_key(credit, reading), data)


def _plan(schema: Group, statement: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the terms in which a claim may be paid; None when it is asked for in one amount."""
    terms = [
        {"due_on": one.day("vervaldatum") or one.day("datum"), "amount": one.cents("termijnbedrag")}
        for one in schema.each("termijn")
    ]
    if len(terms) < 2:
        return None
    for at, term in enumerate(terms, start=1):
        if term["due_on"] is None or term["amount"] is None:
            schema.faults.append(f"{schema.path}.termijn[{at}] mist een datum of bedrag")
            return None
    days = sorted(str(term["due_on"]) for term in terms)
    return {
        "starts_on": days[0],
        "ends_on": days[-1],
        "terms": len(terms),
        "term_amount": terms[0]["amount"],
        "status": "nagekomen" if statement["stage"] == "voldaan" else "lopend",
        "direct_debit": statement["direct_debit"],
        "installments": terms,
        "details": {"invorderingsregime": schema.text("invorderingsregime")},
    }


def _debtor(claim: Group) -> dict[str, Any]:
    """Return who owes the claim. One without a resident is a fault: it belongs to nobody known."""
    debtor = claim.inside(PERSON)
    found = debtor.inside("gerelateerde") if debtor else None
    if found is None:
        why = "is van een organisatie" if claim.inside(COMPANY) else "noemt geen debiteur"
        claim.faults.append(f"{claim.path} {why}; de hub koppelt alleen vorderingen van inwoners")
        return {}
    person = _named(found.element, _PERSON)
    if not person.get("bsn"):
        claim.faults.append(f"{claim.path}.{PERSON}.inp.bsn ontbreekt")
    whole, part = bg_day(found.find("geboortedatum", BG))
    person |= {"birth_date": whole} | ({"birth_date_text": part} if part else {})
    dead = found.find("overlijdensdatum", BG)
    died, part = bg_day(dead)
    if died:
        person["deceased_on"] = died
    elif part or (dead is not None and dead.get(f"{{{STUF}}}indOnvolledigeDatum") == "J"):
        # Somebody of whose death only the year is known, or not even that, is dead all the same.
        person["details"] = {"overlijden": part or "onbekend"}
    if text_of(found.element, "inp.indicatieGeheim", BG) not in ("", "0"):
        person["secret"] = True
    address = found.find("verblijfsadres", BG)
    if address is not None:
        person |= _address(address)
    return person


def _address(address: etree._Element) -> dict[str, Any]:
    found = _named(address, _ADDRESS)
    extra = _named(
        address, {"aoa.huisletter": "letter", "aoa.huisnummertoevoeging": "more"}
    ).values()
    return found | ({"addition": "".join(extra)} if extra else {})


def _named(group: etree._Element, names: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for theirs, ours in names.items():
        one = group.find(f"{{{BG}}}{theirs}")
        if one is not None and not reason(one) and (one.text or "").strip():
            found[ours] = (one.text or "").strip()
    return found


def _creditor(claim: Group) -> str:
    found = claim.inside("heeftAlsVorderendeOrganisatie")
    organisation = found.inside("gerelateerde") if found else None
    if organisation is None:
        return ""
    names = _named(organisation.element, {"inn.nnpId": "id", "statutaireNaam": "name"})
    return str(names.get("id") or names.get("name") or "")


def _creditor_name(claim: Group) -> str:
    found = claim.inside("heeftAlsVorderendeOrganisatie")
    organisation = found.inside("gerelateerde") if found else None
    if organisation is None:
        return ""
    return str(_named(organisation.element, {"statutaireNaam": "name"}).get("name", ""))
