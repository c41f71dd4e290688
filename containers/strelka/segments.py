"""How many of the genome's segments Strelka has called, from the log of its workflow engine.

pyflow writes the log whatever `--quiet` says:
https://github.com/Illumina/strelka/blob/v2.9.x/docs/userGuide/README.md
"""

import re
from pathlib import Path

from seqstack.domain.progress import Counted, Unit

_LOG = Path("workspace/pyflow.data/logs/pyflow_log.txt")
_SEGMENT = rb"command task:? 'CallGenome\+callGenomeSegment_[^']*'"
_ADDED = re.compile(rb"\] Adding " + _SEGMENT)
_CALLED = re.compile(rb"\] Completed " + _SEGMENT)
_ALL_ADDED = b"[TaskRunner:CallGenome] Finished task specification"


class Segments:
    """Counts segments; their total is unknown until all of them are planned.

    `run_dir` is Strelka's run folder.
    """

    def __init__(self, run_dir: Path) -> None:
        self._log = run_dir / _LOG
        self._at = self._added = self._called = 0
        self._are_all_added = False

    def __call__(self) -> Counted | None:
        """The segments so far; None before there are any."""
        self._read()
        if not self._added:
            return None
        return Counted(Unit.WINDOWS, self._called, self._added if self._are_all_added else None)

    def _read(self) -> None:
        """Read the lines that are new."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._at)
                text = log.read()
        except FileNotFoundError:
            return
        lines, _, _ = text.rpartition(b"\n")
        self._at += len(lines)
        self._added += len(_ADDED.findall(lines))
        self._called += len(_CALLED.findall(lines))
        self._are_all_added = self._are_all_added or _ALL_ADDED in lines
