"""Fetch a sample's objects, and verify that they are what earlier steps wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jobkit.digests import checksum_of, meanwhile
from jobkit.errors import MissingInputError, ResultsReplacedError, TransferError
from jobkit.options import CommonOptions
from jobkit.produced import Produced
from jobkit.s5cmd import S3Object, S5cmd
from seqstack.domain.s3uri import S3Uri


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where each object goes; `produced` are the outputs that they must be, if a step made them."""

    files: Mapping[S3Uri, Path]
    produced: Produced | None = None

    @property
    def is_own(self) -> bool:
        """Whether this run's step made them."""
        return self.produced is not None and self.produced.is_own

    def require(self, found: Mapping[S3Uri, S3Object]) -> None:
        """Check that the objects are still the step's outputs; raises as `Produced.require`."""
        if self.produced:
            self.produced.require(found[uri] for uri in self.files)


def fetch(
    wanted: Sequence[Wanted], s3: S5cmd, expect: Callable[[Iterable[S3Object]], None]
) -> dict[S3Uri, S3Object]:
    """Fetch objects, which `expect` gets before.

    Raises:
        ResultsReplacedError: an output of this run's step was overwritten or deleted.
        MissingInputError: an object is absent.
        InvalidInputError: the output of a step was overwritten.
        TransferError: an object could not be fetched, or changed meanwhile.
    """
    files = {uri: path for each in wanted for uri, path in each.files.items()}
    with _gone_if(is_own=any(each.is_own for each in wanted)):
        found = s3.head(files)
        _require(wanted, found)
        expect(found.values())
        try:
            s3.download({found[uri]: path for uri, path in files.items()})
        except TransferError:  # it may have been overwritten
            if produced := [each for each in wanted if each.produced]:
                _require(produced, s3.head(uri for each in produced for uri in each.files))
            raise
        now = s3.head(files)
    for each in wanted:
        if each.produced and each.is_own:
            each.require(now)
            each.produced.require_files(each.files)  # it may have been overwritten for a moment
    if changed := [uri for uri, item in now.items() if item != found[uri]]:
        raise TransferError(f"changed while it was fetched: {', '.join(map(str, changed))}")
    return found


def sums_of(files: Mapping[S3Uri, Path]) -> dict[S3Uri, Callable[[], str]]:
    """Begin to compute the checksums of files, which may be removed from now on.

    Returns:
        For each object a function that waits for its checksum, as in provenance: `sha256:…`.
    """
    opened = {uri: path.open("rb") for uri, path in files.items()}

    def compute() -> dict[S3Uri, str]:
        found = {}
        for uri, file in opened.items():
            with file:
                found[uri] = checksum_of(file)
        return found

    found = meanwhile(compute)

    def sum_of(uri: S3Uri) -> str:
        return found()[uri]

    return {uri: partial(sum_of, uri) for uri in files}


def outputs_of(steps: Mapping[str, Path], s3: S5cmd, options: CommonOptions) -> dict[str, Produced]:
    """The outputs of steps, whose provenance lies beside that of this job and is fetched to a file.

    Raises:
        ResultsReplacedError: the provenance of a step of this run is absent, or another.
        MissingInputError: a step has not finished.
        InvalidInputError: the provenance can't be read.
    """
    uris = {step: options.provenance.parent / f"{step}.json" for step in steps}
    try:
        found = s3.head(uris.values())
        s3.download({found[uris[step]]: path for step, path in steps.items()})
    except MissingInputError as error:
        told = "\n".join(error.evidence)
        absent = [step for step, uri in uris.items() if str(uri) in told] or list(steps)
        if any(options.made_by.get(step) is not None for step in absent):
            raise _gone(error) from error
        step = absent[0]
        raise MissingInputError(
            f"the {step} step has not finished: {uris[step]} is absent or may not be read",
            hint=f"run the {step} step again: its outputs are complete when that object exists",
            evidence=error.evidence,
        ) from error
    return {
        step: Produced.read(path, step, uris[step], options.made_by.get(step))
        for step, path in steps.items()
    }


def _require(wanted: Iterable[Wanted], found: Mapping[S3Uri, S3Object]) -> None:
    for each in wanted:
        each.require(found)


@contextmanager
def _gone_if(*, is_own: bool) -> Iterator[None]:
    """Report missing outputs of this run as removed."""
    try:
        yield
    except MissingInputError as error:
        if not is_own:
            raise
        raise _gone(error) from error


def _gone(error: MissingInputError) -> ResultsReplacedError:
    return ResultsReplacedError(
        "an output of an earlier step of this run was deleted or may not be read",
        hint="run the sample again",
        evidence=error.evidence,
    )
