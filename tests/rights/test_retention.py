"""Terms: which day something may go, and how a municipality sets its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.core import Hub
from hub.errors import ConfigError
from hub.rights.due import FINDERS
from hub.rights.retention import OWN, RecordClass, classes


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    made: Hub = make_hub()
    return made


#: Class, the day of the event, the first day on which it may go.
CALENDAR = [
    ("claim", date(2020, 3, 3), date(2027, 3, 4)),
    ("claim", date(2020, 2, 29), date(2027, 3, 1)),  # no 29 February: kept to the 28th
    ("claim", date(2020, 12, 31), date(2028, 1, 1)),
    ("claim_part", date(2021, 6, 15), date(2028, 6, 16)),
    ("debt_case", date(2021, 5, 31), date(2026, 6, 1)),
    ("debt_case", date(2024, 2, 29), date(2029, 3, 1)),
    ("early_signal", date(2026, 8, 31), date(2027, 3, 1)),  # six months on is 28 February
    ("early_signal", date(2027, 8, 31), date(2028, 3, 1)),  # and in a leap year the 29th
    ("early_signal", date(2026, 5, 23), date(2026, 11, 24)),
    ("register_entry", date(2022, 1, 1), date(2027, 1, 2)),
    ("hold", date(2021, 11, 22), date(2026, 11, 23)),
    ("contact", date(2021, 4, 30), date(2026, 5, 1)),
    ("bank_payment", date(2019, 11, 22), date(2026, 11, 23)),
    ("linked_case", date(2021, 11, 22), date(2026, 11, 23)),
    ("message", date(2021, 10, 31), date(2026, 11, 1)),
    ("finding", date(2024, 11, 22), date(2026, 11, 23)),
    ("command", date(2021, 11, 30), date(2026, 12, 1)),
    ("flow_run", date(2021, 11, 30), date(2026, 12, 1)),
    ("hold_reason", date(2021, 11, 30), date(2026, 12, 1)),
    ("reject", date(2026, 3, 31), date(2026, 10, 1)),
    ("person", date(2021, 4, 30), date(2026, 5, 1)),
    ("subject", date(2026, 1, 1), date(2026, 7, 2)),
    ("case_link", date(2021, 4, 30), date(2026, 5, 1)),
    ("permission", date(2021, 4, 30), date(2026, 5, 1)),
    ("emergency", date(2021, 4, 30), date(2026, 5, 1)),
    ("flag", date(2021, 4, 30), date(2026, 5, 1)),
    ("sign_in_session", date(2026, 5, 22), date(2026, 11, 23)),
    ("processing_log", date(2021, 11, 22), date(2026, 11, 23)),
    ("audit_log", date(2021, 11, 22), date(2026, 11, 23)),
    ("resident", date(2026, 5, 22), date(2026, 11, 23)),
]


@pytest.mark.parametrize(("name", "ended_on", "may_go"), CALENDAR)
def test_the_day_a_thing_may_go(hub: Hub, name: str, ended_on: date, may_go: date) -> None:
    one = classes(hub)[name]
    assert one.due_on(ended_on) == may_go
    # A finder that looks no further back than this never misses something that is due.
    assert one.ended_before(may_go) >= ended_on


def test_every_class_has_an_example_and_a_finder(hub: Hub) -> None:
    assert {name for name, *_ in CALENDAR} == classes(hub).keys()
    assert classes(hub).keys() == FINDERS.keys()


def test_a_class_without_a_term_goes_the_day_after() -> None:
    assert RecordClass("x", "", 0, "", "", True).due_on(date(2026, 2, 28)) == date(2026, 3, 1)


def test_every_term_tells_what_it_rests_on_and_that_nobody_confirmed_it(hub: Hub) -> None:
    for one in classes(hub).values():
        assert one.title, one.name
        assert one.starts, one.name
        assert one.ground, one.name
        assert one.confirmed is False, one.name


def own(hub: Hub, text: str) -> Path:
    path: Path = hub.settings.instance / OWN
    path.write_text(text)
    return path


def test_a_municipality_sets_its_own_terms(hub: Hub) -> None:
    own(hub, '[claim]\nyears = 10\nconfirmed = true\nground = "Besluit 12"\n[reject]\nmonths = 2')
    found = classes(hub)
    assert (found["claim"].months, found["claim"].confirmed) == (120, True)
    assert found["claim"].ground == "Besluit 12"
    assert found["claim"].title == "vordering die is afgehandeld"
    assert found["reject"].months == 2
    assert found["hold"].months == 60


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[claims]\nmonths = 2", r"\[claims\] bestaat niet; kies uit: claim, "),
        ("[claim]\nmonth = 2", r"\[claim\] month: Unknown field"),
        ("[claim]\nmonths = -1", r"\[claim\] months: "),
        ("[claim]\nmonths = 1201", r"\[claim\] months: "),
        ('[claim]\nmonths = "2"', r"\[claim\] months: "),
        ("[claim]\nmonths = 2\nyears = 1", r"\[claim\] noemt months én years"),
        ("[claim]\nconfirmed = 'ja'", r"\[claim\] confirmed: "),
        ("claim = 2", r"\[claim\] "),
        ("[claim", "retention.toml is geen geldig TOML-bestand"),
    ],
)
def test_a_wrong_term_is_told(hub: Hub, text: str, why: str) -> None:
    own(hub, text)
    with pytest.raises(ConfigError, match=why):
        classes(hub)


def test_every_fault_is_told_at_once(hub: Hub) -> None:
    own(hub, "[claim]\nmonths = -1\n[hold]\nyears = true\n[x]\n")
    with pytest.raises(ConfigError) as told:
        classes(hub)
    assert all(f"[{name}]" in told.value.user for name in ("claim", "hold", "x"))
