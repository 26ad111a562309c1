"""Acting together: the page that asks "are you sure", the second pair of eyes, the switches."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.core import Hub
from hub.errors import ConfigError, HubError
from hub.flows import life, view
from hub.flows.declared import FLOWS, Flow
from hub.flows.plan import Plan
from hub.flows.settings import set_flow, switches
from hub.flows.words import CARRIES, DOES, GOES_ON, STOPS
from hub.overview.findings import find_finding
from hub.overview.people import names_of
from hub.security.audit import Deed
from hub.security.fields import COMMANDS
from hub.security.permits import Permit, permits
from hub.security.roles import CASEWORKERS
from hub.security.table import groups
from hub.sync.holds import HELP, REASONS
from hub.web.access import me, nudge, only, the_hub
from hub.web.cases import refused
from hub.web.inputs import number
from hub.web.looks import actor, log_it, permit_for
from hub.web.residents import PAUSE_DAYS, a_day

blueprint = Blueprint("flows", __name__)

#: The roles that can start or approve any flow: those that may change what it changes.
ACTING = tuple(
    role
    for role in CASEWORKERS
    if any(
        all(groups()[name].cell(role).right == "RW" for name in one.groups)
        for one in FLOWS.values()
    )
)

Page = str | Response | tuple[str, int]


@blueprint.route("/inwoners/<resident_id>/samen/<flow_id>")
@only("caseworker")
def ask(resident_id: str, flow_id: str) -> Page:
    """Show what a flow would send now, to whom and on which ground: is this person sure?"""
    return _with(resident_id, _flow(flow_id), request.args.get("bevinding", ""), _show)


@blueprint.route("/inwoners/<resident_id>/samen/<flow_id>", methods=["POST"])
@only("caseworker")
def start(resident_id: str, flow_id: str) -> Page:
    """Look again with another day or reason, or start. Raises HubError with what is wrong."""
    does = _begin if request.form.get("stap") == "ja" else _show
    answer = _with(resident_id, _flow(flow_id), request.form.get("bevinding", ""), does)
    if does is _begin:
        nudge()
    return answer


Does = Callable[[Connection, Hub, Permit, life.Asked], Page]


def _with(resident_id: str, flow: Flow, finding: str, does: Does) -> Page:
    hub = the_hub()
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        if not flow.groups <= allowed.writes:
            abort(403)
        return does(connection, hub, allowed, _asked(connection, hub, flow, resident_id, finding))


def _asked(
    connection: Connection, hub: Hub, flow: Flow, resident_id: str, finding: str
) -> life.Asked:
    """Return what the form told; a day that is none is found by the plan."""
    form = request.form
    proposed = hub.clock.today() + timedelta(days=PAUSE_DAYS)
    until = a_day(form["until"]) if "until" in form else proposed
    if len(form.get("why", "")) > 1000:
        raise ConfigError("De toelichting is te lang: houd het onder 1000 tekens.")
    return life.Asked(
        flow,
        resident_id,
        key=form.get("key", "")[:32] or secrets.token_hex(16),
        seen=form.get("gezien", ""),
        reason=form.get("reason", HELP),
        until=until,
        why=form.get("why", ""),
        finding_id=_own_finding(connection, hub, resident_id, finding),
    )


def _own_finding(connection: Connection, hub: Hub, resident_id: str, told: str) -> int | None:
    id_ = number({"id": told}, "id", 0)
    found = find_finding(connection, hub, me().role, id_) if id_ else None
    return found.id if found and found.resident_id == resident_id else None


def _show(connection: Connection, hub: Hub, allowed: Permit, asked: life.Asked) -> str:
    log_it(connection, _look("flow_plan", allowed, asked.flow))
    switch = switches(connection, hub)[asked.flow.id]
    plan, problem = Plan(), ""
    try:
        plan = asked.flow.plan(life.work_of(connection, hub, asked))
    except HubError as error:
        problem = error.user
    return render_template(
        "flow.html",
        asked=asked,
        switch=switch,
        plan=plan,
        problem=problem,
        name=names_of(connection, hub, {allowed.resident_id}).get(allowed.resident_id, ""),
        reasons=REASONS,
        key=secrets.token_hex(16),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "does": DOES,
        "carries": CARRIES,
        "stops": STOPS,
        "goes_on": GOES_ON,
        "letter_of": {kind: letter for kind, (_, letter) in COMMANDS.items()},
    }


def _begin(connection: Connection, hub: Hub, allowed: Permit, asked: life.Asked) -> Response:
    id_ = life.begin(connection, hub, actor(), asked)
    log_it(connection, _look("flow_start", allowed, asked.flow))
    run = life.find_run(connection, hub, id_)
    flash(
        "Gevraagd. Er gaat niets weg tot een collega het goedkeurt."
        if run.state == "asked"
        else "Gestart. Hieronder ziet u per schuldeiser of register hoe het loopt."
    )
    return _back(allowed.resident_id)


def _back(resident_id: str) -> Response:
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#samen")


def _flow(flow_id: str) -> Flow:
    if flow_id not in FLOWS:
        abort(404)
    return FLOWS[flow_id]


def _look(action: str, allowed: Permit, flow: Flow) -> Deed:
    return Deed(
        action,
        "order",
        [allowed.resident_id],
        object=f"flow:{flow.id}",
        groups=sorted(flow.groups),
        ground=allowed.ground,
        case=allowed.case,
    )


@blueprint.route("/inwoners/<resident_id>/samen/lopend/<int:id_>", methods=["POST"])
@only("caseworker")
def running(resident_id: str, id_: int) -> Page:
    """Stop a flow of this resident, or note that a step was done by hand."""
    step = number(request.form, "klaar", 0)
    with the_hub().engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        run = life.find_run(connection, the_hub(), id_)
        flow = _flow(run.flow)
        if run.resident_id != resident_id:
            abort(404)
        if not flow.groups <= allowed.writes:
            abort(403)
        if step:
            life.handle(connection, the_hub(), actor(), id_, step)
        else:
            life.stop(connection, the_hub(), actor(), id_)
        log_it(connection, _look("flow_step" if step else "flow_stop", allowed, flow))
    nudge()
    flash("Vastgelegd." if step else "Gestopt. Wat al verstuurd was, staat er nog bij.")
    return _back(resident_id)


# The second pair of eyes.


@blueprint.route("/goedkeuren")
@only(*ACTING)
def approvals() -> str:
    """Show what waits for a second person, with what would be sent now."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        found = _mine(connection, hub)
        plans = {one.id: _plan(connection, hub, one.id) for one, _ in found}
        seen = [one.resident_id for one, _ in found]
        people = names_of(connection, hub, set(seen))
        for one, allowed in found:
            log_it(connection, _look("flow_approvals", allowed, one.flow))
    return render_template(
        "approvals.html", runs=[one for one, _ in found], plans=plans, people=people, **_words()
    )


