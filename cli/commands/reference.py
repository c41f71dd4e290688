"""`seqstack reference`: prepare references, list, show and delete them."""

from typing import Annotated

import typer

from cli.client import new_key
from cli.confirming import confirm_deletion
from cli.errors import usage
from cli.output import print_json, print_line
from cli.reference_options import (
    GeneticCodeOption,
    LeaveOutOption,
    SitesOption,
    genetic_codes,
)
from cli.screen.reference_tables import print_reference, print_references
from cli.session import session_of
from cli.starting import IdempotencyKeyOption, WatchOption, tell_start, with_files_sent
from cli.tool_choice import tool_option
from seqstack.domain.reference.named import ReferenceName
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool

_NAMED = typer.Argument(metavar="NAME[/VERSION]", show_default=False)

reference = typer.Typer(
    name="reference",
    help="Prepare, list, show and delete references.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@reference.command()
def prepare(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The reference's name.", show_default=False)],
    *,
    fasta: Annotated[
        str, typer.Option(metavar="FILE", help="The FASTA, plain or gzipped.", show_default=False)
    ],
    annotation: Annotated[str, typer.Option(metavar="FILE", help="Genes in GFF3 or GTF.")] = "",
    targets: Annotated[
        str, typer.Option(metavar="FILE", help="Target regions of an exome or panel, in BED.")
    ] = "",
    sites: SitesOption = "",
    alt: Annotated[
        str, typer.Option(metavar="FILE", help="bwa's list of alternative contigs, .alt.")
    ] = "",
    aligner: Annotated[
        list[Tool] | None,
        tool_option(Step.ALIGN, "Make its index; once for each aligner. Default: bwa."),
    ] = None,
    genetic_code: GeneticCodeOption = None,
    leave_out: LeaveOutOption = None,
    project: Annotated[str, typer.Option(help="Whom the cost is for.")] = "",
    fail_on_warnings: Annotated[
        bool,
        typer.Option("--fail-on-warnings", help="Fail at the first result that is suspicious."),
    ] = False,
    idempotency_key: IdempotencyKeyOption = "",
    watch: WatchOption = False,
) -> None:
    """Check a FASTA and what belongs to it, and make its indexes and snpEff's database.

    Files are S3 URIs or local files, which are first uploaded to the stack's bucket. Runs
    then name the reference: `seqstack run --reference NAME`. What is prepared already is not made
    anew.
    """
    session = session_of(context)
    _versionless(name)
    given = {
        "referenceS3Path": fasta,
        "annotationS3Path": annotation,
        "targetRegionsS3Path": targets,
        "sitesS3Path": sites,
        "altS3Path": alt,
        "aligners": [str(tool) for tool in aligner or ()],
        "geneticCodes": genetic_codes(genetic_code or ()),
        "annotationLeftOut": leave_out,
        "project": project,
        "failOnWarnings": fail_on_warnings,
    }
    document = {"name": name, **{key: value for key, value in given.items() if value}}
    document = with_files_sent(session, document, with_indexes=False)
    started = session.api.prepare_reference(document, idempotency_key or new_key())
    tell_start(session, started, watch=watch)


@reference.command("list")
def list_(context: typer.Context) -> None:
    """List prepared references with their versions, the newest first."""
    session = session_of(context)
    found = session.api.list_references()
    if session.options.json:
        print_json(found)
    elif found["references"]:
        print_references(session.console, found["references"])
    else:
        session.say("There are no references.")


@reference.command()
def show(context: typer.Context, name: Annotated[str, _NAMED]) -> None:
    """Show what a reference holds, what it was made from, and what was found and changed.

    Without a version, the newest.
    """
    session = session_of(context)
    named = _named(name)
    parts = (named.name, named.version) if named.version else (named.name,)
    found = session.api.get_reference(*parts)
    if session.options.json:
        print_json(found)
    else:
        print_reference(session.console, found)


@reference.command()
def delete(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME/VERSION", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a version of a reference, which no running run may use.

    Results of earlier runs stay; they can't be repeated with it.
    """
    session = session_of(context)
    named = _named(name)
    if not named.version:
        look = session.options.command("reference", "list")
        raise usage(f"{name} names no version", f"give NAME/VERSION; `{look}` shows them")
    if not yes:
        confirm_deletion(f"Delete {named} and all of its indexes?")
    deleted = session.api.delete_reference(named.name, named.version)
    if session.options.json:
        print_json(deleted)
    else:
        print_line(f"Deleted {named}: {deleted['objects']:,} objects.")


def _named(text: str) -> ReferenceName:
    named = ReferenceName.parse(text)
    if named is None:
        raise usage(
            f"{text} can't name a reference",
            "give NAME or NAME/VERSION: a name of letters, digits, '_', '.' and '-', and a version "
            "of 32 hexadecimal digits",
        )
    return named


def _versionless(name: str) -> None:
    if _named(name).version:
        raise usage(f"{name} names a version", "give the name alone; its content makes the version")
