"""Inputs that have failed a run as damaged, and are still the same objects."""

import re
from collections.abc import Iterable, Iterator

from seqstack.domain.classification import refused_input
from seqstack.domain.errors import Problem, UnknownRunError
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.ports import Ledger

_FRAME = re.compile(r"^FAILED [^:]*: |; exit code [0-9]+$")

_CURE = 'Replace it, under the same key or another one; "cache": false runs it as it is'


def still_damaged(run: RunRow, objects: Iterable[ObjectRead], ledger: Ledger) -> Iterator[Problem]:
    """Yield the objects that the alignment of the last run of the same work refused.

    The work is the same only if every object, image and option is, so the run would end in the same
    way. A mended object under the same key is another object.
    """
    last = _last_run(run, ledger)
    if last is None or not last.failure:
        return
    said = refused_input(last.failure, Step.ALIGN)
    if not said:
        return
    why = "; ".join(_FRAME.sub("", line) for line in said)
    since = f"run {last.run_id} failed on it: {why}. {_CURE}"
    named = [item for item in objects if _names(why, item.uri.name)]
    for item in named:
        yield Problem(item.path, f"{item.uri} has not changed since {since}")
    if not named:
        yield Problem("$", f"no input has changed since {since}")


def _names(text: str, name: str) -> bool:
    """True if the text has this file name, and not only a longer one."""
    return (
        re.search(rf"(?<![A-Za-z0-9_.-]){re.escape(name)}(?![A-Za-z0-9_-]|\.[A-Za-z0-9])", text)
        is not None
    )


def _last_run(run: RunRow, ledger: Ledger) -> RunRow | None:
    """The failed run that last held the results folder, if it did the same work."""
    claim = ledger.claim(run.results_folder) if run.results_folder and run.work_key else None
    if claim is None:
        return None
    try:
        last = ledger.run(claim.run_id)
    except UnknownRunError:  # its rows have expired
        return None
    return last if last.state is RunState.FAILED and last.work_key == run.work_key else None
