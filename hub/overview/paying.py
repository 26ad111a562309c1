"""How a resident can pay a claim: account, amount and reference, and the same as a QR code.

The code is that of EPC069-12. Its structured field is for ISO 11649 references only, so that a
betalingskenmerk goes into the text. Not every Dutch bank's app reads the code: whoever shows it
prints the rest beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import segno.helpers
from sqlalchemy import Connection, select

from hub.core import Hub
from hub.store import bank_payment, source, standing

#: The limits of EPC069-12: an amount in cents, a name in characters.
LEAST, MOST, LONGEST = 1, 99_999_999_999, 70


@dataclass(frozen=True)
class Pay:
    """How to pay: to whom, on which account (IBAN), cents, with which betalingskenmerk."""

    name: str
    iban: str
    amount: int
    reference: str

    @property
    def code(self) -> str:
        """Return the QR code as an address of the kind `data:` (SVG), for an image."""
        made = segno.helpers.make_epc_qr(
            name=self.name[:LONGEST],
            iban=self.iban,
            amount=Decimal(self.amount) / 100,
            text=self.reference,
        )
        return str(made.svg_data_uri(scale=3, border=4))


def accounts(connection: Connection, hub: Hub, owners: Iterable[str]) -> dict[str, str]:
    """Return the account of each of these organisations on which the bank last saw money."""
    sources = select(source.c.id, source.c.owner).where(
        source.c.municipality == hub.municipality, source.c.owner.in_(set(owners))
    )
    found: dict[str, str] = {}
    for id_, owner in connection.execute(sources):
        last = (
            select(bank_payment.c.account)
            .where(bank_payment.c.source_id == id_, standing(bank_payment))
            .order_by(bank_payment.c.id.desc())
            .limit(1)
        )
        account = connection.execute(last).scalar()
        if account:
            found[owner] = account
    return found
