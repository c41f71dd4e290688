"""A second workflow, with steps of its own and no sample, finds the whole stack waiting.

Only its own modules, its lines in the registries and its rows in the template are added
(`build.py`). This process does not know it: what the command line and the ledger show here is what
an older version would.
"""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.errors import ExitCode
from cli.local_keys import LocalKeys, published
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.runner import Attempt, Outcome
from seqstack.domain.records import RunHistory
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, RunState, StepState
from tests.harness.emulator import Emulator
from tests.harness.scripted import Act
from tests.integration.cli.conftest import SeqStack
from tests.integration.second_workflow.build import build_with_tally
from tests.support.samples import INPUTS
from tests.support.workflow_world import RECONCILE_SECONDS, World
from tests.support.writing_jobs import WritingJobs

pytestmark = pytest.mark.long

_PLENTY = Capacity(vcpus=1000, memory_mib=10**7)


class TallyJobs(WritingJobs):
    """Jobs of both workflows, which write their results."""

    def write(self, attempt: Attempt) -> Outcome:
        words = dict(zip(attempt.command, attempt.command[1:], strict=False))
        if "--out" not in words:
            return super().write(attempt)
        made = self._put(S3Uri.parse(words["--out"]), attempt.job_name)
        record = {"job": {"id": attempt.job_id}, "versions": {}, "inputs": [], "outputs": [made]}
        self._put(S3Uri.parse(words["--provenance_s3_path"]), json.dumps(record))
        return Outcome(0)

    def _put(self, uri: S3Uri, text: str) -> dict[str, Any]:
        answer = self.s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=text.encode())
        return {"uri": str(uri), "bytes": len(text), "etag": answer["ETag"].strip('"')}


