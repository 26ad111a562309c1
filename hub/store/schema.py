"""Which schema a store has, which ones this hub knows, and what lies between two of them.

A revision is a text of four ascending digits ("0002"); "base" is the empty store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from hub.errors import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Step:
    """One migration: its revision, and what it brought in one English sentence."""

    revision: str
    brings: str


def config() -> Config:
    """Return the configuration with which Alembic finds the migrations."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


@lru_cache(maxsize=1)
def steps() -> tuple[Step, ...]:
    """Return every migration this hub knows, oldest first."""
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    return tuple(Step(one.revision, one.doc) for one in reversed(list(scripts)))


def newest() -> str:
    """Return the newest revision this hub knows."""
    return steps()[-1].revision


def current(connection: Connection) -> str:
    """Return the revision of the store behind `connection`; "base" for an empty one."""
    return MigrationContext.configure(connection).get_current_revision() or "base"


def require_known(revision: str) -> None:
    """Raise ConfigError for a revision that this hub does not know: a newer hub made it."""
    if revision != "base" and revision not in [one.revision for one in steps()]:
        raise ConfigError(
            f"De database is van een nieuwere versie van de hub (schema {revision}) dan deze "
            f"(schema {newest()}). Installeer de nieuwere versie. Of zet de database eerst terug "
            "met hub migrate van die nieuwere versie.",
            f"schema {revision} is unknown, {newest()} is the newest known",
        )


def named(target: str) -> str:
    """Return the revision that a person calls `target` ("head" is the newest).

    Raises ConfigError for a name that no migration has.
    """
    found = newest() if target == "head" else target
    if found != "base" and found not in [one.revision for one in steps()]:
        known = ", ".join(one.revision for one in steps())
        raise ConfigError(f"Er is geen schema {target}. Kies base, {known} of head.")
    return found


def undone(start: str, goal: str) -> list[Step]:
    """Return the migrations that going from `start` down to `goal` undoes, newest first."""
    order = ["base", *(one.revision for one in steps())]
    return list(reversed(steps()[order.index(goal) : order.index(start)]))
