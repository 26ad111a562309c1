"""Giving one order to a register by filling in a form, about a resident."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.connector import OrderForm, RecordError
from hub.front import orders
from hub.front.access import nudge
from hub.front.deeds import look
from hub.sync.sources import Source, all_sources, find_source
from hub.web.access import only, the_hub
from hub.web.cases import refused
from hub.web.forms import Field, form_fields, fresh_key, is_fresh, read_entry
from hub.web.looks import actor, log_it, permit_for

blueprint = Blueprint("orders", __name__)


@dataclass(frozen=True)
class Filled:
    """One form on the page, with what was typed in it and what is wrong with that."""

    form: OrderForm
    groups: dict[str, list[Field]]
    key: str
    problems: tuple[str, ...] = ()


@blueprint.route("/inwoners/<resident_id>/bericht/<name>")
@only("caseworker")
def page(resident_id: str, name: str) -> str | tuple[str, int]:
    """Show the forms with which this register can be asked something about a resident."""
    one = _source(name)
    with the_hub().engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        forms = orders.forms_for(one, allowed) or abort(403)
        log_it(connection, look("order_forms", "order", allowed, one.name))
    filled = [Filled(form, form_fields(form.schema, {}), fresh_key()) for form in forms]
    return render_template("orders.html", source=one, forms=filled, resident_id=resident_id)


@blueprint.route("/inwoners/<resident_id>/bericht/<name>", methods=["POST"])
@only("caseworker")
def give(resident_id: str, name: str) -> str | Response | tuple[str, int]:
    """Put what was filled in in the outbox. Raises ConfigError without a ground in force."""
    hub, one, key = the_hub(), _source(name), request.form.get("key", "")
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        forms = orders.forms_for(one, allowed) or abort(403)
        wanted = request.form.get("order", forms[0].command)
        asked = next((form for form in forms if form.command == wanted), None)
        if asked is None or not is_fresh(key):
            abort(404)
        typed = read_entry(asked.schema, request.form, {})
        try:
            number = str(UUID(hex=key))
            orders.by_form(connection, hub, allowed, one, asked, typed, number, actor())
        except RecordError as error:
            wrong = Filled(asked, form_fields(asked.schema, typed), key, tuple(error.problems))
            told = {"source": one, "forms": [wrong], "resident_id": resident_id}
            return render_template("orders.html", **told), 400
        log_it(connection, look("command", "order", allowed, asked.command))
    nudge()
    flash("Het bericht staat klaar om te versturen.")
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#opdrachten")


def _source(name: str) -> Source:
    """Return the source of this name that takes orders by a form, or end in 404."""
    known = {one.name for one in all_sources(the_hub()) if one.enabled}
    found = find_source(the_hub(), name) if name in known else None
    return found if found and found.connector.order_forms else abort(404)
