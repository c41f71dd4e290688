"""A BAM of pairs without errors, at the depths that a test asks for."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pysam

READ, INSERT = 100, 300
DUPLICATE, SECONDARY = 0x400, 0x100
_FIRST, _SECOND = 0x63, 0x93


@dataclass(frozen=True)
class Layer:
    """Pairs of one kind on a contig: their depth, mapping quality and additional flags."""

    contig: str
    depth: float
    quality: int = 60
    flags: int = 0


def write_bam(
    path: Path,
    reference: Mapping[str, str],
    layers: Iterable[Layer],
    *,
    haplotypes: Iterable[Mapping[str, str]] = (),
    seed: int = 1,
) -> None:
    """Write a sorted BAM and its index; its reads are of the haplotypes by turns.

    There are none on the N at a contig's end.
    """
    rng, reads = random.Random(seed), []
    copies = [*haplotypes] or [reference]
    numbers = {contig: number for number, contig in enumerate(reference)}
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": contig, "LN": len(text)} for contig, text in reference.items()],
        "RG": [{"ID": "r", "SM": "S1"}],
    }
    for kind, layer in enumerate(layers):
        known = len(reference[layer.contig].rstrip("N"))
        for n in range(round(layer.depth * known / (2 * READ))):
            start = rng.randrange(known - INSERT)
            text = copies[n % len(copies)][layer.contig][start : start + INSERT]
            reads += _pair(layer, numbers[layer.contig], start, f"{kind}.{n}", text)
    reads.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for read in reads:
            bam.write(read)
    pysam.index(str(path))


def _pair(
    layer: Layer, contig: int, start: int, name: str, text: str
) -> list[pysam.AlignedSegment]:
    reads = []
    for own, mate, flag in ((0, INSERT - READ, _FIRST), (INSERT - READ, 0, _SECOND)):
        read = pysam.AlignedSegment()
        read.query_name, read.flag = name, flag | layer.flags
        read.query_sequence = text[own : own + READ]
        read.query_qualities = pysam.qualitystring_to_array("I" * READ)
        read.reference_id = read.next_reference_id = contig
        read.reference_start, read.next_reference_start = start + own, start + mate
        read.mapping_quality, read.cigartuples = layer.quality, [(0, READ)]
        read.template_length = INSERT if own == 0 else -INSERT
        read.set_tag("RG", "r")
        reads.append(read)
    return reads
