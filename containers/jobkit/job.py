"""The course of every job: stage in, run the tool, check, stage out, provenance."""

import argparse
import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from jobkit.checks import md5_of, require_output, require_space
from jobkit.child import Finished
from jobkit.errors import JobError, ScratchFullError, TerminatedError
from jobkit.exit_codes import ExitCode
from jobkit.logs import LOG, configure_logging
from jobkit.options import CommonOptions, Parser, common_options
from jobkit.processes import Command, ProcessGroup
from jobkit.provenance import ProvenanceRecord
from jobkit.reference_cache import ReferenceCache
from jobkit.s5cmd import S3Object, S5cmd
from jobkit.scratch import scratch_folder
from jobkit.termination import TERMINATION
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Tool

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


class Job:
    """One job at work.

    Attributes:
        options: the common options.
        scratch: this job's folder.
        cache: reference data shared on this host.
        record: what will be written as provenance.
    """

    def __init__(
        self, tool: Tool, options: CommonOptions, scratch: Path, environment: Mapping[str, str]
    ) -> None:
        self.tool = tool
        self.options = options
        self.scratch = scratch
        self.record = ProvenanceRecord(tool, options, environment)
        self.s3 = S5cmd.from_environment(scratch, environment)
        # Without a shared folder the cache is private to the job, and goes with its scratch.
        shared = environment.get("SEQSTACK_REFERENCE_CACHE")
        self.cache = ReferenceCache(Path(shared) if shared else scratch / "references", self.s3)

    def stage_in(self, wanted: Mapping[S3Uri, Path]) -> None:
        """Fetch the sample's objects to files in scratch."""
        with self.timed("stageIn"):
            found = self.s3.head(wanted)
            require_space(self.scratch, sum(item.size for item in found.values()))
            self.s3.download({found[uri]: path for uri, path in wanted.items()})
        for item in found.values():
            LOG.info("staged %s (%d bytes)", item.uri, item.size)
            self.record.add_input(item.uri, size=item.size, etag=item.etag)

    def stage_reference(self, uris: Iterable[S3Uri], folder: Path) -> dict[S3Uri, S3Object]:
        """Have reference objects in the host's cache, linked in `folder` under their own names."""
        with self.timed("stageIn"):
            found = self.s3.head(uris)
            folder.mkdir(parents=True, exist_ok=True)
            for cached in self.cache.fetch(list(found.values())):
                item = cached.item
                (folder / item.uri.name).symlink_to(cached.path)
                origin = "the host's cache" if cached.was_there else "S3"
                LOG.info("reference %s (%d bytes) from %s", item.uri, item.size, origin)
                self.record.add_input(
                    item.uri, size=item.size, etag=item.etag, cached=cached.was_there
                )
        return found

    def run(
        self,
        *commands: Command,
        stdout: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        """Run a program, or a chain of them joined by pipes, into the file `stdout`."""
        with self.timed("run"), ProcessGroup() as group:
            if stdout is None:
                group.spawn_chain(commands, cwd=cwd, env=env)
            else:
                with stdout.open("wb") as file:
                    group.spawn_chain(commands, stdout=file.fileno(), cwd=cwd, env=env)
            self.note(group.wait(timeout_seconds=timeout_seconds))

    def note(self, finished: Iterable[Finished]) -> None:
        """Put programs that ended well into the record."""
        for program in finished:
            self.record.add_command(program)

    def publish(self, outputs: Mapping[Path, S3Uri]) -> None:
        """Check that the outputs are there, and write them to S3, then the provenance."""
        for path in outputs:
            require_output(path)
        with self.timed("stageOut"):
            checksums = {uri: md5_of(path) for path, uri in outputs.items()}
            stored = self.s3.upload(outputs)
        for uri, item in stored.items():
            LOG.info("wrote %s (%d bytes)", uri, item.size)
            self.record.add_output(uri, size=item.size, etag=item.etag, md5=checksums[uri])
        record = self.scratch / "provenance.json"
        record.write_text(json.dumps(self.record.as_json(), indent=2) + "\n")
        self.s3.upload({record: self.options.provenance})

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the block's wall time to `phase` in the record."""
        start = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - start
            self.record.seconds[phase] = self.record.seconds.get(phase, 0.0) + spent


def run_job(
    tool: Tool,
    parser: Parser,
    body: Callable[[Job, argparse.Namespace], None],
    versions: Callable[[], dict[str, str]],
) -> int:
    """Run `body` in a job made from the arguments and the environment; gives the exit code.

    `--version` alone prints what `versions` finds: it shows that an image has its tools.
    """
    configure_logging()
    step = f"{tool.step}/{tool}"
    TERMINATION.install()
    try:
        if sys.argv[1:] == ["--version"]:
            sys.stdout.writelines(f"{name} {number}\n" for name, number in versions().items())
            return ExitCode.OK
        args = parser.read(sys.argv[1:])
        options = common_options(args)
        with scratch_folder(options.working_dir, os.environ) as scratch:
            LOG.info("%s of sample %s begins, %d threads", step, options.sample_id, options.threads)
            os.environ["TMPDIR"] = str(scratch)  # an image's own /tmp is small
            job = Job(tool, options, scratch, os.environ)
            job.record.versions = versions()
            body(job, args)
    except TerminatedError as error:
        LOG.info("its programs were stopped and its scratch folder removed")
        LOG.info("FAILED %s: %s; exit code %d", step, error, error.exit_code)
        return error.exit_code
    except JobError as error:
        return _explain(step, error)
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        hint = "give the compute environment's hosts more scratch space"
        return _explain(step, ScratchFullError(str(error), hint=hint))
    LOG.info("%s of sample %s is done", step, options.sample_id)
    return ExitCode.OK


def _explain(step: str, error: JobError) -> int:
    for line in error.evidence:
        LOG.info("  %s", line)
    if error.hint:
        LOG.info("do: %s", error.hint)
    LOG.info("FAILED %s: %s; exit code %d", step, error, error.exit_code)
    return error.exit_code
