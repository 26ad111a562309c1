"""The claims of a resident, and how each came to its amount."""

from __future__ import annotations

from typing import Any

from hub.api.access import not_there
from hub.api.paging import Paging, cut
from hub.api.reading import Blueprint
from hub.api.residents import RESIDENT, look_at
from hub.api.shapes.claims import ClaimDetail, Claims
from hub.front.access import only, the_hub
from hub.overview.claims import ClaimView

blueprint = Blueprint("claims", __name__, description="Claims, statements and events.")


@blueprint.route("/residents/<resident_id>/claims", parameters=[RESIDENT])
@only("caseworker")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Claims)
def of_resident(asked: dict[str, Any], resident_id: str) -> dict[str, Any]:
    """List the claims of a resident, the largest open amount first."""
    with the_hub().engine.begin() as connection:
        found, _ = look_at(connection, resident_id, "claims")
    return cut([*found.claims, *found.listed], asked)


@blueprint.route("/residents/<resident_id>/claims/<int:claim_id>", parameters=[RESIDENT])
@only("caseworker")
@blueprint.response(200, ClaimDetail)
def one(resident_id: str, claim_id: int) -> ClaimView:
    """Show one claim: what everybody says of it, what happened, and its balance step by step."""
    with the_hub().engine.begin() as connection:
        found, _ = look_at(connection, resident_id, f"claim:{claim_id}")
    mine = [*found.claims, *found.listed]
    return next((one for one in mine if one.id == claim_id), None) or not_there("Deze vordering")
