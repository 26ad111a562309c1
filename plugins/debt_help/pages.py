"""One answer of the exchange API, or one file: everything around the trajects.

What is wrong in one levering costs that one: the others are used, and the fault is told with its
path. Sources: the OAS and the Uitwisselmodel of DDAS SHV v1.0, and the model of v0.8 to know it by.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import PermanentError, read_json
from hub.ddas import KEPT, LIST, NULL, Moment, Paging, Standard, inside
from schemas import problems as schema_problems
from schemas.fields import Nested, RecordSchema, shown

#: What a model has at its top since v0.9, and v0.8 did not have.
_ROOT_0_9 = frozenset({"startdatumLevering", "einddatumLevering", "leveringen"})
_LEVERING = frozenset({"teller", "aanleverende_organisatie", "schuldhulptrajecten"})


class _Levering(RecordSchema):
    # Only tells who delivers; when it is odd a rule warns, and the trajects are used.
    organisation = fields.Raw(
        load_default=None, allow_none=True, data_key="aanleverende_organisatie"
    )
    trajects = fields.List(
        fields.Raw(allow_none=True),
        load_default=list,
        data_key="schuldhulptrajecten",
        error_messages=LIST,
    )

    @validates_schema(pass_original=True)
    def _of_debt_help(self, data: dict[str, Any], original: Any, **kwargs: Any) -> None:
        # DDAS obliges no list, so its absence says that there are no trajects. Not when something
        # else stands there: a misspelt list, or early signals, must not look like "no trajects".
        others = sorted(map(str, original.keys() - _LEVERING))
        if "schuldhulptrajecten" not in original and others:
            found = ", ".join(map(shown, others[:3]))
            text = f"ontbreekt; wel staat er {found}; verwacht een lijst van trajecten"
            if "vroegsignalen" in original:
                text = "ontbreekt; er staan vroegsignalen: lees die als Vroegsignalering (DDAS)"
            raise ValidationError(text, "schuldhulptrajecten")


class _Model(RecordSchema):
    sent_at = Moment(required=True, data_key="aanleverdatumEnTijd")
    leveringen = fields.List(
        fields.Nested(_Levering),
        required=True,
        validate=validate.Length(1, error="is een lege lijst"),
        error_messages=LIST,
    )


class _Answer(RecordSchema):
    model = Nested(_Model, required=True, data_key="gegevens")
    paging = Nested(
        Paging, load_default=None, allow_none=False, data_key="paginering", error_messages=NULL
    )


_ANSWER, _MODEL = _Answer(), _Model()

#: A problem in one levering, as a path with its number.
_IN_ONE = re.compile(r"(?:antwoord\.gegevens|bestand)\.leveringen\.(\d+)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A traject as received, with who delivers it and the period of the delivery (ISO days).

    `place` is where it stands in its page, as a path.
    """

    traject: Any
    organisation: dict[str, Any]
    period: tuple[str, str]
    place: str = "traject"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer or file. `model` is the Uitwisselmodel as received.

    `current`, `pages` and `records` are None when it is not divided in pages. `faults` tells of
    every levering that could not be used, with its path.
    """

    sent_at: datetime
    model: dict[str, Any]
    cases: list[Told]
    current: int | None = None
    pages: int | None = None
    records: int | None = None
    faults: tuple[str, ...] = ()


def read_page(body: bytes) -> Page:
    """Read an answer. Raises PermanentError with everything that is wrong around the trajects."""
    return _read_answer(_json(body, "antwoord"))


def read_file(body: bytes) -> Page:
    """Read a file: the model alone, or an answer that was saved. Raises PermanentError."""
    told = _json(body, "bestand")
    if isinstance(told, dict) and "gegevens" in told:
        return _read_answer(told)
    _check_version(told, "bestand")
    model, faults = _loaded(_MODEL, told, "bestand")
    return _page(told, model, faults)


def _read_answer(told: Any) -> Page:
    _check_version(inside(told, "gegevens"), "antwoord")
    answer, faults = _loaded(_ANSWER, told, "antwoord")
    return _page(told["gegevens"], answer["model"], faults, **(answer["paging"] or {}))


def _check_version(told: Any, what: str) -> None:
    """Raise PermanentError for v0.8, which cannot be read safely.

    It tells no moment and no municipality, and its schema has cents where its examples have euros.
    """
    if isinstance(told, dict) and "schuldhulptrajecten" in told and not _ROOT_0_9 & told.keys():
        raise PermanentError(
            f"Het {what} is geschreven in DDAS v0.8: schuldhulptrajecten staat los, en niet in "
            f"leveringen. De hub leest v0.9, v0.10 en v1.0. {KEPT} Vraag de leverancier om een "
            "levering in DDAS v1.0.",
            "delivery is written in DDAS v0.8",
        )


def _loaded(schema: RecordSchema, told: Any, what: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what is sound, and the faults of the leveringen that were left out.

    Raises PermanentError when something else is wrong, or nothing is left.
    """
    try:
        return schema.load(told), ()
    except ValidationError as error:
        found = schema_problems(error, what)
        rest = _without_faulty(told, found)
        if rest is None:
            raise PermanentError(
                f"Het {what} heeft niet de vorm van DDAS v1.0: {'; '.join(found)}. {KEPT} "
                f"Vraag de leverancier om het {what} te herstellen.",
                "delivery is not of the DDAS v1.0 shape",
            ) from error
    return schema.load(rest), tuple(found)


