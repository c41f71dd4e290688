"""The tables of a cohort."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cli.client import ApiClient, RunQuery
from cli.errors import CliError, ExitCode, not_found, unavailable
from cli.shapes.outputs import Output
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.variant_tables import MANIFEST, TableFiles

_LINK_SECONDS = 900
_SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True, slots=True)
class CohortTables:
    """A cohort's tables.

    Attributes:
        run_id: the run that has written them.
        folder: has a folder for each table.
        manifest: their files.
        outputs: the files, by their URIs.
    """

    run_id: str
    folder: S3Uri
    manifest: TableFiles
    outputs: Mapping[str, Output]


def find_tables(
    api: ApiClient, cohort: str, workflow: str, fetch: Callable[[str], bytes], how: str
) -> CohortTables:
    """The tables of a cohort's samples, by its run of `workflow`; `how` makes them.

    Raises:
        CliError: there are none, or they are not whole any more.
    """
    for run_id in _runs(api, cohort, workflow):
        outputs = api.list_outputs(run_id, _LINK_SECONDS)["outputs"]
        found = next((each for each in outputs if each["s3Uri"].endswith(f"/{MANIFEST}")), None)
        if found:
            return _tables(run_id, found, outputs, fetch, how)
    raise not_found(f"cohort {cohort} has no tables of its variants", how)


def _runs(api: ApiClient, cohort: str, workflow: str) -> Iterator[str]:
    """Yield the successful run of the cohort's samples as they are now, then all, newest first.

    A newer run can have other samples: one that was taken out of the sheet since.
    """
    planned = _planned(api, cohort)
    if planned and api.get_run(planned)["state"] == _SUCCEEDED:
        yield planned
    for run in api.each_run(RunQuery(cohort=cohort)):
        if run["workflow"] == workflow and run["state"] == _SUCCEEDED:
            yield run["runId"]


def _planned(api: ApiClient, cohort: str) -> str:
    """The joint run of the cohort's newest execution; empty if it has none."""
    try:
        plan = api.get_cohort(cohort)["plan"]
    except CliError as error:
        if error.exit_code is ExitCode.NOT_FOUND:  # a name that runs have, and no sheet
            return ""
        raise
    joint = plan.get("joint") if plan else None
    return (joint["runId"] or "") if joint else ""


def _tables(
    run_id: str,
    manifest: Output,
    outputs: list[Output],
    fetch: Callable[[str], bytes],
    how: str,
) -> CohortTables:
    root = S3Uri.parse(manifest["s3Uri"].removesuffix(MANIFEST))
    wrong = [
        each["s3Uri"]
        for each in outputs
        if each["step"] == manifest["step"] and (each["state"] != "current" or not each["link"])
    ]
    if wrong or not manifest["link"]:
        raise not_found(f"tables of run {run_id} were replaced or deleted: {wrong[0]}", how)
    try:
        read = TableFiles.parse(fetch(manifest["link"]))
    except ValueError as error:
        raise unavailable(f"{manifest['s3Uri']}: {error}", how) from error
    folder = root / read.folder
    known = {each["s3Uri"]: each for each in outputs}
    uris = [str(folder / name) for names in read.files.values() for name in names]
    if missing := [uri for uri in uris if uri not in known]:
        raise unavailable(f"{missing[0]} is not among the outputs of run {run_id}", how)
    return CohortTables(run_id, folder, read, {uri: known[uri] for uri in uris})
