"""Store the demo's database as the newest schema writes it: python tests/store/store_release.py

Run it on the last commit before a migration is added; test_released.py opens what it made.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hub.clock import FrozenClock
from hub.core import open_hub
from hub.demo.run import demo_settings, fill, start_demo
from hub.store import schema

RELEASED = Path(__file__).parent / "released"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def main() -> None:
    """Write the dump of both databases, and the keys that open their sealed columns."""
    version = schema.newest()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        _play(folder / "lite", None)
        shutil.copy(folder / "lite" / "keys", RELEASED / f"{version}.keys")
        with sqlite3.connect(folder / "lite" / "hub.db") as connection:
            _keep(f"{version}.sqlite", "\n".join(connection.iterdump()))
        _keep(f"{version}.postgresql", _on_postgresql(folder))


def _play(home: Path, url: str | None) -> None:
    clock = FrozenClock(NOW)
    settings = demo_settings(database_url=url) if url else demo_settings()
    hub = open_hub(home, overrides=settings, clock=clock)
    with start_demo(home, seed=1, size=60, hub=hub, clock=clock) as demo:
        list(fill(demo))
    hub.engine.dispose()


def _keep(name: str, dump: str) -> None:
    # Without a time in it, equal dumps are equal files.
    (RELEASED / f"{name}.sql.gz").write_bytes(gzip.compress(dump.encode(), 9, mtime=0))


def _on_postgresql(folder: Path) -> str:
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    cluster = folder / "pg"
    cluster.mkdir()
    shutil.chown(cluster, "postgres")

    def run(*command: object) -> None:
        drop = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        subprocess.run([*drop, *map(str, command)], check=True, capture_output=True)

    control = (programs / "pg_ctl", "-D", cluster / "data", "-w", "-l", cluster / "log")
    run(programs / "initdb", "-D", cluster / "data", "-A", "trust", "-U", "hub", "--no-sync")
    run(*control, "-o", f"-c listen_addresses='' -k {cluster} -F", "start")
    try:
        run(programs / "createdb", "-h", cluster, "-U", "hub", "dump")
        home = folder / "large"
        home.mkdir()
        shutil.copy(folder / "lite" / "keys", home / "keys")
        _play(home, f"postgresql://hub@/dump?host={cluster}")
        return _dumped(programs, cluster)
    finally:
        run(*control, "-m", "immediate", "stop")


def _dumped(programs: Path, cluster: Path) -> str:
    options = ("--inserts", "--rows-per-insert=200", "--no-owner", "--no-privileges")
    made = subprocess.run(
        [str(programs / "pg_dump"), *options, "-h", str(cluster), "-U", "hub", "dump"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # Newer pg_dump fences its output with a random word, which older psql does not know.
    lines = (one for one in made.splitlines() if not one.startswith(("\\restrict", "\\unrestrict")))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
