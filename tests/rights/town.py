"""A hub with sources that tell of people, and the years in which their terms run out."""

from __future__ import annotations

from datetime import date
from typing import Any

from beginnings import begin
from book import BSNS, Book, add_source, book_plugin, read_all
from sqlalchemy import insert, inspect, select

from hub.connector import Record
from hub.core import Hub
from hub.reconcile import reconcile
from hub.rights.destroy import carry_out
from hub.rights.lists import approve, lists, propose
from hub.security.audit import Actor
from hub.store import destruction, metadata, resident, subject

OFFICER = Actor("petra", "privacy_officer", "test")


class Town:
    """One hub with a snapshot source per role; `tell` says what a source holds from now on."""

    ROLES = {"tax": "creditor", "file": "debt_help", "vish": "register", "skp": "exchange"}

    def __init__(self, make_hub: Any) -> None:
        self.books = {name: Book(batch_size=500) for name in self.ROLES}
        parts = [
            book_plugin(self.books[name], name, role, {"all": "snapshot", "news": "changes"})  # type: ignore[arg-type]
            for name, role in self.ROLES.items()
        ]
        self.hub: Hub = make_hub(*parts, shrink_percentage=100)
        begin(self.hub, "town", self._open, *self.books.values())

    def _open(self) -> None:
        for name in self.ROLES:
            add_source(self.hub, name, max_age_hours=10**6)

    def tell(self, source: str, *records: Record, stream: str = "all") -> None:
        """Replace what a stream of a source holds, read it and reconcile."""
        self.books[source].put(stream, *records)
        assert all(one.status in ("succeeded", "partly") for one in read_all(self.hub, source))
        reconcile(self.hub)

    def years(self, count: int) -> None:
        """Let years go by."""
        self.hub.clock.move(days=366 * count)  # type: ignore[attr-defined]

    def resident(self, number: int = 0) -> str | None:
        """The resident with this test number, None when there is none (any more)."""
        hashed = self.hub.keys.fingerprint(f"bsn:{BSNS[number]}")
        with self.hub.reader.connect() as connection:
            found: str | None = connection.execute(
                select(resident.c.id).where(resident.c.bsn_hash == hashed)
            ).scalar()
        return found

    def proposed(self) -> dict[str, int]:
        """Make lists of what is due; return their ids by class."""
        ids = propose(self.hub)
        with self.hub.reader.connect() as connection:
            query = select(destruction.c.record_class, destruction.c.id).where(
                destruction.c.id.in_(ids)
            )
            return dict(connection.execute(query).all())

    def destroy(self, name: str) -> dict[str, int]:
        """Propose, approve and carry out the list of one class."""
        self.proposed()
        with self.hub.reader.connect() as connection:
            mine = [one for one in lists(connection, self.hub) if one.status == "proposed"]
        (id_,) = [one.id for one in mine if one.record_class.name == name]
        self.approve(id_)
        return carry_out(self.hub, OFFICER, id_)

    def approve(self, id_: int) -> None:
        """Approve a list."""
        with self.hub.engine.begin() as connection:
            approve(connection, self.hub, OFFICER, id_)

    def add(self, table: str, **values: Any) -> int | str:
        """Insert a row; return its id."""
        one = metadata.tables[table]
        if "municipality" in one.c:
            values.setdefault("municipality", self.hub.municipality)
        with self.hub.engine.begin() as connection:
            made = connection.execute(insert(one).values(**values).returning(one.c.id))
            found: int | str = made.scalar_one()
        return found

    def count(self, table: str, **where: Any) -> int:
        """How many rows a table holds."""
        one = metadata.tables[table]
        with self.hub.reader.connect() as connection:
            return len(connection.execute(select(one).filter_by(**where)).all())

    def traces(self, resident_id: str) -> dict[str, int]:
        """How many rows of each table still name a resident, or anybody by the same BSN."""
        found = {}
        with self.hub.reader.connect() as connection:
            names = inspect(connection).get_table_names()
            for table in metadata.sorted_tables:
                assert table.name in names
                rows = connection.execute(select(table)).all()
                mine = [row for row in rows if resident_id in map(str, row)]
                if mine:
                    found[table.name] = len(mine)
        return found

    def people(self) -> int:
        """How many persons of sources there are."""
        with self.hub.reader.connect() as connection:
            return len(connection.execute(select(subject.c.id)).all())


def paid(number: str, who: int = 0, on: date = date(2026, 3, 3)) -> Record:
    """A claim of which nothing is open since a day."""
    from chain import tax_claim

    return tax_claim(
        number, 0, who, events=(("opgelegd", date(2026, 1, 31), 5000), ("betaling", on, -5000))
    )
