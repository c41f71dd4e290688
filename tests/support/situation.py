"""A sample event and its world."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.records import JobRow, RunRow, StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from tests.support.aws_world import AwsWorld
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    RESULTS_BUCKET,
    RUN_ID,
    all_steps,
    run_row,
    step_plan,
)
from tests.support.written_results import write_run, write_step

type Invoke = Callable[[str, Any], dict[str, Any]]

TOKEN = "token-before-the-event"
RESULTS = ResultLayout(S3Uri.parse(f"s3://{RESULTS_BUCKET}/results/"), "NA12878")


@dataclass
class Situation:
    """One event of a function; nothing has happened yet."""

    world: AwsWorld
    invoke: Invoke
    function: str
    event: Any

    def handle(self) -> dict[str, Any]:
        """Call the handler; its answer must survive Lambda's conversion to JSON."""
        answer = self.invoke(self.function, self.event)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    @property
    def run(self) -> RunRow:
        return self.world.ledger.history(RUN_ID).run

    @property
    def align(self) -> StepRow:
        return self.world.ledger.step(RUN_ID, Step.ALIGN)

    @property
    def job(self) -> JobRow:
        job = self.world.ledger.job(ALIGN)
        assert job
        return job

    def open_run(self) -> None:
        """The run is open, and no step has begun."""
        plan = step_plan(job_queue="highPriority-dev", job_definition="bwa-dev:1")
        assert self.world.ledger.open_run(run_row(), [StepRow(RUN_ID, plan), *all_steps()[1:]])

    def submit_align(self, job_id: str = JOB_ID) -> None:
        """The run's first job is submitted, and TOKEN waits for it."""
        self.open_run()
        self.world.ledger.arm_job(ALIGN, step_plan(), TOKEN)
        self.world.ledger.start_step(RUN_ID, Step.ALIGN, 1)
        self.world.ledger.record_submission(ALIGN, job_id)

    def upload_inputs(self, document: Any) -> None:
        """Everything that the input names is in S3."""
        found = CheckedInput.of(document, RESULTS_BUCKET).objects_read()
        wanted = [item.uri for item in found if not item.is_optional]
        s3 = self.world.client("s3")
        there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        for bucket in {uri.bucket for uri in wanted} - there:
            s3.create_bucket(Bucket=bucket)
        for uri in wanted:
            self.world.put_object(uri)

    def upload_results(self) -> None:
        """Every step has written its results."""
        write_run(self.world.client("s3"), RESULTS, self.world.ledger, RUN_ID)

    def write_align(self, job_id: str = JOB_ID) -> None:
        """The first job has written its results."""
        write_step(self.world.client("s3"), RESULTS, Step.ALIGN, job_id)
