"""SubmitJob to a Batch that accepts a job and does not say so: one job, found by its name."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.config import Config

from seqstack.adapters import aws
from seqstack.adapters.batch import Batch
from seqstack.domain.errors import TransientServiceError
from tests.support.aws_world import REGION, forget_clients
from tests.support.builders import ALIGN, step_plan

PLAN = step_plan(job_queue="highPriority-dev", job_definition="bwa-dev:1")


@dataclass
class UnansweringBatch:
    """A Batch that answers SubmitJob as `answers` says, in order, and lists the accepted jobs."""

    answers: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    listed_after: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def list_jobs(self) -> dict[str, Any]:
        self.listed_after -= 1
        shown = self.jobs if self.listed_after < 0 else []
        return {
            "jobSummaryList": [
                {"jobId": f"job-{number}", "jobName": name, "createdAt": number}
                for number, name in enumerate(shown, 1)
            ]
        }


def _handler(batch: UnansweringBatch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/v1/listjobs":
                self._send(200, batch.list_jobs())
                return
            answer = batch.answers.pop(0) if batch.answers else "accepted"
            if answer == "throttled":
                self._send(429, {"code": "TooManyRequestsException"})
                return
            if answer != "lost":
                batch.jobs.append(request["jobName"])
            match answer:
                case "accepted":
                    self._send(200, {"jobId": f"job-{len(batch.jobs)}", "jobName": "x"})
                case "broken off" | "lost":
                    self.close_connection = True
                case "timed out":
                    batch.released.wait()
                case status:
                    self._send(int(status), {"message": "as the test says"})

        def _send(self, status: int, body: dict[str, Any]) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Iterator[UnansweringBatch]:
    stand_in = UnansweringBatch()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_BATCH", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    forget_clients()
    yield stand_in
    stand_in.released.set()
    server.shutdown()
    server.server_close()
    forget_clients()


def _submit() -> str:
    return Batch("dev", sleep=lambda _: None).submit(ALIGN, PLAN)


@pytest.mark.parametrize("answer", ["500", "502", "503", "504", "broken off"])
def test_submit_accepted_without_an_answer_is_one_job(batch: UnansweringBatch, answer: str) -> None:
    batch.answers = [answer]

    assert _submit() == "job-1"
    assert batch.jobs == [ALIGN.job_name]


def test_submit_accepted_after_the_timeout_is_one_job(
    batch: UnansweringBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("batch")  # made before: ListJobs may take as long as it likes
    monkeypatch.setattr(aws, "_ONE_TRY", aws._ONE_TRY.merge(Config(read_timeout=0.2)))
    batch.answers = ["timed out"]

    assert _submit() == "job-1"
    assert batch.jobs == [ALIGN.job_name]


def test_submit_accepted_and_listed_late_is_one_job(batch: UnansweringBatch) -> None:
    batch.answers, batch.listed_after = ["503"], 2

    assert _submit() == "job-1"
    assert batch.jobs == [ALIGN.job_name]


def test_submit_never_accepted_is_transient_and_not_repeated(batch: UnansweringBatch) -> None:
    batch.answers = ["lost"]

    with pytest.raises(TransientServiceError):
        _submit()

    assert batch.jobs == []


def test_submit_throttled_is_repeated(batch: UnansweringBatch) -> None:
    batch.answers = ["throttled", "throttled", "accepted"]

    assert _submit() == "job-1"
    assert batch.jobs == [ALIGN.job_name]
