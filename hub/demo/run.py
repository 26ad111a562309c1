"""The demo: a synthetic municipality, a simulator for every register, and the hub between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from hub.clock import Clock, FrozenClock
from hub.core import Hub, open_hub
from hub.demo.municipality import SyntheticMunicipality
from hub.demo.truth import write_truth
from hub.reconcile import reconcile
from hub.store import command, own, resident
from hub.sync.inbound import Outcome, sync_source
from hub.sync.orders import write_to_creditor
from hub.sync.outbound import Order, create_command, deliver_due
from hub.sync.sources import Source, all_sources, find_source, save_source
from hub.testing.simulator import PastOrder, Simulator
from hub.testing.world import Person, Sent

#: Covenants come first, as they tell which name belongs to which creditor; the rest follows in
#: the order in which it makes the least work. Any order ends in the same overview.
ORDER = ("covenant", "creditor", "debt_help", "register", "channel", "exchange")


@dataclass
class Demo:
    """A running demo: the hub, the municipality, and the simulators by name."""

    hub: Hub
    municipality: SyntheticMunicipality
    simulators: dict[str, Simulator]
    truth: Path

    def somebody(self) -> Person:
        """Return a resident in whom every role finds something: taxes to pay, and help."""
        own = self.municipality.organisations[0].code
        found = (
            one.person
            for one in self.municipality.dossiers()
            if one.case
            and not one.case.ended_on
            and any(claim.creditor == own and claim.open for claim in one.claims)
        )
        first = next(self.municipality.dossiers()).person
        return next(found, first)

    def stop(self) -> None:
        """Stop every simulator."""
        for simulator in self.simulators.values():
            simulator.stop()


def demo_settings(**more: Any) -> dict[str, Any]:
    """Return the settings with which a hub runs the demo."""
    fixed = {
        "demo": True,
        "municipality": "9999",
        "municipality_name": "Gemeente Voorbeeldstad",
        "secure_cookies": False,
    }
    return fixed | more


@contextmanager
def start_demo(
    instance: Path,
    *,
    seed: int = 1,
    size: int = 2000,
    clock: Clock | None = None,
    hub: Hub | None = None,
    silent: Iterable[str] = (),
    whole_chain: bool = False,
    municipality: SyntheticMunicipality | None = None,
) -> Iterator[Demo]:
    """Start the simulators and configure the hub's sources; stop the simulators at the end.

    Without `whole_chain` the registers that are marked as extra stay out. Another `municipality`
    than that of the seed and size may be given; its day must be that of the clock.

    The simulators named in `silent` are configured and then stopped, as registers that are down.
    """
    clock = clock or Clock()
    hub = hub or open_hub(instance, overrides=demo_settings(), clock=clock)
    municipality = municipality or SyntheticMunicipality(seed, size, clock.today())
    folder = instance / "demo"
    simulators: dict[str, Simulator] = {}
    for kind in hub.plugins.simulators():
        if kind.extra and not whole_chain:
            continue
        own = folder / kind.name
        own.mkdir(parents=True, exist_ok=True)
        simulators[kind.name] = kind(municipality, own, clock)
    truth = folder / "truth.jsonl"
    write_truth(municipality, truth)
    demo = Demo(hub, municipality, simulators, truth)
    try:
        for name, simulator in simulators.items():
            simulator.start()
            for spec in simulator.sources():
                save_source(hub, {name: getattr(spec, name) for name in _SPEC})
            if name in silent:
                simulator.stop()
        yield demo
    finally:
        demo.stop()


_SPEC = ("name", "title", "connector", "owner", "config", "interval_minutes", "max_age_hours")


def fill(demo: Demo) -> Iterator[tuple[str, Outcome]]:
    """Read every source, write the past messages, reconcile; yield each run as it ends.

    Registers that answer per person come after those that tell who there is.
    """
    hub = demo.hub
    sources = sorted(all_sources(hub), key=lambda one: ORDER.index(one.role))
    asked = [one for one in sources if one.connector.asks]
    exchange = [one for one in sources if one.role == "exchange" and one not in asked]
    yield from _read(hub, [one for one in sources if one not in (*asked, *exchange)])
    reconcile(hub)
    write_history(demo)
    yield from _read(hub, [*exchange, *asked])
    reconcile(hub, full=True)


def _read(hub: Hub, sources: list[Source]) -> Iterator[tuple[str, Outcome]]:
    for source in sources:
        for outcome in sync_source(hub, source):
            yield source.name, outcome


def write_history(demo: Demo) -> None:
    """Send the messages that the municipality sent in the past, each on its own day.

    They go the same way as any other: outbox, connector, register. A hub that has sent them
    before does not send them again.
    """
    with demo.hub.reader.connect() as connection:
        before = select(command.c.id).where(own(command, demo.hub.municipality)).limit(1)
        if connection.execute(before).first():
            return
    by_day: dict[date, list[_Past]] = {}
    for one in _past(demo):
        by_day.setdefault(one.on, []).append(one)
    for day in sorted(by_day):
        _send(replace(demo.hub, clock=FrozenClock(day)), by_day[day])


#: On which ground the demo wrote in the past.
_GROUND = "Schuldhulpverlening (Wgs artikel 3 en 8a)"

Give = Callable[[Connection, Hub, str], object]


@dataclass(frozen=True)
class _Past:
    """Something that was sent about a resident: `give` puts it in the outbox."""

    bsn: str
    on: date
    give: Give


def _past(demo: Demo) -> Iterator[_Past]:
    for dossier in demo.municipality.dossiers():
        for sent in dossier.sent:
            yield _Past(dossier.person.bsn, sent.sent_on, _letter(sent))
    for simulator in demo.simulators.values():
        for order in simulator.past_orders():
            source = find_source(demo.hub, simulator.sources()[0].name)
            yield _Past(order.bsn, order.on, _order(source, order))


def _letter(sent: Sent) -> Give:
    def give(connection: Connection, hub: Hub, resident_id: str) -> object:
        told = {"ground": _GROUND, "by": "demo"}
        return write_to_creditor(connection, hub, resident_id, sent.kind, sent.party, **told)

    return give


def _order(source: Source, order: PastOrder) -> Give:
    def give(connection: Connection, hub: Hub, resident_id: str) -> object:
        made = Order(source.name, order.kind, resident_id, order.data, _GROUND, "demo")
        return create_command(connection, hub, source, made)

    return give


def _send(hub: Hub, messages: list[_Past]) -> None:
    hashes = {one.bsn: hub.keys.fingerprint(f"bsn:{one.bsn}") for one in messages}
    with hub.engine.begin() as connection:
        query = select(resident.c.bsn_hash, resident.c.id).where(
            resident.c.bsn_hash.in_(list(hashes.values()))
        )
        residents = {bsn_hash: id_ for bsn_hash, id_ in connection.execute(query)}
        for one in messages:
            if hashes[one.bsn] in residents:
                one.give(connection, hub, residents[hashes[one.bsn]])
    deliver_due(hub, limit=len(messages))
