"""`seqstack download`: whole and right files, or an error; what is there is not fetched again."""

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedRandom, FileIO
from pathlib import Path
from typing import IO, Any

import pytest

from cli import downloads
from cli.earlier_results import set_accuracy_aside
from cli.errors import ExitCode
from seqstack.domain.results import ACCURACY, VARIANTS
from tests.unit.cli.runs import RUN_ID, detail
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

RUN, OUTPUTS = f"GET /runs/{RUN_ID}", f"GET /runs/{RUN_ID}/outputs"
ROOT = "s3://results/r/NA1/"
BAM = bytes(range(256)) * 40


class Bucket(ThreadingHTTPServer):
    """Objects by link. `cuts` are the bytes after which answers break off, the first first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.cuts: dict[str, list[int]] = {}
        self.statuses: dict[str, list[int]] = {}
        self.asked: list[tuple[str, str]] = []

    def link(self, key: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{key}?signed"


class Handler(BaseHTTPRequestHandler):
    server: Bucket

    def do_GET(self) -> None:
        key = self.path.strip("/").partition("?")[0]
        wanted = self.headers.get("Range", "")
        self.server.asked.append((key, wanted))
        if statuses := self.server.statuses.get(key):
            self.send_error(statuses.pop(0))
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        content = self.server.objects[key][start:]
        if wanted and not content:
            self.send_error(416)
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        cuts = self.server.cuts.get(key, [])
        self.wfile.write(content[: cuts.pop(0)] if cuts else content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setattr(downloads.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(downloads, "_CHUNK_BYTES", 100)  # what breaks off within one is lost
    with Bucket() as bucket:
        thread = threading.Thread(target=bucket.serve_forever)
        thread.start()
        yield bucket
        bucket.shutdown()
        thread.join()


def provenance(**files: bytes) -> bytes:
    outputs = [
        {
            "uri": f"{ROOT}{key.replace('__', '/')}",
            "bytes": len(content),
            "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}",
        }
        for key, content in files.items()
    ]
    return json.dumps({"outputs": outputs}).encode()


@pytest.fixture(autouse=True)
def _succeeded(api: ScriptedApi) -> None:
    api.on(RUN, detail(state="SUCCEEDED"))


@pytest.fixture
def listed(api: ScriptedApi, bucket: Bucket) -> dict[str, Any]:
    """The API's list of a BAM and its provenance, which the bucket has."""
    bucket.objects = {"bam/s": BAM, "provenance/align.json": provenance(bam__s=BAM)}
    return list_again(api, bucket)


def list_with_report(api: ScriptedApi, bucket: Bucket) -> None:
    """The list again, with the run's report."""
    outputs = list_again(api, bucket)["outputs"]
    bucket.objects["report/run.html"] = b"made again"
    report = {"step": "report", "s3Uri": f"{ROOT}report/run.html", "versionId": "v2"}
    link = {"state": "current", "link": bucket.link("report/run.html")}
    made = {"runId": RUN_ID, "outputs": [*outputs, report | link], "linksExpireAt": None}
    api.on(OUTPUTS, made)


