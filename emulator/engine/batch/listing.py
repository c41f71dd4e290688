"""ListJobs: which jobs of a queue, in which order, page by page.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from emulator.engine.batch.job import Job, JobStatus

DEFAULT_PAGE = 100


def select(
    jobs: Iterable[Job], status: str | None, filters: Sequence[Mapping[str, Any]] | None
) -> list[Job]:
    """Pick a queue's jobs, the most recent first.

    A filter replaces the status; without both, only RUNNING jobs are picked. Raises
    ValueError for an unknown status or filter, and for more than one filter.
    """
    newest_first = sorted(jobs, key=lambda job: -job.arrival)
    if filters:
        if len(filters) > 1:
            raise ValueError("Only one filter can be used at a time")
        matches = _filter(filters[0])
        return [job for job in newest_first if matches(job)]
    wanted = JobStatus(status or JobStatus.RUNNING)
    return [job for job in newest_first if job.status is wanted]


def page(
    jobs: Sequence[Job], size: int | None, token: str | None
) -> tuple[Sequence[Job], str | None]:
    """Cut one page of up to `size` jobs (100 if not given) and name the next.

    A token is the arrival number of the last job seen, so that jobs that arrive or change between
    two calls shift no pages. Raises ValueError for an invalid token.
    """
    rest = jobs if token is None else [job for job in jobs if job.arrival < int(token)]
    cut = rest[: min(size or DEFAULT_PAGE, DEFAULT_PAGE)]
    return cut, str(cut[-1].arrival) if len(cut) < len(rest) else None


def _filter(entry: Mapping[str, Any]) -> Callable[[Job], bool]:
    values = [str(value) for value in entry["values"]]
    match entry["name"]:
        case "JOB_NAME":
            return lambda job: any(_like(job.submission.job_name, value) for value in values)
        case "JOB_DEFINITION":
            return lambda job: any(_is_definition(job, value) for value in values)
        case "BEFORE_CREATED_AT":
            return lambda job: job.created_at < int(values[0])
        case "AFTER_CREATED_AT":
            return lambda job: job.created_at > int(values[0])
        case unknown:
            raise ValueError(f"Unknown filter {unknown}")


def _like(text: str, value: str) -> bool:
    text, value = text.lower(), value.lower()
    return text.startswith(value[:-1]) if value.endswith("*") else text == value


def _is_definition(job: Job, value: str) -> bool:
    definition = job.submission.definition
    return value == definition.arn or _like(definition.name, value)
