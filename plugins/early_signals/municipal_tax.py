"""Signals about municipal tax: only with a ground that stands, and only after four efforts.

The rule that allowed them (Tijdelijke regeling signaal betalingsachterstanden, art. 2.1) was
repealed in May 2025 (Stcrt. 2025, 17636) and the secrecy of tax data (Invorderingswet 1990, art.
67) bars the rest. So they are off, until somebody records on which ground they are on, from when
and until when. The efforts are those that the Besluit gemeentelijke schuldhulpverlening asks of a
landlord (art. 2): contact, pointing to help, a reminder, and an offer that was not refused.

DDAS has no partner for municipal tax, so it comes as "Overige", and no field for the efforts: the
group `inspanningen` beside its fields is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.fields import Day, Flag, RecordSchema

#: The efforts, and how each is called in a sentence.
EFFORTS = {
    "persoonlijkContact": "op welke dag persoonlijk contact is gezocht",
    "gewezenOpSchuldhulp": "op welke dag op schuldhulp is gewezen",
    "herinnering": "op welke dag een schriftelijke herinnering is verstuurd",
    "aanbodContactgegevens": (
        "op welke dag in een herinnering is aangeboden om contactgegevens door te geven"
    ),
}

_WHERE = "vroegsignaal.signaalpartner.type"


class Effort(RecordSchema):
    """What the tax office did before it sent a signal; `geweigerd`: the resident said no."""

    persoonlijkContact = Day(load_default=None, allow_none=True)
    gewezenOpSchuldhulp = Day(load_default=None, allow_none=True)
    herinnering = Day(load_default=None, allow_none=True)
    aanbodContactgegevens = Day(load_default=None, allow_none=True)
    geweigerd = Flag(load_default=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets signals about municipal tax through, or not; `ground` is empty when they are off.

    `other_is_tax` says that "Overige" means municipal tax at this source.
    """

    ground: str = ""
    since: date | None = None
    until: date | None = None
    other_is_tax: bool = True

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Gate:
        """Return the gate that an administrator set."""
        return cls(
            settings["tax_ground"],
            settings["tax_since"],
            settings["tax_until"],
            settings["other_partners"] == "belasting",
        )

    def about_tax(self, partner: str) -> bool:
        """Tell whether a partner is the municipal tax office."""
        if partner == "Overige":
            return self.other_is_tax
        return "belasting" in partner.lower() and partner != "Belastingdienst"

    def problems(self, signal: Mapping[str, Any]) -> list[str]:
        """Return why a signal (as the schema of v1.2 loads it) may not come in; often nothing."""
        if not self.about_tax(signal["signaalpartner"]["type"]):
            return []
        if not (self.ground and self.since and self.until):
            # What the tax office did before makes no difference then.
            return [_without_ground(signal["signaalpartner"]["type"])]
        return _of_day(signal["signaaldatum"], self.since, self.until) + _of_effort(signal)


def _of_day(on: date | None, since: date, until: date) -> list[str]:
    if on is None:
        return [
            f"{_WHERE} is gemeentebelasting: zonder signaaldatum is niet te zien of de "
            "grondslag toen gold"
        ]
    if not since <= on <= until:
        return [
            f"{_WHERE} is gemeentebelasting: de grondslag geldt van {since} tot en met "
            f"{until}, en het signaal is van {on}"
        ]
    return []


def _without_ground(partner: str) -> str:
    if partner != "Overige":
        return (
            f"{_WHERE} is gemeentebelasting: dat mag alleen op een vastgelegde grondslag, en die "
            "staat niet in de instellingen"
        )
    return (
        f"{_WHERE} is Overige, en dat is bij deze bron gemeentebelasting: dat mag alleen op een "
        "vastgelegde grondslag, en die staat niet in de instellingen. Levert de bron onder Overige "
        "geen gemeentebelasting, kies dan anders bij Wat Overige betekent"
    )


def _of_effort(signal: Mapping[str, Any]) -> list[str]:
    effort, sent = signal["inspanningen"] or {}, signal["signaaldatum"]
    found = []
    for name, words in EFFORTS.items():
        day = effort.get(name)
        if day is None:
            found.append(f"vroegsignaal.inspanningen.{name} ontbreekt; vermeld {words}")
        elif sent and day > sent:
            found.append(f"vroegsignaal.inspanningen.{name} is {day}, na het signaal van {sent}")
    if effort.get("geweigerd"):
        found.append(
            "vroegsignaal.inspanningen.geweigerd is waar: de inwoner wil niet dat gegevens worden "
            "doorgegeven"
        )
    return found
