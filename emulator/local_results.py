"""A sample's results on this machine: they replace earlier ones once all are complete.

A file is an earlier run's if the provenance there lists it with its size, or if it is the
provenance, report or RO-Crate itself. Everything else is the user's, and is never replaced or
removed.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.local_sample import LocalSample, LocalSampleError
from seqstack.domain.provenance import Provenance
from seqstack.domain.results import CRATE, CRATE_FILES, REPORT, ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.fastp import TrimmedSample
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

RESULTS_KEY = "results/"
"""Where the runs of this machine write, in the stack's bucket."""

_OF_ANY_RUN = frozenset(map(Path, (REPORT, *CRATE_FILES)))
_PROVENANCE = Path(CRATE).parent
_MOVE = "move it elsewhere, or choose another folder as --results"


def has_results(folder: Path) -> bool:
    """Whether an earlier run has written more than the report and RO-Crate of one that failed."""
    return bool(_of_earlier_runs(folder) - _OF_ANY_RUN)


def require_room(results: Path, samples: Collection[LocalSample]) -> None:
    """Check that the samples' results can be written below `results` without loss of any file
    that is not an earlier run's, nor of one that the samples are made from.

    Raises:
        LocalSampleError: names all files and folders that are in the way.
    """
    folders = [results / sample.sample_id for sample in samples]
    replaced = {
        (folder / name).resolve() for folder in folders for name in _of_earlier_runs(folder)
    }
    inputs = dict.fromkeys(
        path for sample in samples for path in (*sample.reads_files, *sample.reference_files)
    )
    problems = [
        f"{path}: is an earlier run's result, which new ones replace; "
        "give a copy of it, or choose another folder as --results"
        for path in inputs
        if path.resolve() in replaced
    ]
    for folder, sample in zip(folders, samples, strict=True):
        problems += _in_the_way(folder, _names_of_results(sample))
    if problems:
        raise LocalSampleError("\n".join(problems))


def replace_results(folder: Path, fetch: Callable[[Path], list[Path]]) -> list[Path]:
    """Fetch results beside the folder, then move them into it; they replace those of earlier runs.

    Files that are not an earlier run's stay. `fetch` writes files into the given folder and returns
    them. The folder is created if there are any. An interrupt before the first file is moved leaves
    everything as it was; a later one waits for the last.

    Returns:
        The files in the folder.

    Raises:
        LocalSampleError: a file that is not an earlier run's is in the way; nothing was replaced.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = folder.resolve()  # if it is a link, files move within one file system
    with TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as temporary:
        fresh = Path(temporary)
        names = [file.relative_to(fresh) for file in fetch(fresh)]
        if problems := _in_the_way(folder, names):
            raise LocalSampleError("\n".join(problems))
        with ThreadPoolExecutor(1) as beside:  # interrupts reach the main thread alone
            beside.submit(_replace, folder, fresh, names).result()
    return [folder / name for name in names]


def state_beside(results: Path) -> Path:
    """The state folder of runs with these results, if no other is named.

    Raises:
        LocalSampleError: the results are a whole file system, beside which there is nothing.
    """
    whole = results.resolve()
    if not whole.name:
        raise LocalSampleError(f"nothing is beside {whole}: give --state, or another --results")
    # as the user names it, if that ends in a name
    named = whole if results.name in {"", ".."} else results
    return named.with_name(f"{whole.name}.state")


def _replace(folder: Path, fresh: Path, names: list[Path]) -> None:
    stale = _of_earlier_runs(folder) - set(names)
    # provenance last: as long as it is there, the files that it lists are known to be a run's
    for name in sorted(stale, key=lambda each: (each.parent == _PROVENANCE, each)):
        (folder / name).unlink()
        with suppress(OSError):  # the folder has other files
            (folder / name).parent.rmdir()
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).replace(folder / name)


def _in_the_way(folder: Path, names: Iterable[Path]) -> list[str]:
    """What is where results of these names are to be, and is not an earlier run's."""
    files = dict.fromkeys(names)
    parents = dict.fromkeys(parent for name in files for parent in name.parents)
    if unfit := [folder / each for each in parents if not _can_be_folder(folder, each)]:
        return [
            f"{path}: results need a folder here, and no link to one; {_MOVE}" for path in unfit
        ]
    earlier = _of_earlier_runs(folder)
    return [
        f"{folder / each}: is not an earlier run's result, or was changed since; {_MOVE}"
        for each in files
        if each not in earlier and os.path.lexists(folder / each)
    ]


def _can_be_folder(folder: Path, below: Path) -> bool:
    """False for a file, and for a link: it may lead to files of the user or to another disk."""
    path = folder / below
    if below.name and path.is_symlink():
        return False
    return path.is_dir() or not os.path.lexists(path)


def _of_earlier_runs(folder: Path) -> set[Path]:
    """The files below the folder that runs have written there, and nobody has changed in size."""
    sizes: dict[Path, int] = {}
    provenance = set()
    root = f"{RESULTS_KEY}{folder.name}/"
    for path in folder.glob(f"{_PROVENANCE}/*.json"):
        with suppress(ValueError):  # the run's RO-Crate, or the user's own file
            outputs = Provenance.parse(path.read_bytes()).outputs
            sizes |= {Path(item.uri.key.removeprefix(root)): item.size for item in outputs}
            provenance.add(path.relative_to(folder))
    return {
        name
        for name in _files_in(folder)
        if name in _OF_ANY_RUN
        or name in provenance
        or sizes.get(name) == (folder / name).stat().st_size
    }


def _files_in(folder: Path) -> Iterator[Path]:
    """The files below a folder, but not those below links to other folders."""
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _names_of_results(sample: LocalSample) -> Iterator[Path]:
    """What its run will write, as far as that is known before."""
    bucket = S3Uri("results", "")
    layout = ResultLayout(bucket, sample.sample_id)
    asked = TrimmedSample(
        *(sample.sample_id, (), bucket / "reference", None, layout),
        keeps_cram=sample.keeps_cram,
        sites=bucket / "sites" if sample.sites else None,
        trimming=sample.fastp_args if sample.trims else None,
    )
    for tool in sample.tools:
        for uri in SECONDARY_ANALYSIS.step(tool.step).outputs_in(layout, tool, asked):
            yield Path(uri.key.removeprefix(layout.root.key))
