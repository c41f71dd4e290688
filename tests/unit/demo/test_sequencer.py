"""Reads, qualities and errors."""

import numpy as np

from demo.exome.capture import Fragments
from demo.exome.genome import decode, encode
from demo.exome.haplotypes import Haplotype, build_haplotype
from demo.exome.sequencer import NO_CALL, draw_qualities, sequence_pairs
from demo.exome.variant import Edit

LENGTH = 100


def _haplotype(rng: np.random.Generator, edits: list[Edit]) -> Haplotype:
    return build_haplotype("".join(rng.choice(list("ACGT"), size=5_000)), edits)


def test_qualities_decline_along_the_read_and_more_in_the_second_mate() -> None:
    rng = np.random.default_rng(1)
    first = draw_qualities((4_000, LENGTH), 0, rng).mean(axis=0)
    second = draw_qualities((4_000, LENGTH), 1, rng).mean(axis=0)
    assert first[5:25].mean() > first[-10:].mean() + 4
    assert second[-10:].mean() < first[-10:].mean() - 1.5
    assert first[0] < first[5] - 2
    assert first.std() > 1
    assert draw_qualities((4_000, LENGTH), 0, rng).min() >= 2


def test_reads_errors_come_at_the_rate_their_qualities_state() -> None:
    rng = np.random.default_rng(2)
    copy = _haplotype(rng, [])
    count = 20_000
    start = rng.integers(0, 4_000, count)
    fragments = Fragments(np.zeros(count, np.int64), start, np.full(count, 300))
    first, _ = sequence_pairs(fragments, [(copy, copy)], LENGTH, rng)
    forward = copy.bases[start[:, None] + np.arange(LENGTH)]
    backward = 3 - copy.bases[start[:, None] + 299 - np.arange(LENGTH)]
    # An unrelated read differs in three bases of four: the nearer strand is the read's.
    differs_forward, differs_backward = first.bases != forward, first.bases != backward
    is_forward = differs_forward.sum(axis=1) < differs_backward.sum(axis=1)
    wrong = np.where(is_forward[:, None], differs_forward, differs_backward)
    assert 0.45 < is_forward.mean() < 0.55
    for low, high in ((10, 20), (25, 30), (35, 41)):
        band = (first.qualities >= low) & (first.qualities <= high)
        stated = np.mean(10.0 ** (first.qualities[band] / -10.0))
        assert abs(wrong[band].mean() / stated - 1) < 0.15
    assert np.all(first.bases[first.qualities == 2] == NO_CALL)


def test_reads_mates_face_each_other_over_the_fragment() -> None:
    rng = np.random.default_rng(3)
    copy = _haplotype(rng, [])
    fragments = Fragments(np.zeros(50, np.int64), np.full(50, 1_000), np.full(50, 260))
    first, second = sequence_pairs(fragments, [(copy, copy)], LENGTH, rng)
    left, right = copy.bases[1_000:1_100], 3 - copy.bases[1_160:1_260][::-1]
    for mate, other in zip(first.bases, second.bases, strict=True):
        ends = (left, right) if np.mean(mate == left) > 0.8 else (right, left)
        assert np.mean(mate == ends[0]) > 0.8
        assert np.mean(other == ends[1]) > 0.8


def test_reads_of_a_deleted_stretch_span_it_on_the_haplotype_that_lacks_it() -> None:
    rng = np.random.default_rng(4)
    reference = "".join(rng.choice(list("ACGT"), size=5_000))
    whole = build_haplotype(reference, [])
    lacking = build_haplotype(reference, [Edit(1_050, 1_062, "")])
    fragments = Fragments(np.zeros(400, np.int64), np.full(400, 1_000), np.full(400, 300))
    reads = sequence_pairs(fragments, [(whole, lacking)], LENGTH, rng)
    across = encode(reference[1_040:1_050] + reference[1_062:1_072])
    uncut = encode(reference[1_040:1_060])
    texts = [decode(np.minimum(row, 3)) for mate in reads for row in mate.bases]
    with_deletion = sum(decode(across) in text for text in texts)
    without = sum(decode(uncut) in text for text in texts)
    # Half of the 400 fragments each; errors within 20 bases spoil a few.
    assert 150 < with_deletion < 250
    assert 150 < without < 250
