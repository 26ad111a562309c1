"""Which household plays which part. A part fixes what must be found: nothing is derived later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from schemas import PHASES

DURING_HELP = "dwang_tijdens_hulp"
NO_VISH = "vish_ontbreekt"
STRAY_VISH = "vish_zonder_traject"
NO_PAUSE = "pauze_niet_bevestigd"
NO_BALANCE = "saldo_onbeantwoord"
OTHER_AMOUNT = "bedrag_verschilt"
NOT_LISTED = "vordering_ontbreekt_in_dossier"

#: Every rule that findings are planted for.
RULES = (DURING_HELP, NO_VISH, STRAY_VISH, NO_PAUSE, NO_BALANCE, OTHER_AMOUNT, NOT_LISTED)

_EVERYTHING = frozenset(RULES) - {STRAY_VISH}


@dataclass(frozen=True, slots=True)
class Script:
    """One debt-help case: how far it got, for how many clients, and what is wrong with it.

    `since` fixes how many days ago the last phase was reached. `edge` builds in everything that
    is only just right.
    """

    phase: str
    clients: int = 1
    faults: frozenset[str] = frozenset()
    since: int | None = None
    edge: bool = False

    @property
    def ended(self) -> bool:
        """Tell whether the case is over."""
        return self.phase == "uitstroom"

    @property
    def stabilised(self) -> bool:
        """Tell whether the case runs, and creditors have been written to."""
        return self.phase in ("stabilisatie", "schuldregeling")


SCRIPTS = (
    Script("stabilisatie"),
    Script("stabilisatie", faults=frozenset({DURING_HELP})),
    Script("schuldregeling", clients=2),
    Script("plan_van_aanpak", clients=2, faults=frozenset({NO_VISH})),
    Script("aanmelding"),
    Script("stabilisatie", faults=frozenset({NO_PAUSE, NO_BALANCE})),
    Script("plan_van_aanpak", since=1),
    Script("schuldregeling", faults=frozenset({OTHER_AMOUNT})),
    Script("stabilisatie", clients=2, edge=True),
    Script("schuldregeling", faults=frozenset({NOT_LISTED})),
    Script("uitstroom"),
    Script("intake"),
    Script("stabilisatie", clients=2, faults=_EVERYTHING),
    Script("plan_van_aanpak"),
    Script("uitstroom", faults=frozenset({STRAY_VISH})),
    Script("schuldregeling"),
)

# One household in 25 has a case: some 2,5% of the adults. Smaller parts are played by one
# household in 190, at places that a case never takes (7 modulo 5 is 2, these are 0).
_CASE_EVERY, _CASE_AT = 25, 7
_PART_EVERY = 190
_PARTS = {20: "stray_vish", 60: "dwang_in_hold", 110: "dwang_before_hold"}


def script_of(household: int, seed: int) -> Script | None:
    """Return the case of a household, if it has one; the seed turns the scripts round."""
    turn, place = divmod(household, _CASE_EVERY)
    return SCRIPTS[(turn + seed) % len(SCRIPTS)] if place == _CASE_AT else None


def part_of(household: int) -> str | None:
    """Return the small part that a household without a case plays, if any."""
    return _PARTS.get(household % _PART_EVERY)


@dataclass(frozen=True, slots=True)
class Dates:
    """The days on which a case reached its phases, None where it has not."""

    registered_on: date
    intake_on: date | None = None
    plan_on: date | None = None
    stabilised_on: date | None = None
    arrangement_on: date | None = None
    ended_on: date | None = None


# Days since the last phase was reached. Creditors are written to when the case is stabilised,
# and have at least a month behind them: longer than any term to answer.
_SINCE = {
    "aanmelding": (1, 20),
    "intake": (3, 25),
    "plan_van_aanpak": (2, 45),
    "stabilisatie": (30, 110),
    "schuldregeling": (10, 60),
    "uitstroom": (20, 120),
}

# Days from one phase to the next. Together with the days above a case is at most 420 days old.
_STEPS = {
    "aanmelding": (0, 0),
    "intake": (7, 28),
    "plan_van_aanpak": (14, 50),
    "stabilisatie": (20, 50),
    "schuldregeling": (60, 110),
    "uitstroom": (30, 60),
}


def dates_of(script: Script, rng: Random, today: date) -> Dates:
    """Draw the dates of a case, back from today. No case here passes through nazorg."""
    phases = [phase for phase in PHASES if phase in _STEPS]
    since = rng.randint(*_SINCE[script.phase]) if script.since is None else script.since
    day, days = today - timedelta(days=since), list[date]()
    for phase in reversed(phases[: phases.index(script.phase) + 1]):
        days.insert(0, day)
        day -= timedelta(days=rng.randint(*_STEPS[phase]))
    return Dates(*days)
