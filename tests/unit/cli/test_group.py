"""What all commands have in common: their options' place, errors, and exit statuses."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cli.app import app
from cli.commands import COMMANDS
from cli.errors import ExitCode, no_access, writing
from cli.group import Commands, shared_first
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer

SHOW = f"GET /runs/{RUN_ID}"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("list --json", "--json list"),
        ("list --stack prod --limit 3", "--stack prod list --limit 3"),
        ("list --stack=prod", "--stack=prod list"),
        ("--local status r --watch --local-port 1", "--local --local-port 1 status r --watch"),
        ("status -- --json", "status -- --json"),
        ("list --stack", "--stack list"),
    ],
)
def test_shared_options_go_in_front_of_the_command(typed: str, read: str) -> None:
    assert shared_first(typed.split()) == read.split()


def test_options_come_from_the_environment_too(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.on("GET /runs", {"runs": [], "nextToken": None})
    monkeypatch.setenv("SEQSTACK_STACK", "seqstack-prod")
    monkeypatch.setenv("SEQSTACK_TOKEN", "secret")

    seqstack("list", "--region", "eu-central-1")

    assert seqstack.options.stack == "seqstack-prod"
    assert seqstack.options.token == "secret"
    assert seqstack.options.region == "eu-central-1"


@pytest.mark.parametrize(
    "command",
    ["list --limit", "logs r --attempt", "logs r --tail", "outputs r --link-seconds",
     "run --cohort-size", "list --local --local-port"],
)  # fmt: skip
@pytest.mark.parametrize("number", ["1_0", "٣", " 10", "+10", "10.0", "1e2", "", "-1", "9" * 19])
def test_number_that_is_not_of_the_digits_0_to_9_is_refused(
    api: ScriptedApi, seqstack: SeqStack, command: str, number: str
) -> None:
    ended = seqstack(*command.split(), number)

    assert ended.exit_code == 2
    assert command.rsplit(maxsplit=1)[-1] in ended.stderr
    assert "digits 0 to 9" in ended.stderr
    assert api.asked == []


@pytest.mark.parametrize(
    ("command", "bounds"),
    [
        ("list --limit 0", "0 is not 1 or more"),
        ("logs r --tail 1001", "1001 is not 1 to 1000"),
        ("outputs r --link-seconds 59", "59 is not 60 to 3600"),
        ("list --local --local-port 65536", "65536 is not 1 to 65535"),
    ],
)
def test_number_out_of_bounds_is_refused_with_its_bounds(
    api: ScriptedApi, seqstack: SeqStack, command: str, bounds: str
) -> None:
    ended = seqstack(*command.split())

    assert ended.exit_code == 2
    assert bounds in ended.stderr
    assert api.asked == []


def test_every_option_for_a_number_is_one_that_refuses_other_digits() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, Commands)
    options = [
        (name, option)
        for name, command in {"": root, **{n: root.get_command(None, n) for n in COMMANDS}}.items()
        for option in command.params
        if "int" in str(option.type_descriptor.annotation)
    ]

    assert len(options) > 5
    assert [each for each in options if each[1].type_descriptor.parameter_info.parser is None] == []


@pytest.mark.parametrize(
    ("typed", "repeated"),
    [
        ("", ""),
        ("--local --local-port 5611", " --local --local-port 5611"),
        ("--region eu-central-1 --profile lab --stack=prod --token secret",
         " --stack prod --region eu-central-1 --profile lab"),
        ("--api-url https://x.example --json", " --api-url https://x.example"),
    ],
)  # fmt: skip
def test_advice_repeats_the_options_that_say_which_stack(
    seqstack: SeqStack, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, typed: str, repeated: str
) -> None:
    api.on("GET /runs", {"runs": [], "nextToken": None})
    monkeypatch.setenv("SEQSTACK_LOCAL_PORT", "4567")  # a shell keeps it, so that none repeats it

    seqstack("list", *typed.split())

    assert seqstack.options.command("stop", "r1") == f"seqstack{repeated} stop r1"


def test_error_is_one_line_with_a_hint(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, no_access("nobody is signed in", "sign in"))

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == ExitCode.NO_ACCESS
    assert ended.stdout == ""
    assert ended.stderr == "error: nobody is signed in; sign in\n"


def test_error_with_json_is_json_on_standard_error(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, no_access("nobody is signed in", "sign in"))

    ended = seqstack("status", RUN_ID, "--json")

    assert ended.stdout == ""
    assert json.loads(ended.stderr) == {
        "error": "nobody is signed in",
        "hint": "sign in",
        "details": [],
        "exitCode": 4,
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ExitCode.USAGE),
        (401, ExitCode.NO_ACCESS),
        (403, ExitCode.NO_ACCESS),
        (404, ExitCode.NOT_FOUND),
        (409, ExitCode.CONFLICT),
        (413, ExitCode.USAGE),
        (429, ExitCode.UNAVAILABLE),
        (500, ExitCode.UNAVAILABLE),
        (503, ExitCode.UNAVAILABLE),
    ],
)
def test_refusal_becomes_an_exit_status_and_one_line(
    api: ScriptedApi, seqstack: SeqStack, status: int, code: ExitCode
) -> None:
    api.on(SHOW, answer(status, {"message": "Refused"}))

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == code
    assert len(ended.stderr.splitlines()) == 1
    assert "; " in ended.stderr  # a hint


def test_interruption_ends_as_shells_expect(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, KeyboardInterrupt())

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == ExitCode.INTERRUPTED


def test_markup_of_others_is_printed_as_it_is(api: ScriptedApi, seqstack: SeqStack) -> None:
    failure = {"error": "ToolFailedError", "cause": "bwa said [red]no[/red] [/] to [1:2]"}
    api.on(SHOW, runs.detail(state="FAILED", failure=failure))

    assert "bwa said [red]no[/red] [/] to [1:2]" in seqstack("status", RUN_ID).stdout


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 1), (errno.EDQUOT, 1), (errno.EIO, 2)])
def test_error_of_writing_names_the_file(
    seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def write(*_: object) -> None:
        with writing(Path("/results/a.csv")):
            raise OSError(number, "it failed")

    monkeypatch.setattr(ScriptedApi, "send", write)

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == code
    assert ended.stderr.startswith("error: /results/a.csv")
    assert "it failed" in ended.stderr


def test_full_disk_where_a_file_can_not_be_made_is_one_line(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, OSError(errno.ENOSPC, "No space left on device", "/results/new"))

    ended = seqstack("status", RUN_ID)

    assert ended.exit_code == ExitCode.FAILED
    assert ended.stderr == (
        "error: /results/new can't be written: No space left on device; "
        "free space there, and run the command again\n"
    )


def test_output_that_a_full_disk_can_not_take_is_one_line() -> None:
    script = (
        "import sys\nsys.argv = ['seqstack', 'list']\n"
        "import cli.commands.list_runs as command\n"
        "command.session_of = lambda _: print('x' * 100_000)\n"
        "import cli.__main__ as main\nmain.app()"
    )

    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", script],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert ended.returncode == ExitCode.FAILED, ended.stderr
    assert ended.stderr.startswith("error: standard output, or a temporary file")
    assert len(ended.stderr.splitlines()) == 1


def test_version_is_the_packages(seqstack: SeqStack) -> None:
    ended = seqstack("--version")

    assert (ended.exit_code, ended.stdout) == (0, "0.1.0\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_begins_as_the_list_of_all_has_it(seqstack: SeqStack, name: str) -> None:
    assert f"  {name}  " in seqstack("--help").stdout
    assert seqstack(name, "--help").stdout.splitlines()[2].strip() == COMMANDS[name].summary


def test_help_loads_neither_boto3_nor_rich() -> None:
    script = (
        "import sys\nsys.argv = ['seqstack', '--help']\n"
        "try:\n    import cli.__main__ as main; main.app()\n"
        "except SystemExit: print(sorted({'boto3', 'botocore', 'rich'} & set(sys.modules)))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert ended.stdout.splitlines()[-1] == "[]"
