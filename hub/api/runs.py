"""Runs: what a source delivered, starting one, deciding on one that is held."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import Connection

from hub.api.access import account, log_it, not_there
from hub.api.paging import Paging, page_of
from hub.api.problems import Problem
from hub.api.reading import Blueprint
from hub.api.shapes.sources import RunAct, RunActed, RunDetail, Runs, RunsStarted
from hub.api.sources import SOURCE, find
from hub.api.writing import KEY, Answer, once
from hub.front.access import nudge, only, the_hub
from hub.overview.sources import count_runs, last_runs, open_rejects, run_detail
from hub.overview.trouble import held_difference
from hub.reconcile import reconcile
from hub.security.audit import Deed
from hub.sync.cancel import cancel_run_in
from hub.sync.held import refuse_in, release_in
from hub.sync.inbound import plan_reading

blueprint = Blueprint("runs", __name__, description="Runs of sources.")


@blueprint.route("/sources/<name>/runs", parameters=[SOURCE])
@only("administrator")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Runs)
def of_source(asked: dict[str, Any], name: str) -> dict[str, Any]:
    """List the runs of a source, newest first."""
    found, size = find(name), asked["page_size"]
    with the_hub().reader.connect() as connection:
        rows = last_runs(connection, found.id, size, (asked["page"] - 1) * size)
        total = count_runs(connection, found.id)
    return page_of(rows, asked, total)


@blueprint.route("/sources/<name>/runs", methods=["POST"], parameters=[SOURCE])
@only("administrator")
@blueprint.doc(parameters=[KEY])
@blueprint.response(202, RunsStarted)
def start(name: str) -> Response:
    """Read a source as soon as the worker can: one run for each stream."""
    found = find(name)
    if not found.enabled:
        raise Problem(409, f"De bron {name} staat uit. Zet haar eerst aan.")

    def act(connection: Connection) -> Answer:
        ids = plan_reading(connection, the_hub(), found)
        log_it(connection, Deed("sync", object=f"source:{name}"))
        runs = [{"id": id_, "_links": _links(id_)} for id_ in ids]
        return Answer({"runs": runs}, 202)

    answer, fresh = once(act)
    if fresh:
        nudge()
    return answer


@blueprint.route("/runs/<int:run_id>")
@only("administrator")
@blueprint.response(200, RunDetail)
def one(run_id: int) -> dict[str, Any]:
    """Show a run: counts that add up, what it rejected, and what a held one lacks."""
    with the_hub().reader.connect() as connection:
        row = run_detail(connection, the_hub(), run_id) or not_there("Deze synchronisatie")
        rejects = open_rejects(connection, row.source_id, run_id)
        held = held_difference(connection, the_hub(), run_id) if row.status == "held" else None
    return row._asdict() | {"rejects": rejects, "held": held}


@blueprint.route("/runs/<int:run_id>/acts", methods=["POST"])
@only("administrator")
@blueprint.arguments(RunAct)
@blueprint.doc(parameters=[KEY])
@blueprint.response(200, RunActed)
def act(asked: dict[str, Any], run_id: int) -> Response:
    """Release or refuse what a held run lacks, or stop a run that waits or goes on."""
    hub, wanted = the_hub(), asked["act"]

    def effect(connection: Connection) -> Answer:
        if run_detail(connection, hub, run_id) is None:
            not_there("Deze synchronisatie")
        removed = 0
        if wanted == "release":
            removed = release_in(connection, hub, run_id, account())
        elif wanted == "refuse":
            refuse_in(connection, hub, run_id, account())
        else:
            cancel_run_in(connection, hub, run_id)
        log_it(connection, Deed(f"run_{wanted}", object=f"run:{run_id}"))
        row = run_detail(connection, hub, run_id)
        status = row.status if row else ""
        told = {"id": run_id, "status": status, "removed": removed, "_links": _links(run_id)}
        return Answer(told)

    answer, fresh = once(effect)
    if fresh and wanted == "release":
        reconcile(hub)
    return answer


def _links(run_id: int) -> dict[str, Any]:
    return {"self": {"href": url_for("runs.one", run_id=run_id)}}
