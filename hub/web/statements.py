"""Linking a source's statement to a claim of a resident, and taking that back."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.overview.links import PairView
from hub.overview.resident import Overview, resident_overview
from hub.reconcile import reconcile
from hub.reconcile.linking.verdicts import MOST, VERDICTS, say
from hub.security.audit import Deed
from hub.security.fields import CLAIM_GROUPS
from hub.security.permits import Permit
from hub.web.access import only, the_hub
from hub.web.cases import refused
from hub.web.inputs import row_numbers
from hub.web.looks import actor, log_it, permit_for

blueprint = Blueprint("statements", __name__)


@blueprint.route("/inwoners/<resident_id>/opgaven/<int:id_>", methods=["POST"])
@only("caseworker")
def judge(resident_id: str, id_: int) -> Response | tuple[str, int]:
    """Link a statement to the claims that were chosen, unlink it, or take a verdict back.

    Only who sees both sides and may change claims of a register says what belongs together.
    """
    hub, doe = the_hub(), request.form.get("doe", "")
    with hub.engine.begin() as connection:
        allowed = permit_for(connection, resident_id)
        if allowed is None:
            return refused(connection, resident_id)
        view = resident_overview(connection, hub, allowed)
        known = _known(view, id_) if view else None
        if known is None or not allowed.writes & CLAIM_GROUPS:
            abort(403)
        if doe not in VERDICTS:
            raise ConfigError("Kies of u de opgave wilt koppelen, losmaken of terugdraaien.")
        chosen = row_numbers(request.form, "claim", MOST)
        if not set(chosen) <= known:
            raise ConfigError("Kies een vordering van deze inwoner die u op de pagina ziet.")
        say(connection, hub, actor(), id_, doe, chosen, request.form.get("reason", ""))
        log_it(connection, _deed(f"statement_{doe}", allowed, id_))
    reconcile(hub)
    return redirect(url_for("residents.overview", resident_id=resident_id) + "#vorderingen")


def _known(view: Overview, id_: int) -> set[int] | None:
    """Return the claims to which a statement can be tied; None for one that is not shown."""
    claims = [*view.claims, *view.listed]
    pairs: list[PairView] | None = None
    for one in (s for claim in claims for s in claim.statements):
        pairs = one.pairs if one.id == id_ else pairs
    for total in view.totals:
        pairs = total.pairs if total.statement_id == id_ else pairs
    if pairs is None:
        return None
    return {one.id for one in claims} | {pair.claim_id for pair in pairs}


def _deed(action: str, allowed: Permit, id_: int) -> Deed:
    return Deed(
        action,
        "worklist",
        [allowed.resident_id],
        object=f"statement:{id_}",
        groups=sorted(allowed.reads & (CLAIM_GROUPS | {"identity"})),
        ground=allowed.ground,
        case=allowed.case,
    )
