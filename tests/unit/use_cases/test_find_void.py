"""Which runs that have succeeded count no more."""

from collections.abc import Iterable

import pytest

from seqstack.domain.manifest import StoredObject
from seqstack.domain.objects_found import ABSENT, ObjectsFound
from seqstack.domain.records import RunRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState
from seqstack.use_cases.find_void import void_runs

REPORT = StoredObject(S3Uri("results", "results/a/report/run.html"), 9, "etag")
STARTED = "2026-11-30T10:00:00.000Z"


def run(*, report: StoredObject | None = REPORT, state: RunState = RunState.SUCCEEDED) -> RunRow:
    return RunRow("r", "a", state, STARTED, "arn", report=report)


@pytest.mark.parametrize(
    ("found", "is_void"),
    [
        (ObjectsFound({REPORT.uri: 9}, {}, {REPORT.uri: "etag"}), False),
        (ObjectsFound({REPORT.uri: 9}, {}, {REPORT.uri: "other"}), True),
        (ObjectsFound({REPORT.uri: 8}, {}, {REPORT.uri: "etag"}), True),
        (ObjectsFound({}, {REPORT.uri: ABSENT}), True),
        (ObjectsFound({}, {REPORT.uri: "is archived"}), False),
        (ObjectsFound({}, {REPORT.uri: "may not be read, or does not exist"}), False),
    ],
)
def test_run_is_void_if_its_report_is_gone_or_replaced(found: ObjectsFound, is_void: bool) -> None:
    assert void_runs([run()], lambda _: found, "") == ({"r"} if is_void else set())


@pytest.mark.parametrize(
    ("since", "is_void"),
    [("", False), (STARTED, False), ("2026-11-30T09:59:59.000Z", False), ("2026-12-01", True)],
)
def test_run_is_void_if_an_input_is_younger_and_its_report_is_not_looked_for(
    since: str, is_void: bool
) -> None:
    asked: list[S3Uri] = []

    def find(uris: Iterable[S3Uri]) -> ObjectsFound:
        asked.extend(uris)
        return ObjectsFound({REPORT.uri: 9}, {}, {REPORT.uri: "etag"})

    assert void_runs([run()], find, since) == ({"r"} if is_void else set())
    assert asked == ([] if is_void else [REPORT.uri])


def test_runs_without_a_report_and_others_than_succeeded_ones_are_not_asked_for() -> None:
    runs = [run(report=None), run(state=RunState.FAILED)]

    assert void_runs(runs, lambda _: pytest.fail("asked"), "") == frozenset()
