"""Abbreviated ids: every command that takes a run takes the beginning of its id."""

import json
from pathlib import Path

import pytest

from cli.errors import CliError, ExitCode
from cli.short_ids import id_that_begins, short_ids
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, problem

BEGINNING = RUN_ID[:17]
KEY = f"key-{'a' * 40}"


@pytest.fixture
def known(api: ScriptedApi) -> ScriptedApi:
    """An API that has one run, and another of the same key's beginning."""
    listed = [runs.summary(), runs.summary(runId=KEY), runs.summary(runId=f"{KEY[:-1]}b")]
    api.on("GET /runs", {"runs": listed, "nextToken": None})
    for text in (BEGINNING, KEY[:20], "2026", "another"):
        for below in ("", "/resume", "/outputs", "/logs/align"):
            for method in ("GET", "POST", "DELETE"):
                api.on(f"{method} /runs/{text}{below}", problem(404, f"there is no run {text}"))
    return api


def test_short_ids_are_unique_and_leave_usual_ids_alone() -> None:
    others = [f"exome-batch-of-january-{number:08}" for number in (1, 2)]

    assert short_ids([RUN_ID, KEY, *others]) == {
        RUN_ID: RUN_ID,
        KEY: "key-aaaaaaaa",
        others[0]: "exome-batch-…0001",
        others[1]: "exome-batch-…0002",
    }


TWINS = [f"c-0123abcd-{'9' * 32}-{number}" for number in (1, 2, 12)]


def test_ids_of_runs_that_repeat_another_are_short_and_unique() -> None:
    other = f"c-0123abcd-{'8' * 32}-1"

    assert short_ids([*TWINS, other]) == {
        TWINS[0]: "c-0123abcd-9…99-1",
        TWINS[1]: "c-0123abcd-9…99-2",
        TWINS[2]: "c-0123abcd-9…9-12",
        other: "c-0123abcd-8",
    }


@pytest.mark.parametrize("whole", TWINS)
def test_short_id_with_a_gap_is_the_whole_one(whole: str) -> None:
    assert id_that_begins(short_ids(TWINS)[whole], TWINS) == whole


def test_commands_take_an_id_with_a_gap(api: ScriptedApi, seqstack: SeqStack) -> None:
    listed = [runs.summary(runId=each) for each in TWINS]
    api.on("GET /runs", {"runs": listed, "nextToken": None})
    api.on(f"GET /runs/{TWINS[1]}", runs.succeeded())

    assert seqstack("status", "c-0123abcd-9…99-2").exit_code == ExitCode.OK
    assert api.operations == ["GET /runs", f"GET /runs/{TWINS[1]}"]


def test_id_that_begins_is_the_whole_one_if_it_is_there() -> None:
    assert id_that_begins("sample-1", ["sample-10", "sample-1"]) == "sample-1"
    assert id_that_begins("sample-2", ["sample-10", "sample-1"]) == ""


@pytest.mark.parametrize(
    ("command", "operation"),
    [
        (["status"], f"GET /runs/{RUN_ID}"),
        (["cost"], f"GET /runs/{RUN_ID}"),
        (["stop"], f"DELETE /runs/{RUN_ID}"),
        (["resume"], f"POST /runs/{RUN_ID}/resume"),
        (["outputs"], f"GET /runs/{RUN_ID}/outputs"),
        (["logs"], f"GET /runs/{RUN_ID}"),
    ],
)
def test_commands_take_the_beginning_of_an_id(
    known: ScriptedApi, seqstack: SeqStack, command: list[str], operation: str
) -> None:
    seqstack(*command, BEGINNING)

    assert operation in known.operations


def test_download_by_the_beginning_of_an_id_gives_the_whole_one(
    known: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    known.on(f"GET /runs/{RUN_ID}", runs.succeeded())
    nothing = {"runId": RUN_ID, "outputs": [], "linksExpireAt": None}
    known.on(f"GET /runs/{RUN_ID}/outputs", nothing)

    ended = seqstack("download", BEGINNING, str(tmp_path), "--json")

    assert json.loads(ended.stdout)["runId"] == RUN_ID


def test_beginning_of_several_ids_is_refused_with_them(
    known: ScriptedApi, seqstack: SeqStack
) -> None:
    ended = seqstack("stop", KEY[:20])

    assert ended.exit_code == ExitCode.USAGE
    assert f"2 runs begin with {KEY[:20]}: {KEY}, {KEY[:-1]}b; give more of the id" in ended.stderr
    assert not any(each.startswith("DELETE") for each in known.operations[1:])


@pytest.mark.parametrize("text", ["2026", "another"])
def test_text_that_is_too_short_or_begins_no_id_is_no_run(
    known: ScriptedApi, seqstack: SeqStack, text: str
) -> None:
    ended = seqstack("status", text)

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert f"there is no run {text}" in ended.stderr


def test_whole_id_asks_for_no_list(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded())

    assert seqstack("status", RUN_ID).exit_code == ExitCode.OK
    assert api.operations == [f"GET /runs/{RUN_ID}"]


def test_id_that_begins_refuses_to_choose() -> None:
    with pytest.raises(CliError, match=r"6 runs begin with sample: .*-4, …"):
        id_that_begins("sample", [f"sample-{number}" for number in range(6)])
