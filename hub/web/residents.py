"""Finding a resident, the overview, and what can be asked of the registers from there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.core import Hub
from hub.flows.answers import asked_of_us
from hub.flows.declared import Flow
from hub.flows.settings import switches
from hub.flows.view import runs_of
from hub.front import deeds, orders
from hub.front.deeds import look
from hub.front.past import end_of
from hub.overview.findings import workable
from hub.overview.people import search as find
from hub.overview.resident import Overview, resident_overview
from hub.overview.strangers import linked_strangers
from hub.overview.words import organisation_names
from hub.reconcile import reconcile
from hub.rights.flags import flags_of
from hub.security.cases import access_of
from hub.security.fields import COMMANDS
from hub.security.roles import CASEWORKERS, ROLES
from hub.sync import outbox
from hub.sync.entered import sources_for
from hub.sync.holds import HELP, REASONS, reasons_of
from hub.sync.orders import parties as parties_of
from hub.web.access import me, nudge, only, the_hub
from hub.web.cases import refused
from hub.web.inputs import number
from hub.web.looks import actor, log_it, permit_for, require_write
from schemas import elfproef

blueprint = Blueprint("residents", __name__)

#: How long a pause is proposed: the term of the sister covenant, eight months.
PAUSE_DAYS = 240

#: How long a page that shows a new command looks again by itself.
JUST_NOW = timedelta(minutes=1)


@blueprint.route("/")
@only("caseworker", "administrator", "privacy_officer")
def home() -> str | Response:
    """Show the search form to a caseworker; others start at their own page."""
    if me().role in CASEWORKERS:
        return _search_page()
    starts = {"administrator": "admin.sources", "privacy_officer": "privacy.home"}
    return redirect(url_for(starts[me().role]))


@blueprint.route("/inwoners/zoeken", methods=["GET", "POST"])
@only("caseworker")
def search() -> str | Response | tuple[str, int]:
    """Search by BSN, or by surname and birth date, in the own caseload.

    Of residents outside it the page tells only that there are any. What was found has no address
    of its own: who comes back to it starts a new search.
    """
    if request.method == "GET":
        return redirect(url_for("residents.home"))
    form = {name: request.form.get(name, "").strip() for name in ("bsn", "surname", "birth_date")}
    problem = problem_of(form)
    if problem:
        return _search_page(problem=problem, form=form), 400
    hub, role = the_hub(), me().role
    with hub.engine.begin() as connection:
        found = find(
            connection,
            hub,
            me().name,
            role,
            bsn=form["bsn"],
            surname=form["surname"],
            birth_date=a_day(form["birth_date"]),
        )
        seen = [one.resident_id for one in found.people]
        asked = [found.resident_id] if found.resident_id else []
        log_it(connection, deeds.search(role, seen, asked))
    return _search_page(found=found, form=form)


def _search_page(**values: Any) -> str:
    known: dict[str, Any] = {
        "problem": "",
        "found": None,
        "form": {},
        "ground": ROLES[me().role].ground,
    }
    return render_template("search.html", **known | values)


def problem_of(form: dict[str, str]) -> str:
    """Return what is wrong with a search, without repeating a BSN."""
    bsn = form["bsn"]
    if bsn:
        if not (len(bsn) == 9 and bsn.isascii() and bsn.isdigit()):
            return f"Een BSN heeft negen cijfers; u vulde {len(bsn)} tekens in."
        return (
            "" if elfproef(bsn) else "Dit BSN klopt niet. Controleer of u een cijfer verwisselde."
        )
    if not (form["surname"] and form["birth_date"]):
        return "Vul een BSN in, of een achternaam én een geboortedatum."
    return "" if a_day(form["birth_date"]) else "Vul de geboortedatum in als 31-12-1980."


def a_day(text: str) -> date | None:
    """Return the day that a form or address told, None for anything else."""
    for form in ("%Y-%m-%d", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


@blueprint.route("/inwoners/<resident_id>")
@only("caseworker")
def overview(resident_id: str) -> str | tuple[str, int]:
    """Show one resident, now or (`?op=2026-03-03`) as it was known at the end of that day."""
    hub, asked = the_hub(), request.args.get("op", "")
    on = a_day(asked)
    at = end_of(hub, on or date.max) if asked else None
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        view = resident_overview(connection, hub, allowed, at)
        if view is None:
            abort(404)
        log_it(connection, look("overview", "overview", allowed))
        parties = parties_of(connection, hub)
        access = access_of(connection, hub, allowed)
        flags = flags_of(connection, hub, [resident_id]).get(resident_id, [])
        works = workable(connection, hub, me().role, [one.id for one in view.findings])
        reasons = reasons_of(connection, hub, resident_id) if allowed.may("hold") else []
        offered = _offered(connection, hub, view, any(one.reason == HELP for one in reasons))
        runs = runs_of(connection, hub, allowed)
        names = organisation_names(connection, hub.municipality)
        linked = linked_strangers(connection, hub, allowed)
    today = hub.clock.today()
    return render_template(
        "overview.html",
        view=view,
        on=on,
        parties=parties,
        today=today,
        reasons=reasons,
        reason_names=REASONS,
        names=names,
        offered=offered,
        runs=runs,
        access=access,
        flags=flags,
        works=works,
        linked=linked,
        forms=sources_for(hub, allowed.writes),
        writable=orders.sources_with_forms(hub, allowed),
        waiting=any(_just_given(one, hub.clock.now()) for one in view.commands),
    )


def _just_given(command: Any, now: datetime) -> bool:
    """Tell whether a command may be answered any moment, so that it is worth looking again.

    One that waits longer is not looked at every few seconds: each look is logged.
    """
    return command.state in ("ready", "sending") and now - command.created_at < JUST_NOW


#: What each button asks of the registers, by the kind of command it makes.
BUTTONS = {
    "opheffen": "lift_hold",
    "kennisgeving": "notice",
    "saldoverzoek": "balance_request",
}


@blueprint.route("/inwoners/<resident_id>/opdracht/<kind>", methods=["POST"])
@only("caseworker")
def order(resident_id: str, kind: str) -> Response | tuple[str, int]:
    """Put an order to the registers in the outbox. Raises HubError with what is wrong."""
    if kind not in BUTTONS:
        abort(404)
    hub = the_hub()
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        require_write(allowed, COMMANDS[BUTTONS[kind]][0])
        orders.give(connection, hub, allowed, _asked(BUTTONS[kind]), actor())
        log_it(connection, look("command", "order", allowed, BUTTONS[kind]))
    nudge()
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")


def _offered(connection: Connection, hub: Hub, view: Overview, helps: bool) -> list[Flow]:
    """Return the flows that may make sense for this resident; each page says what it would do."""
    registered = any(one.register == "vish" and one.ends_on is None for one in view.entries)
    fits = {
        "pauze": True,
        "aanschrijven": True,
        "vish-aanmelden": not registered and bool(view.cases),
        "vish-afmelden": registered,
        "einde-hulp": helps or registered,
        "saldo-opgeven": bool(asked_of_us(connection, hub, view.permit.resident_id)),
    }
    return [
        one.flow
        for id_, one in switches(connection, hub).items()
        if one.on and fits.get(id_) and one.flow.groups <= view.permit.writes
    ]


def _asked(kind: str) -> orders.Asked:
    """Return the order that a form tells."""
    form = request.form
    return orders.Asked(kind, hold=number(form, "hold", 0), party=form.get("party", ""))


@blueprint.route("/inwoners/<resident_id>/opdrachten/<id_>", methods=["POST"])
@only("caseworker")
def command(resident_id: str, id_: str) -> Response | tuple[str, int]:
    """Pause, cancel, resume or deal with one command of this resident."""
    hub, by, act = the_hub(), me().name, request.form.get("doe", "")
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        one = outbox.find_command(connection, hub, id_)
        if one.resident_id != resident_id:
            abort(404)
        require_write(allowed, COMMANDS[one.kind][0])
        if act not in outbox.ACTS:
            abort(404)
        log_it(connection, look(f"command_{act}", "order", allowed, one.kind))
        outbox.ACTS[act](connection, hub, id_, by)
    nudge()
    reconcile(hub)
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")
