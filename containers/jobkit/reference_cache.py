"""Reference data shared by the jobs of a host: fetched once, published whole."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobkit.logs import LOG
from jobkit.s5cmd import S3Object, S5cmd


@dataclass(frozen=True, slots=True)
class Cached:
    """A reference object on this host; `was_there`: no download was needed."""

    item: S3Object
    path: Path
    was_there: bool


class ReferenceCache:
    """A folder of reference data that many jobs use at once.

    An object's file is named by its ETag and size, so a changed object is another file and an
    object under two keys is one. A file appears by rename, when it is whole; whoever needs a
    missing one holds its lock meanwhile. Locks are flock(2): they end with their process.
    """

    def __init__(self, folder: Path, s3: S5cmd) -> None:
        self.folder = folder
        self._objects = folder / "objects"
        self._derived = folder / "derived"
        self._locks = folder / "locks"
        self._s3 = s3
        for path in (self._objects, self._derived, self._locks):
            path.mkdir(parents=True, exist_ok=True)

    def missing_bytes(self, items: Iterable[S3Object]) -> int:
        """What `fetch` would have to fetch, if no other job does meanwhile."""
        return sum(item.size for item in set(items) if not self._path(item).exists())

    def fetch(self, items: Sequence[S3Object]) -> list[Cached]:
        """Have each object on this host; what is missing is fetched in one go."""
        paths = {item: self._path(item) for item in items}
        present = {item for item, path in paths.items() if path.exists()}
        missing = {path.name: item for item, path in paths.items() if item not in present}
        with ExitStack() as stack:
            for name in sorted(missing):  # one order for all jobs: no deadlock
                stack.enter_context(self._lock(name))
            wanted = {
                item: paths[item].with_suffix(".part")
                for item in missing.values()
                if not paths[item].exists()
            }
            self._s3.download(wanted)
            for item, part in wanted.items():
                part.rename(paths[item])
        return [Cached(item, path, item not in wanted) for item, path in paths.items()]

    def derive(self, inputs: Mapping[str, str], make: Callable[[Path], None]) -> Path:
        """A folder that `make` fills once for the same `inputs` (names to ETags, versions, …)."""
        text = "\n".join(f"{name}={inputs[name]}" for name in sorted(inputs))
        name = hashlib.sha256(text.encode()).hexdigest()[:32]
        final = self._derived / name
        if final.exists():
            return final
        with self._lock(name):
            if not final.exists():
                part = final.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)  # a killed job's
                part.mkdir()
                make(part)
                part.rename(final)
        return final

    def _path(self, item: S3Object) -> Path:
        return self._objects / f"{item.etag}-{item.size}"

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        descriptor = os.open(self._locks / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                LOG.info("another job on this host is fetching reference data: waiting for it")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
