"""Check the gVCFs of a list before they are merged: each is whole, sorted, and of its sample, the
reference and one caller.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from bcftools_merge.callers import CALLERS, Caller, caller_of
from bcftools_merge.commands import (
    build_count_command,
    build_gvcf_index_command,
    build_reference_check,
)
from jobkit.checks import require_bgzf
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError
from jobkit.fastq import open_text
from jobkit.job import Job
from jobkit.logs import LOG
from jobkit.processes import ProcessGroup
from jobkit.vcf import require_reference, vcf_samples
from seqstack.domain.gvcf_list import ListedGvcf

_SHOWN = 5
# what bcftools says of a file, and what it means
_COMPLAINTS = {
    "Reference allele mismatch": "was called with another reference",
    "Unsorted positions": "is not sorted",
    "Chromosome blocks not continuous": "is not sorted",
    "does not contain any count metadata": "has an index without the number of records",
    "Could not load index": "has no index that can be read",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample's gVCF and its variants, relative to scratch. Their names have the sample's."""

    listed: ListedGvcf
    gvcf: Path
    variants: Path


def require_mergeable(job: Job, samples: Sequence[Sample], contigs: Mapping[str, int]) -> Caller:
    """Check every header; return the caller of all gVCFs.

    There is a warning if its versions differ.

    Raises:
        InvalidInputError: a gVCF is cut off, has another sample or another reference than it should
            have, or is of no known caller; or two are of different callers.
    """
    callers: dict[str, list[str]] = {}
    versions: dict[str, list[str]] = {}
    for each in samples:
        path, name = job.scratch / each.gvcf, each.listed.sample_id
        try:
            require_bgzf(path)
            columns = vcf_samples(path)
            require_reference(path, contigs)
        except InvalidOutputError as error:  # which the checks are for elsewhere
            raise InvalidInputError(
                str(error), evidence=(*error.evidence, str(each.listed.uri))
            ) from error
        if columns != [name]:
            raise InvalidInputError(
                f"the gVCF of {name} has the columns {columns}",
                hint="its only column is to be the sample",
                evidence=[str(each.listed.uri)],
            )
        caller, version = _caller_of(path)
        versions.setdefault(version, []).append(name)
        callers.setdefault(caller.name if caller else "", []).append(name)
    if "" in callers:
        raise InvalidInputError(
            f"the gVCF of {callers[''][0]} is of no caller whose gVCFs can be merged: "
            f"{', '.join(dict.fromkeys(each.name for each in CALLERS))}",
            evidence=callers[""][:_SHOWN],
        )
    if len(callers) > 1:
        raise InvalidInputError(
            "the gVCFs are of several callers, whose qualities and depths do not compare: "
            + ", ".join(f"{len(names)} of {name}" for name, names in callers.items()),
            hint="call all samples with the same caller",
            evidence=[f"{name}: {names[0]}" for name, names in callers.items()],
        )
    found = next(each for each in CALLERS if each.name in callers)
    if len(versions) > 1:
        parts = ", ".join(
            f"{len(names)} by {version or 'an unknown one'} ({names[0]})"
            for version, names in sorted(versions.items())
        )
        job.record.add_warning(
            "callersMixed",
            f"the gVCFs are of several versions of {found.name}: {parts}; differences between "
            "samples may be those of the versions",
        )
    return found


def _caller_of(path: Path) -> tuple[Caller | None, str]:
    """The caller of a gVCF, None if it is none of those known, and its version.

    Raises:
        InvalidInputError: the gVCF does not tell the genotypes of its blocks.
    """
    with open_text(path) as lines:
        header = list(takewhile(lambda line: line.startswith("#"), lines))
    caller = caller_of(header)
    if caller and not caller.is_mergeable(header):
        raise InvalidInputError(
            f"{path.name} was called with another ploidy than 2, which its blocks do not tell",
            hint=f"call the sample with {caller.name}'s default ploidy",
        )
    return caller, caller.version_in(header) if caller else ""


def require_whole(job: Job, samples: Sequence[Sample], fasta: Path) -> None:
    """Read every gVCF to its end, and index it again: reads by region are as right as the index.

    The given index tells how many records the gVCF had when it was indexed. There is a warning if a
    gVCF alone has no record on a contig.

    Raises:
        InvalidInputError: a gVCF has another number of records than its index says, is not sorted,
            or has a record with another base than the FASTA.
    """
    indexing = [[build_gvcf_index_command(each.gvcf)] for each in samples]
    checks = [[build_reference_check(each.gvcf, fasta)] for each in samples]
    with _as_input_errors(samples):
        given = [_counts(job, each) for each in samples]
        with ProcessGroup() as group:
            for chains in (indexing, checks):
                job.note(
                    group.run_pool(
                        chains, workers=job.options.threads, cwd=job.scratch, on_line=LOG.debug
                    )
                )
        found = [_counts(job, each) for each in samples]
    for each, said, has in zip(samples, given, found, strict=True):
        wrong = [contig for contig in {**said, **has} if said.get(contig, 0) != has.get(contig, 0)]
        if wrong:
            raise InvalidInputError(
                f"the gVCF of {each.listed.sample_id} is cut off, or its index is of another file: "
                f"{wrong[0]} has {has.get(wrong[0], 0):,} records, and "
                f"{said.get(wrong[0], 0):,} by the index",
                hint="if the gVCF is whole, index it again: `tabix -f -p vcf`",
                evidence=[str(each.listed.uri)],
            )
    for code, message in _lacking(samples, found):
        job.record.add_warning(code, message)


def _counts(job: Job, sample: Sample) -> Counter[str]:
    """The number of records of each contig, by the index."""
    path = job.scratch / "counts.txt"
    job.run(build_count_command(sample.gvcf), stdout=path, cwd=job.scratch)
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return Counter({contig: int(records) for contig, _, records in rows})


def _lacking(
    samples: Sequence[Sample], counts: Sequence[Counter[str]]
) -> Iterator[tuple[str, str]]:
    """Yield a warning for each sample that alone has no record on a contig."""
    have = Counter(contig for each in counts for contig in each)
    for sample, own in zip(samples, counts, strict=True):
        lacking = [contig for contig in have if contig not in own]
        alone = [contig for contig in lacking if have[contig] == len(samples) - 1]
        if alone:
            where = ", ".join(alone[:_SHOWN]) + (" and others" if alone[_SHOWN:] else "")
            message = (
                f"the gVCF of {sample.listed.sample_id} alone has no record on {where}: its "
                "genotypes there are unknown"
            )
            yield "contigsMissing", message


@contextmanager
def _as_input_errors(samples: Sequence[Sample]) -> Iterator[None]:
    """Tell what is wrong with a gVCF, and of which sample, where a program has failed for it."""
    try:
        yield
    except ToolFailedError as error:
        lines = {line: said for line in error.evidence for said in _COMPLAINTS if said in line}
        sample = next((each for each in samples if str(each.gvcf) in error.argv), None)
        if not lines or sample is None:
            raise
        line, said = lines.popitem()
        raise InvalidInputError(
            f"the gVCF of {sample.listed.sample_id} {_COMPLAINTS[said]}: {line.strip()}",
            hint="sort and index the gVCF, or call the sample with the cohort's reference",
            evidence=[str(sample.listed.uri)],
        ) from error
