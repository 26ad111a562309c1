"""Examples of the rules about steps of collection, remission and payment plans."""

from __future__ import annotations

from datetime import date

from chain import day, days, tax_claim

from examples import Example, claim, plan, remission, term

STEPS = [
    Example(
        "dwangbevel_zonder_aanmaning",
        "a writ, and no final notice before it",
        ("A1-1",),
        tax=(claim(("dwangbevel", day(-10))),),
    ),
    Example(
        "dwangbevel_zonder_aanmaning",
        "a final notice came first",
        tax=(claim(("aanmaning", day(-40)), ("dwangbevel", day(-10))),),
    ),
    Example(
        "dwangbevel_zonder_aanmaning",
        "a ground of article 10 or 15 was given",
        tax=(claim(("dwangbevel", day(-10)), details={"grondVersneld": "art. 15"}),),
    ),
    Example(
        "dwangbevel_zonder_aanmaning",
        "the source does not tell the claim from its beginning",
        tax=(tax_claim("A1", 50000, events=(("dwangbevel", day(-10), 0),)),),
    ),
    Example(
        "dwangbevel_te_vroeg",
        "fourteen days after the notice is the last day to pay",
        ("A1-2",),
        tax=(claim(("aanmaning", day(-24)), ("dwangbevel", day(-10))),),
    ),
    Example(
        "dwangbevel_te_vroeg",
        "the fifteenth day",
        tax=(claim(("aanmaning", day(-25)), ("dwangbevel", day(-10))),),
    ),
    Example(
        "aanmaning_te_vroeg",
        "on the last day to pay itself",
        ("A1-1",),
        tax=(claim(("aanmaning", date(2026, 6, 1))),),
    ),
    Example(
        "aanmaning_te_vroeg",
        "the day after the last day to pay",
        tax=(claim(("aanmaning", date(2026, 6, 2))),),
    ),
    Example(
        "dwangbevel_na_retour",
        "the notice came back, and the writ went out",
        ("A1-3",),
        tax=(claim(("aanmaning", day(-40)), ("retour", day(-35)), ("dwangbevel", day(-10))),),
    ),
    Example(
        "dwangbevel_na_retour",
        "a new notice was sent after the return",
        tax=(claim(("retour", day(-50)), ("aanmaning", day(-40)), ("dwangbevel", day(-10))),),
    ),
    Example(
        "vordering_te_vroeg",
        "27 days after the announcement",
        ("A1-2",),
        tax=(claim(("vooraankondiging", day(-37)), ("vordering", day(-10))),),
    ),
    Example(
        "vordering_te_vroeg",
        "28 days after the announcement",
        tax=(claim(("vooraankondiging", day(-38)), ("vordering", day(-10))),),
    ),
    Example(
        "vordering_te_vroeg", "a bank needs no announcement", tax=(claim(("vordering", day(-10))),)
    ),
    Example(
        "kosten_hoog",
        "25.01 euros on a claim of 100 euros",
        ("A1",),
        tax=(tax_claim("A1", 12501, principal=10000, costs=2501),),
    ),
    Example(
        "kosten_hoog",
        "a quarter exactly",
        tax=(tax_claim("A1", 12500, principal=10000, costs=2500),),
    ),
    Example("kosten_hoog", "it is paid", tax=(tax_claim("A1", 0, principal=10000, costs=9000),)),
    Example(
        "verjaring_nabij",
        "the source reckons with a day within three months",
        ("A1",),
        tax=(tax_claim("A1", 50000, limitation_on=days(90)),),
    ),
    Example(
        "verjaring_nabij",
        "the source reckons with a later day",
        tax=(tax_claim("A1", 50000, limitation_on=days(91)),),
    ),
    Example(
        "verjaring_nabij",
        "five years after the last day to pay, and nothing happened",
        ("A1",),
        tax=(tax_claim("A1", 50000, due_on="2021-11-23"),),
    ),
    Example(
        "verjaring_nabij",
        "a final notice interrupted the term",
        tax=(tax_claim("A1", 50000, due_on="2021-11-23", events=(("aanmaning", day(-900), 0),)),),
    ),
]

_ON_INCOME = ("vordering", day(-10))
_KNOWN = {"notoireWanbetaler": "ja"}

