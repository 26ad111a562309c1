"""Pauses of collection: what creditors confirmed, asking for one, and having one ended."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import Connection

from hub.api.access import actor, log_it, not_there, permit_for, require_write
from hub.api.reading import Blueprint
from hub.api.residents import RESIDENT, look_at
from hub.api.shapes.commands import GivenAll
from hub.api.shapes.holds import Hold, HoldRequest, Holds
from hub.api.writing import IF_MATCH, KEY, Answer, etag, once, seen_version
from hub.front import deeds, orders
from hub.front.access import nudge, only, the_hub
from hub.sync.orders import find_hold, lift_versions

blueprint = Blueprint("holds", __name__, description="Pauses of collection.")


@blueprint.route("/residents/<resident_id>/holds", parameters=[RESIDENT])
@only("caseworker")
@blueprint.response(200, Holds)
def of_resident(resident_id: str) -> dict[str, Any]:
    """List the pauses that creditors confirmed."""
    with the_hub().engine.begin() as connection:
        found, _ = look_at(connection, resident_id, "holds")
    return {"items": found.holds}


@blueprint.route("/residents/<resident_id>/holds/<int:hold_id>", parameters=[RESIDENT])
@only("caseworker")
@blueprint.response(200, Hold)
def one(resident_id: str, hold_id: int) -> Any:
    """Show one pause; its ETag changes when somebody asked to end it."""
    with the_hub().engine.begin() as connection:
        found, _ = look_at(connection, resident_id, f"hold:{hold_id}")
        row = next((row for row in found.holds if row.id == hold_id), None)
        if row is None:
            not_there("Deze incassopauze")
        version = lift_versions(connection, [row])[hold_id]
    return row, 200, etag(version)


@blueprint.route("/residents/<resident_id>/holds", methods=["POST"], parameters=[RESIDENT])
@only("caseworker")
@blueprint.arguments(HoldRequest)
@blueprint.doc(parameters=[KEY])
@blueprint.response(202, GivenAll)
def ask(asked: dict[str, Any], resident_id: str) -> Response:
    """Ask every creditor with a claim on this resident to pause collection."""
    return give(resident_id, orders.Asked("set_hold", until=asked["until"]))


@blueprint.route(
    "/residents/<resident_id>/holds/<int:hold_id>", methods=["DELETE"], parameters=[RESIDENT]
)
@only("caseworker")
@blueprint.doc(parameters=[KEY, IF_MATCH])
@blueprint.response(202, GivenAll)
def lift(resident_id: str, hold_id: int) -> Response:
    """Ask the creditor to end this pause; other pauses stay."""
    asked = orders.Asked("lift_hold", hold=hold_id, version=seen_version())
    return give(resident_id, asked)


def give(resident_id: str, asked: orders.Asked) -> Response:
    """Put an order in the outbox, once, and wake who sends it."""

    def act(connection: Connection) -> Answer:
        hub, allowed = the_hub(), permit_for(connection, resident_id)
        for group in sorted(orders.groups(asked.kind)):
            require_write(allowed, group)
        if asked.kind == "lift_hold" and find_hold(connection, resident_id, asked.hold) is None:
            not_there("Deze incassopauze")
        given = orders.give(connection, hub, allowed, asked, actor())
        log_it(connection, deeds.look("command", "order", allowed, asked.kind))
        links = [{"self": {"href": _at(resident_id, id_)}} for id_ in given.commands]
        told = [
            {"id": id_, "_links": link} for id_, link in zip(given.commands, links, strict=True)
        ]
        return Answer({"commands": told, "awaitsApproval": given.waits}, 202)

    answer, fresh = once(act)
    if fresh:
        nudge()
    return answer


def _at(resident_id: str, id_: str) -> str:
    return url_for("commands.one", resident_id=resident_id, command_id=id_)
