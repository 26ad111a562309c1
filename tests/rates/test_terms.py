"""Terms as a lawyer would check them: step, date of the step, date of the term."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from hub.rates import terms

TABLE: list[tuple[Callable[[date], date], str, str]] = [
    (terms.payment_due, "2026-02-28", "2026-04-11"),  # a Saturday: not moved (Iw 9(10))
    (terms.payment_due, "2024-01-31", "2024-03-13"),  # over 29 February
    (terms.payment_due, "2023-01-31", "2023-03-14"),
    (terms.payment_due, "2025-12-01", "2026-01-12"),  # over the turn of the year
    (terms.payment_due, "2026-02-22", "2026-04-05"),  # Easter Sunday: not moved
    (lambda on: terms.payment_due(on, "naheffing"), "2026-12-25", "2027-01-08"),
    (lambda on: terms.payment_due(on, "parkeren"), "2026-12-25", "2026-12-25"),
    (terms.aanmaning_due, "2026-04-13", "2026-04-27"),  # King's Day: not moved
    (terms.dwangbevel_from, "2026-04-13", "2026-04-28"),
    (terms.served_by_post, "2026-12-31", "2027-01-02"),
    (terms.served_by_post, "2024-02-28", "2024-03-01"),
    (terms.renewed_order_due, "2026-05-01", "2026-05-03"),
    (terms.claim_on_income_from, "2026-02-01", "2026-03-01"),
    (terms.claim_on_income_from, "2024-02-01", "2024-02-29"),
    (terms.bank_claim_until, "2026-12-28", "2027-01-04"),
    (terms.limitation, "2021-03-14", "2026-03-14"),
    (terms.limitation, "2024-02-29", "2029-02-28"),
    (lambda on: terms.limitation(on, 31), "2021-03-01", "2026-04-01"),
    (terms.first_talk_until, "2026-03-02", "2026-03-30"),
    (terms.first_talk_until, "2026-03-09", "2026-04-07"),  # Easter Monday: Tuesday
    (lambda on: terms.first_talk_until(on, True), "2026-04-02", "2026-04-09"),  # over Easter
    (terms.help_decision_until, "2026-10-31", "2026-12-28"),  # Boxing Day on Saturday: Monday
]


@pytest.mark.parametrize(("term", "begins", "ends"), TABLE)
def test_terms_by_date(term: Callable[[date], date], begins: str, ends: str) -> None:
    assert term(date.fromisoformat(begins)).isoformat() == ends


@pytest.mark.parametrize(
    ("last", "moved"),
    [
        ("2026-11-23", "2026-11-23"),  # an ordinary Monday
        ("2026-11-21", "2026-11-23"),  # Saturday
        ("2026-11-22", "2026-11-23"),  # Sunday
        ("2026-12-25", "2026-12-28"),  # Christmas and the weekend after it
        ("2027-01-01", "2027-01-04"),  # New Year on a Friday
        ("2026-04-03", "2026-04-07"),  # Good Friday to Tuesday after Easter
        ("2026-05-14", "2026-05-15"),  # Ascension Day
        ("2025-05-05", "2025-05-06"),  # Liberation Day in a fifth year
        ("2026-05-05", "2026-05-06"),  # and in any other year
    ],
)
def test_a_term_under_the_algemene_termijnenwet_ends_on_a_working_day(
    last: str, moved: str
) -> None:
    assert terms.extended(date.fromisoformat(last)).isoformat() == moved


def test_an_unknown_kind_has_no_term() -> None:
    with pytest.raises(KeyError):
        terms.payment_due(date(2026, 1, 1), "boete")
