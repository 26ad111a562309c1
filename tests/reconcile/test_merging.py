"""Two residents who are one person: merged without loss, and parted again as they were."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from book import BSNS, resident_of
from chain import TODAY, Chain, case, entry, hold, message, tax_claim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from strangers import JAN, known, told_of, unknown

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile import reconcile
from hub.reconcile.findings import Step, take_step
from hub.reconcile.matching.verdicts import say
from hub.reconcile.merging import merge, merged_into, split
from hub.reconcile.merging.family import merges_of
from hub.rights.flags import flags_of, record_flag
from hub.rights.holdings import holdings, personal_tables
from hub.security.audit import Actor, Deed, log_deed
from hub.security.cases import Agreed, give_permission, link_case
from hub.security.permits import permit
from hub.store import (
    audit_log,
    claim,
    claim_statement,
    finding,
    match_candidate,
    metadata,
    resident,
    resident_merge,
    subject,
)
from hub.sync.orders import register_vish

AN = Actor("an", "debt_counsellor")
WHY = "Het BSN was bij de belastingen verkeerd getypt."


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    return Chain(make_hub)


def who(hub: Hub, number: int) -> str:
    with hub.reader.connect() as connection:
        return str(resident_of(connection, hub, BSNS[number]))


def join(chain: Chain, goes: int = 1, stays: int = 0) -> int:
    with chain.hub.engine.begin() as connection:
        pair = who(chain.hub, goes), who(chain.hub, stays)
        id_ = merge(connection, chain.hub, AN, *pair, WHY)
    reconcile(chain.hub)
    return id_


def part(chain: Chain, id_: int) -> None:
    with chain.hub.engine.begin() as connection:
        split(connection, chain.hub, AN, id_, WHY)
    reconcile(chain.hub)


#: What a merge and a split add to, or number anew, without it being of any resident.
_OWN = {
    "finding": {"version", "history"},
    "match_candidate": {"id"},
    "claim_link": {"id"},
    "resident": set(),
}
_NOT_THEIRS = ("resident_merge", "changed")


def everything(hub: Hub) -> dict[str, list[Any]]:
    """Every row about anybody, but for what merging itself writes."""
    found = {}
    with hub.reader.connect() as connection:
        for table in personal_tables():
            if table.name not in _NOT_THEIRS:
                rows = connection.execute(select(table)).all()
                left_out = _OWN.get(table.name, set())
                found[table.name] = sorted(
                    str({k: v for k, v in row._mapping.items() if k not in left_out})
                    for row in rows
                )
    return found


def whose(hub: Hub) -> dict[str, set[Any]]:
    """Of whom each table with residents tells."""
    found = {}
    with hub.reader.connect() as connection:
        for table in metadata.sorted_tables:
            if "resident_id" in table.c and table.name not in ("processing_log", "resident_merge"):
                ids = set(connection.execute(select(table.c.resident_id)).scalars())
                found[table.name] = ids
    return found


# What can be known of either, by the number of the person


def _facts(chain: Chain, told: frozenset[tuple[str, int]]) -> None:
    """Tell what stands in the sources; `told` holds (what, who)."""
    of = {what: [n for name, n in sorted(told) if name == what] for what in PIECES}
    claims = [tax_claim(f"A{n}", 100_00 + n, n) for n in of["claim"]]
    late = (("dwangbevel", TODAY - timedelta(days=20), 0),)
    claims += [tax_claim(f"D{n}", 50_00, n, events=late) for n in of["coercion"]]
    chain.tell("tax", *claims, *(hold(n) for n in of["hold"]), *(known(n) for n in (0, 1)))
    listed = ("", 100, -1)
    chain.tell("file", *(case(n, listed) for n in of["case"]), unknown("V1", JAN))
    chain.tell("vish", *(entry(n) for n in of["entry"]))
    chain.tell("skp", *(message("notice", TODAY, who=n) for n in of["notice"]))
    reconcile(chain.hub)


def _deeds(chain: Chain, told: frozenset[tuple[str, int]]) -> None:
    """Do what people do."""
    hub, today = chain.hub, chain.hub.clock.today()
    for what, n in sorted(told):
        with hub.engine.begin() as connection:
            id_ = who(hub, n)
            if what == "link":
                more = {"kind": "application", "number": f"M-{n}", "starts_on": today}
                link_case(connection, hub, AN, id_, **more)
            elif what == "permission":
                agreed = Agreed("v1", "desk", today, ["tax_claim"], ["debt_counsellor"])
                give_permission(connection, hub, AN, id_, agreed)
            elif what == "flag":
                text = "Dit klopt niet volgens mij"
                record_flag(connection, hub, AN, id_, kind="correction", about="", text=text)
            elif what == "command" and ("case", n) in told:
                register_vish(connection, hub, id_, ground="g", by="an")
            elif what in ("linked", "refused"):
                stranger = connection.execute(
                    select(subject.c.id).where(subject.c.bsn_hash.is_(None))
                ).scalar_one()
                verdict = {"linked": "link", "refused": "refuse"}[what]
                say(connection, hub, AN, (stranger, id_), verdict, WHY)
            elif what == "postponed":
                _postpone(connection, hub, id_)
    reconcile(hub)


def _postpone(connection: Any, hub: Hub, id_: str) -> None:
    mine = select(finding).where(finding.c.resident_id == id_, finding.c.closed_at.is_(None))
    for row in connection.execute(mine).all():
        until = TODAY + timedelta(days=9)
        step = Step("postpone", until=until, reason="Wacht op antwoord van de bron.")
        take_step(connection, hub, AN, row.id, row.version, step)


PIECES = ("claim", "coercion", "hold", "case", "entry", "notice")
DEEDS = ("link", "permission", "flag", "command", "linked", "refused", "postponed")
ANY = st.frozensets(st.tuples(st.sampled_from(PIECES), st.integers(0, 1)))
ACTS = st.frozensets(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=ANY, done=ACTS)
def test_a_split_undoes_a_merge(
    make_hub: Any,
    tmp_path: Path,
    told: frozenset[tuple[str, int]],
    done: frozenset[tuple[str, int]],
) -> None:
    """Whatever was known and done of both: merged and parted, everything is as it was."""
    # A store of its own: what stood in an example before this one is no part of the law.
    store = f"sqlite:///{tmp_path / secrets.token_hex(8)}.db"
    chain = Chain(lambda *parts, **more: make_hub(*parts, database_url=store, **more))
    _facts(chain, told)
    _deeds(chain, told | done)
    reconcile(chain.hub, full=True)
    before = everything(chain.hub)
    goes = who(chain.hub, 1)
    id_ = join(chain)
    assert not any(goes in ids for ids in whose(chain.hub).values()), "all of it went along"
    part(chain, id_)
    after = everything(chain.hub)
    for name in before:
        assert without_passed(before, after, name) == before[name], name
    reconcile(chain.hub, full=True)
    assert everything(chain.hub) == after, "a full pass finds the same"


def without_passed(before: dict[str, list[Any]], after: dict[str, list[Any]], name: str) -> Any:
    """What there is after, without what was seen only while the two were one, and is over."""
    over = {"finding": "'closed_by': 'feiten'", "claim": "'statement_id': None"}.get(name)
    return [row for row in after[name] if row in before[name] or not over or over not in row]


def test_it_holds_on_every_database(chain: Chain) -> None:
    told = frozenset((what, n) for what in PIECES for n in (0, 1))
    done = frozenset((what, n) for what in DEEDS for n in (0, 1)) - {("refused", 0)}
    _facts(chain, told)
    _deeds(chain, told | done)
    before = everything(chain.hub)
    part(chain, join(chain))
    after = everything(chain.hub)
    assert {name: without_passed(before, after, name) for name in before} == before


def test_what_arrives_by_either_bsn_goes_to_the_one_that_stays(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("B1", 200_00, 1))
    reconcile(chain.hub)
    stays, goes = who(chain.hub, 0), who(chain.hub, 1)
    id_ = join(chain)
    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("B1", 150_00, 1), tax_claim("B2", 5, 1))
    chain.tell("vish", entry(1))
    reconcile(chain.hub)
    assert _debtors(chain.hub) == {"A1": stays, "B1": stays, "B2": stays}
    assert not any(goes in ids for ids in whose(chain.hub).values())
    part(chain, id_)
    assert _debtors(chain.hub) == {"A1": stays, "B1": goes, "B2": goes}
    with chain.hub.reader.connect() as connection:
        vish = holdings(connection, chain.hub, goes)["register_entry"]
    assert [one.reference for one in vish] == ["V1"], "also of a source that came since"


def _debtors(hub: Hub) -> dict[str, str]:
    with hub.reader.connect() as connection:
        query = select(claim.c.reference, claim.c.resident_id)
        said = select(claim_statement.c.reference, claim_statement.c.resident_id).where(
            claim_statement.c.superseded_at.is_(None)
        )
        debtors = dict(connection.execute(query).all())
        assert dict(connection.execute(said).all()) == debtors
    return debtors


def test_of_two_findings_of_a_kind_one_goes_on(chain: Chain) -> None:
    """Both in debt help and not in VISH: one person, one finding, and two again after a split."""
    chain.tell("file", case(0), case(1))
    rule = "vish_ontbreekt"
    before = chain.findings()
    twice = {name for name, _ in before if sum(one == name for one, _ in before) == 2}
    both = [row for row in _open(chain.hub) if row.rule in {one.rule for one in _open(chain.hub)}]
    assert both, (rule, twice)
    id_ = join(chain)
    merged = _open(chain.hub)
    assert len({(row.rule, row.about, row.key) for row in merged}) == len(merged)
    assert {row.about for row in merged} == {who(chain.hub, 0)}
    part(chain, id_)
    assert {(row.rule, row.about) for row in _open(chain.hub)} == {
        (row.rule, row.about) for row in both
    }


def _open(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        query = select(finding).where(
            finding.c.closed_at.is_(None), finding.c.resident_id.is_not(None)
        )
        return list(connection.execute(query))


def test_what_a_person_did_since_the_merge_stays(chain: Chain) -> None:
    late = (("dwangbevel", TODAY - timedelta(days=20), 0),)
    chain.tell("file", case(1))
    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("D1", 100_00, 1, events=late))
    reconcile(chain.hub)
    id_ = join(chain)
    (row,) = [one for one in _open(chain.hub) if one.rule == "dwang_tijdens_hulp"]
    with chain.hub.engine.begin() as connection:
        step = Step("settle", reason="De deurwaarder trok het in.")
        take_step(connection, chain.hub, AN, row.id, row.version, step)
    part(chain, id_)
    (row,) = [one for one in _open(chain.hub) if one.rule == "dwang_tijdens_hulp"]
    assert (row.resident_id, row.state) == (who(chain.hub, 1), "settled")
    assert [one["step"] for one in row.history] == ["merged", "settle", "split"]


def test_who_opened_either_may_see_the_one(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("B1", 100_00, 1))
    reconcile(chain.hub)
    stays, goes = who(chain.hub, 0), who(chain.hub, 1)
    with chain.hub.engine.begin() as connection:
        more = {"kind": "application", "number": "M-1", "starts_on": TODAY}
        link_case(connection, chain.hub, AN, goes, **more)
        text = "Ik betaalde dit al in mei"
        record_flag(connection, chain.hub, AN, goes, kind="correction", about="B1", text=text)
        assert permit(connection, chain.hub, "an", "debt_counsellor", stays) is None
    id_ = join(chain)
    with chain.hub.reader.connect() as connection:
        allowed = permit(connection, chain.hub, "an", "debt_counsellor", stays)
        assert allowed is not None
        assert allowed.case == "application:M-1"
        assert flags_of(connection, chain.hub, [stays])[stays][0].text == text
    part(chain, id_)
    with chain.hub.reader.connect() as connection:
        assert permit(connection, chain.hub, "an", "debt_counsellor", stays) is None
        assert permit(connection, chain.hub, "an", "debt_counsellor", goes) is not None


def test_three_who_are_one_part_in_any_order(chain: Chain) -> None:
    chain.tell("tax", *(tax_claim(f"{n}", 100_00, n) for n in range(3)))
    reconcile(chain.hub)
    people = [who(chain.hub, n) for n in range(3)]
    before = everything(chain.hub)
    for first in (0, 1):
        merges = [join(chain, 2, 1), join(chain, 1, 0)]
        with chain.hub.reader.connect() as connection:
            led = [merged_into(connection, chain.hub, one) for one in people]
            assert led == [None, people[0], people[0]]
            assert [one.id for one in merges_of(connection, chain.hub, people[0])][:2] == [
                *reversed(merges)
            ]
        assert set(_debtors(chain.hub).values()) == {people[0]}
        part(chain, merges[first])
        alone = {0: people[2], 1: people[1]}[first]
        with chain.hub.reader.connect() as connection:
            assert merged_into(connection, chain.hub, alone) is None
        part(chain, merges[1 - first])
        assert everything(chain.hub) == before


def test_what_was_said_of_the_one_holds_for_both(chain: Chain) -> None:
    """Refused for one and linked to the other: now they are one, it is about that one."""
    chain.tell("tax", known(0), known(1))
    chain.tell("file", unknown("V1", JAN))
    reconcile(chain.hub)
    with chain.hub.engine.begin() as connection:
        query = select(subject.c.id).where(subject.c.bsn_hash.is_(None))
        stranger = connection.execute(query).scalar_one()
        say(connection, chain.hub, AN, (stranger, who(chain.hub, 0)), "refuse", WHY)
        say(connection, chain.hub, AN, (stranger, who(chain.hub, 1)), "link", WHY)
    id_ = join(chain)
    assert told_of(chain, "V1") == (BSNS[0], "person", None)
    part(chain, id_)
    assert told_of(chain, "V1") == (BSNS[1], "person", None)
    with chain.hub.reader.connect() as connection:
        query = select(match_candidate.c.verdict).where(
            match_candidate.c.resident_id == who(chain.hub, 0)
        )
        assert connection.execute(query).scalar_one() == "refused"


def test_only_two_that_stand_on_their_own_are_merged(chain: Chain) -> None:
    chain.tell("tax", *(tax_claim(f"{n}", 100_00, n) for n in range(3)))
    reconcile(chain.hub)
    a, b, c = (who(chain.hub, n) for n in range(3))

    def refused(goes: str, stays: str, reason: str = WHY) -> str:
        with pytest.raises(ConfigError) as told, chain.hub.engine.begin() as connection:
            merge(connection, chain.hub, AN, goes, stays, reason)
        return told.value.user

    assert "dezelfde inwoner" in refused(a, a)
    assert "kent een van deze inwoners niet" in refused(a, "0" * 32)
    assert "ten minste" in refused(b, a, "fout")
    assert "geen BSN" in refused(b, a, f"Het goede nummer is {BSNS[0]}")
    id_ = join(chain, 1, 0)
    assert "al samengevoegd" in refused(b, c)
    assert "al samengevoegd" in refused(c, b)
    part(chain, id_)
    with pytest.raises(ConfigError, match="al ongedaan"):
        part(chain, id_)


def test_both_deeds_are_logged_for_both_with_the_reason(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("B1", 100_00, 1))
    reconcile(chain.hub)
    part(chain, join(chain))
    with chain.hub.reader.connect() as connection:
        query = select(audit_log).where(audit_log.c.action.in_(("merge", "split")))
        told = connection.execute(query.order_by(audit_log.c.number)).all()
        row = connection.execute(select(resident_merge)).one()
    assert [(one.action, one.actor, one.reason) for one in told] == [
        ("merge", "an", WHY),
        ("split", "an", WHY),
    ]
    assert (row.merged_by, row.split_by, row.moved) == ("an", "an", {})


def test_a_fact_that_was_written_meanwhile_finds_its_way(chain: Chain) -> None:
    """Of a batch that read whom a person is before the merge, and was committed after it."""
    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("B1", 100_00, 1))
    reconcile(chain.hub)
    goes = who(chain.hub, 1)
    join(chain)
    with chain.hub.engine.begin() as connection:
        mine = select(subject).where(subject.c.bsn_hash.is_not(None), subject.c.key != "")
        row = connection.execute(mine.order_by(subject.c.id.desc())).first()
        assert row is not None
        late = update(claim_statement).where(claim_statement.c.subject_id == row.id)
        connection.execute(late.values(resident_id=goes))
        connection.execute(update(subject).where(subject.c.id == row.id).values(resident_id=goes))
        connection.execute(insert(metadata.tables["changed"]).values(subject_id=row.id))
    reconcile(chain.hub)
    assert set(_debtors(chain.hub).values()) == {who(chain.hub, 0)}


def test_a_look_before_the_merge_is_told_to_who_asks_after_it(chain: Chain) -> None:
    from hub.rights.looks import who_looked

    chain.tell("tax", tax_claim("A1", 100_00), tax_claim("B1", 100_00, 1))
    reconcile(chain.hub)
    with chain.hub.engine.begin() as connection:
        deed = Deed("overview", "overview", [who(chain.hub, 1)], ground="Wgs")
        log_deed(connection, chain.hub, AN, deed)
    join(chain)
    with chain.hub.reader.connect() as connection:
        looks = who_looked(connection, chain.hub, who(chain.hub, 0))
        told = holdings(connection, chain.hub, who(chain.hub, 0))
    assert "overview" in [one["action"] for one in looks]
    assert len(told["resident"]) == 2, "both numbers, and both BSNs, are of this person"
    assert [one.reason for one in told["resident_merge"]] == [WHY]
    with chain.hub.reader.connect() as connection:
        both = connection.execute(select(resident.c.bsn_hash)).scalars().all()
    assert len(both) == 2
