"""Entering by hand: about a resident by a caseworker, about a source by an administrator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.connector import Entry, RecordError, Upload
from hub.reconcile import reconcile
from hub.security.audit import Deed
from hub.security.permits import Permit
from hub.sync.entered import Stood, enter, forms_of, group_for, person_of, remove, stood
from hub.sync.sources import Source, all_sources
from hub.web.access import only, the_hub
from hub.web.cases import refused
from hub.web.forms import Field, form_fields, fresh_key, is_fresh, read_entry
from hub.web.looks import log_it, permit_for

blueprint = Blueprint("entries", __name__)


@dataclass(frozen=True)
class Form:
    """One form on the page: its fields, and what stands of it."""

    entry: Entry
    groups: dict[str, list[Field]]
    key: str
    stood: list[tuple[Stood, list[tuple[str, Any]]]]
    changing: bool = False
    problems: tuple[str, ...] = ()


@blueprint.route("/inwoners/<resident_id>/opgave/<name>")
@only("caseworker")
def resident(resident_id: str, name: str) -> str | tuple[str, int]:
    """Show what was entered about a resident in one source, and the forms to enter more."""
    one = _source(name, "resident")
    with the_hub().engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        entries = _open_to(allowed, one)
        log_it(connection, _deed("entries_read", one, allowed))
        forms = _forms(connection, one, entries, resident_id)
    return render_template("entries.html", source=one, forms=forms, resident_id=resident_id)


@blueprint.route("/inwoners/<resident_id>/opgave/<name>", methods=["POST"])
@only("caseworker")
def enter_resident(resident_id: str, name: str) -> str | Response | tuple[str, int]:
    """Enter, change or take back something about a resident."""
    one = _source(name, "resident")
    with the_hub().engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        entries = _open_to(allowed, one)
        entry, doe = _asked(entries)
        _require_own(connection, one, entry, resident_id, doe)
        who = person_of(connection, the_hub(), resident_id)
        log_it(connection, _deed(f"entry_{doe}", one, allowed))
    problems = _act(one, entry, doe, who)
    if not problems:
        return redirect(url_for("entries.resident", resident_id=resident_id, name=name))
    with the_hub().reader.connect() as connection:
        forms = _with_problems(_forms(connection, one, entries, resident_id), entry, problems)
    page = render_template("entries.html", source=one, forms=forms, resident_id=resident_id)
    return page, 400


@blueprint.route("/beheer/bronnen/<name>/invoer")
@only("administrator")
def source(name: str) -> str:
    """Show what was entered in a source, and the forms to enter more."""
    one = _source(name, "source")
    with the_hub().reader.connect() as connection:
        forms = _forms(connection, one, forms_of(one, "source"), None)
    return render_template("entries.html", source=one, forms=forms, resident_id="")


@blueprint.route("/beheer/bronnen/<name>/invoer", methods=["POST"])
@only("administrator")
def enter_source(name: str) -> str | Response | tuple[str, int]:
    """Enter, change or take back something about the source itself."""
    one = _source(name, "source")
    entries = forms_of(one, "source")
    entry, doe = _asked(entries)
    with the_hub().engine.begin() as connection:
        _require_own(connection, one, entry, None, doe)
        log_it(connection, Deed(f"entry_{doe}", object=f"{one.name}: {entry.name}"))
    problems = _act(one, entry, doe, None)
    if not problems:
        return redirect(url_for("entries.source", name=name))
    with the_hub().reader.connect() as connection:
        forms = _with_problems(_forms(connection, one, entries, None), entry, problems)
    return render_template("entries.html", source=one, forms=forms, resident_id=""), 400


def _source(name: str, about: str) -> Source:
    """Return the source of this name in which something can be entered, or end in 404."""
    known = (one for one in all_sources(the_hub()) if one.name == name and one.enabled)
    return next((one for one in known if forms_of(one, about)), None) or abort(404)


def _open_to(allowed: Permit, one: Source) -> list[Entry]:
    """Return the entries whose field group this permit may write; none is a 403."""
    found = [
        entry for entry in forms_of(one, "resident") if group_for(one, entry) in allowed.writes
    ]
    return found or abort(403)


def _deed(action: str, one: Source, allowed: Permit) -> Deed:
    groups = {group_for(one, entry) for entry in forms_of(one, "resident")} & allowed.writes
    return Deed(
        action,
        "entry",
        [allowed.resident_id],
        object=f"{one.name}: {request.form.get('entry', '')}"[:100],
        groups=sorted(groups),
        ground=allowed.ground,
        case=allowed.case,
    )


def _asked(entries: list[Entry]) -> tuple[Entry, str]:
    """Return which form was sent and what for; the first and to add when it does not tell."""
    named = request.form.get("entry", entries[0].name)
    entry = next((one for one in entries if one.name == named), None)
    act = request.form.get("doe", "add")
    return entry or abort(404), act if act in ("change", "remove") else "add"


def _require_own(
    connection: Connection, one: Source, entry: Entry, resident_id: str | None, act: str
) -> None:
    """End in 404 when the form is about a record that does not stand here."""
    key = request.form.get("key", "")
    known = {found.key for found in stood(connection, the_hub(), one, entry, resident_id)}
    if act == "add" and key not in known and not is_fresh(key):
        abort(404)
    if act != "add" and key not in known:
        abort(404)


def _act(one: Source, entry: Entry, act: str, who: dict[str, Any] | None) -> list[str]:
    """Do what was asked; return what is wrong with what was filled in."""
    hub, key = the_hub(), request.form["key"]
    if act == "remove":
        remove(hub, one, entry, key)
        flash("Verwijderd. De hub telt dit niet meer mee.")
    else:
        files = {name: file.read() for name, file in request.files.items()}
        try:
            enter(hub, one, entry, read_entry(entry.schema, request.form, files), who, key)
        except RecordError as error:
            return error.problems
        flash("Vastgelegd.")
    reconcile(hub)
    return []


def _forms(
    connection: Connection, one: Source, entries: list[Entry], resident_id: str | None
) -> list[Form]:
    return [_form(connection, one, entry, resident_id) for entry in entries]


def _form(connection: Connection, one: Source, entry: Entry, resident_id: str | None) -> Form:
    found = stood(connection, the_hub(), one, entry, resident_id)
    wanted = request.args.get("wijzig", "")
    changing = next((item for item in found if item.key == wanted), None)
    values = dict(changing.values) if changing else {}
    return Form(
        entry=entry,
        groups=form_fields(entry.schema, entry.schema().dump(values)),
        key=changing.key if changing else fresh_key(),
        stood=[(item, _lines(entry, item)) for item in found],
        changing=changing is not None,
    )


def _lines(entry: Entry, item: Stood) -> list[tuple[str, Any]]:
    """Return what was filled in, by label, as a person reads it."""
    shown = entry.schema().dump(item.values)
    return [
        (field.metadata.get("label", name), shown[name])
        for name, field in entry.schema().fields.items()
        if not isinstance(field, Upload) and shown.get(name) not in (None, "", False)
    ]


def _with_problems(forms: list[Form], entry: Entry, problems: list[str]) -> list[Form]:
    """Return the forms, the one that was sent with what was typed in it and what is wrong."""
    typed = read_entry(entry.schema, request.form, {})
    return [
        replace(
            form,
            groups=form_fields(entry.schema, typed),
            key=request.form["key"],
            changing=request.form.get("doe") == "change",
            problems=tuple(problems),
        )
        if form.entry is entry
        else form
        for form in forms
    ]
