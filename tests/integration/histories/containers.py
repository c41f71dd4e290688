"""A job's container: jobkit's own course of a job, over the bucket of a history.

Only the tool is missing. What it would write is the content of what it has read, so that the
reads can be told from every result.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jobkit.errors import InvalidInputError, MissingInputError, ResultsReplacedError
from jobkit.job import Job
from jobkit.options import CommonOptions, common_options, job_parser
from jobkit.progress import Heartbeat
from jobkit.s5cmd import S3Object
from jobkit.usage import UsageMeter
from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.results import ResultsFolder
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.tools.definition import MADE_BY_OPTION
from seqstack.tools.registry import Tool, tools_of
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.integration.histories.bucket import Bucket

_PARSER = job_parser("a tool", "")


@dataclass(frozen=True)
class _Folder(ResultsFolder):
    place: S3Uri

    @property
    def root(self) -> S3Uri:
        return self.place


def _by_step(own: Iterable[S3Uri], results: S3Uri) -> dict[StepName, list[S3Uri]]:
    """A run's own objects by the step that makes them."""
    makers = {
        uri: step.name
        for step in SECONDARY_ANALYSIS.steps
        for tool in tools_of(step.name)
        for uri in step.outputs_in(_Folder(results), tool)
    }
    made: dict[StepName, list[S3Uri]] = {}
    for uri in own:
        made.setdefault(makers[uri], []).append(uri)
    return made


class StoppedError(Exception):
    """The container was stopped while it wrote."""


@dataclass
class _S3:
    """What jobkit asks s5cmd for."""

    bucket: Bucket
    origin: str = ""
    puts_left: int = 1_000

    def head(self, uris: Iterable[S3Uri]) -> dict[S3Uri, S3Object]:
        found = {uri: self.bucket.newest(uri) for uri in uris}
        if absent := [str(uri) for uri, item in found.items() if item is None]:
            raise MissingInputError("absent", hint="", evidence=absent)
        return {uri: S3Object(uri, item.size, item.etag) for uri, item in found.items() if item}

    def download(self, wanted: Mapping[S3Object, Path]) -> None:
        for item, path in wanted.items():
            path.write_bytes(self.bucket.contents[self._there(item.uri).version_id])

    def upload(self, files: Mapping[Path, S3Uri], part_mib: Mapping[Path, int]) -> None:
        for path, uri in files.items():
            if not self.puts_left:
                raise StoppedError
            self.puts_left -= 1
            self.bucket.put(uri, path.read_bytes(), self.origin)

    def remove(self, uri: S3Uri) -> None:
        self.bucket.remove(uri)

    def _there(self, uri: S3Uri) -> StoredObject:
        found = self.bucket.newest(uri)
        assert found
        return found


@dataclass
class Container:
    """One attempt of a job: it reads when it begins, and writes when it ends.

    `read` has the origin of everything of its run's that it went to work on.
    """

    bucket: Bucket
    job_id: str
    plan: StepPlan
    read: list[str] = field(default_factory=list)
    is_refused: bool = False
    _origin: str = ""
    _staged: list[S3Object] = field(default_factory=list)

    def begin(self) -> None:
        """Fetch what the step reads; what is not its run's own is refused by jobkit."""
        results = self.plan.outputs[-1].parent.parent
        own = [uri for uri in self.plan.inputs if results.covers(uri)]
        with TemporaryDirectory() as folder:
            scratch = Path(folder)
            job, s3 = self._job(scratch)
            self._staged = [*s3.head(uri for uri in self.plan.inputs if uri not in own).values()]
            if not own:
                self._origin = str(self.plan.inputs[0])
                return
            try:
                wanted = {uri: scratch / f"{number}" for number, uri in enumerate(own)}
                for step, made in _by_step(own, results).items():
                    job.stage_in({uri: wanted[uri] for uri in made}, made_by=step)
            except (ResultsReplacedError, MissingInputError, InvalidInputError):
                self.is_refused = True
                return
            self.read = [path.read_text() for path in wanted.values()]
            self._origin = self.read[0]
            self._staged += s3.head(own).values()

    def end(self, most_puts: int = 1_000) -> None:
        """Write the outputs, then the provenance; or what it comes to before it is stopped."""
        *outputs, _ = self.plan.outputs
        with TemporaryDirectory() as folder:
            scratch = Path(folder)
            job, s3 = self._job(scratch)
            s3.origin, s3.puts_left = self._origin, most_puts
            for item in self._staged:
                job.record.add_input(item)
            files = {scratch / f"{number}": uri for number, uri in enumerate(outputs)}
            for path in files:
                path.write_text(self._origin)
            try:
                job.publish(files)
            except StoppedError:
                return

    def _job(self, scratch: Path) -> tuple[Job, _S3]:
        environment = {"AWS_BATCH_JOB_ID": self.job_id, "PATH": "/nowhere"}
        job = Job(
            Tool(self.plan.tool).definition,
            self._options(),
            scratch,
            environment,
            UsageMeter(),
            Heartbeat(),
        )
        s3 = _S3(self.bucket)
        job.s3 = s3  # type: ignore[assignment] # all of s5cmd that a job asks for
        return job, s3

    def _options(self) -> CommonOptions:
        words: list[str] = []
        names = {"--sample_id", "--provenance_s3_path", "--working_dir", MADE_BY_OPTION}
        command = list(self.plan.command)
        for name, value in itertools.pairwise(command):
            if name in names:
                words += [name, value]
        args: Any = _PARSER.read(words)
        return common_options(args)
