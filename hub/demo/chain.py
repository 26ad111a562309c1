"""What debt help writes to the creditors of a client, what they answer, and their holds."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from hub.clock import add_working_days
from hub.demo import scripts
from hub.demo.folder import Folder, Numbers
from hub.demo.organisations import PARTNERSHIP
from hub.demo.scripts import Dates, Script
from hub.testing.world import Sent

#: Working days within which a Saldoverzoek is answered (registers.md 1.4).
BALANCE_TERM = 10

#: The pause that a notice brings about under the covenant.
PAUSE = timedelta(days=240)

_DAY = timedelta(days=1)


def write_to_creditors(
    script: Script,
    clients: list[Folder],
    numbers: Numbers,
    dates: Dates,
    rng: Random,
    today: date,
) -> None:
    """Send each creditor of each client a notice and a balance request, and book the replies."""
    stabilised_on = dates.stabilised_on or today
    for order, client in enumerate(clients):
        parties = dict.fromkeys(one.levy.creditor for one in client.accounts if one.open)
        for party in parties:
            sent_on = stabilised_on + timedelta(days=rng.randint(0, 3))
            if script.edge:
                _write_on_the_edge(client, party, order, sent_on, numbers, today)
                continue
            client.sent.append(_notice(script, client, party, sent_on, numbers))
            client.sent.append(_balance_request(script, client, party, sent_on, rng))


def _notice(script: Script, client: Folder, party: str, sent_on: date, numbers: Numbers) -> Sent:
    if scripts.NO_PAUSE in script.faults:
        client.plant(scripts.NO_PAUSE, f"{party}:{sent_on.isoformat()}")
    else:
        starts_on = add_working_days(sent_on, 1)
        client.hold(numbers, party, "stabilisatie", starts_on, starts_on + PAUSE)
    return Sent("notice", party, sent_on)


def _balance_request(
    script: Script, client: Folder, party: str, sent_on: date, rng: Random
) -> Sent:
    if scripts.NO_BALANCE in script.faults:
        client.plant(scripts.NO_BALANCE, f"{party}:{sent_on.isoformat()}")
        return Sent("balance_request", party, sent_on)
    answered_on = add_working_days(sent_on, rng.randint(2, BALANCE_TERM - 1))
    if rng.random() < 0.1:
        return Sent("balance_request", party, sent_on, "geen_medewerking", answered_on)
    claims = client.open_claims(party)
    return Sent("balance_request", party, sent_on, "saldo", answered_on, claims)


def _write_on_the_edge(
    client: Folder, party: str, order: int, sent_on: date, numbers: Numbers, today: date
) -> None:
    """Build in what is only just right.

    The first client: a notice to a party whose covenant had ended, a hold that starts today,
    and a balance request whose last day is today. The second: a notice whose last day is today.
    """
    if party == PARTNERSHIP:
        client.sent.append(Sent("notice", party, sent_on))
    elif order == 0:
        client.sent.append(Sent("notice", party, sent_on))
        client.hold(numbers, party, "stabilisatie", today, today + PAUSE)
        asked_on = add_working_days(today, -BALANCE_TERM)
        client.sent.append(Sent("balance_request", party, asked_on))
    else:
        client.sent.append(Sent("notice", party, add_working_days(today, -1)))
        answered_on = sent_on + 5 * _DAY
        refused = Sent("balance_request", party, sent_on, "geen_medewerking", answered_on)
        client.sent.append(refused)
