"""The commands against the stack itself: its API, its authorization, its runs."""

import json
from typing import Any

import pytest

from cli import shapes
from cli.exit_codes import ExitCode
from emulator.batch.scripted import Act
from tests.api_client import ApiClient
from tests.integration.cli.conftest import SeqStack
from tests.integration.workflow.world import World

_SCHEMAS: dict[Any, str] = {
    shapes.RunSummary: "RunSummary",
    shapes.RunDetail: "RunDetail",
    shapes.Step: "StepModel",
    shapes.Job: "JobModel",
    shapes.Failure: "FailureModel",
    shapes.RunPage: "RunList",
}


def test_run_is_watched_to_its_end_and_then_shown_and_listed(
    world: World, seqstack: SeqStack
) -> None:
    document = world.sample()

    watched = seqstack("run", "--input", "-", "--watch", stdin=json.dumps(document))
    listed = seqstack("list", "--sample", document["sampleId"], "--json")
    run_id = json.loads(listed.stdout)["runs"][0]["runId"]
    shown = seqstack("status", run_id)

    assert watched.exit_code == ExitCode.OK, watched.output
    assert watched.stderr == f"Run {run_id} has started.\n"
    assert "4 of 4 steps done" in watched.stdout
    assert shown.stdout.count("succeeded") == 4
    assert seqstack("list", "--state", "failed", "--sample", document["sampleId"]).stdout == ""


def test_run_that_fails_tells_why_and_exits_with_one(world: World, seqstack: SeqStack) -> None:
    world.play({"-align-1": [Act.fail(3, lines=["bwa: no such index"])]})

    ended = seqstack("run", "--input", "-", "--watch", stdin=json.dumps(world.sample()))

    assert ended.exit_code == ExitCode.FAILED
    assert "ToolFailedError" in ended.stdout
    assert "bwa: no such index" in ended.stdout


def test_run_is_stopped_once(world: World, seqstack: SeqStack) -> None:
    world.play({"-align-1": [Act.hang()]})
    started = seqstack("run", "--input", "-", "--json", stdin=json.dumps(world.sample()))
    run_id = json.loads(started.stdout)["runId"]
    world.eventually([f"{run_id}-align-1"], world.running_jobs, 60)

    assert "running" in seqstack("status", run_id).stdout
    assert seqstack("stop", run_id).exit_code == ExitCode.OK
    assert seqstack("status", run_id, "--watch").exit_code == ExitCode.FAILED
    again = seqstack("stop", run_id)
    assert again.exit_code == ExitCode.CONFLICT
    assert len(again.stderr.splitlines()) == 1


def test_keys_that_the_command_line_reads_are_those_of_the_api(world: World) -> None:
    document = ApiClient(world.emulator.outputs["ApiUrl"]).get("/openapi.json").json
    documented = document["components"]["schemas"]

    for shape, schema in _SCHEMAS.items():
        assert shape.__required_keys__ <= set(documented[schema]["properties"]), schema


def test_wrong_ports_and_credentials_are_told_in_one_line(
    world: World, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = world.emulator.outputs["ApiUrl"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "knows")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    seqstack.shared = ()

    stranger = seqstack("list", "--api-url", url)
    token = seqstack("list", "--api-url", url, "--token", "x")
    silent = seqstack("list", "--local", "--local-port", "9")

    assert stranger.exit_code == ExitCode.NO_ACCESS
    assert token.exit_code == ExitCode.NO_ACCESS
    assert silent.exit_code == ExitCode.NOT_FOUND
    for ended in (stranger, token, silent):
        assert len(ended.stderr.splitlines()) == 1
        assert "; " in ended.stderr
