"""One connector per register over the same engine: who may see a row follows from the class."""

from __future__ import annotations

from hub.mapping import MappedConnector


class MappedClaims(MappedConnector):
    """Claims of another department: burial rights, market fees, a housing service."""

    name = "mapped_claims"
    title = "Vorderingen uit bestanden (andere afdelingen)"
    role = "creditor"


class MappedBenefit(MappedConnector):
    """Benefits to be paid back (terugvordering Participatiewet), seen by who may see those."""

    name = "mapped_benefit"
    title = "Terugvordering bijstand uit bestanden"
    role = "creditor"
    register = "benefit"


class MappedSignals(MappedConnector):
    """Early signals out of a system for them (Wgs 3, first paragraph under b)."""

    name = "mapped_signals"
    title = "Vroegsignalen uit bestanden"
    role = "exchange"
    register = "signal"


class MappedHelp(MappedConnector):
    """Debt-help cases out of a system that has no interface of its own."""

    name = "mapped_help"
    title = "Schuldhulptrajecten uit bestanden"
    role = "debt_help"
