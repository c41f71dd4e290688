"""Runs end at the caller's projects, also those that the ledger does not have yet."""

from typing import Any

import pytest

from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.errors import InvalidInputError, UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.request_errors import (
    AllProjectsOnlyError,
    KeyReusedError,
    RunForgottenError,
    RunHasEndedError,
)
from seqstack.domain.run_pages import CohortFilter, Cursor, RunFilter
from seqstack.domain.words import CohortState, RunState
from seqstack.domain.workflow_names import PREPARE_REFERENCE_NAME
from seqstack.use_cases.control_cohorts import list_cohorts
from seqstack.use_cases.control_runs import abort_run, resume_run
from seqstack.use_cases.show_runs import list_runs, show_run
from seqstack.use_cases.start_run import RunRequest, start_run
from seqstack_api.confinement import ConfinedExecutions, ConfinedLedger
from seqstack_api.scope import Scope
from tests.support.builders import RESULTS_BUCKET, RUN_ID, exome_input, run_row
from tests.support.fake_executions import FakeExecutions
from tests.support.fakes import FakeLedger

FAILURE = Failure("StoppedByUser", "stopped by somebody")
OWN = f"s3://{RESULTS_BUCKET}/projects/heart/"
NOT_HEARTS: list[Any] = [
    {"project": "brain"},
    {"project": ["heart"]},
    {"project": None},
    {},
    [],
    ["project", "heart"],
    "heart",
    None,
]


def of_heart(
    executions: FakeExecutions, ledger: FakeLedger | None = None, *projects: str
) -> tuple[ConfinedLedger, ConfinedExecutions]:
    scope = Scope(frozenset(projects or {"heart"}))
    return (
        ConfinedLedger(ledger or FakeLedger(), scope),
        ConfinedExecutions(executions, scope, RESULTS_BUCKET),
    )


def heart_input(**changes: Any) -> dict[str, Any]:
    return exome_input(**{"project": "heart", "resultsS3Path": OWN, **changes})


@pytest.mark.parametrize("document", NOT_HEARTS)
def test_run_that_only_step_functions_knows_is_judged_by_its_input(document: Any) -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, RunState.RUNNING, document)
    ledger, confined = of_heart(executions)

    with pytest.raises(UnknownRunError):
        show_run(RUN_ID, ledger, confined.find)
    with pytest.raises(UnknownRunError):
        abort_run(RUN_ID, "somebody", ledger, confined)
    with pytest.raises(UnknownRunError):
        resume_run(RUN_ID, ("new", False), RESULTS_BUCKET, ledger, confined)
    with pytest.raises(UnknownRunError):
        confined.stop(RUN_ID, FAILURE)
    with pytest.raises(UnknownRunError):
        confined.redrive(RUN_ID)
    assert executions.known[RUN_ID].state is RunState.RUNNING
    assert executions.redriven == []


def test_run_of_the_caller_that_only_step_functions_knows_is_shown_and_stopped() -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, RunState.RUNNING, {"project": "heart"})
    ledger, confined = of_heart(executions)

    assert show_run(RUN_ID, ledger, confined.find).run.run_id == RUN_ID
    abort_run(RUN_ID, "somebody", ledger, confined)

    assert executions.known[RUN_ID].state is RunState.ABORTED


@pytest.mark.parametrize("project", ["brain", ""])
def test_run_is_judged_by_its_row(project: str) -> None:
    runs = FakeLedger(runs={RUN_ID: run_row(project=project)})
    ledger, confined = of_heart(FakeExecutions(), runs)

    for read in (ledger.run, ledger.history):
        with pytest.raises(UnknownRunError):
            read(RUN_ID)
    with pytest.raises(UnknownRunError):
        show_run(RUN_ID, ledger, confined.find)


def test_name_whose_row_and_execution_differ_gives_nothing_of_the_other_project() -> None:
    """A name is free again 90 days after its execution, whereas its row stays."""
    runs = FakeLedger(runs={RUN_ID: run_row(project="heart")})
    executions = FakeExecutions()
    executions.put(RUN_ID, RunState.FAILED, heart_input(project="brain"))
    ledger, confined = of_heart(executions, runs)

    assert show_run(RUN_ID, ledger, confined.find).run.project == "heart"
    with pytest.raises(RunForgottenError):
        resume_run(RUN_ID, ("new", False), RESULTS_BUCKET, ledger, confined)
    with pytest.raises(RunHasEndedError):
        abort_run(RUN_ID, "somebody", ledger, confined)
    assert list(executions.known) == [RUN_ID]


@pytest.mark.parametrize(
    "changes",
    [
        {"project": "brain"},
        {"project": "brain", "resultsS3Path": f"s3://{RESULTS_BUCKET}/projects/brain/"},
        {"resultsS3Path": f"s3://{RESULTS_BUCKET}/projects/brain/"},
        {"annotationS3Path": f"s3://{RESULTS_BUCKET}/projects/brain/genes.gff3"},
    ],
)
def test_start_for_or_from_another_project_starts_nothing(changes: dict[str, str]) -> None:
    executions = FakeExecutions()
    ledger, confined = of_heart(executions)

    with pytest.raises(InvalidInputError):
        start_run(RunRequest(RUN_ID, heart_input(**changes)), RESULTS_BUCKET, ledger, confined)

    assert executions.known == {}


