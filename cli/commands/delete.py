"""`seqstack delete`: delete a run's results."""

from collections.abc import Sequence
from itertools import batched, groupby
from typing import Annotated, Any

import typer

from cli.aws import translated_errors
from cli.client import RunQuery
from cli.confirming import confirm_deletion
from cli.errors import CliError, ExitCode, no_access, usage
from cli.output import print_json, print_line
from cli.session import Session, session_of
from cli.shapes.outputs import Output, common_folder
from cli.shapes.runs import RunDetail
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.workflow_names import PREPARE_REFERENCE_NAME

_MOST_AT_ONCE = 1000  # objects in one DeleteObjects


def delete(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    shared: Annotated[
        bool, typer.Option("--shared", help="Delete also what other runs of the sample use.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be deleted, and delete nothing.")
    ] = False,
) -> None:
    """Delete the results that a run has written.

    Deletes the versions that this run has written, for good, and nothing else: not the reads, not
    the versions of other runs, and without --shared not what another run of the sample has reused.
    The ledger keeps the run's record. A prepared reference is deleted by `reference delete`.
    It takes your own permission s3:DeleteObjectVersion.
    """
    session = session_of(context)
    found = session.api.get_run(run)
    if found["endedAt"] is None:
        stop = session.options.command("stop", found["runId"])
        raise CliError(ExitCode.CONFLICT, f"run {found['runId']} is running", f"`{stop}` first")
    _require_no_reference(session, found)
    written = [each for each in session.api.list_outputs(run)["outputs"] if _is_its_own(each)]
    users = {} if shared else _users(session, found)
    kept = [each for each in written if _identity(each) in users]
    wanted = [each for each in written if _identity(each) not in users]
    if not session.options.json:
        _show(session, wanted, kept, users)
    deleted: list[Output] = []
    if wanted and not dry_run:
        if not yes:
            confirm_deletion(f"Delete these {len(wanted)} objects for good?")
        deleted = _delete(session, wanted)
    if session.options.json:
        print_json(
            {
                "runId": found["runId"],
                "wanted": [_named(each) for each in wanted],
                "deleted": [_named(each) for each in deleted],
                "kept": [{**_named(each), "usedBy": users[_identity(each)]} for each in kept],
            }
        )
    elif deleted:
        session.say(f"Deleted {len(deleted)} objects of run {found['runId']}.")


def _require_no_reference(session: Session, run: RunDetail) -> None:
    """Refuse a run that prepares a reference: without its parts, it would still be listed."""
    if run["workflow"] == PREPARE_REFERENCE_NAME:
        delete = session.options.command("reference", "delete", run["subject"] or "NAME/VERSION")
        raise usage(
            f"run {run['runId']} prepares a reference, whose parts are not deleted alone",
            f"`{delete}` deletes it as a whole",
        )


def _is_its_own(output: Output) -> bool:
    return output["versionId"] is not None and output["state"] != "gone"


def _identity(output: Output) -> tuple[str, str | None]:
    return output["s3Uri"], output["versionId"]


def _named(output: Output) -> dict[str, Any]:
    return {"s3Uri": output["s3Uri"], "versionId": output["versionId"]}


def _users(session: Session, run: RunDetail) -> dict[tuple[str, str | None], str]:
    """Which other run uses an object: runs of one sample, and joint runs of one cohort, reuse each
    other's finished steps.
    """
    users: dict[tuple[str, str | None], str] = {}
    sample, cohort = run["sampleId"], run["cohortId"]
    if not sample and not cohort:
        return users
    related = RunQuery(sample=sample) if sample else RunQuery(cohort=cohort or "")
    for other in session.api.each_run(related):
        if other["runId"] != run["runId"] and other["resultsS3Path"] == run["resultsS3Path"]:
            for each in session.api.list_outputs(other["runId"])["outputs"]:
                users.setdefault(_identity(each), other["runId"])
    return users


def _show(
    session: Session,
    wanted: Sequence[Output],
    kept: Sequence[Output],
    users: dict[tuple[str, str | None], str],
) -> None:
    if not wanted:
        session.say("The run has no objects of its own.")
    else:
        shared = common_folder(each["s3Uri"] for each in wanted)
        print_line(f"Objects in {shared}, by version:")
        for each in wanted:
            print_line(f"  {each['s3Uri'].removeprefix(shared)}  {each['versionId']}")
    for each in kept:
        session.say(f"{each['s3Uri']} is kept: run {users[_identity(each)]} uses it.")
    if kept:
        session.say("With --shared, it is deleted for all runs.")


def _delete(session: Session, wanted: Sequence[Output]) -> list[Output]:
    """Delete these versions; return those that are gone.

    Raises:
        CliError: S3 refused some; those before are deleted, and the same command goes on.
    """
    s3 = session.aws.client("s3")
    for bucket, of_bucket in groupby(wanted, lambda each: S3Uri.parse(each["s3Uri"]).bucket):
        for some in batched(of_bucket, _MOST_AT_ONCE, strict=False):
            objects = [
                {"Key": S3Uri.parse(each["s3Uri"]).key, "VersionId": each["versionId"]}
                for each in some
            ]
            with translated_errors():
                answer = s3.delete_objects(
                    Bucket=bucket, Delete={"Objects": objects, "Quiet": True}
                )
            if refused := answer.get("Errors", []):
                raise no_access(
                    f"S3 did not delete {len(refused)} objects: {refused[0]['Message']}",
                    "ask for s3:DeleteObjectVersion on the bucket, and repeat the command",
                )
    return list(wanted)
