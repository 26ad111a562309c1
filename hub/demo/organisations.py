"""The organisations around the synthetic municipality: names and numbers are made up."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

from hub.testing.world import Organisation

TAX_OFFICE = "voorbeeldstad-belastingen"
WATER_BOARD = "waterschap-denkbeeldige-delta"
PARTNERSHIP = "belastingen-fictiefland"
CREDIT_BANK = "kredietbank-schijnland"

_SIGNED_ON = date(2024, 5, 30)
_VALID_FROM = date(2024, 7, 1)

#: How long ago the covenant of the partnership ended: longer than any notice in a running case.
_ENDED_DAYS_AGO = 200


def organisations(today: date) -> tuple[Organisation, ...]:
    """Return all organisations, the municipal tax office first."""
    ended = today - timedelta(days=_ENDED_DAYS_AGO)
    return (
        _organisation(TAX_OFFICE, "Gemeente Voorbeeldstad, belastingen", "gemeente", 1),
        _organisation(WATER_BOARD, "Waterschap Denkbeeldige Delta", "waterschap", 2),
        _organisation(PARTNERSHIP, "Belastingen Fictiefland", "belastingsamenwerking", 3, ended),
        _organisation(CREDIT_BANK, "Kredietbank Schijnland", "kredietbank", 4),
    )


def _organisation(
    code: str, name: str, kind: str, order: int, valid_until: date | None = None
) -> Organisation:
    return Organisation(
        code=code,
        name=name,
        kind=kind,
        kvk=f"9999000{order}",
        skp_id=str(uuid5(NAMESPACE_URL, f"https://voorbeeld.example/{code}")),
        signed_on=_SIGNED_ON,
        valid_from=_VALID_FROM,
        valid_until=valid_until,
    )
