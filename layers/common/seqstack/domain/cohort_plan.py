"""A cohort's samples as runs: their inputs, the ids that make repeats start nothing twice, and what
is left to do."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seqstack.domain.cohort_record import content_hash, run_prefix
from seqstack.domain.records import RunRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_sheet import SheetSample
from seqstack.domain.words import RunState

# What does not change a run's results.
_NOT_CONTENT = ("cohortId", "cohortSize", "tags", "project", "submitter", "cache")
# A run asks for its job definitions by six calls, of which AWS Batch takes 50 a second;
# benchmarks/scale_simulation.py shows what more starts do.
STARTS_PER_SECOND = 5
_ID = re.compile(r"(c-[0-9a-f]{8}-[0-9a-f]{32})-([0-9]{1,4})")


class Intent(StrEnum):
    """What a cohort's execution does with a sample."""

    NEW = "new"  # this content has not run in this cohort
    AGAIN = "again"  # its last run did not succeed
    FOLLOW = "follow"  # its run is running
    DONE = "done"  # its run has succeeded, and its results are there


@dataclass(frozen=True, slots=True)
class PlannedSample:
    """A sample of the sheet, its run, and what is to be done.

    Attributes:
        sample_id: the sample.
        line: the line of its first row.
        run_id: the run to start, to follow, or that has succeeded.
        intent: which of these.
        input_bytes: the size of its reads.
        document: the input of its run.
    """

    sample_id: str
    line: int
    run_id: str
    intent: Intent
    input_bytes: int
    document: Mapping[str, Any]

    @property
    def is_left(self) -> bool:
        """Whether an execution of the cohort is to start or follow its run."""
        return self.intent is not Intent.DONE

    def as_item(self, wait_seconds: int = 0) -> dict[str, Any]:
        """The item of the Distributed Map; its execution begins after so many seconds."""
        return {
            "runId": self.run_id,
            "waitSeconds": wait_seconds,
            "isUnderWay": self.intent is Intent.FOLLOW,
            "input": self.document,
        }


def start_delays(samples: int, at_once: int) -> list[int]:
    """The seconds that each sample of a cohort waits before its run starts.

    A Distributed Map starts as many as may run at the same time at once; they are spread. Others
    start when one of these has ended.
    """
    return [number // STARTS_PER_SECOND if number < at_once else 0 for number in range(samples)]


def run_document(
    sample: SheetSample, folder: S3Uri, shared: Mapping[str, Any], cohort: tuple[str, int]
) -> dict[str, Any]:
    """The input of a sample's run.

    Args:
        sample: the sample; places that are not S3 URIs are relative to `folder`.
        folder: the folder of the sheet.
        shared: the keys that all samples have.
        cohort: the cohort's id, and the number of its samples.
    """
    document: dict[str, Any] = {
        **shared,
        "sampleId": sample.sample_id,
        "cohortId": cohort[0],
        "cohortSize": cohort[1],
    }
    if sample.rows[0].alignment:
        document["readsS3Path"] = [_place(row.alignment, folder) for row in sample.rows]
    else:
        document["fastq1S3Path"] = [_place(row.fastq1, folder) for row in sample.rows]
        document["fastq2S3Path"] = [_place(row.fastq2, folder) for row in sample.rows]
        document.pop("readsReferenceS3Path", None)
    tags = {"patient": sample.patient, "sex": str(sample.sex or ""), **sample.tags}
    common = shared.get("tags")
    own = {key: value for key, value in tags.items() if value}
    document["tags"] = {**(common if isinstance(common, Mapping) else {}), **own}
    return document


def _place(text: str, folder: S3Uri) -> str:
    return text if text.startswith("s3://") else f"{folder}{text}"


def content_id(document: Mapping[str, Any], reads: Iterable[str]) -> str:
    """The part of a run's id that says which cohort and content it is of.

    Two samples of one cohort, or one before and after a change, have the same id only if their
    runs would give the same results. It tells nothing about the sample: ids are written to logs.
    `reads` are the identities of the reads' content, in their order.
    """
    content = {key: value for key, value in document.items() if key not in _NOT_CONTENT}
    tags = document.get("tags")
    if isinstance(tags, Mapping) and "sex" in tags:  # it is compared with the measured one
        content["sex"] = tags["sex"]
    return f"{run_prefix(document['cohortId'])}{content_hash([content, list(reads)], 32)}"


def next_run(
    content: str, earlier: Iterable[RunRow], void: Collection[str] = ()
) -> tuple[str, Intent]:
    """The id of the run for this content, and what is to be done, from the cohort's `earlier` runs.

    Step Functions starts one execution for each name, so another try needs another name. A run that
    has succeeded is not done if its results are `void`, or if a later one of its sample had other
    content: that one's results are in the sample's folder.
    """
    known = list(earlier)
    tries = {
        int(found[2]): run
        for run in known
        if (found := _ID.fullmatch(run.run_id)) and found[1] == content
    }
    if not tries:
        return f"{content}-1", Intent.NEW
    done = [
        number
        for number, run in tries.items()
        if run.state is RunState.SUCCEEDED and run.run_id not in void
    ]
    if done and not _is_replaced(tries[max(done)], content, known):
        return f"{content}-{max(done)}", Intent.DONE
    last = max(tries)
    if not tries[last].state.is_terminal:
        return f"{content}-{last}", Intent.FOLLOW
    return f"{content}-{last + 1}", Intent.AGAIN


def _is_replaced(run: RunRow, content: str, known: Iterable[RunRow]) -> bool:
    """Whether a later run of the sample had other content; a joint call is of no sample."""
    return bool(run.sample_id) and any(
        other.sample_id == run.sample_id
        and other.started_at > run.started_at
        and not other.run_id.startswith(f"{content}-")
        for other in known
    )
