"""What a folder still has of earlier results, where a run's results are written into it."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

from cli.accuracy.kept import FIGURES, FOLDER, PAGE
from seqstack.domain.manifest import StoredObject
from seqstack.domain.provenance import Provenance
from seqstack.domain.results import VARIANTS
from seqstack.domain.run_names import RUN_ID


def files_of_other_runs(folder: Path, uris: Iterable[str]) -> list[Path]:
    """The provenance in a folder, and the files that it lists, except those of a run's objects.

    The run's own provenance replaces some of it, so this is to be asked before that is written.
    """
    own = tuple(uris)
    listed: list[Path] = []
    for record in sorted(folder.glob("provenance/*.json")):
        with suppress(ValueError):  # the run's RO-Crate
            outputs = Provenance.parse(record.read_bytes()).outputs
            listed += [record, *(file for each in outputs if (file := _place(each, folder)))]
    return [
        file
        for file in dict.fromkeys(listed)
        if not any(uri.endswith(f"/{file.relative_to(folder).as_posix()}") for uri in own)
    ]


def _place(stored: StoredObject, folder: Path) -> Path | None:
    """Where an object lies in a folder that has the files below an unknown part of its key."""
    parts = stored.uri.key.split("/")
    places = (folder.joinpath(*parts[first:]) for first in range(len(parts)))
    return next((each for each in places if _has_size(each, stored.size)), None)


def _has_size(file: Path, size: int) -> bool:
    return file.is_file() and file.stat().st_size == size


def set_accuracy_aside(folder: Path) -> Path | None:
    """Rename the accuracy that was measured of other calls, to which the run's report would link.

    Returns:
        Its new place; None if there is none, or it is of the calls in the folder.
    """
    measured, calls = folder / FOLDER, folder / VARIANTS
    if not ((measured / PAGE).is_file() and calls.is_file()):
        return None
    try:
        figures = json.loads((measured / FIGURES).read_text("utf-8"))
        sha256, run_id = figures["callsSha256"], str(figures["runId"])
    except (OSError, ValueError, LookupError, TypeError):
        sha256, run_id = None, ""
    with calls.open("rb") as content:
        if sha256 == hashlib.file_digest(content, "sha256").hexdigest():
            return None
    name = f"{FOLDER}-{run_id if RUN_ID.fullmatch(run_id) else 'earlier'}"
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    return measured.rename(next(each for each in map(folder.joinpath, names) if not each.exists()))
