"""Permits: a calendar of grounds, cases, permissions and broken glass, as a lawyer would try it."""

from __future__ import annotations

import itertools
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import pytest
from book import resident_of
from chain import TODAY, Chain, case
from hypothesis import given
from hypothesis import strategies as st
from residents import CLIENT, DEBTOR, STRANGER, Look
from sqlalchemy import select

from hub.core import Hub
from hub.errors import ConfigError
from hub.overview.findings import counts, part_counts, rules_of, worklist
from hub.overview.people import search
from hub.overview.resident import resident_overview
from hub.reconcile import reconcile
from hub.security import cases as acts
from hub.security.audit import Actor
from hub.security.grounds import Ground, end_ground, in_force, record_ground
from hub.security.permits import CLIENT as CLIENT_KINDS
from hub.security.permits import _permit, _Tie, permit
from hub.security.roles import CASEWORKERS, ROLES
from hub.security.table import groups
from hub.security.volume import LOOKS, watch_volume
from hub.store import incident

TAX = {"tax_claim", "tax_costs", "plan", "remission"}


def about(hub: Hub, bsn: str) -> str:
    with hub.reader.connect() as connection:
        return str(resident_of(connection, hub, bsn))


def link(hub: Hub, role: str, kind: str, bsn: str) -> int:
    with hub.engine.begin() as connection:
        return acts.link_case(
            connection,
            hub,
            Actor("iemand", role),
            about(hub, bsn),
            kind=kind,
            number="N-1",
            starts_on=hub.clock.today(),
        )


def agree(hub: Hub, bsn: str, *shared: str, role: str = "signal_worker") -> int:
    agreed = acts.Agreed("tekst 3", "phone", hub.clock.today(), shared, [role])
    with hub.engine.begin() as connection:
        return acts.give_permission(
            connection, hub, Actor("ilse", "collector"), about(hub, bsn), agreed
        )


# --- who is in whose caseload


@pytest.mark.parametrize(
    ("role", "inside"),
    [
        ("debt_counsellor", {CLIENT}),
        ("collector", {CLIENT, DEBTOR}),
        ("remission_officer", set()),
        ("signal_worker", set()),
        ("benefit_collector", set()),
        ("administrator", set()),
        ("privacy_officer", set()),
    ],
)
def test_the_caseload_is_what_the_sources_tell(look: Look, role: str, inside: set[str]) -> None:
    assert {one for one in (CLIENT, DEBTOR, STRANGER) if look(role, one)} == inside


def test_a_client_opens_tax_and_file_to_the_counsellor(look: Look) -> None:
    found = look("debt_counsellor")
    assert found is not None
    assert TAX | {"identity", "contact", "help_file", "hold"} <= found.reads
    assert "remission_inputs" not in found.reads
    assert "A: Wgs artikel 8, lid 1" in found.ground
    assert found.case.startswith("debt_case:")
    assert {"help_file", "hold"} <= found.writes
    assert "tax_claim" not in found.writes


def test_when_the_case_ends_the_access_ends_that_day(chain: Chain, look: Look) -> None:
    chain.tell("file", case(0, ends=1))
    assert look("debt_counsellor")
    chain.hub.clock.move(days=1)  # type: ignore[attr-defined]
    assert look("debt_counsellor") is None


def test_a_collector_sees_claims_and_no_help(look: Look) -> None:
    found = look("collector")
    assert found is not None
    assert found.reads >= TAX
    assert not {"help_file", "signal", "benefit_claim"} & (found.reads | found.exists)
    assert "hold" in found.reads - found.writes


def test_an_application_opens_tax_to_the_counsellor(hub: Hub, look: Look) -> None:
    assert look("debt_counsellor", DEBTOR) is None
    id_ = link(hub, "debt_counsellor", "application", DEBTOR)
    found = look("debt_counsellor", DEBTOR)
    assert found is not None
    assert found.reads >= TAX
    assert found.case == "application:N-1"
    with hub.engine.begin() as connection:
        actor = Actor("iemand", "debt_counsellor")
        acts.end_case(connection, hub, actor, about(hub, DEBTOR), id_)
    assert look("debt_counsellor", DEBTOR) is None


def test_a_case_of_one_role_opens_nothing_to_another(hub: Hub, look: Look) -> None:
    link(hub, "signal_worker", "signal", STRANGER)
    assert look("signal_worker", STRANGER)
    assert look("debt_counsellor", STRANGER) is None
    assert look("collector", STRANGER) is None


