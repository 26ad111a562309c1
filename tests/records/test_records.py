"""The canonical records: what they accept, and the sentence for what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import KINDS, ValidationError, elfproef, problems


def refused(kind: str, **data: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        KINDS[kind].load(data)
    return problems(caught.value, kind)


def test_every_fault_is_told_with_its_path() -> None:
    told = refused("payment", claim="", on="32-13-2026", amount="twaalf")
    assert told == [
        "payment.claim is leeg; een waarde is verplicht",
        "payment.on is '32-13-2026'; verwacht een datum als 2026-11-23",
        "payment.amount is 'twaalf'; verwacht een bedrag in hele centen",
    ]


def test_no_text_repeats_a_long_number() -> None:
    told = refused("payment", claim="A", on="2026-01-01", amount="999990019x")
    assert told == ["payment.amount is '…x'; verwacht een bedrag in hele centen"]


@pytest.mark.parametrize("text", ["A\x001", "A\ud8001"])
def test_text_that_no_database_can_hold_is_refused(text: str) -> None:
    assert refused("payment", claim=text, on="2026-01-01", amount=1) == [
        "payment.claim bevat tekens die geen tekst zijn; controleer de codering"
    ]


@pytest.mark.parametrize("amount", [1.5, True, "1", None, 10**14, float("nan"), [1]])
def test_an_amount_is_whole_cents_and_nothing_else(amount: Any) -> None:
    assert len(refused("payment", claim="A", on="2026-01-01", amount=amount)) == 1


@pytest.mark.parametrize(
    ("bsn", "valid"),
    [("999990019", True), ("123456782", True), ("123456789", False), ("000000000", False)],
)
def test_elfproef(bsn: str, valid: bool) -> None:
    assert elfproef(bsn) is valid


def test_a_bsn_that_fails_may_be_kept_by_a_source_known_for_it() -> None:
    assert refused("person", bsn="123456789") == [
        "person.bsn voldoet niet aan de elfproef; controleer het BSN"
    ]
    assert KINDS["person"].load({"bsn": "123456789", "bsn_unchecked": True})["bsn"] == "123456789"


@pytest.mark.parametrize("bsn", ["12345678", "1234567890", "12345678a", 123456782, "١٢٣٤٥٦٧٨٢"])
def test_a_bsn_is_nine_digits(bsn: Any) -> None:
    assert refused("person", bsn=bsn) == ["person.bsn is geen BSN: verwacht precies negen cijfers"]


def test_somebody_without_bsn_needs_a_name_or_an_address() -> None:
    assert len(refused("person")) == 1
    assert KINDS["person"].load({"surname": "Jansen"})["bsn"] is None


def test_a_statement_is_about_a_person_or_a_conversation() -> None:
    data = {"type": "ozb", "open": 1, "as_of": "2026-01-01"}
    assert refused("claim_statement", **data) == [
        "claim_statement.person ontbreekt: van wie deze vordering is, is onbekend"
    ]
    assert KINDS["claim_statement"].load({**data, "conversation": "c"})["person"] is None


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(
    st.sampled_from(sorted(KINDS)),
    st.dictionaries(st.text() | st.sampled_from(["person", "open", "on", "bsn"]), values),
)
def test_any_input_is_accepted_or_refused_in_words(kind: str, data: dict[str, Any]) -> None:
    """No input makes a schema break, and every refusal can be told."""
    faults = KINDS[kind].validate(data)
    assert not faults or problems(ValidationError(faults), kind)


def test_every_kind_has_a_table() -> None:
    from hub.store import FACTS

    assert set(KINDS) - {"person"} == set(FACTS)
