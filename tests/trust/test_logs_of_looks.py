"""The two logs: one operation in both, and every change, gap, reordering or cut is found."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from book import resident_of
from chain import Chain
from residents import CLIENT, DEBTOR, STRANGER
from sqlalchemy import Connection, delete, func, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.activities import activities
from hub.security.anchor import kept_anchors, note_anchors
from hub.security.audit import SUBJECT, Actor, Deed, log_deed, log_look, trace_from
from hub.security.export import export
from hub.security.verify import Fault, verify
from hub.store import audit_log, chain, processing_log

WHO = Actor("sanne", "debt_counsellor", "10.0.0.7")


def ids(hub: Hub, *bsns: str) -> list[str]:
    with hub.reader.connect() as connection:
        return [str(resident_of(connection, hub, bsn)) for bsn in bsns]


def look(hub: Hub, *bsns: str, **more: Any) -> str:
    deed = Deed("overview", "overview", ids(hub, *bsns), ground="Wgs", groups=["hold"], **more)
    with hub.engine.begin() as connection:
        return log_look(connection, hub, WHO, deed)


def faults(hub: Hub, kept: Any = ()) -> list[Fault]:
    with hub.reader.connect() as connection:
        return list(verify(connection, hub, kept))


def rows(hub: Hub, table: Any, span: str) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(table).where(table.c.span_id == span)))


def test_a_look_at_one_resident_is_one_row_in_each_log_with_one_operation(hub: Hub) -> None:
    span = look(hub, CLIENT)
    (who,), (what,) = rows(hub, audit_log, span), rows(hub, processing_log, span)
    assert (who.actor, who.role, who.origin) == ("sanne", "debt_counsellor", "10.0.0.7")
    assert (who.action, who.groups, who.ground, who.result) == (
        "overview",
        ["hold"],
        "Wgs",
        "allowed",
    )
    assert (who.machine, who.attended) == (False, True)
    assert (what.trace_id, what.activity, what.status) == (who.trace_id, "overview", "Ok")
    assert what.resident_id == ids(hub, CLIENT)[0]
    assert (hub.keys.open(what.subject, SUBJECT), what.subject_type) == (CLIENT, "BSN")
    assert "sanne" not in str(tuple(what)), "no employee in the processing log"


def test_a_look_at_several_is_one_action_with_a_child_for_each(hub: Hub) -> None:
    span = look(hub, CLIENT, DEBTOR, STRANGER)
    (parent,) = rows(hub, processing_log, span)
    assert (parent.resident_id, parent.subject, parent.subject_type) == (None, None, None)
    with hub.reader.connect() as connection:
        query = select(processing_log).where(processing_log.c.parent_span_id == span)
        children = connection.execute(query).all()
    assert {one.resident_id for one in children} == set(ids(hub, CLIENT, DEBTOR, STRANGER))
    assert len({one.span_id for one in children} | {span}) == 4
    assert len(rows(hub, audit_log, span)) == 1
    assert faults(hub) == []


def test_without_a_ground_there_is_no_look(hub: Hub) -> None:
    with hub.engine.begin() as connection, pytest.raises(ValueError, match="needs a ground"):
        log_look(connection, hub, WHO, Deed("overview", "overview", ids(hub, CLIENT)))


def test_a_look_that_is_rolled_back_leaves_no_row_and_no_gap(hub: Hub) -> None:
    look(hub, CLIENT)
    deed = Deed("overview", "overview", ids(hub, CLIENT))
    with hub.engine.connect() as connection:
        log_deed(connection, hub, WHO, deed)
        connection.rollback()
    look(hub, DEBTOR)
    assert faults(hub) == []


def test_what_the_hub_does_by_itself_is_logged_as_unattended(chain: Chain) -> None:
    with chain.hub.reader.connect() as connection:
        query = select(audit_log).where(audit_log.c.action == "update")
        told = connection.execute(query).all()
        about = select(processing_log.c.resident_id).where(
            processing_log.c.activity == "update", processing_log.c.resident_id.is_not(None)
        )
        updated = set(connection.execute(about).scalars())
    assert {(one.actor, one.machine, one.attended) for one in told} == {("hub", True, False)}
    assert updated == set(ids(chain.hub, CLIENT, DEBTOR, STRANGER))


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f" 00-{TRACE}-{SPAN}-00 ", True),
        (None, False),
        ("", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{TRACE}-{SPAN}-01\nX: y", False),
    ],
)
def test_the_trace_of_a_caller_is_taken_over_when_it_is_one(
    hub: Hub, header: str | None, taken: bool
) -> None:
    trace = trace_from(header)
    assert (trace.trace_id == TRACE, trace.parent_span_id == SPAN) == (taken, taken)
    deed = Deed("overview", "overview", ids(hub, CLIENT), ground="Wgs")
    with hub.engine.begin() as connection:
        span = log_deed(connection, hub, WHO, deed, trace)
    (row,) = rows(hub, processing_log, span)
    assert (row.trace_id, row.parent_span_id) == (trace.trace_id, trace.parent_span_id)
    assert faults(hub) == []


# --- tampering

Tamper = Callable[[Connection, Any, int], None]


def changed(connection: Connection, log: Any, number: int) -> None:
    column = {"audit_log": "actor", "processing_log": "activity"}[log.name]
    connection.execute(update(log).where(log.c.number == number).values({column: "iets anders"}))


def removed(connection: Connection, log: Any, number: int) -> None:
    connection.execute(delete(log).where(log.c.number == number))


def removed_and_closed_up(connection: Connection, log: Any, number: int) -> None:
    removed(connection, log, number)
    last = connection.execute(select(func.max(log.c.number))).scalar_one()
    for later in range(number + 1, last + 1):
        connection.execute(update(log).where(log.c.number == later).values(number=later - 1))


def swapped(connection: Connection, log: Any, number: int) -> None:
    for old, new in ((number, -1), (number + 1, number), (-1, number + 1)):
        connection.execute(update(log).where(log.c.number == old).values(number=new))


def truncated(connection: Connection, log: Any, number: int) -> None:
    connection.execute(delete(log).where(log.c.number >= number))


def put_in(connection: Connection, log: Any, number: int) -> None:
    """Add a copy of a row at the end, as if the same had been done once more."""
    row = dict(connection.execute(select(log).where(log.c.number == number)).one()._mapping)
    last = connection.execute(select(func.max(log.c.number))).scalar_one()
    del row["id"]
    connection.execute(insert(log).values(row | {"number": last + 1}))


TAMPERS: dict[Tamper, str] = {
    changed: "veranderd of hoort hier niet",
    removed: "ontbreekt één regel",
    removed_and_closed_up: "veranderd of hoort hier niet",
    swapped: "veranderd of hoort hier niet",
    truncated: "afgeknipt",
    put_in: "veranderd of hoort hier niet",
}


@pytest.mark.parametrize("log", [audit_log, processing_log], ids=["audit", "processing"])
def test_tampering_with_a_log_is_found(hub: Hub, log: Any) -> None:
    for _ in range(6):
        look(hub, CLIENT)
    assert faults(hub) == []
    for tamper, says in TAMPERS.items():
        with hub.engine.connect() as connection:
            last = connection.execute(select(func.max(log.c.number))).scalar_one()
            tamper(connection, log, last - 3)
            found = [one for one in verify(connection, hub) if f"{one.log}_log" == log.name]
            connection.rollback()
        assert any(says in one.what for one in found), (tamper.__name__, found)
    assert faults(hub) == []


def _another(value: Any) -> Any:
    """Return a value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1000
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    return ["iets"] if isinstance(value, list) else "iets"


