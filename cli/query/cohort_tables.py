"""The newest tables of a cohort."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cli.client import ApiClient, RunQuery
from cli.errors import not_found, unavailable
from cli.shapes.outputs import Output
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.variant_tables import MANIFEST, TableFiles

_LINK_SECONDS = 900


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
    """The tables of a cohort's newest successful run of `workflow`; `how` makes them.

    Raises:
        CliError: there are none, or they are not whole any more.
    """
    for run in api.each_run(RunQuery(cohort=cohort)):
        if run["workflow"] != workflow or run["state"] != "SUCCEEDED":
            continue
        outputs = api.list_outputs(run["runId"], _LINK_SECONDS)["outputs"]
        found = next((each for each in outputs if each["s3Uri"].endswith(f"/{MANIFEST}")), None)
        if found:
            return _tables(run["runId"], found, outputs, fetch, how)
    raise not_found(f"cohort {cohort} has no tables of its variants", how)


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
