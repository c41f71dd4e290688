"""Check that the state machines of template.yaml are valid and follow this project's rules.

Each definition is checked as Step Functions would get it: substitutions filled in, then npm's
asl-validator (https://github.com/ChristopheBougere/asl-validator), then the rules of asl_rules.

    python scripts/check_asl.py [TEMPLATE]
"""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers/common")]

from cli.output import print_text  # noqa: E402
from scripts.asl_definitions import Definition, SubstitutionError, definitions  # noqa: E402
from scripts.asl_rules import complaints  # noqa: E402
from seqstack.domain import errors  # noqa: E402

_NODE: Final = Path(sys.prefix) / "bin/node"
_VALIDATOR: Final = ROOT / "requirements/npm/node_modules/.bin/asl-validator"
OWN_ERRORS: Final = frozenset(
    name for name, _ in inspect.getmembers(errors, inspect.isclass) if name.endswith("Error")
)


def language_complaints(text: str) -> list[str]:
    """Complaints of asl-validator about a definition; empty if it is valid.

    Raises:
        FileNotFoundError: `make setup` has not installed asl-validator.
    """
    if not _VALIDATOR.exists() or not _NODE.exists():
        raise FileNotFoundError(f"{_VALIDATOR} or {_NODE} is missing: run `make setup`")
    validator = subprocess.run(
        [_NODE, _VALIDATOR, "--json-definition", text],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if validator.returncode == 0:
        return []
    return [line.strip() for line in (validator.stderr + validator.stdout).splitlines() if line]


def check(definition: Definition) -> list[str]:
    """All complaints about one definition."""
    try:
        parsed = json.loads(definition.text)
    except json.JSONDecodeError as error:
        return [f"is not JSON: {error}"]
    if wrong := language_complaints(definition.text):
        return wrong
    return list(complaints(definition.text, parsed, OWN_ERRORS))


def main(template: Path) -> int:
    """Check every definition; return the exit status, 0 only if all are valid."""
    try:
        wrong = {found.path: check(found) for found in definitions(template)}
    except (SubstitutionError, FileNotFoundError) as error:
        print_text(str(error), err=True)
        return 1
    if not wrong:
        print_text(f"{template}: declares no state machine", err=True)
        return 1
    for path, lines in wrong.items():
        for line in lines:
            print_text(f"{path}: {line}", err=True)
        if not lines:
            print_text(f"{path}: valid")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("template.yaml")))
