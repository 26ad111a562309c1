"""A municipality for benchmarks of judging: mostly quiet, with some of everything that goes wrong.

It is made inside the store, by INSERT … SELECT, so that a million residents take minutes. Of each
hundred residents about 92 paid everything; the others stand somewhere between a reminder and an
attachment. Every fortieth has a debt case, every sixteenth got remission, every fiftieth pays in
terms. Shares are exact, so two stores of one size are equal but for the ids of their residents.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, String, Table, Text, insert, text

from hub import store
from hub.store.engine import chunks

TODAY = datetime.now(UTC).date()
THEN = datetime.now(UTC) - timedelta(days=30)
SOURCES = {"tax": "creditor", "file": "debt_help", "vish": "register", "skp": "exchange"}
TAX, FILE, VISH, SKP = 1, 2, 3, 4

#: Claims of each resident, one for each of the last years.
CLAIMS = 5

#: How far the claim of this year got, for residents 0 to 7 of each hundred, and what was told.
STAGES = ("aanslag", "aanslag", "herinnering", "herinnering", "aanmaning", "aanmaning")
STAGES += ("dwangbevel", "vordering")

#: The steps of collection: from which of these eight residents on, and how many days ago.
STEPS = (("herinnering", 2, 120), ("aanmaning", 4, 90), ("dwangbevel", 6, 60))
STEPS += (("vooraankondiging", 7, 50), ("vordering", 7, 20))

_BIG = (store.claim, store.claim_statement, store.claim_event, store.person, store.subject)


def resident_id(number: int) -> str:
    """Return an id as random as a real one, so that indexes see no order."""
    return f"{random.Random(number).getrandbits(128):032x}"


def fill(connection: Connection, size: int) -> None:
    """Fill an empty store with `size` residents and five claims of each."""
    _sources(connection)
    _helpers(connection, size)
    indexes = [index for table in _BIG for index in sorted(table.indexes, key=lambda i: i.name)]
    for index in indexes:
        index.drop(connection)
    for table, values, rest in _tables():
        _put(connection, table, values, rest)
    for index in indexes:
        index.create(connection)
    for name in ("bench", "bench_day", "bench_year"):
        connection.execute(text(f"DROP TABLE {name}"))


def _sources(connection: Connection) -> None:
    about = {"municipality": "9999", "connector": "none", "owner": "stad", "config": ""}
    rest = {"interval_minutes": 1440, "max_age_hours": 36, "created_at": THEN, "enabled": False}
    for name, role in SOURCES.items():
        row = {"name": name, "title": name, "role": role, **about, **rest}
        connection.execute(insert(store.source), row)
    run = {"source_id": 1, "stream": "x", "planned_at": THEN, "status": "succeeded"}
    connection.execute(insert(store.run), run)
    record = {"source_id": 1, "stream": "x", "key": "x", "digest": b"", "state": "applied"}
    connection.execute(insert(store.record), record | {"run_id": 1})


def _helpers(connection: Connection, size: int) -> None:
    """Make tables of residents by number, of days by how long ago they are, and of years."""
    blob = "bytea" if connection.dialect.name == "postgresql" else "blob"
    moment = store.resident.c.created_at.type.compile(connection.dialect)
    connection.execute(
        text(f"CREATE TABLE bench (n integer PRIMARY KEY, id text, digest {blob}, at {moment})")
    )
    connection.execute(text("CREATE TABLE bench_day (ago integer PRIMARY KEY, day date)"))
    connection.execute(text("CREATE TABLE bench_year (y integer PRIMARY KEY, tax integer)"))
    for numbers in chunks(range(size), 10_000):
        people = [
            {"id": resident_id(n), "municipality": "9999", "created_at": THEN} for n in numbers
        ]
        connection.execute(insert(store.resident), people)
        rows = [{"n": n, "id": one["id"]} for n, one in zip(numbers, people, strict=True)]
        connection.execute(text("INSERT INTO bench (n, id) VALUES (:n, :id)"), rows)
    same = "UPDATE bench SET digest = :digest, at = (SELECT created_at FROM resident LIMIT 1)"
    connection.execute(text(same), {"digest": b""})
    days = [{"ago": ago, "day": TODAY - timedelta(days=ago)} for ago in range(-400, 3000)]
    if connection.dialect.name == "sqlite":
        days = [{"ago": one["ago"], "day": str(one["day"])} for one in days]
    connection.execute(text("INSERT INTO bench_day VALUES (:ago, :day)"), days)
    years = [{"y": y, "tax": TODAY.year - y} for y in range(CLAIMS)]
    connection.execute(text("INSERT INTO bench_year VALUES (:y, :tax)"), years)


def _ago(days: str) -> str:
    return f"(SELECT day FROM bench_day WHERE ago = {days})"


def _put(connection: Connection, table: Table, values: dict[str, str], rest: str) -> None:
    """Insert a row for each resident that `rest` selects; what is not named says nothing."""
    if "record_id" in table.c:
        facts = {"record_id": "1", "digest": "b.digest", "received_at": "b.at"}
        values = {**facts, "resident_id": "b.id", "subject_id": "b.n + 1", **values}
    silent = {String: "''", Text: "''", Integer: "0", Boolean: "FALSE"}
    for column in table.columns:
        needs = not (column.nullable or column.server_default or column.primary_key)
        if needs and column.name not in values:
            values[column.name] = silent[type(column.type)]
    names = ", ".join(f'"{name}"' for name in values)
    told = ", ".join(values.values())
    connection.execute(
        text(f"INSERT INTO {table.name} ({names}) SELECT {told} FROM bench b {rest}")
    )
    if "id" in values and connection.dialect.name == "postgresql":
        # A sequence knows nothing of ids that were given.
        last = f"SELECT max(id) FROM {table.name}"
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), ({last}))")
        )


def _tables() -> Iterator[tuple[Table, dict[str, str], str]]:
    yield from _people()
    yield from _claims()
    yield from _steps()
    yield from _relief()
    yield from _help()
    yield from _messages()


def _people() -> Iterator[tuple[Table, dict[str, Any], str]]:
    about = {"municipality": "'9999'", "source_id": "1", "created_at": "b.at", "bsn_hash": "b.id"}
    yield store.subject, {"id": "b.n + 1", "key": "b.id", "resident_id": "b.id", **about}, ""
    told = {"subject_id": "b.n + 1", "surname": "'Proef' || (b.n % 9973)", "received_at": "b.at"}
    told |= {"surname_key": "'proef' || (b.n % 9973)", "birth_date": _ago("b.n % 2900")}
    phone = "CASE WHEN b.n % 7 < 4 THEN '0612345678' ELSE '' END"
    dead = f"CASE WHEN b.n % 500 = 3 THEN {_ago('b.n % 300')} END"
    yield store.person, {**told, "phone": phone, "deceased_on": dead}, ""


def _claims() -> Iterator[tuple[Table, dict[str, Any], str]]:
    number, key = f"b.n * {CLAIMS} + y + 1", "'A' || b.n || '-' || y"
    years, late = "CROSS JOIN bench_year", "y = 0 AND b.n % 100 < 8"
    claim = {"id": number, "statement_id": number, "municipality": "'9999'", "created_at": "b.at"}
    claim |= {"natural_key": f"'stad/' || {key}", "creditor": "'stad'", "reference": key}
    yield store.claim, {**claim, "resident_id": "b.id"}, years
    stage = " ".join(f"WHEN {n} THEN '{stage}'" for n, stage in enumerate(STAGES))
    told = {"id": number, "claim_id": number, "source_id": "1", "key": key, "reference": key}
    told |= {"type": "'ozb'", "tax_year": "tax", "principal": "25000 + b.n % 7 * 5000", "unit": "1"}
    told |= {"open": f"CASE WHEN {late} THEN 25000 + b.n % 7 * 5000 ELSE 0 END", "as_of": _ago("0")}
    told |= {"stage": f"CASE WHEN {late} THEN CASE b.n % 100 {stage} END ELSE 'voldaan' END"}
    told |= {"costs": f"CASE WHEN {late} AND b.n % 100 > 5 THEN 7100 + b.n % 9 * 200 ELSE 0 END"}
    told |= {"due_on": _ago("365 * y + 150"), "imposed_on": _ago("365 * y + 200")}
    yield store.claim_statement, told, years
    event = {"source_id": "1", "subject_id": "NULL", "resident_id": "NULL", "claim": key}
    opgelegd = {"key": f"{key} || 'o'", "kind": "'opgelegd'", "on": _ago("365 * y + 200")}
    yield store.claim_event, {**event, **opgelegd, "amount": "25000 + b.n % 7 * 5000"}, years
    paid = {"key": f"{key} || 'b'", "kind": "'betaling'", "on": _ago("365 * y + 100")}
    paid |= {"amount": "-25000 - b.n % 7 * 5000"}
    yield store.claim_event, {**event, **paid}, f"{years} WHERE NOT ({late})"


def _steps() -> Iterator[tuple[Table, dict[str, Any], str]]:
    """Yield the steps of this year's open claims; of earlier years some were paid at the writ."""
    for kind, least, ago in STEPS:
        for year, share in ((0, 100), (1, 200), (2, 200), (3, 200), (4, 200)):
            key = f"'A' || b.n || '-{year}'"
            day = _ago(
                f"{365 * year + ago} + b.n % 7 - CASE WHEN b.n % 3000 < 100 THEN 8 ELSE 0 END"
            )
            event = {"source_id": "1", "key": f"{key} || '{kind}'", "claim": key}
            event |= {"kind": f"'{kind}'", "on": day, "subject_id": "NULL", "resident_id": "NULL"}
            yield store.claim_event, event, f"WHERE b.n % {share} BETWEEN {least} AND 7"