def test_key_whose_run_is_another_projects_by_now_reveals_nothing_of_it() -> None:
    executions = FakeExecutions()
    theirs = heart_input(project="brain", resultsS3Path=f"s3://{RESULTS_BUCKET}/projects/brain/")
    executions.put(RUN_ID, RunState.RUNNING, theirs)
    runs = FakeLedger(runs={RUN_ID: run_row(project="brain")})
    ledger, confined = of_heart(executions, runs)
    request = RunRequest(RUN_ID, heart_input(), is_repeatable=True)

    with pytest.raises(KeyReusedError, match="use a new key"):
        start_run(request, RESULTS_BUCKET, ledger, confined)


def test_run_with_results_elsewhere_is_not_started_again() -> None:
    executions = FakeExecutions(redrivable=False)
    elsewhere = heart_input(resultsS3Path=f"s3://{RESULTS_BUCKET}/results/")
    executions.put(RUN_ID, RunState.FAILED, elsewhere)
    ledger, confined = of_heart(executions)

    with pytest.raises(InvalidInputError) as refused:
        resume_run(RUN_ID, ("new", False), RESULTS_BUCKET, ledger, confined)

    assert [problem.path for problem in refused.value.problems] == ["$.resultsS3Path"]


def rows() -> FakeLedger:
    """Six runs: heart, brain and of no project in turn, a minute apart."""
    projects = ("heart", "brain", "")
    made = [
        run_row(
            run_id=f"r{number}",
            started_at=f"2025-06-02T09:3{number}:00.000Z",
            project=projects[number % 3],
            cohort_id="trio",
        )
        for number in range(6)
    ]
    return FakeLedger(runs={row.run_id: row for row in made})


@pytest.mark.parametrize(
    ("projects", "wanted", "found"),
    [
        (("heart",), RunFilter(), ["r3", "r0"]),
        (("heart", "brain"), RunFilter(), ["r4", "r3", "r1", "r0"]),
        (("heart",), RunFilter(project="brain"), []),
        (("heart",), RunFilter(project="heart"), ["r3", "r0"]),
        (("heart", "brain"), RunFilter(project="brain"), ["r4", "r1"]),
        (("heart",), RunFilter(state=RunState.RUNNING), ["r3", "r0"]),
        (("heart",), RunFilter(state=RunState.FAILED), []),
        (("brain",), RunFilter(cohort_id="trio", sample_id="NA12878"), ["r4", "r1"]),
        (("lung",), RunFilter(cohort_id="trio"), []),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_have_the_runs_of_the_callers_projects(
    projects: tuple[str, ...], wanted: RunFilter, found: list[str], limit: int
) -> None:
    ledger, _ = of_heart(FakeExecutions(), rows(), *projects)

    seen: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = list_runs(wanted, cursor, limit, ledger)
        seen += [run.run_id for run in page.rows]
        cursor = page.following

    assert seen == found


@pytest.mark.parametrize(
    ("scope", "wanted", "found"),
    [
        (Scope(), CohortFilter(), ["c3", "c2", "c1", "c0"]),
        (Scope(frozenset({"heart"})), CohortFilter(), ["c3", "c0"]),
        (Scope(frozenset({"heart", "brain"})), CohortFilter(), ["c3", "c1", "c0"]),
        (Scope(frozenset({"heart"})), CohortFilter(project="brain"), []),
        (Scope(frozenset({"heart", "brain"})), CohortFilter(project="brain"), ["c1"]),
        (Scope(frozenset({"heart"})), CohortFilter(CohortState.FAILED), []),
        (Scope(frozenset()), CohortFilter(), []),
    ],
)
@pytest.mark.parametrize("limit", [1, 5])
def test_pages_have_the_cohorts_of_the_callers_projects(
    scope: Scope, wanted: CohortFilter, found: list[str], limit: int
) -> None:
    made = [
        CohortRow(
            f"c{number}",
            "arn",
            CohortState.RUNNING,
            "2025-06-03T09:30:00.000Z",
            "s3://b/s.csv",
            project=("heart", "brain", "")[number % 3],
            created_at=f"2025-06-02T09:3{number}:00.000Z",
        )
        for number in range(4)
    ]
    ledger = ConfinedLedger(FakeLedger(cohorts={row.cohort_id: row for row in made}), scope)

    seen: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = list_cohorts(wanted, cursor, limit, ledger)
        seen += [row.cohort_id for row in page.rows]
        cursor = page.following

    assert seen == found


def test_scope_of_all_projects_lists_every_run() -> None:
    ledger = ConfinedLedger(rows(), Scope())

    page = list_runs(RunFilter(), Cursor(), 10, ledger)

    assert [run.run_id for run in page.rows] == ["r5", "r4", "r3", "r2", "r1", "r0"]


@pytest.mark.parametrize("can_be_redriven", [True, False])
def test_preparation_of_the_own_project_is_neither_started_nor_resumed(
    can_be_redriven: bool,
) -> None:
    document = {"name": "GRCh38", "referenceS3Path": "s3://source/x.fa", "project": "heart"}
    executions = FakeExecutions()
    executions.put(
        RUN_ID,
        RunState.ABORTED,
        document,
        PREPARE_REFERENCE_NAME,
        can_be_redriven=can_be_redriven,
    )
    ledger, confined = of_heart(executions)

    with pytest.raises(AllProjectsOnlyError, match=r"not prepare a reference.*heart only"):
        confined.start("new", document, PREPARE_REFERENCE_NAME)
    with pytest.raises(AllProjectsOnlyError):
        resume_run(RUN_ID, ("new", False), RESULTS_BUCKET, ledger, confined)

    assert executions.redriven == []
    assert set(executions.known) == {RUN_ID}
    of_all = ConfinedExecutions(executions, Scope(), RESULTS_BUCKET)
    assert of_all.start("new", document, PREPARE_REFERENCE_NAME).run_id == "new"
