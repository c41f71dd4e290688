"""`seqstack logs`, `outputs`, `resume` and `open`: a run's logs and outputs."""

import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli import log_lines, transport
from cli.accuracy.kept import keep_page
from cli.app import app
from cli.errors import ExitCode
from cli.options import Options
from cli.screen.console import HarmlessConsole
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer, problem

LOG = f"GET /runs/{RUN_ID}/logs/align"
OUTPUTS = f"GET /runs/{RUN_ID}/outputs"
LINK = "https://results.s3.us-east-1.amazonaws.com"
RESUME = f"POST /runs/{RUN_ID}/resume"


def log(*lines: str, state: str = "SUCCEEDED", token: str | None = None) -> dict[str, Any]:
    return {
        "runId": RUN_ID,
        "step": "align",
        "attempt": 2,
        "jobId": "j-1",
        "jobState": state,
        "logStream": "bwa/default/1",
        "lines": [{"at": "2026-01-02T03:04:05.678Z", "message": line} for line in lines],
        "nextToken": token,
    }


def made(*keys: str, link: str | None = None, state: str = "current") -> dict[str, Any]:
    outputs = [
        {
            "step": "align",
            "s3Uri": f"s3://results/r/NA1/{key}",
            "versionId": "v1",
            "state": state,
            "link": link and f"{link}/{key}",
        }
        for key in keys
    ]
    return {
        "runId": RUN_ID,
        "outputs": outputs,
        "linksExpireAt": "2026-01-02T03:19:05.678Z" if link else None,
    }


