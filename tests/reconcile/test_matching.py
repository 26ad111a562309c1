"""Who a person without BSN is: what the hub links, what it asks, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS
from chain import Chain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from strangers import AYSE, JAN, PEOPLE, PIET, SOFIE, asked, known, state, told_of, unknown

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile import reconcile
from hub.reconcile.matching.decide import Thresholds
from hub.reconcile.matching.limits import preview, read_limits, set_limits
from hub.reconcile.matching.model import train_model
from hub.reconcile.matching.people import all_strangers, look_again
from hub.reconcile.matching.verdicts import say
from hub.security.audit import Actor
from hub.store import subject

AN = Actor("an", "debt_counsellor")


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    made = Chain(make_hub)
    made.tell("tax", *(known(number) for number in range(len(PEOPLE))))
    return made


def without(who: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in who.items() if name not in names}


LINKED = [
    ("as the tax office writes it", JAN, 0),
    ("the prefix in the surname, no addition", JAN | {"prefix": "", "surname": "Van den Droomberg",
     "addition": ""}, 0),
    ("only the first initial", JAN | {"initials": "J"}, 0),
    ("without accents", AYSE | {"surname": "Celikveld"}, 1),
    ("a slip in the surname", AYSE | {"surname": "Çelikvelt"}, 1),
    ("a married name", AYSE | {"surname": "Droomberg-Çelikveld"}, 1),
    ("day and month swapped", JAN | {"birth_date": "1980-12-05"}, 0),
    ("only the year of birth", without(SOFIE, "birth_date") | {"birth_date_text": "2004"}, 2),
    ("moved, but named and born alike", AYSE | {"postcode": "1234 AB", "house_number": "1"}, 1),
    ("a slip in the postcode", PIET | {"postcode": "9999 AD"}, 3),
    ("a signal: an address and a birth date", without(PIET, "surname", "prefix", "initials"), 3),
]  # fmt: skip


@pytest.mark.parametrize(("who", "number"), [one[1:] for one in LINKED], ids=[x[0] for x in LINKED])
def test_the_hub_links(chain: Chain, who: dict[str, Any], number: int) -> None:
    chain.tell("file", unknown("V1", who))
    assert told_of(chain, "V1") == (BSNS[number], "likeness", None)
    assert not asked(chain.hub)


LEFT = [
    ("somebody of whom nothing fits", {"surname": "Nergensman", "birth_date": "1970-01-01",
     "initials": "B.", "postcode": "1234 AB", "house_number": "9"}, "unknown"),
    ("a namesake elsewhere, born otherwise", JAN | {"birth_date": "1961-07-30",
     "postcode": "1234 AB", "house_number": "9"}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "why"), [one[1:] for one in LEFT], ids=[x[0] for x in LEFT])
def test_the_hub_leaves_alone_and_says_why(chain: Chain, who: dict[str, Any], why: str) -> None:
    chain.tell("file", unknown("V1", who))
    assert told_of(chain, "V1") == (None, None, why)


def test_relatives_are_never_linked_to_each_other_without_a_person(chain: Chain) -> None:
    """The child of the house with other initials and another birth date: alike in all else."""
    chain.tell("file", unknown("V1", JAN | {"initials": "K.", "birth_date": "2006-08-09"}))
    assert told_of(chain, "V1")[0] is None


def test_a_relative_is_not_even_asked_about(chain: Chain) -> None:
    """Of the house and the name, but born otherwise and called otherwise: somebody else."""
    chain.tell("file", unknown("V1", JAN | {"initials": "K.", "birth_date": "2006-08-09"}))
    chain.tell("skp", unknown("V2", JAN | {"initials": "", "birth_date": "2006-08-09"}))
    reconcile(chain.hub)
    assert not asked(chain.hub)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (without(JAN, "birth_date") | {"initials": "J."}, "his son may be a J. too"),
        (without(AYSE, "initials") | {"gender": "Man"}, "her twin brother"),
    ],
)
def test_who_may_be_a_relative_is_asked_about(chain: Chain, who: dict[str, Any], why: str) -> None:
    chain.tell("file", unknown("V1", who))
    assert told_of(chain, "V1")[0] is None, why
    assert len(asked(chain.hub)) == 1


def test_a_married_name_at_another_address_is_found_by_the_birth_date(chain: Chain) -> None:
    moved = {"surname": "Droomberg-Çelikveld", "postcode": "1234 AB", "house_number": "1"}
    chain.tell("file", unknown("V1", AYSE | moved))
    told_of(chain, "V1")
    assert len(asked(chain.hub)) == 1


def test_an_address_alone_is_nothing_to_choose_by(chain: Chain) -> None:
    chain.tell("file", unknown("V1", {name: PIET[name] for name in ("postcode", "house_number")}))
    assert told_of(chain, "V1")[0] is None
    assert not asked(chain.hub)


def test_a_day_of_birth_that_is_one_later_is_a_slip(chain: Chain) -> None:
    """From 09 to 10 is one day and two digits."""
    chain.tell("tax", known(0, birth_date="1980-05-09"))
    chain.tell("file", unknown("V1", JAN | {"birth_date": "1980-05-10"}))
    assert told_of(chain, "V1") == (BSNS[0], "likeness", None)


def test_twins_are_asked_about(make_hub: Any) -> None:
    chain = Chain(make_hub)
    twin = {"birth_date": JAN["birth_date"]}
    chain.tell("tax", known(0), known(2, **twin))
    chain.tell("file", unknown("V1", without(JAN, "initials", "gender")))
    assert told_of(chain, "V1") == (None, None, None)
    assert len(asked(chain.hub)) == 2
    assert len(chain.findings("wie_is_dit_schuldhulp")) == 1, "one stranger"


def test_a_verdict_stands_until_it_is_taken_back(chain: Chain) -> None:
    chain.tell("file", unknown("V1", JAN))
    assert told_of(chain, "V1")[0] == BSNS[0]
    subject_id, jan = _pair(chain.hub)
    _say(chain.hub, (subject_id, jan), "refuse")
    assert told_of(chain, "V1")[0] is None
    _again(chain)
    assert told_of(chain, "V1")[0] is None, "over a later run too"
    _say(chain.hub, (subject_id, jan), "undo")
    assert told_of(chain, "V1") == (BSNS[0], "likeness", None)
    _say(chain.hub, (subject_id, jan), "link")
    assert told_of(chain, "V1") == (BSNS[0], "person", None)
    chain.tell("tax", known(0, surname="Heelanders", birth_date="1950-01-01", postcode="1111 AA"))
    assert told_of(chain, "V1") == (BSNS[0], "person", None), "whatever a register says later"


def test_a_person_may_link_whom_the_hub_did_not_find(chain: Chain) -> None:
    chain.tell("file", unknown("V1", LEFT[0][1]))
    told_of(chain, "V1")
    chain.tell("file", unknown("V1", LEFT[0][1]), unknown("V2", JAN))
    told_of(chain, "V2")
    _, jan = _pair(chain.hub)
    with chain.hub.reader.connect() as connection:
        stranger = all_strangers(connection, chain.hub)[0]
    _say(chain.hub, (stranger, jan), "link")
    assert told_of(chain, "V1") == (BSNS[0], "person", None)
    _say(chain.hub, (stranger, jan), "undo")
    assert told_of(chain, "V1") == (None, None, "unknown")


def test_a_verdict_is_only_about_who_is_there(chain: Chain) -> None:
    for pair in ((10**6, "0" * 32), (1, "0" * 32)):
        with pytest.raises(ConfigError, match="er niet meer"):
            _say(chain.hub, pair, "link")


def test_somebody_with_a_bsn_needs_no_verdict(chain: Chain) -> None:
    chain.tell("file", unknown("V1", JAN))
    told_of(chain, "V1")
    _, jan = _pair(chain.hub)
    with pytest.raises(ConfigError, match="heeft een BSN"):
        _say(chain.hub, (1, jan), "link")


def test_other_thresholds_do_what_their_preview_told(chain: Chain) -> None:
    strangers = [
        unknown("V1", JAN),
        unknown("V2", without(AYSE, "birth_date", "gender") | {"postcode": "1234 AB"}),
        unknown("V3", LEFT[0][1]),
    ]
    chain.tell("file", *strangers)
    told_of(chain, "V1")
    for limits in (Thresholds(0.01, 0.999999), Thresholds(0.01, 0.02), Thresholds(0.98, 0.99)):
        with chain.hub.reader.connect() as connection:
            foreseen = preview(connection, chain.hub, limits)
        with chain.hub.engine.begin() as connection:
            set_limits(connection, chain.hub, AN, limits)
        reconcile(chain.hub)
        linked = sum(told_of(chain, key)[0] is not None for key in ("V1", "V2", "V3"))
        subjects = {subject_id for subject_id, _ in asked(chain.hub)}
        assert (linked, len(subjects)) == (foreseen.linked, foreseen.asked)
        assert linked + len(subjects) + sum(foreseen.dropouts.values()) == 3


def test_every_wrong_threshold_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as told:
        read_limits({"lower": "veel", "upper": "100"})
    assert "De ondergrens is 'veel'" in str(told.value)
    assert "De bovengrens is '100'" in str(told.value)
    with pytest.raises(ConfigError, match="hoger dan de bovengrens"):
        read_limits({"lower": "90", "upper": "20"})
    assert read_limits({"lower": "20", "upper": "99,5"}) == Thresholds(0.2, 0.995)


MOVES = [
    ("tax", [known(n) for n in range(4)]),
    ("tax", [known(0), known(1)]),
    ("vish", [known(2, birth_date=JAN["birth_date"])]),
    ("file", [unknown("V1", JAN), unknown("V2", without(JAN, "initials", "gender"))]),
    ("skp", [unknown("V3", AYSE), unknown("V4", without(SOFIE, "birth_date"))]),
]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(len(MOVES))), between=st.booleans())
def test_the_order_of_arrival_does_not_matter(
    make_chain: Callable[[], Chain], order: list[int], between: bool
) -> None:
    """Whatever comes first, and however often the hub reconciles, the last word is the same."""
    last = {source: records for source, records in (MOVES[at] for at in order)}
    mixed, straight = make_chain(), make_chain()
    for at in order:
        mixed.tell(*_flat(MOVES[at]))
        if between:
            reconcile(mixed.hub)
    for source in sorted(last):
        straight.tell(source, *last[source])
    reconcile(mixed.hub)
    reconcile(straight.hub, full=True)
    assert state(mixed.hub) == state(straight.hub)


def _flat(move: tuple[str, list[Any]]) -> Any:
    source, records = move
    return (source, *records)


def _pair(hub: Hub) -> tuple[int, str]:
    """The one stranger that is linked, with its resident."""
    query = select(subject.c.id, subject.c.resident_id).where(
        subject.c.bsn_hash.is_(None), subject.c.resident_id.is_not(None)
    )
    with hub.reader.connect() as connection:
        row = connection.execute(query).one()
    return row.id, row.resident_id


def _say(hub: Hub, pair: tuple[int, str], verdict: str) -> None:
    with hub.engine.begin() as connection:
        say(connection, hub, AN, pair, verdict, "Gebeld met de inwoner.")


def _again(chain: Chain) -> None:
    """Compare everybody anew."""
    with chain.hub.engine.begin() as connection:
        look_again(connection, chain.hub)
    reconcile(chain.hub)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_town_in_which_nobody_is_alike_learns_nothing(chain: Chain) -> None:
    """It has a model of its own all the same, and goes on with what is used before training."""
    chain.tell("file", unknown("V1", {"surname": "Nergensman"}))
    reconcile(chain.hub)
    with chain.hub.engine.begin() as connection:
        model = train_model(connection, chain.hub, AN)
    chain.tell("file", unknown("V1", JAN))
    assert told_of(chain, "V1") == (BSNS[0], "likeness", None)
    assert model.version == 1
