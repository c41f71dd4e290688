import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from demo.exome.genome import decode
from demo.exome.haplotypes import build_haplotype, build_haplotypes
from demo.exome.variant import Edit, Planted, Variant


def test_haplotype_with_each_kind_of_edit_is_the_edited_sequence() -> None:
    #             0123456789
    haplotype = build_haplotype("AACCGGTTAC", [Edit(7, 8, "A"), Edit(2, 4, ""), Edit(5, 5, "TTT")])
    assert decode(haplotype.bases) == "AAGTTTGTAAC"


def test_haplotype_place_after_edits_is_shifted_by_their_sum() -> None:
    haplotype = build_haplotype("AACCGGTTAC", [Edit(2, 4, ""), Edit(5, 5, "TTT")])
    placed = haplotype.place(np.array([0, 1, 4, 5, 6, 9]))
    assert placed.tolist() == [0, 1, 2, 6, 7, 10]


def test_haplotypes_heterozygous_variant_is_on_one_copy_only() -> None:
    planted = [
        Planted(Variant("c", 2, "A", "G"), (True, False)),
        Planted(Variant("c", 4, "C", "CT"), (True, True)),
    ]
    first, second = build_haplotypes({"c": "AACCGG"}, planted)["c"]
    assert decode(first.bases) == "AGCCTGG"
    assert decode(second.bases) == "AACCTGG"


@given(st.text("ACGT", min_size=60, max_size=60), st.lists(st.integers(-3, 3), max_size=5))
def test_haplotype_place_untouched_base_holds_the_same_base(
    chromosome: str, shifts: list[int]
) -> None:
    edits = [
        Edit(10 * n + 4, 10 * n + 4 + max(0, -shift), "G" * max(0, shift))
        for n, shift in enumerate(shifts)
    ]
    haplotype = build_haplotype(chromosome, edits)
    kept = [p for p in range(60) if not any(e.start <= p < e.end for e in edits)]
    placed = haplotype.place(np.array(kept))
    assert decode(haplotype.bases[placed]) == "".join(chromosome[p] for p in kept)
