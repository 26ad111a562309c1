"""The connector of a credit bank: sends commands to the fund, and collects what it decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import fields

from hub.connector import CheckStep, ConfigSchema, OrderForm, setting
from plugins.schuldenknooppunt.connector import Participant, Settings
from plugins.schuldenknooppunt.kinds import fields_of
from plugins.waarborgfonds.forms import FORMS
from plugins.waarborgfonds.kinds import COMMANDS, KNOWN, kind_of


class FundSettings(Settings):
    """Where the exchange is, who we are there as a credit bank, and who the fund is."""

    fund_id = setting(
        fields.UUID,
        "Nummer van het fonds",
        "Het nummer (UUID) waaronder het Schuldenknooppunt het Waarborgfonds kent.",
        group="Organisatie",
    )


class GuaranteeConnector(Participant):
    """A credit bank at the Schuldenknooppunt, towards the guarantee fund.

    The key of an order is the idempotency key of the command (command_id) and, when it begins a
    conversation, its correlation; what the fund decides comes back in that conversation.
    """

    name: ClassVar[str] = "waarborgfonds"
    title: ClassVar[str] = "Waarborgfonds saneringskredieten"
    config: ClassVar[type[ConfigSchema]] = FundSettings
    fields = {"messages": fields_of(KNOWN.values())}
    sends = COMMANDS
    commands: ClassVar[tuple[str, ...]] = tuple(COMMANDS)
    order_forms: ClassVar[tuple[OrderForm, ...]] = FORMS
    kind_of = staticmethod(kind_of)

    def check(self) -> Iterator[CheckStep]:
        """Look whether we may collect; that the fund answers shows at the first command."""
        if self.settings["fund_id"] == self.settings["organisation_id"]:
            told = "Ons nummer en het nummer van het fonds zijn gelijk. Vul bij elk het eigen in."
            yield CheckStep("Nummers", False, told)
            return
        yield from super().check()

    def _receiver(self, data: Mapping[str, Any]) -> str:
        return str(self.settings["fund_id"])
