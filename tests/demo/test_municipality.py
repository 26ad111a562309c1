"""The synthetic municipality: lawful, repeatable, and wrong only where it says so."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from itertools import islice
from random import Random

import pytest

from hub.demo.ledger import REFUSE, Account, impose
from hub.demo.municipality import SyntheticMunicipality
from hub.demo.people import bsn_of, is_adult
from hub.testing.world import Dossier, Municipality, TaxClaim
from schemas import CLAIM_TYPES, EVENTS, KINDS, STAGES, elfproef

TODAY = date(2026, 11, 23)
COERCION = ("dwangbevel", "vooraankondiging", "vordering", "beslag")


# --- the stream -----------------------------------------------------------------------------


def test_every_call_gives_the_same_stream(
    town: SyntheticMunicipality, dossiers: list[Dossier]
) -> None:
    assert list(town.dossiers()) == dossiers
    again = SyntheticMunicipality(seed=town.seed, today=TODAY)
    assert list(again.dossiers()) == dossiers


def test_another_seed_gives_other_people() -> None:
    first, second = (next(SyntheticMunicipality(seed=seed).dossiers()) for seed in (1, 2))
    assert first.person.bsn == second.person.bsn
    assert first != second


@pytest.mark.parametrize("size", [1, 7, 16, 333])
def test_the_size_is_exact_and_numbers_run_on(size: int) -> None:
    numbers = [one.person.number for one in SyntheticMunicipality(size=size).dossiers()]
    assert numbers == list(range(size))


def test_a_larger_municipality_starts_the_same() -> None:
    small = list(SyntheticMunicipality(size=300).dossiers())
    large = list(islice(SyntheticMunicipality(size=1_000_000).dossiers(), 300))
    assert small[:290] == large[:290]


def test_a_size_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(ValueError, match="size is 0; expected 1 to 1000000"):
        SyntheticMunicipality(size=0)
    with pytest.raises(ValueError, match="size is 1000001"):
        SyntheticMunicipality(size=1_000_001)


def test_a_day_without_known_tariffs_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 2026-01-01 or later"):
        SyntheticMunicipality(today=date(2025, 12, 31))


def test_it_is_a_municipality(town: SyntheticMunicipality) -> None:
    municipality: Municipality = town
    assert (municipality.code, municipality.name) == ("9999", "Voorbeeldstad")
    first, *others = municipality.organisations
    assert (first.code, first.kind) == ("voorbeeldstad-belastingen", "gemeente")
    assert "waterschap-denkbeeldige-delta" in [one.code for one in others]
    assert [one.code for one in others if one.valid_until] == ["belastingen-fictiefland"]
    assert len({one.skp_id for one in municipality.organisations}) == 4


def test_organisations_fit_the_contract(town: SyntheticMunicipality) -> None:
    for one in town.organisations:
        KINDS["participant"].load({name: getattr(one, name) for name in one.__slots__})


# --- people ---------------------------------------------------------------------------------


def test_bsns_are_valid_and_unique() -> None:
    numbers = [bsn_of(number) for number in range(20_000)]
    assert len(set(numbers)) == 20_000
    assert all(len(bsn) == 9 and elfproef(bsn) for bsn in numbers)


def test_bsns_of_a_million_residents() -> None:
    spots = [*range(0, 1_000_000, 997), *range(999_900, 1_000_000)]
    numbers = {bsn_of(number) for number in spots}
    assert len(numbers) == len(set(spots))
    assert all(len(bsn) == 9 and elfproef(bsn) for bsn in numbers)


def test_bsns_leave_the_test_range_in_the_documented_places() -> None:
    starts = {0: "9999", 8_999: "9999", 9_000: "9998", 89_999: "999", 90_000: "998"}
    for number, start in starts.items():
        assert bsn_of(number).startswith(start)
    assert bsn_of(899_999).startswith("99")
    assert bsn_of(999_999).startswith("98")


def test_persons_fit_the_contract(dossiers: list[Dossier]) -> None:
    for one in dossiers:
        person = one.person
        KINDS["person"].load({name: getattr(person, name) for name in person.__slots__})


def test_households_share_a_house(dossiers: list[Dossier]) -> None:
    homes = Counter((p.person.street, p.person.house_number) for p in dossiers)
    assert set(homes.values()) <= {1, 2, 3, 4, 5}
    assert max(homes.values()) == 5


def test_names_and_contacts_are_visibly_made_up(dossiers: list[Dossier]) -> None:
    people = [one.person for one in dossiers]
    assert {p.city for p in people} == {"Voorbeeldstad"}
    assert all(re.fullmatch(r"9999 [A-Z]{2}", p.postcode) for p in people)
    assert all(re.fullmatch(r"(06-0000\d{4})?", p.phone) for p in people)
    assert all(p.email.endswith("@voorbeeld.example") for p in people if p.email)
    assert any(p.prefix == "van der" for p in people)
    assert any(not p.surname.isascii() for p in people)


def test_only_adults_owe(dossiers: list[Dossier]) -> None:
    owing = [one for one in dossiers if one.claims or one.case or one.vish or one.sent]
    assert all(is_adult(one.person, TODAY) for one in owing)
    assert any(not is_adult(one.person, TODAY) for one in dossiers)


# --- claims ---------------------------------------------------------------------------------


def test_numbers_are_unique_and_hold_no_bsn(dossiers: list[Dossier]) -> None:
    claims = [claim for one in dossiers for claim in one.claims]
    keys = [event.key for claim in claims for event in claim.events]
    marks = [hold.reference for one in dossiers for hold in one.holds]
    marks += [entry.reference for one in dossiers for entry in one.vish]
    marks += [claim.number for claim in claims] + keys
    assert len(marks) == len(set(marks))
    assert not any(re.search(r"\d{9}", mark) for mark in marks)
    assert all(re.fullmatch(r"20\d\d-\d{7}-\d\d", claim.number) for claim in claims)


def test_claims_speak_the_words_of_the_contract(claims: list[TaxClaim]) -> None:
    assert {claim.kind for claim in claims} <= set(CLAIM_TYPES)
    assert {claim.stage for claim in claims} <= set(STAGES)
    kinds = {event.kind for claim in claims for event in claim.events}
    assert kinds <= {*EVENTS, "betaling"}
    assert kinds >= {"opgelegd", "betaling", "kwijtschelding", "rente", *COERCION}


def test_due_dates(claims: list[TaxClaim]) -> None:
    for claim in claims:
        days = 0 if claim.kind == "parkeerbelasting" else 42
        assert claim.due_on == claim.imposed_on + timedelta(days=days)
        assert claim.tax_year == claim.imposed_on.year


def test_steps_of_collection_keep_their_terms(claims: list[TaxClaim]) -> None:
    # The step, the step it must follow, and the least number of days between them.
    terms = (("dwangbevel", "aanmaning", 14), ("vordering", "vooraankondiging", 28))
    checked: Counter[str] = Counter()
    for claim in claims:
        on = {event.kind: event.on for event in claim.events if event.kind != "betaling"}
        for step in {"herinnering", "aanmaning"} & set(on):
            assert on[step] > claim.due_on
        for step, before, days in terms:
            if step in on:
                assert (on[step] - on[before]).days >= days
                checked[step] += 1
        assert "vooraankondiging" not in on or on["vooraankondiging"] > on["dwangbevel"]
    assert min(checked["dwangbevel"], checked["vordering"]) > 20


def test_events_stand_in_order_and_never_in_the_future(claims: list[TaxClaim]) -> None:
    for claim in claims:
        days = [event.on for event in claim.events]
        assert days == sorted(days)
        assert days[0] == claim.imposed_on
        assert days[-1] <= TODAY


def test_balances_never_fall_below_zero(claims: list[TaxClaim]) -> None:
    for claim in claims:
        balance = 0
        for event in claim.events:
            balance += event.amount
            assert balance >= 0


def test_the_stage_is_that_of_the_last_step(claims: list[TaxClaim]) -> None:
    for claim in claims:
        steps = [event.kind for event in claim.events if event.kind in STAGES]
        last = steps[-1] if steps else "aanslag"
        assert claim.stage == (last if claim.open else "voldaan")


def test_costs_follow_the_kostenwet(claims: list[TaxClaim]) -> None:
    charged = {
        (event.on.year, event.amount)
        for claim in claims
        for event in claim.events
        if event.kind == "aanmaning"
    }
    low_and_high = {2024: (9, 19), 2025: (9, 21), 2026: (10, 22)}
    assert all(amount // 100 in low_and_high[year] for year, amount in charged)


def test_most_claims_are_paid_and_some_have_plans_or_requests(
    dossiers: list[Dossier], claims: list[TaxClaim]
) -> None:
    assert 1.0 < len(claims) / len(dossiers) < 1.4
    assert sum(not claim.open for claim in claims) / len(claims) > 0.8
    assert 0.02 < sum(claim.plan is not None for claim in claims) / len(claims) < 0.06
    assert 0.01 < sum(claim.remission is not None for claim in claims) / len(claims) < 0.05


def _account() -> Account:
    return impose(Random(1), "2026-0000001-01", REFUSE, date(2026, 2, 28))


def test_an_account_refuses_what_breaks_the_books() -> None:
    account = _account()
    with pytest.raises(ValueError, match="comes before the last event"):
        account.book("betaling", date(2026, 2, 27), -1)
    with pytest.raises(ValueError, match="makes the balance negative"):
        account.book("betaling", date(2026, 3, 1), -account.open - 1)
