"""Chromosomes are told by their names, and human assemblies by the lengths of X and Y."""

import pytest

from seqstack.domain.reference.chromosomes import Chromosomes
from seqstack.domain.reference.contigs import Contig

# https://www.ncbi.nlm.nih.gov/grc/human/data
GRCH37, GRCH38 = (155_270_560, 59_373_566), (156_040_895, 57_227_415)
MOUSE = (171_031_299, 91_744_698)  # GRCm38


def contigs(one: str, x: str, y: str, lengths: tuple[int, int] = GRCH38) -> list[Contig]:
    return [Contig("MT", 16_569), Contig(one, 9), Contig(x, lengths[0]), Contig(y, lengths[1])]


@pytest.mark.parametrize(
    "names",
    [
        ("22", "X", "Y"),
        ("chr1", "chrX", "chrY"),
        ("NC_000001.11", "NC_000023.11", "NC_000024.10"),
        ("CM000684.2", "CM000685.2", "CM000686.2"),
    ],
)
def test_chromosomes_have_the_names_of_ensembl_ucsc_refseq_or_genbank(
    names: tuple[str, str, str],
) -> None:
    found = Chromosomes.among(contigs(*names))

    assert found is not None
    assert [each.name for each in found.contigs] == [*names]
    assert found.assembly.name == "GRCh38"


@pytest.mark.parametrize(
    "given",
    [
        contigs("1", "X", "MT2"),
        contigs("1", "2", "Y"),
        contigs("I", "X", "Y"),  # C. elegans
        contigs("0", "X", "Y"),
        contigs("23", "X", "Y"),
        [*contigs("1", "X", "Y"), Contig("chrX", 156_040_895)],
        contigs("1", "NC_000023.11", "NC_000025.1"),
        [],
    ],
)
def test_reference_without_x_y_and_autosomes_has_none(given: list[Contig]) -> None:
    assert Chromosomes.among(given) is None


def test_regions_that_pair_are_those_of_the_assembly() -> None:
    old, new = (Chromosomes.among(contigs("1", "X", "Y", each)) for each in (GRCH37, GRCH38))

    assert old
    assert new
    # 1-based, the end included: X 60,001-2,699,520 and so on
    assert old.pars("X") == ((60_000, 2_699_520), (154_931_043, 155_260_560))
    assert old.pars("Y") == ((10_000, 2_649_520), (59_034_049, 59_363_566))
    assert new.pars("X") == ((10_000, 2_781_479), (155_701_382, 156_030_895))
    assert new.pars("Y") == ((10_000, 2_781_479), (56_887_902, 57_217_415))
    assert new.pars("1") == ()
    for found in (old, new):  # both are copies of each other
        sizes = [[end - start for start, end in found.pars(name)] for name in "XY"]
        assert sizes[0] == sizes[1]


@pytest.mark.parametrize("lengths", [MOUSE, (GRCH37[0], GRCH38[1])])
def test_other_lengths_are_no_human_assembly(lengths: tuple[int, int]) -> None:
    found = Chromosomes.among(contigs("1", "X", "Y", lengths))

    assert found
    assert not found.assembly.name
    assert found.pars("X") == found.pars("Y") == ()
