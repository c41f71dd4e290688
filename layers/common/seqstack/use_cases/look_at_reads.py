"""Check the beginning and the end of each FASTQ file before anything is submitted."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from seqstack.domain.errors import Problem
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.reads.fastq_file import (
    FastqFile,
    FileBlocks,
    limits_fault,
    look_at_file,
)
from seqstack.domain.reads.packing import Packing
from seqstack.domain.reads.pairing import have_same_reads, pair_fault
from seqstack.domain.reads.umis import has_umi, umis_not_used
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.tools.registry import Tool
from seqstack.use_cases.ports import ReadBlocks

_SHORT_BASES = 30
_PATH = re.compile(r"\$\.fastq([12])S3Path(?:\[([0-9]+)\])?")


@dataclass(frozen=True, slots=True)
class ReadsLook:
    """Problems and warnings of the reads."""

    problems: tuple[Problem, ...]
    warnings: tuple[StepWarning, ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """A FASTQ object, its path in the input, and the result of its check."""

    read: ObjectRead
    file: FastqFile

    def problem(self, text: str, hint: str) -> Problem:
        return Problem(self.read.path, f"{self.read.uri} {text}; {hint}")


def look_at_reads(
    wanted: Iterable[ObjectRead],
    found: ObjectsFound,
    tools: Iterable[Tool],
    read_blocks: ReadBlocks,
) -> ReadsLook:
    """Check the FASTQ files of a run: those of `$.fastq1S3Path` and `$.fastq2S3Path`.

    Files that were not found are skipped, because they are reported already. `tools` are the run's.
    """
    reads = {
        (int(place[1]), int(place[2] or 0)): item
        for item in wanted
        if (place := _PATH.fullmatch(item.path)) and item.uri in found.sizes
    }
    blocks = read_blocks({item.uri: found.sizes[item.uri] for item in reads.values()})
    problems = [
        Problem(item.path, f"{item.uri} {block}; let the stack's functions read it")
        for item in reads.values()
        if isinstance(block := blocks[item.uri], str)
    ]
    files = {
        uri: look_at_file(block) for uri, block in blocks.items() if isinstance(block, FileBlocks)
    }
    given = {
        place: _Given(item, files[item.uri]) for place, item in reads.items() if item.uri in files
    }
    twice = list(_given_twice(list(given.values()), found))
    reported = {problem.path for problem in twice}
    lanes = [
        (one, given[2, lane])
        for (side, lane), one in given.items()
        if side == 1 and (2, lane) in given and given[2, lane].read.path not in reported
    ]
    return ReadsLook(
        (*problems, *_faulty_files(given.values(), tools), *twice, *_faulty_pairs(lanes)),
        tuple(_suspicious(given.values())),
    )


def _faulty_files(given: Iterable[_Given], tools: Iterable[Tool]) -> Iterator[Problem]:
    limited = [(tool.definition.reads, tool) for tool in tools]
    for one in given:
        fault = one.file.fault
        if one.file.records and not fault:
            faults = (limits_fault(one.file.records, *limits) for limits in limited)
            fault = next(filter(None, faults), None)
        if fault:
            yield one.problem(fault.problem, fault.hint)


def _given_twice(given: Sequence[_Given], found: ObjectsFound) -> Iterator[Problem]:
    """Yield files with the same content as another file of the run."""
    reported: set[S3Uri] = set()
    for one, other in combinations(given, 2):
        uris = (one.read.uri, other.read.uri)
        if uris[0] == uris[1] or uris[1] in reported:
            continue
        etags = {found.etags.get(uri, str(uri)) for uri in uris}
        if len(etags) == 1 or have_same_reads(one.file.records, other.file.records):
            reported.add(uris[1])
            yield other.problem(
                f"holds the same reads as {uris[0]}", "give each file of each lane once"
            )


def _faulty_pairs(lanes: Iterable[tuple[_Given, _Given]]) -> Iterator[Problem]:
    for one, other in lanes:
        if any(each.file.fault or not each.file.records for each in (one, other)):
            continue
        if fault := pair_fault(one.file.records, other.file.records):
            yield other.problem(fault.problem, fault.hint)


def _suspicious(given: Collection[_Given]) -> Iterator[StepWarning]:
    for one in given:
        uri = one.read.uri
        if uri.name.endswith((".gz", ".bgz")) and one.file.packing is Packing.PLAIN:
            yield StepWarning("notGzipped", f"{uri} is named as gzip, but is plain text")
        lengths = [len(record.sequence) for record in one.file.records]
        if lengths and (longest := max(lengths)) <= _SHORT_BASES:
            yield StepWarning(
                "shortReads",
                f"the first reads of {uri} have {longest} bases at most: are they indexes or "
                "barcodes?",
            )
    yield from umis_not_used([one.read.uri for one in given if _has_umis(one.file)])


def _has_umis(file: FastqFile) -> bool:
    return bool(file.records) and all(has_umi(record.name) for record in file.records)
