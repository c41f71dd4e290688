"""Hooks of schemathesis: use runs and a reference that exist.

Most requests about a run get an existing one, so that not all answers are 404.
"""

import json
import os
from itertools import cycle
from typing import Any

import schemathesis

from tests.support.prepared import OTHER_VERSION, VERSION

# not at random: Hypothesis gives `random` the same seed for every example
_RUNS = cycle([*json.loads(os.environ.get("KNOWN_RUNS", "[]")), None])
_REFERENCES = cycle([("GRCh38", OTHER_VERSION), ("GRCh38", VERSION), ("", "")])


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> Any:
    """Replace generated names by those of a known run or reference."""
    for name in ("runId", "run_id"):
        if path_parameters and name in path_parameters:
            path_parameters[name] = next(_RUNS) or path_parameters[name]
    if path_parameters and "name" in path_parameters:
        for key, known in zip(("name", "version"), next(_REFERENCES), strict=True):
            if key in path_parameters:
                path_parameters[key] = known or path_parameters[key]
    return path_parameters
