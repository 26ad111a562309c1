"""Pages that are made from the code: python -m hub.reference.

It writes docs/plugins/reference.md, for plugin authors; in docs/security the processing register
and the access table, for privacy officers; and docs/rules.md and docs/flows.md, for lawyers and
caseworkers. A test fails when a file and the code differ.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub import connector, errors, hookspecs
from hub.flows.declared import FLOWS, Flow
from hub.flows.words import CARRIES, LETTERS
from hub.outcomes import OUTCOMES
from hub.quality import RULES
from hub.reconcile.engine import Rule
from hub.reconcile.rules import Explained, explained, hub_rules
from hub.security.activities import Activity, activities
from hub.security.grounds import cases
from hub.security.roles import ROLES
from hub.security.table import RIGHTS, Cell, groups
from hub.settings import SettingsSchema
from hub.sync.holds import REASONS
from hub.sync.outbox import TRANSITIONS
from schemas import KINDS

_DOCS = Path(__file__).resolve().parent.parent / "docs"

TARGET = _DOCS / "plugins" / "reference.md"
REGISTER = _DOCS / "security" / "processing-register.md"
ACCESS = _DOCS / "security" / "access-table.md"
RULE_TABLE = _DOCS / "rules.md"
FLOW_TABLE = _DOCS / "flows.md"

#: What an author makes or gets, in the order in which it is met.
_SHAPES = (
    "Stream",
    "Record",
    "Batch",
    "Fact",
    "CheckStep",
    "Command",
    "Receipt",
    "Entry",
    "OrderForm",
    "Trial",
    "Context",
)

_HELPERS = (
    "setting",
    "read_json",
    "read_xml",
    "xml_parser",
    "probe",
    "certificate_step",
    "key_step",
    "client_context",
    "action_for",
)

#: What stands in the environment and in no file.
ENVIRONMENT = {
    "HUB_INSTANCE": "The instance folder; ./instance without it.",
    "HUB_LOG_FORMAT": "text or json; text on a terminal, json otherwise.",
    "HUB_TRACE_PLUGINS": "1 logs which hooks and connectors ran, how long, over how many rows.",
    "HUB_LAWS": "Tests: how many sequences each machine of the laws plays.",
    "HUB_HOSTILE": "Tests: how many spoiled pages are tried for each form.",
    "HUB_ROTATE": "Tests: over how many sealed values a rotation is killed.",
    "HUB_SCHEMATHESIS": "Tests: how many requests are tried for each operation of the API.",
    "HUB_STORM": "Tests: how often the hub is killed.",
    "HUB_STORM_SEED": "Tests: which storm; a failing one is replayed with it.",
}


def reference() -> str:
    """Return the whole reference as Markdown."""
    parts = (
        "# Reference for plugin authors",
        "Made from the code by `python -m hub.reference`; change the code, not this file.",
        *_hooks(),
        *_contract(),
        *_errors(),
        *_outcomes(),
        *_records(),
        *_checks(),
        *_quality(),
        *_settings(),
    )
    return "\n\n".join(parts) + "\n"


def _hooks() -> Iterator[str]:
    yield "## Hooks"
    found = [one for name, one in vars(hookspecs).items() if name.startswith("hub_")]
    yield _table(("hook", "what it does"), [(f"`{one.__name__}`", _doc(one)) for one in found])


def _contract() -> Iterator[str]:
    yield "## The contract"
    for name in _SHAPES:
        shape = getattr(connector, name)
        rows = [(f"`{one.name}`", f"`{one.type}`") for one in dataclasses.fields(shape)]
        yield f"### {name}\n\n{_doc(shape)}\n\n{_table(('field', 'type'), rows)}"
    yield f"### Connector\n\n{_doc(connector.Connector)}"
    variables = connector.Connector.__annotations__
    rows = [(f"`{name}`", f"`{kind}`") for name, kind in variables.items()]
    yield _table(("class variable", "type"), rows)
    methods = (
        "check",
        "speaks",
        "read",
        "parse",
        "send",
        "inquire",
        "receive",
        "enter",
        "entered",
        "trial",
    )
    told = [(f"`{name}`", _doc(getattr(connector.Connector, name))) for name in methods]
    yield _table(("method", "what it does"), told)
    rows = [(f"`{name}`", _doc(getattr(connector, name))) for name in _HELPERS]
    yield "### Helpers\n\n" + _table(("function", "what it does"), rows)


def _errors() -> Iterator[str]:
    yield "## Errors"
    found = [one for one in vars(errors).values() if inspect.isclass(one)]
    kinds = [one for one in found if issubclass(one, errors.HubError)]
    rows = [(f"`{one.__name__}`", one.title, _doc(one)) for one in kinds]
    yield _table(("error", "on the screen", "what follows"), rows)


def _outcomes() -> Iterator[str]:
    yield "## What follows on an answer of a register"
    yield "By HTTP status or SOAP fault code; a connector overrides it in `outcomes`."
    rows = [(f"`{code}`", action) for code, action in OUTCOMES.items()]
    yield _table(("answer", "action"), rows)


def _records() -> Iterator[str]:
    yield "## Records"
    yield "Amounts are integer euro cents, days ISO text or `date`; `*` is mandatory."
    for kind, schema in KINDS.items():
        fields = schema.fields.items()
        names = [f"`{name}`{'*' if one.required else ''}" for name, one in fields]
        yield f"### {kind}\n\n{_doc(type(schema))}\n\n{', '.join(names)}"


def _checks() -> Iterator[str]:
    from hub.testing.contract import CHECKS

    yield "## The checks of the contract suite"
    rows = [(f"`{name}`", _doc(check)) for name, check in CHECKS.items()]
    yield _table(("check", "what it holds"), rows)


def _quality() -> Iterator[str]:
    yield "## The quality ladder"
    yield 'Declare in `quality.toml` under `[rules]` as `"done"` or `{ exempt = "why" }`.'
    rows = [
        (f"`{one.id}`", one.level, one.title, "the code" if one.look else "the author")
        for one in RULES
    ]
    yield _table(("rule", "level", "on the screen", "shown by"), rows)


def _settings() -> Iterator[str]:
    yield "## Settings of the hub"
    yield "In `instance/hub.toml`, or in the environment as `HUB_` and the name in capitals."
    rows = [
        (f"`{name}`", f"`{one.load_default}`", one.metadata.get("doc", ""))
        for name, one in SettingsSchema().fields.items()
    ]
    yield _table(("setting", "default", "what it does"), rows)
    yield "## Environment"
    yield _table(("variable", "what it does"), [(f"`{k}`", v) for k, v in ENVIRONMENT.items()])


def processing_register() -> str:
    """Return the processing register (AVG 30) as Markdown, in Dutch: privacy officers read it."""
    parts = [
        "# Verwerkingsregister",
        "Wat de hub doet met persoonsgegevens, en waarom (AVG 30). Deze pagina is gemaakt uit "
        "`hub/security/activities.toml` met `python -m hub.reference`. De gemeente vult aan wie "
        "verantwoordelijk is, wie verwerker is en welke termijnen gelden. Het logboek noemt bij "
        "elke handeling de code van de verwerking.",
    ]
    return "\n\n".join([*parts, *map(_activity, activities().values())]) + "\n"


def _activity(one: Activity) -> str:
    rows = [
        ("code", f"`{one.key}`"),
        ("doel", one.purpose),
        ("grondslag", "; ".join(one.legal_basis)),
        ("van wie", "; ".join(one.data_subjects)),
        ("welke gegevens", "; ".join(one.categories)),
        ("aan wie", "; ".join(one.recipients) or "niemand"),
    ]
    return f"## {one.name}\n\n{_table(('', ''), rows)}"


def access_table() -> str:
    """Return who may see what, and the cases that open more, as Markdown in Dutch."""
    roles = [(f"`{one.name}`", one.title, one.ground or "geen inwoners") for one in ROLES.values()]
    cells = [
        (f"{one.title} (`{one.name}`)", *(_cell(one.cell(role)) for role in ROLES))
        for one in groups().values()
    ]
    told = [
        (one.letter, one.title, one.default.title if one.default else "uit", one.note)
        for one in cases().values()
    ]
    parts = (
        "# Wie mag wat zien",
        "Gemaakt uit `hub/security/access.toml` en `hub/security/grounds.toml` met "
        "`python -m hub.reference`. Wat hier niet staat, is dicht.",
        "## Rollen",
        _table(("code", "rol", "zoekt inwoners op voor"), roles),
        "## Gegevens en rollen",
        "; ".join(f"`{right}` {meaning}" for right, meaning in RIGHTS.items())
        + ". De letters achter een C zijn de gevallen hieronder.",
        _table(("gegevens", *(f"`{role}`" for role in ROLES)), cells),
        "## Gevallen waarin gegevens van de ene taak naar de andere mogen",
        "Wat geldt zolang de gemeente zelf niets vastlegde. Een grondslag die de gemeente "
        "vastlegt, met een begin en een einde, komt daarvoor in de plaats.",
        _table(("geval", "wat", "grondslag", "let op"), told),
    )
    return "\n\n".join(parts) + "\n"


def _cell(cell: Cell) -> str:
    return " ".join((cell.right, *cell.cases))


def rule_table() -> str:
    """Return what the hub looks for, as Markdown in Dutch."""
    parts = [
        "# Waar de hub op let",
        "Gemaakt uit `hub/reconcile/rules` met `python -m hub.reference`. Een bevinding is een "
        "aanwijzing: de hub laat zien en bereidt voor, een mens beslist. De gemeente kan een regel "
        "uitzetten en de getallen instellen, op de pagina Regels van het beheer. De klok is de "
        "termijn waarna iets te laat is. De voorbeelden zijn ook tests: "
        "`tests/reconcile/examples_*.py`.",
    ]
    told = explained()
    rows = [
        (f"[{one.title}](#{_anchor(one)})", told[one.id].clock, one.source) for one in hub_rules()
    ]
    index = _table(("regel", "klok", "bron"), rows)
    return "\n\n".join([*parts, index, *(_rule(one, told[one.id]) for one in hub_rules())]) + "\n"


def _anchor(one: Rule) -> str:
    return re.sub(r"[^\w -]", "", one.title.lower()).replace(" ", "-")


def _rule(one: Rule, told: Explained) -> str:
    urgency = {1: "bekijken", 2: "doen", 3: "vandaag doen"}[one.severity]
    knobs = "; ".join(f"{knob.title}: {knob.default} {knob.unit}" for knob in one.knobs)
    rows = [
        ("code", f"`{one.id}`"),
        ("zin", one.sentence),
        ("advies", one.advice),
        ("bron", one.source),
        ("klok", told.clock),
        ("valt op", told.told),
        ("valt niet op", told.quiet),
        ("haast", urgency),
        ("voor", _OWNERS[one.owner]),
        ("wie mag het zien", "wie leest: " + ", ".join(sorted(one.groups)) if one.groups else ""),
        ("in te stellen", knobs),
    ]
    return f"## {one.title}\n\n{_table(('', ''), [row for row in rows if row[1]])}"


def flow_table() -> str:
    """Return the flows as a caseworker and a lawyer read them, in Markdown."""
    return "\n\n".join([*_ABOUT_FLOWS, *map(_flow, FLOWS.values()), *_about_holds()]) + "\n"


_ABOUT_FLOWS = (
    "# In één keer regelen",
    "Gemaakt uit `hub/flows` met `python -m hub.reference`. Een werkstroom maakt van één besluit "
    "van een medewerker alle opdrachten die daarbij horen. De medewerker ziet eerst wat er gaat, "
    "aan wie en op welke grondslag, en zegt dan ja. Een werkstroom kan altijd worden gestopt: wat "
    "nog niet weg is, gaat dan niet meer weg; wat al weg is, staat erbij.",
    "De beheerder zet een werkstroom aan of uit op de pagina Werkstromen. Zonder grondslag staat "
    "zij uit, wat de beheerder ook kiest. Met vier ogen gaat er niets weg tot een tweede "
    "medewerker met een ander account het goedkeurt; wat die goedkeurt is precies wat hij zag.",
    "Wat de hub niet kan of wat een register weigert, staat als stap voor de medewerker bij de "
    "inwoner, met wat er met de hand moet. Blijft een bevestiging, een stap of een goedkeuring "
    "langer dan een werkdag uit, dan is dat een bevinding ([rules.md](rules.md)). De "
    "start en alle opdrachten zijn één transactie; twee keer klikken is één keer doen.",
    "Een losse brief aan één schuldeiser is geen werkstroom, maar vraagt wel vier ogen waar de "
    "werkstroom die vraagt.",
)


def _flow(one: Flow) -> str:
    grounds = [
        f"{letter}. {cases()[letter].title}: "
        + (default.title if (default := cases()[letter].default) else "geen standaardgrondslag")
        for letter in one.letters
    ]
    rows = [
        ("code", f"`{one.id}`"),
        ("wanneer", one.event),
        ("wat", one.sentence),
        ("opdrachten", "; ".join(f"`{kind}`: {CARRIES[kind]}" for kind in one.commands)),
        ("grondslag", "; ".join(grounds)),
        ("vier ogen, tenzij anders ingesteld", "ja" if one.four_eyes else "nee"),
        ("wordt voorgesteld bij", ", ".join(f"`{rule}`" for rule in one.rules)),
    ]
    return f"## {one.title}\n\n{_table(('', ''), [row for row in rows if row[1]])}"


def _about_holds() -> Iterator[str]:
    yield "## Redenen en kanalen van een incassopauze"
    yield (
        "Een schuldeiser heeft één pauze, die duurt zolang er één reden is. De reden blijft in de "
        "hub; de schuldeiser leest alleen van wanneer tot wanneer. Een reden opheffen laat elke "
        "andere reden staan; pas na de laatste hoort de schuldeiser dat de pauze voorbij is. Een "
        "pauze die een schuldeiser zelf zette, raakt de hub niet aan. Het besluit gaat naar elk "
        "kanaal van de schuldeiser, en houdt incassobrieven van de hub zelf tegen."
    )
    yield _table(("reden", "betekent"), [(f"`{code}`", text) for code, text in REASONS.items()])
    stops = [(name, "stopt" if stops else "gaat door") for name, stops in LETTERS.items()]
    yield _table(("tijdens een pauze", ""), stops)


_OWNERS = {
    "caseworker": "medewerkers",
    "administrator": "functioneel beheer",
    "privacy_officer": "privacy officer",
}


def command_picture() -> str:
    """Return the states of a command as a mermaid picture, from the table itself."""
    edges = [
        f"    {old} --> {new}"
        for old, following in TRANSITIONS.items()
        for new in sorted(following)
    ]
    ends = [f"    {state} --> [*]" for state, following in TRANSITIONS.items() if not following]
    return "\n".join(["stateDiagram-v2", "    [*] --> ready", *edges, *ends])


def _doc(thing: Any) -> str:
    text = inspect.getdoc(thing) or ""
    return " ".join(text.split())


def _table(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


if __name__ == "__main__":
    for target, text in (
        (TARGET, reference()),
        (REGISTER, processing_register()),
        (ACCESS, access_table()),
        (RULE_TABLE, rule_table()),
        (FLOW_TABLE, flow_table()),
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
