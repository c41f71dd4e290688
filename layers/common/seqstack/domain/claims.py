"""Claims: which run may write to a results folder, and which steps wait for it."""

from dataclasses import dataclass
from typing import Self

from seqstack.domain.records import RunRow
from seqstack.domain.words import StepName


@dataclass(frozen=True, slots=True)
class Claim:
    """The run that holds a results folder, while that run is running."""

    folder: str
    run_id: str
    work_key: str


@dataclass(frozen=True, slots=True)
class Taking:
    """A claim that a run takes; `over` is the claim that was read, whose run has ended."""

    claim: Claim
    over: Claim | None = None

    @classmethod
    def by(cls, run: RunRow, over: Claim | None) -> Self:
        """The claim of `run` on its results folder."""
        return cls(Claim(run.results_folder, run.run_id, run.work_key), over)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for another run's, and the task token to answer."""

    folder: str
    run_id: str
    step: StepName
    token: str