@pytest.mark.parametrize("log", [audit_log, processing_log], ids=["audit", "processing"])
def test_no_column_of_a_row_can_be_changed_unseen(hub: Hub, log: Any) -> None:
    look(hub, CLIENT)
    with hub.reader.connect() as connection:
        row = connection.execute(select(log).order_by(log.c.number.desc())).first()
    assert row is not None
    # The technical id orders nothing; of another municipality a row would be a gap in this one.
    names = [one.name for one in log.columns if one.name not in ("id", "municipality")]
    unseen = []
    for name in names:
        with hub.engine.connect() as connection:
            other = _another(row._mapping[name])
            connection.execute(update(log).where(log.c.id == row.id).values({name: other}))
            unseen += [] if list(verify(connection, hub)) else [name]
            connection.rollback()
    assert unseen == []
    assert faults(hub) == []


def cut_without_a_trace(hub: Hub, keep: int) -> None:
    """Cut both logs and make `chain` say that they always ended there."""
    with hub.engine.begin() as connection:
        for name, table in (("audit", audit_log), ("processing", processing_log)):
            connection.execute(delete(table).where(table.c.number > keep))
            last = connection.execute(
                select(table.c.number, table.c.hash).order_by(table.c.number.desc()).limit(1)
            ).one()
            connection.execute(
                update(chain).where(chain.c.log == name).values(number=last.number, hash=last.hash)
            )


