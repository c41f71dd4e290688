"""A job's scratch folder: its own, and gone whatever happens."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from jobkit.logs import LOG
from jobkit.termination import TERMINATION

# Marks a folder as ours to remove: the working directory may hold others' too.
_MARK = ".seqstack-scratch"


@contextmanager
def scratch_folder(working_dir: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Make `<working_dir>/<job id>-<attempt>-<random>` and remove it in the end.

    A job that was killed could not remove its own. So a folder is locked as long as its job lives,
    and each job first removes those whose lock nobody holds. Locks are flock(2) on the folders
    themselves: they end with their process, and hold between containers of one host.
    """
    job_id = environment.get("AWS_BATCH_JOB_ID", "job").replace(":", "_").replace("/", "_")
    attempt = environment.get("AWS_BATCH_JOB_ATTEMPT", "1")
    with ExitStack() as stack:
        with TERMINATION.held():
            working_dir.mkdir(parents=True, exist_ok=True)
            # held so that nobody takes our folder for a dead job's before we have locked it
            with _open_folder(working_dir) as parent:
                fcntl.flock(parent, fcntl.LOCK_EX)
                _remove_left_behind(working_dir)
                made = tempfile.mkdtemp(prefix=f"{job_id}-{attempt}-", dir=working_dir)
                folder = Path(made).resolve()
                own = stack.enter_context(_open_folder(folder))
                stack.callback(_remove, folder)
                fcntl.flock(own, fcntl.LOCK_EX)
                (folder / _MARK).touch()
        yield folder


def _remove_left_behind(working_dir: Path) -> None:
    for mark in working_dir.glob(f"*/{_MARK}"):
        folder = mark.parent
        # held by a job that lives, just removed by one that ends, or another user's
        held = suppress(BlockingIOError, FileNotFoundError, PermissionError)
        with held, _open_folder(folder) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            LOG.info("removing %s, which a killed job has left behind", folder)
            _remove(folder)


def _remove(folder: Path) -> None:
    with TERMINATION.held():
        shutil.rmtree(folder, onexc=_log_left_behind)


@contextmanager
def _open_folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _log_left_behind(_function: object, path: str, error: BaseException) -> None:
    LOG.info("could not remove %s: %s", path, error)
