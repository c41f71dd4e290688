"""Resume and call caching with the real tools: what is done once is not done again."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.screen.run_table import print_run
from cli.screen.views import RunView
from demo.exome.generate import DemoExome
from emulator.local_sample import LocalSample
from emulator.staging import INPUTS, stage_reads, stage_reference
from emulator.watch import follow_run, start_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step, StepState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.emulator import Emulator
from tests.support.waiting import until

pytestmark = pytest.mark.long

type Run = Callable[[str, dict[str, Any]], tuple[RunView, set[Step]]]

ALL = set(SECONDARY_ANALYSIS.step_names)


@pytest.fixture
def emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    built = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUTS.bucket}"}
    with Emulator(built, parameters) as emulator:
        yield emulator


@pytest.fixture
def run(emulator: Emulator) -> Run:
    """Run an input to its end: the run as a user sees it, and the steps that had a job."""
    ledger = ledger_of(emulator)

    def run(run_id: str, document: dict[str, Any]) -> tuple[RunView, set[Step]]:
        arn = start_run(emulator, run_id, document)
        view = follow_run(emulator, ledger, arn, lambda _: None)
        return view, {job.key.step for job in ledger.history(run_id).jobs}

    return run


def until_versions_are_known(emulator: Emulator, run_id: str) -> RunRow:
    """The run's row, once each step that succeeded has said which programs it ran."""

    def are_known(history: RunHistory) -> bool:
        done = {row.step for row in history.steps if row.state is StepState.SUCCEEDED}
        return done <= set(history.run.tool_versions)

    ledger = ledger_of(emulator)
    return until(lambda: ledger.history(run_id), are_known).run


def ledger_of(emulator: Emulator) -> Ledger:
    return Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))


def origins(view: RunView) -> dict[Step, str]:
    return {step.step: step.reused_from for step in view.steps if step.reused_from}


def shifted(annotation: Path) -> bytes:
    """Genes as of another assembly: every feature one base further on."""
    rows = [line.split("\t") for line in annotation.read_text().splitlines()]
    moved = [
        [*row[:3], str(int(row[3]) + 1), str(int(row[4]) + 1), *row[5:]] if len(row) > 4 else row
        for row in rows
    ]
    return "".join("\t".join(row) + "\n" for row in moved).encode()


def screen(view: RunView) -> str:
    """The summary as the terminal shows it."""
    console = Console(file=io.StringIO(), width=120)
    print_run(console, view)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_runs_of_one_sample_do_every_step_once(
    emulator: Emulator, run: Run, indexed_exome: DemoExome, tmp_path: Path
) -> None:
    sample = LocalSample(
        "mine",
        indexed_exome.reference,
        fastq1=indexed_exome.fastq1,
        fastq2=indexed_exome.fastq2,
        annotation=indexed_exome.annotation,
    )
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=INPUTS.bucket)
    document = stage_reads(sample, s3, INPUTS, tmp_path) | stage_reference(sample, s3, INPUTS).keys
    genes = S3Uri.parse(document["annotationS3Path"])
    s3.put_object(Bucket=genes.bucket, Key=genes.key, Body=shifted(indexed_exome.annotation))

    failed, jobs = run("genes-broken", document)
    assert (failed.state, jobs) == (RunState.FAILED, ALL - {Step.AGGREGATE_QC})
    assert failed.cause.startswith("annotate (snpEff) failed")

    s3.upload_file(str(indexed_exome.annotation), genes.bucket, genes.key)
    mended, jobs = run("genes-mended", document)
    stopped = {Step.TARGET_METRICS}  # perhaps, by the failure beside it
    anew = {Step.ANNOTATE, Step.AGGREGATE_QC}
    assert (mended.state, jobs - stopped) == (RunState.SUCCEEDED, anew)
    assert origins(mended) == dict.fromkeys(ALL - jobs, "genes-broken")
    reused = "align, callVariants, alignmentStats"
    assert f"Reused from run genes-broken: {reused}" in screen(mended)

    same, jobs = run("same-again", document)
    assert (same.state, jobs) == (RunState.SUCCEEDED, set())
    last = dict.fromkeys(ALL, "genes-mended")
    assert origins(same) == last | origins(mended)

    other = document | {"bcftools": {"cmdArgs": "--min-BQ 30"}}
    called, jobs = run("other-options", other)
    assert (called.state, jobs) == (RunState.SUCCEEDED, {Step.CALL_VARIANTS, *anew})
    assert set(origins(called)) == {Step.ALIGN, Step.ALIGNMENT_STATS, Step.TARGET_METRICS}

    made = [until_versions_are_known(emulator, name) for name in ("genes-broken", "other-options")]
    assert made[1].tool_versions[Step.ALIGN] == made[0].tool_versions[Step.ALIGN]
    assert set(made[1].tool_versions[Step.ALIGN]) == {"bwa", "samtools"}
    assert set(made[1].tool_versions) == ALL  # of reused steps, too
    assert made[1].images == made[0].images
    assert all("@sha256:" in image for image in made[1].images.values())
    assert made[1].state_machine_version.endswith(":stateMachine:secondary_analysis-dev:1")
