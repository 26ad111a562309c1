"""Finding a resident, and the overview: the same sight and the same log as the page."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from hub.api.access import account, log_it, not_there, permit_for, role
from hub.api.reading import Blueprint
from hub.api.shapes.people import AsOf, Found, Overview, Search
from hub.front import deeds
from hub.front.access import only, the_hub
from hub.front.past import end_of
from hub.overview import people, resident
from hub.rights.flags import flags_of
from hub.security.permits import Permit

blueprint = Blueprint("residents", __name__, description="Finding residents, and the overview.")

#: How a resident stands in an address: opaque, and never a BSN.
RESIDENT = {
    "in": "path",
    "name": "resident_id",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}


@blueprint.route("/residents/_search", methods=["POST"])
@only("caseworker")
@blueprint.arguments(Search)
@blueprint.response(200, Found)
def search(asked: dict[str, Any]) -> people.Found:
    """Search residents in your caseload; of others you hear only whether there are any."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        found = people.search(
            connection,
            hub,
            account(),
            role(),
            bsn=asked.get("bsn", ""),
            surname=asked.get("surname", ""),
            birth_date=asked.get("birth_date"),
        )
        seen = [one.resident_id for one in found.people]
        told = [found.resident_id] if found.resident_id else []
        log_it(connection, deeds.search(role(), seen, told))
    return found


@blueprint.route("/residents/<resident_id>", parameters=[RESIDENT])
@only("caseworker")
@blueprint.arguments(AsOf, location="query")
@blueprint.response(200, Overview)
def overview(asked: dict[str, Any], resident_id: str) -> dict[str, Any]:
    """Show what is owed, according to whom, how fresh, and what contradicts."""
    hub, day = the_hub(), asked.get("as_of")
    at = end_of(hub, day) if day else None
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        found = resident.resident_overview(connection, hub, allowed, at)
        if found is None:
            not_there("Deze inwoner")
        log_it(connection, deeds.look("overview", "overview", allowed))
        flags = flags_of(connection, hub, [resident_id]).get(resident_id, [])
    told = {one.name: getattr(found, one.name) for one in fields(found)}
    return told | {"at_least": found.at_least, "flags": flags}


def look_at(
    connection: Connection, resident_id: str, thing: str
) -> tuple[resident.Overview, Permit]:
    """Return the overview of a resident for a part of it, after that was logged."""
    allowed = permit_for(connection, resident_id)
    found = resident.resident_overview(connection, the_hub(), allowed)
    if found is None:
        not_there("Deze inwoner")
    log_it(connection, deeds.look("overview", "overview", allowed, thing))
    return found, allowed
