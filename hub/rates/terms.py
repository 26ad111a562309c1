"""Terms of collection and debt help as dated functions, each with its article.

Tax terms run through weekends and holidays: the Algemene termijnenwet does not apply to them
(Invorderingswet 1990 art. 9(10)). A term of weeks ends on the same weekday as it starts from.
`extended` is for terms to which that law does apply (its art. 1).
"""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from hub.clock import add_working_days, is_working_day

_DAY = timedelta(days=1)
_LIBERATION_DAY = (5, 5)


def extended(last: date) -> date:
    """Return the end of a term that the Algemene termijnenwet moves to a working day (art. 1).

    That law names 5 May every year (art. 3(1)), though most people work then.
    """
    while not is_working_day(last) or (last.month, last.day) == _LIBERATION_DAY:
        last += _DAY
    return last


def payment_due(imposed: date, kind: str = "aanslag") -> date:
    """Return the last day to pay an assessment; the date on it is `imposed`.

    "aanslag" six weeks (Iw 9(1)), "naheffing" fourteen days (Iw 9(2)), "parkeren" at once
    (Gemeentewet 234(8)). A belastingverordening may set other terms (Gemeentewet 250(1)).
    Raises KeyError for another kind.
    """
    return imposed + timedelta(days={"aanslag": 42, "naheffing": 14, "parkeren": 0}[kind])


def aanmaning_due(on: date) -> date:
    """Return the last day to pay after an aanmaning: two weeks from its date (Iw 11)."""
    return on + timedelta(weeks=2)


def dwangbevel_from(aanmaning_on: date) -> date:
    """Return the first day for a dwangbevel: after the term of the aanmaning (Iw 12).

    Early collection may skip steps (Iw 10 and 15); that is for the caller to know.
    """
    return aanmaning_due(aanmaning_on) + _DAY


def served_by_post(posted: date) -> date:
    """Return the day on which a posted dwangbevel counts as served: two days later (Iw 13)."""
    return posted + timedelta(days=2)


def renewed_order_due(served: date) -> date:
    """Return the last day to pay after a hernieuwd bevel: within two days (Iw 14)."""
    return served + timedelta(days=2)


def claim_on_income_from(announced: date) -> date:
    """Return the first day for a claim on income: four weeks after the letter (Iw 19(9)).

    A claim on a bank needs no vooraankondiging.
    """
    return announced + timedelta(weeks=4)


def bank_claim_until(told: date) -> date:
    """Return the last day on which a bank must pay: one week after the notice (Iw 19(4))."""
    return told + timedelta(weeks=1)


def limitation(due: date, stopped_days: int = 0) -> date:
    """Return the day on which a claim lapses: five years after it was due (Awb 4:104).

    `stopped_days` is how long uitstel or WSNP extended it (Awb 4:111). After a letter that
    interrupts it (Iw 27(1)) the five years start again: give the day of that letter as `due`.
    A claim due on 29 February lapses on 28 February when that year has no 29th.
    """
    return due + relativedelta(years=5) + timedelta(days=stopped_days)


def first_talk_until(asked: date, threatening: bool = False) -> date:
    """Return the last day for the first talk about debt help (Wgs 4(1) and 4(2)).

    Four weeks; three working days when eviction, cut-off or the end of insurance threatens. That
    the four weeks move to a working day is the reading of the Algemene termijnenwet used here.
    """
    return add_working_days(asked, 3) if threatening else extended(asked + timedelta(weeks=4))


def help_decision_until(first_talk: date) -> date:
    """Return the last day to decide on debt help: at most eight weeks (Wgs 4a(3)).

    A verordening may set less. Moved to a working day, read as in `first_talk_until`.
    """
    return extended(first_talk + timedelta(weeks=8))
