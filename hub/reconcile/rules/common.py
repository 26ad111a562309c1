"""Conditions that several rules share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from hub.reconcile.engine import Scope
from hub.store import debt_case, standing


def running(table: Any, scope: Scope) -> ColumnElement[bool]:
    """Return the condition that something with a first and last day runs today."""
    return and_(
        table.c.starts_on <= scope.today,
        or_(table.c.ends_on.is_(None), table.c.ends_on >= scope.today),
    )


def active_case(scope: Scope, table: Any = debt_case) -> ColumnElement[bool]:
    """Return the condition that a standing debt case has begun and not ended.

    The day of outflow itself is the first day without a case.
    """
    return and_(
        standing(table),
        table.c.starts_on <= scope.today,
        or_(table.c.ends_on.is_(None), table.c.ends_on > scope.today),
    )
