"""`seqstack validate`: compare a run's variants with a truth."""

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import not_found, usage
from cli.output import print_json
from cli.session import Session, session_of
from seqstack.domain.results import REPORT

_FILES = ("vcf/variants/variants.vcf.gz", "vcf/variants/genome.vcf.gz")


def validate(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            help="The run's id, or a folder of results on this machine.", show_default=False
        ),
    ],
    *,
    truth: Annotated[
        Path, typer.Option(help="VCF with the sample's true genotypes.", show_default=False)
    ],
    regions: Annotated[
        Path,
        typer.Option(
            help="BED of the regions where the truth is complete; calls outside are not counted.",
            show_default=False,
        ),
    ],
    reference: Annotated[
        Path, typer.Option(help="FASTA of the calls, with its .fai beside.", show_default=False)
    ],
    targets: Annotated[
        Path | None,
        typer.Option(help="BED of capture targets: only regions inside of them count."),
    ] = None,
    stratum: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=BED", help="Count the regions of this BED apart, too. Repeatable."
        ),
    ] = None,
    truth_sample: Annotated[
        str, typer.Option(help="The sample in the truth, if it has several.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for the figures. Default: accuracy/ in the results' folder."),
    ] = None,
) -> None:
    """Compare a run's variants with a truth.

    Variants match by the haplotypes that they give, however each is written, and by genotype.
    Recall and precision are counted by type, indel length, depth and region. The calls of a run are
    downloaded first; `seqstack open` and `seqstack ui` on this machine then show the page, too.
    Needs bcftools and samtools on PATH. Genome in a Bottle has truths.
    """
    from cli.accuracy.files import (  # noqa: PLC0415 - --help needs none
        accuracy_of,
        page_text,
        write_files,
    )
    from cli.accuracy.kept import FOLDER, keep_page, run_of  # noqa: PLC0415 - as above
    from cli.accuracy.measure import Question, measure  # noqa: PLC0415 - as above
    from cli.accuracy.programs import require_programs  # noqa: PLC0415 - as above
    from cli.accuracy.regions import Regions  # noqa: PLC0415 - as above
    from cli.accuracy.table import print_accuracy  # noqa: PLC0415 - as above

    session = session_of(context)
    require_programs()
    for path in (truth, reference):
        if not path.is_file():
            raise usage(f"{path} is no file")
    confident = Regions.of_bed(regions)
    if targets:
        confident = confident.within(Regions.of_bed(targets))
    named = {name: Regions.of_bed(Path(bed)) for name, bed in map(_named, stratum or [])}
    folder, run_id = _results(session, run, output)
    calls, gvcf = (folder / name for name in _FILES)
    question = Question(
        calls,
        truth,
        confident,
        reference,
        gvcf=gvcf if gvcf.exists() else None,
        truth_sample=truth_sample,
        strata=named,
    )
    made_by = run_id or run_of(folder)
    accuracy = accuracy_of(folder.name, question, measure(question), made_by)
    files = write_files(accuracy, output or folder / FOLDER)
    if made_by:
        keep_page(made_by, page_text(accuracy, with_report=True))
    if session.options.json:
        print_json(accuracy.document)
        return
    print_accuracy(session.console, accuracy)
    _, differences, page = files
    session.say(f"What differs: {differences}")
    session.say(f"Page: {page}")


def _named(text: str) -> tuple[str, str]:
    name, equals, bed = text.partition("=")
    if not (name and equals and bed):
        raise usage(f"--stratum {text}: not NAME=BED")
    return name, bed


def _results(session: Session, run: str, output: Path | None) -> tuple[Path, str]:
    """The folder that has the calls: the given one, or a new one with a run's calls and its id."""
    folder = Path(run)
    if folder.is_dir():
        if not (folder / _FILES[0]).is_file():
            raise not_found(f"{folder} has no {_FILES[0]}", "name the folder of one sample")
        return folder, ""
    from cli.downloads import (  # noqa: PLC0415 - as above
        LINK_SECONDS,
        PROVENANCE,
        Links,
        download,
        wanted_files,
    )
    from cli.screen.progress import Transfers  # noqa: PLC0415 - as above

    run_id = session.api.list_outputs(run)["runId"]
    links = Links(lambda: session.api.list_outputs(run_id, LINK_SECONDS))
    folder = output or folder
    parts = {f"{name}{index}" for name in _FILES for index in ("", ".tbi", ".csi")}
    if output is None:
        parts.add(REPORT)  # which links to the page beside it
    wanted = [
        each
        for each in wanted_files(links.renew(), folder)
        if each.name in parts or PROVENANCE.fullmatch(each.name)
    ]
    if not any(each.name == _FILES[0] for each in wanted):
        raise not_found(f"run {run} has no variants", "they come at its end")
    with Transfers() as progress:
        download(wanted, links, progress, overwrites=False)
    return folder, run_id
