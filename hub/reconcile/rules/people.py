"""What became of somebody, and what their creditors should know of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, exists, func, or_, select

from hub.reconcile.engine import Rule, Scope
from hub.reconcile.rules.common import (
    PRESSING,
    active_case,
    by_event,
    by_reference,
    claims,
    is_open,
    running,
    steps,
    told,
)
from hub.store import (
    claim,
    claim_event,
    contact,
    debt_case,
    person,
    register_entry,
    standing,
    subject,
)


def _deceased(scope: Scope) -> Select[Any]:
    dead = (
        select(subject.c.resident_id, func.min(person.c.deceased_on).label("died"))
        .join(person, person.c.subject_id == subject.c.id)
        .where(
            scope.only(subject.c.resident_id),
            person.c.superseded_at.is_(None),
            person.c.deceased_on.is_not(None),
        )
        .group_by(subject.c.resident_id)
        .subquery()
    )
    return (
        select(
            claim.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            told.c.open.label("amount"),
            dead.c.died.label("since"),
        )
        .select_from(claims().join(dead, dead.c.resident_id == claim.c.resident_id))
        .where(scope.only(claim.c.resident_id), is_open(scope))
    )


def _moved(scope: Scope) -> Select[Any]:
    helped = select(debt_case.c.resident_id).where(
        scope.within(debt_case.c.resident_id), active_case(scope)
    )
    return (
        select(subject.c.resident_id, func.max(person.c.registered_in).label("elsewhere"))
        .join(person, person.c.subject_id == subject.c.id)
        .where(
            scope.only(subject.c.resident_id),
            person.c.superseded_at.is_(None),
            person.c.registered_in.not_in(("", scope.municipality)),
            subject.c.resident_id.in_(helped),
        )
        .group_by(subject.c.resident_id)
    )


def _pressed_under(scope: Scope, register: str) -> Select[Any]:
    """Select steps in claims of people who stood in a register by then."""
    known = (
        standing(register_entry),
        running(register_entry, scope),
        register_entry.c.register == register,
        register_entry.c.resident_id == claim.c.resident_id,
        register_entry.c.starts_on <= claim_event.c.on,
    )
    since = select(func.min(register_entry.c.starts_on)).where(*known).scalar_subquery()
    kind = select(func.max(register_entry.c.kind)).where(*known).scalar_subquery()
    party = select(func.max(register_entry.c.party)).where(*known).scalar_subquery()
    unnamed = case((func.coalesce(party, "") == "", "naam onbekend"), else_=party)
    told_of = select(register_entry.c.resident_id).where(
        scope.within(register_entry.c.resident_id), *known[:3]
    )
    return steps(
        scope, PRESSING, since.label("since"), kind.label("measure"), unnamed.label("party")
    ).where(since.is_not(None), claim.c.resident_id.in_(told_of))


def _unreachable(scope: Scope) -> Select[Any]:
    has_phone = exists().where(
        standing(contact),
        contact.c.kind == "phone",
        contact.c.resident_id == claim.c.resident_id,
    )
    told_phone = (
        exists()
        .select_from(person.join(subject, subject.c.id == person.c.subject_id))
        .where(
            subject.c.resident_id == claim.c.resident_id,
            person.c.superseded_at.is_(None),
            person.c.phone != "",
        )
    )
    return (
        select(claim.c.resident_id, claim.c.creditor, claim.c.reference)
        .select_from(claims())
        .where(
            scope.only(claim.c.resident_id),
            claim.c.resident_id.is_not(None),
            is_open(scope),
            scope.lead(told.c.stage).in_(("herinnering", "aanmaning")),
            ~or_(has_phone, told_phone),
        )
    )


RULES = [
    Rule(
        id="overleden_en_incasso",
        title="Inwoner is overleden, vordering staat open",
        sentence=(
            "De inwoner is overleden op {since}. Vordering {reference} van {creditor} "
            "({amount:euro}) staat nog open op deze naam."
        ),
        advice="Stop brieven aan de inwoner. Zoek uit wie de nalatenschap afwikkelt.",
        source="BW 4:184: schulden gaan over op de erfgenamen; Wet BRP artikel 1.7",
        severity=3,
        owner="caseworker",
        groups=frozenset({"identity", "tax_claim"}),
        query=_deceased,
        key=by_reference,
    ),
    Rule(
        id="verhuisd_tijdens_hulp",
        title="Verhuisd naar een andere gemeente tijdens hulp",
        sentence="De inwoner staat nu ingeschreven in een andere gemeente (code {elsewhere}).",
        advice="Bespreek met de inwoner wie de hulp voortzet en draag het dossier over.",
        source="Wgs artikel 1 en 3: hulp is voor inwoners van de eigen gemeente",
        severity=2,
        owner="caseworker",
        groups=frozenset({"identity", "help_file"}),
        query=_moved,
        key=lambda facts: str(facts["elsewhere"]),
    ),
    Rule(
        id="insolventie_en_incasso",
        title="Incasso tijdens faillissement of Wsnp",
        sentence=(
            "De inwoner staat sinds {since} in het insolventieregister ({measure}). Toch deed "
            "{creditor} op {on} een stap ({kind}) voor vordering {reference}."
        ),
        advice="Vertel de schuldeiser wie de curator of bewindvoerder is: {party}.",
        source="Invorderingswet 1990, artikel 19 lid 10; Faillissementswet 33 en 301",
        severity=3,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=lambda scope: _pressed_under(scope, "cir"),
        key=by_event,
    ),
    Rule(
        id="bewind_en_incasso",
        title="Brief aan wie onder bewind of curatele staat",
        sentence=(
            "De inwoner staat sinds {since} onder bewind of curatele ({party}). {creditor} deed "
            "daarna op {on} een stap ({kind}) voor vordering {reference}."
        ),
        advice="Controleer of de brief naar de bewindvoerder ging. Geef anders de naam door.",
        source="BW 1:381 en 1:438: wie onder bewind staat, beheert zijn goederen niet zelf",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=lambda scope: _pressed_under(scope, "ccbr"),
        key=by_event,
    ),
    Rule(
        id="niet_te_bellen",
        title="Geen telefoonnummer voor het belmoment",
        sentence=(
            "Vordering {reference} van {creditor} is aan een telefoontje toe, maar er is geen "
            "telefoonnummer bekend."
        ),
        advice="Zoek het nummer bij een andere afdeling die het mag geven, of ga langs.",
        source="Werkafspraak sociaal incasseren: bellen vóór aanmaning en dwangbevel",
        severity=1,
        owner="caseworker",
        groups=frozenset({"tax_claim", "contact"}),
        query=_unreachable,
        key=by_reference,
    ),
]
