"""Findings: the worklist of a role, one finding, and the steps with it."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy import Connection

from hub.api.access import account, actor, log_it, not_there, role
from hub.api.paging import page_of
from hub.api.reading import Blueprint
from hub.api.shapes.findings import Finding, Findings, FindingState, StepRequest, Worklist
from hub.api.writing import IF_MATCH, KEY, Answer, etag, once, seen_number
from hub.front import deeds
from hub.front.access import only, the_hub
from hub.overview.findings import (
    Choice,
    FindingView,
    find_finding,
    part_counts,
    rules_of,
    worklist,
)
from hub.reconcile.findings import Step, take_step

blueprint = Blueprint("findings", __name__, description="Findings and the steps with them.")


@blueprint.route("/findings")
@only("caseworker", "administrator")
@blueprint.arguments(Worklist, location="query")
@blueprint.response(200, Findings)
def of_role(asked: dict[str, Any]) -> dict[str, Any]:
    """List a part of the worklist of your role, most harmful and most urgent first."""
    hub, part, rule = the_hub(), asked["part"], asked.get("rule")
    with hub.engine.begin() as connection:
        known = {one.id for one in rules_of(connection, hub, role())}
        if rule is not None and rule not in known:
            not_there("Deze regel")
        choice = Choice(part, account(), rule)
        paging = {"page": asked["page"], "size": asked["page_size"]}
        found = worklist(connection, hub, role(), choice, **paging)
        counts = part_counts(connection, hub, role(), account())[part]
        log_it(connection, deeds.worklist(found, role()))
    total = sum(count for id_, count in counts.items() if rule in (None, id_))
    return page_of(found, asked, total)


@blueprint.route("/findings/<int:finding_id>")
@only("caseworker", "administrator")
@blueprint.response(200, Finding)
def one(finding_id: int) -> Any:
    """Show one finding with its history; its ETag is the version that a step must have seen."""
    with the_hub().engine.begin() as connection:
        found = _find(connection, finding_id)
        log_it(connection, deeds.worklist([found], role()))
    return found, 200, etag(found.version)


@blueprint.route("/findings/<int:finding_id>/steps", methods=["POST"])
@only("caseworker", "administrator")
@blueprint.arguments(StepRequest)
@blueprint.doc(parameters=[KEY, IF_MATCH])
@blueprint.response(200, FindingState)
def step(asked: dict[str, Any], finding_id: int) -> Response:
    """Take a finding on, let it go, put it off, settle it, or bring it back."""
    seen = seen_number()
    wanted = Step(asked["step"], asked.get("until"), asked.get("reason", ""))

    def act(connection: Connection) -> Answer:
        before = _find(connection, finding_id)
        take_step(connection, the_hub(), actor(), finding_id, seen, wanted)
        about = before.resident_id or ""
        log_it(connection, deeds.step(wanted.name, role(), finding_id, about))
        return _state(_find(connection, finding_id))

    answer, _ = once(act)
    return answer


def _find(connection: Connection, finding_id: int) -> FindingView:
    found = find_finding(connection, the_hub(), role(), finding_id)
    return found or not_there("Deze bevinding")


def _state(one: FindingView) -> Answer:
    told = {
        "id": one.id,
        "state": one.state,
        "assignedTo": one.assigned_to,
        "until": one.until.isoformat() if one.until else None,
        "version": one.version,
        "_links": {"self": {"href": url_for("findings.one", finding_id=one.id)}},
    }
    return Answer(told, headers=etag(one.version))
