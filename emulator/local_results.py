"""A sample's results on this machine: they replace earlier ones once all are complete."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from seqstack.domain.results import CRATE_FILES, REPORT


def has_results(folder: Path) -> bool:
    """Whether there is any file besides the report and RO-Crate of a run that failed."""
    of_any_run = {folder / key for key in (REPORT, *CRATE_FILES)}
    return any(path.is_file() and path not in of_any_run for path in folder.rglob("*"))


def replace_results(folder: Path, fetch: Callable[[Path], list[Path]]) -> list[Path]:
    """Fetch results beside the folder, then move them into it; they replace files of the same
    names.

    Files with other names stay. `fetch` writes files into the given folder and returns them. The
    folder is created if there are any.

    Returns:
        The files in the folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh = Path(temporary)
        files = fetch(fresh)
        if files:
            folder.mkdir(exist_ok=True)
        for new in fresh.iterdir():
            old = folder / new.name
            if old.is_dir():
                shutil.rmtree(old)
            new.replace(old)
    return [folder / file.relative_to(fresh) for file in files]


def state_beside(results: Path) -> Path:
    """The state folder of runs with these results, if no other is named."""
    return results.with_name(f"{results.resolve().name}.state")
