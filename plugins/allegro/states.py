"""What the letters of a request's status mean, as phases of the hub.

The WSDL only says that Status and Eindstatus are texts. The letters below are how the city of
Amsterdam shows them to residents (Amsterdam/schulddossier and its page for residents); that other
municipalities use the same letters is an assumption. The phase to which each is taken is ours.
"""

from __future__ import annotations

from typing import NamedTuple


class State(NamedTuple):
    """A phase of the hub, and what Amsterdam says of the letter (Dutch)."""

    phase: str
    meaning: str


_BALANCES = State("schuldregeling", "Schuldhoogte wordt opgevraagd")
_PROPOSALS = State("schuldregeling", "Afkoopvoorstellen zijn verstuurd")
_REJECTED = State("uitstroom", "Aanvraag afgewezen")

#: By the letter of Status, while a request runs.
RUNNING = {
    "A": State("intake", "Inventariseren ingediende aanvraag"),
    **dict.fromkeys("BCD", _BALANCES),
    **dict.fromkeys("EFG", _PROPOSALS),
}

#: By the letter of Eindstatus; it goes before Status.
ENDED = {
    "I": State("schuldregeling", "Schuldeisers akkoord"),
    **dict.fromkeys("TUVWXYZ", _REJECTED),
}

#: A value of ExtraStatus: a judge is asked to force creditors (dwangakkoord).
FORCING = {"Voorlopig afgewezen": State("schuldregeling", "Dwangprocedure loopt")}

#: Where no letter tells: there is a request, and that is all that is known.
UNKNOWN = State("aanmelding", "")


def state_of(status: str, extra: str, ended: str) -> State:
    """Return what is known of a request with these texts; an end goes before all else."""
    return ENDED.get(ended) or FORCING.get(extra) or RUNNING.get(status) or UNKNOWN