PROTECTED = [
    Example(
        "beschermd_deel_zonder_grond",
        "only this assessment was two months late",
        ("A1-1",),
        tax=(claim(_ON_INCOME, details=_KNOWN), claim(number="A2", due_on=days(-70))),
    ),
    Example(
        "beschermd_deel_zonder_grond",
        "a second one was 61 days late on that day",
        tax=(claim(_ON_INCOME, details=_KNOWN), claim(number="A2", due_on=days(-71))),
    ),
    Example(
        "beschermd_deel_zonder_grond",
        "the second one was paid after that day",
        tax=(
            claim(_ON_INCOME, details=_KNOWN),
            tax_claim("A2", 0, events=(("betaling", day(-5), -5000),)),
        ),
    ),
    Example(
        "beschermd_deel_zonder_grond",
        "two were late, and remission was asked for one of them",
        ("A1-1",),
        tax=(claim(_ON_INCOME, details=_KNOWN), claim(number="A2"), remission(-30)),
    ),
    Example(
        "beschermd_deel_zonder_grond",
        "two were late, and the request had been refused",
        tax=(
            claim(_ON_INCOME, details=_KNOWN),
            claim(number="A2"),
            remission(-30, "afgewezen", -20),
        ),
    ),
    Example(
        "beschermd_deel_zonder_grond",
        "two were late, and a payment plan ran",
        ("A1-1",),
        tax=(claim(_ON_INCOME, details=_KNOWN), claim(number="A2"), plan()),
    ),
    Example(
        "beschermd_deel_zonder_grond",
        "an ordinary claim on income leaves the protected part alone",
        tax=(claim(_ON_INCOME),),
    ),
]

RELIEF = [
    Example(
        "dwang_tijdens_kwijtschelding",
        "a writ while the request is open",
        ("A1-1",),
        tax=(claim(("dwangbevel", day(-10))), remission(-30)),
    ),
    Example(
        "dwang_tijdens_kwijtschelding",
        "a writ after the refusal",
        tax=(claim(("dwangbevel", day(-10))), remission(-30, "afgewezen", -20)),
    ),
    Example(
        "dwang_tijdens_kwijtschelding",
        "a writ before the request",
        tax=(claim(("dwangbevel", day(-31))), remission(-30)),
    ),
    Example(
        "kwijtschelding_niet_herhaald",
        "last year remitted, this year a notice and no request",
        ("A2-1",),
        tax=(
            claim(tax_year=2025, open_cents=0),
            remission(-400, "toegekend", -380),
            claim(("aanmaning", day(-10)), number="A2", tax_year=2026),
        ),
    ),
    Example(
        "kwijtschelding_niet_herhaald",
        "last year refused",
        tax=(
            claim(tax_year=2025, open_cents=0),
            remission(-400, "afgewezen", -380),
            claim(("aanmaning", day(-10)), number="A2", tax_year=2026),
        ),
    ),
    Example(
        "kwijtschelding_niet_herhaald",
        "another tax",
        tax=(
            claim(tax_year=2025, open_cents=0),
            remission(-400, "toegekend", -380),
            claim(("aanmaning", day(-10)), number="A2", tax_year=2026, type="hondenbelasting"),
        ),
    ),
    Example(
        "kwijtschelding_onbeslist",
        "asked 57 days ago",
        ("A1",),
        tax=(claim(), remission(-57)),
    ),
    Example("kwijtschelding_onbeslist", "asked eight weeks ago", tax=(claim(), remission(-56))),
    Example(
        "kwijtschelding_onbeslist",
        "it was decided",
        tax=(claim(), remission(-90, "toegekend", -60)),
    ),
    Example(
        "dwang_tijdens_regeling",
        "a writ while the plan runs",
        ("A1-1",),
        tax=(claim(("dwangbevel", day(-10))), plan()),
    ),
    Example(
        "dwang_tijdens_regeling",
        "the plan has lapsed",
        tax=(claim(("dwangbevel", day(-10))), plan(status="vervallen")),
    ),
    Example(
        "dwang_tijdens_regeling",
        "the writ is from before the plan",
        tax=(claim(("dwangbevel", day(-101))), plan()),
    ),
    Example(
        "termijn_gemist",
        "a term of four days ago, not paid",
        ("A1",),
        tax=(claim(), plan(installments=[term(-34, 5000), term(-4)])),
    ),
    Example(
        "termijn_gemist",
        "three days are given",
        tax=(claim(), plan(installments=[term(-34, 5000), term(-3)])),
    ),
    Example(
        "termijn_gemist",
        "a reminder was sent",
        tax=(claim(("herinnering", day(-2))), plan(installments=[term(-10)])),
    ),
    Example(
        "termijn_gemist",
        "the reminder was about an earlier term",
        ("A1",),
        tax=(claim(("herinnering", day(-20))), plan(installments=[term(-30), term(-10)])),
    ),
    Example(
        "termijn_gemist",
        "the source only counts what was missed",
        ("A1",),
        tax=(claim(), plan(missed=1)),
    ),
    Example(
        "termijn_boven_ruimte",
        "50 euros a term where 30 can be paid",
        ("A1",),
        tax=(claim(), plan(details={"betalingscapaciteit": 3000})),
    ),
    Example(
        "termijn_boven_ruimte",
        "exactly what can be paid",
        tax=(claim(), plan(details={"betalingscapaciteit": 5000})),
    ),
    Example("termijn_boven_ruimte", "the capacity is unknown", tax=(claim(), plan())),
]
