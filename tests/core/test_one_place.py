"""What is dangerous is done in one place, and some things nowhere: the code itself is walked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("hub", "plugins", "schemas", "examples")

#: What may be called where: a pattern of dotted names, and the files with the reason why.
PLACES: dict[str, tuple[str, dict[str, str]]] = {
    "reads XML": (
        r"(.*\.)?etree\.(parse|fromstring|fromstringlist|XML|XMLID|HTML|iterparse|XSLT|XInclude"
        r"|XMLParser|XMLPullParser|HTMLParser|ETCompatXMLParser)",
        {"hub/wire.py": "the one parser, with everything dangerous off"},
    ),
    "reads JSON": (
        r"json\.loads?",
        {
            "hub/wire.py": "the one reader of what came over the wire",
            "hub/sync/sources.py": "settings that the hub sealed itself",
            "hub/mapping/plan.py": "what somebody typed and wire.py took, for names told twice",
            "hub/settings.py": "a variable of the environment, checked right after",
            "hub/security/verify.py": "anchors that the hub wrote itself",
            "hub/rights/journal.py": "lines that the hub wrote itself",
            "hub/reconcile/judging.py": "facts that the hub wrote itself",
            "hub/security/keyfile.py": "the key file that the hub wrote itself",
            "hub/security/ring.py": "keys of the hub, from its file or a vault",
            "hub/testing/contract.py": "the suite, on what a simulator sent",
            "hub/testing/hostile.py": "the suite's own connector",
            "examples/hub-parkeerboetes/src/hub_parkeerboetes/__init__.py": "its own dump",
        },
    ),
    "starts a process": (
        r"subprocess\..*|os\.(system|popen|exec\w*|spawn\w*|posix_spawn)|pty\..*",
        {"hub/store/dump.py": "pg_dump and pg_restore, as a list of arguments"},
    ),
    "opens a connection": (
        r"requests\.(get|post|put|patch|delete|head|options|request|Session|session)"
        r"|socket\.(create_connection|socket)|smtplib\.SMTP(_SSL)?|http\.client\.\w+"
        r"|urllib\.request\.\w+|(urllib3\.)?PoolManager|ftplib\.\w+|telnetlib\.\w+",
        {
            "hub/reach.py": "the one place where a connection is made, after it was judged",
            "plugins/ddas_delivery/simulator.py": "plays the office that calls the hub",
            "hub/cli/serving.py": "looks whether our own port is free, and calls nobody",
        },
    ),
    "runs text as code": (r"eval|exec|compile|__import__|code\.interact", {}),
    "unpacks what can hold code": (r"(pickle|marshal|shelve|dill|yaml|jsonpickle)\..*", {}),
    "unpacks to names it did not choose": (
        r".*\.extract(all)?|tarfile\..*|shutil\.unpack_archive",
        {"plugins/early_signals/together.py": "SQL's word for a part of a day"},
    ),
    "trusts any certificate": (
        r".*_create_unverified_context|.*disable_warnings|.*_create_stdlib_context",
        {},
    ),
    "makes text into markup": (r"(markupsafe\.|flask\.)?(Markup|render_template_string)", {}),
}

#: Modules of which the import alone is refused.
MODULES = (
    r"(xml|defusedxml|pickle|marshal|shelve|dill|yaml|tarfile|telnetlib|ftplib)(\..*)?"
    r"|lxml\.(html|objectify)"
)


@cache
def trees() -> dict[str, ast.Module]:
    found = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if "node_modules" not in name and "/tests/" not in name:
                found[name] = ast.parse(path.read_text())
    assert len(found) > 100
    return found


def dotted(node: ast.expr) -> str:
    """Return a call's name as it is written: `etree.fromstring`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "…"


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call by its full name, whatever an import called it here."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {one.asname: one.name for one in node.names if one.asname}
        elif isinstance(node, ast.ImportFrom):
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, _, rest = dotted(node.func).partition(".")
            yield ".".join(filter(None, (known.get(first, first), rest))), node


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names)


@pytest.mark.parametrize("what", PLACES)
def test_it_is_done_in_the_places_that_are_named_and_nowhere_else(what: str) -> None:
    pattern, allowed = PLACES[what]
    found = {
        name
        for name, tree in trees().items()
        if any(re.fullmatch(pattern, called) for called, _ in calls(tree))
    }
    assert found == set(allowed), f"who {what}"


def test_the_walk_sees_through_another_name() -> None:
    tree = ast.parse(
        "from lxml import etree as e\nfrom json import loads\nimport pickle as p\n"
        "e.fromstring(b'')\nloads('')\np.loads(b'')\neval('1')"
    )
    assert [name for name, _ in calls(tree)] == [
        "lxml.etree.fromstring",
        "json.loads",
        "pickle.loads",
        "eval",
    ]


def test_no_module_is_imported_that_reads_too_much() -> None:
    # escape() of xml.sax.saxutils writes and reads nothing; html.escape does the same.
    found = {
        (name, one)
        for name, tree in trees().items()
        for one in imports(tree)
        if re.fullmatch(MODULES, one)
    }
    assert found == set()


def test_no_call_switches_a_safety_off() -> None:
    off = {"verify": False, "shell": True, "huge_tree": True, "resolve_entities": True}
    off |= {"load_dtd": True, "no_network": False, "autoescape": False}
    for name, tree in trees().items():
        for called, call in calls(tree):
            for one in call.keywords:
                told = one.value.value if isinstance(one.value, ast.Constant) else None
                assert one.arg not in off or told is not off[one.arg], (name, called, one.arg)
        source = (ROOT / name).read_text()
        assert not re.search(r"CERT_NONE|check_hostname\s*=\s*False|verify_mode\s*=", source) or (
            name.endswith("simulator.py")
        ), name


def test_no_template_lets_text_through_as_markup() -> None:
    found = list((ROOT / "hub/web/templates").rglob("*"))
    assert len(found) > 10
    for path in (one for one in found if one.is_file()):
        assert path.suffix == ".html", "only those are escaped by themselves"
        text = path.read_text()
        assert not re.search(r"\|\s*safe\b|autoescape|\{%-?\s*include\s+[^'\"]|Markup", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
