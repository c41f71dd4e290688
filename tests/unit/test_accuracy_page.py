"""docs/accuracy.md has figures of every pair of tools that Debian has."""

import re
from itertools import product

import pytest

from scripts.measure_accuracy import ALIGNERS, CALLERS


@pytest.fixture(scope="module")
def rows(pytestconfig: pytest.Config) -> list[list[str]]:
    text = (pytestconfig.rootpath / "docs/accuracy.md").read_text()
    lines = re.findall(r"^\| (.*(?:demo|NA12878).*) \|$", text, re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_each_pair_is_measured_on_both_samples(rows: list[list[str]]) -> None:
    pairs = [(aligner.split(" ")[0], caller.split(" ")[0]) for _, aligner, caller, *_ in rows]
    assert sorted(pairs) == sorted(2 * list(product(ALIGNERS, CALLERS)))
