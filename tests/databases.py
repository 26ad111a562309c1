"""Databases of the PostgreSQL that the tests start: copied, and removed."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import make_url


def server(url: str) -> psycopg.Connection[Any]:
    """Return a connection to the server that a database is on, not to the database."""
    parts = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True)


def copy(told: psycopg.Connection[Any], template: str, name: str) -> None:
    """Make a database that holds what another one does."""
    # To copy the files of a small database is far quicker than to write them to the log.
    told.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


def drop(told: psycopg.Connection[Any], name: str) -> None:
    """Remove a database, whoever is connected to it."""
    told.execute(f"DROP DATABASE {name} WITH (FORCE)")
