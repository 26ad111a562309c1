"""A whole database to one file and back: SQLite by its online backup, PostgreSQL by its tools.

Both write while the hub works, at one moment of the store, and put back all or nothing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Inspector,
    create_engine,
    func,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.exc import DatabaseError

from hub.errors import ConfigError
from hub.logs import mask
from hub.store import schema
from hub.store.engine import APPLICATION, reading
from hub.store.types import metadata

#: Where Debian keeps the tools of each version of PostgreSQL.
ASIDE = Path("/usr/lib/postgresql")
VERSION_TABLE = "alembic_version"

RUNNING = "De hub werkt nog met deze database. Stop de hub eerst en probeer het opnieuw."
INCOMPLETE = "De reservekopie is niet compleet"


def save(engine: Engine, file: Path) -> tuple[str, dict[str, int]]:
    """Write the database to `file`; return its schema and how many rows each table has.

    Raises ConfigError when PostgreSQL's tools are absent or fail.
    """
    return (_save_sqlite if engine.dialect.name == "sqlite" else _save_postgresql)(engine, file)


def load(engine: Engine, file: Path, rows: Mapping[str, int]) -> None:
    """Put `file` in the place of the database; `rows` is what `save` counted.

    Raises ConfigError, and leaves everything as it was, when the hub still works with the
    database, or when the file is not what was counted.
    """
    (_load_sqlite if engine.dialect.name == "sqlite" else _load_postgresql)(engine, file, rows)


def holds_rows(engine: Engine) -> bool:
    """Tell whether any table of the hub holds a row. An absent database has none.

    A damaged one may: nobody can tell, so it counts as one that does.
    """
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
        return False
    try:
        with reading(engine).connect() as connection:
            return any(_has_row(connection, one) for one in _tables(inspect(connection)))
    except DatabaseError:
        return True
    finally:
        engine.dispose()


def _has_row(connection: Connection, name: str) -> bool:
    query = select(literal(1)).select_from(table(name)).limit(1)
    return name != VERSION_TABLE and connection.execute(query).first() is not None


def _tables(found: Inspector) -> list[str]:
    ours = {*metadata.tables, VERSION_TABLE}
    return sorted(ours & set(found.get_table_names()))


def _count(connection: Connection) -> dict[str, int]:
    names = [one for one in _tables(inspect(connection)) if one != VERSION_TABLE]
    return {
        one: connection.execute(select(func.count()).select_from(table(one))).scalar_one()
        for one in names
    }


# SQLite


def _save_sqlite(engine: Engine, file: Path) -> tuple[str, dict[str, int]]:
    origin, copy = (sqlite3.connect(one) for one in (str(engine.url.database), file))
    with closing(origin), closing(copy):
        # In one go: in WAL mode that holds up nobody, while a copy in parts starts again at
        # every write of somebody else and never ends on a busy hub.
        origin.backup(copy, pages=-1)
        # Without its WAL the copy is one file.
        copy.execute("PRAGMA journal_mode=DELETE")
    return _read_sqlite(file)


def _read_sqlite(file: Path) -> tuple[str, dict[str, int]]:
    """Return schema and counts of a SQLite file. Raises ConfigError when it is damaged."""
    if not _is_whole(file):
        raise ConfigError("De database is beschadigd.", "integrity_check found faults")
    # Not open_store: that would turn the file into one with a WAL beside it.
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            return schema.current(connection), _count(connection)
    finally:
        engine.dispose()


def _is_whole(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as copy:
            return copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False


def _load_sqlite(engine: Engine, file: Path, rows: Mapping[str, int]) -> None:
    target = Path(str(engine.url.database))
    engine.dispose()
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.restoring")
    try:
        shutil.copyfile(file, beside)
        beside.chmod(0o600)
        _require_counts(_read_sqlite(beside)[1], rows)
        _close_sqlite(target)
        _flush(beside)
        os.replace(beside, target)
        _flush(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def _require_counts(found: Mapping[str, int], rows: Mapping[str, int]) -> None:
    if not _known(rows).items() <= found.items():
        raise ConfigError(f"{INCOMPLETE}.", "row counts differ")


def _close_sqlite(target: Path) -> None:
    """Take the old database out of WAL mode: its last word comes in its one file.

    SQLite does so only when nobody else has the database open, so this is also how a hub that
    still runs is noticed. Whatever is left beside a damaged database is stale.
    """
    if target.exists():
        try:
            with closing(sqlite3.connect(target, timeout=1)) as old:
                old.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise ConfigError(RUNNING, "the target is in use") from error
        except sqlite3.DatabaseError:
            pass  # damaged, and about to be replaced
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(descriptor)
    os.close(descriptor)


# PostgreSQL


def _save_postgresql(engine: Engine, file: Path) -> tuple[str, dict[str, int]]:
    repeatable = engine.execution_options(isolation_level="REPEATABLE READ")
    with repeatable.connect() as connection:
        # pg_dump looks at the very moment at which the rows are counted.
        moment = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        named = [f"--table={one}" for one in _tables(inspect(connection))]
        options = ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={moment}"]
        _run(engine, "pg_dump", *options, *named, f"--file={file}", f"--dbname={_address(engine)}")
        return schema.current(connection), _count(connection)


def _load_postgresql(engine: Engine, file: Path, rows: Mapping[str, int]) -> None:
    _require_stopped(engine)
    script = file.with_name(f"{file.name}.sql")
    # Through a file and not a pipe: half a script must never be taken for a whole one.
    _run(engine, "pg_restore", "--no-owner", "--no-acl", f"--file={script}", str(file))
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    steps = [f"--command={_emptying(engine)}", f"--file={script}", f"--command={_counted(rows)}"]
    try:
        _run(engine, "psql", *options, "--output=/dev/null", *steps, _address(engine))
    finally:
        script.unlink()


def _require_stopped(engine: Engine) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = :name AND pid <> pg_backend_pid()"
    )
    with reading(engine).connect() as connection:
        if connection.execute(others, {"name": APPLICATION}).scalar_one():
            raise ConfigError(RUNNING, "the target is in use")
    engine.dispose()


def _emptying(engine: Engine) -> str:
    """Return the SQL that takes away our tables, and nobody else's."""
    names = ", ".join(_tables(inspect(engine)))
    engine.dispose()
    return f"SET lock_timeout = '10s'; {f'DROP TABLE {names};' if names else ''}"


