"""Feed FASTQ files to a program that must not be given malformed ones.

fastp stops reading at a malformed record, and then waits forever for more; so it does if one file
has fewer reads. Both are found here, while the files are read.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import override

from jobkit.errors import InvalidInputError
from jobkit.pair_feed import PairFeed
from jobkit.processes import ProcessGroup
from jobkit.record_form import RecordForm
from seqstack.domain.reads.records import LINES_PER_RECORD


class StrictPairFeed(PairFeed):
    """Feeds two FASTQ files whose records are well-formed, and of which neither has more.

    All suffixes of names are removed, because UMIs are appended to names.
    """

    drops_marks = True

    def __init__(self, group: ProcessGroup, paths: Sequence[Path]) -> None:
        super().__init__(group, paths)
        self._forms = [RecordForm() for _ in paths]
        self._ends: dict[int, int] = {}
        self._lock = threading.Lock()

    @override
    def _feed(self, index: int) -> None:
        super()._feed(index)
        if self._problem or self._is_stopped:
            return
        if self._refuse_malformed(index, self._forms[index].end()):
            with self._lock:
                self._ends[index] = self._records(index)
            self._refuse_uneven()

    @override
    def _count(self, index: int, chunk: bytes) -> None:
        super()._count(index, chunk)
        self._refuse_uneven()
        self._refuse_malformed(index, self._forms[index].feed(chunk))

    @override
    def _compare(self, index: int, chunk: bytes) -> bool:
        return not self._difference and super()._compare(index, chunk)

    def _refuse_malformed(self, index: int, problem: str) -> bool:
        if problem and not self._difference:
            self._difference = InvalidInputError(
                f"{self._paths[index].name} is not FASTQ: a record is malformed",
                hint="a record is four lines: @ and a name, bases, +, and a quality for each base",
                evidence=[problem],
            )
            self._group.report(self._difference)
        return not problem

    def _refuse_uneven(self) -> None:
        """Report that one file has ended, and the other one has more reads."""
        with self._lock:
            for ended, count in self._ends.items():
                has_more = self._counters[1 - ended].lines // LINES_PER_RECORD > count
                if has_more and not self._difference:
                    name = self._paths[ended].name
                    self._difference = self._not_a_pair(f"{name} has {count} reads, fewer")
                    self._group.report(self._difference)
