"""One connector per register over the same engine: who may see a row follows from the class."""

from __future__ import annotations

from typing import ClassVar

from hub.connector import ConfigSchema
from hub.mapping import MappedConfig, MappedConnector
from hub.mapping.source import mapping_setting
from plugins.mapped_files.examples import MAPPINGS


class _ClaimsConfig(MappedConfig):
    mapping = mapping_setting(MAPPINGS["mapped_claims"])


class _BenefitConfig(MappedConfig):
    mapping = mapping_setting(MAPPINGS["mapped_benefit"])


class _SignalsConfig(MappedConfig):
    mapping = mapping_setting(MAPPINGS["mapped_signals"])


class _HelpConfig(MappedConfig):
    mapping = mapping_setting(MAPPINGS["mapped_help"])


class MappedClaims(MappedConnector):
    """Claims of another department: burial rights, market fees, a housing service."""

    name = "mapped_claims"
    title = "Vorderingen uit bestanden (andere afdelingen)"
    role = "creditor"
    config: ClassVar[type[ConfigSchema]] = _ClaimsConfig


class MappedBenefit(MappedConnector):
    """Benefits to be paid back (terugvordering Participatiewet), seen by who may see those."""

    name = "mapped_benefit"
    title = "Terugvordering bijstand uit bestanden"
    role = "creditor"
    config: ClassVar[type[ConfigSchema]] = _BenefitConfig
    register = "benefit"


class MappedSignals(MappedConnector):
    """Early signals out of a system for them (Wgs 3, first paragraph under b)."""

    name = "mapped_signals"
    title = "Vroegsignalen uit bestanden"
    role = "exchange"
    config: ClassVar[type[ConfigSchema]] = _SignalsConfig
    register = "signal"


class MappedHelp(MappedConnector):
    """Debt-help cases out of a system that has no interface of its own."""

    name = "mapped_help"
    title = "Schuldhulptrajecten uit bestanden"
    role = "debt_help"
    config: ClassVar[type[ConfigSchema]] = _HelpConfig
