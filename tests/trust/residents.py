"""Who is who in tests of trust: a debtor and client, a debtor alone, somebody only VISH names."""

from __future__ import annotations

from collections.abc import Callable

from book import BSNS

from hub.security.permits import Permit

CLIENT, DEBTOR, STRANGER = BSNS[0], BSNS[1], BSNS[2]

#: Makes the permit that a role has for a resident now.
Look = Callable[..., Permit | None]
