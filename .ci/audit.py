"""Ask whether anything we stand on has a known vulnerability: python .ci/audit.py

It ends with 1 when there is one. A registry that cannot be asked proves nothing: that is said
loudly, and stops nothing, as the same code must build on a machine without that reach.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

WEB = Path(__file__).parent.parent / "hub" / "web"


class Verdict(NamedTuple):
    """What an audit came to: faults by name, how many were looked at, and why others were not."""

    faults: list[str]
    looked_at: int
    unasked: str = ""


def main() -> int:
    """Audit both halves; return the exit code."""
    found = {"Python": read_pip(_run(*_PIP)), "front-end": read_npm(_run(*_NPM))}
    for name, verdict in found.items():
        print(f"{name}: {told(verdict)}", file=sys.stderr)
    return 1 if any(verdict.faults for verdict in found.values()) else 0


_PIP = (sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off", "-f", "json")
_NPM = ("npm", "audit", "--json", "--prefix", str(WEB))


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return json.dumps({"error": {"summary": type(error).__name__}})
    return done.stdout or json.dumps({"error": {"summary": done.stderr.strip()[-300:]}})


def read_pip(text: str) -> Verdict:
    """Return what pip-audit said. What it skipped was not looked at, whatever its exit code."""
    answer = _parsed(text)
    listed = [one for one in answer.get("dependencies", []) if one["name"] != "schuldenhub"]
    looked_at = [one for one in listed if "skip_reason" not in one]
    faults = [
        f"{one['name']} {one['version']}: {vulnerability['id']}"
        for one in looked_at
        for vulnerability in one["vulns"]
    ]
    skipped = [one["skip_reason"] for one in listed if "skip_reason" in one]
    why = f"{len(skipped)} skipped, such as: {skipped[0]}" if skipped else _failure(answer)
    return Verdict(faults, len(looked_at), why or ("" if listed else "nothing was listed"))


def read_npm(text: str) -> Verdict:
    """Return what `npm audit --json` said."""
    answer = _parsed(text)
    faults = [
        f"{name}: {one['severity']}" for name, one in answer.get("vulnerabilities", {}).items()
    ]
    counted = answer.get("metadata", {}).get("dependencies", {}).get("total", 0)
    return Verdict(faults, counted, _failure(answer) or ("" if counted else "nothing was counted"))


def _parsed(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {"error": {"summary": f"no JSON: {text[:200]}"}}
    return answer if isinstance(answer, dict) else {"error": {"summary": "not an object"}}


def _failure(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    summary = error.get("summary") if isinstance(error, dict) else error
    return str(summary or answer.get("message") or "")


def told(verdict: Verdict) -> str:
    """Return a verdict as a sentence."""
    parts = []
    if verdict.faults:
        parts.append("KNOWN VULNERABILITIES: " + "; ".join(verdict.faults))
    if verdict.looked_at:
        parts.append(f"{verdict.looked_at} packages audited")
    if verdict.unasked:
        parts.append(f"*** NOT AUDITED, because: {verdict.unasked} ***")
    return ". ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
