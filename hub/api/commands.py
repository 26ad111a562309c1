"""Commands to registers and what came of them."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import Connection

from hub.api.access import account, log_it, not_there, permit_for, require_write
from hub.api.holds import give
from hub.api.paging import Paging, cut
from hub.api.reading import Blueprint
from hub.api.residents import RESIDENT, look_at
from hub.api.shapes.commands import (
    CommandAct,
    CommandActed,
    CommandRequest,
    Commands,
    CommandState,
    GivenAll,
)
from hub.api.writing import KEY, Answer, once
from hub.errors import ConfigError
from hub.front import deeds, orders
from hub.front.access import nudge, only, the_hub
from hub.reconcile import reconcile
from hub.security.fields import COMMANDS
from hub.sync.outbox import ACTS, find_command

blueprint = Blueprint("commands", __name__, description="Commands to registers, and receipts.")

_COMMAND = {
    "in": "path",
    "name": "command_id",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}


@blueprint.route("/residents/<resident_id>/commands", parameters=[RESIDENT])
@only("caseworker")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Commands)
def of_resident(asked: dict[str, Any], resident_id: str) -> dict[str, Any]:
    """List what was asked of the registers for this resident, newest first."""
    with the_hub().engine.begin() as connection:
        found, _ = look_at(connection, resident_id, "commands")
    return cut(found.commands, asked)


@blueprint.route("/residents/<resident_id>/commands/<command_id>", parameters=[RESIDENT, _COMMAND])
@only("caseworker")
@blueprint.response(200, CommandState)
def one(resident_id: str, command_id: str) -> Any:
    """Show one command with its receipt."""
    with the_hub().engine.begin() as connection:
        found, _ = look_at(connection, resident_id, "command")
    mine = (one for one in found.commands if one.id == command_id)
    return next(mine, None) or not_there("Deze opdracht")


@blueprint.route("/residents/<resident_id>/commands", methods=["POST"], parameters=[RESIDENT])
@only("caseworker")
@blueprint.arguments(CommandRequest)
@blueprint.doc(parameters=[KEY])
@blueprint.response(202, GivenAll)
def ask(asked: dict[str, Any], resident_id: str) -> Response:
    """Ask something of a register: an entry in VISH, or a message to a covenant party."""
    return give(resident_id, orders.Asked(asked["kind"], party=asked.get("party", "")))


@blueprint.route(
    "/residents/<resident_id>/commands/<command_id>/acts",
    methods=["POST"],
    parameters=[RESIDENT, _COMMAND],
)
@only("caseworker")
@blueprint.arguments(CommandAct)
@blueprint.doc(parameters=[KEY])
@blueprint.response(200, CommandActed)
def act(asked: dict[str, Any], resident_id: str, command_id: str) -> Response:
    """Hold a command back, take it back, let it go on, or note that you saw what became of it."""
    hub = the_hub()

    def effect(connection: Connection) -> Answer:
        allowed = permit_for(connection, resident_id)
        one = _find(connection, resident_id, command_id)
        require_write(allowed, COMMANDS[one.kind][0])
        log_it(connection, deeds.look(f"command_{asked['act']}", "order", allowed, one.kind))
        ACTS[asked["act"]](connection, hub, command_id, account())
        state = find_command(connection, hub, command_id).state
        here = url_for("commands.one", resident_id=resident_id, command_id=command_id)
        links = {"self": {"href": here}}
        return Answer({"id": command_id, "state": state, "_links": links})

    answer, fresh = once(effect)
    if fresh:
        nudge()
        reconcile(hub)
    return answer


def _find(connection: Connection, resident_id: str, command_id: str) -> Any:
    try:
        one = find_command(connection, the_hub(), command_id)
    except ConfigError:
        not_there("Deze opdracht")
    return one if one.resident_id == resident_id else not_there("Deze opdracht")
