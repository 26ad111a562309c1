"""The Splink settings: what is compared, in which degrees, and which pairs are looked at.

They are data: training changes the numbers of the degrees, and the outcome is stored as JSON with
a version. The numbers here are what is used before any training and what training leans on while
there is little to learn from: how often a degree is found between two descriptions of the same
person (m) and of two people drawn at random (u). They are our own estimate.
"""

from __future__ import annotations

from typing import Any

import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import SettingsCreator, block_on

from hub.errors import ConfigError

#: Pairs that are looked at at all. Whoever differs in all of these is not found.
#: All of them lie within what people.known_near brings.
BLOCKING: tuple[Any, ...] = (
    block_on("postcode", "house_number"),
    block_on("birth_date"),
    "l.birth_date = r.swapped",
    block_on("surname", "initials", "postcode"),
)


def _surname() -> Any:
    close = levels.Or(
        levels.DamerauLevenshteinLevel("surname", 1), levels.JaroWinklerLevel("surname", 0.94)
    )
    return [
        levels.NullLevel("surname"),
        _level(levels.ExactMatchLevel("surname", term_frequency_adjustments=True), 0.9, 0.002),
        _level(close, 0.05, 0.001),
        _level(levels.ArrayIntersectLevel("names", 1), 0.03, 0.001),
        _level(levels.JaroWinklerLevel("surname", 0.85), 0.005, 0.01),
        _level(levels.ElseLevel(), 0.015, 0.986),
    ]


def _initials() -> Any:
    begins = "starts_with(initials_l, initials_r) or starts_with(initials_r, initials_l)"
    first = "substr(initials_l, 1, 1) = substr(initials_r, 1, 1)"
    return [
        levels.NullLevel("initials"),
        _level(levels.ExactMatchLevel("initials"), 0.75, 0.015),
        _level(levels.CustomLevel(begins, "One begins with the other"), 0.17, 0.03),
        _level(levels.CustomLevel(first, "The same first letter"), 0.05, 0.02),
        _level(levels.ElseLevel(), 0.03, 0.935),
    ]


def _birth_date() -> Any:
    year = "substr(birth_date_l, 1, 4) = substr(birth_date_r, 1, 4)"
    month = "substr(birth_date_l, 6, 2) = substr(birth_date_r, 6, 2)"
    no_day = "(birth_date_l like '%-00' or birth_date_r like '%-00')"
    no_month = "(birth_date_l like '%-00-00' or birth_date_r like '%-00-00')"
    known = f"{year} and {no_day} and ({month} or {no_month})"
    day = "substr(birth_date_l, 9, 2) = substr(birth_date_r, 9, 2)"
    two = f"({year} and {month}) or ({year} and {day}) or ({month} and {day})"
    # A day typed as the next may differ in two digits: 09 and 10.
    slip = levels.Or(
        levels.DamerauLevenshteinLevel("birth_date", 1), levels.CustomLevel(two, "Two parts alike")
    )
    return [
        levels.NullLevel("birth_date"),
        _level(levels.ExactMatchLevel("birth_date"), 0.95, 0.0001),
        _level(
            levels.CustomLevel("birth_date_l = swapped_r", "Day and month swapped"), 0.006, 1e-4
        ),
        _level(levels.CustomLevel(known, "The same as far as it is known"), 0.01, 0.001),
        _level(slip, 0.02, 0.005),
        _level(levels.ElseLevel(), 0.014, 0.994),
    ]


def _address() -> Any:
    postcode, number = "postcode_l = postcode_r", "house_number_l = house_number_r"
    slip = f"{number} and damerau_levenshtein(postcode_l, postcode_r) <= 1"
    silent = levels.CustomLevel("postcode_l is null or postcode_r is null", "Unknown")
    whole = f"{postcode} and {number} and addition_l = addition_r"
    return [
        silent.configure(is_null_level=True),
        _level(levels.CustomLevel(whole, "The same address"), 0.8, 5e-5),
        _level(levels.CustomLevel(f"{postcode} and {number}", "The same number"), 0.08, 5e-5),
        _level(levels.CustomLevel(slip, "Postcode with a slip"), 0.01, 5e-4),
        _level(levels.CustomLevel(postcode, "The same street"), 0.02, 0.003),
        _level(levels.ElseLevel(), 0.09, 0.996),
    ]


def _gender() -> Any:
    same = levels.ExactMatchLevel("gender")
    return [
        levels.NullLevel("gender"),
        _level(same, 0.99, 0.5),
        _level(levels.ElseLevel(), 0.01, 0.5),
    ]


def _level(level: Any, m: float, u: float) -> Any:
    return level.configure(m_probability=m, u_probability=u)


#: What is compared, in the order of the page.
COMPARED = {
    "surname": _surname,
    "initials": _initials,
    "birth_date": _birth_date,
    "address": _address,
    "gender": _gender,
}


def fresh_settings(population: int) -> dict[str, Any]:
    """Return the settings before any training, for so many residents, as DuckDB says them."""
    return _settings(population, "duckdb")


def _settings(population: int, dialect: str) -> dict[str, Any]:
    made = SettingsCreator(
        link_type="link_only",
        # Before anything is compared, each resident is as likely as any other.
        probability_two_random_records_match=1 / max(population, 100),
        comparisons=[
            comparisons.CustomComparison(output_column_name=name, comparison_levels=make())
            for name, make in COMPARED.items()
        ],
        blocking_rules_to_generate_predictions=list(BLOCKING),
        retain_intermediate_calculation_columns=True,
    )
    found: dict[str, Any] = made.create_settings_dict(dialect)
    return found


#: What training changes, or what depends on the size of the municipality: the rest is form.
_PRIOR = "probability_two_random_records_match"
_NUMBERS = ("m_probability", "u_probability")


def for_spark(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the same settings as Spark says them: other words for functions, the same numbers.

    Raises ConfigError for settings of an earlier version, which compared something else.
    """
    made = _settings(100, "spark")
    made[_PRIOR] = settings[_PRIOR]
    mine, theirs = _degrees(made), _degrees(settings)
    if [one["label_for_charts"] for one in mine] != [one["label_for_charts"] for one in theirs]:
        raise ConfigError("Het model is van een eerdere versie. Laat het opnieuw leren.")
    for one, other in zip(mine, theirs, strict=True):
        one.update({name: other[name] for name in _NUMBERS if name in other})
    return made


def _degrees(settings: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        degree for compared in settings["comparisons"] for degree in compared["comparison_levels"]
    ]