def test_a_kind_of_case_that_is_not_of_the_role_is_refused(hub: Hub) -> None:
    with pytest.raises(ConfigError, match="Kies wat voor dossier"):
        link(hub, "collector", "application", STRANGER)


# --- tax to early signal: off, unless permission or a ground (cases B and C)


def test_a_signal_opens_no_tax(hub: Hub, look: Look) -> None:
    link(hub, "signal_worker", "signal", CLIENT)
    found = look("signal_worker")
    assert found is not None
    assert not found.reads & TAX
    assert {"B", "C", "D"} == {case for one in found.closed for case in one.cases}
    assert "help_file" in found.exists, "that there is help, and nothing of it"


def test_permission_opens_its_scope_until_it_is_withdrawn(hub: Hub, look: Look) -> None:
    id_ = agree(hub, DEBTOR, "tax_claim")
    found = look("signal_worker", DEBTOR)
    assert found is not None
    assert found.reads == {"identity", "contact", "tax_claim"}
    assert found.writes == frozenset()
    assert "B: Toestemming" in found.ground
    assert look("debt_counsellor", DEBTOR) is None, "it was given for another role"
    with hub.engine.begin() as connection:
        acts.withdraw(connection, hub, Actor("ilse", "collector"), about(hub, DEBTOR), id_)
    assert look("signal_worker", DEBTOR) is None


def test_a_permission_opens_nothing_that_the_table_closes(hub: Hub) -> None:
    for group in ("help_file", "remission_inputs", "signal"):
        with pytest.raises(ConfigError, match="welke gegevens"):
            agree(hub, DEBTOR, group)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "day", "holds"),
    [
        ("2026-01-01", None, "2025-12-31", False),
        ("2026-01-01", None, "2026-01-01", True),
        ("2026-01-01", "2026-07-01", "2026-06-30", True),
        ("2026-01-01", "2026-07-01", "2026-07-01", False),  # it stops that day
        ("2026-01-01", "2026-07-01", "2026-07-02", False),
        ("2024-02-29", "2024-03-01", "2024-02-29", True),
    ],
)
def test_a_ground_holds_from_its_first_day_until_its_end(
    starts_on: str, ends_on: str | None, day: str, holds: bool
) -> None:
    end = date.fromisoformat(ends_on) if ends_on else None
    ground = Ground("C", "Besluit", date.fromisoformat(starts_on), end)
    assert ground.holds(date.fromisoformat(day)) is holds


def test_a_recorded_ground_switches_the_signal_on_and_its_end_off(hub: Hub, look: Look) -> None:
    link(hub, "signal_worker", "signal", CLIENT)
    officer = Actor("petra", "privacy_officer")
    with hub.engine.begin() as connection:
        id_ = record_ground(
            connection, hub, officer, letter="C", title="Regeling van 1-12-2026", starts_on=TODAY
        )
    opened = look("signal_worker")
    assert opened is not None
    assert opened.reads & TAX == {"tax_claim"}, "and not its costs or plans"
    with hub.engine.begin() as connection:
        end_ground(connection, hub, officer, id_, TODAY)
    closed = look("signal_worker")
    assert closed is not None
    assert not closed.reads & TAX


def test_a_recorded_ground_replaces_the_default_with_its_own_dates(hub: Hub, look: Look) -> None:
    officer = Actor("petra", "privacy_officer")
    with hub.engine.begin() as connection:
        record_ground(
            connection,
            hub,
            officer,
            letter="A",
            title="Wgs artikel 8, tot de wet verandert",
            starts_on=TODAY,
            ends_on=TODAY + timedelta(days=10),
        )
    hub.clock.move(days=9)  # type: ignore[attr-defined]
    assert (look("debt_counsellor") or pytest.fail("closed")).may("tax_claim")
    hub.clock.move(days=1)  # type: ignore[attr-defined]
    found = look("debt_counsellor")
    assert found is not None
    assert not found.reads & TAX
    assert "help_file" in found.reads, "her own file stays"


# --- broken glass