def list_again(api: ScriptedApi, bucket: Bucket, **changes: Any) -> dict[str, Any]:
    outputs = [
        {
            "step": "align",
            "s3Uri": f"{ROOT}{key}",
            "versionId": "v1",
            "state": "current",
            "link": bucket.link(key),
            **changes,
        }
        for key in bucket.objects
    ]
    made = {"runId": RUN_ID, "outputs": outputs, "linksExpireAt": "2026-01-02T03:19:05.678Z"}
    api.on(OUTPUTS, made)
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.usefixtures("listed")
def test_outputs_are_copied_as_they_lie_in_the_runs_folder(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    ended = seqstack("download", RUN_ID, str(tmp_path / "out"))

    assert ended.exit_code == 0, ended.output
    assert files(tmp_path / "out") == bucket.objects
    assert "2 files in" in ended.stderr


@pytest.mark.usefixtures("listed")
def test_what_is_there_is_not_fetched_again(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    seqstack("download", RUN_ID, str(tmp_path))
    bucket.asked.clear()

    again = seqstack("download", RUN_ID, str(tmp_path), "--json")

    assert again.exit_code == 0
    assert json.loads(again.stdout)["fetched"] == []
    assert [key for key, _ in bucket.asked] == ["provenance/align.json"]


@pytest.mark.usefixtures("listed")
def test_answer_that_breaks_off_goes_on_where_it_ended(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.cuts = {"bam/s": [1000, 500]}

    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == 0
    assert files(tmp_path) == bucket.objects
    ranges = [wanted for key, wanted in bucket.asked if key == "bam/s"]
    assert ranges == ["", "bytes=1000-", "bytes=1500-"]


@pytest.mark.usefixtures("listed")
def test_download_that_failed_goes_on_with_the_next_command(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.cuts = {"bam/s": [100] * 5}
    failed = seqstack("download", RUN_ID, str(tmp_path))
    assert failed.exit_code == ExitCode.UNAVAILABLE
    assert not (tmp_path / "bam/s").exists()
    bucket.asked.clear()

    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == 0
    assert ("bam/s", "bytes=500-") in bucket.asked
    assert files(tmp_path) == bucket.objects


class FullDisk(FileIO):
    """A file on a disk that has space for `left` bytes."""

    left = 1000

    def write(self, content: Any) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(memoryview(content)[: self.left])
        self.left -= written
        return written


@pytest.mark.usefixtures("listed")
def test_full_disk_is_an_error_that_names_the_file_and_the_next_command_goes_on(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def on_full_disk(path: Path, *how: str) -> IO[bytes]:
        return (
            BufferedRandom(FullDisk(path, "a+")) if path.suffix == ".part" else opened(path, *how)
        )

    with monkeypatch.context() as full:
        full.setattr(Path, "open", on_full_disk)
        ended = seqstack("download", RUN_ID, str(tmp_path), "--json")

    assert ended.exit_code == ExitCode.FAILED
    assert json.loads(ended.stderr.splitlines()[-1]) == {
        "error": f"{tmp_path}/bam/s can't be written: No space left on device",
        "hint": "free space there, and run the command again to go on",
        "details": [],
        "exitCode": 1,
    }
    bucket.asked.clear()
    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == 0
    assert ("bam/s", "bytes=1000-") in bucket.asked
    assert files(tmp_path) == bucket.objects


@pytest.mark.usefixtures("listed")
def test_part_of_another_version_is_not_continued(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.cuts = {"bam/s": [100] * 5}
    seqstack("download", RUN_ID, str(tmp_path))
    other = BAM[::-1]
    bucket.objects = {"bam/s": other, "provenance/align.json": provenance(bam__s=other)}
    list_again(api, bucket, versionId="v2")

    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == 0
    assert (tmp_path / "bam/s").read_bytes() == other


@pytest.mark.usefixtures("listed")
def test_object_that_the_job_did_not_write_is_refused(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.objects["bam/s"] = BAM[:-1] + b"x"

    ended = seqstack("download", RUN_ID, str(tmp_path))

    assert ended.exit_code == ExitCode.UNAVAILABLE
    assert f"{ROOT}bam/s is not what the job has written" in ended.stderr
    assert files(tmp_path) == {}


@pytest.mark.usefixtures("listed")
def test_other_file_is_kept_unless_it_may_be_replaced(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    (tmp_path / "bam").mkdir()
    (tmp_path / "bam/s").write_text("mine")

    refused = seqstack("download", RUN_ID, str(tmp_path))
    assert refused.exit_code == ExitCode.USAGE
    assert "--overwrite" in refused.stderr
    assert files(tmp_path) == {"bam/s": b"mine"}

    assert seqstack("download", RUN_ID, str(tmp_path), "--overwrite").exit_code == 0
    assert files(tmp_path) == bucket.objects


@pytest.mark.usefixtures("listed")
def test_expired_link_is_asked_for_again(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.statuses = {"bam/s": [403]}

    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == 0
    assert [asked.operation for asked in api.asked] == [RUN, OUTPUTS, OUTPUTS]
    assert files(tmp_path) == bucket.objects


@pytest.mark.usefixtures("listed")
def test_link_without_permission_is_no_access(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.statuses = {"bam/s": [403, 403]}

    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == ExitCode.NO_ACCESS


def test_objects_that_are_gone_are_named(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, listed: dict[str, Any], tmp_path: Path
) -> None:
    listed["outputs"].append(
        {"step": "align", "s3Uri": f"{ROOT}gone", "versionId": "v", "state": "gone", "link": None}
    )
    api.on(OUTPUTS, listed)

    ended = seqstack("download", RUN_ID, str(tmp_path))

    assert ended.exit_code == 1
    assert f"{ROOT}gone is gone, and was not fetched." in ended.stderr
    assert files(tmp_path) == bucket.objects


@pytest.mark.parametrize("key", ["../evil", "a/../../evil", "a//b", "a\x1b[2J", "a\\..\\evil"])
def test_name_that_would_leave_the_folder_is_refused(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path, key: str
) -> None:
    bucket.objects = {"bam/s": BAM, key: b"x"}
    list_again(api, bucket)

    ended = seqstack("download", RUN_ID, str(tmp_path / "out"))

    assert ended.exit_code == ExitCode.UNAVAILABLE
    assert "which is no file" in ended.stderr
    assert files(tmp_path) == {}


def test_young_run_has_nothing_to_fetch(
    api: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    api.on(RUN, detail(state="RUNNING"))
    api.on(OUTPUTS, {"runId": RUN_ID, "outputs": [], "linksExpireAt": None})

    ended = seqstack("download", RUN_ID, str(tmp_path))

    assert ended.exit_code == 1
    assert "The run has no outputs yet." in ended.stderr
    assert "The run is RUNNING; only what its finished steps have written" in ended.stderr


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("state", "exit_code", "told"),
    [
        ("RUNNING", 1, "The run is RUNNING; only what its finished steps have written is there."),
        ("FAILED", 1, "The run is FAILED; only what its finished steps have written is there."),
        ("QC_FAILED", 0, "The run is QC_FAILED."),
    ],
)
def test_run_without_success_is_told(
    api: ScriptedApi,
    seqstack: SeqStack,
    bucket: Bucket,
    tmp_path: Path,
    state: str,
    exit_code: int,
    told: str,
) -> None:
    api.on(RUN, detail(state=state))

    ended = seqstack("download", RUN_ID, str(tmp_path), "--json")

    assert ended.exit_code == exit_code
    assert told in ended.stderr
    assert json.loads(ended.stdout)["state"] == state
    assert files(tmp_path) == bucket.objects


@pytest.mark.usefixtures("listed")
def test_files_of_another_run_that_stay_are_named(
    seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    earlier = {
        "bam/s": b"other reads",
        "cram/s": b"the other run's",
        "cram/note": b"edited by somebody",
    }
    written = [
        {"uri": f"s3://results/elsewhere/NA1/{name}", "bytes": size, "etag": "e"}
        for name, size in (("bam/s", 11), ("cram/s", 15), ("cram/note", 7))
    ]
    document = {"job": {"id": "j"}, "inputs": [], "outputs": written, "versions": {}}
    earlier |= {"provenance/cram.json": json.dumps(document).encode()}
    earlier |= {"provenance/ro-crate-workflow.json": b"{}", "mine.txt": b"mine"}
    for name, content in earlier.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    ended = seqstack("download", RUN_ID, str(tmp_path), "--overwrite", "--json")

    assert ended.exit_code == 0
    named = [str(tmp_path / name) for name in ("provenance/cram.json", "cram/s")]
    assert json.loads(ended.stdout)["ofOtherRuns"] == named
    assert [line for line in ended.stderr.splitlines() if "another run's" in line] == [
        f"{name} is another run's, and stays." for name in named
    ]
    assert files(tmp_path) == earlier | bucket.objects


@pytest.mark.parametrize("is_of_these_calls", [True, False])
def test_accuracy_of_other_calls_is_set_aside(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path, is_of_these_calls: bool
) -> None:
    bucket.objects = {VARIANTS: b"calls", "bam/s": BAM}
    list_again(api, bucket)
    sha256 = hashlib.sha256(b"calls" if is_of_these_calls else b"other calls").hexdigest()
    figures = json.dumps({"callsSha256": sha256, "runId": "run-1"})
    (tmp_path / "accuracy").mkdir()
    (tmp_path / ACCURACY).write_text("page")
    (tmp_path / "accuracy/accuracy.json").write_text(figures)

    ended = seqstack("download", RUN_ID, str(tmp_path))

    assert ended.exit_code == 0, ended.output
    place = "accuracy" if is_of_these_calls else "accuracy-run-1"
    assert files(tmp_path) == bucket.objects | {
        f"{place}/accuracy.html": b"page",
        f"{place}/accuracy.json": figures.encode(),
    }
    assert (f"it is in {tmp_path}/accuracy-run-1 now" in ended.stderr) is not is_of_these_calls


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"callsSha256": "x", "runId": "../y"}'])
def test_accuracy_that_does_not_tell_its_calls_is_set_aside_and_kept(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / VARIANTS).parent.mkdir(parents=True)
    (tmp_path / VARIANTS).write_text("calls")

    for number in (1, 2):
        (tmp_path / "accuracy").mkdir()
        (tmp_path / ACCURACY).write_text(f"page {number}")
        (tmp_path / "accuracy/accuracy.json").write_text(text)
        set_accuracy_aside(tmp_path)

    assert (tmp_path / "accuracy-earlier/accuracy.html").read_text() == "page 1"
    assert (tmp_path / "accuracy-earlier-2/accuracy.html").read_text() == "page 2"
    assert set_accuracy_aside(tmp_path) is None


@pytest.mark.usefixtures("listed")
def test_report_of_an_earlier_download_is_replaced_by_the_newest(
    api: ScriptedApi, seqstack: SeqStack, bucket: Bucket, tmp_path: Path
) -> None:
    list_with_report(api, bucket)
    assert seqstack("download", RUN_ID, str(tmp_path)).exit_code == ExitCode.OK
    report = tmp_path / "report/run.html"
    report.write_text("as it was before costs were known")

    again = seqstack("download", RUN_ID, str(tmp_path))

    assert again.exit_code == ExitCode.OK, again.output
    assert report.read_text() == "made again"


@pytest.mark.parametrize(
    "joined", [{}, {"bam/s": BAM, "provenance/align.json": provenance(bam__s=BAM)}]
)
def test_results_of_parts_are_left_out_and_their_provenance_is_not(
    seqstack: SeqStack, api: ScriptedApi, bucket: Bucket, tmp_path: Path, joined: dict[str, bytes]
) -> None:
    part, told = "bam/parts/part1.bam", "provenance/alignPart1.json"
    bucket.objects = {**joined}
    outputs = list_again(api, bucket)["outputs"]
    bucket.objects[told] = json.dumps({"outputs": [{"uri": f"{ROOT}{part}", "bytes": 3}]}).encode()
    of_part = {"step": "alignPart1", "versionId": "v1"}
    outputs += [
        {"s3Uri": f"{ROOT}{told}", "state": "current", "link": bucket.link(told), **of_part},
        {"s3Uri": f"{ROOT}{part}", "state": "current", "link": bucket.link(part), **of_part},
        {"s3Uri": f"{ROOT}{part}".replace("1", "2"), "state": "gone", "link": None, **of_part},
    ]
    api.on(OUTPUTS, {"runId": RUN_ID, "outputs": outputs, "linksExpireAt": None})

    ended = seqstack("download", RUN_ID, str(tmp_path / "out"))

    assert ended.exit_code == 0, ended.output
    assert files(tmp_path / "out") == bucket.objects
