"""The access table says what the purpose table of the law and practice notes says (2.6)."""

from __future__ import annotations

import pytest

from hub.security.fields import _GROUPS, COMMANDS
from hub.security.grounds import cases
from hub.security.roles import CASEWORKERS, ROLES
from hub.security.table import Cell, groups

ORDER = (
    "collector",
    "remission_officer",
    "signal_worker",
    "debt_counsellor",
    "benefit_collector",
    "administrator",
    "privacy_officer",
)

#: Read as the table of the notes: one row per field group, one column per role in that order.
#: "C:BCD" is read in case B, C or D; a dot is nothing.
TABLE = """
identity            R   R   R       R       R   .   L
contact             RW  R   R       RW      RW  .   L
tax_claim           RW  R   C:BCD   C:ABD   .   .   L
tax_costs           RW  R   .       C:ABD   .   .   .
plan                RW  R   C:B     C:ABD   .   .   .
remission           R   RW  .       C:ABD   .   .   .
remission_inputs    .   RW  .       .       .   .   .
signal              .   .   RW      C:A     .   .   L
signal_result       A   .   RW      R       .   .   A
help_file           .   .   S       RW      .   .   L
hold                R   R   R       RW      R   R   R
benefit_claim       .   .   .       R       RW  .   .
health              .   .   .       C:A     .   .   L
allowance           R   .   .       RW      R   .   .
access_log          S   S   S       S       S   S   R
indicators          A   A   A       A       A   A   A
"""

ROWS = [line.split() for line in TABLE.strip().splitlines()]


def shown(cell: Cell) -> str:
    if cell.right == "C":
        return "C:" + "".join(cell.cases)
    return "." if cell.right == "-" else cell.right


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_cell_is_as_the_purpose_table_says(row: list[str]) -> None:
    name, *expected = row
    assert [shown(groups()[name].cell(role)) for role in ORDER] == expected


def test_the_table_knows_no_other_group_or_role() -> None:
    assert {row[0] for row in ROWS} == set(groups())
    assert set(ORDER) == set(ROLES)


def test_nobody_sees_both_the_inputs_of_remission_and_changes_claims() -> None:
    for role in ROLES:
        both = (groups()["remission_inputs"].cell(role), groups()["tax_claim"].cell(role))
        assert "-" in (both[0].right,) or "W" not in both[1].right


def test_every_kind_of_fact_is_in_a_group_of_the_table() -> None:
    told = {name for register in _GROUPS.values() for name in register.values()}
    assert told <= set(groups())
    assert {group for group, _ in COMMANDS.values()} <= set(groups())
    # What goes to nobody else rests on no case of sharing.
    assert {letter for _, letter in COMMANDS.values()} - {""} <= set(cases())


def test_a_hold_is_its_own_group_in_every_register() -> None:
    assert {one["hold"] for one in _GROUPS.values() if "hold" in one} == {"hold"}


def test_only_roles_with_a_purpose_look_at_people() -> None:
    for name, role in ROLES.items():
        assert bool(role.purpose) == (name in CASEWORKERS) == bool(role.ground)


def test_what_rests_on_no_ground_is_off() -> None:
    off = {letter for letter, case in cases().items() if case.default is None}
    assert off == {"C", "D", "G"}, "tax to early signal, a decision of the college, Iw 67"