def _relief() -> Iterator[tuple[Table, dict[str, Any], str]]:
    for year in range(4):
        key = f"'A' || b.n || '-{year}'"
        told = {"source_id": "1", "key": f"'K' || b.n || '-{year}'", "claim": key}
        told |= {
            "requested_on": _ago(f"{365 * year + 190}"),
            "decided_on": _ago(f"{365 * year + 170}"),
        }
        granted = {"outcome": "'toegekend'", "amount": "25000"}
        # One in seven of who had it last year did not ask this year.
        who = "WHERE b.n % 16 = 4" + (" AND b.n % 7 <> 0" if year == 0 else "")
        yield store.remission, {**told, **granted}, who
    plan = {"source_id": "1", "key": "'P' || b.n", "claim": "'A' || b.n || '-0'", "terms": "10"}
    plan |= {"term_amount": "2500", "status": "'lopend'", "starts_on": _ago("100")}
    missed = {"missed": "CASE WHEN b.n % 600 < 10 THEN 1 END"}
    yield store.payment_plan, {**plan, **missed}, "WHERE b.n % 100 IN (2, 3, 5)"


def _help() -> Iterator[tuple[Table, dict[str, Any], str]]:
    case = {"source_id": "2", "key": "'case' || b.n", "phase": "'stabilisatie'"}
    case |= {"starts_on": _ago("40 + b.n % 170"), "plan_on": _ago("20 + b.n % 150")}
    yield store.debt_case, case, "WHERE b.n % 40 = 5"
    listed = {
        "source_id": "2",
        "key": "'L' || b.n",
        "claim_id": f"b.n * {CLAIMS} + 1",
        "unit": "100",
    }
    listed |= {"reference": "'A' || b.n || '-0'", "type": "'nuts'", "stage": "'onbekend'"}
    amount = "CASE WHEN b.n % 100 < 8 THEN 25000 + b.n % 7 * 5000 ELSE 0 END + b.n % 13 / 12 * 700"
    listed |= {"open": amount, "as_of": _ago("10")}
    yield store.claim_statement, listed, "WHERE b.n % 40 = 5 AND b.n % 9 < 8"
    entry = {"key": "'V' || b.n", "reference": "'V' || b.n", "starts_on": _ago("b.n % 90")}
    vish = {"source_id": "3", "register": "'vish'"}
    yield store.register_entry, {**entry, **vish}, "WHERE b.n % 40 = 5 AND b.n % 7 <> 0"
    wsnp = {"source_id": "3", "register": "'cir'", "kind": "'Wsnp'"}
    yield store.register_entry, {**entry, **wsnp, "key": "'C' || b.n"}, "WHERE b.n % 300 = 7"
    ward = {"source_id": "3", "register": "'ccbr'", "kind": "'bewind'"}
    yield store.register_entry, {**entry, **ward, "key": "'B' || b.n"}, "WHERE b.n % 150 = 6"
    pause = {"source_id": "1", "key": "'H' || b.n", "creditor": "'stad'", "reference": "'H' || b.n"}
    pause |= {"starts_on": _ago("b.n % 150"), "ends_on": _ago("b.n % 150 - 240")}
    pause |= {"confirmed_on": _ago("b.n % 150")}
    yield store.hold, pause, "WHERE b.n % 40 = 5 AND b.n % 11 <> 0"
    signal = {"source_id": "2", "key": "'S' || b.n", "reference": "'S' || b.n"}
    yield store.early_signal, {**signal, "signalled_on": _ago("b.n % 400")}, "WHERE b.n % 33 = 1"
    taken = {"source_id": "2", "key": "'Z' || b.n", "reference": "'Z' || b.n"}
    taken |= {"taken_up_on": _ago("b.n % 400 - 5"), "matched_on": _ago("b.n % 400")}
    yield store.signal_case, taken, "WHERE b.n % 33 = 1 AND b.n % 8 <> 0"


