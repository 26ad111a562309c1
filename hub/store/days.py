"""How many days lie between two days, said the way each store says it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class days_between(GenericFunction[int]):
    """The number of days from the first day to the second; negative when that lies before it."""

    type = Integer()
    inherit_cache = True


@compiles(days_between, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(one, **options) for one in element.clauses)
    return f"({second} - {first})"


@compiles(days_between, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(julianday({second}) - julianday({first}) AS INTEGER)"
