"""Finding a resident, the overview, and what can be asked of the registers from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.errors import ConfigError
from hub.overview.people import search as find
from hub.overview.resident import resident_overview
from hub.reconcile import reconcile
from hub.security.accounts import log_look
from hub.security.roles import GROUNDS
from hub.sync import orders, outbox
from hub.web.access import me, nudge, only, the_hub
from hub.web.inputs import number
from schemas import elfproef

blueprint = Blueprint("residents", __name__)

#: How long a pause is proposed: the term of the sister covenant, eight months.
PAUSE_DAYS = 240

#: How long a page that shows a new command looks again by itself.
JUST_NOW = timedelta(minutes=1)


@blueprint.route("/")
@only("caseworker", "administrator")
def home() -> str | Response:
    """Show the search form to a caseworker; an administrator starts at the sources."""
    if me().role == "administrator":
        return redirect(url_for("admin.sources"))
    return _search_page()


@blueprint.route("/inwoners/zoeken", methods=["POST"])
@only("caseworker")
def search() -> str | tuple[str, int]:
    """Search by BSN, or by surname and birth date; a ground comes first."""
    form = {name: request.form.get(name, "").strip() for name in ("bsn", "surname", "birth_date")}
    ground = request.form.get("ground", "")
    problem = _problem_of(form, ground)
    if problem:
        return _search_page(problem=problem, form=form, ground=ground), 400
    session["ground"] = ground
    hub = the_hub()
    with hub.engine.begin() as connection:
        found = find(
            connection,
            hub,
            bsn=form["bsn"],
            surname=form["surname"],
            birth_date=_day(form["birth_date"]),
        )
        log_look(connection, hub, by=me().name, ground=ground, action="search")
    return _search_page(found=found, form=form, ground=ground)


def _search_page(**values: Any) -> str:
    known = {"problem": "", "found": None, "form": {}, "ground": session.get("ground", "")}
    return render_template("search.html", grounds=GROUNDS, **known | values)


def _problem_of(form: dict[str, str], ground: str) -> str:
    """Return what is wrong with a search, without repeating a BSN."""
    if ground not in GROUNDS:
        return "Kies waarom u zoekt. Zonder grondslag mag u niemand opzoeken."
    bsn = form["bsn"]
    if bsn:
        if not (len(bsn) == 9 and bsn.isascii() and bsn.isdigit()):
            return f"Een BSN heeft negen cijfers; u vulde {len(bsn)} tekens in."
        return (
            "" if elfproef(bsn) else "Dit BSN klopt niet. Controleer of u een cijfer verwisselde."
        )
    if not (form["surname"] and form["birth_date"]):
        return "Vul een BSN in, of een achternaam én een geboortedatum."
    return "" if _day(form["birth_date"]) else "Vul de geboortedatum in als 31-12-1980."


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


@blueprint.route("/inwoners/<resident_id>")
@only("caseworker")
def overview(resident_id: str) -> str:
    """Show one resident, now or (`?op=2026-03-03`) as it was known at the end of that day."""
    if session.get("ground") not in GROUNDS:
        return render_template("ground.html", grounds=GROUNDS, resident_id=resident_id)
    hub, asked = the_hub(), request.args.get("op", "")
    on = _day(asked)
    if asked and (on is None or not on.year >= 2000 or on > hub.clock.today()):
        raise ConfigError("Kies een dag die al geweest is, als 2026-03-31.")
    at = datetime.combine(on, time.max, AMSTERDAM) if on else None
    with hub.engine.begin() as connection:
        view = resident_overview(connection, hub, resident_id, at)
        if view is None:
            abort(404)
        log_look(
            connection,
            hub,
            by=me().name,
            ground=session["ground"],
            action="overview",
            resident_id=resident_id,
        )
        parties = orders.parties(connection, hub)
    today = hub.clock.today()
    return render_template(
        "overview.html",
        view=view,
        on=on,
        parties=parties,
        today=today,
        until=today + timedelta(days=PAUSE_DAYS),
        ground=GROUNDS[session["ground"]],
        waiting=any(_just_given(one, hub.clock.now()) for one in view.commands),
    )


def _just_given(command: Any, now: datetime) -> bool:
    """Tell whether a command may be answered any moment, so that it is worth looking again.

    One that waits longer is not looked at every few seconds: each look is logged.
    """
    return command.state in ("ready", "sending") and now - command.created_at < JUST_NOW


@blueprint.route("/inwoners/<resident_id>/grondslag", methods=["POST"])
@only("caseworker")
def choose_ground(resident_id: str) -> Response:
    """Note why a resident is looked at, and go there."""
    if request.form.get("ground") in GROUNDS:
        session["ground"] = request.form["ground"]
    return redirect(url_for("residents.overview", resident_id=resident_id))


Ask = Callable[[Connection, Hub, str], object]


@blueprint.route("/inwoners/<resident_id>/opdracht/<kind>", methods=["POST"])
@only("caseworker")
def order(resident_id: str, kind: str) -> Response:
    """Put an order to the registers in the outbox. Raises HubError with what is wrong."""
    if session.get("ground") not in GROUNDS:
        return redirect(url_for("residents.overview", resident_id=resident_id))
    ask = _orders(kind).get(kind)
    if ask is None:
        abort(404)
    hub = the_hub()
    with hub.engine.begin() as connection:
        if resident_overview(connection, hub, resident_id) is None:
            abort(404)
        ask(connection, hub, resident_id)
        log_look(
            connection,
            hub,
            by=me().name,
            ground=session["ground"],
            action="command",
            resident_id=resident_id,
        )
    nudge()
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")


def _orders(kind: str) -> dict[str, Ask]:
    """Return what each button asks, with what its form told."""
    form = request.form
    who = {"ground": GROUNDS[session["ground"]], "by": me().name}
    until = _day(form.get("until", ""))
    if kind == "pauze" and until is None:
        raise ConfigError("Vul in tot en met welke dag de pauze duurt, als 31-12-2027.")
    hold = number(form, "hold", 0)
    party = form.get("party", "")
    return {
        "pauze": lambda c, h, r: orders.put_hold(c, h, r, until=until or date.max, **who),
        "opheffen": lambda c, h, r: orders.lift_hold(c, h, r, hold, **who),
        "vish-aanmelden": lambda c, h, r: orders.register_vish(c, h, r, **who),
        "vish-afmelden": lambda c, h, r: orders.deregister_vish(c, h, r, **who),
        "kennisgeving": lambda c, h, r: orders.write_to_creditor(c, h, r, "notice", party, **who),
        "saldoverzoek": lambda c, h, r: orders.write_to_creditor(
            c, h, r, "balance_request", party, **who
        ),
    }


@blueprint.route("/inwoners/<resident_id>/opdrachten/<id_>", methods=["POST"])
@only("caseworker")
def command(resident_id: str, id_: str) -> Response:
    """Pause, cancel, resume or deal with one command of this resident."""
    if session.get("ground") not in GROUNDS:
        return redirect(url_for("residents.overview", resident_id=resident_id))
    hub, by, act = the_hub(), me().name, request.form.get("doe", "")
    acts: dict[str, Callable[[], object]] = {
        "pause": lambda: outbox.ask(hub, id_, "pause", by),
        "cancel": lambda: outbox.ask(hub, id_, "cancel", by),
        "resume": lambda: outbox.resume(hub, id_, by),
        "note": lambda: outbox.take_note(hub, id_, by),
    }
    with hub.engine.begin() as connection:
        if act not in acts or outbox.find_command(connection, hub, id_).resident_id != resident_id:
            abort(404)
        ground = session["ground"]
        log_look(connection, hub, by=by, ground=ground, action="command", resident_id=resident_id)
    acts[act]()
    nudge()
    reconcile(hub)
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")
