"""How a genome is divided into partitions: a bounded number, whatever its contigs."""

import pytest

from parquet.annotations import effects_by_allele
from parquet.partitions import BIN_BASES, partitions_of
from seqstack.domain.reference.contigs import Contig

# Lengths of GRCh38: https://www.ncbi.nlm.nih.gov/grc/human/data
GRCH38 = [
    *(248_956_422, 242_193_529, 198_295_559, 190_214_555, 181_538_259, 170_805_979),
    *(159_345_973, 145_138_636, 138_394_717, 133_797_422, 135_086_622, 133_275_309),
    *(114_364_328, 107_043_718, 101_991_189, 90_338_345, 83_257_441, 80_373_285),
    *(58_617_616, 64_444_167, 46_709_983, 50_818_468, 156_040_895, 57_227_415),
]
NAMES = [*(f"chr{number}" for number in range(1, 23)), "chrX", "chrY"]


def test_human_genome_has_some_seventy_partitions_and_one_of_small_contigs() -> None:
    chromosomes = [Contig(*each) for each in zip(NAMES, GRCH38, strict=True)]
    small = [Contig("chrM", 16_569), *(Contig(f"HLA-A*{n:02}:01", 3_500) for n in range(3_000))]

    found = partitions_of([*chromosomes, *small])

    assert found.bin_bases == BIN_BASES
    assert list(found.bins) == NAMES
    assert sum(found.bins.values()) == 73
    assert found.of("chr1", 49_999_999) == ("chr1", 0)
    assert found.of("chr1", 50_000_000) == ("chr1", 1)
    assert found.of("chr1", 248_956_422) == ("chr1", 4)
    assert found.of("chrM", 7) == found.of("HLA-A*01:01", 3_500) == ("other", 0)


@pytest.mark.parametrize(
    "contigs",
    [
        [Contig(f"scaffold{n}", 5_000_000 + n) for n in range(20_000)],
        [Contig(f"{n}", 2**29 - 1) for n in range(40)],
        [Contig("whole", 2**29 - 1)],
        [Contig(f"{n}", 1_000) for n in range(100)],
        [],
    ],
)
def test_any_genome_has_a_bounded_number(contigs: list[Contig]) -> None:
    found = partitions_of(contigs)

    assert sum(found.bins.values()) <= 150
    for contig in contigs[-1:]:
        if contig.name in found.bins:
            assert found.of(contig.name, contig.length)[1] < found.bins[contig.name]


def test_short_contigs_of_a_small_genome_have_partitions_of_their_own() -> None:
    found = partitions_of([Contig("I", 230_218), Contig("Mito", 85_779)])

    assert found.bins == {"I": 1, "Mito": 1}
    assert found.of("Mito", 85_779) == ("Mito", 0)


@pytest.mark.parametrize("name", ["other", "a/b", "a=b", "..", "a:1", "é", "x" * 65])
def test_name_that_can_be_no_folder_is_among_the_others(name: str) -> None:
    assert partitions_of([Contig(name, 9_000_000)]).bins == {}


def test_effect_with_missing_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="has 3 fields, not 11"):
        effects_by_allele("T|missense|LOW", ["T"])
