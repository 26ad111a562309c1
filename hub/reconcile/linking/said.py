"""A statement in the shape that linking works on, and the creditors by whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.reconcile.linking import numbers
from hub.store import own, participant, source, standing
from hub.sync.subjects import fold

#: Whose word decides the amount: the creditor itself, then the creditor through an exchange.
AUTHORITY = ("creditor", "exchange", "debt_help", "register", "covenant", "channel")


def authority(row: Any) -> tuple[Any, ...]:
    """Return how much the word of a statement counts for the amount: the greatest decides.

    `row` is of claim_statement, with the role of its source and its name as `source_name`. Who
    handed a claim over tells no balance any more: whoever has it now does.
    """
    here = not row.transferred_to
    return -AUTHORITY.index(row.role), here, row.as_of, row.source_name, row.key


#: The longest name of a creditor that is part of a key.
_LONGEST = 100


@dataclass(frozen=True)
class Creditors:
    """Finds an organisation's code by whatever a source calls it."""

    codes: Mapping[str, str]

    def find(self, code: str, kvk: str, name: str) -> str:
        """Return the code of a creditor, or a key made of its name."""
        for known in (code, kvk):
            if known and known in self.codes:
                return self.codes[known]
        folded = fold(name)
        return self.codes.get(folded) or code or f"naam:{folded[:_LONGEST]}"

    def called(self, name: str) -> str:
        """Return the code of whoever is called by a name or code; "" for no name."""
        return self.codes.get(name) or self.find("", "", name) if name.strip() else ""


def load_creditors(connection: Connection, hub: Hub) -> Creditors:
    """Return the creditors known from covenants and from the owners of sources."""
    codes: dict[str, str] = {}
    owners = select(source.c.owner).where(source.c.municipality == hub.municipality)
    codes |= {owner: owner for (owner,) in connection.execute(owners)}
    parties = select(participant).where(standing(participant), own(participant, hub.municipality))
    for row in connection.execute(parties):
        for name in (row.code, row.kvk, row.skp_id, fold(row.name)):
            if name:
                codes[name] = row.code
    return Creditors(codes)


#: What changed the balance of a claim: the day, and by how many cents.
Course = tuple[tuple[date, int], ...]


@dataclass(frozen=True)
class Said:
    """What one source says of one debt. Amounts in cents, `creditor` and `holder` are codes.

    `debtors` are whom it may be about: the clients of the case in which it stands. `holder` has
    the claim now, `former` and `former_number` are of whoever had it before.
    """

    id: int
    source_id: int
    source: str
    key: str
    record_id: int
    role: str
    register: str
    resident_id: str
    creditor: str
    reference: str
    type: str
    year: int | None
    principal: int | None
    costs: int
    open: int
    unit: int
    imposed_on: date | None
    due_on: date | None
    as_of: date
    payment_reference: str
    stage: str
    holder: str
    former: str
    former_number: str
    collective: bool
    debtors: frozenset[str]
    course: Course = ()
    #: The claim that it belongs to now, and how that came about.
    was: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def identity(self) -> tuple[int, str]:
        """Return by what the statement is known through all its versions."""
        return self.source_id, self.key

    @property
    def own_key(self) -> str:
        """Return the natural key of a claim that this statement alone is about."""
        return f"{self.source}:{self.key}"

    @property
    def base_key(self) -> str:
        """Return the natural key of the claim that it is about when nothing else is known.

        The number of a creditor is unique by its own word only. In the file of somebody else it
        may be mistyped, and then be the number of another person's claim.
        """
        number = numbers.strict(self.reference)
        if not number:
            return self.own_key
        key = f"{self.creditor}/{number}"
        return key if self.role == "creditor" else f"{key}@{self.resident_id}"

    @property
    def plain_key(self) -> str:
        """Return the base key without the debtor: that of the creditor itself, if it is its."""
        return self.base_key.removesuffix(f"@{self.resident_id}")

    @property
    def rank(self) -> tuple[Any, ...]:
        """Return its place in the order in which statements are looked at: the surest first.

        Of a claim that was handed over, whoever handed it over comes first.
        """
        taken_over = bool(self.former or self.former_number)
        authority = AUTHORITY.index(self.role)
        return authority, taken_over, not self.reference, not self.holder, self.source, self.key

    def balance(self, on: date) -> int:
        """Return what was open at the end of a day, as far as is known of what happened after."""
        return self.open - sum(amount for day, amount in self.course if day > on)


def said_of(row: Row[Any], creditors: Creditors, more: Mapping[str, Any]) -> Said:
    """Return a row of claim_statement, joined with its source, in this shape."""
    return Said(
        creditor=creditors.find(row.creditor, row.creditor_kvk, row.creditor_name),
        holder=creditors.called(row.transferred_to),
        former=creditors.called(row.original_creditor),
        former_number=row.original_reference,
        year=row.tax_year,
        costs=(row.costs or 0) + (row.interest or 0),
        source=row.source_name,
        was=(row.claim_id, row.link_method, row.link_score, row.linked_by),
        **{name: row._mapping[name] for name in _SAME},
        **more,
    )


#: Columns that mean the same in both shapes.
_SAME = (
    "id",
    "source_id",
    "key",
    "record_id",
    "role",
    "resident_id",
    "reference",
    "type",
    "principal",
    "open",
    "unit",
    "imposed_on",
    "due_on",
    "as_of",
    "payment_reference",
    "stage",
    "collective",
)
