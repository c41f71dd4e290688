"""A sample's results on this machine: they take the place of earlier ones once all are there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory


def has_results(folder: Path) -> bool:
    """Whether there is anything in the folder."""
    return folder.is_dir() and any(folder.iterdir())


def replace_results(folder: Path, fetch: Callable[[Path], list[Path]]) -> list[Path]:
    """Fetch results beside the folder, then put them into it, each in place of its namesake.

    What the folder holds under other names stays. `fetch` returns the files that it has written
    into the folder that it is given. The folder is made if there are any.

    Returns:
        The files, where they are now.
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