def _messages() -> Iterator[tuple[Table, dict[str, Any], str]]:
    bound = {
        "source_id": "4",
        "key": "'stad'",
        "code": "'stad'",
        "name": "'Stad'",
        "kind": "'gemeente'",
    }
    bound |= {"signed_on": _ago("2000"), "valid_from": _ago("2000"), "prior_consent": "TRUE"}
    bound |= {"hold_confirm_working_days": "1", "balance_working_days": "15", "pause_days": "240"}
    nobody = {"subject_id": "NULL", "resident_id": "NULL"}
    yield store.participant, {**bound, **nobody}, "WHERE b.n = 0"
    said = {"source_id": "4", "conversation": "'c' || b.n", "direction": "'out'", "party": "'stad'"}
    whose = "WHERE b.n % 40 = 5"
    yield store.notice, {**said, "key": "'n' || b.n", "sent_on": _ago("b.n % 150")}, whose
    yield store.balance_request, {**said, "key": "'q' || b.n", "sent_on": _ago("b.n % 150")}, whose
    answer = {**said, "key": "'a' || b.n", "direction": "'in'", "outcome": "'saldo'"}
    answer |= {"answered_on": _ago("b.n % 150 - 5")}
    yield store.balance_answer, answer, f"{whose} AND b.n % 12 <> 1"
