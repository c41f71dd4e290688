import pytest

from benchmarks.polling import polled, polled_run
from seqstack.domain.words import Step


@pytest.mark.parametrize(
    ("seconds", "seen"), [(0.0, 0), (0.1, 30), (30.0, 30), (30.1, 60), (3599.0, 3600)]
)
def test_a_job_ends_at_the_next_look(seconds, seen):
    assert polled(seconds) == seen


def test_a_run_takes_the_longest_branch_of_polled_steps():
    seconds = {
        Step.ALIGN: 61.0,  # 90
        Step.CALL_VARIANTS: 10.0,  # 30
        Step.ANNOTATE: 31.0,  # 60, so 90 with the calls
        Step.ALIGNMENT_STATS: 1.0,
        Step.TARGET_METRICS: 70.0,  # 90
        Step.AGGREGATE_QC: 5.0,  # 30
    }

    assert polled_run(seconds) == 90 + 90 + 30
