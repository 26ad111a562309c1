"""The day's book: what is delivered today, in one file, sealed row by row.

A book is made once a day from what stands in the hub and then answers every question of that day,
so that all pages of one delivery tell of the same moment. It is a SQLite file because a page must
be found without reading what goes before it. What tells of a person is encrypted (AES-GCM, a key
that follows from the client secret); numbers of signals and cases only stand in it as keyed hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: `place` orders the things so that those of one case stand together.
_TABLES = """
CREATE TABLE meta (made_at TEXT, left_out INTEGER, sealed BLOB);
CREATE TABLE thing (
    seq INTEGER PRIMARY KEY, mark BLOB UNIQUE, name BLOB UNIQUE, starts TEXT, ends TEXT,
    sealed BLOB, place INTEGER
);
CREATE TABLE cases (id INTEGER PRIMARY KEY, mark BLOB UNIQUE, sealed BLOB, place INTEGER);
CREATE TABLE link (id INTEGER, seq INTEGER, PRIMARY KEY (id, seq));
CREATE TABLE part (of INTEGER, number INTEGER, sealed BLOB, PRIMARY KEY (of, number));
"""

_PLACES = """
CREATE INDEX link_of_thing ON link (seq);
UPDATE cases SET place = (SELECT min(seq) FROM link WHERE link.id = cases.id);
CREATE TEMP TABLE ordered AS
    SELECT thing.seq, row_number() OVER (ORDER BY coalesce(min(cases.place), thing.seq), thing.seq)
        AS place
    FROM thing LEFT JOIN link USING (seq) LEFT JOIN cases USING (id) GROUP BY thing.seq;
CREATE UNIQUE INDEX temp.ordered_seq ON ordered (seq);
UPDATE thing SET place = (SELECT place FROM ordered WHERE ordered.seq = thing.seq);
UPDATE cases SET place = (SELECT min(place) FROM link JOIN thing USING (seq) WHERE id = cases.id);
CREATE UNIQUE INDEX thing_place ON thing (place);
CREATE INDEX case_place ON cases (place);
"""

#: What overlaps the period, and all that stands in one case with it: a case stays whole.
_WANTED = """
CREATE TEMP TABLE wanted AS
WITH hit AS (SELECT seq FROM thing WHERE starts <= :until AND ends >= :since)
SELECT thing.place, thing.seq FROM thing WHERE seq IN (
    SELECT seq FROM hit
    UNION SELECT other.seq FROM hit JOIN link USING (seq) JOIN link other USING (id)
)
"""

_FIRST, _LAST = "0001-01-01", "9999-12-31"

_CHECK = b"book"

#: First and last day of a thing; None when it is not known, or has not ended.
Days = tuple[date | None, date | None]


class Damaged(Exception):
    """A book that cannot be read: spoilt, or made with another secret. It is made again."""


class Seal:
    """Encrypts the rows of one book, and makes marks by which rows find each other."""

    def __init__(self, secret: str, salt: str) -> None:
        made = HKDF(hashes.SHA256(), 64, salt.encode(), b"schuldenhub ddas book")
        both = made.derive(secret.encode())
        self._box = AESGCM(both[:32])
        self._key = both[32:]

    def mark(self, *parts: str) -> bytes:
        """Return a keyed hash of some texts."""
        return hmac.new(self._key, json.dumps(parts).encode(), hashlib.sha256).digest()

    def close(self, told: bytes, row: str) -> bytes:
        """Return `told` encrypted; it opens in this row only."""
        nonce = os.urandom(12)
        return nonce + self._box.encrypt(nonce, told, row.encode())

    def open(self, sealed: bytes, row: str) -> bytes:
        """Return what was encrypted for this row. Raises Damaged."""
        try:
            return self._box.decrypt(sealed[:12], sealed[12:], row.encode())
        except (InvalidTag, TypeError, ValueError) as error:
            raise Damaged(row) from error


class Writing:
    """A book being made. `left_out` counts what could not be told."""

    def __init__(self, file: sqlite3.Connection, seal: Seal) -> None:
        self._file = file
        self._seal = seal
        self._things = 0
        self._cases = 0
        self.left_out = 0

    def thing(self, mark: bytes, told: Any, days: Days, name: bytes | None = None) -> int:
        """Add a traject or a signal; return its number. `name` is the mark of what it is called."""
        self._things += 1
        seq = self._things
        starts, ends = days
        row = (seq, mark, name, _text(starts, _FIRST), _text(ends, _LAST))
        sealed = self._seal.close(_json(told), f"thing {seq}")
        self._file.execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, NULL)", (*row, sealed))
        return seq

    def find(self, mark: bytes) -> tuple[int, bool] | None:
        """Return the number of the thing with this mark, and whether it has a name."""
        query = "SELECT seq, name IS NOT NULL FROM thing WHERE mark = ?"
        row = self._file.execute(query, (mark,)).fetchone()
        return (int(row[0]), bool(row[1])) if row else None

    def named(self, name: bytes) -> bool:
        """Tell whether something is called so already."""
        query = "SELECT 1 FROM thing WHERE name = ?"
        return self._file.execute(query, (name,)).fetchone() is not None

    def case(self, mark: bytes, told: Any, things: Iterable[int]) -> int:
        """Add a case of some signals; return its number."""
        self._cases += 1
        id_ = self._cases
        sealed = self._seal.close(_json(told), f"case {id_}")
        self._file.execute("INSERT INTO cases VALUES (?, ?, ?, NULL)", (id_, mark, sealed))
        pairs = [(id_, seq) for seq in things]
        self._file.executemany("INSERT OR IGNORE INTO link VALUES (?, ?)", pairs)
        return id_

    def find_case(self, mark: bytes) -> int | None:
        """Return the number of the case with this mark."""
        row = self._file.execute("SELECT id FROM cases WHERE mark = ?", (mark,)).fetchone()
        return int(row[0]) if row else None

    def part(self, of: int, told: Any) -> None:
        """Add a part: a client to a traject, an attempt to a case. A book has one of the two."""
        query = "SELECT count(*) FROM part WHERE of = ?"
        number = self._file.execute(query, (of,)).fetchone()[0]
        sealed = self._seal.close(_json(told), f"part {of}.{number}")
        self._file.execute("INSERT INTO part VALUES (?, ?, ?)", (of, number, sealed))

    def end(self, now: datetime) -> None:
        """Put everything in its place, and say when the book was made."""
        self._file.executescript(_PLACES)
        row = (now.isoformat(timespec="seconds"), self.left_out, self._seal.close(_CHECK, "meta"))
        self._file.execute("INSERT INTO meta VALUES (?, ?, ?)", row)
        self._file.commit()


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what is wanted: `total` things in all, from `offset` on `size` of them."""

    total: int
    offset: int
    size: int


