"""The stack's HTTP API, typed: one method for each operation."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast
from urllib.parse import quote, urlencode

from cli.errors import CliError, ExitCode
from cli.refusals import refusal
from cli.sending import Sender
from cli.shapes.cohorts import CohortDetail, CohortPage, CohortSummary
from cli.shapes.outputs import OutputList
from cli.shapes.references import DeletedReference, ReferenceDetail, ReferenceList
from cli.shapes.runs import LogPage, ResumedRun, RunDetail, RunPage, RunSummary
from cli.short_ids import GAP, LEAST, NEWEST, id_that_begins

_PAGE = 100  # the API's maximum


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs to list; empty values choose all."""

    state: str = ""
    sample: str = ""
    cohort: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class CohortQuery:
    """Which cohorts to list; empty values choose all."""

    state: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines of a step's log to show: by default the last ones.

    `attempt` 0 is the newest try.
    """

    step: str
    attempt: int = 0
    limit: int = 100
    from_start: bool = False
    next_token: str = ""


class ApiClient:
    """Calls the API at `url`. Every method raises CliError if the API refuses the request.

    `command` builds the commands that hints of errors name. A run's id may be abbreviated.
    """

    def __init__(self, url: str, sender: Sender, command: Callable[..., str]) -> None:
        self._url = url.rstrip("/")
        self._sender = sender
        self._command = command
        self._full: dict[str, str] = {}  # ids by their abbreviations

    def start_run(
        self, document: Mapping[str, Any], idempotency_key: str, workflow: str = ""
    ) -> RunSummary:
        """Start a run, or get the run that this key has started; the API has a default workflow."""
        headers = {"Idempotency-Key": idempotency_key}
        query = {"workflow": workflow} if workflow else None
        return cast(RunSummary, self._call("POST", "/runs", query, body=document, headers=headers))

    def list_runs(self, query: RunQuery, most: int | None, next_token: str = "") -> RunPage:
        """List runs, newest first, up to `most` (None: all), over as many pages as needed."""
        runs: list[RunSummary] = []
        for found, token in self._pages("runs", query, most, next_token):
            runs += found
            next_token = token
        return {"runs": runs, "nextToken": next_token or None}

    def each_run(self, query: RunQuery) -> Iterator[RunSummary]:
        """Every run, newest first; a page is fetched when its first run is asked for."""
        for runs, _ in self._pages("runs", query, None, ""):
            yield from runs

    def get_run(self, run_id: str) -> RunDetail:
        """Show a run with its steps and jobs."""
        return cast(RunDetail, self._of_run("GET", run_id))

    def stop_run(self, run_id: str) -> RunSummary:
        """Stop a run and its jobs."""
        return cast(RunSummary, self._of_run("DELETE", run_id))

    def resume_run(self, run_id: str, idempotency_key: str) -> ResumedRun:
        """Resume a run that ended without success."""
        headers = {"Idempotency-Key": idempotency_key}
        return cast(
            ResumedRun,
            self._of_run("POST", run_id, "resume", headers=headers),
        )

    def list_outputs(self, run_id: str, link_seconds: int | None = None) -> OutputList:
        """List a run's outputs, with links that are valid for `link_seconds` if given."""
        links = {"links": "true", "linkSeconds": str(link_seconds)} if link_seconds else None
        return cast(OutputList, self._of_run("GET", run_id, "outputs", parameters=links))

    def get_log(self, run_id: str, query: LogQuery) -> LogPage:
        """Show a page of a step's log."""
        parameters = {
            "attempt": str(query.attempt or ""),
            "fromStart": "true" if query.from_start else "",
            "limit": str(query.limit),
            "nextToken": query.next_token,
        }
        return cast(LogPage, self._of_run("GET", run_id, "logs", query.step, parameters=parameters))

    def prepare_reference(self, document: Mapping[str, Any], idempotency_key: str) -> RunSummary:
        """Start a run that prepares a reference, or get the one that this key has started."""
        headers = {"Idempotency-Key": idempotency_key}
        return cast(RunSummary, self._reference("POST", (), body=document, headers=headers))

    def list_references(self) -> ReferenceList:
        """List prepared references with their versions."""
        return cast(ReferenceList, self._reference("GET", ()))

    def get_reference(self, *names: str) -> ReferenceDetail:
        """Show a version of a reference, by its name and version; without a version, the newest."""
        return cast(ReferenceDetail, self._reference("GET", names))

    def delete_reference(self, name: str, version: str) -> DeletedReference:
        """Delete a version of a reference."""
        return cast(DeletedReference, self._reference("DELETE", (name, version)))

    def start_cohort(self, document: Mapping[str, Any], idempotency_key: str) -> CohortDetail:
        """Start a cohort, or get the execution that this key has started."""
        headers = {"Idempotency-Key": idempotency_key}
        return cast(CohortDetail, self._cohort("POST", (), body=document, headers=headers))

    def list_cohorts(
        self, query: CohortQuery, most: int | None, next_token: str = ""
    ) -> CohortPage:
        """List cohorts, newest first, up to `most` (None: all), over as many pages as needed."""
        cohorts: list[CohortSummary] = []
        for found, token in self._pages("cohorts", query, most, next_token):
            cohorts += found
            next_token = token
        return {"cohorts": cohorts, "nextToken": next_token or None}

    def get_cohort(self, cohort_id: str, execution: str = "") -> CohortDetail:
        """Show a cohort: its newest execution, or one by its name."""
        parameters = {"execution": execution}
        return cast(CohortDetail, self._cohort("GET", (cohort_id,), parameters=parameters))

    def stop_cohort(self, cohort_id: str) -> CohortDetail:
        """Stop a cohort and its runs."""
        return cast(CohortDetail, self._cohort("DELETE", (cohort_id,)))

    def resume_cohort(
        self, cohort_id: str, idempotency_key: str, changes: Mapping[str, Any] | None = None
    ) -> CohortDetail:
        """Run what failed or is new in a cohort's sheet; `changes` are keys of its input."""
        headers = {"Idempotency-Key": idempotency_key}
        return cast(
            CohortDetail, self._cohort("POST", (cohort_id, "resume"), body=changes, headers=headers)
        )

    def _of_run(self, method: str, run_id: str, *below: str, **request: Any) -> Any:
        """Call an operation of a run; if there is none of this id, of the one that begins so."""
        whole = self._full.get(run_id, run_id)
        if GAP in whole and (found := self._whole_id(run_id)):
            whole = self._full[run_id] = found
        try:
            return self._call(method, _path(whole, *below), run_id=whole, **request)
        except CliError as error:
            if error.exit_code is not ExitCode.NOT_FOUND or whole != run_id:
                raise
            found = self._whole_id(run_id)
            if found in {"", run_id}:
                raise
        self._full[run_id] = found
        return self._of_run(method, run_id, *below, **request)

    def _whole_id(self, beginning: str) -> str:
        """The only id that begins so, of the newest runs; empty if there is none."""
        if len(beginning) < LEAST:
            return ""
        try:
            newest = [run["runId"] for run in islice(self.each_run(RunQuery()), NEWEST)]
        except CliError:  # the first error says more
            return ""
        return id_that_begins(beginning, newest)

    def _cohort(self, method: str, names: Iterable[str], **request: Any) -> Any:
        return self._call(method, _path(*names, root="/cohorts"), **request)

    def _reference(self, method: str, names: Iterable[str], **request: Any) -> Any:
        return self._call(method, _path(*names, root="/references"), **request)

    def _pages(
        self, kind: str, query: RunQuery | CohortQuery, most: int | None, token: str
    ) -> Iterator[tuple[list[Any], str]]:
        """Up to `most` (None: all) in pages, each with the token of the next, if there is one."""
        left = most
        while left is None or left > 0:
            limit = _PAGE if left is None else min(left, _PAGE)
            parameters = {**asdict(query), "nextToken": token, "limit": str(limit)}
            page = self._call("GET", f"/{kind}", parameters)
            token = page["nextToken"] or ""
            yield page[kind], token
            if not token:
                return
            left = None if left is None else left - len(page[kind])

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        run_id: str = "",
    ) -> Any:
        given = {name: value for name, value in (parameters or {}).items() if value}
        query = f"?{urlencode(given, quote_via=quote)}" if given else ""
        answer = self._sender.send(method, f"{self._url}{path}{query}", body, headers)
        if answer.status >= 300:
            raise refusal(answer, f"{method} {path}", self._command, run_id)
        return json.loads(answer.body)


def _path(*names: str, root: str = "/runs") -> str:
    """A path below `root`; each name is escaped as one segment."""
    return "/".join([root, *(quote(name, safe="") for name in names)])


def new_key() -> str:
    """An idempotency key for one request and its repetitions; it contains the time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(16)}"
