"""Destruction: what is due goes, all of it and nothing else, and only once somebody approved."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from book import BSNS, facts_record, person, statement
from chain import TODAY, answer, case, entry, hold, message, tax_claim
from sqlalchemy import delete, select, update
from town import OFFICER, Town, paid

from hub.errors import ConfigError
from hub.reconcile import reconcile
from hub.reconcile.merging import merge
from hub.rights import destroy, lists
from hub.rights.destroy import carry_out, carry_out_approved
from hub.rights.flags import end_flag, record_flag
from hub.rights.lists import LEFT, exceptions, items_of, keep, one_list, propose, refuse
from hub.rights.pseudonyms import pseudonym
from hub.rights.report import report_of
from hub.security.audit import Actor, Deed, log_deed
from hub.security.verify import verify
from hub.store import (
    audit_log,
    indicator_event,
    look,
    processing_log,
    resident,
    subject,
)


@pytest.fixture
def town(make_hub: Any) -> Town:
    return Town(make_hub)


def test_a_settled_claim_goes_with_everything_about_it(town: Town) -> None:
    town.tell("tax", paid("A1"), tax_claim("B1", 500, who=1))
    me, other = town.resident(0), town.resident(1)
    assert me is not None
    assert other is not None
    with town.hub.engine.begin() as connection:
        seen = Deed("overview", "overview", [me, other], ground="Wgs")
        log_deed(connection, town.hub, Actor("sanne", "debt_counsellor"), seen)
    town.add(
        "look",
        at=town.hub.clock.now(),
        account="s",
        ground="Wgs",
        action="overview",
        resident_id=me,
    )
    town.tell("tax", tax_claim("B1", 500, who=1))
    town.years(8)
    counts = town.destroy("claim")
    assert {
        name: counts[name] for name in ("claim", "record", "subject", "person", "resident")
    } == {
        "claim": 1,
        "record": 1,
        "subject": 1,
        "person": 1,
        "resident": 1,
    }
    assert (counts["claim_statement"], counts["claim_event"]) == (1, 2)
    # Of the resident only the log is left, without the BSN; of the other everything is.
    assert town.traces(me).keys() == {"processing_log"}
    assert town.resident(1) == other
    assert town.count("claim_statement") == 1
    with town.hub.reader.connect() as connection:
        query = select(processing_log.c.resident_id, processing_log.c.subject)
        told = {id_: sealed for id_, sealed in connection.execute(query) if id_}
        assert told == {me: None, other: told[other]}
        assert town.hub.keys.open(told[other], "processing_log.subject") == BSNS[1]
        assert connection.execute(select(look.c.resident_id)).scalars().all() == [None]


def test_nothing_goes_before_its_day(town: Town) -> None:
    """Paid on 3 March 2026: kept for seven years, through 3 March 2033."""
    town.tell("tax", paid("A1", on=date(2026, 3, 3)))
    town.tell("tax")
    clock = town.hub.clock
    clock.move(days=(date(2033, 3, 3) - clock.today()).days)  # type: ignore[attr-defined]
    assert "claim" not in town.proposed()
    clock.move(days=1)  # type: ignore[attr-defined]
    id_ = town.proposed()["claim"]
    with town.hub.reader.connect() as connection:
        (item,) = items_of(connection, town.hub, id_)
    assert (item.ended_on, item.due_on) == (date(2026, 3, 3), date(2033, 3, 4))
    assert (item.thing, item.resident_id) == ("claim", town.resident(0))


def test_a_claim_that_was_never_paid_ends_when_its_source_lets_go(town: Town) -> None:
    town.tell("tax", tax_claim("A1", 500))
    town.years(9)
    assert "claim" not in town.proposed()
    town.tell("tax")
    dropped = town.hub.clock.today()
    town.years(8)
    with town.hub.reader.connect() as connection:
        (item,) = items_of(connection, town.hub, town.proposed()["claim"])
    assert item.ended_on == dropped


def test_a_claim_in_a_running_file_stays(town: Town) -> None:
    town.tell("tax", paid("A1"))
    town.tell("file", case(0, ("A1", 50, -200)))
    town.tell("tax")
    town.years(9)
    assert "claim" not in town.proposed()
    town.tell("file")
    assert "claim" not in town.proposed()
    # The file ends today, and goes after five years; the claim was paid long before.
    town.years(6)
    town.destroy("debt_case")
    assert "claim" in town.proposed()


def test_without_approval_nothing_goes(town: Town) -> None:
    town.tell("tax", paid("A1"))
    town.tell("tax")
    town.years(8)
    id_ = town.proposed()["claim"]
    assert carry_out_approved(town.hub) == []
    with pytest.raises(ConfigError, match="niet goedgekeurd"):
        carry_out(town.hub, OFFICER, id_)
    with town.hub.engine.begin() as connection:
        refuse(connection, town.hub, OFFICER, id_, "De termijn is nog niet vastgesteld")
    with pytest.raises(ConfigError, match="niet goedgekeurd"):
        carry_out(town.hub, OFFICER, id_)
    assert town.count("claim") == 1
    # It was decided, so it does not come back next week; after a while it does.
    town.hub.clock.move(days=7)  # type: ignore[attr-defined]
    assert "claim" not in town.proposed()
    town.hub.clock.move(days=90)  # type: ignore[attr-defined]
    assert "claim" in town.proposed()


def test_one_thing_is_kept_back_and_the_reason_stands_in_the_log(town: Town) -> None:
    town.tell("tax", paid("A1"), paid("B1", 1))
    town.tell("tax")
    town.years(8)
    id_ = town.proposed()["claim"]
    with town.hub.engine.begin() as connection:
        mine = [
            one
            for one in items_of(connection, town.hub, id_)
            if one.resident_id == town.resident(1)
        ]
        with pytest.raises(ConfigError, match="ten minste"):
            keep(connection, town.hub, OFFICER, mine[0].id, "nee")
        assert keep(connection, town.hub, OFFICER, mine[0].id, "Er loopt een rechtszaak") == id_
    town.approve(id_)
    assert carry_out_approved(town.hub) == [id_]
    assert (town.resident(0), town.count("claim")) == (None, 1)
    with town.hub.reader.connect() as connection:
        shown = one_list(connection, town.hub, id_)
        reasons = connection.execute(
            select(audit_log.c.reason).where(audit_log.c.action == "destruction_keep")
        ).scalars()
        assert list(reasons) == ["Er loopt een rechtszaak"]
    assert (shown.status, shown.waiting, shown.kept) == ("done", 0, 1)
    assert "claim" not in town.proposed()


def test_what_the_source_still_delivers_is_an_exception(town: Town) -> None:
    town.tell("tax", paid("A1"), paid("B1", 1))
    town.tell("tax", paid("A1"))
    town.years(8)
    id_ = town.proposed()["claim"]
    with town.hub.reader.connect() as connection:
        assert [one.resident_id for one in items_of(connection, town.hub, id_)] == [
            town.resident(1)
        ]
        (stays,) = exceptions(connection, town.hub, "claim")
    assert stays.resident_id == town.resident(0)
    town.approve(id_)
    carry_out(town.hub, OFFICER, id_)
    town.tell("tax", paid("A1"))
    assert (town.count("claim"), town.resident(1)) == (1, None)


def test_what_is_told_again_after_approval_stays(town: Town) -> None:
    town.tell("tax", paid("A1"), paid("B1", 1))
    town.tell("tax")
    town.years(8)
    id_ = town.proposed()["claim"]
    town.approve(id_)
    town.tell("tax", tax_claim("A1", 900))
    counts = carry_out(town.hub, OFFICER, id_)
    assert (counts["claim"], counts[LEFT]) == (1, 1)
    assert (town.resident(1), town.count("claim")) == (None, 1)


def test_a_stream_of_changes_tells_once_so_it_may_go(town: Town) -> None:
    town.tell("tax", paid("A1"), stream="news")
    town.years(8)
    town.destroy("claim")
    assert (town.count("claim"), town.count("record"), town.resident(0)) == (0, 0, None)


def test_twice_is_once(town: Town) -> None:
    town.tell("tax", paid("A1"), paid("B1", 1))
    town.tell("tax")
    town.years(8)
    id_ = town.proposed()["claim"]
    town.approve(id_)
    first = carry_out(town.hub, OFFICER, id_)
    events = town.count("indicator_event")
    assert carry_out(town.hub, OFFICER, id_) == first
    assert town.count("indicator_event") == events


@pytest.mark.parametrize("broken", ["note", "write_events", "remove", "note_residents"])
def test_a_hub_that_is_killed_goes_on_where_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    town.tell("tax", *(paid(f"A{n}", n) for n in range(5)))
    town.tell("tax")
    town.years(8)
    id_ = town.proposed()["claim"]
    town.approve(id_)
    monkeypatch.setattr(destroy, "PORTION", 2)
    real, calls = getattr(destroy, broken), []

    def killed(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(destroy, broken, killed)
    with pytest.raises(KeyboardInterrupt):
        carry_out(town.hub, OFFICER, id_)
    # The first portion went whole, the second not at all.
    assert (town.count("claim"), town.count("destruction_item", thing="claim")) == (3, 3)
    assert town.count("indicator_event") == 4
    monkeypatch.setattr(destroy, broken, real)
    assert carry_out(town.hub, OFFICER, id_)["claim"] == 5
    assert town.count("indicator_event") == 10
    for table in ("claim", "claim_statement", "claim_event", "record", "subject", "resident"):
        assert town.count(table) == 0, table


def test_a_restriction_protects_what_it_is_about(town: Town) -> None:
    town.tell("tax", paid("A1"))
    town.tell("tax")
    town.years(8)
    me = town.resident(0)
    assert me is not None
    with town.hub.engine.begin() as connection:
        id_ = record_flag(
            connection,
            town.hub,
            OFFICER,
            me,
            kind="restriction",
            about="",
            text="Ik heb dit nodig voor mijn rechtszaak",
        )
    assert "claim" not in town.proposed()
    with town.hub.engine.begin() as connection:
        end_flag(connection, town.hub, OFFICER, me, id_, outcome="De rechtszaak is voorbij")
    assert "claim" in town.proposed()


def test_a_case_goes_with_the_debts_in_its_file(town: Town) -> None:
    town.tell("file", case((0, 1), ("X9", 900, -50), ends=-10))
    town.tell("file")
    town.years(6)
    counts = town.destroy("debt_case")
    assert (counts["debt_case"], counts["claim_statement"], counts["claim"]) == (2, 1, 1)
    assert (town.resident(0), town.resident(1), town.people()) == (None, None, 0)


@pytest.mark.parametrize(
    ("name", "source", "told", "tables"),
    [
        ("register_entry", "vish", [entry(ends=-10)], {"register_entry"}),
        ("hold", "tax", [hold(ends=-10)], {"hold"}),
        (
            "message",
            "skp",
            [message("balance_request", TODAY), answer(f"balance_request-stad-{TODAY}")],
            {"balance_request", "balance_answer"},
        ),
        (
            "claim_part",
            "tax",
            [
                facts_record(
                    "P1", ("payment", "P1", {"claim": "Z", "on": "2026-05-01", "amount": 5})
                )
            ],
            {"claim_event"},
        ),
    ],
)
def test_other_records_go_too(
    town: Town, name: str, source: str, told: list[Any], tables: set[str]
) -> None:
    town.tell(source, *told)
    town.tell(source)
    town.years(4)
    assert name not in town.proposed()
    town.years(4)
    counts = town.destroy(name)
    assert tables <= counts.keys()
    assert counts["record"] == len(told)
    assert town.resident(0) is None


def test_a_payment_of_a_claim_that_runs_is_no_loose_part(town: Town) -> None:
    payment = {"claim": "A1", "on": "2026-05-01", "amount": 5}
    town.tell("tax", tax_claim("A1", 10))
    town.tell("tax", tax_claim("A1", 10), facts_record("P1", ("payment", "P1", payment)))
    town.tell("tax", tax_claim("A1", 10))
    town.years(9)
    assert "claim_part" not in town.proposed()


def test_a_running_hold_and_entry_stay(town: Town) -> None:
    town.tell("tax", hold(ends=9000))
    town.tell("vish", entry())
    town.years(9)
    assert not {"hold", "register_entry"} & town.proposed().keys()


def test_a_reject_goes_with_its_record(town: Town) -> None:
    town.tell("tax", statement("A1", 1, person="kapot"))
    town.hub.clock.move(days=200)  # type: ignore[attr-defined]
    # As long as the source delivers it, it would come back.
    assert "reject" not in town.proposed()
    town.tell("tax")
    town.hub.clock.move(days=200)  # type: ignore[attr-defined]
    counts = town.destroy("reject")
    assert (counts["reject"], counts["record"]) == (1, 1)
    assert (town.count("reject"), town.count("record")) == (0, 0)


def test_replaced_details_go_and_the_current_ones_stay(town: Town) -> None:
    town.tell("tax", statement("A1", 5, person=person(city="Oudstad")))
    town.tell("tax", statement("A1", 5, person=person(city="Nieuwstad")))
    town.years(6)
    assert town.destroy("person") == {"person": 1}
    with town.hub.engine.begin() as connection:
        told = report_of(connection, town.hub, str(town.resident(0)), OFFICER)
    assert [one["city"] for one in told["data"]["person"]] == ["Nieuwstad"]


def test_somebody_of_whom_nothing_is_told_goes(town: Town) -> None:
    town.tell("tax", facts_record("X", ("claim_statement", "X", statement_data())))
    town.tell("tax")
    town.years(8)
    # A person that lost its facts by another way than a list.
    with town.hub.engine.begin() as connection:
        for table in ("claim_statement", "claim"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    counts = town.destroy("subject")
    assert counts == {"person": 1, "subject": 1, "resident": 1}


def statement_data() -> dict[str, Any]:
    return json.loads(statement("X", 5).raw)[0][2]


def test_what_people_and_rules_made_goes_by_its_own_term(town: Town) -> None:
    town.tell("tax", tax_claim("A1", 10))
    now, me = town.hub.clock.now(), town.resident(0)
    with town.hub.reader.connect() as connection:
        from hub.store import source

        tax = connection.execute(select(source.c.id).where(source.c.name == "tax")).scalar_one()
    rows: dict[str, dict[str, Any]] = {
        "finding": {
            "rule": "r",
            "about": me,
            "key": "k",
            "facts": {},
            "severity": 1,
            "opened_at": now,
            "closed_at": now,
        },
        "command": {
            "id": "c-1",
            "source_id": tax,
            "kind": "set_hold",
            "data": {},
            "ground": "x",
            "created_by": "x",
            "created_at": now,
            "state": "delivered",
            "next_at": now,
            "ended_at": now,
        },
        "flow_run": {
            "key": "k-1",
            "flow": "pauze",
            "state": "stopped",
            "asks": {},
            "ground": "x",
            "asked_by": "x",
            "asked_at": now,
            "stopped_at": now,
        },
        "hold_reason": {
            "creditor": "stad",
            "reason": "schuldhulp",
            "until": TODAY.replace(year=2060),
            "made_by": "x",
            "made_at": now,
            "lifted_at": now,
        },
        "case_link": {
            "role": "collector",
            "kind": "claim",
            "number": "1",
            "starts_on": TODAY,
            "ends_on": TODAY,
            "made_by": "x",
            "made_at": now,
        },
        "permission": {
            "text_version": "1",
            "channel": "desk",
            "groups": [],
            "roles": [],
            "given_on": TODAY,
            "withdrawn_on": TODAY,
            "recorded_by": "x",
            "recorded_at": now,
        },
        "emergency": {
            "account": "x",
            "role": "collector",
            "reason": "x",
            "starts_at": now,
            "ends_at": now,
            "reviewed_at": now,
        },
        "flag": {
            "kind": "correction",
            "text": "x",
            "recorded_by": "x",
            "recorded_at": now,
            "ended_at": now,
        },
    }
    for name, values in rows.items():
        town.add(name, resident_id=me, **values)
        unfinished = {
            "finding": "closed_at",
            "command": "ended_at",
            "flow_run": "stopped_at",
            "hold_reason": "lifted_at",
            "case_link": "ends_on",
            "permission": "withdrawn_on",
            "emergency": "reviewed_at",
            "flag": "ended_at",
        }[name]
        again = {
            "command": {"id": "c-2"},
            "flow_run": {"key": "k-2", "state": "asked"},
        }.get(name, {})
        town.add(name, resident_id=me, **(values | {unfinished: None} | again))
    ends = {"rotated_at": now, "started_at": now, "seen_at": now, "ends_at": now}
    shared = {"account": "x", "title": "x", "roles": [], "method": "demo"}
    town.add("sign_in_session", token="t" * 64, **shared, **ends)
    town.years(6)
    later = {**ends, "ends_at": town.hub.clock.now()}
    town.add("sign_in_session", token="u" * 64, **shared, **later)
    for name in [*rows, "sign_in_session"]:
        # Rules made findings of their own.
        ours = {"rule": "r"} if name == "finding" else {}
        assert (town.count(name, **ours), town.destroy(name)[name] >= 1) == (2, True), name
        assert town.count(name, **ours) == 1, name
    assert town.resident(0) == me


def test_the_old_part_of_a_log_goes_and_the_rest_stays_one_chain(town: Town) -> None:
    town.tell("tax", tax_claim("A1", 10))
    me = str(town.resident(0))

    def seen() -> None:
        with town.hub.engine.begin() as connection:
            log_deed(connection, town.hub, OFFICER, Deed("overview", "overview", [me], ground="x"))

    seen()
    old, audited = town.count("processing_log"), town.count("audit_log")
    town.years(6)
    seen()
    assert town.destroy("processing_log") == {"processing_log": old}
    with town.hub.reader.connect() as connection:
        assert list(verify(connection, town.hub)) == []
    # The audit log goes as far as nothing in the processing log needs it.
    assert town.destroy("audit_log")["audit_log"] == audited
    with town.hub.engine.begin() as connection:
        assert list(verify(connection, town.hub)) == []
        first = processing_log.c.number == old + 1
        connection.execute(update(processing_log).where(first).values(name="iets anders"))
        assert [one.number for one in verify(connection, town.hub)] == [old + 1]


def test_a_log_without_its_old_part_tells_of_every_other_cut(town: Town) -> None:
    town.tell("tax", tax_claim("A1", 10))
    town.years(6)
    town.tell("tax", tax_claim("A1", 20))
    town.tell("tax", tax_claim("A1", 30))
    counts = town.destroy("processing_log")
    with town.hub.engine.begin() as connection:
        next_one = processing_log.c.number == counts["processing_log"] + 1
        connection.execute(delete(processing_log).where(next_one))
        assert [one.what for one in verify(connection, town.hub)] == ["Hier ontbreekt één regel."]


def test_a_resident_of_whom_nothing_was_ever_left_goes(town: Town) -> None:
    town.add("resident", id="f" * 32, bsn_hash="x", created_at=town.hub.clock.now())
    town.hub.clock.move(days=150)  # type: ignore[attr-defined]
    assert "resident" not in town.proposed()
    town.hub.clock.move(days=100)  # type: ignore[attr-defined]
    assert town.destroy("resident") == {"resident": 1}


def test_events_survive_without_a_person(town: Town) -> None:
    town.tell("tax", paid("A1", on=date(2026, 6, 9)), paid("A2"), tax_claim("A3", 1))
    town.tell("tax")
    with town.hub.reader.connect() as connection:
        hashed = connection.execute(select(resident.c.bsn_hash)).scalar_one()
    town.years(8)
    # One statement told something open after its due date.
    town.destroy("claim")
    with town.hub.reader.connect() as connection:
        rows = connection.execute(select(indicator_event).order_by(indicator_event.c.id)).all()
    assert {row.pseudonym for row in rows} == {pseudonym(town.hub.keys, hashed)}
    assert hashed not in {row.pseudonym for row in rows}
    assert {row.owner for row in rows} == {"stad"}
    told = sorted((row.kind, row.on, row.amount) for row in rows if row.on.month == 6)
    assert told == [
        ("BetalingOntvangen", date(2026, 6, 9), -5000),
        ("VervaldatumVerstreken", date(2026, 6, 1), 1),
    ]


def test_another_municipality_is_left_alone(town: Town, make_hub: Any) -> None:
    town.tell("tax", paid("A1"))
    town.tell("tax")
    town.years(9)
    other = make_hub(municipality="8888")
    assert propose(other) == []
    id_ = town.proposed()["claim"]
    with pytest.raises(ConfigError), other.engine.begin() as connection:
        lists.approve(connection, other, OFFICER, id_)
    with pytest.raises(ConfigError):
        carry_out(other, OFFICER, id_)
    assert town.count("claim") == 1


def test_a_list_that_waits_is_not_made_twice(town: Town) -> None:
    town.tell("tax", paid("A1"))
    town.tell("tax")
    town.years(8)
    assert "claim" in town.proposed()
    assert "claim" not in town.proposed()
    assert town.count("destruction_item", thing="claim") == 1


def test_who_went_into_another_goes_with_that_one(town: Town) -> None:
    """Nothing is left of either number: no row, and in the log no BSN."""
    town.tell("tax", paid("A1"), paid("B1", 1))
    stays, goes = town.resident(0), town.resident(1)
    assert stays is not None
    assert goes is not None
    officer = Actor("sanne", "debt_counsellor")
    with town.hub.engine.begin() as connection:
        merge(connection, town.hub, officer, goes, stays, "Een verkeerd BSN hersteld")
    reconcile(town.hub)
    town.years(1)
    assert "resident" not in town.proposed(), "by the old BSN news may still come"
    town.tell("tax")
    town.years(8)
    counts = town.destroy("claim")
    assert (counts["claim"], counts["resident"], counts["resident_merge"]) == (2, 2, 1)
    for id_ in (stays, goes):
        assert town.traces(id_).keys() == {"processing_log"}
    with town.hub.reader.connect() as connection:
        query = select(processing_log.c.subject).where(processing_log.c.resident_id.is_not(None))
        assert set(connection.execute(query).scalars()) == {None}
        assert list(verify(connection, town.hub)) == []


def test_a_candidate_keeps_nobody(town: Town) -> None:
    """That a message without BSN may be about somebody is no ground to keep that one."""
    town.tell("tax", paid("A1"))
    town.tell("file", statement("F1", 500, person={"surname": "Nergensman"}))
    town.tell("tax")
    town.years(8)
    with town.hub.reader.connect() as connection:
        nameless = select(subject.c.id).where(subject.c.bsn_hash.is_(None))
        stranger = connection.execute(nameless).scalar_one()
    town.add(
        "match_candidate",
        subject_id=stranger,
        resident_id=town.resident(0),
        register="help",
        score=0.5,
        weights={},
        model_version=0,
        asked=True,
    )
    town.destroy("claim")
    assert town.resident(0) is None
    assert town.count("match_candidate") == 0
    assert town.count("subject") == 1, "whom the message names is still there"
