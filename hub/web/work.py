"""The worklist of findings, and the steps that people take with them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.errors import ConfigError, Outdated
from hub.flows.declared import Flow
from hub.flows.settings import switches
from hub.flows.view import runs_of_finding
from hub.front import deeds
from hub.overview.findings import (
    PARTS,
    Choice,
    FindingView,
    find_finding,
    part_counts,
    rules_of,
    workable,
    worklist,
)
from hub.reconcile.findings import STEPS, Step, take_step
from hub.security.accounts import colleagues
from hub.security.permits import Permit
from hub.web.access import me, only, the_hub
from hub.web.inputs import number, page_number, row_numbers
from hub.web.looks import actor, log_it, permit_for
from hub.web.residents import a_day

blueprint = Blueprint("work", __name__)

SIZE = 50

#: What the parts of the worklist are called in an address.
NAMES = {"team": "", "mine": "mij", "postponed": "uitgesteld", "settled": "afgehandeld"}

#: In which states the findings of a part can be.
_STATES = {
    "team": {"open", "taken", "postponed"},
    "mine": {"taken", "postponed"},
    "postponed": {"postponed"},
    "settled": {"settled"},
}


@blueprint.route("/werklijst")
@only("caseworker", "administrator")
def findings() -> str:
    """Show one page of a part of the findings that this role works on, of one rule or of all."""
    hub, role = the_hub(), me().role
    chosen = request.args.get("regel") or None
    part = _part(request.args.get("wie", ""))
    page = page_number(request.args)
    with hub.engine.begin() as connection:
        rules = rules_of(connection, hub, role)
        if chosen and chosen not in {rule.id for rule in rules}:
            abort(404)
        choice = Choice(part, me().name, chosen)
        found = worklist(connection, hub, role, choice, page=page, size=SIZE)
        numbers = part_counts(connection, hub, role, me().name)
        team = colleagues(connection, hub, role)
        log_it(connection, deeds.worklist(found, role))
    total = sum(numbers[part].get(rule.id, 0) for rule in rules if chosen in (None, rule.id))
    return render_template(
        "worklist.html",
        found=found,
        rules=rules,
        counts=numbers[part],
        parts_of=[(name, NAMES[name], sum(numbers[name].values())) for name in PARTS],
        part=part,
        chosen=chosen,
        page=page,
        pages=max(1, -(-total // SIZE)),
        total=total,
        steps=[name for name, (starts, _) in STEPS.items() if starts & _STATES[part]],
        today=hub.clock.today(),
        team=team,
    )


def _part(name: str) -> str:
    return next((part for part, told in NAMES.items() if told == name), "team")


@blueprint.route("/werklijst/<int:id_>")
@only("caseworker", "administrator")
def finding(id_: int) -> str:
    """Show one finding with its history, and what can be done with it."""
    with the_hub().engine.begin() as connection:
        return _page(connection, _found(connection, id_))


@blueprint.route("/werklijst/<int:id_>", methods=["POST"])
@only("caseworker", "administrator")
def step(id_: int) -> Response:
    """Take a step with one finding. Raises Outdated when somebody else was first."""
    with the_hub().engine.begin() as connection:
        one = _found(connection, id_)
        asked = _step(request.form)
        _take(connection, one.id, one.resident_id or "", _version(id_), asked)
    flash(DONE[asked.name])
    return redirect(url_for("work.finding", id_=id_))


@blueprint.route("/werklijst", methods=["POST"])
@only("caseworker", "administrator")
def batch() -> Response:
    """Take one step with every finding that was chosen; what somebody else changed is left."""
    hub = the_hub()
    ids = row_numbers(request.form, "id", SIZE)
    asked, late = _step(request.form), 0
    if not ids:
        raise ConfigError("Kies eerst één of meer bevindingen in de lijst.")
    with hub.engine.begin() as connection:
        mine = workable(connection, hub, me().role, ids)
        for id_, resident_id in mine.items():
            try:
                _take(connection, id_, resident_id, _version(id_), asked)
            except Outdated:
                late += 1
    flash(f"{len(mine) - late} van {len(ids)} bevindingen: {DONE[asked.name].lower()}")
    if late or len(mine) < len(ids):
        flash("De andere zijn intussen door iemand anders gewijzigd of gesloten. Bekijk ze eerst.")
    return redirect(url_for("work.findings", wie=NAMES[_part(request.form.get("wie", ""))] or None))


DONE = {
    "take": "In behandeling bij u.",
    "assign": "Gegeven aan een collega.",
    "release": "Niet meer in behandeling.",
    "postpone": "Uitgesteld.",
    "settle": "Afgehandeld.",
    "reopen": "Terug op de werklijst.",
}


def _found(connection: Connection, id_: int) -> FindingView:
    one = find_finding(connection, the_hub(), me().role, id_)
    if one is None:
        abort(404)
    return one


def _page(connection: Connection, one: FindingView) -> str:
    log_it(connection, deeds.worklist([one], me().role))
    steps = [name for name, (starts, _) in STEPS.items() if one.state in starts]
    allowed = permit_for(connection, one.resident_id) if one.resident_id else None
    return render_template(
        "finding.html",
        one=one,
        steps=steps,
        today=the_hub().clock.today(),
        allowed=allowed,
        team=colleagues(connection, the_hub(), me().role),
        offered=_offered(connection, one, allowed),
        runs=runs_of_finding(connection, the_hub(), one.id) if allowed else [],
    )


def _offered(connection: Connection, one: FindingView, allowed: Permit | None) -> list[Flow]:
    """Return the flows that answer a finding and that this person may start."""
    if allowed is None:
        return []
    return [
        found.flow
        for found in switches(connection, the_hub()).values()
        if found.on and one.rule in found.flow.rules and found.flow.groups <= allowed.writes
    ]


def _step(form: Mapping[str, str]) -> Step:
    name = form.get("stap", "")
    if name not in STEPS:
        abort(404)
    return Step(name, a_day(form.get("until", "")), form.get("reason", ""), form.get("to", ""))


def _version(id_: int) -> int:
    return number(request.form, f"version.{id_}", 0)


def _take(connection: Connection, id_: int, resident_id: str, version: int, asked: Step) -> None:
    take_step(connection, the_hub(), actor(), id_, version, asked)
    log_it(connection, deeds.step(asked.name, me().role, id_, resident_id))
