"""Attacks on a terminal by what the API, AWS and tools say: it is shown, and does nothing."""

import io
import json
import logging
from typing import Any

import pytest
from rich.text import Text

from cli.errors import ExitCode
from cli.screen.console import HarmlessConsole
from cli.screen.progress import RunProgress
from cli.screen.run_table import print_run
from cli.screen.views import RunView
from seqstack.domain.plain_text import HarmlessFormatter, harmless
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, problem

# clears the screen, sets the title, writes the clipboard, makes a link, turns text round, hides
# it, goes back over the line, adds a line, and is rich's markup for colour, link and picture
EVIL = (
    "\x1b[2J\x1b]0;t\x07\x1b]52;c;eA==\x07\x1b]8;;https://evil.example\x1b\\"
    "\x9b31m\u202eabc\u200b\x7f\x00\r\nerror: forged\n[red]r[/red][link=https://evil.example]l[/link]:bomb:"
)
SHOWN_MARKUP = "[red]r[/red][link=https://evil.example]l[/link]:bomb:"
_KNOWN = {"state", "startedAt", "endedAt", "stoppedAt", "createdAt", "at", "jobState", "how"}
_KNOWN |= {"linksExpireAt", "nextToken", "purchaseOption"}


def hostile(answer: Any, key: str = "") -> Any:
    """The answer with the attack in every text that is not one of a few words or a time."""
    if isinstance(answer, dict):
        return {name: hostile(each, name) for name, each in answer.items()}
    if isinstance(answer, list):
        return [hostile(each, key) for each in answer]
    return f"{answer}{EVIL}" if isinstance(answer, str) and key not in _KNOWN else answer


def assert_harmless(text: str, lines_forged: bool = False) -> None:
    assert harmless(text) == text
    assert lines_forged or not any(line.startswith("error: forged") for line in text.splitlines())


