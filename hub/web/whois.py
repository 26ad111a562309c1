"""Who is this? A message without BSN beside the residents it may be about; a person decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.overview.people import Found
from hub.overview.people import search as find
from hub.overview.strangers import StrangerView, beside, find_stranger, registers_open
from hub.overview.unmatched import Part, unmatched, unmatched_counts
from hub.reconcile import reconcile
from hub.reconcile.matching.decide import WHY
from hub.reconcile.matching.verdicts import VERDICTS, require_as_seen, say
from hub.security.audit import Deed
from hub.security.roles import ROLES
from hub.web.access import me, only, the_hub
from hub.web.inputs import a_resident, number, page_number
from hub.web.looks import actor, log_it, permit_for, trace
from hub.web.residents import a_day, problem_of

blueprint = Blueprint("whois", __name__, url_prefix="/wie-is-dit")

SIZE = 50

DONE = {
    "link": "Gekoppeld. Wat deze melding zegt, staat nu bij de inwoner.",
    "refuse": "Vastgelegd: deze melding gaat niet over deze inwoner.",
    "undo": "Het besluit is ongedaan gemaakt. De hub vergelijkt opnieuw.",
}


@blueprint.route("")
@only("caseworker")
def nobody() -> str:
    """Show the messages without BSN for which nobody was found, by source, with the reason."""
    hub, role, page = the_hub(), me().role, page_number(request.args)
    why = request.args.get("reden", "")
    part = Part(number(request.args, "bron", 0) or None, why if why in WHY else "")
    with hub.engine.begin() as connection:
        counts = unmatched_counts(connection, hub, role)
        found = unmatched(connection, hub, role, part, page=page, size=SIZE)
        shown = sorted({"identity", *registers_open(connection, hub, role).values()})
        log_it(connection, _deed("match_list", groups=shown, object="list"))
    total = sum(
        count
        for (id_, _), by_reason in counts.items()
        for reason, count in by_reason.items()
        if part.source_id in (None, id_) and part.why in ("", reason)
    )
    return render_template(
        "unmatched.html",
        found=found,
        counts=counts,
        part=part,
        reasons=WHY,
        page=page,
        pages=max(1, -(-total // SIZE)),
        total=total,
    )


@blueprint.route("/<int:id_>")
@only("caseworker")
def stranger(id_: int) -> str:
    """Show both sides, field by field."""
    with the_hub().engine.begin() as connection:
        return _page(connection, _found(connection, id_))


@blueprint.route("/<int:id_>", methods=["POST"])
@only("caseworker")
def decide(id_: int) -> Response:
    """Link, refuse, or take that back. Raises Outdated when somebody else was first."""
    form, hub = request.form, the_hub()
    verdict, resident_id = form.get("besluit", ""), a_resident(form, "inwoner")
    with hub.engine.begin() as connection:
        one = _found(connection, id_)
        if verdict not in VERDICTS or not resident_id:
            raise ConfigError("Kies bij een inwoner wat u besluit. Er is niets gewijzigd.")
        require_as_seen(connection, id_, form.get("seen", ""))
        _require_known(connection, one, resident_id)
        say(
            connection,
            hub,
            actor(),
            (id_, resident_id),
            verdict,
            form.get("reason", ""),
            seen=form.get("seen", ""),
            trace=trace(),
        )
    reconcile(hub)
    flash(DONE[verdict])
    return redirect(url_for("whois.stranger", id_=id_))


@blueprint.route("/<int:id_>/zoeken", methods=["POST"])
@only("caseworker")
def search(id_: int) -> str | tuple[str, int]:
    """Look for a resident in the own caseload, and show whoever is found beside the message."""
    hub, role = the_hub(), me().role
    form = {name: request.form.get(name, "").strip() for name in ("bsn", "surname", "birth_date")}
    with hub.engine.begin() as connection:
        one = _found(connection, id_)
        problem = problem_of(form)
        if problem:
            return _page(connection, one, problem=problem, form=form), 400
        told = {"bsn": form["bsn"], "surname": form["surname"]}
        born = a_day(form["birth_date"])
        found = find(connection, hub, me().name, role, **told, birth_date=born)
        seen = [view.resident_id for view in found.people]
        asked = [found.resident_id] if found.resident_id else []
        log_it(connection, _deed("search", [*seen, *asked], ["identity"] if seen else []))
        known = {candidate.resident_id for candidate in one.candidates}
        fresh = [who for who in seen if who not in known]
        others = beside(connection, hub, role, id_, fresh)
        return _page(connection, one, found=found, others=others, form=form)


def _found(connection: Connection, id_: int) -> StrangerView:
    one = find_stranger(connection, the_hub(), me().role, id_)
    if one is None:
        abort(404)
    return one


def _require_known(connection: Connection, one: StrangerView, resident_id: str) -> None:
    """End in 403 for a resident who is no candidate, and closed to this person."""
    candidates = {candidate.resident_id for candidate in one.candidates}
    if resident_id not in candidates and permit_for(connection, resident_id) is None:
        abort(403)


def _page(
    connection: Connection,
    one: StrangerView,
    *,
    found: Found | None = None,
    others: Any = (),
    problem: str = "",
    form: dict[str, str] | None = None,
) -> str:
    seen = [candidate.resident_id for candidate in (*one.candidates, *others)]
    log_it(connection, _deed("match_look", seen, sorted(one.groups), f"subject:{one.id}"))
    return render_template(
        "whois.html",
        one=one,
        found=found,
        others=others,
        problem=problem,
        form=form or {},
        today=the_hub().clock.today(),
    )


def _deed(action: str, residents: Any = (), groups: Any = (), object: str = "") -> Deed:
    return Deed(
        action, "identify", residents, object=object, groups=groups, ground=ROLES[me().role].ground
    )
