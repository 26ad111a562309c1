"""The flows, as data: on what event which commands go out, on which ground, checked by whom.

A ground is that of the command (hub.security.fields.COMMANDS and grounds.toml), told once there.
A flow is offered on a resident's page and on the findings it answers; a person starts it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.flows import answers, plan
from hub.security.fields import COMMANDS


@dataclass(frozen=True)
class Flow:
    """One flow. `asks` are what the form asks for: reason, until. Texts are Dutch.

    `rules` are the findings that it answers; `four_eyes` is whether a second person approves
    where the municipality did not say.
    """

    id: str
    title: str
    event: str
    sentence: str
    commands: tuple[str, ...]
    plan: Callable[[plan.Work], plan.Plan]
    rules: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    four_eyes: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """Return the sharing cases that the flow rests on."""
        return tuple(sorted({COMMANDS[kind][1] for kind in self.commands}))

    @property
    def groups(self) -> frozenset[str]:
        """Return the field groups that who starts it must be able to change."""
        return frozenset(COMMANDS[kind][0] for kind in self.commands)


_ALL = (
    Flow(
        id="pauze",
        title="Incassopauze bij alle schuldeisers",
        event="Er begint schuldhulp, of er is een andere reden om de incasso stil te zetten",
        sentence=(
            "Vraagt alle schuldeisers van de lokale overheid tegelijk om de incasso stil te "
            "zetten. Een schuldeiser zonder eigen koppeling krijgt een Kennisgeving."
        ),
        commands=("set_hold", "notice"),
        plan=plan.put_on_hold,
        rules=(
            "dwang_tijdens_hulp",
            "pauze_niet_bevestigd",
            "pauze_opdracht_open",
            "pauze_loopt_af",
        ),
        asks=("reason", "until"),
    ),
    Flow(
        id="reden-weg",
        title="Reden voor de incassopauze opheffen",
        event="Een reden om de incasso stil te zetten is voorbij",
        sentence=(
            "Heft één reden op, bij alle schuldeisers. Is er nog een andere reden, dan blijft de "
            "pauze. Was het de laatste, dan hoort de schuldeiser dat de pauze voorbij is."
        ),
        commands=("set_hold", "lift_hold", "status"),
        plan=plan.lift,
        asks=("reason",),
    ),
    Flow(
        id="vish-aanmelden",
        title="Aanmelden bij VISH",
        event="Het gesprek over het plan van aanpak loopt",
        sentence="Meldt de inwoner aan bij VISH, zodat deurwaarders weten dat er hulp is.",
        commands=("register",),
        plan=plan.register,
        rules=("vish_ontbreekt",),
    ),
    Flow(
        id="vish-afmelden",
        title="Afmelden bij VISH",
        event="De hulp is gestopt, of de vermelding klopt niet",
        sentence="Beëindigt de vermelding van de inwoner in VISH.",
        commands=("deregister",),
        plan=plan.deregister,
        rules=("vish_zonder_traject",),
    ),
    Flow(
        id="aanschrijven",
        title="Alle schuldeisers aanschrijven",
        event="Er is een schuldhulptraject en de schulden moeten in beeld komen",
        sentence=(
            "Stuurt elke schuldeiser in het overzicht een Kennisgeving en een Saldoverzoek via "
            "het Schuldenknooppunt."
        ),
        commands=("notice", "balance_request"),
        plan=plan.write_to_all,
        rules=("saldo_convenant_voorbij", "saldo_onbeantwoord"),
    ),
    Flow(
        id="saldo-opgeven",
        title="Saldo opgeven",
        event="Een schuldhulpverlener vraagt de gemeente als schuldeiser om het saldo",
        sentence=(
            "Antwoordt op elk Saldoverzoek aan de gemeente dat nog openstaat, met de open "
            "vorderingen zoals de eigen administratie ze kent."
        ),
        commands=("balance_answer", "inventory_answer"),
        plan=answers.answer_balance,
        rules=("saldo_te_geven",),
    ),
    Flow(
        id="einde-hulp",
        title="Hulp stopt: alles terugdraaien",
        event="De schuldhulp is geëindigd",
        sentence=(
            "Heft de reden schuldhulp van elke incassopauze op, meldt af bij VISH en bericht "
            "elke schuldeiser die was aangeschreven. Een andere reden voor een pauze blijft."
        ),
        commands=("set_hold", "lift_hold", "deregister", "ended", "status"),
        plan=plan.end_help,
        rules=("vish_zonder_traject", "pauze_na_hulp"),
        four_eyes=True,
    ),
)

FLOWS = {one.id: one for one in _ALL}