FAILURE = {"error": "ToolFailedError", "cause": "align failed"}
DETAIL = runs.detail(
    runs.step(
        state="FAILED",
        attempts=1,
        failure=FAILURE,
        jobs=[runs.job(state="FAILED", failure=FAILURE, accounts=[runs.account()])],
    ),
    runs.step("callVariants", "bcftools", state="SUCCEEDED", reusedFrom="20260101-1"),
    state="FAILED",
    endedAt="2026-01-02T04:04:05.678Z",
    failure=FAILURE,
    cohortId="c",
    project="p",
    reference="GRCh38/1",
)
OUTPUTS = {
    "runId": RUN_ID,
    "outputs": [
        {"step": "align", "s3Uri": "s3://results/a", "link": "https://s3/a", "state": "current"}
    ],
    "linksExpireAt": "2026-01-02T03:19:05.678Z",
}
LOG = {
    "runId": RUN_ID,
    "step": "align",
    "attempt": 1,
    "jobId": "j",
    "jobState": "FAILED",
    "logStream": "l",
    "lines": [{"at": "2026-01-02T03:04:05.678Z", "message": "bwa said"}],
    "nextToken": None,
}
RESUMED = {"runId": RUN_ID, "resumedFrom": "x", "how": "RESTARTED"}
PAGE = {"runs": [runs.summary(cohortId="c", project="p")], "nextToken": None}
COHORTS = {"cohorts": [runs.cohort(project="p")], "nextToken": None}
REFERENCES = {
    "references": [
        {
            "name": "GRCh38",
            "versions": [runs.reference_version(), runs.reference_version(problem="p")],
        }
    ]
}
RUN_PATH = f"GET /runs/{RUN_ID}"
COMMANDS: dict[tuple[str, ...], tuple[str, Any]] = {
    ("list",): ("GET /runs", PAGE),
    ("status", RUN_ID): (RUN_PATH, DETAIL),
    ("status", RUN_ID, "--watch"): (RUN_PATH, DETAIL),
    ("cost", RUN_ID): (RUN_PATH, DETAIL),
    ("cost",): ("GET /runs", PAGE),
    ("outputs", RUN_ID): (f"{RUN_PATH}/outputs", OUTPUTS),
    ("outputs", RUN_ID, "--links"): (f"{RUN_PATH}/outputs", OUTPUTS),
    ("logs", RUN_ID, "align"): (f"{RUN_PATH}/logs/align", LOG),
    ("logs", RUN_ID, "align", "--follow"): (f"{RUN_PATH}/logs/align", LOG),
    ("logs", RUN_ID, "align", "--all"): (f"{RUN_PATH}/logs/align", LOG),
    ("resume", RUN_ID): (f"POST /runs/{RUN_ID}/resume", RESUMED),
    ("cohort", "list"): ("GET /cohorts", COHORTS),
    ("reference", "list"): ("GET /references", REFERENCES),
    ("reference", "show", "GRCh38"): ("GET /references/GRCh38", runs.reference()),
    ("stop", RUN_ID): (f"DELETE /runs/{RUN_ID}", runs.summary()),
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_hostile_answer_is_shown_and_does_nothing(
    api: ScriptedApi, seqstack: SeqStack, command: tuple[str, ...]
) -> None:
    operation, answer = COMMANDS[command]
    api.on(operation, hostile(answer))

    ended = seqstack(*command)

    assert not isinstance(ended.exception, Exception) or isinstance(ended.exception, SystemExit)
    # a cause has lines of its own
    assert_harmless(ended.stdout + ended.stderr, lines_forged=command[0] == "status")
    if command[0] != "stop":  # which shows what was asked for
        assert SHOWN_MARKUP in ended.stdout
        assert "\N{REPLACEMENT CHARACTER}" in ended.stdout


@pytest.mark.parametrize("command", [each for each in COMMANDS if "--follow" not in each])
def test_hostile_answer_in_json_is_exact_and_ascii(
    api: ScriptedApi, seqstack: SeqStack, command: tuple[str, ...]
) -> None:
    operation, answer = COMMANDS[command]
    evil = hostile(answer)
    api.on(operation, evil)

    ended = seqstack(*command, "--json")

    assert ended.stdout.isascii()
    assert_harmless(ended.stdout)
    if command != ("cost",):  # which prints sums
        assert json.loads(ended.stdout) == evil


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_hostile_refusal_is_shown_and_does_nothing(
    api: ScriptedApi, seqstack: SeqStack, arguments: tuple[str, ...]
) -> None:
    api.on(RUN_PATH, problem(422, f"no{EVIL}", (f"field{EVIL}", f"wrong{EVIL}")))

    ended = seqstack("status", RUN_ID, *arguments)

    assert ended.exit_code == ExitCode.USAGE
    assert ended.stdout == ""
    assert_harmless(ended.stderr)
    if arguments:
        assert ended.stderr.isascii()
        assert json.loads(ended.stderr)["error"] == f"no{EVIL}"


def test_hostile_argument_is_shown_and_does_nothing(seqstack: SeqStack) -> None:
    short = "\x1b[2J\u202ex"  # no `=`, at which an option would end
    for arguments in (
        (f"no{EVIL}",),
        ("list", f"--no{short}"),
        ("list", "--state", EVIL),
        ("status", RUN_ID, short),
    ):
        ended = seqstack(*arguments)
        assert ended.exit_code == ExitCode.USAGE
        assert_harmless(ended.output, lines_forged=True)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_hostile_run_on_a_console_has_no_style_link_or_picture(is_terminal: bool) -> None:
    out = io.StringIO()
    console = HarmlessConsole(
        file=out,
        force_terminal=is_terminal,
        width=300,
        color_system="truecolor",
        legacy_windows=False,
    )
    view = RunView.of(hostile(DETAIL))

    print_run(console, view)
    console.print(EVIL)
    console.print(Text(EVIL))

    text = out.getvalue()
    assert SHOWN_MARKUP in text
    assert "]8;" not in text.replace("�]8;", "")
    for attack in ("\x1b[2J", "\x1b]", "\x9b", "\u202e", "\u200b", "\x7f", "\x00", "\x07", "\r"):
        assert attack not in text
    assert "💣" not in text


def test_hostile_status_of_a_spinner_has_no_style_or_link() -> None:
    out = io.StringIO()
    console = HarmlessConsole(file=out, force_terminal=True, width=300, color_system=None)

    with console.status(EVIL) as status:
        status.update(f"again {EVIL}")
        console.print(status.renderable)
    with RunProgress(console) as progress:
        progress.show(RunView.of(hostile(DETAIL)))
        progress.say(EVIL)

    text = out.getvalue()
    assert "again" in text
    assert SHOWN_MARKUP in text
    assert "\x1b[2J\x1b]" not in text
    assert "\x1b]" not in text


def test_hostile_log_record_is_one_that_does_nothing() -> None:
    record = logging.LogRecord("s", logging.INFO, "f", 1, "[bwa] %s", (EVIL,), None)

    line = HarmlessFormatter("%(name)s %(message)s").format(record)

    assert_harmless(line, lines_forged=True)
    assert SHOWN_MARKUP in line
