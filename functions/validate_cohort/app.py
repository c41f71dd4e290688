"""Check a cohort's sheet and plan its runs.

Invoked by `cohort` before anything else. Every line of the sheet is checked as `validate_input`
checks a run, so that no run of a cohort that passes is refused for its input. Writes the runs that
are left to do as JSON lines into the cohort's folder of the results bucket, and records the plan
in the ledger. Nothing is started. Safe to repeat for the same execution.

With `plan: joint`, it plans the joint call of the cohort's samples instead, after they have ended.

Raises:
    InvalidCohortError: with every problem, those of the sheet by line.
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import jsonschema  # noqa: F401 - every call needs it, and Lambda gives a start more CPU than a call
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, RunId, TimeText
from seqstack.adapters.executions import Executions
from seqstack.adapters.images import image_digest
from seqstack.adapters.object_blocks import read_blocks
from seqstack.adapters.objects import find_objects, read_start, read_whole, write, write_once
from seqstack.adapters.references import References
from seqstack.adapters.run_defaults import RunDefaultsSettings
from seqstack.domain.cohort_input import CheckedCohort, CohortDefaults
from seqstack.domain.run_input import requester_pays
from seqstack.use_cases.check_samples import SampleServices
from seqstack.use_cases.estimate_cohort import Estimator
from seqstack.use_cases.plan_joint import JointServices, plan_joint
from seqstack.use_cases.validate_cohort import CohortServices, StartedCohort, validate_cohort
from seqstack.wiring.prices import prices_of
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)


@dataclass(frozen=True, kw_only=True)
class Settings(RunDefaultsSettings):
    """The variables of `validate_cohort`: a cohort's and a run's defaults from the stack."""

    cohort_concurrency: int
    cohort_tolerated_failures: int


class ValidateCohortEvent(BaseModel):
    """The execution from its context object, and its input, which can be any JSON."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    name: RunId
    execution_arn: ExecutionArn
    started_at: TimeText
    input: Any
    plan: Literal["samples", "joint"] = "samples"


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=ValidateCohortEvent)
def lambda_handler(event: ValidateCohortEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return the plan's summary: numbers of samples, and where the runs are listed.

    For a joint call, what `plan_joint` returns.
    """
    logger.append_keys(execution=event.name)
    settings = Settings.from_environment()
    services = Services(settings)
    defaults = CohortDefaults(settings.cohort_concurrency, settings.cohort_tolerated_failures)
    if event.plan == "joint":
        cohort = CheckedCohort.of(event.input).values(defaults)
        find = partial(find_objects, requester_pays=requester_pays(cohort.run))
        joint = plan_joint(
            cohort,
            event.execution_arn,
            settings.results_bucket,
            JointServices(services.ledger, read_whole, write_once, find),
        )
        logger.info("Joint call planned", samples=joint["samples"], left=joint["isLeft"])
        return joint

    def samples(pays: bool) -> SampleServices:  # noqa: FBT001 - as CohortServices has it
        return SampleServices(
            settings.defaults,
            services.batch,
            partial(find_objects, requester_pays=pays),
            partial(read_start, requester_pays=pays),
            partial(read_blocks, requester_pays=pays),
            image_digest,
        )

    plan = validate_cohort(
        StartedCohort(event.name, event.execution_arn, event.started_at, event.input),
        settings.results_bucket,
        defaults,
        datetime.now(UTC),
        CohortServices(
            services.ledger,
            Executions(services.ledger),
            References(settings.results_bucket),
            read_whole,
            write,
            samples,
            find_objects,
            Estimator(services.ledger, services.ledger.history, prices_of(settings)),
        ),
    )
    logger.info("Cohort planned", samples=plan["samples"], left=plan["left"])
    return plan
