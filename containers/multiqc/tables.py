"""Read the tables of samtools stats, picard, bcftools and snpEff that plots are drawn of: pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from jobkit.snpeff_statistics import read_sections

BALANCE_BINS = 20
SNV, OTHER_TYPE = "SNVs", "indels and others"
_TYPES = {"SNP": SNV}  # of bcftools' %TYPE


def rows_of(text: str, section: str) -> list[list[str]]:
    """The rows of a section of samtools stats or bcftools stats, without its name."""
    rows = (line.split("\t") for line in text.splitlines())
    return [cells for name, *cells in rows if name == section]


def picard_histogram(text: str, columns: str) -> dict[int, int]:
    """Counts by value: the sum of those columns of picard's histogram that begin with `columns`."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("## HISTOGRAM"):
            break
    _, *names = next(lines, "").split("\t")
    wanted = [n for n, name in enumerate(names, start=1) if name.startswith(columns)]
    rows = (line.split("\t") for line in lines if line)
    return {int(row[0]): sum(round(float(row[n])) for n in wanted) for row in rows if wanted}


def covered_depths(stats: str) -> dict[int, int]:
    """Bases by depth, of 1 or more, in samtools stats (`COV`); the last depth is "or more"."""
    return {int(depth): int(bases) for _, depth, bases in rows_of(stats, "COV")}


def insert_sizes(stats: str) -> dict[int, int]:
    """Pairs by insert size, of 1 or more, in samtools stats (`IS`)."""
    return {int(row[0]): int(row[1]) for row in rows_of(stats, "IS") if int(row[0]) > 0}


def mean_qualities(stats: str, section: str, most_rows: int) -> dict[int, float]:
    """Mean base quality by cycle, of first (`FFQ`) or last (`LFQ`) fragments.

    Neighbouring cycles of reads with more than `most_rows` are joined under the first of them.
    """
    rows = [[int(cell) for cell in row if cell] for row in rows_of(stats, section)]
    joined = -(-len(rows) // most_rows)
    sums, bases = Counter[int](), Counter[int]()
    for cycle, *counts in rows:
        first = (cycle - 1) // joined * joined + 1
        sums[first] += sum(quality * count for quality, count in enumerate(counts))
        bases[first] += sum(counts)
    return {cycle: sums[cycle] / count for cycle, count in bases.items() if count}


def indel_lengths(stats: str) -> dict[int, int]:
    """Indels by length, deletions negative, in bcftools stats; the outermost are "or longer"."""
    return {int(row[1]): int(row[2]) for row in rows_of(stats, "IDD")}


def substitutions(stats: str) -> dict[str, int]:
    """SNVs by their bases, as `A>C`, in bcftools stats."""
    return {row[1]: int(row[2]) for row in rows_of(stats, "ST")}


def summary_numbers(stats: str) -> dict[str, int]:
    """The summary numbers of bcftools stats by their names."""
    return {row[1].rstrip(":"): int(row[2]) for row in rows_of(stats, "SN")}


def snpeff_counts(statistics: str, section: str) -> dict[str, int]:
    """Counts by name, in a section of snpEff's statistics with `Type , Count , Percent`."""
    found = (each.rows[1:] for each in read_sections(statistics) if each.title == section)
    return {name: int(count) for name, count, *_ in next(found, ())}


def allele_balance(calls: Iterable[str]) -> Mapping[tuple[str, int], int]:
    """Calls by their type and their bin of the share of reads with the alternate allele.

    A call is a line `TYPE<tab>reference,alternate`. Bins are 1/BALANCE_BINS wide, and centred: bin
    n is about n/BALANCE_BINS, so an even share is in the middle of one. Calls without both counts
    and calls without reads are left out.
    """
    found = Counter[tuple[str, int]]()
    for line in calls:
        kind, _, counts = line.rstrip("\n").partition("\t")
        reads = counts.split(",")
        if len(reads) != 2 or "." in reads:
            continue
        reference, alternate = map(int, reads)
        if depth := reference + alternate:
            place = (2 * BALANCE_BINS * alternate + depth) // (2 * depth)
            found[_TYPES.get(kind, OTHER_TYPE), place] += 1
    return found
