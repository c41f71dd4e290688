"""Which alleles match; every expectation is worked out by hand."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from cli.accuracy.alleles import Allele, Carried
from cli.accuracy.haplotypes import MOST_HETEROZYGOUS, same_haplotypes
from cli.accuracy.matching import NEIGHBOURS, compare

#            1         2         3
#   123456789012345678901234567890
SEQ = "ACGTACGATTTTTTGCACACACAGGATCCA"
HET, HOM = Carried(is_homozygous=False, depth=20), Carried(is_homozygous=True, depth=30)

type Rows = dict[tuple[int, str, str], Carried]


def sequences(spans: Sequence[tuple[int, int]]) -> list[str]:
    return [SEQ[first - 1 : last] for first, last in spans]


def compared(truth: Rows, called: Rows) -> list[tuple[bool, int, str]]:
    found = compare(
        "c",
        {Allele(*each): how for each, how in truth.items()},
        {Allele(*each): how for each, how in called.items()},
        sequences,
    )
    return [(each.is_true, each.allele.pos, each.verdict) for each in found]


def verdicts(truth: Rows, called: Rows) -> set[str]:
    return {verdict for _, _, verdict in compared(truth, called)}


def test_one_found_one_missed_one_false_and_one_of_another_genotype() -> None:
    truth = {(1, "A", "C"): HET, (2, "C", "T"): HOM, (30, "A", "G"): HET}
    called = {(1, "A", "C"): HET, (2, "C", "T"): HET, (20, "C", "G"): HET}

    assert compared(truth, called) == [
        (True, 1, "found"),
        (False, 1, "found"),
        (True, 2, "other genotype called"),
        (False, 2, "other genotype called"),
        (False, 20, "false call"),
        (True, 30, "missed"),
    ]


def test_two_neighbouring_snvs_are_one_record_of_two_bases() -> None:
    assert verdicts({(5, "A", "G"): HOM, (6, "C", "T"): HOM}, {(5, "AC", "GT"): HOM}) == {"found"}


def test_two_neighbouring_snvs_of_other_haplotypes_are_not_one_record() -> None:
    # unphased, A>G and C>T may be on one haplotype or on two; GT on both is neither
    truth = {(5, "A", "G"): HET, (6, "C", "T"): HET}
    assert verdicts(truth, {(5, "AC", "GT"): HET}) == {"found"}
    assert verdicts(truth, {(5, "AC", "GC"): HET, (5, "AC", "AT"): HET}) == {"found"}
    assert verdicts(truth, {(5, "AC", "GT"): HOM}) == {"missed", "false call"}


def test_two_deletions_in_a_repeat_are_one_longer_one() -> None:
    # CACACACA begins at 16, behind G at 15: without two CA
    truth = {(15, "GCACA", "G"): HOM}
    assert verdicts(truth, {(15, "GCA", "G"): HOM, (19, "ACA", "A"): HOM}) == {"found"}
    assert verdicts(truth, {(15, "GCA", "G"): HOM}) == {"missed", "false call"}


def test_deletion_and_substitution_are_one_complex_record() -> None:
    # GGAT at 24 to 27: T for C at 27 and no A at 26
    truth = {(25, "GA", "G"): HET, (27, "T", "C"): HET}
    assert verdicts(truth, {(26, "AT", "C"): HET}) == {"found"}


def test_overlapping_alleles_lie_on_two_haplotypes() -> None:
    truth = {(5, "A", "C"): HET, (5, "A", "G"): HET}
    called = {(5, "AC", "CC"): HET, (5, "AC", "GC"): HET}
    assert verdicts(truth, called) == {"found"}
    assert verdicts(truth, {(5, "AC", "CC"): HOM}) == {"missed", "false call"}


def test_allele_in_both_is_found_beside_a_false_call() -> None:
    found = compared({(5, "A", "G"): HET}, {(5, "A", "G"): HET, (6, "C", "T"): HET})
    assert found == [(True, 5, "found"), (False, 5, "found"), (False, 6, "false call")]


def test_false_call_among_neighbours_does_not_hide_what_is_found() -> None:
    truth = {(5, "A", "G"): HET, (6, "C", "T"): HET}
    called = {(5, "AC", "GT"): HET, (8, "A", "T"): HET}
    assert compared(truth, called)[-1] == (False, 8, "false call")
    assert [verdict for _, _, verdict in compared(truth, called)] == [*["found"] * 3, "false call"]


def test_two_groups_among_neighbours_are_found_beside_errors() -> None:
    truth = {(5, "A", "G"): HET, (6, "C", "T"): HET, (12, "T", "A"): HOM, (21, "A", "G"): HOM}
    called = {(5, "AC", "GT"): HET, (21, "AC", "GC"): HOM, (26, "A", "T"): HET}
    assert [
        (pos, verdict) for _, pos, verdict in compared(truth, called) if verdict != "found"
    ] == [
        (12, "missed"),
        (26, "false call"),
    ]


def test_alleles_too_far_from_each_other_are_compared_alone() -> None:
    far = 1 + NEIGHBOURS + 1
    asked = list[tuple[int, int]]()

    def reference(spans: Sequence[tuple[int, int]]) -> list[str]:
        asked.extend(spans)
        return ["A" * (last - first + 1) for first, last in spans]

    compare("c", {Allele(1, "A", "C"): HET}, {Allele(far, "A", "C"): HET}, reference)
    assert asked == []
    compare("c", {Allele(1, "A", "C"): HET}, {Allele(far - 1, "A", "C"): HET}, reference)
    assert asked == [(1, far - 1)]


def test_more_heterozygous_alleles_than_are_tried_match_nothing() -> None:
    many = {Allele(n, "A", "C"): HET for n in range(1, MOST_HETEROZYGOUS + 2)}
    fewer = dict(list(many.items())[:-1])
    assert not same_haplotypes("A" * 20, 1, many, many)
    assert same_haplotypes("A" * 20, 1, fewer, fewer)


def test_depth_is_that_of_the_calls() -> None:
    truth = {Allele(1, "A", "C"): HOM, Allele(9, "T", "C"): HOM}
    found = compare("c", truth, {Allele(1, "A", "C"): HET}, sequences)
    assert [(each.allele.pos, each.depth) for each in found] == [(1, 20), (1, 20), (9, None)]


@st.composite
def substitutions(draw: st.DrawFn) -> Rows:
    """SNVs at some places of SEQ, each on one haplotype or on both."""
    places = draw(st.sets(st.integers(1, len(SEQ)), min_size=1, max_size=6))
    return {
        (pos, SEQ[pos - 1], draw(st.sampled_from(sorted({*"ACGT"} - {SEQ[pos - 1]})))): draw(
            st.sampled_from([HET, HOM])
        )
        for pos in places
    }


def haplotype(rows: Rows, chosen: list[bool], *, is_second: bool) -> str:
    bases = list(SEQ)
    for ((pos, _, alt), how), second in zip(rows.items(), chosen, strict=True):
        if how is HOM or second == is_second:
            bases[pos - 1] = alt
    return "".join(bases)


@given(substitutions(), st.lists(st.booleans(), min_size=6, max_size=6), st.integers(1, len(SEQ)))
def test_any_variants_are_the_two_haplotypes_that_they_give(
    truth: Rows, phase: list[bool], wrong: int
) -> None:
    chosen = phase[: len(truth)]
    first, second = (haplotype(truth, chosen, is_second=each) for each in (False, True))
    called = (
        {(1, SEQ, first): HOM}
        if first == second
        else {(1, SEQ, each): HET for each in (first, second) if each != SEQ}
    )
    assert verdicts(truth, called) == {"found"}

    other = "ACGT"["ACGT".index(first[wrong - 1]) - 1]
    spoiled = first[: wrong - 1] + other + first[wrong:]
    if spoiled in (SEQ, second):
        return
    changed = {(1, SEQ, each): HET for each in (spoiled, second) if each != SEQ}
    if wrong not in {pos for pos, _, _ in truth}:  # else another phase may give the same
        assert "false call" in verdicts(truth, changed)
