"""`hub init`, `hub serve` and `hub worker`: for every municipality of the installation."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hub.cli.common import console, told
from hub.core import Hub, open_hub
from hub.errors import ConfigError

Nudge = Callable[[], None]


@click.command()
@click.option("--code", help="Among several municipalities: the CBS code of a new one.")
@click.option("--name", default="Gemeente", help="Its name, as pages show it.")
@click.option("--hostname", default="", help="The host name of its pages.")
@click.pass_obj
@told
def init(instance: Path, code: str | None, name: str, hostname: str) -> None:
    """Make the instance: keys, store, newest schema; with --code one municipality of several."""
    from hub.installation import add_municipality

    hub = add_municipality(instance, code, name, hostname) if code else open_hub(instance)
    where = hub.settings.instance
    console.print(f"Klaar: {where}/ met sleutels en database ({hub.engine.dialect.name}).")


@click.command()
@click.pass_obj
@told
def serve(instance: Path) -> None:
    """Serve the pages, with clock and worker in the same process."""
    from hub.installation import open_installation

    serve_all(open_installation(instance))


@click.command()
@click.pass_obj
@told
def worker(instance: Path) -> None:
    """Run clock and worker without pages; start as many as needed on PostgreSQL."""
    from hub.installation import open_installation

    with working(open_installation(instance)):
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("De hub stopt.")


def require_free(host: str, port: int, where: str) -> None:
    """Look whether pages can be served there, before the work that goes before it.

    Raises ConfigError, which names `where` another port is chosen.
    """
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "daar luistert al iets" if taken else "dat kan of mag deze machine niet"
        raise ConfigError(
            f"De hub kan zijn pagina's niet tonen op {host}:{port}: {why}. "
            f"Kies een andere poort met {where}.",
            f"cannot bind {host}:{port}: {type(error).__name__}",
        ) from error


def serve_all(hubs: list[Hub]) -> None:
    """Serve the pages of these municipalities, and work for them, until somebody stops it."""
    import waitress

    from hub.installation import by_host
    from hub.site import create_site
    from hub.web.server import OPTIONS

    settings = hubs[0].settings
    require_free(settings.host, settings.port, "de instelling port in hub.toml (of HUB_PORT)")
    with working(hubs) as nudges:
        app = by_host(hubs, lambda hub: create_site(hub, nudges[hub.municipality]))
        address = f"http://{settings.host}:{settings.port}"
        console.print(f"De hub draait op {address} (stop met Ctrl-C)")
        waitress.serve(
            app, host=settings.host, port=settings.port, threads=8, _quiet=True, **OPTIONS
        )


@contextmanager
def working(hubs: list[Hub]) -> Iterator[dict[str, Nudge]]:
    """Run a clock and a worker for each municipality; yield what wakes each worker."""
    from hub.schedule import start_clock
    from hub.schedule.worker import Worker, sweep

    workers, clocks = {}, []
    try:
        for hub in hubs:
            sweep(hub)
            made = workers[hub.municipality] = Worker(hub)
            name = f"worker-{hub.municipality}"
            threading.Thread(target=made.run_forever, name=name, daemon=True).start()
            clocks.append(start_clock(hub))
        yield {code: one.nudge for code, one in workers.items()}
    finally:
        for one in workers.values():
            one.stop()
        for clock in clocks:
            clock.shutdown(wait=False)
