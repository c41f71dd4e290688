"""`seqstack list`: filters, pages, and columns."""

import json
from typing import Any

import pytest
from rich.text import Text

from cli.errors import ExitCode
from tests.unit.cli import runs
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer, problem


def page(*run_ids: str, token: str | None = None) -> dict[str, Any]:
    return {"runs": [runs.summary(runId=run_id) for run_id in run_ids], "nextToken": token}


def test_list_prints_one_line_for_each_run(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = runs.summary(runId="r1", state="FAILED", endedAt="2026-01-02T03:04:09.678Z")
    api.on("GET /runs", {"runs": [runs.summary(runId="r2"), ended], "nextToken": None})

    listed = seqstack("list")

    assert [line.split()[:3] for line in listed.stdout.splitlines()] == [
        ["run", "sample", "state"],
        ["r2", "NA12878", "RUNNING"],
        ["r1", "NA12878", "FAILED"],
    ]
    assert listed.stdout.splitlines()[2].endswith("4.0 s")
    assert listed.stderr == ""


def test_list_filters_by_state_sample_and_cohort(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", page())

    listed = seqstack("list", "--state", "failed", "--sample", "NA 1", "--cohort", "trios")

    assert api.asked[0].query == {
        "state": "FAILED",
        "sample": "NA 1",
        "cohort": "trios",
        "limit": "25",
    }
    assert listed.stdout == ""
    assert listed.stderr == "There are no such runs.\n"


def test_list_fetches_as_many_pages_as_the_limit_needs(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    many = [f"r{number}" for number in range(100)]
    api.on("GET /runs", page(*many, token="t1"), page("r100", token="t2"))

    listed = seqstack("list", "--limit", "101", "--json")

    document = json.loads(listed.stdout)
    assert [run["runId"] for run in document["runs"]] == [*many, "r100"]
    assert document["nextToken"] == "t2"
    assert [asked.query for asked in api.asked] == [
        {"limit": "100"},
        {"limit": "1", "nextToken": "t1"},
    ]


def test_list_all_continues_to_the_end(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", page("a", token="t1"), page(token="t2"), page("b"))

    document = json.loads(seqstack("list", "--all", "--json").stdout)

    assert [run["runId"] for run in document["runs"]] == ["a", "b"]
    assert document["nextToken"] is None


def test_list_continues_behind_a_token(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", page("b"))

    seqstack("list", "--next-token", "t1")

    assert api.asked[0].query["nextToken"] == "t1"


def test_list_that_leaves_runs_out_says_so(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", page("a", token="t1"))

    assert "There are more" in seqstack("list", "--limit", "1").stderr


def test_list_with_a_bad_token_is_a_mistake_of_the_user(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("GET /runs", problem(422, "a parameter can't be used", ("nextToken", "is none of ours")))

    ended = seqstack("list", "--next-token", "x")

    assert ended.exit_code == ExitCode.USAGE
    assert "nextToken: is none of ours" in ended.stderr


def test_list_of_a_caller_without_projects_says_only_the_api_s_hint(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    said = "this stack shows callers the runs of their projects only; give the tag project …"
    api.on("GET /runs", problem(403, said))

    listed = seqstack("list", "--json")

    assert listed.exit_code == ExitCode.NO_ACCESS
    error = json.loads(listed.stderr)
    assert (error["error"], error["hint"]) == (said, "")


def test_list_shows_a_state_that_is_not_known_here_as_it_is(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("GET /runs", {"runs": [runs.summary(runId="r1", state="PAUSED")], "nextToken": None})

    assert seqstack("list").stdout.splitlines()[1].split()[:3] == ["r1", "NA12878", "PAUSED"]


LONG = [f"key-{digit * 40}" for digit in "ab"]


def test_list_on_a_narrow_terminal_abbreviates_long_ids_and_keeps_the_times(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    api.on("GET /runs", page(*LONG))

    lines = Text.from_ansi(seqstack("list").stdout).plain.splitlines()

    assert lines[0].split() == ["run", "sample", "state", "started"]
    assert [line.split()[0] for line in lines[2:]] == ["key-aaaaaaaa", "key-bbbbbbbb"]
    assert max(map(len, lines)) <= 80


def test_list_in_a_pipe_has_whole_ids(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", page(*LONG))

    assert [line.split()[0] for line in seqstack("list").stdout.splitlines()[1:]] == LONG


def test_list_watch_tells_changes_until_no_run_is_running(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.list_runs._SECONDS", 0.0)
    ended = runs.summary(runId="r1", state="SUCCEEDED", endedAt="2026-01-02T03:04:09.678Z")
    running, newer = (runs.summary(runId=run_id) for run_id in ("r1", "r2"))
    looks = [[running], [running], [newer, ended], [newer | {"state": "FAILED"}, ended]]
    api.on("GET /runs", *({"runs": look, "nextToken": None} for look in looks))

    watched = seqstack("list", "--watch")

    assert watched.exit_code == ExitCode.OK
    lines = watched.stdout.splitlines()
    assert lines[:3] == ["  r1: running", "  r2: running", "  r1: succeeded"]
    assert [line.split()[:3] for line in lines[4:]] == [
        ["r2", "NA12878", "FAILED"],
        ["r1", "NA12878", "SUCCEEDED"],
    ]
    assert len(api.asked) == len(looks)


def test_list_watch_as_json_prints_the_end_only(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.list_runs._SECONDS", 0.0)
    last = {"runs": [runs.summary(state="FAILED")], "nextToken": None}
    api.on("GET /runs", page("r1"), last)

    assert json.loads(seqstack("list", "--watch", "--json").stdout) == last


def test_list_watch_that_is_interrupted_shows_the_list_and_leaves_the_runs_alone(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.list_runs._SECONDS", 0.0)
    api.on("GET /runs", answer(200, page("r1")), KeyboardInterrupt())

    watched = seqstack("list", "--watch")

    assert watched.exit_code == ExitCode.OK
    assert watched.stdout.splitlines()[-1].split()[:3] == ["r1", "NA12878", "RUNNING"]
    assert watched.stderr == "The runs continue.\n"
