"""Regenerate tests/harness/permissions/authorization.json from the data that parliament ships.

That data is AWS's Service Authorization Reference in machine-readable form. The file has the
actions that tests/harness/permissions needs: to add an action, add its name there with `{}`, then
run this script.

    python scripts/authorization_data.py
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = ROOT / "tests/harness/permissions/authorization.json"
_PARLIAMENT: Final = "lib/python*/site-packages/parliament/iam_definition.json"


def reference() -> list[dict[str, Any]]:
    """Every service with its actions and resource types, from parliament.

    Raises:
        FileNotFoundError: `make setup` has not installed parliament.
    """
    found = next((ROOT / ".venv-security").glob(_PARLIAMENT), None)
    if found is None:
        raise FileNotFoundError("parliament is missing: run `make setup`")
    services: list[dict[str, Any]] = json.loads(found.read_text())
    return services


def extract(services: Iterable[Mapping[str, Any]], actions: Iterable[str]) -> dict[str, Any]:
    """The entries of these actions (`service:Action`) in the reference.

    Each entry has the ARN formats of the action's resource types by name. A name ends in `*` if an
    ARN of that type is required. Without resource types, the action supports no resource-level
    permissions.

    Raises:
        KeyError: the reference has no such action.
    """
    known = {service["prefix"]: service for service in services}
    found = {}
    for action in sorted(actions):
        prefix, _, name = action.partition(":")
        service = known[prefix]
        formats = {each["resource"]: each["arn"] for each in service["resources"]}
        types = [
            row["resource_type"]
            for privilege in service["privileges"]
            if privilege["privilege"] == name
            for row in privilege["resource_types"]
        ]
        if not types:
            raise KeyError(action)
        found[action] = {kind: formats[kind.rstrip("*")] for kind in sorted(types) if kind}
    return found


def main() -> int:
    """Write the file; return the exit status."""
    actions = json.loads(DATA.read_text())
    DATA.write_text(json.dumps(extract(reference(), actions), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
