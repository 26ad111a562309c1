"""What is planted is exactly what an independent check over the dossiers finds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from hub.clock import add_working_days
from hub.demo.municipality import SyntheticMunicipality
from hub.demo.scripts import RULES
from hub.demo.truth import counts, truth, write_truth
from hub.testing.world import Case, Dossier, LedgerEvent, TaxClaim

TODAY = date(2026, 11, 23)
COERCION = ("dwangbevel", "vooraankondiging", "vordering", "beslag")


# --- ground truth, checked by brute force ------------------------------------------------------

Found = tuple[str, str, str]


def _active_cases(dossiers: list[Dossier]) -> dict[str, Case]:
    cases = [one.case for one in dossiers if one.case and one.case.ended_on is None]
    return {client.bsn: case for case in cases for client in case.clients}


def _bound(town: SyntheticMunicipality, party: str, on: date) -> bool:
    one = next(one for one in town.organisations if one.code == party)
    return one.valid_from <= on and (one.valid_until is None or on <= one.valid_until)


def _forced(today: date, dossiers: list[Dossier]) -> Iterator[Found]:
    cases = _active_cases(dossiers)
    for one in dossiers:
        case = cases.get(one.person.bsn)
        for claim in (claim for claim in one.claims if claim.open > 0):
            holds = [
                hold
                for hold in one.holds
                if hold.creditor == claim.creditor and hold.starts_on <= today <= hold.ends_on
            ]
            for event in (event for event in claim.events if event.kind in COERCION):
                held = any(hold.starts_on <= event.on <= hold.ends_on for hold in holds)
                if held or (case and event.on >= case.registered_on):
                    yield "dwang_tijdens_hulp", one.person.bsn, event.key


def _vish(today: date, dossiers: list[Dossier]) -> Iterator[Found]:
    cases = _active_cases(dossiers)
    for one in dossiers:
        case = cases.get(one.person.bsn)
        running = [
            entry
            for entry in one.vish
            if entry.starts_on <= today and (entry.ends_on is None or entry.ends_on >= today)
        ]
        if case is None:
            for entry in running:
                yield "vish_zonder_traject", one.person.bsn, entry.reference
        elif case.plan_on and case.plan_on <= today - timedelta(days=2) and not running:
            yield "vish_ontbreekt", one.person.bsn, "vish"


def _silence(town: SyntheticMunicipality, dossiers: list[Dossier]) -> Iterator[Found]:
    for one in dossiers:
        paused = {h.creditor for h in one.holds if h.starts_on <= town.today <= h.ends_on}
        for sent in one.sent:
            key = f"{sent.party}:{sent.sent_on.isoformat()}"
            term = 1 if sent.kind == "notice" else 10
            late = add_working_days(sent.sent_on, term) < town.today
            if sent.kind == "balance_request" and sent.answer is None and late:
                yield "saldo_onbeantwoord", one.person.bsn, key
            bound = _bound(town, sent.party, sent.sent_on)
            if sent.kind == "notice" and late and bound and sent.party not in paused:
                yield "pauze_niet_bevestigd", one.person.bsn, key


def _amounts(dossiers: list[Dossier]) -> Iterator[Found]:
    claims = {claim.number: (one, claim) for one in dossiers for claim in one.claims}
    for debt in (debt for one in dossiers if one.case for debt in one.case.debts):
        if debt.sort == "Publiek" and debt.reference:
            owner, claim = claims[debt.reference]
            later = sum(event.amount for event in claim.events if event.on > debt.as_of)
            if abs(debt.euros * 100 - (claim.open - later)) >= 100:
                yield "bedrag_verschilt", owner.person.bsn, claim.number


def _balance_euros(claim: TaxClaim, on: date) -> int:
    return (sum(event.amount for event in claim.events if event.on <= on) + 50) // 100


def _missing(town: SyntheticMunicipality, dossiers: list[Dossier]) -> Iterator[Found]:
    people = {one.person.bsn: one for one in dossiers}
    kvks = {one.code: one.kvk for one in town.organisations}
    cases = {id(case): case for case in _active_cases(dossiers).values() if case.plan_on}
    for case in cases.values():
        listed = {debt.reference for debt in case.debts}
        unnamed = {(d.creditor_kvk, d.euros, d.as_of) for d in case.debts if not d.reference}
        for client in case.clients:
            for claim in people[client.bsn].claims:
                guesses = {
                    (kvks[claim.creditor], _balance_euros(claim, as_of), as_of)
                    for _, _, as_of in unnamed
                }
                known = claim.number in listed or guesses & unnamed
                if claim.open > 0 and claim.due_on < town.today and not known:
                    yield "vordering_ontbreekt_in_dossier", client.bsn, claim.number


def _found(town: SyntheticMunicipality, dossiers: list[Dossier]) -> list[Found]:
    return sorted(
        [
            *_forced(town.today, dossiers),
            *_vish(town.today, dossiers),
            *_silence(town, dossiers),
            *_amounts(dossiers),
            *_missing(town, dossiers),
        ]
    )


def _planted(dossiers: list[Dossier]) -> list[Found]:
    return sorted((p.rule, one.person.bsn, p.key) for one in dossiers for p in one.planted)


def test_the_truth_is_what_brute_force_finds(
    town: SyntheticMunicipality, dossiers: list[Dossier]
) -> None:
    assert _found(town, dossiers) == _planted(dossiers)
    assert sorted((p.rule, bsn, p.key) for bsn, p in truth(town)) == _planted(dossiers)


# Days on which terms and assessments are at their trickiest: holidays, a weekend, a leap day.
@pytest.mark.parametrize(
    "today",
    [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 16),
        date(2026, 12, 27),
        date(2027, 4, 14),
        date(2028, 2, 29),
    ],
)
def test_the_truth_holds_on_any_day(today: date) -> None:
    town = SyntheticMunicipality(seed=9, size=4000, today=today)
    dossiers = list(town.dossiers())
    assert set(counts(town)) == set(RULES)
    assert max(event.on for one in dossiers for event in _events(one)) <= today
    assert _found(town, dossiers) == _planted(dossiers)


def test_each_rule_is_planted_often_enough(town: SyntheticMunicipality) -> None:
    planted = counts(town)
    assert set(planted) == set(RULES)
    assert min(planted.values()) >= 5


def test_most_people_with_a_case_have_nothing_wrong(dossiers: list[Dossier]) -> None:
    cases = [one for one in dossiers if one.case]
    people = {one.person.bsn: one for one in dossiers}
    clean = [
        one
        for one in cases
        if one.case and not any(people[client.bsn].planted for client in one.case.clients)
    ]
    assert len(cases) >= 35
    assert len(clean) > len(cases) / 2


def test_clients_of_one_case_share_a_house(dossiers: list[Dossier]) -> None:
    couples = [one.case for one in dossiers if one.case and len(one.case.clients) == 2]
    assert len(couples) >= 5
    assert all(len({(p.street, p.house_number) for p in one.clients}) == 1 for one in couples)


def test_a_debt_without_its_number_has_one_possible_claim(
    town: SyntheticMunicipality, dossiers: list[Dossier]
) -> None:
    people = {one.person.bsn: one for one in dossiers}
    kvks = {one.kvk: one.code for one in town.organisations}
    checked = 0
    for case in (one.case for one in dossiers if one.case):
        claims = [claim for client in case.clients for claim in people[client.bsn].claims]
        for debt in (debt for debt in case.debts if not debt.reference):
            creditor = kvks[debt.creditor_kvk]
            mine = [claim for claim in claims if claim.creditor == creditor]
            fits = [one for one in mine if _balance_euros(one, debt.as_of) == debt.euros]
            assert len(fits) == 1
            checked += 1
    assert checked >= 10


# --- what is only just right --------------------------------------------------------------------


def test_borderline_cases_are_there_and_not_planted(dossiers: list[Dossier]) -> None:
    clean = [one for one in dossiers if not one.planted]
    sent = [message for one in clean for message in one.sent]
    last_day = add_working_days(TODAY, -10)
    assert any(
        one.kind == "balance_request" and one.answer is None and one.sent_on == last_day
        for one in sent
    )
    assert any(one.party == "belastingen-fictiefland" for one in sent)
    assert any(hold.starts_on == TODAY for one in clean for hold in one.holds)
    plans = [one.case.plan_on for one in clean if one.case and not one.vish]
    assert TODAY - timedelta(days=1) in plans
    assert any(one.case and one.case.ended_on and one.vish[0].ends_on for one in clean)


def test_a_dwangbevel_on_the_day_before_help_is_not_planted(dossiers: list[Dossier]) -> None:
    clean = [one for one in dossiers if one.case and not one.planted]
    assert any(
        event.kind == "dwangbevel"
        and one.case
        and event.on == one.case.registered_on - timedelta(days=1)
        for one in clean
        for event in _events(one)
    )


def test_a_listed_amount_may_differ_by_half_a_euro(dossiers: list[Dossier]) -> None:
    claims = {claim.number: claim for one in dossiers for claim in one.claims}
    differences = set()
    for case in (one.case for one in dossiers if one.case and not one.planted):
        for debt in (debt for debt in case.debts if debt.reference in claims):
            events = claims[debt.reference].events
            balance = sum(event.amount for event in events if event.on <= debt.as_of)
            differences.add(debt.euros * 100 - balance)
    assert max(differences) == 50


# --- the file ------------------------------------------------------------------------------------


def test_the_truth_is_written_as_json_lines(town: SyntheticMunicipality, tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write_truth(town, path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(set(line) == {"rule", "bsn", "key"} for line in lines)
    assert Counter(line["rule"] for line in lines) == counts(town)


def _events(dossier: Dossier) -> list[LedgerEvent]:
    return [event for claim in dossier.claims for event in claim.events]
