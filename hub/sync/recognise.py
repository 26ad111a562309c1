"""What else a system speaks: told when its connection is tested.

A supplier's suite may offer a municipality several ways in: a delivery of its own, StUF-FIN, OData.
Which of them it has is asked of the system itself, at the address that was filled in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.connector import CheckStep, Connector, HubError
from hub.http import HubSession

log = logging.getLogger("hub.sync")

#: Seconds to wait for an answer; what is slower is not recognised.
WAIT = (3.0, 10.0)

#: The step of a connection test (hub.probe) after which there is somebody to ask.
REACHED = "Poort"


def recognised(
    connector: type[Connector],
    others: Iterable[type[Connector]],
    config: Mapping[str, Any],
    steps: Iterable[CheckStep],
    session: Callable[[], HubSession],
) -> CheckStep | None:
    """Return a step that names the other connectors whose protocol is spoken at the address.

    `config` is loaded by the schema of the connector, `steps` is what its own test told. None
    without an address, and when it speaks none of theirs.
    """
    url = config.get("url")
    if not isinstance(url, str):
        return None
    rivals = (one for one in others if one.role == connector.role and one is not connector)
    found = sorted(one.title for one in rivals if _speaks(one, url, config, session()))
    if not found:
        return None
    names = " en ".join(found)
    if all(one.ok for one in steps):
        sentence = f"Dit adres spreekt ook: {names}. Wilt u die ook lezen, maak daarvoor een bron."
        return CheckStep("Ook op dit adres", True, sentence)
    sentence = f"Op dit adres antwoordt wel: {names}. Kies die koppeling als u deze bedoelt."
    return CheckStep("Herkend", True, sentence)


def _speaks(
    connector: type[Connector], url: str, config: Mapping[str, Any], http: HubSession
) -> bool:
    http.wait = WAIT
    http.outcomes = connector.outcomes
    if config.get("username"):
        http.auth = (str(config["username"]), str(config.get("password", "")))
    if config.get("ca_file"):
        http.verify = str(config["ca_file"])
    if config.get("certificate_file"):
        http.cert = (str(config["certificate_file"]), str(config.get("key_file", "")))
    try:
        return connector.speaks(url, http)
    except HubError:
        return False
    except Exception as error:
        # What another connector cannot do is no fault of the one that is tested.
        log.error("%s could not tell what is spoken: %s", connector.name, type(error).__name__)
        return False
