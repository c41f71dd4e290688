"""`seqstack download`: whole and right files, or an error; what is there is not fetched again."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli import downloads
from cli.errors import ExitCode
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

OUTPUTS = f"GET /runs/{RUN_ID}/outputs"
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
    assert len(api.asked) == 2
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
    api.on(OUTPUTS, {"runId": RUN_ID, "outputs": [], "linksExpireAt": None})

    ended = seqstack("download", RUN_ID, str(tmp_path))

    assert ended.exit_code == 0
    assert "The run has no outputs yet." in ended.stderr


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