class Book:
    """A book that is read. Rows come as JSON in bytes, one at a time."""

    def __init__(self, path: Path, secret: str) -> None:
        self._file = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        self._seal = Seal(secret, path.name)
        try:
            made_at, self.left_out, sealed = self._file.execute("SELECT * FROM meta").fetchone()
            self._seal.open(sealed, "meta")
            self.made_at = datetime.fromisoformat(made_at)
        except (sqlite3.DatabaseError, Damaged, TypeError) as error:
            self._file.close()
            raise Damaged(path.name) from error

    def want(self, since: date, until: date) -> int:
        """Choose what overlaps the period; return how many things that are."""
        days = {"since": since.isoformat(), "until": until.isoformat()}
        self._file.execute(_WANTED, days)
        self._file.execute("CREATE UNIQUE INDEX temp.wanted_place ON wanted (place)")
        return int(self._file.execute("SELECT count(*) FROM wanted").fetchone()[0])

    def things(self, page: Page) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield what was chosen, each with its parts."""
        query = """
            SELECT seq, thing.sealed FROM wanted JOIN thing USING (seq)
            ORDER BY wanted.place LIMIT ? OFFSET ?
        """
        for seq, sealed in self._file.execute(query, (page.size, page.offset)):
            yield self._seal.open(sealed, f"thing {seq}"), self._parts(seq)

    def cases(self, page: Page) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield the cases whose first signal stands on this page, each with its parts."""
        query = """
            SELECT id, cases.sealed FROM
                (SELECT place FROM wanted ORDER BY place LIMIT ? OFFSET ?) JOIN cases USING (place)
            ORDER BY place, id
        """
        for id_, sealed in self._file.execute(query, (page.size, page.offset)):
            yield self._seal.open(sealed, f"case {id_}"), self._parts(id_)

    def _parts(self, of: int) -> list[bytes]:
        query = "SELECT number, sealed FROM part WHERE of = ? ORDER BY number"
        rows = self._file.execute(query, (of,))
        return [self._seal.open(sealed, f"part {of}.{number}") for number, sealed in rows]

    def close(self) -> None:
        """Free the file."""
        self._file.close()


#: Fills a book with what stands in the hub.
Fill = Callable[[Writing, Seal], None]


class Shelf:
    """Where the books of one connection stand: a folder, and what their names begin with."""

    def __init__(self, folder: Path, name: str, secret: str) -> None:
        self._folder = folder
        self._name = name
        self._secret = secret

    def book(self, today: date) -> Book | None:
        """Return today's book; None when there is none that can be read with our secret."""
        path = self._path(today)
        if not path.exists():
            return None
        try:
            return Book(path, self._secret)
        except Damaged:
            return None

    def write(self, today: date, now: datetime, fill: Fill) -> Book:
        """Make today's book with `fill` (given a Writing and a Seal), and forget older ones."""
        path = self._path(today)
        seal = Seal(self._secret, path.name)
        draft = path.with_suffix(f".{os.urandom(8).hex()}")
        # Nobody else may read it, from the first byte on.
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(sqlite3.connect(draft)) as file:
                file.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
                writing = Writing(file, seal)
                fill(writing, seal)
                writing.end(now)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        self._forget(path)
        return Book(path, self._secret)

    def _path(self, today: date) -> Path:
        return self._folder / f"{self._name}-{today.isoformat()}.ddas"

    def _forget(self, kept: Path) -> None:
        # Drafts of another day as well: a hub that was killed left those behind.
        for old in self._folder.glob(f"{self._name}-*"):
            if not old.name.startswith(kept.stem):
                old.unlink(missing_ok=True)


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: date | str | None, absent: str) -> str:
    return value.isoformat() if isinstance(value, date) else value or absent
