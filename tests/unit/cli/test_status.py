"""`seqstack status` and `stop`: one look, and looking until the end."""

import json
from typing import Any

import pytest

from cli import watch
from cli.errors import CliError, ExitCode, unavailable
from cli.watch import answered
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer, problem

WAITS = watch._WAITS  # which no other test waits
SHOW = f"GET /runs/{RUN_ID}"


def test_status_shows_steps_with_attempts_and_times(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, runs.succeeded())

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == ExitCode.OK
    lines = ended.stdout.splitlines()
    # 03:04:05.678 to 03:40:12.345 is 36 min 6.667 s; 03:06:00 to 03:39:58 is 33 min 58 s
    assert lines[0] == f"Run {RUN_ID} of sample NA12878: SUCCEEDED, 36 min 07 s, 2 of 2 steps done"
    assert [line.split() for line in lines[1:]] == [
        ["step", "tool", "state", "attempts", "time"],
        ["✓", "align", "bwa", "succeeded", "2", "33", "min", "58", "s"],
        ["✓", "callVariants", "bcftools", "reused", "0"],
        ["Reused", "from", "run", "earlier:", "callVariants"],
    ]


def test_status_shows_the_quality_in_a_line(api: ScriptedApi, seqstack: SeqStack) -> None:
    metrics = {"reads": 1_000_000, "alignedRate": 0.997, "meanTargetDepth": 78.4, "variants": 540}
    api.on(SHOW, runs.detail(runs.step(), state="QC_FAILED", metrics=metrics))

    ended = seqstack("status", RUN_ID)

    line = "Quality: 1,000,000 reads, 99.7% aligned, targets 78.4x, 540 variants"
    assert line in ended.stdout.splitlines()


@pytest.mark.parametrize(
    ("job_state", "expected_text"),
    [("RUNNABLE", "waiting for a host"), ("STARTING", "starting"), ("RUNNING", "running")],
)
def test_status_of_a_running_step_says_what_its_job_waits_for(
    api: ScriptedApi, seqstack: SeqStack, job_state: str, expected_text: str
) -> None:
    running = runs.step(state="RUNNING", attempts=1, jobs=[runs.job(state=job_state)])
    api.on(SHOW, runs.detail(running))

    assert expected_text in seqstack("status", RUN_ID).stdout


def test_status_shows_what_was_spent_where_the_ledger_knows_it(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, runs.detail(runs.step(costUsd=0.01234), costUsd=1.5, costIsComplete=False))

    shown = seqstack("status", RUN_ID).stdout

    assert "$1.50 so far" in shown
    assert "$0.0123" in shown


def test_status_of_a_failed_run_reports_why_and_is_itself_no_failure(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, runs.failed())

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == ExitCode.OK
    assert ended.stdout.splitlines()[1:3] == [
        "ToolFailedError",
        "align (bwa) failed: exit status 1",
    ]


