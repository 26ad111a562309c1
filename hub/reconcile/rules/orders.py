"""Commands that a register refused, or that could not be brought to it: work for a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, func, select

from hub.reconcile.engine import Rule, Scope
from hub.store import command, source


def _ended_as(scope: Scope, state: str) -> Select[Any]:
    newer = command.alias("newer")
    tried_again = exists().where(
        newer.c.source_id == command.c.source_id,
        newer.c.resident_id == command.c.resident_id,
        newer.c.kind == command.c.kind,
        newer.c.number > command.c.number,
        newer.c.state != "cancelled",
    )
    return (
        select(
            command.c.resident_id,
            command.c.id.label("command"),
            command.c.kind,
            command.c.message.label("reason"),
            func.coalesce(command.c.ended_at, command.c.next_at).label("since"),
            source.c.title.label("register"),
        )
        .join(source, source.c.id == command.c.source_id)
        .where(
            scope.only(command.c.resident_id),
            source.c.municipality == scope.municipality,
            command.c.state == state,
            command.c.handled_at.is_(None),
            ~tried_again,
        )
    )


RULES = [
    Rule(
        id="opdracht_geweigerd",
        title="Opdracht geweigerd",
        sentence="{register} weigerde een opdracht. De reden: {reason}",
        advice="Los de reden op en geef de opdracht opnieuw, of zet haar op afgehandeld.",
        source="Ontwerpregel van de hub: wat een register weigert, is werk voor een mens",
        severity=2,
        owner="caseworker",
        groups=frozenset({"hold", "help_file"}),
        query=lambda scope: _ended_as(scope, "refused"),
        key=lambda facts: str(facts["command"]),
    ),
    Rule(
        id="opdracht_niet_bezorgd",
        title="Opdracht niet bezorgd",
        sentence="Een opdracht aan {register} kwam na vele pogingen niet aan. De reden: {reason}",
        advice=(
            "Vraag het register of het de opdracht toch kreeg. Probeer het daarna opnieuw, of zet "
            "haar op afgehandeld."
        ),
        source="Ontwerpregel van de hub: een opdracht verdwijnt nooit stil",
        severity=3,
        owner="caseworker",
        groups=frozenset({"hold", "help_file"}),
        query=lambda scope: _ended_as(scope, "exhausted"),
        key=lambda facts: str(facts["command"]),
    ),
]