def test_logs_prints_the_last_lines_as_they_are(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(LOG, log("[bwa] a [b]", "tab\there\n"))

    ended = seqstack("logs", RUN_ID, "align", "--tail", "7", "--attempt", "2")

    assert ended.stdout == "[bwa] a [b]\ntab\there\n"
    assert api.asked[0].query == {"attempt": "2", "limit": "7"}


def test_logs_keep_escape_sequences_from_the_terminal(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(LOG, log("\x1b[2Jgone\r"))

    assert seqstack("logs", RUN_ID, "align").stdout == "\N{REPLACEMENT CHARACTER}[2Jgone\n"


def test_logs_without_a_step_takes_the_one_that_failed(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    steps = [
        runs.step(state="FAILED", jobs=[runs.job()], startedAt="2026-01-02T03:06:00.000Z"),
        runs.step("alignmentStats", jobs=[runs.job()], startedAt="2026-01-02T03:07:00.000Z"),
    ]
    api.on(f"GET /runs/{RUN_ID}", runs.detail(*steps))
    api.on(LOG, log("why"))

    assert seqstack("logs", RUN_ID).stdout == "why\n"


def test_logs_without_a_step_of_a_run_without_jobs_is_not_found(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(f"GET /runs/{RUN_ID}", runs.detail(runs.step()))

    assert seqstack("logs", RUN_ID).exit_code == ExitCode.NOT_FOUND


def test_logs_all_continues_over_empty_pages_until_the_token_repeats(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    pages = (log("1", token="a"), log(token="b"), log("2", token="c"), log(token="c"))
    api.on(LOG, *pages)

    assert seqstack("logs", RUN_ID, "align", "--all").stdout == "1\n2\n"
    assert [asked.query.get("nextToken") for asked in api.asked] == [None, "a", "b", "c"]
    assert api.asked[0].query["fromStart"] == "true"

    api.on(LOG, *pages)
    as_json = json.loads(seqstack("logs", RUN_ID, "align", "--all", "--json").stdout)
    assert [line["message"] for line in as_json["lines"]] == ["1", "2"]
    assert as_json["nextToken"] == "c"


def test_logs_follow_prints_new_lines_until_the_job_has_ended(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_lines, "_PAUSE_SECONDS", 0.0)
    api.on(
        LOG,
        log(state="STARTING"),
        log("1", state="RUNNING", token="a"),
        log("2", state="RUNNING", token="b"),
        log(state="RUNNING", token="b"),
        log("3", token="c"),
        log(token="c"),
    )

    ended = seqstack("logs", RUN_ID, "align", "--follow", "--json")

    assert ended.exit_code == ExitCode.OK
    assert [json.loads(line)["message"] for line in ended.stdout.splitlines()] == ["1", "2", "3"]
    # the try that was newest at first is kept to
    assert {asked.query.get("attempt") for asked in api.asked[1:]} == {"2"}


def test_logs_follow_that_is_interrupted_says_that_the_job_continues(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(LOG, answer(200, log("1", state="RUNNING", token="a")), KeyboardInterrupt())

    ended = seqstack("logs", RUN_ID, "align", "--follow")

    assert ended.exit_code == ExitCode.INTERRUPTED
    assert (ended.stdout, ended.stderr) == ("1\n", "The job is still running.\n")


def test_logs_that_are_gone_say_so(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(LOG, problem(404, f"run {RUN_ID} has no such try of align"))
    api.on(f"GET /runs/{RUN_ID}", runs.detail(runs.step()))

    ended = seqstack("logs", RUN_ID, "align", "--attempt", "9", "--local")

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert ended.stderr == (
        f"error: run {RUN_ID} has no such try of align; "
        f"`seqstack --local status {RUN_ID}` shows the run's steps and their attempts\n"
    )


def test_logs_of_a_reused_step_lead_to_the_run_that_made_it(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(LOG, problem(404, f"run {RUN_ID} reused align of run earlier, which has its log"))
    api.on(f"GET /runs/{RUN_ID}", runs.detail(runs.step(reusedFrom="earlier")))

    ended = seqstack("logs", RUN_ID, "align", "--follow")

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert ended.stderr.endswith("; `seqstack logs earlier align` shows it\n")


def test_logs_of_an_unknown_run_lead_to_the_list(api: ScriptedApi, seqstack: SeqStack) -> None:
    for operation in (LOG, f"GET /runs/{RUN_ID}"):
        api.on(operation, problem(404, f"there is no run {RUN_ID}"))

    ended = seqstack("logs", RUN_ID, "align")

    assert ended.stderr.endswith("; `seqstack list` shows the runs\n")


@pytest.mark.parametrize("command", [("logs", RUN_ID, "align", "--all"), ("outputs", RUN_ID)])
def test_output_to_a_closed_pipe_is_no_failure(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    api.on(LOG, log("1", token="a"), log("2", token="a"))
    api.on(OUTPUTS, made("bam/sorted.bam"))
    read_end, write_end = os.pipe()
    os.close(read_end)

    with os.fdopen(write_end, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with pytest.raises(SystemExit) as ended:
            app(command, obj=seqstack.session)

    assert ended.value.code == ExitCode.OK


def test_outputs_lists_objects_by_step(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", "bam/sorted.bam.bai"))

    ended = seqstack("outputs", RUN_ID)

    assert [line.split() for line in ended.stdout.splitlines()] == [
        ["step", "object", "state"],
        ["align", "s3://results/r/NA1/bam/sorted.bam", "current"],
        ["align", "s3://results/r/NA1/bam/sorted.bam.bai", "current"],
    ]
    assert ended.stderr == ""


def test_outputs_says_what_was_replaced_since_and_by_which_version_it_is_kept(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", state="replaced"))

    ended = seqstack("outputs", RUN_ID)

    assert "replaced, version v1" in ended.stdout
    assert "1 of these" in ended.stderr
    assert api.asked[0].query == {}


def test_outputs_says_what_is_not_known_to_be_the_runs(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", state="unknown"))

    ended = seqstack("outputs", RUN_ID)
    linked = seqstack("outputs", RUN_ID, "--links")

    assert ended.stdout.split()[-1] == linked.stdout.split()[-1] == "unknown"
    assert "It is unknown whether 1 of these are the run's own" in ended.stderr
    assert "were replaced or deleted" not in ended.stderr


def test_outputs_with_links_asks_for_them_and_reports_their_end(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link="https://s3"))

    ended = seqstack("outputs", RUN_ID, "--links", "--link-seconds", "60")

    assert [line.split() for line in ended.stdout.splitlines()] == [
        ["step", "object", "link"],
        ["align", "s3://results/r/NA1/bam/sorted.bam", "https://s3/bam/sorted.bam"],
    ]
    assert "expire at 2026-01-0" in ended.stderr
    assert api.asked[0].query == {"links": "true", "linkSeconds": "60"}


def test_outputs_on_a_terminal_print_their_folder_once(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", "bam/sorted.bam.bai"))
    seen = io.StringIO()
    session = seqstack.session(Options())
    session.console = HarmlessConsole(file=seen, force_terminal=True, color_system=None, width=80)

    ended = CliRunner().invoke(app, ["outputs", RUN_ID], obj=lambda _options: session)

    assert ended.stdout == "Objects in s3://results/r/NA1/bam/\n"
    assert "s3://" not in seen.getvalue()
    assert "sorted.bam.bai" in seen.getvalue()


def test_outputs_of_a_young_run_are_none(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(OUTPUTS, made())

    ended = seqstack("outputs", RUN_ID)

    assert (ended.stdout, ended.stderr) == ("", "The run has no outputs yet.\n")
    assert json.loads(seqstack("outputs", RUN_ID, "--json").stdout) == made()


@pytest.mark.parametrize(
    ("how", "new_id", "expected_text"),
    [
        ("REDRIVEN", RUN_ID, f"Run {RUN_ID} continues."),
        ("RESTARTED", "r2", f"Run r2 has started in place of {RUN_ID}."),
    ],
)
def test_resume_reports_which_run_continues(
    api: ScriptedApi, seqstack: SeqStack, how: str, new_id: str, expected_text: str
) -> None:
    api.on(RESUME, answer(202, {"runId": new_id, "resumedFrom": RUN_ID, "how": how}))
    api.on("GET /runs/r2", runs.detail(runs.step()))

    ended = seqstack("resume", RUN_ID)

    assert ended.stdout == f"{expected_text}\nLook: seqstack status {new_id} --watch\n"
    assert api.asked[0].headers["Idempotency-Key"]


def test_resume_and_watch_follows_the_new_run(api: ScriptedApi, seqstack: SeqStack) -> None:
    document = {"runId": "r2", "resumedFrom": RUN_ID, "how": "RESTARTED"}
    api.on(RESUME, answer(202, document))
    api.on("GET /runs/r2", runs.succeeded())

    ended = seqstack("resume", RUN_ID, "--watch")

    assert ended.exit_code == ExitCode.OK
    assert api.operations == [RESUME, "GET /runs/r2", "GET /runs/r2"]


def test_resume_of_reads_that_are_still_damaged_says_so_and_starts_nothing(
    api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.resume._LOOK_SECONDS", 0.0)
    api.on(RESUME, answer(202, {"runId": "r2", "resumedFrom": RUN_ID, "how": "RESTARTED"}))
    said = f"1 problem\n$.fastq1S3Path[0]: s3://r/a.fq.gz has not changed since run {RUN_ID} failed"
    failure = {"error": "InvalidInputError", "cause": said}
    ended_at = "2026-01-02T03:04:09.000Z"
    refused = runs.detail(state="FAILED", endedAt=ended_at, failure=failure)
    api.on("GET /runs/r2", runs.detail(), runs.detail(), refused)

    ended = seqstack("resume", RUN_ID)

    assert ended.exit_code == ExitCode.USAGE
    assert ended.stdout == ""
    assert f"run {RUN_ID} is not resumed: its input is refused" in ended.stderr
    assert "s3://r/a.fq.gz has not changed since" in ended.stderr
    assert "if a key of the input is wrong, start a new run" in ended.stderr


def test_resume_whose_new_run_fails_for_another_reason_says_what_to_do_about_that(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(RESUME, answer(202, {"runId": "r2", "resumedFrom": RUN_ID, "how": "RESTARTED"}))
    failure = {"error": "ResultsInUseError", "cause": "run r1 writes to s3://r/NA1/"}
    ended_at = "2026-01-02T03:04:09.000Z"
    api.on("GET /runs/r2", runs.detail(state="FAILED", endedAt=ended_at, failure=failure))

    ended = seqstack("resume", RUN_ID)

    assert ended.exit_code == ExitCode.FAILED
    assert f"run {RUN_ID} is not resumed: run r2 in its place has failed" in ended.stderr
    assert "run r1 writes to s3://r/NA1/" in ended.stderr
    assert "look: seqstack status r2" in ended.stderr
    assert "input" not in ended.stderr


def test_resume_of_a_run_that_is_running_is_a_conflict(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(RESUME, problem(409, "the run is running"))

    assert seqstack("resume", RUN_ID).exit_code == ExitCode.CONFLICT


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What a browser was asked to open; every page that is fetched says where it was."""
    asked: list[str] = []
    monkeypatch.setattr(typer, "launch", lambda place: asked.append(place) or 0)
    monkeypatch.setattr(transport, "fetch", lambda url: f"<p>{url}".encode())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return asked


def test_open_saves_the_accuracy_that_the_report_links_to(
    api: ScriptedApi,
    seqstack: SeqStack,
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    keep_page(RUN_ID, "99 % were found")
    api.on(OUTPUTS, made("report/run.html", link=LINK))

    assert seqstack("open", RUN_ID).exit_code == ExitCode.OK

    (report,) = map(Path, opened)
    page = report.parent / "../accuracy/accuracy.html"
    assert page.read_text() == "99 % were found"
    assert page.stat().st_mode & 0o077 == 0
    assert (report.name, report.parent.stat().st_mode & 0o077) == ("run.html", 0)


def test_open_prefers_the_report_and_opens_a_copy_that_only_this_user_can_read(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], tmp_path: Path
) -> None:
    pages = ("vcf/annotated/snpEff_summary.html", "report/run.html", "bam/sorted.bam")
    api.on(OUTPUTS, made(*pages, link=LINK))

    ended = seqstack("open", RUN_ID)

    (place,) = opened
    assert ended.stdout == f"{place}\n"
    assert "Opening the report, from results.s3.us-east-1.amazonaws.com." in ended.stderr
    path = Path(place)
    assert (path.name, path.parent.parent) == ("run.html", tmp_path)
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    text = path.read_text()
    assert text.startswith(
        '<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    )
    assert text.endswith(f"\n<p>{LINK}/report/run.html")
    assert api.asked[0].query["links"] == "true"


def test_open_print_gives_the_address_and_fetches_nothing(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], tmp_path: Path
) -> None:
    api.on(OUTPUTS, made("report/run.html", link=LINK))

    assert seqstack("open", RUN_ID, "--print").stdout == f"{LINK}/report/run.html\n"
    assert (opened, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize(
    "link",
    [
        "file:///home/me/.ssh",
        "javascript:alert(1)//results.s3.us-east-1.amazonaws.com",
        "data:text/html,<script>alert(1)</script>",
        "smb://results.s3.us-east-1.amazonaws.com",
        "//results.s3.us-east-1.amazonaws.com",
        "https://evil.example",
        "https://results.s3.us-east-1.amazonaws.com.evil.example",
        "https://results.s3.us-east-1.amazonaws.com@evil.example",
        "https://evil.example\\@results.s3.us-east-1.amazonaws.com",
        "https://evil.example#results.s3.us-east-1.amazonaws.com",
        "https://other.s3.us-east-1.amazonaws.com",
        "https://s3.us-east-1.amazonaws.com/other",
        "http://results.s3.us-east-1.amazonaws.com",
        "https://results.s3.us-east-1.amazonaws.com:8443",
        "https://127.0.0.1",
        "https://results.s3.us-east-1.amazonaws.com/\x1b]8;;",
        "https://[::1",
        "https://results.s3.us-east-1.amazonaws.com:x",
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--print",), ("--json",)])
def test_open_of_a_link_that_leads_elsewhere_is_refused(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], link: str, arguments: tuple[str, ...]
) -> None:
    api.on(OUTPUTS, made("report/run.html", link=link))

    ended = seqstack("open", RUN_ID, *arguments)

    assert ended.exit_code == ExitCode.UNAVAILABLE, ended.output
    assert opened == []
    assert ended.stdout == ""
    assert "do not open it" in ended.stderr
    assert ended.stderr.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "link",
    [
        "https://results.s3.amazonaws.com",
        "https://results.s3.eu-central-1.amazonaws.com",
        "https://results.s3.dualstack.eu-central-1.amazonaws.com",
        "https://results.s3.cn-north-1.amazonaws.com.cn",
        "https://s3.eu-central-1.amazonaws.com/results",
    ],
)
def test_open_knows_the_addresses_of_s3(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], link: str
) -> None:
    api.on(OUTPUTS, made("report/run.html", link=link))

    assert seqstack("open", RUN_ID).exit_code == ExitCode.OK
    assert len(opened) == 1


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:states:evil.example/#:1:execution:x:y",
        "arn:aws:states:evil.example?:1:execution:x:y",
        "arn:aws:states:me@evil.example/:1:execution:x:y",
        "arn:aws:states::1:execution:x:y",
        "arn:aws:states:us-east-1:1:execution:x:\x1b]0;y",
        "no arn",
    ],
)
def test_open_of_an_execution_that_leads_elsewhere_is_refused(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], arn: str
) -> None:
    api.on(f"GET /runs/{RUN_ID}", {**runs.detail(), "executionArn": arn})

    ended = seqstack("open", RUN_ID, "--console")

    assert (ended.exit_code, opened) == (ExitCode.UNAVAILABLE, [])


@pytest.mark.parametrize(
    ("link", "count"),
    [("http://127.0.0.1:4566/results", 1), ("http://10.0.0.5:4566/r", 1), ("http://evil/r", 0)],
)
def test_open_in_the_emulator_takes_links_to_this_machine_and_to_where_its_api_is(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], link: str, count: int
) -> None:
    api.on(OUTPUTS, made("report/run.html", link=link))

    seqstack("open", RUN_ID, "--local", "--api-url", "http://10.0.0.5:4567")

    assert len(opened) == count


def test_open_without_a_browser_says_what_to_do(
    api: ScriptedApi, seqstack: SeqStack, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typer, "launch", lambda url: 3)
    api.on(OUTPUTS, made("report/run.html", link=LINK))

    assert "open the address above" in seqstack("open", RUN_ID).stderr


def test_open_of_a_run_without_a_report_shows_its_execution(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link=LINK))
    api.on(f"GET /runs/{RUN_ID}", runs.detail())

    document = json.loads(seqstack("open", RUN_ID, "--json").stdout)

    assert document == {
        "what": "console",
        "url": "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1"
        f"#/v2/executions/details/{runs.detail()['executionArn']}",
    }
    assert seqstack("open", RUN_ID, "--local").exit_code == ExitCode.NOT_FOUND


def test_open_qc_opens_multiqcs_report(api: ScriptedApi, seqstack: SeqStack) -> None:
    outputs = made("report/run.html", link=LINK)
    outputs["outputs"] += made("qc/multiqc_report.html", link=LINK)["outputs"]
    api.on(OUTPUTS, outputs)

    assert seqstack("open", RUN_ID, "--qc", "--print").stdout == f"{LINK}/qc/multiqc_report.html\n"


def test_open_qc_of_a_run_without_it_opens_nothing_else(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(OUTPUTS, made("report/run.html", link=LINK))

    ended = seqstack("open", RUN_ID, "--qc")

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "has no MultiQC report" in ended.stderr
