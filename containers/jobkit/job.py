"""The sequence of every job: stage in, run the tool, check, stage out, provenance."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from jobkit.checks import require_output
from jobkit.child import Child, Finished
from jobkit.disk import MORE_SCRATCH, ScratchUse, is_disk_full
from jobkit.errors import (
    JobError,
    ScratchFullError,
    TerminatedError,
)
from jobkit.exit_codes import ExitCode
from jobkit.logs import LOG, configure_logging
from jobkit.options import CommonOptions, Parser, common_options, require_allowed
from jobkit.processes import Command, ProcessGroup
from jobkit.progress import BytesRead, Heartbeat
from jobkit.provenance import ProvenanceRecord
from jobkit.reference_cache import ReferenceCache
from jobkit.s5cmd import S3Object, S5cmd
from jobkit.scratch import scratch_folder
from jobkit.staging import Wanted, fetch, outputs_of, sums_of
from jobkit.termination import TERMINATION
from jobkit.upload import upload_verified
from jobkit.usage import UsageMeter
from jobkit.versions import versions_of
from seqstack.domain.plain_text import one_line
from seqstack.domain.progress import Phase
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import ToolDefinition


class Job:
    """A running job.

    Attributes:
        options: the common options.
        scratch: this job's folder.
        cache: reference data, shared on this host if it has a reference service.
        record: the job's provenance.
        use: its need for scratch.
        meter: its use of memory, CPU time and S3.
        heartbeat: tells its progress.
    """

    def __init__(
        self,
        tool: ToolDefinition,
        options: CommonOptions,
        scratch: Path,
        environment: Mapping[str, str],
        meter: UsageMeter,
        heartbeat: Heartbeat,
    ) -> None:
        self.tool = tool
        self.options = options
        self.scratch = scratch
        self.record = ProvenanceRecord(tool, options, environment)
        self.use = ScratchUse(tool, scratch)
        self.meter = meter
        self.heartbeat = heartbeat
        self.s3 = S5cmd.from_environment(
            scratch, environment, meter.requests, options.access, heartbeat
        )
        shared = environment.get("SEQSTACK_REFERENCE_CACHE")
        self.cache = ReferenceCache(
            scratch / "references", self.s3, Path(shared) if shared else None
        )

    def stage_in(
        self,
        wanted: Mapping[S3Uri, Path],
        *,
        made_by: str | None = None,
        grows: float = 1.0,
        sums: bool = False,
    ) -> None:
        """Fetch the sample's objects to files in scratch.

        Args:
            wanted: where each object goes.
            made_by: the step that must have written them, unchanged; if the job got the step's
                checksum, in this run.
            grows: for each object, the bytes from which the tool's scratch space is computed.
            sums: computes their checksums, which no step has recorded, while the tool runs.

        Raises:
            ResultsReplacedError: an output of this run's step was overwritten or deleted.
            MissingInputError: an object is absent, or the step has not finished.
            InvalidInputError: an output of the step was overwritten.
            TransferError: an object could not be fetched, or changed meanwhile.
            ScratchFullError: there is no room for the objects and the tool's output.
        """
        if made_by:
            self.stage_results({made_by: wanted}, grows=grows)
        else:
            with self.timed(Phase.STAGE_IN):
                self._fetch([Wanted(wanted)], grows, sums=sums)

    def stage_results(
        self, wanted: Mapping[str, Mapping[S3Uri, Path]], *, grows: float = 1.0
    ) -> None:
        """Fetch outputs of several steps at once: for each step, where each object goes.

        `grows` and the errors are those of `stage_in`.
        """
        with self.timed(Phase.STAGE_IN):
            places = {step: self._provenance_of(step) for step in wanted}
            produced = outputs_of(places, self.s3, self.options)
            self._fetch([Wanted(files, produced[step]) for step, files in wanted.items()], grows)

    def _fetch(self, wanted: Sequence[Wanted], grows: float, *, sums: bool = False) -> None:
        def expect(found: Iterable[S3Object]) -> None:
            self.use.expect_sample(int(grows * sum(item.size for item in found)))

        found = fetch(wanted, self.s3, expect)
        for each in wanted:
            checksums: Mapping[S3Uri, str | Callable[[], str]]
            checksums = each.produced.checksums if each.produced else {}
            if sums:
                checksums = sums_of(each.files)
            for item in (found[uri] for uri in each.files):
                LOG.info("staged %s (%d bytes)", item.uri, item.size)
                self.record.add_input(item, checksum=checksums.get(item.uri))

    def stage_reference(self, uris: Iterable[S3Uri], folder: Path) -> dict[S3Uri, S3Object]:
        """Fetch reference objects to this host, and link them in `folder` under their names."""
        with self.timed(Phase.STAGE_IN):
            found = self.s3.head(uris)
            folder.mkdir(parents=True, exist_ok=True)
            items = list(found.values())
            size = sum(item.size for item in items)
            missing = self.cache.missing_bytes(items)
            self.use.expect_reference(size, missing, self.cache.folder)
            for cached in self.cache.fetch(items):
                item = cached.item
                (folder / item.uri.name).symlink_to(cached.path)
                origin = "the host's cache" if cached.was_there else "S3"
                LOG.info("reference %s (%d bytes) from %s", item.uri, item.size, origin)
                self.record.add_input(item, cached=cached.was_there, verified_by=cached.verified_by)
        return found

    def run(
        self,
        *commands: Command,
        stdout: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        reads: Path | None = None,
    ) -> None:
        """Run a program, or a chain of them joined by pipes, into the file `stdout`.

        `reads` is a file that the first program reads once, from its beginning to its end.
        """
        with self.timed(Phase.RUN), ProcessGroup() as group:
            if stdout is None:
                children = group.spawn_chain(commands, cwd=cwd, env=env)
            else:
                with stdout.open("wb") as file:
                    children = group.spawn_chain(commands, stdout=file.fileno(), cwd=cwd, env=env)
            with self.reading(reads, children[:1]) if reads else nullcontext():
                self.note(group.wait(timeout_seconds=timeout_seconds))

    @contextmanager
    def reading(self, path: Path, children: Iterable[Child]) -> Iterator[None]:
        """Tell in the block how much of a file programs have read; see `BytesRead`."""
        with self.heartbeat.counting(BytesRead(path, [each.process.pid for each in children])):
            yield

    def note(self, finished: Iterable[Finished]) -> None:
        """Record programs that succeeded."""
        for program in finished:
            self.record.add_command(program)

    def publish(self, outputs: Mapping[Path, S3Uri]) -> None:
        """Check that the outputs exist, and write them to S3, then the provenance.

        Provenance exists only while the outputs are complete: an earlier one is removed before the
        first output is written, and the new one is written after all outputs are verified.
        """
        for path in outputs:
            require_output(path)
        with self.timed(Phase.STAGE_OUT):
            self.s3.remove(self.options.provenance)
            for stored in upload_verified(self.s3, outputs):
                LOG.info("wrote %s (%d bytes)", stored.item.uri, stored.item.size)
                self.record.add_output(stored.item, stored.checksum)
        self.record.usage = self.meter.read()
        record = self.scratch / "provenance.json"
        record.write_text(json.dumps(self.record.as_json(), indent=2) + "\n")
        upload_verified(self.s3, {record: self.options.provenance})

    def facts_of(self, step: str) -> Mapping[str, Any]:
        """The facts of a step, whose outputs were staged, from its provenance."""
        text = self._provenance_of(step).read_text()
        facts: Mapping[str, Any] = json.loads(text).get("facts", {})
        return facts

    def _provenance_of(self, step: str) -> Path:
        return self.scratch / f"provenance-of-{step}.json"

    @contextmanager
    def timed(self, phase: Phase) -> Iterator[None]:
        """Add the block's wall time to `phase` in the record."""
        self.heartbeat.begin(phase)
        start = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - start
            self.record.seconds[phase] = self.record.seconds.get(phase, 0.0) + spent


