"""A small chain with one resident of each kind, and the permits of every role."""

from __future__ import annotations

from typing import Any

import pytest
from book import resident_of
from chain import Chain, case, entry, tax_claim
from residents import CLIENT, Look

from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.permits import Permit, permit


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    return Chain(make_hub, one_of_each)


def one_of_each(made: Chain) -> None:
    events = (("aanmaning", made.hub.clock.today(), 900),)
    made.tell(
        "tax",
        tax_claim("A1", 50000, principal=49100, costs=900, interest=0, paid=0, events=events),
        tax_claim("B1", 700, who=1),
    )
    made.tell("file", case(0, ("A1", 498, -1), ("Z9", 70, -1)))
    made.tell("vish", entry(0), entry(2))
    reconcile(made.hub)


@pytest.fixture
def hub(chain: Chain) -> Hub:
    return chain.hub


@pytest.fixture
def look(hub: Hub) -> Look:
    """A maker of the permit that a role has for a resident now."""

    def make(role: str, bsn: str = CLIENT, account: str = "iemand") -> Permit | None:
        with hub.reader.connect() as connection:
            about = resident_of(connection, hub, bsn)
            assert about is not None
            return permit(connection, hub, account, role, about)

    return make
