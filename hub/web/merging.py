"""Two residents who are one person: put together by somebody who may see both, and parted again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.overview.merging import merges, side_by_side
from hub.overview.people import Found, details_of
from hub.overview.people import search as find
from hub.reconcile import reconcile
from hub.reconcile.merging import merge, split
from hub.security.audit import Deed
from hub.security.cases import SHORTEST
from hub.security.permits import Permit
from hub.web.access import me, only, the_hub
from hub.web.cases import refused
from hub.web.inputs import a_resident
from hub.web.looks import actor, log_it, permit_for, trace
from hub.web.residents import a_day, problem_of

blueprint = Blueprint("merging", __name__, url_prefix="/inwoners/<resident_id>")

Answer = str | Response | tuple[str, int]


@blueprint.route("/samenvoegen")
@only("caseworker")
def page(resident_id: str) -> Answer:
    """Show with whom this resident was merged, and how to look for another."""
    with the_hub().engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        return _page(connection, allowed)


@blueprint.route("/samenvoegen/zoeken", methods=["POST"])
@only("caseworker")
def search(resident_id: str) -> Answer:
    """Look for the other resident, in the own caseload, and show both side by side."""
    form = {name: request.form.get(name, "").strip() for name in ("bsn", "surname", "birth_date")}
    with the_hub().engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        problem = problem_of(form)
        if problem:
            return _page(connection, allowed, problem=problem, form=form), 400
        found = _find(connection, form)
        return _page(connection, allowed, found=found, form=form)


def _find(connection: Connection, form: dict[str, str]) -> Found:
    told = {"bsn": form["bsn"], "surname": form["surname"]}
    born = a_day(form["birth_date"])
    return find(connection, the_hub(), me().name, me().role, **told, birth_date=born)


@blueprint.route("/samenvoegen", methods=["POST"])
@only("caseworker")
def join(resident_id: str) -> Answer:
    """Let another resident go into this one. Raises ConfigError with what is wrong."""
    hub, other = the_hub(), a_resident(request.form, "ander")
    with hub.engine.begin() as connection:
        if permit_for(connection, resident_id) is None:
            return refused(connection, resident_id)
        if not other:
            raise ConfigError("Zoek eerst de andere inwoner. Er is niets gewijzigd.")
        if permit_for(connection, other) is None:
            return refused(connection, other)
        why = request.form.get("reason", "")
        merge(connection, hub, actor(), other, resident_id, why, trace=trace())
    reconcile(hub)
    flash("Samengevoegd. Alles van beide inwoners staat nu hier.")
    return redirect(url_for("residents.overview", resident_id=resident_id))


@blueprint.route("/splitsen/<int:id_>", methods=["POST"])
@only("caseworker")
def part(resident_id: str, id_: int) -> Answer:
    """Undo a merge of this resident. Raises ConfigError with what is wrong."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        if permit_for(connection, resident_id) is None:
            return refused(connection, resident_id)
        if id_ not in {one.id for one in merges(connection, hub, resident_id)}:
            raise ConfigError("Deze samenvoeging hoort niet bij deze inwoner. Ververs de pagina.")
        split(connection, hub, actor(), id_, request.form.get("reason", ""), trace=trace())
    reconcile(hub)
    flash("Gesplitst. Elke inwoner heeft weer wat er van hem of haar was.")
    return redirect(url_for("merging.page", resident_id=resident_id))


def _page(
    connection: Connection,
    allowed: Permit,
    *,
    found: Found | None = None,
    problem: str = "",
    form: dict[str, str] | None = None,
) -> str:
    hub, resident_id = the_hub(), allowed.resident_id
    others = [one.resident_id for one in found.people] if found else []
    others = [one for one in others if one != resident_id]
    person = details_of(connection, hub, [resident_id]).get(resident_id)
    if person is None or not allowed.may("identity"):
        abort(404)
    log_it(connection, _look(allowed, others))
    values: dict[str, Any] = {
        "person": person,
        "found": found,
        "pairs": side_by_side(connection, resident_id, others),
        "merges": merges(connection, hub, resident_id),
    }
    return render_template(
        "merging.html", **values, problem=problem, form=form or {}, shortest=SHORTEST
    )


def _look(allowed: Permit, others: list[str]) -> Deed:
    return Deed(
        "merge_look",
        "identify",
        [allowed.resident_id, *others],
        groups=("identity",),
        ground=allowed.ground,
        case=allowed.case,
    )
