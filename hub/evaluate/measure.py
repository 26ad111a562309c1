"""What the hub made of it, counted against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from hub.core import Hub
from hub.demo.scripts import RULES
from hub.demo.truth import truth
from hub.evaluate.report import Findings, Linked
from hub.evaluate.statements import Stated
from hub.evaluate.strangers import Stranger
from hub.store import (
    claim_link,
    claim_statement,
    early_signal,
    finding,
    match_candidate,
    resident,
    source,
    standing,
)
from hub.testing.world import Municipality


def persons(connection: Connection, hub: Hub, strangers: Iterable[Stranger]) -> Linked:
    """Return how the strangers were linked, by the signals that told of them."""
    query = (
        select(early_signal.c.key, early_signal.c.subject_id, resident.c.bsn_hash)
        .outerjoin(resident, resident.c.id == early_signal.c.resident_id)
        .where(standing(early_signal))
    )
    found = {key: (subject_id, who) for key, subject_id, who in connection.execute(query)}
    asks = select(match_candidate.c.subject_id).where(match_candidate.c.asked)
    asked = set(connection.execute(asks).scalars())
    counted: Counter[str] = Counter()
    for one in strangers:
        # A description without any hold is refused at the door, as it should be.
        subject_id, who = found.get(one.key, (None, None))
        right = who is not None and one.bsn is not None and who == _hash(hub, one.bsn)
        counted.update(marks(who is not None, right, one.linkable))
        counted["asked"] += subject_id in asked
    return Linked(**counted)


def marks(linked: bool, right: bool, linkable: bool) -> Iterable[str]:
    """Yield the counts of Linked that one description adds to."""
    yield "told"
    if linked:
        yield "right" if right else "wrong"
    if linkable:
        yield "linkable"
    if linkable and right:
        yield "found"


def _hash(hub: Hub, bsn: str) -> str:
    return hub.keys.fingerprint(f"bsn:{bsn}")


def claims(connection: Connection, source_name: str, statements: Iterable[Stated]) -> Linked:
    """Return how a source's statements were linked: to the claim with that number of the creditor.

    A statement that shares its claim with no creditor's own stands alone, and is not linked.
    """
    owner = (
        select(claim_statement.c.claim_id, claim_statement.c.reference)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(standing(claim_statement), source.c.role == "creditor")
    )
    numbers: dict[int, set[str]] = {}
    for claim_id, reference in connection.execute(owner):
        numbers.setdefault(claim_id, set()).add(reference)
    query = (
        select(claim_statement.c.key, claim_statement.c.claim_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(standing(claim_statement), source.c.name == source_name)
    )
    found = dict(connection.execute(query).all())
    asked = _asked_of(connection, source_name)
    counted: Counter[str] = Counter()
    for one in statements:
        linked = numbers.get(found[one.key], set())
        counted.update(marks(bool(linked), one.number in linked, one.linkable))
        counted["asked"] += one.key in asked
    return Linked(**counted)


def _asked_of(connection: Connection, source_name: str) -> set[str]:
    """Return the statements of a source of which a person is asked to which claim they belong."""
    query = (
        select(claim_link.c.key)
        .join(source, source.c.id == claim_link.c.source_id)
        .where(claim_link.c.asked, source.c.name == source_name)
    )
    return set(connection.execute(query).scalars())


def findings(connection: Connection, hub: Hub, town: Municipality) -> Findings:
    """Return which planted findings are missing, and which of their rules nobody planted."""
    planted = {(one.rule, _hash(hub, bsn), one.key) for bsn, one in truth(town)}
    query = (
        select(finding.c.rule, resident.c.bsn_hash, finding.c.key)
        .join(resident, resident.c.id == finding.c.resident_id)
        .where(finding.c.closed_at.is_(None), finding.c.rule.in_(RULES))
    )
    found = {tuple(row) for row in connection.execute(query)}
    return Findings(_by_rule(planted), _by_rule(planted - found), _by_rule(found - planted))


def _by_rule(some: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    return dict(sorted(Counter(rule for rule, _, _ in some).items()))
