"""What `generate` designs, checked against the rules of genes and variants."""

from itertools import pairwise

import pytest

from demo.exome.generate import Blueprint, draw_blueprint
from demo.exome.genetic_code import reverse_complement, translate
from demo.exome.planting import SPACING
from demo.exome.spec import DEMO, SMALL, ExomeSpec


@pytest.fixture(scope="module", params=[SMALL, DEMO], ids=lambda spec: spec.sample_id)
def spec(request: pytest.FixtureRequest) -> ExomeSpec:
    chosen: ExomeSpec = request.param
    return chosen


@pytest.fixture(scope="module")
def plan(spec: ExomeSpec) -> Blueprint:
    return draw_blueprint(spec)


def test_demo_preset_is_of_the_size_promised() -> None:
    assert len(DEMO.chromosome_lengths) >= 2
    assert sum(DEMO.chromosome_lengths) >= 1_000_000
    assert DEMO.genes >= 100
    assert 60 <= DEMO.mean_depth <= 100


def test_blueprint_every_coding_sequence_is_valid(spec: ExomeSpec, plan: Blueprint) -> None:
    assert len(plan.transcripts) == spec.genes
    for transcript in plan.transcripts:
        coding = transcript.coding_sequence(plan.genome[transcript.chrom])
        assert len(coding) % 3 == 0
        assert coding.startswith("ATG")
        assert translate(coding).index("*") == len(coding) // 3 - 1


def test_blueprint_every_intron_is_gt_ag_on_its_strand(plan: Blueprint) -> None:
    for transcript in plan.transcripts:
        assert transcript.introns
        for start, end in transcript.introns:
            intron = plan.genome[transcript.chrom][start:end]
            read = intron if transcript.strand == "+" else reverse_complement(intron)
            assert (read[:2], read[-2:]) == ("GT", "AG")


def test_blueprint_genes_are_halved_between_strands_and_apart(
    spec: ExomeSpec, plan: Blueprint
) -> None:
    forward = sum(transcript.strand == "+" for transcript in plan.transcripts)
    assert forward == spec.genes // 2
    for chrom, length in spec.chromosomes.items():
        spans = [t.span for t in plan.transcripts if t.chrom == chrom]
        assert spans[0][0] >= 2_000
        assert spans[-1][1] <= length - 2_000
        assert all(a[1] + 300 <= b[0] for a, b in pairwise(spans))


def test_blueprint_exons_lie_in_targets_that_do_not_overlap(plan: Blueprint) -> None:
    for transcript in plan.transcripts:
        spans = plan.targets[transcript.chrom]
        for start, end in transcript.exons:
            assert any(a <= start - 50 and end + 50 <= b for a, b in spans)
    for spans in plan.targets.values():
        assert all(a[1] < b[0] for a, b in pairwise(spans))


def test_blueprint_gc_content_varies_along_the_genome(plan: Blueprint) -> None:
    windows = [
        sequence[at : at + 4_000]
        for sequence in plan.genome.values()
        for at in range(0, len(sequence) - 4_000, 4_000)
    ]
    gc = [(w.count("G") + w.count("C")) / len(w) for w in windows]
    assert max(gc) - min(gc) > 0.15
    assert all(0.30 < value < 0.62 for value in gc)


def test_blueprint_repeats_lie_outside_the_targets_only(plan: Blueprint) -> None:
    for chrom, sequence in plan.genome.items():
        outside, at = [], 0
        for start, end in plan.targets[chrom]:
            assert not any(base * 16 in sequence[start:end] for base in "ACGT")
            outside.append(sequence[at:start])
            at = end
        assert any(base * 16 in piece for piece in outside for base in "ACGT")


def test_blueprint_variants_match_the_reference_and_lie_in_targets(
    spec: ExomeSpec, plan: Blueprint
) -> None:
    variants = [truth.planted.variant for truth in plan.truths]
    assert sum(v.is_snv for v in variants) == spec.snvs
    assert sum(not v.is_snv for v in variants) == spec.indels
    for v in variants:
        assert plan.genome[v.chrom][v.pos - 1 : v.pos - 1 + len(v.ref)] == v.ref
        assert any(a < v.pos and v.pos + len(v.ref) <= b for a, b in plan.targets[v.chrom])
    lengths = {abs(len(v.ref) - len(v.alt)) for v in variants if not v.is_snv}
    assert set(range(1, 9)) <= lengths
    assert max(lengths) <= 12


def test_blueprint_variants_keep_their_distance(plan: Blueprint) -> None:
    for chrom in plan.genome:
        ends = [
            (t.planted.variant.pos, t.planted.variant.pos + len(t.planted.variant.ref))
            for t in plan.truths
            if t.planted.variant.chrom == chrom
        ]
        assert all(a[1] + SPACING - 2 <= b[0] for a, b in pairwise(ends))


def test_blueprint_holds_both_genotypes_and_every_kind_of_consequence(plan: Blueprint) -> None:
    genotypes = [truth.planted.genotype for truth in plan.truths]
    assert 0.25 < genotypes.count("1/1") / len(genotypes) < 0.45
    kinds = {truth.consequence.most_severe for truth in plan.truths}
    assert kinds >= {
        "synonymous_variant", "missense_variant", "stop_gained", "stop_lost", "start_lost",
        "stop_retained_variant", "frameshift_variant", "splice_acceptor_variant",
        "splice_donor_variant", "splice_region_variant", "intron_variant", "inframe_insertion",
        "disruptive_inframe_insertion", "inframe_deletion", "disruptive_inframe_deletion",
        "3_prime_UTR_variant",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"chromosome_lengths": (10_000,)}, "50,000 bases"),
        ({"genes": 3}, "fewer than two"),
        ({"genes": 60}, "less than 6,000 bases"),
        ({"insert_mean": 150.0}, "shorter than a read"),
        ({"lanes": 9}, "1 to 8 lanes"),
    ],
)
def test_spec_that_cannot_be_laid_out_is_refused(changed: dict[str, object], reason: str) -> None:
    values: dict[str, object] = {
        "sample_id": "s",
        "seed": 1,
        "chromosome_lengths": (120_000, 80_000),
        "genes": 24,
        "snvs": 1,
        "indels": 1,
    }
    with pytest.raises(ValueError, match=reason):
        ExomeSpec(**(values | changed))  # type: ignore[arg-type]  # one value is wrong by intent


def test_blueprint_without_room_for_its_variants_fails_by_kind() -> None:
    crowded = ExomeSpec("s", 1, (120_000, 80_000), genes=24, snvs=2_000, indels=1)
    with pytest.raises(RuntimeError, match="no room for another"):
        draw_blueprint(crowded)