def test_broken_glass_is_for_one_person_one_role_and_a_while(hub: Hub, look: Look) -> None:
    with hub.engine.begin() as connection:
        actor = Actor("sanne", "debt_counsellor")
        with pytest.raises(ConfigError, match="ten minste 15 tekens"):
            acts.break_glass(connection, hub, actor, about(hub, DEBTOR), "haast")
        acts.break_glass(connection, hub, actor, about(hub, DEBTOR), "Ontruiming staat morgen")
    found = look("debt_counsellor", DEBTOR, "sanne")
    assert found is not None
    assert found.reads >= TAX
    assert "Noodtoegang" in found.ground
    assert look("debt_counsellor", DEBTOR, "bas") is None
    assert look("signal_worker", DEBTOR, "sanne") is None
    hub.clock.move(minutes=60)  # type: ignore[attr-defined]
    assert look("debt_counsellor", DEBTOR, "sanne") is None


def test_broken_glass_is_told_and_reviewed_by_another(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        actor = Actor("sanne", "debt_counsellor")
        id_ = acts.break_glass(
            connection, hub, actor, about(hub, DEBTOR), "Ontruiming morgen vroeg"
        )
    with hub.reader.connect() as connection:
        (told,) = connection.execute(select(incident)).all()
    assert (told.kind, told.about, told.source_id) == ("emergency", "sanne", None)
    with hub.engine.begin() as connection:
        with pytest.raises(ConfigError, match="uw eigen noodtoegang"):
            acts.review(connection, hub, actor, id_, justified=True, remark="")
        officer = Actor("petra", "privacy_officer")
        acts.review(connection, hub, officer, id_, justified=False, remark="Kon wachten.")
        (row,) = acts.emergencies(connection, hub)
    assert (row.verdict, row.reviewed_by) == ("unjustified", "petra")


def test_a_reason_holds_no_bsn(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        actor = Actor("sanne", "debt_counsellor")
        with pytest.raises(ConfigError, match="geen BSN"):
            acts.break_glass(connection, hub, actor, about(hub, DEBTOR), f"Het gaat om {DEBTOR}!")


def concerns(hub: Hub) -> list[tuple[str, str]]:
    query = select(incident.c.about, incident.c.message).where(incident.c.kind == "volume")
    with hub.reader.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def test_who_looks_unusually_often_is_told_of_once(hub: Hub) -> None:
    from hub.security.audit import Deed, log_deed

    # One kind of look that is not counted would keep the number under the limit.
    actor, kinds = Actor("sanne", "debt_counsellor"), itertools.cycle(LOOKS)

    def looks(count: int) -> None:
        with hub.engine.begin() as connection:
            for _ in range(count):
                log_deed(connection, hub, actor, Deed(next(kinds)))
                watch_volume(connection, hub, actor)

    looks(hub.settings.looks_per_hour - 1)
    hub.clock.move(minutes=61)  # type: ignore[attr-defined]
    looks(hub.settings.looks_per_hour - 1)
    assert concerns(hub) == [], "an hour has no more than may be"
    looks(6)
    ((about, message),) = concerns(hub)
    assert (about, "de grens is 60" in message) == ("sanne", True)


# --- what the read side shows


def test_the_overview_of_a_collector_holds_nothing_of_help(hub: Hub, look: Look) -> None:
    allowed = look("collector")
    assert allowed is not None
    with hub.reader.connect() as connection:
        view = resident_overview(connection, hub, allowed)
    assert view is not None
    assert (view.total, view.listed, view.listed_total) == (50000, [], 0)
    assert (view.cases, view.entries, view.findings, view.commands) == ([], [], [], [])
    assert {s.role for one in view.claims for s in one.statements} == {"creditor"}
    assert {one.kind for one in view.timeline} <= {"aanmaning"}
    assert {row.role for row in view.sources} <= {"creditor", "covenant"}
    assert not view.known_to_help


def test_permission_shows_a_claim_without_what_it_is_made_of(hub: Hub, look: Look) -> None:
    agree(hub, CLIENT, "tax_claim")
    allowed = look("signal_worker")
    assert allowed is not None
    with hub.reader.connect() as connection:
        view = resident_overview(connection, hub, allowed)
    assert view is not None
    (claim,) = view.claims
    assert (claim.open, claim.stage) == (50000, "onbekend")
    assert (claim.principal, claim.costs, claim.interest, claim.paid) == (None,) * 4
    assert [one.amount for one in claim.events] == [None]
    assert [one.amount for one in view.timeline] == [None]


def test_every_part_of_the_overview_is_empty_without_its_group(hub: Hub, look: Look) -> None:
    """With nothing open but a name, no part of the page may hold anything."""
    allowed = look("debt_counsellor")
    assert allowed is not None
    from dataclasses import replace

    bare = replace(allowed, reads=frozenset({"identity"}), exists=frozenset())
    with hub.reader.connect() as connection:
        view: Any = resident_overview(connection, hub, bare)
    parts = {one.name: getattr(view, one.name) for one in fields(view)}
    shown = {name for name, part in parts.items() if part} - {"permit", "person", "sources"}
    assert shown <= {"silent"}, "silent covenants only"
    assert {row.role for row in [*view.sources, *view.silent]} <= {"covenant"}


def test_a_search_outside_the_caseload_says_yes_or_no(hub: Hub) -> None:
    with hub.reader.connect() as connection:
        mine = search(connection, hub, "sanne", "debt_counsellor", bsn=CLIENT)
        other = search(connection, hub, "sanne", "debt_counsellor", bsn=DEBTOR)
        nobody = search(connection, hub, "sanne", "debt_counsellor", bsn="999990755")
        by_name = search(
            connection,
            hub,
            "sanne",
            "debt_counsellor",
            surname="Proef1",
            birth_date=date(1980, 5, 1),
        )
    assert ([one.resident_id for one in mine.people], mine.elsewhere) == (
        [about(hub, CLIENT)],
        False,
    )
    assert (other.people, other.elsewhere, other.resident_id) == ([], True, about(hub, DEBTOR))
    assert (nobody.people, nobody.elsewhere, nobody.resident_id) == ([], False, "")
    assert (by_name.people, by_name.resident_id) == ([], ""), "a name leads to nobody"


def test_the_worklist_is_of_the_caseload_and_of_what_may_be_read(chain: Chain) -> None:
    hub = chain.hub
    reconcile(hub, full=True)
    with hub.reader.connect() as connection:
        everything = counts(connection, hub)
        mine = part_counts(connection, hub, "debt_counsellor", "sanne")["team"]
        shown = worklist(connection, hub, "debt_counsellor", size=500)
        assert {one.resident_id for one in shown} == {about(hub, CLIENT)}
        assert sum(mine.values()) == len(shown) < sum(everything.values())
        assert worklist(connection, hub, "collector", size=500) == []
        assert [one.id for one in rules_of(connection, hub, "administrator")] == ["bron_stil"]


# --- the law of the table: whatever is recorded, a permit opens no more than it says

KINDS = [*CLIENT_KINDS, "signal", "claim", "remission"]


@given(
    role=st.sampled_from(CASEWORKERS),
    kinds=st.lists(st.sampled_from(KINDS), max_size=3),
    agreed=st.frozensets(st.sampled_from(sorted(groups()))),
    broken=st.booleans(),
    letters=st.frozensets(st.sampled_from("ABCDEFGH")),
)
def test_no_combination_opens_what_the_table_closes(
    role: str, kinds: list[str], agreed: frozenset[str], broken: bool, letters: frozenset[str]
) -> None:
    from datetime import UTC, datetime

    grounds = {one: Ground(one, "grond", TODAY) for one in letters}
    ties = [_Tie(kind, "1") for kind in kinds]
    until = datetime(2026, 11, 23, tzinfo=UTC) if broken else None
    found = _permit("r", role, ties, agreed, until, grounds)
    for name in found.reads:
        cell = groups()[name].cell(role)
        assert cell.right in ("R", "RW", "C"), name
        if cell.right == "C":
            assert set(cell.cases) & letters, "a ground that holds today"
    assert found.writes <= {n for n, g in groups().items() if g.cell(role).right == "RW"}
    assert ROLES[role].ground in found.ground
    if not ties and not broken:
        assert found.writes == frozenset()
        assert found.reads <= agreed | {"identity", "contact"}


def test_another_municipality_is_nobody(hub: Hub, make_hub: Any, tmp_path: Any) -> None:
    from dataclasses import replace as change

    other = change(
        hub, settings=change(hub.settings, values={**hub.settings.values, "municipality": "8888"})
    )
    with hub.reader.connect() as connection:
        for role in CASEWORKERS:
            assert permit(connection, other, "x", role, about(hub, CLIENT)) is None
        assert in_force(connection, other).keys() == in_force(connection, hub).keys()
