import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from demo.exome.variant import Edit, Variant

#        0123456789
CHROM = "GGCACACATT"


@pytest.mark.parametrize(
    ("edit", "left", "right"),
    [
        (Edit(4, 6, ""), Edit(2, 4, ""), Edit(6, 8, "")),
        (Edit(4, 4, "CA"), Edit(2, 2, "CA"), Edit(8, 8, "CA")),
        (Edit(9, 9, "T"), Edit(8, 8, "T"), Edit(10, 10, "T")),
        (Edit(5, 6, "G"), Edit(5, 6, "G"), Edit(5, 6, "G")),
    ],
)
def test_edit_in_repeat_moves_to_both_ends(edit: Edit, left: Edit, right: Edit) -> None:
    assert edit.leftmost(CHROM) == left
    assert edit.rightmost(CHROM) == right


def test_variant_from_deletion_carries_the_base_before() -> None:
    variant = Variant.from_edit("chr1", CHROM, Edit(6, 8, ""))
    assert variant == Variant("chr1", 2, "GCA", "G")
    assert variant.edit == Edit(2, 4, "")


def test_variant_from_insertion_carries_the_base_before() -> None:
    variant = Variant.from_edit("chr1", CHROM, Edit(10, 10, "T"))
    assert variant == Variant("chr1", 8, "A", "AT")
    assert variant.edit == Edit(8, 8, "T")


def test_variant_from_substitution_is_one_base() -> None:
    variant = Variant.from_edit("chr1", CHROM, Edit(3, 4, "T"))
    assert variant == Variant("chr1", 4, "A", "T")
    assert variant.is_snv


def _apply(chromosome: str, edit: Edit) -> str:
    return chromosome[: edit.start] + edit.inserted + chromosome[edit.end :]


bases = st.text("AC", min_size=12, max_size=30)


@given(bases, st.integers(2, 8), st.integers(0, 4), st.text("AC", max_size=4))
def test_edit_moved_either_way_gives_the_same_sequence(
    chromosome: str, start: int, deleted: int, inserted: str
) -> None:
    assume((deleted == 0) != (inserted == ""))
    edit = Edit(start, start + deleted, inserted)
    for moved in (edit.leftmost(chromosome), edit.rightmost(chromosome)):
        assert _apply(chromosome, moved) == _apply(chromosome, edit)
    assert edit.leftmost(chromosome) == edit.rightmost(chromosome).leftmost(chromosome)
