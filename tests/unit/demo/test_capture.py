"""Depth over and beside the targets."""

import numpy as np
import pytest

from demo.exome.capture import Capture, Fragments
from demo.exome.spec import SMALL

GENOME = {"chr1": "ACGT" * 10_000, "chr2": "ACGT" * 5_000}
TARGETS = {"chr1": [(5_000, 5_600), (20_000, 20_300)], "chr2": [(9_000, 9_500)]}


def _depth(fragments: Fragments) -> np.ndarray:
    """Reads over each base of chr1."""
    edges = np.zeros(40_001, dtype=np.int64)
    here = fragments.chromosome == 0
    start, length = fragments.start[here], fragments.length[here]
    for first in (start, start + length - SMALL.read_length):
        np.add.at(edges, first, 1)
        np.add.at(edges, first + SMALL.read_length, -1)
    return np.cumsum(edges)[:-1]


@pytest.fixture
def capture() -> Capture:
    return Capture(SMALL, GENOME, TARGETS, np.random.default_rng(5))


def test_capture_fragments_for_depth_give_that_depth(capture: Capture) -> None:
    fragments = capture.draw(capture.fragments_for(200.0))
    assert capture.target_bases == 1_400
    covered = 0
    for first in (fragments.start, fragments.start + fragments.length - SMALL.read_length):
        for number, spans in enumerate(TARGETS.values()):
            for start, end in spans:
                here = first[fragments.chromosome == number]
                overlap = np.minimum(here + 100, end) - np.maximum(here, start)
                covered += int(np.maximum(0, overlap).sum())
    assert covered / 1_400 == pytest.approx(200, rel=0.03)


def test_capture_depth_falls_off_over_a_targets_edge(capture: Capture) -> None:
    depth = _depth(capture.draw(60_000))
    middle = depth[5_200:5_400].mean()
    assert 0.3 < depth[4_990:5_010].mean() / middle < 0.75
    assert depth[4_700:4_740].mean() < 0.1 * middle
    assert depth[4_800:4_990].mean() < depth[5_000:5_100].mean()


def test_capture_stray_fragments_are_the_stated_part(capture: Capture) -> None:
    fragments = capture.draw(60_000)
    near = np.zeros(len(fragments), dtype=bool)
    for number, spans in enumerate(TARGETS.values()):
        for start, end in spans:
            here = fragments.chromosome == number
            touches = (fragments.start < end) & (fragments.start + fragments.length > start)
            near |= here & touches
    assert (~near).mean() == pytest.approx(SMALL.off_target_fraction, rel=0.15)


def test_capture_insert_sizes_follow_the_spec(capture: Capture) -> None:
    length = capture.draw(20_000).length
    assert length.mean() == pytest.approx(260, abs=1)
    assert length.std() == pytest.approx(35, abs=1)
    assert length.min() >= SMALL.read_length
