"""What a question in a CSV of the portal tells the hub, and the answer when it stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hub.clock import add_working_days
from hub.connector import Fact, RecordError
from plugins.schuldenknooppunt.csv_table import (
    ADDRESS_PARTS,
    AGREES,
    CONVERSATION,
    NAME_PARTS,
    NOT_KNOWN,
    ON,
    REFERENCE,
    SORT,
    Row,
    cell,
    cents,
    day,
    listed,
    parts,
    sort,
)
from plugins.schuldenknooppunt.kinds import ANSWER_WORKING_DAYS
from plugins.schuldenknooppunt.messages import is_uuid
from plugins.schuldenknooppunt.tables import UNKNOWN
from schemas.fields import shown

Tree = dict[str, Any]


def question_key(row: Row) -> str:
    """Return what tells a question apart; its number is only unique at who asked it."""
    return f"{row.get(CONVERSATION, '').lower()}:{row.get(REFERENCE, '')}"


def facts_of_rows(rows: list[Row], first_seen: str, balance: str) -> list[Fact]:
    """Return the facts of the rows of one question. Raises RecordError with every problem.

    The file does not say when a question was asked: the day on which it was first read stands for
    it. `balance` is the column of the current balance, empty where nobody told its name.
    """
    row, problems = rows[0], list[str]()
    for column in (CONVERSATION, REFERENCE, "Klant"):
        if not row.get(column):
            problems.append(f"{column} ontbreekt")
    if (talk := row.get(CONVERSATION, "")) and not is_uuid(talk):
        problems.append(f"{CONVERSATION} is {shown(talk)}; verwacht een UUID")
    if any(one.get("Klant") != row.get("Klant") for one in rows):
        problems.append("De regels van deze vraag noemen niet dezelfde Klant")
    person = _person(row, problems)
    about: Tree = {
        "person": person,
        "conversation": row.get(CONVERSATION, "").lower(),
        "direction": "in",
        "party": row.get("Schuldhulpverlener", "")[:40] or "onbekend",
        "sent_on": first_seen,
    }
    due = add_working_days(date.fromisoformat(first_seen), ANSWER_WORKING_DAYS)
    number, key = row.get(REFERENCE, ""), question_key(row)
    told = {"type": "Saldoverzoek", "reference": number, "due_on": due.isoformat()}
    details = {
        "rijen": rows,
        "facturen": listed(row.get("Vordering.FactuurnummerSEVolgensSHV", "")),
    }
    facts = [
        Fact("message", key, {**about, **told, "details": details}),
        Fact("balance_request", key, about),
        *_answer(rows, about, key, balance, problems),
    ]
    if problems:
        raise RecordError(problems)
    return facts


def _person(row: Row, problems: list[str]) -> Tree:
    found: Tree = parts(row.get("Klant", ""), NAME_PARTS) | parts(
        row.get("Adres", ""), ADDRESS_PARTS
    )
    # The hub keeps a house letter and what follows it as one.
    found["addition"] = found.pop("letter", "") + found.get("addition", "")
    if "birth_date" in found:
        told = {"Geboortedatum": found["birth_date"]}
        found["birth_date"] = cell(told, "Geboortedatum", day, "Klant", problems)
    return found


def _answer(
    rows: list[Row], about: Tree, key: str, balance: str, problems: list[str]
) -> Iterator[Fact]:
    answered_on = cell(rows[0], ON, day, "Antwoord", problems)
    if answered_on is None:
        return
    total = 0
    for at, row in enumerate(rows, start=1):
        known = cell(row, SORT, sort, f"Antwoord[{at}]", problems)
        if known not in (None, UNKNOWN) and balance:
            total += cell(row, balance, cents, f"Antwoord[{at}]", problems) or 0
    unknown = rows[0].get(NOT_KNOWN) == "Ja"
    data = {
        "conversation": about["conversation"],
        "direction": "out",
        "party": about["party"],
        "answered_on": answered_on,
        "outcome": "klant_onbekend" if unknown else "saldo",
        "reason": "vooraf akkoord" if rows[0].get(AGREES) == "Ja" else "",
        "total": total if balance and not unknown else None,
    }
    yield Fact("balance_answer", f"{key}-antwoord", data)
