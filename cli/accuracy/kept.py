"""Pages of accuracy that this user has measured, by run, so that a run's other pages lead to them.

They are kept in `seqstack/accuracy` below XDG_DATA_HOME
(https://specifications.freedesktop.org/basedir-spec/latest/).
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from seqstack.domain.results import ACCURACY, CRATE_WORKFLOW
from seqstack.domain.run_names import RUN_ID

FOLDER, PAGE = ACCURACY.split("/")
FIGURES = "accuracy.json"
"""What `seqstack validate` writes beside results: a folder, and its page and figures."""


def keep_page(run_id: str, text: str) -> Path | None:
    """Keep the newest page of a run, readable by this user only; None if it can't be kept."""
    path = _path(run_id)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)  # a part of the page, on a full disk
        return None
    return path


def kept_page(run_id: str) -> Path | None:
    """The newest page of a run, if its accuracy was measured here."""
    path = _path(run_id) if RUN_ID.fullmatch(run_id) else None
    return path if path and path.is_file() else None


def run_of(folder: Path) -> str:
    """The run that has made the results in a folder; empty if the folder does not tell."""
    try:
        run_id = json.loads((folder / CRATE_WORKFLOW).read_text("utf-8"))["runId"]
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return run_id if isinstance(run_id, str) and RUN_ID.fullmatch(run_id) else ""


def _path(run_id: str) -> Path:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(home) / "seqstack/accuracy" / f"{run_id}.html"
