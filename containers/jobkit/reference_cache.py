"""Reference data: shared by the jobs of a host if the reference service verified them."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from jobkit.errors import TransferError
from jobkit.logs import LOG
from jobkit.reference_service import Answer, ReferenceSession, reference_session
from jobkit.s5cmd import S3Object, S5cmd


class VerifiedBy(StrEnum):
    """How a reference object's content was verified; a value in provenance."""

    ETAG = "etag"
    """The host's reference service has verified the MD5 since its last start."""
    TRANSFER = "transfer"
    """This job fetched all bytes from S3, and the ETag was the same before and after."""


@dataclass(frozen=True, slots=True)
class Cached:
    """A reference object on this host; `was_there`: no download was needed."""

    item: S3Object
    path: Path
    was_there: bool
    verified_by: VerifiedBy


class ReferenceCache:
    """Provides reference objects to a job as files.

    An object's file is named by its ETag and size, so a changed object is another file, and an
    object under two keys is one file. An object without an MD5 in S3 (SSE-KMS, or a multipart
    upload with an unknown part size) can't be verified for other jobs, so the job keeps it
    privately.

    Args:
        private: the job's own folder.
        s3: the source of objects.
        shared: the reference service's folder, read-only for jobs. None: all is private.
    """

    def __init__(self, private: Path, s3: S5cmd, shared: Path | None = None) -> None:
        self.folder = private
        self._s3 = s3
        self._shared = shared
        private.mkdir(parents=True, exist_ok=True)

    def missing_bytes(self, items: Iterable[S3Object]) -> int:
        """The bytes that `fetch` would have to fetch, unless another job does meanwhile."""
        return sum(item.size for item in set(items) if not any(map(Path.exists, self._paths(item))))

    def fetch(self, items: Sequence[S3Object]) -> list[Cached]:
        """Provide each object on this host; missing ones are fetched together.

        Raises:
            ReferenceServiceGoneError: the host's reference service does not answer.
            TransferError: an object differs from its description in S3.
        """
        found: dict[str, Cached] = {}
        named = {_name(item): item for item in items}
        with ExitStack() as stack:
            service = stack.enter_context(reference_session(self._shared)) if self._shared else None
            missing = {}
            for name in sorted(named):  # one order for all jobs: no deadlock
                item, mine = named[name], self.folder / name
                if service and item.has_md5 and self._is_kept(service, item):
                    found[name] = self._kept(item, was_there=True)
                elif mine.exists():
                    found[name] = self._own(item, was_there=True)
                else:
                    missing[item] = mine
            self._s3.download(missing)
            own = []
            for item, path in missing.items():
                if service and item.has_md5 and self._is_taken(service, item, path):
                    path.unlink()
                    found[_name(item)] = self._kept(item, was_there=False)
                else:
                    own.append(item)
                    found[_name(item)] = self._own(item, was_there=False)
        self._require_unchanged(own)
        return [replace(found[_name(item)], item=item) for item in items]

    def _is_kept(self, service: ReferenceSession, item: S3Object) -> bool:
        answer = service.want(item)
        if answer is Answer.SPOILT:
            LOG.info("%s on this host differed from S3: it is fetched again", item.uri)
        return answer is Answer.HAVE

    def _is_taken(self, service: ReferenceSession, item: S3Object, path: Path) -> bool:
        answer, why = service.give(item, path)
        if answer is Answer.DIFFERS and not item.came_in_parts:
            path.unlink()
            raise TransferError(
                f"{item.uri} does not match its ETag, {item.etag}",
                hint="run the step again; if it happens twice, check the network between the "
                "host and S3",
            )
        if answer is Answer.DIFFERS:
            LOG.info(
                "%s was uploaded in parts of an unknown size: this job keeps its own copy", item.uri
            )
        elif answer is not Answer.HAVE:
            LOG.info(
                "the host's cache did not accept %s (%s): this job keeps its own copy",
                item.uri,
                why,
            )
        return answer is Answer.HAVE

    def _require_unchanged(self, items: Sequence[S3Object]) -> None:
        now = self._s3.head(item.uri for item in items)
        if changed := [item for item in items if now[item.uri] != item]:
            for item in changed:
                (self.folder / _name(item)).unlink()
            names = ", ".join(str(item.uri) for item in changed)
            raise TransferError(f"changed while it was fetched: {names}")

    def _kept(self, item: S3Object, *, was_there: bool) -> Cached:
        return Cached(item, self._paths(item)[-1], was_there, VerifiedBy.ETAG)

    def _own(self, item: S3Object, *, was_there: bool) -> Cached:
        return Cached(item, self._paths(item)[0], was_there, VerifiedBy.TRANSFER)

    def _paths(self, item: S3Object) -> list[Path]:
        """Possible paths of an object: in this job's folder, and last in the shared one."""
        kept = [self._shared / "objects"] if self._shared else []
        return [folder / _name(item) for folder in (self.folder, *kept)]


def _name(item: S3Object) -> str:
    return f"{item.etag}-{item.size}"
