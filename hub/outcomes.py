"""One table: what to do after each answer of another system, by HTTP status or SOAP fault.

A connector whose register means something else by a status says so in its own `outcomes`, which
goes before this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from hub.errors import ConfigError, HubError, PermanentError, TransientError

#: retry: try again later; wait: leave it alone until it says, or a while; stop: never send this
#: again; config: a person must change a setting; access: the same, and do not even try until then.
Action = Literal["retry", "wait", "stop", "config", "access"]

#: By HTTP status, or by the local name of a SOAP 1.1 or 1.2 fault code.
OUTCOMES: Mapping[int | str, Action] = {
    301: "config",
    302: "config",
    303: "config",
    307: "config",
    308: "config",
    400: "stop",
    401: "access",
    403: "access",
    404: "config",
    405: "config",
    406: "config",
    407: "access",
    408: "retry",
    409: "stop",
    410: "config",
    413: "stop",
    415: "config",
    422: "stop",
    423: "retry",
    425: "retry",
    429: "wait",
    500: "retry",
    501: "stop",
    502: "retry",
    503: "wait",
    504: "retry",
    "Client": "stop",
    "Sender": "stop",
    "Server": "retry",
    "Receiver": "retry",
    "VersionMismatch": "config",
    "MustUnderstand": "config",
    "DataEncodingUnknown": "config",
}

#: What a status means that stands in no table, by its hundreds.
_OTHERWISE: Mapping[int, Action] = {3: "config", 4: "stop", 5: "retry"}


def action_for(outcome: int | str, own: Mapping[int | str, Action] | None = None) -> Action:
    """Return what to do after an HTTP status or a SOAP fault code; `own` goes first."""
    for table in (own or {}, OUTCOMES):
        if outcome in table:
            return table[outcome]
    return _OTHERWISE.get(outcome // 100, "stop") if isinstance(outcome, int) else "stop"


def error_for(
    action: Action, where: str, told: str, *, retry_after: float | None = None, arrived: bool = True
) -> HubError:
    """Return the error of an action. `where` is host and port, `told` the status or fault.

    `retry_after` is in seconds; `arrived` is false when the other side certainly did nothing.
    """
    return _MAKERS[action](where, told, retry_after, arrived)


def _access(where: str, told: str, retry_after: float | None, arrived: bool) -> HubError:
    return ConfigError(
        f"{where} weigert de toegang ({told}). "
        "Controleer de inloggegevens en of dit account rechten heeft.",
        f"{told} from {where}",
        access_denied=True,
    )


def _config(where: str, told: str, retry_after: float | None, arrived: bool) -> HubError:
    return ConfigError(
        f"{where} {_ADVICE.get(told, _OTHER_ADVICE.format(told=told))}",
        f"{told} from {where}",
    )


def _retry(where: str, told: str, retry_after: float | None, arrived: bool) -> HubError:
    return TransientError(
        f"{where} is tijdelijk niet beschikbaar ({told}). De hub probeert het later opnieuw.",
        f"{told} from {where}",
        retry_after=retry_after,
        may_have_arrived=arrived,
    )


def _stop(where: str, told: str, retry_after: float | None, arrived: bool) -> HubError:
    return PermanentError(f"{where} weigert het verzoek ({told}).", f"{told} from {where}")


_MAKERS: Mapping[Action, Callable[[str, str, float | None, bool], HubError]] = {
    "access": _access,
    "config": _config,
    "retry": _retry,
    "wait": _retry,
    "stop": _stop,
}

#: What some answers mean to an administrator.
_ADVICE = {"HTTP 404": "kent dit adres niet (HTTP 404). Controleer het pad in de instellingen."} | {
    f"HTTP {status}": f"verwijst door naar een ander adres (HTTP {status}). De hub volgt geen "
    "verwijzingen: vul het juiste adres in."
    for status in (301, 302, 303, 307, 308)
}

_OTHER_ADVICE = "kan zo niet worden gebruikt ({told}). Controleer het adres in de instellingen."
