"""Linking and unlinking statements on the page of a resident, and totals beside their claims."""

from __future__ import annotations

import re
from typing import Any

import pytest
from book import Book, read_all
from chain import case, tax_claim
from sqlalchemy import select
from test_pages import open_first

from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import audit_log, claim, claim_statement, source

WHY = "Gebeld met de gemeente."


@pytest.fixture
def told(hub: Hub, book: Book, file: Book) -> Hub:
    """Two equal claims and a line that fits both, beside one that has its line."""
    book.put(
        "claims",
        tax_claim("2026-01234", 28000),
        tax_claim("2025-09876", 28000),
        tax_claim("2024-00777", 5000),
    )
    file.put("all", case(0, ("", 280, -1), ("2024-777", 45, -1)))
    for name in ("book", "file"):
        read_all(hub, name)
    reconcile(hub)
    return hub


def ids(hub: Hub, number: str) -> tuple[int, int]:
    """The claim with a number, and the file's statement without one."""
    with hub.reader.connect() as connection:
        one = connection.execute(select(claim.c.id).where(claim.c.reference == number)).scalar_one()
        other = select(claim_statement.c.id).join(source).where(source.c.name == "file")
        loose = other.where(
            claim_statement.c.reference == "", claim_statement.c.superseded_at.is_(None)
        )
        return one, connection.execute(loose).scalar_one()


def judge(person: Any, path: str, statement: int, doe: str, claim_id: int, why: str = WHY) -> Any:
    form = {"doe": doe, "claim": str(claim_id), "reason": why}
    return person.post(f"{path}/opgaven/{statement}", page=path, **form)


def deeds(hub: Hub) -> list[tuple[str, str, str]]:
    query = select(audit_log).where(audit_log.c.action.like("statement_%"))
    with hub.reader.connect() as connection:
        return [(row.action, row.actor, row.object) for row in connection.execute(query)]


def test_the_question_the_answer_and_taking_it_back(told: Hub, signed_in: Any) -> None:
    anna = signed_in("hulpverlener")
    path, page = open_first(anna)
    assert "Is dit dezelfde vordering?" in page.text
    assert "het bedrag klopt op die dag" in page.text
    assert "gekoppeld op nummer" in page.text
    right, line = ids(told, "2025-09876")
    done = judge(anna, path, line, "link", right)
    assert done.status_code == 200
    assert "gekoppeld door een medewerker" in done.text
    assert f"Reden: {WHY}" in done.text
    assert "Is dit dezelfde vordering?" not in done.text
    back = judge(anna, path, line, "undo", right, "Toch niet zeker genoeg.")
    assert "Is dit dezelfde vordering?" in back.text
    assert deeds(told) == [
        ("statement_link", "hulpverlener", f"statement:{line}"),
        ("statement_undo", "hulpverlener", f"statement:{line}"),
    ]


def test_what_is_wrong_is_told_and_changes_nothing(told: Hub, signed_in: Any) -> None:
    anna = signed_in("hulpverlener")
    path, _ = open_first(anna)
    right, line = ids(told, "2025-09876")
    short = judge(anna, path, line, "link", right, "kort")
    assert (short.status_code, "Schrijf ten minste 10 tekens" in short.text) == (400, True)
    nobody = judge(anna, path, line, "link", 99999)
    assert (nobody.status_code, "Kies een vordering van deze" in nobody.text) == (400, True)
    assert judge(anna, path, line, "weggooien", right).status_code == 400
    assert judge(anna, path, 99999, "link", right).status_code == 403
    assert deeds(told) == []


def test_who_does_not_see_both_sides_links_nothing(told: Hub, signed_in: Any) -> None:
    path, _ = open_first(signed_in("hulpverlener"))
    _, line = ids(told, "2025-09876")
    right, _ = ids(told, "2026-01234")
    collector = signed_in("invorderaar")
    page = collector.get(path)
    assert (page.status_code, "Is dit dezelfde vordering?" in page.text) == (200, False)
    assert judge(collector, path, line, "link", right).status_code == 403


def test_a_total_stands_beside_its_claims_and_counts_for_none(
    told: Hub, file: Book, signed_in: Any
) -> None:
    file.put("all", case(0, ("2024-777", 45, -1), ("", 500, -1)))
    read_all(told, "file")
    reconcile(told)
    anna = signed_in("hulpverlener")
    path, before = open_first(anna)
    assert "Eén bedrag voor meer vorderingen" not in before.text
    right, line = ids(told, "2025-09876")
    other, _ = ids(told, "2026-01234")
    page = before.text
    form = {"doe": "link", "claim": [str(right), str(other)], "reason": WHY}
    done = anna.post(f"{path}/opgaven/{line}", page=path, **form).text
    assert "Eén bedrag voor meer vorderingen" in done
    assert "Totaal van 2 vorderingen" in done
    assert "verschil -€ 60,00" in done
    assert "over 2 vorderingen, telt niet mee" in done
    total = re.compile(r'id="totaal">([^<]+)<')
    assert total.findall(done) == total.findall(page), "the total owed is what it was"
