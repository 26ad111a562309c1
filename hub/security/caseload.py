"""Caseloads: which residents belong to a role by what the sources tell.

What a person recorded (a case, a permission, broken glass) comes on top; see permits.py.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select

from hub.connector import Connector
from hub.core import Hub
from hub.security.fields import REGISTER_OF_ROLE
from hub.store import claim_statement, debt_case, early_signal, remission, source, standing


def holds_on(table: Any, today: date) -> ColumnElement[bool]:
    """Return the condition that something runs on a day: from `starts_on`, until `ends_on`."""
    return and_(table.c.starts_on <= today, or_(table.c.ends_on.is_(None), table.c.ends_on > today))


def running_cases(hub: Hub, today: date) -> Select[Any]:
    """Return the select of residents with a debt-help case that runs, with the case."""
    return (
        select(
            debt_case.c.resident_id,
            literal("debt_case").label("kind"),
            debt_case.c.id.label("number"),
        )
        .join(source, source.c.id == debt_case.c.source_id)
        .where(
            source.c.municipality == hub.municipality,
            debt_case.c.resident_id.is_not(None),
            standing(debt_case),
            holds_on(debt_case, today),
        )
    )


def _debtors(register: str) -> Any:
    """Return the maker of the select of debtors of one register's own claims."""

    def query(hub: Hub, today: date) -> Select[Any]:
        return (
            select(
                claim_statement.c.resident_id,
                literal("claim").label("kind"),
                source.c.name.label("number"),
            )
            .join(source, source.c.id == claim_statement.c.source_id)
            .where(
                source.c.id.in_(sources_of(hub, register)),
                claim_statement.c.resident_id.is_not(None),
                standing(claim_statement),
            )
        )

    return query


def _applicants(hub: Hub, today: date) -> Select[Any]:
    return (
        select(
            remission.c.resident_id,
            literal("remission").label("kind"),
            source.c.name.label("number"),
        )
        .join(source, source.c.id == remission.c.source_id)
        .where(
            source.c.municipality == hub.municipality,
            remission.c.resident_id.is_not(None),
            standing(remission),
        )
    )


def _signalled(hub: Hub, today: date) -> Select[Any]:
    """Return the select of residents of whom a partner reported arrears."""
    return (
        select(
            early_signal.c.resident_id,
            literal("signal").label("kind"),
            early_signal.c.reference.label("number"),
        )
        .join(source, source.c.id == early_signal.c.source_id)
        .where(
            source.c.id.in_(sources_of(hub, "signal")),
            early_signal.c.resident_id.is_not(None),
            standing(early_signal),
        )
    )


#: Who is in a caseload by what the sources tell.
TOLD = {
    "debt_counsellor": running_cases,
    "collector": _debtors("tax"),
    "benefit_collector": _debtors("benefit"),
    "remission_officer": _applicants,
    "signal_worker": _signalled,
}


def register_of(connector: type[Connector]) -> str:
    """Return the register whose data a connector brings."""
    return connector.register or REGISTER_OF_ROLE[connector.role]


def register_named(hub: Hub, name: str) -> str:
    """Return the register of the connector of that name, empty when it is not installed."""
    known = hub.plugins.connectors.get(name)
    return register_of(known) if known else ""


def sources_of(hub: Hub, register: str) -> Select[Any]:
    """Return the select of the ids of this municipality's sources of one register."""
    names = [name for name, one in hub.plugins.connectors.items() if register_of(one) == register]
    return select(source.c.id).where(
        source.c.municipality == hub.municipality, source.c.connector.in_(names)
    )


def with_running_case(hub: Hub) -> Select[Any]:
    """Return the select of the residents with a running debt-help case."""
    found = running_cases(hub, hub.clock.today()).subquery()
    return select(found.c.resident_id)


def with_open_claim(hub: Hub) -> Select[Any]:
    """Return the select of the residents of whom a creditor says that something is open."""
    return (
        select(claim_statement.c.resident_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(
            source.c.municipality == hub.municipality,
            source.c.role == "creditor",
            claim_statement.c.resident_id.is_not(None),
            claim_statement.c.open > 0,
            standing(claim_statement),
        )
    )