def test_status_of_a_failed_run_shows_what_to_do_before_the_steps_and_the_log_after(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    why = ["align (bwa) failed: exit status 65", "FAILED align/bwa: damaged", "do: mend it"]
    log = ["job 1, log stream bwa/1", "last 1 line of its log:", "a line"]
    run = runs.failed()
    run["failure"] = run["failure"] | {"cause": "\n".join(why + log)}
    api.on(SHOW, run)

    lines = seqstack("status", RUN_ID).stdout.splitlines()

    assert lines[2:5] == why
    assert lines[5].split()[0] == "step"
    assert lines[-3:] == log


def test_status_as_json_is_the_apis_answer(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, runs.failed())

    assert json.loads(seqstack("status", RUN_ID, "--json").stdout) == runs.failed()


def test_watch_reports_each_change_once_and_the_end(api: ScriptedApi, seqstack: SeqStack) -> None:
    waiting = runs.step(state="RUNNING", attempts=1, jobs=[runs.job(state="RUNNABLE")])
    running = runs.step(state="RUNNING", attempts=1, jobs=[runs.job()])
    api.on(SHOW, runs.detail(), runs.detail(waiting), runs.detail(waiting), runs.detail(running),
           runs.failed())  # fmt: skip

    ended = seqstack("status", RUN_ID, "--watch")

    assert ended.exit_code == ExitCode.FAILED
    assert ended.stdout.splitlines()[:3] == [
        "  align (bwa): waiting for a host",
        "  align (bwa): running",
        "  align (bwa): failed",
    ]
    assert "align (bwa) failed: exit status 1" in ended.stdout


def test_watch_as_json_prints_the_end_only(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, runs.detail(), runs.succeeded())

    ended = seqstack("status", RUN_ID, "--watch", "--json")

    assert ended.exit_code == ExitCode.OK
    assert json.loads(ended.stdout) == runs.succeeded()


def test_watch_that_is_interrupted_leaves_the_run_alone(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, answer(200, runs.detail()), KeyboardInterrupt())

    ended = seqstack("status", RUN_ID, "--watch")

    assert ended.exit_code == ExitCode.INTERRUPTED
    assert ended.stderr.splitlines() == [
        "The run continues.",
        f"  Look again: seqstack status {RUN_ID} --watch",
        f"  Stop it: seqstack stop {RUN_ID}",
    ]
    assert set(api.operations) == {SHOW}


def test_watch_with_json_that_is_interrupted_says_so_in_json(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, answer(200, runs.detail()), KeyboardInterrupt())

    ended = seqstack("status", RUN_ID, "--watch", "--json")

    assert (ended.exit_code, ended.stdout) == (ExitCode.INTERRUPTED, "")
    assert json.loads(ended.stderr) == {
        "error": "The run continues.",
        "hint": "",
        "details": [
            f"Look again: seqstack status {RUN_ID} --watch",
            f"Stop it: seqstack stop {RUN_ID}",
        ],
        "exitCode": 130,
    }


def test_watch_bears_with_a_service_that_is_away_for_a_while(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, unavailable("no answer"), unavailable("no answer"), answer(200, runs.succeeded()))

    ended = seqstack("status", RUN_ID, "--watch")

    assert ended.exit_code == ExitCode.OK
    assert ended.stdout.count("no answer; trying again in 0 s") == 2


def test_watch_gives_up_on_a_service_that_stays_away(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, unavailable("no answer"))

    assert seqstack("status", RUN_ID, "--watch").exit_code == ExitCode.UNAVAILABLE
    assert len(api.asked) == 3 + 1


@pytest.mark.parametrize("code", [401, 403, 404])
def test_watch_ends_at_a_refusal(api: ScriptedApi, seqstack: SeqStack, code: int) -> None:
    api.on(SHOW, answer(200, runs.detail()), problem(code, "refused"))

    ended = seqstack("status", RUN_ID, "--watch")

    assert ended.exit_code in {ExitCode.NO_ACCESS, ExitCode.NOT_FOUND}
    assert "trying again" not in ended.output


def test_watch_waits_longer_each_time_and_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_WAITS", WAITS)
    paused: list[float] = []
    said: list[str] = []

    def ask() -> None:
        raise unavailable("no answer")

    with pytest.raises(CliError, match="no answer"):
        answered(ask, said.append, paused.append)

    assert paused[:6] == [5, 10, 20, 40, 60, 60]
    assert 3600 <= sum(paused) < 3700
    assert said[0] == "no answer; trying again in 5 s"


@pytest.fixture
def trio() -> dict[str, Any]:
    plan = {"samples": 1, "warnings": 0, "left": 0, "inputBytes": 1, "new": 1, "again": 0}
    return {
        "cohortId": "trio", "execution": "trio-1", "state": "RUNNING", "isDryRun": False,
        "startedAt": "2026-01-02T03:04:05.678Z", "samples": {}, "notStarted": 0, "failure": None,
        "plan": plan | {"follow": 0, "done": 0}, "costUsd": 1.0, "costToComeUsd": None,
        "budgetUsd": None, "budgetMetAt": None, "unpricedAttempts": 0,
    }  # fmt: skip


def test_watch_of_a_cohort_bears_with_a_lost_network(
    api: ScriptedApi,
    seqstack: SeqStack,
    trio: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cli.commands.cohort_looking._SECONDS", 0.0)
    lost = [unavailable("no answer")] * 2
    api.on("GET /cohorts/trio", trio, trio, *lost, {**trio, "state": "SUCCEEDED"})

    ended = seqstack("cohort", "status", "trio", "--watch")

    assert ended.exit_code == ExitCode.OK, ended.output
    assert ended.stderr.count("no answer; trying again in 0 s") == 2


def test_watch_of_a_list_bears_with_a_lost_network(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.list_runs._SECONDS", 0.0)
    running, ended = ({"runs": [runs.summary(state=state)], "nextToken": None}
                      for state in ("RUNNING", "SUCCEEDED"))  # fmt: skip
    api.on("GET /runs", running, unavailable("no answer"), ended)

    watched = seqstack("list", "--watch")

    assert watched.exit_code == ExitCode.OK
    assert "no answer; trying again" in watched.stdout


def test_status_of_an_unknown_run_is_not_found(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs/a%2Fb", problem(404, "there is no run a/b"))

    ended = seqstack("status", "a/b", "--watch")

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert ended.stderr == "error: there is no run a/b; `seqstack list` shows the runs\n"


def test_stop_stops_the_run(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(f"DELETE /runs/{RUN_ID}", answer(202, runs.summary(state="ABORTED")))

    ended = seqstack("stop", RUN_ID)

    assert (ended.exit_code, api.operations) == (ExitCode.OK, [f"DELETE /runs/{RUN_ID}"])


def test_stop_of_an_ended_run_is_a_conflict(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(f"DELETE /runs/{RUN_ID}", problem(409, "the run has ended"))

    ended = seqstack("stop", RUN_ID, "--stack", "seqstack-prod")

    assert ended.exit_code == ExitCode.CONFLICT
    assert f"`seqstack --stack seqstack-prod status {RUN_ID}` shows the run" in ended.stderr


def test_status_reports_each_warning_in_full(api: ScriptedApi, seqstack: SeqStack) -> None:
    few = {"step": "align", "code": "fewReadsAligned", "message": "1 of 100 reads are aligned"}
    plain = {"step": None, "code": "notGzipped", "message": "s3://b/r_1.fastq.gz is plain text"}
    api.on(SHOW, runs.succeeded() | {"warnings": [plain, few]})

    lines = seqstack("status", RUN_ID).stdout.splitlines()

    assert lines[0].endswith("2 of 2 steps done, 2 warnings")
    assert lines[-2:] == [
        "Suspicious: input: notGzipped: s3://b/r_1.fastq.gz is plain text",
        "Suspicious: align: fewReadsAligned: 1 of 100 reads are aligned",
    ]


@pytest.mark.parametrize("arguments", [[], [RUN_ID, "--cohort", "trios"]])
def test_status_is_of_a_run_or_of_a_cohort(
    api: ScriptedApi, seqstack: SeqStack, arguments: list[str]
) -> None:
    ended = seqstack("status", *arguments)

    assert ended.exit_code == ExitCode.USAGE
    assert "give RUN, or --cohort NAME" in ended.stderr
    assert api.asked == []


def test_status_of_a_cohort_is_that_of_cohort_status(api: ScriptedApi, seqstack: SeqStack) -> None:
    found = {"cohortId": "trios", "state": "SUCCEEDED"}
    api.on("GET /cohorts/trios", found)

    of_status, of_cohort = (
        seqstack("status", "--cohort", "trios", "--json"),
        seqstack("cohort", "status", "trios", "--json"),
    )

    assert json.loads(of_status.stdout) == json.loads(of_cohort.stdout) == found