def _plan(connection: Connection, hub: Hub, id_: int) -> Plan | None:
    """Return what a run would do now; None when it cannot, as its day is past."""
    try:
        return life.plan_of(connection, hub, life.find_run(connection, hub, id_))
    except HubError:
        return None


def _mine(connection: Connection, hub: Hub) -> list[tuple[view.RunView, Permit]]:
    """Return the runs that wait and that this person may decide on or withdraw."""
    waiting = view.waiting(connection, hub)
    open_to = permits(connection, hub, me().name, me().role, [one.resident_id for one in waiting])
    return [
        (one, open_to[one.resident_id])
        for one in waiting
        if one.resident_id in open_to and one.flow.groups <= open_to[one.resident_id].writes
    ]


@blueprint.route("/goedkeuren/<int:id_>", methods=["POST"])
@only(*ACTING)
def decide(id_: int) -> Page:
    """Approve, refuse or withdraw one request. Raises HubError with why that cannot be."""
    hub, form = the_hub(), request.form
    acts: dict[str, tuple[str, Callable[[Connection], object]]] = {
        "goedkeuren": (
            "Goedgekeurd. De opdrachten gaan nu weg.",
            lambda c: life.approve(c, hub, actor(), id_, form.get("gezien", "")),
        ),
        "weigeren": (
            "Geweigerd. Er gaat niets weg.",
            lambda c: life.refuse(c, hub, actor(), id_, form.get("remark", "")),
        ),
        "intrekken": (
            "Ingetrokken. Er gaat niets weg.",
            lambda c: life.withdraw(c, hub, actor(), id_),
        ),
    }
    does = form.get("doe", "")
    with hub.engine.begin() as connection:
        mine = {one.id: (one, allowed) for one, allowed in _mine(connection, hub)}
        if does not in acts:
            abort(404)
        if id_ not in mine:
            raise ConfigError("Deze aanvraag wacht niet (meer) op u. Ververs de pagina.")
        one, allowed = mine[id_]
        told, act = acts[does]
        act(connection)
        log_it(connection, _look(f"flow_{does}", allowed, one.flow))
    nudge()
    flash(told)
    return _back(one.resident_id)


# The switches.


@blueprint.route("/beheer/werkstromen")
@only("administrator")
def settings() -> str:
    """Show every flow: what it does, on which ground, and whether it is used here."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        found, counts = switches(connection, hub), view.started(connection, hub)
    titles = {rule.id: rule.title for rule in hub.plugins.rules()}
    return render_template(
        "flow_settings.html", switches=found, counts=counts, rules=titles, **_words()
    )


@blueprint.route("/beheer/werkstromen/<flow_id>", methods=["POST"])
@only("administrator")
def switch(flow_id: str) -> Response:
    """Keep whether a flow is used and who approves. Raises ConfigError without a ground."""
    flow, form = _flow(flow_id), request.form
    on, four = form.get("aan") == "ja", form.get("vier_ogen") == "ja"
    with the_hub().engine.begin() as connection:
        set_flow(connection, the_hub(), actor(), flow, enabled=on, four_eyes=four)
    flash(f"{flow.title}: opgeslagen.")
    return redirect(url_for("flows.settings"))
