"""The access report (AVG article 15): everything the hub knows of a resident, and who looked.

The report is a plain structure. JSON and PDF are two renderings of it, so neither can tell less
than the other. Employees are told by role: a resident has a right to know that, why and in which
role somebody looked; the name stays in the audit log, for whoever investigates (CJEU, C-579/21).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.errors import ConfigError
from hub.rights.holdings import holdings
from hub.rights.looks import EMPLOYEE, looks_before, roles_by_name, who_looked
from hub.rights.retention import classes
from hub.security.activities import activities
from hub.security.audit import Actor, Deed, log_deed
from hub.store import look, metadata, resident, source

Report = dict[str, Any]

#: On what the report itself rests.
GROUND = "Recht op inzage (AVG artikel 15)"

#: Columns that say nothing to anybody: hashes, and numbers with which the hub keeps order.
_HASHES = frozenset({"digest", "bsn_hash", "surname_key", "municipality", "pseudonym"})
_HIDDEN_IN = {
    "subject": {"key"},  # a keyed hash
    "reject": {"raw"},  # bytes that nobody could read, kept sealed
    "command": {"number", "next_at"},
    "resident_merge": {"moved"},  # numbers of rows, which are told where they stand
}

#: Columns in which an employee is named.
_NAMES = frozenset({"account", "actor"})

NOTES = (
    "Dit is alles wat de hub van u heeft. De hub verzamelt gegevens uit de bronnen die hieronder "
    "staan. Wat vroeger gold, staat er ook bij: dan is 'vervangen op' ingevuld.",
    "Medewerkers staan hier met hun functie en niet met hun naam. De gemeente bewaart de naam in "
    "het logboek. Twijfelt u of iemand terecht keek? Vraag de gemeente dat uit te zoeken.",
    "Berichten die de hub niet kon lezen, bewaart hij versleuteld. Van zo'n bericht staat hier "
    "dat het er is en wat er niet aan klopte.",
    "Rekenwaarden waarmee de hub gegevens herkent, staan er niet in: ze zeggen niets over u.",
    "Klopt er iets niet? U mag vragen om correctie, bezwaar maken of vragen het gebruik te "
    "beperken (AVG 16, 18 en 21). U mag ook klagen bij de Autoriteit Persoonsgegevens.",
    "De hub neemt geen besluiten over u zonder dat een mens kijkt.",
)


def make_report(hub: Hub, bsn: str, actor: Actor) -> Report:
    """Return the report of whoever has this BSN; making it is logged, and stands in it.

    Raises ConfigError when the hub does not know the person; that is logged too.
    """
    with hub.engine.begin() as connection:
        resident_id = find(connection, hub, bsn)
        if resident_id is not None:
            return report_of(connection, hub, resident_id, actor)
        nobody = Deed("access_report", "rights", ground=GROUND, reason="onbekend bij de hub")
        log_deed(connection, hub, actor, nobody)
    raise ConfigError(
        "De hub kent niemand met dit BSN. Controleer het nummer. Klopt het, dan heeft de hub geen "
        "gegevens van deze persoon.",
        "no resident with this BSN",
    )


def find(connection: Connection, hub: Hub, bsn: str) -> str | None:
    """Return the resident with this BSN, None when this municipality knows nobody by it."""
    query = select(func.coalesce(resident.c.merged_into, resident.c.id)).where(
        resident.c.municipality == hub.municipality,
        resident.c.bsn_hash == hub.keys.fingerprint(f"bsn:{bsn.strip()}"),
    )
    return connection.execute(query).scalar()


def report_of(connection: Connection, hub: Hub, resident_id: str, actor: Actor) -> Report:
    """Return the report of a resident, having logged that it is made.

    Keys: municipality, made_at, resident_id, notes, processing (the activities, with purpose,
    ground and recipients), retention, data (rows by table, values as JSON has them), looks and
    looks_before. Times are in Amsterdam.
    """
    deed = Deed("access_report", "rights", [resident_id], ground=GROUND, groups=("access_log",))
    log_deed(connection, hub, actor, deed)
    roles = roles_by_name(connection, hub)
    teller = _Teller(hub, _sources(connection, hub), roles)
    told: Report = {
        "municipality": hub.settings.municipality_name,
        "made_at": hub.clock.now(),
        "resident_id": resident_id,
        "notes": list(NOTES),
        "processing": [_activity(one) for one in activities().values()],
        "retention": [_class(one) for one in classes(hub).values()],
        "data": {
            name: [teller.row(metadata.tables[name], row) for row in rows]
            for name, rows in holdings(connection, hub, resident_id).items()
            if name != look.name
        },
        "looks": who_looked(connection, hub, resident_id),
        "looks_before": looks_before(connection, hub, resident_id, roles),
    }
    return {key: plain(value) for key, value in told.items()}


def _activity(one: Any) -> dict[str, Any]:
    names = ("name", "purpose", "legal_basis", "categories", "recipients")
    return {name: getattr(one, name) for name in names}


def _class(one: Any) -> dict[str, Any]:
    return {"title": one.title, "months": one.months, "starts": one.starts, "ground": one.ground}


def _sources(connection: Connection, hub: Hub) -> dict[int, str]:
    query = select(source.c.id, source.c.title).where(source.c.municipality == hub.municipality)
    return dict(connection.execute(query).all())


class _Teller:
    """Tells rows as a resident may read them: opened, without hashes, employees by role."""

    def __init__(self, hub: Hub, sources: Mapping[int, str], roles: Mapping[str, str]) -> None:
        self.hub, self.sources, self.roles = hub, sources, roles

    def row(self, table: Table, row: Row[Any]) -> dict[str, Any]:
        """Return the row by the names of its columns."""
        hidden = left_out(table)
        return {
            name: self._value(table, name, value)
            for name, value in row._mapping.items()
            if name not in hidden
        }

    def _value(self, table: Table, name: str, value: Any) -> Any:
        if value is None:
            return None
        if name == "bsn":
            return self.hub.keys.open(value, f"{table.name}.bsn")
        if name == "source_id":
            return self.sources.get(value, "bron van een andere gemeente")
        if name in _NAMES or name.endswith("_by"):
            return self.roles.get(value, EMPLOYEE)
        return value


def left_out(table: Table) -> frozenset[str]:
    """Return the columns of a table that the report does not tell."""
    return _HASHES | _HIDDEN_IN.get(table.name, set())


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: days and moments as ISO text, bytes not at all."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(AMSTERDAM).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return value