def _without_faulty(told: Any, problems: list[str]) -> dict[str, Any] | None:
    """Return a delivery with its faulty leveringen made empty; None when that does not help."""
    faulty = {int(one[1]) for one in map(_IN_ONE.match, problems) if one}
    if not all(map(_IN_ONE.match, problems)):
        return None
    model = told.get("gegevens", told)
    # An empty one in its place, so that the others keep their number.
    rest = [{} if at in faulty else one for at, one in enumerate(model["leveringen"])]
    made = model | {"leveringen": rest}
    return (told | {"gegevens": made} if "gegevens" in told else made) if any(rest) else None


def _page(
    told: dict[str, Any], model: dict[str, Any], faults: tuple[str, ...], **place: Any
) -> Page:
    days = [told.get(name) for name in ("startdatumLevering", "einddatumLevering")]
    start, end = (day if isinstance(day, str) else "" for day in days)
    cases = [
        Told(traject, _group(one["organisation"]), (start, end), _path(number, at))
        for number, one in enumerate(model["leveringen"])
        for at, traject in enumerate(one["trajects"])
    ]
    return Page(model["sent_at"], told, cases, faults=faults, **place)


def _path(levering: int, traject: int) -> str:
    return f"leveringen.{levering}.schuldhulptrajecten.{traject}"


def _group(told: Any) -> dict[str, Any]:
    return told if isinstance(told, dict) else {}


# --- what is no JSON ---------------------------------------------------------------------------


def _json(body: bytes, what: str) -> Any:
    """Return the value of `body`. Raises PermanentError that says where it breaks off, and why."""
    try:
        # Half a character is a matter of its traject alone.
        return read_json(body, f"Het {what}", half_characters=True)
    except PermanentError as error:
        refused = error.user.partition(". ")[0]
        place = _place(error.__cause__, body)
        advice = f"vraag de leverancier om het {what} te herstellen"
        if what == "antwoord":
            advice = f"controleer het adres, of {advice}"
        raise PermanentError(
            f"{refused}{place}. {KEPT} {advice.capitalize()}.", error.log
        ) from error


def _place(cause: BaseException | None, body: bytes) -> str:
    """Return where JSON is wrong, by line and character, and why when that is plain."""
    if isinstance(cause, UnicodeDecodeError):
        line = body.count(b"\n", 0, cause.start) + 1
        return f": regel {line} bevat een teken in een andere codering"
    if not isinstance(cause, json.JSONDecodeError):
        return ""
    why = _why(cause.doc, cause.pos, cause.msg)
    return f": fout op regel {cause.lineno}, teken {cause.colno}{why}"


#: What Python's reader says, by how it begins, in words that help a supplier.
_WHY = {
    "Extra data": "daar begint nog iets; een bestand bevat één levering",
    "Expecting ',' delimiter": "daar hoort een komma of een sluithaakje",
    "Expecting ':' delimiter": "daar hoort een dubbele punt",
    "Expecting property name": "daar hoort een naam tussen dubbele aanhalingstekens",
    "Unterminated string": "de tekst die daar begint, houdt niet op; de rest ontbreekt",
    "Invalid control character": "een tab of regeleinde midden in een tekst",
    "Invalid \\": "een backslash die niets betekent",
}


def _why(text: str, at: int, message: str) -> str:
    """Return what is wrong at a character of JSON. Nothing of the text is repeated."""
    before, after = text[:at].rstrip(), text[at:].lstrip()
    if not text.strip():
        return " (het is leeg)"
    # Python 3.13 points at the comma, earlier versions at what follows it.
    if (before.endswith(",") and after[:1] in ("}", "]")) or re.match(r",\s*[}\]]", after):
        return " (een komma voor een sluithaakje; haal die komma weg)"
    if not after:
        return " (daar houdt het op; de rest ontbreekt)"
    return next((f" ({why})" for begin, why in _WHY.items() if message.startswith(begin)), "")


#: How the exchange API is spoken about trajects.
SHV = Standard("trajecten", ("aanleverende_organisatie", "aanleverendeOrganisatie"), read_page)
