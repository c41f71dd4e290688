"""The objects of a run by presigned links, kept while they are valid, and read in ranges."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from werkzeug.wsgi import FileWrapper

from cli.errors import not_found, unavailable
from cli.pages import result_address
from cli.session import Session
from cli.shapes.outputs import Output
from cli.transport import NO_ANSWER

_LINK_SECONDS = 3600  # the API's maximum
_KEPT_SECONDS = 1800  # so that a long transfer ends before its link does
_TIMEOUT_SECONDS = 60
_PIECE_BYTES = 1 << 18
# https://www.rfc-editor.org/rfc/rfc9110#name-range: one range of bytes
RANGE = re.compile(r"bytes=[0-9]{0,19}-[0-9]{0,19}")
"""The header of a request for one range of bytes."""
_PASSED = ("Content-Length", "Content-Range", "Accept-Ranges", "ETag")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object, or a range of it, on its way; close `pieces`."""

    status: int
    headers: dict[str, str]
    pieces: FileWrapper


@dataclass(slots=True)
class ResultLinks:
    """Links of runs' outputs. They stay in this process: the browser never sees one.

    A page can't read ranges of S3 itself unless the bucket allows its origin (CORS), whose port
    is another at each start; so this server reads them.
    """

    session: Session
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, dict[str, Output]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def outputs(self, run_id: str) -> dict[str, Output]:
        """The outputs of a run by URI, with links, as they are now."""
        listed = self.session.api.list_outputs(run_id, _LINK_SECONDS)["outputs"]
        found = {each["s3Uri"]: each for each in listed}
        with self._lock:
            self._kept[run_id] = (self.clock(), found)
        return found

    def known(self, run_id: str) -> dict[str, Output]:
        """The outputs of a run as they were lately, with links that are still valid."""
        with self._lock:
            kept = self._kept.get(run_id)
        if kept is None or self.clock() - kept[0] > _KEPT_SECONDS:
            return self.outputs(run_id)
        return kept[1]

    def link(self, run_id: str, uri: str) -> str:
        """A valid link to an output of a run.

        Raises:
            CliError: the run has no such output, or its link leads elsewhere than to the results.
        """
        found = self.known(run_id)
        if uri not in found:
            found = self.outputs(run_id)
        url = found[uri]["link"] if uri in found else None
        if not url:
            raise not_found(f"run {run_id} has no object {uri}", "its files lists what there is")
        result_address(url, uri, self._local_hosts())
        return url

    def fetch(self, run_id: str, uri: str, wanted: str = "") -> Fetched:
        """An object, or the range of it that the header `wanted` asks for.

        Raises:
            CliError: there is no such object, or S3 does not answer as it should.
        """
        headers = {"Accept-Encoding": "identity"}
        if RANGE.fullmatch(wanted):
            headers["Range"] = wanted
        request = AWSRequest("GET", self.link(run_id, uri), headers=headers, stream_output=True)
        try:
            answer = URLLib3Session(timeout=_TIMEOUT_SECONDS).send(request.prepare())
        except NO_ANSWER as error:
            raise unavailable("the object's store does not answer", "try again") from error
        if answer.status_code not in {
            HTTPStatus.OK,
            HTTPStatus.PARTIAL_CONTENT,
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        }:
            answer.raw.close()
            with self._lock:
                self._kept.pop(run_id, None)
            raise unavailable(f"the object's store answers {answer.status_code}", "try again")
        passed = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
        return Fetched(answer.status_code, passed, FileWrapper(answer.raw, _PIECE_BYTES))

    def _local_hosts(self) -> frozenset[str]:
        if not self.session.options.local:
            return frozenset()
        return frozenset({urlsplit(self.session.api_url).hostname or ""})
