"""What every command shares: the screen, and errors told as sentences."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from rich.console import Console

from hub.errors import HubError

log = logging.getLogger("hub.cli")

console = Console(highlight=False)


def who() -> str:
    """Return how the logs name the person at this terminal."""
    return f"cli:{getpass.getuser()}"


def told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Show a hub error as the sentence it carries, without a traceback."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except HubError as error:
            raise click.ClickException(f"{error.title}: {error.user}") from error
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except Exception as error:
            # A traceback on the screen may show a person's data; the log masks it.
            log.exception("the command broke")
            raise click.ClickException("De hub maakte een onverwachte fout. Zie de log.") from error

    return wrapper
