"""Where creditor and debt-help file do not tell the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from hub.reconcile.engine import Rule, Scope
from hub.reconcile.rules.common import active_case
from hub.store import (
    claim,
    claim_event,
    claim_link,
    claim_statement,
    debt_case,
    source,
    standing,
)

_owner = source.alias("creditor_source")
_keeper = source.alias("file_source")
_told = claim_statement.alias("creditor_statement")
_listed = claim_statement.alias("file_statement")


def _claims_of_creditors() -> Any:
    """Return the join of claims with the creditor's own statement."""
    by_both = and_(_told.c.id == claim.c.statement_id, _told.c.claim_id == claim.c.id)
    return claim.join(_told, by_both).join(
        _owner, and_(_owner.c.id == _told.c.source_id, _owner.c.role == "creditor")
    )


def _different(scope: Scope) -> Select[Any]:
    # What was paid or charged after the file's day explains a difference; it is taken out.
    later = (
        select(func.coalesce(func.sum(claim_event.c.amount), 0))
        .where(
            claim_event.c.source_id == _told.c.source_id,
            claim_event.c.claim == _told.c.key,
            claim_event.c.on > _listed.c.as_of,
            standing(claim_event),
        )
        .scalar_subquery()
    )
    then = _told.c.open - later
    return (
        select(
            claim.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            then.label("creditor_amount"),
            _listed.c.open.label("file_amount"),
            _listed.c.as_of,
            _listed.c.unit.label("_unit"),
        )
        .select_from(
            _claims_of_creditors()
            .join(_listed, and_(_listed.c.claim_id == claim.c.id, standing(_listed)))
            .join(_keeper, and_(_keeper.c.id == _listed.c.source_id, _keeper.c.role == "debt_help"))
        )
        .where(
            scope.only(claim.c.resident_id),
            _in_help(scope),
            # A total over several claims differs from none of them.
            _listed.c.link_method.is_distinct_from("total"),
        )
    )


def _by_a_unit(row: Any, scope: Scope) -> bool:
    """Tell whether two amounts differ by what the file counts in, or more.

    A store that is asked this may add up the events of every claim before it looks whose they are.
    """
    return bool(abs(row.creditor_amount - row.file_amount) >= row._unit)


def _in_help(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that who a file statement is about has a debt case.

    That may be the partner of who the claim is of, so the scope does not tell whose cases to read:
    of everybody a store begins with the cases, which are few, and of some residents with them.
    """
    if scope.residents is None:
        return _listed.c.resident_id.in_(select(debt_case.c.resident_id).where(active_case(scope)))
    return exists().where(debt_case.c.resident_id == _listed.c.resident_id, active_case(scope))


def _unlisted(scope: Scope) -> Select[Any]:
    listed = exists().where(
        _listed.c.claim_id == claim.c.id,
        standing(_listed),
        _keeper.c.id == _listed.c.source_id,
        _keeper.c.role == "debt_help",
    )
    # A line for all claims of a creditor together lists each of them.
    in_total = exists().where(
        claim_link.c.claim_id == claim.c.id,
        claim_link.c.covered,
        _listed.c.source_id == claim_link.c.source_id,
        _listed.c.key == claim_link.c.key,
        standing(_listed),
        _keeper.c.id == _listed.c.source_id,
        _keeper.c.role == "debt_help",
    )
    inventoried = select(debt_case.c.resident_id).where(
        scope.within(debt_case.c.resident_id),
        active_case(scope),
        debt_case.c.plan_on <= scope.today,
    )
    return (
        select(
            claim.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            _told.c.open.label("amount"),
            _told.c.due_on,
        )
        .select_from(_claims_of_creditors())
        .where(
            scope.only(claim.c.resident_id),
            claim.c.resident_id.is_not(None),
            _told.c.open > 0,
            _told.c.due_on < scope.today,
            claim.c.resident_id.in_(inventoried),
            ~listed,
            ~in_total,
        )
    )


RULES = [
    Rule(
        id="bedrag_verschilt",
        title="Bedragen verschillen",
        sentence=(
            "Op {as_of} stond voor vordering {reference} in het dossier {file_amount:euro}, maar "
            "{creditor} zegt {creditor_amount:euro}."
        ),
        advice="Vraag de schuldeiser om een nieuwe opgave en werk het dossier bij.",
        source="NVVK-gedragscode: de schuldregeling rust op de opgave van de schuldeiser",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=_different,
        keep=_by_a_unit,
        key=lambda facts: str(facts["reference"]),
    ),
    Rule(
        id="vordering_ontbreekt_in_dossier",
        title="Vordering ontbreekt in het dossier",
        sentence=(
            "{creditor} heeft vordering {reference} open staan ({amount:euro}, vervallen op "
            "{due_on}), maar deze staat niet in het schuldhulpdossier."
        ),
        advice="Neem de vordering op in het dossier, of leg vast waarom niet.",
        source="Wgs artikel 4a: het plan van aanpak omvat alle schulden",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=_unlisted,
        key=lambda facts: str(facts["reference"]),
    ),
]