def _counted(rows: Mapping[str, int]) -> str:
    """Return the SQL that breaks the transaction off when a table misses rows."""
    checks = " ".join(
        f"ASSERT (SELECT count(*) FROM {name}) = {int(count)}, '{INCOMPLETE}';"  # noqa: S608
        for name, count in _known(rows).items()
    )
    # The script of pg_restore leaves the search path empty.
    return f"RESET search_path; DO $$ BEGIN {checks} END $$"


def _known(rows: Mapping[str, int]) -> dict[str, int]:
    """Leave out tables that this hub knows no more: an older one may have counted them."""
    return {name: rows[name] for name in rows if name in metadata.tables}


def _address(engine: Engine) -> str:
    """Return the database's address for PostgreSQL's tools, without the password."""
    old = engine.url
    url = URL.create("postgresql", old.username, None, old.host, old.port, old.database, old.query)
    return url.render_as_string(hide_password=False)


def _run(engine: Engine, tool: str, *arguments: str) -> None:
    # A password in the arguments would stand in the list of processes.
    secret = {"PGPASSWORD": str(engine.url.password)} if engine.url.password else {}
    done = subprocess.run(
        [_find(tool), *arguments],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # Only the first line: those after it may quote rows.
        told = mask((done.stderr.strip().splitlines() or [""])[0])
        raise ConfigError(f"{tool} is mislukt: {told}", f"{tool} failed: {told}")


def _find(tool: str) -> str:
    """Return where a tool of PostgreSQL stands: on the PATH, or the newest Debian keeps aside."""
    aside = sorted(ASIDE.glob(f"*/bin/{tool}"), key=_version)
    found = shutil.which(tool) or (str(aside[-1]) if aside else "")
    if not found:
        raise ConfigError(
            f"Het programma {tool} ontbreekt. Installeer de hulpprogramma's van PostgreSQL "
            "(apt-get install postgresql-client).",
            f"{tool} is absent",
        )
    return found


def _version(path: Path) -> int:
    number = path.parent.parent.name
    return int(number) if number.isdigit() else 0
