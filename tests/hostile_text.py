"""Text that would become markup, SQL or a formula where it is not taken for text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from book import Book, facts_record, person
from chain import case, tax_claim

from hub.connector import Record

#: What betrays that text became markup: an element or an attribute of ours.
MARK = "zap"

#: A sum that only a template engine makes, and what it comes to: too long to be in a token.
TIMES, PRODUCT = "99991*99989", str(99991 * 99989)

XSS = (
    f'"><{MARK} on{MARK}="1">',
    f"'><{MARK} on{MARK}='1'>",
    f"</textarea></title></style></script><{MARK}>",
    f'" on{MARK}="1" x="',
    f"javascript:{MARK}//",
    f"<!--<{MARK}>-->{{{{{TIMES}}}}}{{%{MARK}%}}${{{TIMES}}}",
)

SQL = (
    "' OR '1'='1",
    "'; DROP TABLE account; --",
    "1) UNION SELECT 1,2,3--",
    '" OR ""="',
    "1 OR 1=1",
    "%' AND 1=0 UNION ALL SELECT name FROM sqlite_master --",
    "\\'; SELECT pg_sleep(9); --",
)


def hostile_records() -> Iterator[Record]:
    """Yield records of which every free text is hostile."""
    for number, text in enumerate((*XSS, *SQL, "=cmd|'/c calc'!A1", "\u202egnp.exe")):
        name = {"surname": text, "initials": text[:40], "prefix": text[:20], "city": text}
        address = {"street": text, "house_number": text[:10], "phone": text[:40], "email": text}
        yield tax_claim(
            f"{number}{text}"[:64],
            100 + number,
            description=text,
            creditor_name=text,
            person=person(0, **name, **address),
            events=(("aanmaning", date(2026, 10, 1), 900),),
        )


def poison(book: Book, file: Book) -> None:
    """Let a creditor and a debt-help file hold hostile text in every field."""
    book.put(
        "claims",
        *hostile_records(),
        Record(f"weg{XSS[0]}", XSS[1].encode()),
        facts_record("fout", ("claim_statement", "F", {"type": XSS[0], "stage": XSS[1]})),
    )
    file.put("all", case(0, (XSS[0], 1200, -1)))
