"""Which tables a cohort is queried by."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from cli.client import ApiClient
from cli.errors import CliError, ExitCode, not_found, unavailable
from cli.query.cohort_tables import find_tables
from seqstack.domain.variant_tables import FILE_NAME, MANIFEST, TABLES, TableFiles

WORKFLOW = "joint_calling"
# The newest has a sample that the sheet does not have any more: its run before is the cohort's.
RUNS = {"four-samples": "SUCCEEDED", "failed": "FAILED", "three-samples": "SUCCEEDED"}


@dataclass(frozen=True)
class Api:
    """The API with a cohort whose newest execution has followed the joint run `planned`."""

    planned: str | None
    refusal: CliError | None = None

    def get_cohort(self, cohort_id: str) -> dict[str, Any]:
        assert cohort_id == "trio"
        if self.refusal:
            raise self.refusal
        return {"plan": {"joint": {"runId": self.planned}}}

    def get_run(self, run_id: str) -> dict[str, Any]:
        return {"state": RUNS[run_id]}

    def each_run(self, _query: object) -> list[dict[str, Any]]:
        samples = {"runId": "a-sample", "workflow": "secondary_analysis", "state": "SUCCEEDED"}
        joint = [{"runId": r, "workflow": WORKFLOW, "state": s} for r, s in RUNS.items()]
        return [samples, *joint]

    def list_outputs(self, run_id: str, _seconds: int) -> dict[str, Any]:
        names = [MANIFEST, *(f"tables/{table}/{FILE_NAME}" for table in TABLES)]
        outputs = [
            {
                "s3Uri": f"s3://results/{run_id}/{name}",
                "step": "tabulateVariants",
                "state": "current",
                "link": f"https://links/{run_id}/{name}",
            }
            for name in names
        ]
        return {"outputs": outputs}


def run_of(api: Api) -> str:
    files = {table: (f"{table}/{FILE_NAME}",) for table in TABLES}
    manifest = TableFiles("tables/", 3, {"chr1": 1}, 10**8, dict.fromkeys(TABLES, 1), files)
    found = find_tables(
        cast(ApiClient, api), "trio", WORKFLOW, lambda _link: manifest.as_text().encode(), "make it"
    )
    return found.run_id


def test_tables_are_those_of_the_samples_in_the_sheet_though_others_are_newer() -> None:
    assert run_of(Api("three-samples")) == "three-samples"


@pytest.mark.parametrize("planned", ["failed", None])
def test_tables_are_the_newest_where_the_last_execution_made_none(planned: str | None) -> None:
    assert run_of(Api(planned)) == "four-samples"


def test_name_that_only_runs_have_has_the_tables_of_the_newest_run() -> None:
    assert run_of(Api(None, not_found("there is no cohort trio"))) == "four-samples"


def test_api_that_does_not_answer_is_told() -> None:
    with pytest.raises(CliError) as told:
        run_of(Api(None, unavailable("no answer")))
    assert told.value.exit_code is ExitCode.UNAVAILABLE