def run_job(
    tool: ToolDefinition,
    parser: Parser,
    body: Callable[[Job, argparse.Namespace], None],
) -> int:
    """Run `body` in a job made from the arguments and the environment; return the exit code.

    `--version` alone prints the versions of the tool's programs, as a check of the image.
    """
    configure_logging()
    step = f"{tool.step}/{tool}"
    TERMINATION.install()
    try:
        if sys.argv[1:] == ["--version"]:
            lines = (one_line(f"{name} {number}") for name, number in versions_of(tool).items())
            sys.stdout.writelines(f"{line}\n" for line in lines)
            return ExitCode.OK
        args = parser.read(sys.argv[1:])
        options = common_options(args)
        require_allowed(options.cmd_args, tool)
        with (
            UsageMeter() as meter,
            Heartbeat.from_environment(os.environ) as heartbeat,
            scratch_folder(options.working_dir, os.environ) as scratch,
        ):
            LOG.info("%s%s begins, %d threads", step, _of_sample(options), options.threads)
            os.environ["TMPDIR"] = str(scratch)  # an image's own /tmp is small
            job = Job(tool, options, scratch, os.environ, meter, heartbeat)
            job.record.versions = versions_of(tool)
            with job.use.watched():
                body(job, args)
    except TerminatedError as error:
        LOG.info("its programs were stopped and its scratch folder removed")
        LOG.info("FAILED %s: %s; exit code %d", step, error, error.exit_code)
        return error.exit_code
    except JobError as error:
        return _explain(step, error)
    except OSError as error:  # scratch could not be created
        if not is_disk_full(error):
            raise
        return _explain(step, ScratchFullError(str(error), hint=MORE_SCRATCH))
    LOG.info("%s%s is done", step, _of_sample(options))
    return ExitCode.OK


def _of_sample(options: CommonOptions) -> str:
    return f" of sample {options.sample_id}" if options.sample_id else ""


def _explain(step: str, error: JobError) -> int:
    for line in error.evidence:
        LOG.info("  %s", line)
    if error.hint:
        LOG.info("do: %s", error.hint)
    LOG.info("FAILED %s: %s; exit code %d", step, error, error.exit_code)
    return error.exit_code