@pytest.fixture(scope="module")
def deployed(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    built = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    template = build_with_tally(built, tmp_path_factory.mktemp("stack"))
    jobs = TallyJobs()
    parameters = {
        "ReconcileSeconds": str(RECONCILE_SECONDS),
        "InputBuckets": f"arn:aws:s3:::{INPUTS}",
    }
    with Emulator(
        template, parameters, job_runner=jobs, capacity=_PLENTY, check_permissions=True
    ) as emulator:
        jobs.s3 = emulator.client("s3")
        yield World(emulator, jobs)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    yield deployed
    deployed.play({})
    assert deployed.emulator.permissions.refused == []


@pytest.fixture
def seqstack(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SeqStack]:
    port = world.emulator.endpoint_url.rpartition(":")[2]
    keys = world.emulator.keys
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with published(int(port), LocalKeys(keys.access_key, keys.secret_key)):
        yield SeqStack(port)


def tally(**changes: Any) -> dict[str, Any]:
    title = f"t{uuid.uuid4().hex[:8]}"
    return {"title": title, "textS3Path": f"s3://{INPUTS}/genes.gff3", **changes}


def start(seqstack: SeqStack, document: dict[str, Any], *more: str) -> Any:
    """Start a run of `tally` by the command line; how that ended."""
    words = ("run", "--workflow", "tally", "--input", "-", *more)
    return seqstack(*words, stdin=json.dumps(document))


def shown(seqstack: SeqStack, run_id: str) -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(seqstack("status", run_id, "--json").stdout)
    return detail


def started(seqstack: SeqStack, document: dict[str, Any]) -> str:
    """Start a run, and leave it to itself."""
    return str(json.loads(start(seqstack, document, "--json").stdout)["runId"])


def test_run_of_the_second_workflow_has_its_own_steps_and_ends_well(
    world: World, seqstack: SeqStack
) -> None:
    document = tally(ranker={})

    watched = start(seqstack, document, "--watch")

    assert watched.exit_code == ExitCode.OK, watched.output
    assert "2 of 2 steps done" in watched.stdout
    run_id = watched.stderr.split()[1]
    history: RunHistory = world.ledger.history(run_id)
    assert (history.run.workflow, history.run.subject) == ("tally", document["title"])
    assert (history.run.sample_id, history.run.state) == ("", RunState.SUCCEEDED)
    assert [(row.step, row.plan.tool) for row in history.steps] == [
        ("count", "counter"),
        ("rank", "ranker"),
    ]
    assert [row.plan.scheduling_priority for row in history.steps] == [0, 1]
    first, second = (row.plan for row in history.steps)
    assert first.job_queue.endswith("highPriority-dev")
    assert second.job_queue.endswith("lowPriority-dev")
    line = seqstack("status", run_id).stdout.splitlines()[0]
    assert line.startswith(f"Run {run_id} of tally {document['title']}: SUCCEEDED")
    assert run_id in seqstack("list", "--state", "succeeded").stdout
    folder = f"s3://{world.emulator.outputs['ResultsBucketName']}/tallies/{document['title']}"

    def listed() -> list[tuple[str, str, str]]:
        outputs = json.loads(seqstack("outputs", run_id, "--json").stdout)["outputs"]
        return [(each["step"], each["s3Uri"], each["state"]) for each in outputs]

    world.until(lambda: listed()[-1][0] == "report")  # written a moment after the end
    assert listed() == [
        ("count", f"{folder}/counts.tsv", "current"),
        ("count", f"{folder}/provenance/count.json", "current"),
        ("rank", f"{folder}/ranks.tsv", "current"),
        ("rank", f"{folder}/provenance/rank.json", "current"),
        ("report", f"{folder}/report/run.html", "current"),
        ("report", f"{folder}/provenance/ro-crate-metadata.json", "current"),
        ("report", f"{folder}/provenance/ro-crate-workflow.json", "current"),
    ]
    tags = world.emulator.client("s3").get_object_tagging(
        Bucket=world.emulator.outputs["ResultsBucketName"],
        Key=f"tallies/{document['title']}/counts.tsv",
    )
    assert tags["TagSet"], "an intermediate object may expire"


def test_end_of_the_run_is_reported_and_accounted_for(world: World, seqstack: SeqStack) -> None:
    run_id = start(seqstack, tally(), "--watch").stderr.split()[1]

    world.until(lambda: shown(seqstack, run_id)["costIsComplete"])
    world.until(lambda: world.ledger.history(run_id).notifications)

    detail = shown(seqstack, run_id)
    assert list(detail["costUsdByStep"])[-1] == "orchestration"
    assert detail["tools"] == {"count": "counter"}


def test_optional_step_is_left_out(world: World, seqstack: SeqStack) -> None:
    watched = start(seqstack, tally(), "--watch")

    assert watched.exit_code == ExitCode.OK, watched.output
    assert "1 of 1 steps done" in watched.stdout


def test_finished_step_of_the_second_workflow_is_reused(world: World, seqstack: SeqStack) -> None:
    document = tally()
    first = start(seqstack, document, "--watch").stderr.split()[1]

    second = start(seqstack, document, "--watch").stderr.split()[1]

    assert [step["reusedFrom"] for step in shown(seqstack, second)["steps"]] == [first]


def test_input_of_another_workflow_is_refused(seqstack: SeqStack, world: World) -> None:
    refused = start(seqstack, world.sample())
    swapped = seqstack("run", "--input", "-", stdin=json.dumps(tally()))

    assert (refused.exit_code, swapped.exit_code) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "title" in refused.stderr
    assert "sampleId" in swapped.stderr


def test_refused_execution_leaves_a_row_of_its_workflow(world: World, seqstack: SeqStack) -> None:
    ended = world.wait(world.start(tally(textS3Path=f"s3://{INPUTS}/none.txt"), "Tally"))

    assert ended.error == "InvalidInputError"
    run = world.until(lambda: world.ledger.run(ended.run_id))
    assert (run.workflow, run.state) == ("tally", RunState.FAILED)
    assert shown(seqstack, ended.run_id)["workflow"] == "tally"


def test_sweep_leaves_a_run_that_is_running_and_a_stopped_one_is_resumed(
    world: World, seqstack: SeqStack
) -> None:
    world.play({"-count-1": [Act.hang()]})
    run_id = started(seqstack, tally())
    world.eventually([f"{run_id}-count-1"], world.running_jobs)

    swept = world.sweep()

    assert (swept["runs_closed"], swept["jobs_terminated"]) == (0, 0)
    assert world.ledger.run(run_id).state is RunState.RUNNING
    assert seqstack("stop", run_id).exit_code == ExitCode.OK
    world.until(lambda: world.ledger.run(run_id).state is RunState.ABORTED)
    world.eventually([], world.running_jobs)
    history = world.until(lambda: _closed(world, run_id))
    assert [row.state for row in history.steps] == [StepState.STOPPED]
    assert [row.state for row in history.jobs] == [JobState.FAILED]
    world.play({})
    resumed = json.loads(seqstack("resume", run_id, "--json").stdout)
    assert resumed["how"] == "RESTARTED"
    assert seqstack("status", resumed["runId"], "--watch").exit_code == ExitCode.OK
    assert world.ledger.run(resumed["runId"]).workflow == "tally"


def _closed(world: World, run_id: str) -> RunHistory | None:
    history = world.ledger.history(run_id)
    return None if history.has_open_rows else history


def test_run_whose_end_was_not_reported_is_closed_by_the_sweep(
    world: World, seqstack: SeqStack
) -> None:
    world.play({"-count-1": [Act.hang()]})
    run_id = started(seqstack, tally())
    world.eventually([f"{run_id}-count-1"], world.running_jobs)
    world.emulator.events.intercept = lambda _: []
    assert seqstack("stop", run_id).exit_code == ExitCode.OK
    machine = world.emulator.resources["TallyStateMachine"]
    states = world.emulator.client("stepfunctions")
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"
    world.eventually("ABORTED", lambda: states.describe_execution(executionArn=arn)["status"])

    swept = world.sweep()

    world.emulator.events.intercept = lambda event: [event]
    assert swept["runs_closed"] == 1
    assert world.ledger.run(run_id).state is RunState.ABORTED


def test_name_that_is_taken_by_a_run_of_the_other_workflow_is_refused(
    world: World, seqstack: SeqStack
) -> None:
    world.play({"-count-1": [Act.hang()]})
    run_id = started(seqstack, tally())
    world.eventually([f"{run_id}-count-1"], world.running_jobs)

    other = world.wait(world.start(world.sample(), name=run_id))

    assert other.error == "InvalidInputError"
    assert "choose another name" in other.cause
    assert shown(seqstack, run_id)["state"] == "RUNNING"
    assert seqstack("stop", run_id).exit_code == ExitCode.OK
    world.until(lambda: world.ledger.run(run_id).state is RunState.ABORTED)


def test_first_workflow_works_as_before_beside_it(world: World, seqstack: SeqStack) -> None:
    watched = seqstack("run", "--input", "-", "--watch", stdin=json.dumps(world.sample()))

    assert watched.exit_code == ExitCode.OK, watched.output
    assert "6 of 6 steps done" in watched.stdout
