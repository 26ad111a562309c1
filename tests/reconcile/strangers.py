"""People with and without BSN, for tests of matching: who is known, and how others tell."""

from __future__ import annotations

from typing import Any

from book import BSNS, facts_record
from chain import Chain
from sqlalchemy import select

from hub.connector import Record
from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import claim_statement, match_candidate, resident, subject

#: A household: two parents, a daughter, and a neighbour with the name of one of them.
JAN = {
    "initials": "J.M.",
    "prefix": "van den",
    "surname": "Droomberg",
    "birth_date": "1980-05-12",
    "gender": "Man",
    "postcode": "9999 AB",
    "house_number": "14",
    "addition": "A",
}
AYSE = JAN | {
    "initials": "A.",
    "prefix": "",
    "surname": "Çelikveld",
    "birth_date": "1982-11-30",
    "gender": "Vrouw",
}
SOFIE = JAN | {"initials": "S.", "birth_date": "2004-02-03", "gender": "Vrouw"}
PIET = JAN | {"initials": "P.", "birth_date": "1955-01-20", "house_number": "16", "addition": ""}
PEOPLE = (JAN, AYSE, SOFIE, PIET)


def known(number: int, **more: Any) -> Record:
    """A claim in the tax ledger of one of PEOPLE, with the BSN."""
    return _claim(f"K{number}", {"bsn": BSNS[number], **PEOPLE[number], **more})


def unknown(key: str, who: dict[str, Any], **more: Any) -> Record:
    """A claim in a debt-help file, of somebody without BSN."""
    return _claim(key, {**who, **more})


def _claim(key: str, person: dict[str, Any]) -> Record:
    data = {
        "person": person,
        "reference": key,
        "creditor": "stad",
        "type": "ozb",
        "open": 100_00,
        "as_of": "2026-11-20",
        "due_on": "2026-06-01",
    }
    return facts_record(key, ("claim_statement", key, data))


def told_of(chain: Chain, key: str) -> tuple[str | None, str | None, str | None]:
    """BSN of whom a claim without BSN was linked to, how, and why not."""
    reconcile(chain.hub)
    with chain.hub.reader.connect() as connection:
        query = (
            select(resident.c.bsn, subject.c.method, subject.c.dropout)
            .select_from(claim_statement)
            .join(subject, subject.c.id == claim_statement.c.subject_id)
            .outerjoin(resident, resident.c.id == subject.c.resident_id)
            .where(claim_statement.c.key == key, claim_statement.c.superseded_at.is_(None))
        )
        bsn, method, dropout = connection.execute(query).one()
        facts = select(claim_statement.c.resident_id, subject.c.resident_id).join(
            subject, subject.c.id == claim_statement.c.subject_id
        )
        assert all(mine == its for mine, its in connection.execute(facts)), "facts follow"
    return chain.hub.keys.open(bsn, "resident.bsn") if bsn else None, method, dropout


def asked(hub: Hub) -> list[tuple[int, str]]:
    """The pairs (subject, resident) that a person is asked about."""
    query = select(match_candidate.c.subject_id, match_candidate.c.resident_id).where(
        match_candidate.c.asked
    )
    with hub.reader.connect() as connection:
        return [(row.subject_id, row.resident_id) for row in connection.execute(query)]


def state(hub: Hub) -> list[tuple[Any, ...]]:
    """What the hub made of every stranger, in words that another hub would use too."""
    query = (
        select(claim_statement.c.key, resident.c.bsn, subject.c.method, subject.c.dropout)
        .select_from(claim_statement)
        .join(subject, subject.c.id == claim_statement.c.subject_id)
        .outerjoin(resident, resident.c.id == subject.c.resident_id)
        .where(subject.c.bsn_hash.is_(None), claim_statement.c.superseded_at.is_(None))
        .order_by(claim_statement.c.key)
    )
    pairs = (
        select(claim_statement.c.key, resident.c.bsn, match_candidate.c.score)
        .join(match_candidate, match_candidate.c.subject_id == claim_statement.c.subject_id)
        .join(resident, resident.c.id == match_candidate.c.resident_id)
        .where(match_candidate.c.asked, claim_statement.c.superseded_at.is_(None))
    )
    with hub.reader.connect() as connection:
        told = [
            (key, hub.keys.open(bsn, "resident.bsn") if bsn else None, *rest)
            for key, bsn, *rest in connection.execute(query)
        ]
        asks = sorted(
            (key, hub.keys.open(bsn, "resident.bsn"), round(score, 6))
            for key, bsn, score in connection.execute(pairs)
        )
    return [*told, *asks]
