"""Examples of the rules about people, about several creditors at once, and about VISH."""

from __future__ import annotations

from chain import case, day, days, tax_claim

from examples import Example, claim, fact, known_as, listed, vish

PEOPLE = [
    Example(
        "overleden_en_incasso",
        "deceased with an open claim",
        ("A1",),
        tax=(claim(),),
        file=(known_as(deceased_on=days(-30)),),
    ),
    Example(
        "overleden_en_incasso",
        "deceased, and nothing is open",
        tax=(claim(open_cents=0),),
        file=(known_as(deceased_on=days(-30)),),
    ),
    Example(
        "verhuisd_tijdens_hulp",
        "registered in another municipality during help",
        ("0363",),
        file=(case(),),
        vish=(known_as(registered_in="0363"),),
    ),
    Example(
        "verhuisd_tijdens_hulp",
        "registered here",
        file=(case(),),
        vish=(known_as(registered_in="9999"),),
    ),
    Example("verhuisd_tijdens_hulp", "no help", vish=(known_as(registered_in="0363"),)),
    Example(
        "insolventie_en_incasso",
        "a final notice under the Wsnp",
        ("A1-1",),
        tax=(claim(("aanmaning", day(-10))),),
        vish=(listed("cir", -20),),
    ),
    Example(
        "insolventie_en_incasso",
        "a final notice before the Wsnp",
        tax=(claim(("aanmaning", day(-21))),),
        vish=(listed("cir", -20),),
    ),
    Example(
        "insolventie_en_incasso",
        "the Wsnp has ended",
        tax=(claim(("aanmaning", day(-10))),),
        vish=(listed("cir", -20, -1),),
    ),
    Example(
        "bewind_en_incasso",
        "a final notice under guardianship",
        ("A1-1",),
        tax=(claim(("aanmaning", day(-10))),),
        vish=(listed("ccbr", -20),),
    ),
    Example(
        "bewind_en_incasso",
        "a reminder presses nobody",
        tax=(claim(("herinnering", day(-10))),),
        vish=(listed("ccbr", -20),),
    ),
    Example(
        "niet_te_bellen",
        "reminded, and no number is known",
        ("A1",),
        tax=(tax_claim("A1", 50000, stage="herinnering"),),
    ),
    Example(
        "niet_te_bellen",
        "a number is known",
        tax=(
            tax_claim("A1", 50000, stage="herinnering"),
            fact("contact", "C", kind="phone", value="0612345678"),
        ),
    ),
    Example("niet_te_bellen", "too late to call", tax=(tax_claim("A1", 5, stage="beslag"),)),
]

TOGETHER = [
    Example(
        "meer_schuldeisers_dwingen",
        "two creditors press at once",
        ("samen",),
        tax=(
            tax_claim("A1", 50000, stage="dwangbevel"),
            tax_claim("B1", 20000, stage="aanmaning", creditor="polder"),
        ),
    ),
    Example(
        "meer_schuldeisers_dwingen",
        "two claims of one creditor",
        tax=(
            tax_claim("A1", 50000, stage="dwangbevel"),
            tax_claim("A2", 20000, stage="aanmaning"),
        ),
    ),
    Example(
        "meer_schuldeisers_dwingen",
        "help runs",
        tax=(
            tax_claim("A1", 50000, stage="dwangbevel"),
            tax_claim("B1", 20000, stage="aanmaning", creditor="polder"),
        ),
        file=(case(),),
    ),
    Example(
        "dubbel_geteld",
        "handed over and still counted, beside an equal claim",
        ("A1",),
        tax=(
            tax_claim("A1", 50000, principal=50000, transferred_to="Bailiff"),
            tax_claim("B1", 56000, principal=50000, creditor="bailiff"),
        ),
    ),
    Example(
        "dubbel_geteld",
        "handed over and no longer counted",
        tax=(
            tax_claim("A1", 0, principal=50000, transferred_to="Bailiff"),
            tax_claim("B1", 56000, principal=50000, creditor="bailiff"),
        ),
    ),
    Example(
        "dubbel_geteld",
        "equal claims, and neither was handed over",
        tax=(
            tax_claim("A1", 50000, principal=50000),
            tax_claim("B1", 56000, principal=50000, creditor="bailiff"),
        ),
    ),
]

VISH = [
    Example(
        "vish_verouderd", "another phase", ("V0",), file=(case(),), vish=(vish("plan_van_aanpak"),)
    ),
    Example("vish_verouderd", "the same phase", file=(case(),), vish=(vish("stabilisatie"),)),
    Example("vish_verouderd", "the register tells no phase", file=(case(),), vish=(vish(""),)),
]
