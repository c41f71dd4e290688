"""A sample aligned in parts by the real tools: one part's job is killed, the result is the same."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pysam
import pytest

from cli.screen.views import RunView
from demo.exome.generate import DemoExome
from emulator.local_sample import LocalSample
from emulator.staging import INPUTS, stage_reads, stage_reference
from emulator.watch import follow_run, start_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.records import RunHistory
from seqstack.domain.words import RunState, Step
from tests.e2e.test_own_files import wait_for_program
from tests.harness.emulator import Emulator

pytestmark = pytest.mark.long

PARTS = {"alignPart1", "alignPart2", "alignPart3"}


class Sample:
    """The exome in the emulator's S3, and its runs."""

    def __init__(self, emulator: Emulator, exome: DemoExome, folder: Path) -> None:
        self._emulator, self._folder = emulator, folder
        self.ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))
        self._s3 = emulator.client("s3")
        self._s3.create_bucket(Bucket=INPUTS.bucket)
        files = LocalSample(
            "mine",
            exome.reference,
            fastq1=exome.fastq1,
            fastq2=exome.fastq2,
            annotation=exome.annotation,
        )
        reads = stage_reads(files, self._s3, INPUTS, folder)
        # batches of about 500 pairs
        options = {"bwa": {"cmdArgs": "-K 100000"}}
        self._document = reads | stage_reference(files, self._s3, INPUTS).keys | options

    def start(self, run_id: str, **changes: Any) -> str:
        return start_run(self._emulator, run_id, self._document | changes)

    def wait(self, arn: str) -> RunView:
        return follow_run(self._emulator, self.ledger, arn, lambda _: None)

    def history(self, run_id: str) -> RunHistory:
        return self.ledger.history(run_id)

    def records(self, run_id: str) -> list[str]:
        """The records of the run's BAM."""
        (row,) = (row for row in self.history(run_id).steps if row.step == Step.ALIGN)
        bam, path = row.written[0].uri, self._folder / f"{run_id}.bam"
        self._s3.download_file(bam.bucket, bam.key, str(path))
        return pysam.view(str(path)).splitlines()


@pytest.fixture
def sample(
    pytestconfig: pytest.Config, indexed_exome: DemoExome, tmp_path: Path
) -> Iterator[Sample]:
    built = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUTS.bucket}"}
    with Emulator(built, parameters) as emulator:
        yield Sample(emulator, indexed_exome, tmp_path)


def test_run_in_parts_of_which_one_is_killed_gives_the_alignment_of_all_reads(
    sample: Sample,
) -> None:
    assert sample.wait(sample.start("whole")).state is RunState.SUCCEEDED
    expected = sample.records("whole")

    arn = sample.start("parts", alignInParts=len(PARTS))
    os.kill(wait_for_program(os.getpid(), "bwa"), signal.SIGKILL)  # as for want of memory
    view = sample.wait(arn)

    assert view.state is RunState.SUCCEEDED, view
    attempts = [job.key.attempt for job in sample.history("parts").jobs if job.key.step in PARTS]
    assert sorted(attempts) == [1, 1, 1, 2]
    assert sample.records("parts") == expected

    again = sample.wait(sample.start("again", alignInParts=len(PARTS)))
    assert again.state is RunState.SUCCEEDED
    assert not sample.history("again").jobs
