"""What a municipality made of the flows: which are used, and which a second person approves.

Without a choice of its own a flow is on, unless a ground that it rests on is not in force (domain
rules, 2.4): then it is off, whatever was chosen, until there is a ground again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from hub.core import Hub
from hub.errors import ConfigError
from hub.flows.declared import FLOWS, Flow
from hub.security.audit import Actor, Deed, log_deed
from hub.security.grounds import Ground, cases, in_force
from hub.store import flow_setting


@dataclass(frozen=True)
class Switch:
    """How a flow stands here: what was chosen, and the sharing cases that lack a ground."""

    flow: Flow
    chosen: bool
    four_eyes: bool
    grounds: dict[str, Ground]
    lacks: tuple[str, ...]

    @property
    def on(self) -> bool:
        """Tell whether the flow can be started."""
        return self.chosen and not self.lacks

    @property
    def lacking(self) -> str:
        """Return for what there is no ground, in words."""
        return "; ".join(f"{one}. {cases()[one].title}" for one in self.lacks)


def switches(connection: Connection, hub: Hub) -> dict[str, Switch]:
    """Return how every flow stands in this municipality."""
    query = select(flow_setting).where(flow_setting.c.municipality == hub.municipality)
    told = {row.flow: row for row in connection.execute(query)}
    grounds = in_force(connection, hub)
    return {
        id_: Switch(
            flow,
            told[id_].enabled if id_ in told else True,
            told[id_].four_eyes if id_ in told else flow.four_eyes,
            {one: grounds[one] for one in flow.letters if one in grounds},
            tuple(one for one in flow.letters if one not in grounds),
        )
        for id_, flow in FLOWS.items()
    }


def require_on(connection: Connection, hub: Hub, flow: Flow) -> Switch:
    """Return how a flow stands. Raises ConfigError when it cannot be started."""
    found = switches(connection, hub)[flow.id]
    if found.lacks:
        raise ConfigError(
            f"'{flow.title}' kan nu niet: er geldt geen grondslag voor {found.lacking}. De hub "
            "verstuurt niets. Vraag de privacy officer of er een grondslag is.",
            f"flow {flow.id} lacks a ground",
        )
    if not found.chosen:
        raise ConfigError(f"De beheerder heeft '{flow.title}' uitgezet. Er is niets verstuurd.")
    return found


def set_flow(
    connection: Connection, hub: Hub, actor: Actor, flow: Flow, *, enabled: bool, four_eyes: bool
) -> None:
    """Keep whether a flow is used and approved by a second person.

    Raises ConfigError when it would be switched on without a ground.
    """
    lacks = switches(connection, hub)[flow.id].lacking
    if enabled and lacks:
        raise ConfigError(
            f"'{flow.title}' kan niet aan: er geldt geen grondslag voor {lacks}. Laat de privacy "
            "officer eerst een grondslag vastleggen."
        )
    place = {"municipality": hub.municipality, "flow": flow.id}
    connection.execute(delete(flow_setting).filter_by(**place))
    values = {"enabled": enabled, "four_eyes": four_eyes}
    made = {"changed_by": actor.name, "changed_at": hub.clock.now()}
    connection.execute(insert(flow_setting).values(**place, **values, **made))
    told = f"{'on' if enabled else 'off'}{', four eyes' if four_eyes else ''}"
    log_deed(connection, hub, actor, Deed("flow_set", object=f"flow:{flow.id}", reason=told))
