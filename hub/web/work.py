"""The worklist of findings."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from hub.overview.findings import counts, worklist
from hub.security.roles import family
from hub.web.access import me, only, the_hub
from hub.web.inputs import number

blueprint = Blueprint("work", __name__)

SIZE = 50

#: Nobody turns so many pages; beyond it the store could not count.
MOST_PAGES = 100_000


@blueprint.route("/werklijst")
@only("caseworker", "administrator")
def findings() -> str:
    """Show one page of the findings that this role works on, of one rule or of all."""
    hub, role = the_hub(), family(me().role)
    rules = [rule for rule in hub.plugins.rules() if rule.owner == role]
    chosen = request.args.get("regel") or None
    if chosen and chosen not in {rule.id for rule in rules}:
        abort(404)
    page = number(request.args, "pagina", 1, least=1, most=MOST_PAGES)
    with hub.reader.connect() as connection:
        found = worklist(connection, hub, owner=role, rule=chosen, page=page, size=SIZE)
        numbers = counts(connection, hub)
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
