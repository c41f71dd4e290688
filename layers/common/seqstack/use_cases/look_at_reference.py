"""Check a reference's index and the first bytes of its files before anything costs money."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from seqstack.domain.checked_run import CheckedRun
from seqstack.domain.errors import Problem
from seqstack.domain.inputs_read import ALT_SUFFIX
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.qc.gates import RunGates, without_gate
from seqstack.domain.qc.metrics import METRICS
from seqstack.domain.qc.sex import unmeasurable
from seqstack.domain.reference.code_choice import code_problems
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fasta import FastaContig
from seqstack.domain.reference.first_look import (
    aligner_index_problems,
    fasta_problems,
    look_at_annotation,
    read_index,
    sites_problems,
    targets_problems,
)
from seqstack.domain.reference.fitting import contig_fit_problems, same_to_snpeff_problems
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.tools.snpeff import database_named
from seqstack.use_cases.ports import ReadStart

_INDEX_BYTES = 4 << 20  # some 100,000 contigs; jobs check larger ones
_START_BYTES = 256 << 10
_ANNOTATION_BYTES = 1 << 20
_REGIONS_BYTES = 8 << 20  # some 250,000 regions or sites; jobs check the rest of a larger file
_ALIGNER_INDEXES: Mapping[str, int] = {".ann": _INDEX_BYTES, ".mmi": _START_BYTES}
_REFERENCE, _ANNOTATION = "$.referenceS3Path", "$.annotationS3Path"
_TARGETS, _SITES = "$.targetRegionsS3Path", "$.sitesS3Path"

type LookAtRegions = Callable[[bytes, int, Sequence[FastaContig]], list[str]]


def look_at_reference(
    checked: CheckedRun, found: ObjectsFound, read_start: ReadStart, gates: RunGates | None
) -> Iterator[Problem]:
    """Yield problems of the reference, the annotation, targets and sites of an input.

    A gate on a metric that no run with the reference can measure is one, too.

    Args:
        checked: the input; only its valid part is checked.
        found: the objects that exist.
        read_start: reads the first bytes of one.
        gates: the run's, if it measures anything.
    """
    look = _Look(found, read_start)
    if "referenceS3Path" in checked.sound:
        reference = S3Uri.parse(checked.sound["referenceS3Path"])
        yield from look.at_reference(reference, checked)
        yield from unmeasurable_gates(gates, look.index) if gates else ()
    if "annotationS3Path" in checked.sound:
        yield from look.at_annotation(S3Uri.parse(checked.sound["annotationS3Path"]), checked)
    if "targetRegionsS3Path" in checked.sound:
        targets = S3Uri.parse(checked.sound["targetRegionsS3Path"])
        yield from look.at_regions(_TARGETS, targets, targets_problems)
    if "sitesS3Path" in checked.sound:
        yield from look.at_regions(
            _SITES, S3Uri.parse(checked.sound["sitesS3Path"]), sites_problems
        )
    for uri in look.unreadable:
        yield Problem("$", f"{uri} exists, but can't be read; check its permissions and key")


def unmeasurable_gates(gates: RunGates, contigs: Sequence[Contig]) -> Iterator[Problem]:
    """Yield gates of metrics that no run with a reference of these contigs can measure.

    Without any contig, nothing is known of the reference.
    """
    for name in METRICS if contigs else ():
        if (path := gates.path_of(name)) and (why := unmeasurable(name, contigs)):
            yield Problem(path, f"can't be measured, because {why}; {without_gate(name, path)}")


def unused_data(checked: CheckedRun, found: ObjectsFound) -> Iterator[StepWarning]:
    """Yield warnings of reference data that is given, and that no step uses."""
    yield from _unused_alt(checked, found)
    yield from _unused_database(checked)


def _unused_alt(checked: CheckedRun, found: ObjectsFound) -> Iterator[StepWarning]:
    if "referenceS3Path" not in checked.sound:
        return
    alt = S3Uri.parse(checked.sound["referenceS3Path"]).with_suffix(ALT_SUFFIX)
    aligner = checked.tools.get(Step.ALIGN)
    if alt in found.sizes and aligner and aligner.tool is not Tool.BWA:
        yield StepWarning(
            "altUnused",
            f"{alt} names alternative contigs, and {aligner.tool} takes them for primary ones: "
            "align with bwa, or with a FASTA without alternative contigs",
        )


def _unused_database(checked: CheckedRun) -> Iterator[StepWarning]:
    annotate = checked.tools.get(Step.ANNOTATE)
    if annotate is None or "annotationS3Path" not in checked.sound:
        return
    with suppress(ValueError):  # reported as an argument that can't be split
        if name := database_named(shlex.split(annotate.cmd_args)):
            yield StepWarning(
                "databaseNotUsed",
                f"snpEff.cmdArgs names the database {name}, which is not used: effects are on the "
                f"genes of {checked.sound['annotationS3Path']}",
            )


class _Look:
    def __init__(self, found: ObjectsFound, read_start: ReadStart) -> None:
        self._found, self._read_start = found, read_start
        self.index: tuple[FastaContig, ...] = ()
        self.unreadable: list[S3Uri] = []

    def at_reference(self, reference: S3Uri, checked: CheckedRun) -> Iterator[Problem]:
        fai = reference.with_suffix(".fai")
        is_short = self._found.sizes.get(fai, 0) <= _INDEX_BYTES
        if is_short and (text := self._start(fai, _INDEX_BYTES)) is not None:
            self.index, problems = read_index(text)
            yield from _problems(_REFERENCE, fai, problems)
            yield from _problems("$.geneticCodes", None, self._codes(checked))
            if Step.ANNOTATE in checked.tools and "annotationS3Path" not in checked.sound:
                every = {contig.name for contig in self.index}  # genes of snpEff's own database
                same = same_to_snpeff_problems(self.index, every)
                yield from _problems(_REFERENCE, fai, same)
        if (start := self._start(reference, _START_BYTES)) is not None:
            size = self._found.sizes[reference]
            yield from _problems(_REFERENCE, reference, fasta_problems(start, size, self.index))
        suffixes = {
            s for each in checked.tools.values() for s in each.tool.definition.index_suffixes
        }
        for suffix in sorted(suffixes & _ALIGNER_INDEXES.keys()):
            yield from self._at_aligner_index(reference.with_suffix(suffix), suffix)

    def at_annotation(self, uri: S3Uri, checked: CheckedRun) -> Iterator[Problem]:
        if (start := self._start(uri, _ANNOTATION_BYTES)) is None:
            return
        annotation, problems = look_at_annotation(start, self._found.sizes[uri])
        if self.index and not problems:
            left_out = checked.sound.get("annotationLeftOut", [])
            names = [name for name in left_out if name is not None]
            problems += contig_fit_problems(annotation, self.index, names)
        yield from _problems(_ANNOTATION, uri, problems)

    def at_regions(self, path: str, uri: S3Uri, look_at: LookAtRegions) -> Iterator[Problem]:
        if self.index and (start := self._start(uri, _REGIONS_BYTES)) is not None:
            yield from _problems(path, uri, look_at(start, self._found.sizes[uri], self.index))

    def _at_aligner_index(self, uri: S3Uri, suffix: str) -> Iterator[Problem]:
        most = _ALIGNER_INDEXES[suffix]
        if self.index and (start := self._start(uri, most)) is not None:
            is_whole = len(start) >= self._found.sizes[uri]
            yield from _problems(
                _REFERENCE,
                uri,
                aligner_index_problems(suffix, start, self.index, is_whole=is_whole),
            )

    def _codes(self, checked: CheckedRun) -> Iterator[str]:
        given = checked.sound.get("geneticCodes", {})
        yield from code_problems(self.index, given, {}) if self.index else ()

    def _start(self, uri: S3Uri, size: int) -> bytes | None:
        if uri not in self._found.sizes:
            return None  # it is reported already
        start = self._read_start(uri, size)
        if start is None:
            self.unreadable.append(uri)
        return start


def _problems(path: str, uri: S3Uri | None, words: Iterable[str]) -> Iterator[Problem]:
    for said in words:
        yield Problem(path, f"{uri}: {said}" if uri else said)
