"""Where a sample's gVCF says that it is like the reference: pure."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from seqstack.domain.numbers import whole_number

_BLOCKS = frozenset({".", "<*>", "<NON_REF>"})
_REFERENCE = frozenset({"0/0", "0|0"})
_HAPLOID = "0"


class Coverage:
    """What a gVCF has at some positions of a contig where the sample has no variant record.

    `depths` has the lowest depth of the block at each position, -1 where nothing covers it.
    `haploid` are the places in `depths` where the gVCF has one allele only.
    """

    def __init__(self, positions: int) -> None:
        self.depths = array("i", [-1]) * positions
        self.haploid: set[int] = set()

    def genotype(self, place: int) -> tuple[str, int] | None:
        """The genotype and depth at a position, or None where nothing covers it."""
        depth = self.depths[place]
        if depth < 0:
            return None
        return (_HAPLOID if place in self.haploid else "0/0"), depth


def read_coverage(
    lines: Iterable[str], positions: Sequence[int], *, calls_blocks: bool
) -> Coverage:
    """Read a gVCF's records, as `build_query_command` has them, at `positions` (1-based, sorted).

    A block of the reference covers its bases. A variant covers the bases of its REF that no allele
    of the sample deletes: they were looked at, and are the reference's. What a deletion takes is
    not covered, whatever a block says: there is no base that could be like the reference.

    `calls_blocks` is False where blocks have no genotype; then depth decides.
    """
    found = Coverage(len(positions))
    deleted: list[tuple[int, int]] = []
    for line in lines:
        start_text, end_text, ref, alt, lowest, genotype, depth_text = line.rstrip("\n").split("\t")
        start = int(start_text)
        is_block = alt in _BLOCKS
        end = int(end_text) if is_block else start + len(ref) - 1
        first, last = bisect_left(positions, start), bisect_right(positions, end)
        if first == last and is_block:
            continue
        depth = _depth(lowest if is_block else depth_text, depth_text)
        is_haploid = not set(genotype) & {"/", "|", "."}
        if is_block:
            if calls_blocks and genotype not in {*_REFERENCE, _HAPLOID}:
                continue
            if not calls_blocks and depth < 1:
                continue
        elif "." in genotype:
            continue
        else:
            deleted += _deletions(start, ref, alt, genotype)
        for place in range(first, last):
            if is_block or found.depths[place] < 0:
                found.depths[place] = depth
                if is_haploid:
                    found.haploid.add(place)
    for start, end in deleted:
        for place in range(bisect_left(positions, start), bisect_right(positions, end)):
            found.depths[place] = -1
    return found


def _depth(wanted: str, other: str) -> int:
    text = other if wanted == "." else wanted
    return 0 if text == "." else whole_number(text)


def _deletions(start: int, ref: str, alt: str, genotype: str) -> Iterable[tuple[int, int]]:
    """Yield the first and last base of each deletion of the genotype, left-aligned within REF."""
    alleles = [ref, *alt.split(",")]
    called = {int(number) for number in genotype.replace("|", "/").split("/")}
    for allele in (alleles[number] for number in sorted(called - {0})):
        if len(allele) >= len(ref) or allele[0] in "*<":
            continue
        same = 0
        while same < len(allele) - 1 and ref[-1 - same] == allele[-1 - same]:
            same += 1
        yield start + len(allele) - same, start + len(ref) - same - 1
