"""The codes of publications (publicatieSoortCode) that begin or end a case, as data.

All other codes (meetings, lists, changes of judge, address or administrator, rectifications,
transfer to another court) leave a case as it is.
"""

from __future__ import annotations

#: The kind of case, by the first letter of its number.
KINDS = {
    "F": "Faillissement",
    "S": "Surseance van betaling",
    "R": "Wettelijke schuldsanering (Wsnp)",
}


def _range(first: int, last: int) -> set[str]:
    return {f"{code}" for code in range(first, last + 1)}


#: Codes of the third version of the schema that the second, which is at hand, does not have:
#: other, entered by mistake, and taken over from another court.
NEWER = frozenset({"1335"} | {"1336", "2356", "3315"} | {"1329", "2350", "3316"})

#: Rulings by which a case begins, or begins again. At a court that takes a case over it stands
#: with the day on which it was pronounced.
START: frozenset[str] = frozenset(
    {"1100", "1101", "1200", "1201", "2337"}
    | _range(1300, 1306)
    | _range(2100, 2102)
    | _range(2200, 2202)
    | _range(2301, 2308)
    | {"3100", "3200"}
    | _range(3300, 3302)
    | {"1329", "2350", "3316"}
)

#: Rulings by which a case ends, each with why, in our own words.
END: dict[str, str] = {
    "1102": "vernietigd in hoger beroep",
    "1202": "vernietigd in cassatie",
    "1316": "opgeheven: er was niets te verdelen",
    "1317": "afgewikkeld met een uitdeling",
    "1318": "akkoord goedgekeurd",
    "1319": "afgewikkeld met een uitdeling, na verzet",
    "1320": "vernietigd na verzet",
    "1324": "alle schulden zijn voldaan",
    "1333": "omgezet in schuldsanering",
    "1336": "ten onrechte ingeschreven",
    "2328": "alle vorderingen zijn voldaan",
    "2329": "betalingen zijn hervat",
    "2330": "akkoord goedgekeurd",
    "2331": "met uitdeling, met schone lei",
    "2332": "zonder uitdeling, met schone lei",
    "2333": "met uitdeling, zonder schone lei",
    "2334": "zonder uitdeling, zonder schone lei",
    "2335": "definitieve toelating is afgewezen",
    "2354": "tussentijds beëindigd met faillissement",
    "2356": "ten onrechte ingeschreven",
    "3307": "surseance is beëindigd",
    "3308": "termijn is verlopen",
    "3309": "akkoord goedgekeurd",
    "3313": "omgezet in faillissement",
    "3315": "ten onrechte ingeschreven",
}

#: After the end: the reason changes, the day of the end does not.
AFTERWARDS = {"2336": "schone lei is ontnomen"}

#: What the register calls its own errors, inside a normal answer.
NOTHING, TECHNICAL, TOO_MANY, WRONG, RELOAD = "1", "2", "3", "4", "5"