def test_a_cut_that_covers_itself_is_found_by_an_anchor(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    hub = replace(
        hub,
        settings=replace(
            hub.settings, values={**hub.settings.values, "audit_anchor_file": str(file)}
        ),
    )
    for _ in range(4):
        look(hub, CLIENT)
    note_anchors(hub)
    assert len(kept_anchors(hub)) == 2
    assert faults(hub, kept_anchors(hub)) == []
    cut_without_a_trace(hub, 2)
    assert [one for one in faults(hub) if one.log == "audit"] == [], "the store alone looks whole"
    found = faults(hub, kept_anchors(hub))
    assert {one.log for one in found} == {"audit", "processing"}
    assert all("afgeknipt" in one.what for one in found)


def test_rows_made_without_the_key_fit_no_anchor(hub: Hub, tmp_path: Path) -> None:
    look(hub, CLIENT)
    with hub.reader.connect() as connection:
        from hub.security.verify import anchors

        (kept, *_) = anchors(connection, hub)
    file = tmp_path / "a.jsonl"
    file.write_text(replace(kept, hash="0" * 64).line() + "\n")
    with pytest.raises(ConfigError, match="veranderd of vervalst"):
        kept_anchors(hub, file)
    file.write_text("geen anker\n")
    with pytest.raises(ConfigError, match="Regel 1 van het ankerbestand is geen anker"):
        kept_anchors(hub, file)
    with pytest.raises(ConfigError, match="niet te lezen"):
        kept_anchors(hub, tmp_path / "nergens")


def test_anchors_go_to_a_syslog(hub: Hub) -> None:
    look(hub, CLIENT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        values = {**hub.settings.values, "audit_syslog": f"127.0.0.1:{server.getsockname()[1]}"}
        hub = replace(hub, settings=replace(hub.settings, values=values))
        noted = note_anchors(hub)
        heard = [server.recv(4096).decode().rstrip("\0") for _ in noted]
    assert [one.split("schuldenhub: ")[1] for one in heard] == [one.line() for one in noted]


def test_another_resident_under_the_seal_is_found(hub: Hub) -> None:
    span = look(hub, CLIENT)
    with hub.engine.begin() as connection:
        connection.execute(
            update(processing_log)
            .where(processing_log.c.span_id == span)
            .values(subject=hub.keys.seal(DEBTOR, SUBJECT))
        )
    assert ["versleutelde inwoner" in one.what for one in faults(hub)] == [True]


def test_a_row_that_nobody_did_is_found(hub: Hub) -> None:
    look(hub, CLIENT)
    with hub.engine.begin() as connection:
        last = connection.execute(select(func.max(audit_log.c.number))).scalar_one()
        connection.execute(delete(audit_log).where(audit_log.c.number == last))
        before = connection.execute(
            select(audit_log.c.hash).where(audit_log.c.number == last - 1)
        ).scalar_one()
        end = {"number": last - 1, "hash": before}
        connection.execute(update(chain).where(chain.c.log == "audit").values(**end))
    assert [one.what for one in faults(hub)] == ["Bij deze regel staat niet wie het deed."]


def test_many_who_look_at_once_make_one_chain(hub: Hub) -> None:
    broken: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                look(hub, CLIENT, DEBTOR)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert broken == []
    assert faults(hub) == []
    with hub.reader.connect() as connection:
        query = select(func.count()).select_from(audit_log).where(audit_log.c.actor == "sanne")
        assert connection.execute(query).scalar_one() == 50


def test_an_export_has_the_names_of_the_standard_and_no_person_in_the_clear(hub: Hub) -> None:
    look(hub, CLIENT)
    with hub.reader.connect() as connection:
        lines = list(export(connection, hub))
    last = json.loads(lines[-1])
    assert set(last) == {
        "trace_id",
        "span_id",
        "status",
        "name",
        "start_time",
        "end_time",
        "resource",
        "attributes",
    }
    assert (len(last["trace_id"]), len(last["span_id"])) == (32, 16)
    assert last["start_time"] == round(hub.clock.now().timestamp() * 1000)
    assert last["name"] == activities()["overview"].name
    attributes = last["attributes"]
    assert attributes["dpl.core.processing_activity_id"] == "urn:schuldenhub:verwerking:overview"
    assert attributes["dpl.core.data_subject_id_type"] == "BSN"
    assert CLIENT not in "".join(lines)
    assert "sanne" not in "".join(lines)
    later = hub.clock.now().replace(year=2027)
    with hub.reader.connect() as connection:
        assert list(export(connection, hub, since=later)) == []
