"""Finding a resident, the overview, and what can be asked of the registers from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.errors import ConfigError
from hub.flows.declared import Flow
from hub.flows.settings import switches
from hub.flows.view import runs_of
from hub.overview.findings import workable
from hub.overview.people import search as find
from hub.overview.resident import Overview, resident_overview
from hub.overview.strangers import linked_strangers
from hub.overview.words import organisation_names
from hub.reconcile import reconcile
from hub.rights.flags import flags_of
from hub.security.audit import Deed
from hub.security.cases import access_of
from hub.security.fields import COMMANDS
from hub.security.grounds import require
from hub.security.permits import Permit
from hub.security.roles import CASEWORKERS, ROLES
from hub.sync import orders, outbox
from hub.sync.entered import sources_for
from hub.sync.holds import HELP, REASONS, reasons_of
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
        # Whether the hub knows somebody is told, so it is a look as well, though at nothing.
        groups = ("identity",) if seen else ()
        ground = ROLES[role].ground
        log_it(connection, Deed("search", "search", seen + asked, groups=groups, ground=ground))
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
    if asked and (on is None or not on.year >= 2000 or on > hub.clock.today()):
        raise ConfigError("Kies een dag die al geweest is, als 2026-03-31.")
    at = datetime.combine(on, time.max, AMSTERDAM) if on else None
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        view = resident_overview(connection, hub, allowed, at)
        if view is None:
            abort(404)
        log_it(connection, _look("overview", "overview", allowed))
        parties = orders.parties(connection, hub)
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
        waiting=any(_just_given(one, hub.clock.now()) for one in view.commands),
    )


def _look(action: str, activity: str, allowed: Permit, thing: str = "") -> Deed:
    return Deed(
        action,
        activity,
        [allowed.resident_id],
        object=thing,
        groups=sorted(allowed.reads),
        ground=allowed.ground,
        case=allowed.case,
    )


def _just_given(command: Any, now: datetime) -> bool:
    """Tell whether a command may be answered any moment, so that it is worth looking again.

    One that waits longer is not looked at every few seconds: each look is logged.
    """
    return command.state in ("ready", "sending") and now - command.created_at < JUST_NOW


Ask = Callable[[Connection, Hub, str], object]

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
        group, case = COMMANDS[BUTTONS[kind]]
        require_write(allowed, group)
        _alone(connection, hub, kind)
        ground = require(connection, hub, case)
        _orders(kind, f"{ROLES[allowed.role].ground}; {case}: {ground.title}"[:200])[kind](
            connection, hub, resident_id
        )
        log_it(connection, _look("command", "order", allowed, BUTTONS[kind]))
    nudge()
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")


#: Which flow does the same for all at once: who must be two there, must be two here.
_AT_ONCE = {"opheffen": "reden-weg", "kennisgeving": "aanschrijven", "saldoverzoek": "aanschrijven"}


def _alone(connection: Connection, hub: Hub, kind: str) -> None:
    """Raise ConfigError for an order that a second person must approve."""
    found = switches(connection, hub)[_AT_ONCE[kind]]
    if found.four_eyes:
        raise ConfigError(
            f"Hiervoor is een tweede medewerker nodig. Gebruik '{found.flow.title}'; een collega "
            "keurt het dan goed."
        )


def _offered(connection: Connection, hub: Hub, view: Overview, helps: bool) -> list[Flow]:
    """Return the flows that may make sense for this resident; each page says what it would do."""
    registered = any(one.register == "vish" and one.ends_on is None for one in view.entries)
    fits = {
        "pauze": True,
        "aanschrijven": True,
        "vish-aanmelden": not registered and bool(view.cases),
        "vish-afmelden": registered,
        "einde-hulp": helps or registered,
    }
    return [
        one.flow
        for id_, one in switches(connection, hub).items()
        if one.on and fits.get(id_) and one.flow.groups <= view.permit.writes
    ]


def _orders(kind: str, ground: str) -> dict[str, Ask]:
    """Return what each button asks, with what its form told."""
    form = request.form
    who = {"ground": ground, "by": actor().name}
    hold = number(form, "hold", 0)
    party = form.get("party", "")
    return {
        "opheffen": lambda c, h, r: orders.lift_hold(c, h, r, hold, **who),
        "kennisgeving": lambda c, h, r: orders.write_to_creditor(c, h, r, "notice", party, **who),
        "saldoverzoek": lambda c, h, r: orders.write_to_creditor(
            c, h, r, "balance_request", party, **who
        ),
    }


@blueprint.route("/inwoners/<resident_id>/opdrachten/<id_>", methods=["POST"])
@only("caseworker")
def command(resident_id: str, id_: str) -> Response | tuple[str, int]:
    """Pause, cancel, resume or deal with one command of this resident."""
    hub, by, act = the_hub(), me().name, request.form.get("doe", "")
    acts: dict[str, Callable[[], object]] = {
        "pause": lambda: outbox.ask(hub, id_, "pause", by),
        "cancel": lambda: outbox.ask(hub, id_, "cancel", by),
        "resume": lambda: outbox.resume(hub, id_, by),
        "note": lambda: outbox.take_note(hub, id_, by),
    }
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        one = outbox.find_command(connection, hub, id_)
        if one.resident_id != resident_id:
            abort(404)
        require_write(allowed, COMMANDS[one.kind][0])
        if act not in acts:
            abort(404)
        log_it(connection, _look(f"command_{act}", "order", allowed, one.kind))
    acts[act]()
    nudge()
    reconcile(hub)
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")
