"""Run all samples of a sheet on this machine."""

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from cli.screen.run_table import print_run
from cli.screen.samples_table import SampleLine, SamplesProgress, print_samples
from cli.screen.views import RunView
from emulator.commands.local_runs import LocalRuns, PreparedReference, local_runs
from emulator.commands.sample_run import check_tools, prepare
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_input import option_problems
from emulator.local_reads import content_stamp
from emulator.local_results import require_room
from emulator.local_sample import LocalSample, LocalSampleError
from emulator.sample_checks import reads_problems, reference_problems
from emulator.screen import print_places, print_state
from seqstack.domain.sample_sheet import SheetError, SheetSample, read_sheet

_LEAST_AT_ONCE = 2


def run_sheet(
    sheet: Path,
    options: LocalSample,
    results: Path,
    console: Console,
    engine: ContainerEngine | None = None,
    *,
    state: Path,
) -> bool:
    """Run the samples of a sheet; True if all have succeeded.

    Finished steps are kept in `state`.

    `options` has what all samples share; files of the sheet are relative to its folder. All samples
    are checked before the first one starts. As many run at once as there are processors; Batch
    starts their jobs as cores and memory allow. A sample that fails stops no other. Results are
    copied to `results/<sampleId>/` as each sample ends.

    Raises:
        LocalSampleError: names all that is wrong with the sheet and its files, by line, or the
            files that new results would replace although no earlier run has written them.
        StateError: `state` can't be used.
        and what `require_ready` raises.
    """
    samples = samples_of(sheet, options)
    require_room(results, samples)
    check_tools(samples[0], console, engine)
    print_places(console, results, state)
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with local_runs(results, console, engine, state) as runs:
        reference = prepare(runs, samples[0], stamp, console)
        if reference.view and not reference.is_usable:
            print_run(console, reference.view)
            return False
        lines = {sample.sample_id: SampleLine(sample.sample_id) for sample in samples}
        _run_all(runs, samples, reference, stamp, SamplesProgress(console, lines))
    print_samples(console, lines.values())
    console.print(f"Results in {results}", soft_wrap=True)
    print_state(console, state)
    return all(line.succeeded for line in lines.values())


def samples_of(sheet: Path, options: LocalSample) -> list[LocalSample]:
    """The sheet's samples, each with these options.

    Raises:
        LocalSampleError: names all that is wrong with the sheet and its files, by line.
    """
    try:
        content = sheet.read_bytes()
    except OSError as error:
        raise LocalSampleError(f"{sheet}: can't be read ({error.strerror})") from error
    try:
        rows = read_sheet(content)
    except SheetError as error:
        raise LocalSampleError("\n".join(f"{sheet}: {each}" for each in error.problems)) from error
    samples = {row.line: _local(row, sheet.parent, options) for row in rows}
    problems = [*reference_problems(options), *option_problems(options)]
    problems += [
        f"{sheet}: line {line}: {problem}"
        for line, sample in samples.items()
        for problem in (*reads_problems(sample), *option_problems(sample))
        if problem not in problems
    ]
    problems += [f"{sheet}: {problem}" for problem in _known_content(rows, sheet.parent)]
    if problems:
        raise LocalSampleError("\n".join(problems))
    return list(samples.values())


def _known_content(samples: Iterable[SheetSample], folder: Path) -> Iterator[str]:
    """Yield files with the same content as a file of an earlier sample, such as links to it."""
    seen: dict[bytes, tuple[Path, SheetSample, int]] = {}
    for sample in samples:
        for row in sample.rows:
            for path in (folder / name for name in row.files):
                if not path.is_file():  # it is reported already
                    continue
                given = (path, sample, row.line)
                other, of, line = seen.setdefault(content_stamp(path), given)
                if of is not sample:
                    yield f"line {row.line}: {path} has the same content as {other} in line {line}"


def _local(row: SheetSample, folder: Path, options: LocalSample) -> LocalSample:
    known = {"patient": row.patient, "sex": str(row.sex or "")}
    return replace(
        options,
        sample_id=row.sample_id,
        fastq1=tuple(folder / lane.fastq1 for lane in row.rows if lane.fastq1),
        fastq2=tuple(folder / lane.fastq2 for lane in row.rows if lane.fastq2),
        reads=tuple(folder / lane.alignment for lane in row.rows if lane.alignment),
        tags={**row.tags, **{key: value for key, value in known.items() if value}},
    )


class _StoppedError(Exception):
    """Another thread was interrupted."""


def _run_all(
    runs: LocalRuns,
    samples: list[LocalSample],
    reference: PreparedReference,
    stamp: str,
    progress: SamplesProgress,
) -> None:
    is_stopped = threading.Event()

    def run(number: int, sample: LocalSample) -> None:
        def show(view: RunView) -> None:
            if is_stopped.is_set():
                raise _StoppedError
            progress.show(sample.sample_id, view)

        if is_stopped.is_set():
            return
        progress.begin(sample.sample_id)
        try:
            runs.run(sample, reference, f"{stamp}-{number:04}", show)
        except _StoppedError:
            return
        except (LocalSampleError, OSError) as error:
            progress.fail(sample.sample_id, str(error))

    at_once = max(_LEAST_AT_ONCE, os.cpu_count() or 1)
    with progress, ThreadPoolExecutor(at_once) as pool:
        try:
            futures = [pool.submit(run, n, sample) for n, sample in enumerate(samples, start=1)]
            for future in futures:
                future.result()
        except BaseException:
            is_stopped.set()
            raise
