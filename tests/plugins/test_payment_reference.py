"""The betalingskenmerk: its check digit, its lengths, and where it stands in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.payment_reference import check_digit, find_payment_reference, is_payment_reference

GOOD = "5000056789012345"

VECTORS = {
    GOOD: True,
    "12234534622567": True,
    "5000056789012346": False,
    "1234567": True,  # seven digits have no check
    "12345678": False,
    "500005678901234": False,
    "": False,
    "５０００056789012345": False,
    "5000 0567 8901 2345": False,
}


@pytest.mark.parametrize(("text", "right"), VECTORS.items())
def test_what_is_a_payment_reference(text: str, right: bool) -> None:
    assert is_payment_reference(text) is right


@given(st.from_regex(r"[0-9]{15}\Z", fullmatch=True), st.integers(0, 15), st.integers(1, 9))
def test_a_slip_of_one_digit_outside_the_two_that_share_a_check_is_found(
    rest: str, at: int, slip: int
) -> None:
    right = check_digit(rest) + rest
    assert is_payment_reference(right)
    wrong = right[:at] + str((int(right[at]) + slip) % 10) + right[at + 1 :]
    # 10 and 1, and 11 and 0, are written the same: a slip between those cannot be seen.
    if check_digit(wrong[1:]) != wrong[0]:
        assert not is_payment_reference(wrong)
    else:
        assert is_payment_reference(wrong)
        assert wrong[0] in "01"


TEXTS = {
    f"Kenmerk {GOOD}": GOOD,
    "kenmerk 5000 0567 8901 2345 aanslag 2026": GOOD,
    "5000.0567.8901.2345": GOOD,
    "5000-0567-8901-2345, 5000056789012345": GOOD,
    "5000056789012346": "",
    f"1{GOOD}": "",
    "5000056789012345 en 0000000000000000": "",  # two that check: it cannot be known which
    "IBAN NL02ABNA0123456789": "",
    "": "",
}


@pytest.mark.parametrize(("text", "found"), TEXTS.items())
def test_it_is_found_in_a_text(text: str, found: str) -> None:
    assert find_payment_reference(text) == found


@given(st.from_regex(r"[0-9]{15}\Z", fullmatch=True), st.sampled_from([" ", ".", "-", ""]))
def test_it_is_found_in_whatever_groups(rest: str, gap: str) -> None:
    whole = check_digit(rest) + rest
    told = gap.join(whole[at : at + 4] for at in range(0, 16, 4))
    assert find_payment_reference(f"aanslag {told} dank") == whole
