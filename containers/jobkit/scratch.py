"""A job's own scratch folder, which is always removed."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jobkit.logs import LOG
from jobkit.termination import TERMINATION


@contextmanager
def scratch_folder(working_dir: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Make `<working_dir>/<job id>-<attempt>-<random>` and remove it in the end.

    A job that is killed can't remove it; the volume is removed with the container.
    """
    job_id = environment.get("AWS_BATCH_JOB_ID", "job").replace(":", "_").replace("/", "_")
    attempt = environment.get("AWS_BATCH_JOB_ATTEMPT", "1")
    with ExitStack() as stack:
        with TERMINATION.held():
            working_dir.mkdir(parents=True, exist_ok=True)
            made = tempfile.mkdtemp(prefix=f"{job_id}-{attempt}-", dir=working_dir)
            folder = Path(made).resolve()
            stack.callback(_remove, folder)
        yield folder


def _remove(folder: Path) -> None:
    with TERMINATION.held():
        shutil.rmtree(folder, onexc=_log_left_behind)


def _log_left_behind(_function: object, path: str, error: BaseException) -> None:
    LOG.info("could not remove %s: %s", path, error)
