"""The alignment at a variant, drawn by igv.js from ranges of the run's own files."""

from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

from cli.aws import translated_errors
from cli.errors import CliError, not_found, unavailable
from cli.shapes.outputs import Output
from cli.ui.frame import Ui, error_text, whole
from cli.ui.guard import POLICY
from cli.ui.links import RANGE
from cli.ui.marks import address, empty, field, filter_form, hidden, labelled, link
from cli.ui.run_page import tabbed
from cli.ui.variants import SHOWN, Variant, variants_of
from seqstack.domain.provenance import Provenance
from seqstack.domain.s3uri import S3Uri
from seqstack.report.html import Content, element, table

_VCF = "/vcf/annotated/variants.ann.vcf.gz"
_CALLING = "/provenance/callVariants.json"
# The alignments that a run may have kept, with the endings of their indexes
_ALIGNMENTS = (("/bam/sorted.bam", ".bai", "bam"), ("/bam/sorted.cram", ".crai", "cram"))
_PARTS = {"fasta": "", "index": ".fai"}
_PIECE_BYTES = 1 << 18
# igv.js writes styles into its elements, and draws pictures
_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self' data:", "img-src 'self' data: blob:"
)


def alignment(ui: Ui, request: Request, run_id: str) -> Response:
    """The variants that change genes most, and the reads at the one that is chosen."""
    run = ui.session.api.get_run(run_id)
    outputs = ui.links.outputs(run_id)
    vcf, calling = (_ending(outputs, name) for name in (_VCF, _CALLING))
    files = _alignment_files(outputs)
    if not vcf or not calling or not files:
        nothing = empty(
            "There are no annotated variants with their alignment.",
            "The steps align, callVariants and annotate write them."
            if not run["endedAt"]
            else None,
        )
        return whole(ui, tabbed(run, "alignment", [nothing]))
    gene = request.args.get("gene", "").strip()
    found = variants_of(ui.links.fetch(run_id, vcf), gene)
    chosen = request.args.get("locus", "") or (found.variants[0].locus if found.variants else "")
    looked = f"{found.looked_at:,} variants" + ("" if found.is_whole else ", the first ones only")
    content: list[Content] = [
        _search(run_id, gene, chosen),
        _browser(ui, run_id, vcf, files, chosen) if chosen else None,
        _table(run_id, gene, chosen, found.variants)
        if found.variants
        else empty(f"No variant is in the gene {gene}." if gene else "No variant changes a gene."),
        element(
            "p",
            f"The worst effects come first, at most {SHOWN}, of {looked}.",
            class_="note",
        ),
    ]
    page = tabbed(run, "alignment", content, scripts=("igv.min.js", "alignment.js"))
    response = whole(ui, page)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def reference(ui: Ui, request: Request, run_id: str, part: str) -> Response:
    """The FASTA that the variants were called with, or its index, or a range of them.

    It is no output of the run, so the API has no link to it: it is read with this user's own
    credentials, which need `s3:GetObject`.
    """
    fasta = _fasta(ui, run_id)
    ranged = {}
    if RANGE.fullmatch(wanted := request.headers.get("Range", "")):
        ranged["Range"] = wanted
    s3 = ui.session.aws.client("s3")
    with translated_errors():
        found = s3.get_object(Bucket=fasta.bucket, Key=fasta.key + _PARTS[part], **ranged)
    response = Response(
        FileWrapper(found["Body"], _PIECE_BYTES),
        found["ResponseMetadata"]["HTTPStatusCode"],
        mimetype="application/octet-stream",
    )
    response.headers["Content-Length"] = str(found["ContentLength"])
    if "ContentRange" in found:
        response.headers["Content-Range"] = found["ContentRange"]
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Disposition"] = "attachment"
    return response


def _fasta(ui: Ui, run_id: str) -> S3Uri:
    """The FASTA among the inputs of the job that called variants: the one with an index."""
    calling = _ending(ui.links.known(run_id), _CALLING)
    if not calling:
        raise not_found(f"run {run_id} has called no variants")
    try:
        with ui.links.fetch(run_id, calling).pieces.file as raw:
            inputs = [each.uri for each in Provenance.parse(raw.read()).inputs]
    except (ValueError, OSError) as error:
        raise unavailable(f"the provenance of run {run_id} can't be read", "try again") from error
    for uri in inputs:
        if S3Uri(uri.bucket, f"{uri.key}.fai") in inputs:
            return uri
    raise not_found(f"the provenance of run {run_id} names no FASTA")


def _ending(outputs: dict[str, Output], ending: str) -> str:
    return next((uri for uri, each in outputs.items() if uri.endswith(ending) and each["link"]), "")


def _alignment_files(outputs: dict[str, Output]) -> tuple[str, str, str] | None:
    """The alignment, its index and its format."""
    for name, suffix, kind in _ALIGNMENTS:
        file, index = _ending(outputs, name), _ending(outputs, name + suffix)
        if file and index:
            return file, index, kind
    return None


def _search(run_id: str, gene: str, locus: str) -> Element:
    return filter_form(
        address("runs", run_id, "alignment"),
        hidden("from", "search"),
        labelled("Gene", field("gene", gene, "all, the worst effects first")),
        labelled("Place", field("locus", locus, "chr1:12345 or chr1:12000-13000")),
        layout="by-place",
    )


def _browser(ui: Ui, run_id: str, vcf: str, files: tuple[str, str, str], locus: str) -> Element:
    try:
        _fasta(ui, run_id)
    except CliError as error:
        return element("section", *error_text(error), class_="panel failure", role="alert")
    file, index, kind = files

    def content(uri: str) -> str:
        return address("runs", run_id, "content", object=uri)

    return element(
        "div",
        element("p", "Loading the alignment …", class_="note", id="igv-state", role="status"),
        id="igv",
        data_locus=locus,
        data_fasta=address("runs", run_id, "reference", "fasta"),
        data_fai=address("runs", run_id, "reference", "index"),
        data_alignment=content(file),
        data_index=content(index),
        data_format=kind,
        data_vcf=content(vcf),
        data_tbi=content(f"{vcf}.tbi"),
        role="region",
        aria_label=f"Reads at {locus}",
    )


def _table(run_id: str, gene: str, chosen: str, variants: list[Variant]) -> Element:
    rows: list[list[Content]] = [
        [
            _place(run_id, gene, chosen, each),
            f"{_short(each.reference)} > {_short(each.alternative)}",
            each.genotype,
            each.gene,
            each.effect.replace("_", " ").replace("&", ", "),
            each.protein,
            each.impact.lower(),
            each.filters,
        ]
        for each in variants
    ]
    head = ["place", "change", "genotype", "gene", "effect", "protein", "impact", "filter"]
    made = table("Variants by their effect on genes", head, rows)
    made.set("class", "scroll variants")
    return made


def _place(run_id: str, gene: str, chosen: str, variant: Variant) -> Element:
    text = f"{variant.contig}:{variant.position:,}"
    made = link(text, "runs", run_id, "alignment", gene=gene, locus=variant.locus)
    if variant.locus == chosen:
        made.set("aria-current", "true")
    return made


def _short(bases: str) -> str:
    return bases if len(bases) <= 12 else f"{bases[:10]}… ({len(bases)})"
