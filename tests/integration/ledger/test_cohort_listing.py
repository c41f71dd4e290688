"""Lists of cohorts, from the indexes of the ledger."""

from collections.abc import Iterator

import pytest

from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.run_pages import CohortFilter, Cursor, RunFilter
from seqstack.domain.words import CohortState
from seqstack.use_cases.control_cohorts import list_cohorts
from seqstack.use_cases.show_runs import list_runs
from tests.support.aws_world import AwsWorld, aws_world
from tests.support.builders import run_row

AT = "2026-01-02T03:04:0{}.000Z"
SHEET = "s3://amzn-s3-demo-source-bucket/sheet.csv"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsWorld]:
    """Five cohorts, the odd ones ended, the last two of a project; a run; and a dry run."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with aws_world() as world:
        for number in range(5):
            begin(world, number, project="p" if number > 2 else "")
            if number % 2:
                end(world, number)
        row = CohortRow("dry", "arn:dry", CohortState.RUNNING, AT.format(9), SHEET, is_dry_run=True)
        assert world.ledger.open_cohort(row)
        assert world.ledger.open_run(run_row(cohort_id="c1", project="p"), [])
        yield world


def begin(world: AwsWorld, number: int, second: int | None = None, project: str = "") -> None:
    at = AT.format(number if second is None else second)
    row = CohortRow(f"c{number}", f"arn:{at}", CohortState.RUNNING, at, SHEET, project=project)
    assert world.ledger.open_cohort(row)


def end(world: AwsWorld, number: int) -> None:
    at = AT.format(number)
    row = CohortRow(f"c{number}", f"arn:{at}", CohortState.SUCCEEDED, at, SHEET, ended_at=at)
    assert world.ledger.close_cohort(row)


def listed(world: AwsWorld, wanted: CohortFilter, limit: int = 10) -> str:
    seen: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor:
        page = list_cohorts(wanted, cursor, limit, world.ledger)
        assert len(page.rows) <= limit
        seen += [row.cohort_id for row in page.rows]
        cursor = page.following
    return " ".join(seen)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CohortFilter(), "c4 c3 c2 c1 c0"),
        (CohortFilter(state=CohortState.RUNNING), "c4 c2 c0"),
        (CohortFilter(state=CohortState.SUCCEEDED), "c3 c1"),
        (CohortFilter(state=CohortState.FAILED), ""),
        (CohortFilter(project="p"), "c4 c3"),
        (CohortFilter(project="p", state=CohortState.SUCCEEDED), "c3"),
        (CohortFilter(project="none"), ""),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 10])
def test_cohorts_are_listed_newest_first_in_pages(
    world: AwsWorld, wanted: CohortFilter, found: str, limit: int
) -> None:
    assert listed(world, wanted, limit) == found


def test_resumed_cohort_keeps_its_place_so_that_no_page_misses_it(world: AwsWorld) -> None:
    begin(world, 1, second=8)
    row = world.ledger.cohort("c1")

    assert listed(world, CohortFilter()) == "c4 c3 c2 c1 c0"
    assert listed(world, CohortFilter(state=CohortState.RUNNING)) == "c4 c2 c1 c0"
    assert row
    assert (row.created_at, row.opened_at) == (AT.format(1), AT.format(8))


def test_cohort_is_listed_in_the_project_of_its_newest_execution_alone(world: AwsWorld) -> None:
    begin(world, 1, second=8, project="q")
    assert listed(world, CohortFilter(project="q")) == "c1"
    begin(world, 3, second=8)

    assert listed(world, CohortFilter(project="p")) == "c4"
    assert listed(world, CohortFilter(project="")) == "c4 c3 c2 c1 c0"


def test_cohort_of_a_project_that_no_run_can_have_is_opened_and_listed(world: AwsWorld) -> None:
    begin(world, 5, project="x" * 3000)  # an index takes 2,048 bytes

    assert listed(world, CohortFilter()).startswith("c5 ")


@pytest.mark.parametrize("project", ["COHORT", "COHORT#p"])
def test_no_list_of_runs_has_a_cohort(world: AwsWorld, project: str) -> None:
    assert list_runs(RunFilter(project=project), Cursor(), 10, world.ledger).rows == ()
    everything = list_runs(RunFilter(), Cursor(), 10, world.ledger).rows
    assert [run.cohort_id for run in everything] == ["c1"]
    assert len(world.ledger.runs_of_cohort("c1")) == 1
