"""A real job tells its progress; the API, the command line and the emulator show it."""

import gzip
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.screen.views import RunView
from demo.exome.generate import DemoExome
from emulator import job_runners
from emulator.local_sample import LocalSample
from emulator.staging import INPUTS, stage_reads, stage_reference
from emulator.watch import follow_run, start_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.progress import Counted, Phase, Unit
from tests.harness.emulator import Emulator
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.long

LIMIT_SECONDS = 1200


class Held:
    """Programs of jobs that go on only once they are released."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "programs"
        self.folder.mkdir()

    def hold(self, program: str, condition: str, *, before: bool) -> None:
        """Hold a program up, before or after its work, if the shell's condition is true."""
        real = shutil.which(program)
        assert real
        file = shlex.quote(str(self._release(program)))
        wait = f"if {condition}; then while [ ! -e {file} ]; do sleep 0.1; done; fi"
        work = f'{shlex.quote(real)} "$@"; status=$?'
        first, then = (wait, work) if before else (work, wait)
        wrapper = self.folder / program
        wrapper.write_text(f"#!/bin/sh\n{first}\n{then}\nexit $status\n")
        wrapper.chmod(0o755)

    def release(self, program: str) -> None:
        self._release(program).touch()

    def is_released(self, program: str) -> bool:
        return self._release(program).exists()

    def _release(self, program: str) -> Path:
        return self.folder / f"{program}.go-on"


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Held:
    """Jobs tell their progress all the time. They stop after aligning, and after calling."""
    held = Held(tmp_path)
    held.hold("bwa", '[ "$1" = mem ]', before=False)
    held.hold("bcftools", 'echo "$*" | grep -q trim-alt-alleles', before=True)
    environment = job_runners.job_environment

    def telling(repository: Path, aws: Mapping[str, str]) -> dict[str, str]:
        made = environment(repository, aws)
        path = os.pathsep.join([str(held.folder), made["PATH"]])
        return made | {"SEQSTACK_PROGRESS_SECONDS": "0", "PATH": path}

    monkeypatch.setattr(job_runners, "job_environment", telling)
    return held


@pytest.fixture
def emulator(pytestconfig: pytest.Config, held: Held) -> Iterator[Emulator]:
    built = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUTS.bucket}"}
    with Emulator(built, parameters, check_permissions=True) as emulator:
        yield emulator


def seqstack(emulator: Emulator, *arguments: str) -> str:
    """What `seqstack` prints for the emulator's user."""
    ended = subprocess.run(
        [Path(sys.executable).with_name("seqstack"), "--region", "us-east-1", *arguments],
        env={
            "PATH": os.environ["PATH"],
            "SEQSTACK_API_URL": emulator.outputs["ApiUrl"],
            "AWS_ACCESS_KEY_ID": emulator.keys.access_key,
            "AWS_SECRET_ACCESS_KEY": emulator.keys.secret_key,
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def reads_of(fastq: Path) -> int:
    with gzip.open(fastq) as lines:
        return sum(1 for _ in lines) // 4


def test_running_jobs_tell_what_they_have_done_of_all(
    emulator: Emulator, held: Held, indexed_exome: DemoExome, tmp_path: Path
) -> None:
    sample = LocalSample(
        sample_id=indexed_exome.spec.sample_id,
        fastq1=indexed_exome.fastq1,
        fastq2=indexed_exome.fastq2,
        reference=indexed_exome.reference,
        annotation=indexed_exome.annotation,
    )
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=INPUTS.bucket)
    document = stage_reads(sample, s3, INPUTS, tmp_path) | stage_reference(sample, s3, INPUTS).keys
    reads = sum(map(reads_of, (*indexed_exome.fastq1, *indexed_exome.fastq2)))
    ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))
    give_up = time.monotonic() + LIMIT_SECONDS
    shown: dict[str, Any] = {}
    windows: set[int] = set()

    def look(view: RunView) -> None:
        assert time.monotonic() < give_up, view
        for step in view.steps:
            counted = step.progress.counted if step.progress else None
            if counted == Counted(Unit.READS, reads, reads) and not held.is_released("bwa"):
                shown["json"] = json.loads(seqstack(emulator, "status", "progress", "--json"))
                shown["text"] = seqstack(emulator, "status", "progress")
                held.release("bwa")
            if counted and counted.unit is Unit.WINDOWS and counted.done == counted.total:
                windows.add(counted.done)
                held.release("bcftools")

    ended = follow_run(emulator, ledger, start_run(emulator, "progress", document), look)
    after = ApiClient.of(emulator).get("/runs/progress").json

    assert ended.succeeded, ended
    (job,) = next(step["jobs"] for step in shown["json"]["steps"] if step["step"] == "align")
    progress = job["progress"]
    assert (progress["phase"], progress["unit"]) == (Phase.RUN, Unit.READS)
    assert (progress["done"], progress["total"], progress["isEstimate"]) == (reads, reads, False)
    assert progress["secondsLeft"] is None  # nothing is left
    assert f"align: {reads:,} of {reads:,} reads aligned" in shown["text"].splitlines()
    (called,) = windows
    assert called > 0
    assert {job["progress"] for step in after["steps"] for job in step["jobs"]} == {None}
    assert {str(refusal) for refusal in emulator.permissions.refused} == set()
