"""Picard's files: a dictionary, an interval list, and the metrics that it writes."""

from collections.abc import Iterable, Iterator, Mapping

from jobkit.errors import InvalidOutputError
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.targets import Targets

TARGET_DEPTH_COLUMNS = (
    *("chrom", "start", "end", "length", "name", "%gc", "mean_coverage", "normalized_coverage"),
    *("min_normalized_coverage", "max_normalized_coverage", "min_coverage", "max_coverage"),
    *("pct_0x", "read_count"),
)
"""Of CollectHsMetrics' PER_TARGET_COVERAGE, in Picard 2.27 and 3.3."""

_CLASS = "## METRICS CLASS\t"
_HEADER = "## htsjdk.samtools.metrics.StringHeader"
_STARTED = "# Started on:"


def dictionary(contigs: Iterable[Contig]) -> Iterator[str]:
    """The lines of a sequence dictionary (.dict)."""
    yield "@HD\tVN:1.6\tSO:coordinate\n"
    for contig in contigs:
        yield f"@SQ\tSN:{contig.name}\tLN:{contig.length}\n"


def interval_list(contigs: list[Contig], targets: Targets) -> Iterator[str]:
    """The lines of an interval list: 1-based, the end included, names as samtools' regions."""
    yield from dictionary(contigs)
    for region in targets.regions:
        name, start = contigs[region.contig].name, region.start + 1
        yield f"{name}\t{start}\t{region.end}\t+\t{name}:{start}-{region.end}\n"


def fai_in_order(fai: str, contigs: Iterable[Contig]) -> str:
    """The lines of a FASTA index in the contigs' order, in which Picard expects them."""
    lines = {line.split("\t", 1)[0]: line for line in fai.splitlines()}
    return "".join(f"{lines[contig.name]}\n" for contig in contigs)


def without_date(metrics: str) -> str:
    """A metrics file without the time of its start, which would differ between runs."""
    lines = metrics.splitlines(keepends=True)
    kept: list[str] = []
    for line in lines:
        if line.startswith(_STARTED) and kept and kept[-1].rstrip() == _HEADER:
            kept.pop()
            continue
        kept.append(line)
    return "".join(kept)


def first_row(metrics: str) -> Mapping[str, str]:
    """The first row of a metrics file by its columns.

    Raises:
        InvalidOutputError: it has no such row.
    """
    lines = metrics.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(_CLASS)]
    if not starts or len(lines) < starts[0] + 3 or not lines[starts[0] + 2]:
        raise InvalidOutputError("Picard wrote no metrics")
    columns, values = (lines[starts[0] + n].split("\t") for n in (1, 2))
    return dict(zip(columns, [*values, *[""] * (len(columns) - len(values))], strict=True))


def with_values(metrics: str, values: Mapping[str, str]) -> str:
    """A metrics file with other values of some columns in its first row."""
    lines = metrics.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith(_CLASS)) + 1
    columns, cells = (lines[at + n].rstrip("\n").split("\t") for n in (0, 1))
    known = {**dict(zip(columns, cells, strict=False)), **values}
    lines[at + 1] = "\t".join(known[column] for column in columns[: len(cells)]) + "\n"
    return "".join(lines)


def number(text: str) -> float:
    """A value of a metrics file, which has `?` for a share of nothing."""
    return 0.0 if text in {"", "?"} else float(text)


def no_insert_sizes(command: Iterable[str]) -> str:
    """What stands in place of CollectInsertSizeMetrics' file if it found no pair."""
    return f"{_HEADER}\n# {' '.join(command)}\n{_HEADER}\n# No pair of aligned reads was found.\n"
