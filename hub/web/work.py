"""The worklist of findings."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from hub.overview.findings import FindingView, counts, rules_of, worklist
from hub.security.audit import Deed
from hub.security.roles import ROLES
from hub.web.access import me, only, the_hub
from hub.web.inputs import page_number
from hub.web.looks import log_it

blueprint = Blueprint("work", __name__)

SIZE = 50


@blueprint.route("/werklijst")
@only("caseworker", "administrator")
def findings() -> str:
    """Show one page of the findings that this role works on, of one rule or of all."""
    hub, role = the_hub(), me().role
    chosen = request.args.get("regel") or None
    page = page_number(request.args)
    with hub.engine.begin() as connection:
        rules = rules_of(connection, hub, role)
        if chosen and chosen not in {rule.id for rule in rules}:
            abort(404)
        found = worklist(connection, hub, role, rule=chosen, page=page, size=SIZE)
        numbers = counts(connection, hub, role)
        log_it(connection, _deed(found, role))
    total = sum(numbers.get(rule.id, 0) for rule in rules if chosen in (None, rule.id))
    return render_template(
        "worklist.html",
        found=found,
        rules=rules,
        counts=numbers,
        chosen=chosen,
        page=page,
        pages=max(1, -(-total // SIZE)),
        total=total,
    )


def _deed(found: list[FindingView], role: str) -> Deed:
    """Return what the log keeps: everybody on the page was seen, by name and by finding."""
    seen = list(dict.fromkeys(one.resident_id for one in found if one.resident_id))
    if not seen:
        return Deed("worklist")
    shown = {group for one in found for group in one.groups} | {"identity"}
    ground = ROLES[role].ground
    return Deed("worklist", "worklist", seen, groups=sorted(shown), ground=ground)
