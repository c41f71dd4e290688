"""The simulation of scale takes the calls that samples make: a cohort's, counted, are the same.

What docs/scale.md and benchmarks/RESULTS.md say of a sample's calls is held here, too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.call_trace import Call, recorded
from benchmarks.scale import OTHER_SHARE, Measured, differences, measured
from benchmarks.token_buckets import QUOTAS

pytestmark = pytest.mark.long

SAMPLES = 4
ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/scale.md").read_text()
RESULTS = (ROOT / "benchmarks/RESULTS.md").read_text()
_DAY = 86_400
_ROW_KB = 4
# the rows of the page's table of limits: the calls of each, or the index partition that is written
_LIMITS = {
    "GetExecutionHistory, for costs": ["states:GetExecutionHistory"],
    "SubmitJob; DescribeJobDefinitions": ["batch:submitjob", "batch:describejobdefinitions"],
    "DescribeExecution": ["states:DescribeExecution"],
    "StartExecution": ["states:StartExecution"],
    "Lambda, calls of 0.4 seconds": ["lambda:Invoke"],
}
_PARTITIONS = {
    "one cohort's index partition, rows of 4 KB": "ByCohort cohort",
    "index partition of running runs": "ByState RUNNING",
}


@pytest.fixture(scope="module")
def trace(alone: None) -> list[Call]:
    return recorded()


@pytest.fixture(scope="module")
def deployed(alone: None) -> Measured:
    return measured(SAMPLES)


def rows() -> dict[str, list[str]]:
    """The rows of the page's table of limits: rate, what a sample takes, most samples a day."""
    lines = [line.strip("| ").split("|") for line in PAGE.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {row[0]: row[1:] for row in cells if row[0] in _LIMITS or row[0] in _PARTITIONS}


def number(text: str) -> int:
    return int(re.sub(r"[^0-9].*", "", text.replace(",", "")))


def test_a_cohort_loses_no_sample_job_account_or_event(deployed: Measured) -> None:
    assert deployed.lost == []


def test_a_cohorts_samples_make_the_calls_of_the_recorded_one(
    deployed: Measured, trace: Sequence[Call]
) -> None:
    sample = Counter(call.api for call in trace)

    assert differences(deployed.calls, SAMPLES, sample) == [], deployed.calls


def test_page_says_what_a_sample_takes(trace: Sequence[Call]) -> None:
    sample = Counter(call.api for call in trace)
    found = rows()

    assert set(found) == {*_LIMITS, *_PARTITIONS}
    for name, apis in _LIMITS.items():
        rate, takes, most = found[name]
        assert {sample[api] for api in apis} == {number(takes)}, name
        assert {QUOTAS[api].rate for api in apis} == {number(rate)}, name
        assert number(most) == pytest.approx(number(rate) * _DAY / number(takes), rel=0.05), name
    for name, partition in _PARTITIONS.items():
        rate, takes, most = found[name]
        units = _ROW_KB * sum(call.loads.get(partition, 0) for call in trace)
        assert units == pytest.approx(number(takes), rel=0.05), name
        assert number(most) == pytest.approx(number(rate) * _DAY / number(takes), rel=0.05), name


def test_pages_say_how_many_calls_a_sample_makes(trace: Sequence[Call]) -> None:
    said = re.search(r"some ([0-9]+) calls to AWS are recorded", PAGE)
    measured_once = re.search(r"A sample makes ([0-9]+) calls", RESULTS)

    assert said
    assert measured_once
    # reads depend on which events meet
    reads = sum(call.api == "dynamodb:read" for call in trace)
    for each in (said, measured_once):
        assert abs(len(trace) - int(each[1])) <= reads * OTHER_SHARE
