"""The input document of `cohort`, checked by schema, and read as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self

from seqstack.domain.errors import Problem
from seqstack.domain.input_schema import check_against, schema_validator
from seqstack.domain.inputs_read import READS_KEYS
from seqstack.domain.json_text import cap_problem
from seqstack.domain.s3uri import S3Uri

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

DEFAULT_JOINT_PERCENTAGE: Final = 100.0
"""All samples."""
SCHEMA: Final = "cohort.schema.json"
_OF_THE_SHEET = ("sampleId", *READS_KEYS)
_OF_THE_COHORT = ("cohortId", "cohortSize")


@dataclass(frozen=True, slots=True)
class CohortDefaults:
    """The stack's values for what the input leaves out."""

    max_concurrency: int
    tolerated_failure_percentage: float


@dataclass(frozen=True, slots=True)
class CohortInput:
    """A cohort's input; `run` is what the inputs of all its runs share.

    `joint_percentage` is the share of the samples that a joint VCF needs; None if none is wanted.
    With `only_joint`, no sample is run.
    """

    cohort_id: str
    sheet: S3Uri
    run: Mapping[str, Any]
    max_concurrency: int
    tolerated_failure_percentage: float
    is_dry_run: bool
    budget_usd: Decimal | None = None
    joint_percentage: float | None = None
    only_joint: bool = False


@dataclass(frozen=True, slots=True)
class CheckedCohort:
    """A document's problems, and its valid part."""

    problems: tuple[Problem, ...]
    sound: Mapping[str, Any]

    @classmethod
    def of(cls, document: object) -> Self:
        """Check `document` against the schema; `run` is checked with the samples."""
        too_much = cap_problem(document)
        if too_much:  # the schema would process all of it recursively
            return cls((too_much,), {})
        problems, sound = check_against(document, _validator())
        return cls((*problems, *_taken_keys(sound.get("run", {}))), sound)

    def values(self, defaults: CohortDefaults) -> CohortInput:
        """The document as values; only for one without problems."""
        given = self.sound
        joint = given.get("joint")
        return CohortInput(
            cohort_id=given["cohortId"],
            sheet=S3Uri.parse(given["sheetS3Path"]),
            run=given["run"],
            # JSON Schema accepts 16.0 as an integer
            max_concurrency=int(given.get("maxConcurrency", defaults.max_concurrency)),
            tolerated_failure_percentage=float(
                given.get("toleratedFailurePercentage", defaults.tolerated_failure_percentage)
            ),
            is_dry_run=given.get("dryRun", False),
            budget_usd=Decimal(str(given["budgetUsd"])) if "budgetUsd" in given else None,
            joint_percentage=None
            if joint is None
            else float(joint.get("minSamplesPercentage", DEFAULT_JOINT_PERCENTAGE)),
            only_joint=joint is not None and joint.get("only", False),
        )


@cache
def _validator() -> "Validator":
    return schema_validator(SCHEMA)


def _taken_keys(run: Mapping[str, Any]) -> Iterator[Problem]:
    for key in run:
        if key in _OF_THE_SHEET:
            yield Problem(f"$.run.{key}", "comes from the sheet: leave it out")
        if key in _OF_THE_COHORT:
            yield Problem(f"$.run.{key}", "comes from the cohort: leave it out")
