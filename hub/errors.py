"""Every error of the hub, branched by what can be done about it.

The branch alone decides what happens next: a ConfigError waits for an administrator, a
TransientError is tried again, a PermanentError is not, a RecordError costs one record and a
ContractError is a fault in a plugin. Each error carries two texts: one in plain Dutch for the
person who reads the page, one in English for the log. Neither may hold a BSN or a secret.
"""

from __future__ import annotations

from collections.abc import Sequence


class HubError(Exception):
    """The root. `user` is for the screen (Dutch), `log` for the log (English)."""

    #: What the page calls this kind of error.
    title = "Fout in de hub"

    def __init__(self, user: str, log: str | None = None) -> None:
        super().__init__(log or user)
        self.user = user
        self.log = log or user


class ConfigError(HubError):
    """A setting, credential or certificate is wrong; trying again changes nothing.

    `access_denied` is true when the other side refused our credentials: then nothing is tried
    any more until a person has looked, as repeated refusals lock accounts.
    """

    title = "Instelling klopt niet"

    def __init__(self, user: str, log: str | None = None, *, access_denied: bool = False) -> None:
        super().__init__(user, log)
        self.access_denied = access_denied


class TransientError(HubError):
    """The other side is unreachable or busy; trying again later may work.

    `retry_after` is in seconds. `may_have_arrived` is true when a request may have reached the
    other side although no answer came back: then ask before sending again.
    """

    title = "Bron niet bereikbaar"

    def __init__(
        self,
        user: str,
        log: str | None = None,
        retry_after: float | None = None,
        *,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(user, log)
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived


class PermanentError(HubError):
    """The other side understood and refused, or sent something that can never be read."""

    title = "Bron weigert of stuurt iets onleesbaars"


class RecordError(HubError):
    """One record cannot be used. `problems` holds every fault found, each with its path."""

    title = "Record afgekeurd"

    def __init__(self, problems: Sequence[str] | str) -> None:
        found = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("; ".join(found), f"record rejected: {len(found)} problem(s)")
        self.problems = found


class ContractError(HubError):
    """A plugin breaks the connector contract: a programming fault, not a data fault."""

    title = "Koppeling houdt zich niet aan het contract"


class Cancelled(HubError):
    """A person, or a hub about to stop, asked a run to end: no fault of anybody."""

    title = "Gestopt op verzoek"

    def __init__(self, run_id: int) -> None:
        super().__init__(
            "Deze synchronisatie is op verzoek gestopt. Wat al was verwerkt, blijft staan; er is "
            "niets afgesloten. De volgende synchronisatie leest verder.",
            f"run {run_id} cancelled",
        )


class Outdated(HubError):
    """Somebody else changed what this person was about to change: nothing was overwritten.

    `changes` are sentences on what the other did, and `version` is what it came to.
    """

    title = "Intussen gewijzigd"

    def __init__(
        self, user: str, log: str | None = None, *, changes: Sequence[str] = (), version: int = 0
    ) -> None:
        super().__init__(user, log)
        self.changes = tuple(changes)
        self.version = version


class SignInRefused(HubError):
    """Somebody who may not come in. `account` is empty until the identity is proved.

    `wait` is true after too many attempts: then nothing was looked at.
    """

    title = "Inloggen lukt niet"

    def __init__(
        self, user: str, log: str | None = None, *, account: str = "", wait: bool = False
    ) -> None:
        super().__init__(user, log)
        self.account = account
        self.wait = wait
