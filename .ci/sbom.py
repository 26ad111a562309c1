"""Write the bill of materials (CycloneDX): python .ci/sbom.py [folder, build/sbom without it]

One for Python, made from the environment this runs in, and one for the front-end, made from its
lock file. It ends with 1 when something that the hub imports is not on it with version and licence.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
OURS = ("hub", "plugins", "schemas")


def main(folder: Path) -> int:
    """Write both; return the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    python, web = folder / "python.cdx.json", folder / "web.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--of", "JSON"]
    subprocess.run([*command, "-o", str(python), sys.executable], check=True)
    npm = ["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]
    web.write_bytes(subprocess.run(npm, cwd=ROOT / "hub/web", check=True, stdout=-1).stdout)
    faults = lacking(json.loads(python.read_text()), imported())
    for fault in faults:
        print(f"sbom: {fault}", file=sys.stderr)
    return 1 if faults else 0


def lacking(bill: dict[str, Any], names: set[str]) -> list[str]:
    """Return what is wrong with a bill that should hold distributions called `names`."""
    listed = {_plain(one["name"]): one for one in bill["components"]}
    absent = [f"{name} is absent" for name in sorted(names) if name not in listed]
    known = [listed[name] for name in sorted(names) if name in listed]
    absent += [f"{one['name']} has no version" for one in known if not one.get("version")]
    return absent + [f"{one['name']} has no licence" for one in known if not one.get("licenses")]


def imported() -> set[str]:
    """Return the distributions that the code of the hub and its plugins imports."""
    owners = packages_distributions()
    modules = {name for path in _files() for name in _imports(ast.parse(path.read_text()))}
    found = {owner for name in modules for owner in owners.get(name, [])}
    return {_plain(name) for name in found} - {"schuldenhub"}


def _files() -> Iterator[Path]:
    for folder in OURS:
        yield from (one for one in (ROOT / folder).rglob("*.py") if "node_modules" not in one.parts)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/sbom")))
