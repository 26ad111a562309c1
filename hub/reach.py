"""Where the hub may call: the guard on addresses that a person typed in.

Whoever fills in the address of a source could point the hub at its own machine, at the network
behind it, or at the service where a cloud hands out keys (SSRF). So every address is judged at the
moment of connecting, after the name was looked up, and the connection goes to the very address that
was judged: a name that leads elsewhere a second later (DNS rebinding) changes nothing, and neither
does another way of writing it (decimal, octal, IPv4 within IPv6).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, Literal

from hub.errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: The entry that stands for every address on the internet.
PUBLIC_WORD = "public"

#: This machine itself.
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

#: Where clouds hand out keys to whoever asks. Some look like ordinary addresses.
METADATA = tuple(
    map(
        ip_network,
        (
            "169.254.169.254/32",  # AWS, Azure, Google, OpenStack
            "169.254.170.2/32",  # AWS containers
            "fd00:ec2::254/128",  # AWS over IPv6
            "100.100.100.200/32",  # Alibaba
            "168.63.129.16/32",  # Azure, in a public range
            "192.0.0.192/32",  # Oracle
        ),
    )
)

#: An IPv4 address in the last four bytes: NAT64, and the old way of writing it in IPv6.
_WRAPPED = (ip_network("64:ff9b::/96"), ip_network("::/96"))

Kind = Literal["public", "private", "loopback", "metadata", "special"]

_WHY: Mapping[Kind, str] = {
    "public": "een adres op internet dat niet in de lijst staat",
    "private": "een adres in een besloten netwerk",
    "loopback": "de machine waarop de hub zelf draait",
    "metadata": "de plek waar een cloud zijn sleutels uitgeeft",
    "special": "een adres dat niet voor gewone verbindingen is",
}


@dataclass(frozen=True)
class Reach:
    """What may be called: networks, names (with `*`), and whether all of the internet.

    A name on the list may lead to a public or a private address. This machine and special
    addresses are only reached by an address or range on the list, as whoever runs the name server
    of a listed name must not choose those; the keys of a cloud only by their own single address.
    """

    public: bool = True
    names: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    def with_loopback(self) -> Reach:
        """Return the same with this machine in it: for simulators."""
        return replace(self, networks=(*self.networks, *LOOPBACK))

    def names_host(self, host: str) -> bool:
        """Tell whether `host` stands on the list by name."""
        asked = host.rstrip(".").lower()
        return any(fnmatchcase(asked, name) for name in self.names)

    def allows(self, host: str, address: str) -> bool:
        """Tell whether `host`, which leads to `address` (numeric), may be called."""
        found = plain(address)
        kind = kind_of(found)
        if any(found in one for one in self.networks if kind != "metadata" or _is_single(one)):
            return True
        if kind == "public" and self.public:
            return True
        return kind in ("public", "private") and self.names_host(host)

    def find(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """Return where `host` leads as far as it may be called, in the shape of getaddrinfo.

        Raises OSError for a name that is unknown, and ConfigError, saying which host, why and by
        which setting, when none of its addresses may be called.
        """
        found = _look_up(host, port)
        allowed = [one for one in found if self.allows(host, one[4][0])]
        if not allowed:
            raise _refused(host, found[0][4][0])
        return allowed

    def dial(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        source: tuple[str, int] | None = None,
        options: Sequence[tuple[Any, ...]] = (),
    ) -> socket.socket:
        """Return a connection to the first address that answers. Raises as `find`, and OSError."""
        failure: OSError = OSError("nowhere to connect to")
        for family, kind, protocol, _, address in self.find(host, port):
            line = socket.socket(family, kind, protocol)
            try:
                for option in options:
                    line.setsockopt(*option)
                line.settimeout(timeout)
                if source:
                    line.bind(source)
                line.connect(address)
                return line
            except OSError as error:
                failure = error
                line.close()
        raise failure


def _look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    try:
        return list(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
    except UnicodeError as error:  # a label that is empty or too long
        raise OSError("not a host name") from error


def parse_reach(entries: Sequence[str]) -> Reach:
    """Return what a list of names, patterns, addresses and CIDR ranges allows.

    Raises ValueError with a Dutch sentence for an entry that is none of these.
    """
    names: list[str] = []
    networks: list[Network] = []
    public = False
    for entry in (one.strip().lower() for one in entries):
        if entry == PUBLIC_WORD:
            public = True
        elif network := _network(entry):
            networks.append(network)
        else:
            names.append(_name(entry))
    return Reach(public, tuple(names), tuple(networks))


def _is_single(network: Network) -> bool:
    return network.prefixlen == network.max_prefixlen


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _name(entry: str) -> str:
    known = set("abcdefghijklmnopqrstuvwxyz0123456789-._*")
    # Digits and points alone, or a slash, was meant as an address.
    if not entry or not set(entry) <= known or not set(entry) & set("abcdefghijklmnopqrstuvwxyz"):
        raise ValueError(
            f"'{entry}' is geen naam, adres of reeks. Gebruik bijvoorbeeld {PUBLIC_WORD}, "
            "register.gemeente.nl, *.gemeente.nl, 10.1.2.3 of 10.1.0.0/16."
        )
    return entry.rstrip(".")


def plain(address: str) -> Address:
    """Return the address that is really called: an IPv4 address within IPv6 comes out."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return found
    inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
    if inner is None and any(found in network for network in _WRAPPED) and int(found) > 1:
        inner = IPv4Address(int(found) & 0xFFFFFFFF)
    return inner or found


def kind_of(address: Address) -> Kind:
    """Return what kind of place an address is."""
    if any(address in network for network in METADATA):
        return "metadata"
    if address.is_loopback:
        return "loopback"
    if (
        address.is_multicast
        or address.is_link_local
        or address.is_unspecified
        or address.is_reserved
        or getattr(address, "is_site_local", False)
    ):
        return "special"
    return "public" if address.is_global else "private"


def _refused(host: str, address: str) -> ConfigError:
    kind = kind_of(plain(address))
    entry = host if kind in ("public", "private") else address
    shown = host if host == address else f"{host} ({address})"
    return ConfigError(
        f"De hub mag {shown} niet aanroepen: dat is {_WHY[kind]}. Controleer het adres. Klopt "
        f"het? Laat dan de beheerder van de server '{entry}' toevoegen aan de instelling "
        "allowed_hosts.",
        f"call to {host} refused: {kind} address, not in allowed_hosts",
    )


_current: ContextVar[Reach | None] = ContextVar("reach", default=None)


def current_reach() -> Reach:
    """Return what may be called here and now: the internet, unless `within` says otherwise."""
    return _current.get() or Reach()


@contextmanager
def within(reach: Reach) -> Iterator[None]:
    """Let what runs inside, on this thread, call what `reach` allows."""
    token = _current.set(reach)
    try:
        yield
    finally:
        _current.reset(token)
