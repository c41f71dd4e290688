"""The variants of a run, and the files that the alignment at one is drawn from."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wsgi import FileWrapper

from cli.errors import CliError
from cli.ui.links import Fetched
from cli.ui.variants import Variant, variants_of
from tests.unit.cli.runs import RUN_ID, succeeded
from tests.unit.cli.scripted_api import ScriptedApi
from tests.unit.cli.test_results import made
from tests.unit.cli.ui.conftest import Browser
from tests.unit.cli.ui.test_pages import Text

ROOT = Path(__file__).parents[4]
OUTPUTS = f"GET /runs/{RUN_ID}/outputs"
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\n"
FILES = (
    *("bam/sorted.bam", "bam/sorted.bam.bai", "provenance/callVariants.json"),
    *("vcf/annotated/variants.ann.vcf.gz", "vcf/annotated/variants.ann.vcf.gz.tbi"),
)


def line(position: int, impact: str, gene: str, effect: str = "missense_variant") -> str:
    annotation = (
        f"T|{effect}|{impact}|{gene}|{gene}|transcript|TX|protein_coding|1/2|c.1G>T|p.V1H||||"
    )
    info = f"DP=3;ANN={annotation},T|other|LOW|X|||||||||||;END=7" if impact else "DP=3"
    return f"chr1\t{position}\t.\tG\tT\t225\tPASS\t{info}\tGT:DP\t0/1:3\n"


def vcf(*lines: str) -> Fetched:
    return fetched(gzip.compress((HEAD + "".join(lines)).encode()))


def fetched(content: bytes) -> Fetched:
    return Fetched(200, {}, FileWrapper(io.BytesIO(content)))


def test_worst_effects_come_first_and_others_are_left_out() -> None:
    lines = [
        line(10, "MODIFIER", "A"),
        line(20, "MODERATE", "B"),
        line(30, "HIGH", "C", "stop_gained&splice_region_variant"),
        line(40, "", ""),
    ]

    found = variants_of(vcf(*lines))

    assert [each.position for each in found.variants] == [30, 20]
    assert found.variants[0] == Variant(
        *("chr1", 30, "G", "T", "PASS", "0/1", "stop_gained&splice_region_variant", "HIGH"),
        *("C", "p.V1H"),
    )
    assert (found.looked_at, found.is_whole) == (4, True)
    assert found.variants[1].locus == "chr1:1-71"


def test_all_variants_of_a_gene_are_found_whatever_their_effect() -> None:
    lines = [line(n, impact, "BRCA2") for n, impact in ((1, "LOW"), (2, "HIGH"), (3, "MODIFIER"))]

    found = variants_of(vcf(*lines, line(4, "HIGH", "BRCA1")), "brca2")

    assert [each.position for each in found.variants] == [2, 1, 3]


def annotated(alternatives: str, *effects: tuple[str, str, str, str]) -> str:
    """A record with effects: allele, effect, impact and gene."""
    annotation = ",".join(
        f"{allele}|{effect}|{impact}|{gene}|{gene}|transcript|T|protein_coding|1/2|c.1|p.{gene}||||"
        for allele, effect, impact, gene in effects
    )
    return f"chr1\t7\t.\tG\t{alternatives}\t90\tPASS\tANN={annotation}\tGT\t1/2\n"


def test_variant_of_two_genes_is_found_by_each_with_its_effect_there() -> None:
    record = annotated(
        "T",
        ("T", "stop_gained&splice_region_variant", "HIGH", "BRCA1"),
        ("T", "missense_variant", "MODERATE", "BRCA1"),
        ("T", "upstream_gene_variant", "MODIFIER", "NBR2"),
    )

    worst, other, none = (variants_of(vcf(record), gene).variants for gene in ("", "nbr2", "BR"))

    assert [(each.gene, each.impact) for each in worst] == [("BRCA1", "HIGH")]
    assert [(each.gene, each.effect) for each in other] == [("NBR2", "upstream_gene_variant")]
    assert not none


def test_each_allele_has_its_own_effect() -> None:
    record = annotated(
        "A,T",
        ("T", "stop_gained", "HIGH", "C1"),
        ("A", "missense_variant", "MODERATE", "C1"),
        ("T", "missense_variant", "MODERATE", "C2"),
    )

    found = variants_of(vcf(record)).variants

    assert [(each.alternative, each.effect) for each in found] == [
        ("T", "stop_gained"),
        ("A", "missense_variant"),
    ]


def test_blocks_of_bgzip_are_read_as_one_file() -> None:
    blocks = [HEAD, line(1, "HIGH", "A"), line(2, "HIGH", "A")]

    found = variants_of(fetched(b"".join(gzip.compress(each.encode()) for each in blocks)))

    assert len(found.variants) == 2


def test_part_of_a_genome_is_told_as_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.ui.variants._MOST_LINES", 2)

    found = variants_of(vcf(*(line(n, "HIGH", "A") for n in (1, 2, 3))))

    assert (found.looked_at, found.is_whole) == (2, False)


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b"chr1\t1\n"),
        gzip.compress((HEAD + line(1, "HIGH", "A") * 9).encode())[:-20],
    ],
    ids=["no gzip", "no VCF", "cut off"],
)
def test_what_is_no_vcf_is_an_error(content: bytes) -> None:
    with pytest.raises(CliError, match="can't be read"):
        variants_of(fetched(content))


class _S3:
    """An S3 with one object."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def get_object(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        body = b">chr1\nACGT\n"[2:6]
        return {
            "Body": io.BytesIO(body),
            "ContentLength": len(body),
            "ContentRange": "bytes 2-5/11",
            "ResponseMetadata": {"HTTPStatusCode": 206},
        }


@pytest.fixture
def contents(
    browser: Browser, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> dict[str, bytes]:
    """A run's files by their endings, which tests may change."""
    inputs = [
        {"uri": f"s3://refs/{name}", "bytes": 9, "etag": "e"}
        for name in ("targets.bed", "genome.fa.fai", "genome.fa")
    ]
    record = {"job": {"id": "j"}, "inputs": inputs, "outputs": [], "versions": {}}
    kept = {
        "callVariants.json": json.dumps(record).encode(),
        "variants.ann.vcf.gz": gzip.compress((HEAD + line(100, "HIGH", "<b>A</b>")).encode()),
    }
    api.on(f"GET /runs/{RUN_ID}", succeeded())
    api.on(OUTPUTS, made(*FILES, link="https://results.s3.us-east-1.amazonaws.com/r"))
    monkeypatch.setattr(
        "cli.ui.links.ResultLinks.fetch",
        lambda _self, _run, uri, _wanted="": fetched(kept[uri.rpartition("/")[2]]),
    )
    return kept


@pytest.mark.usefixtures("contents")
def test_page_names_the_files_of_the_first_variants_place(browser: Browser) -> None:
    answer = browser.get(f"runs/{RUN_ID}/alignment")
    page = Text(answer.text)

    (drawn,) = page.all("div", id="igv")
    assert drawn["data-locus"] == "chr1:50-151"
    assert str(drawn["data-alignment"]).endswith("bam%2Fsorted.bam")
    assert str(drawn["data-index"]).endswith("bam%2Fsorted.bam.bai")
    assert "<b>A</b>" in page.text
    assert page.all("b") == []
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy


@pytest.mark.usefixtures("contents")
def test_reference_is_read_with_the_users_own_credentials(browser: Browser) -> None:
    s3 = _S3()
    browser.site._ui.session.__dict__["aws"] = type("Aws", (), {"client": lambda *_: s3})()

    answers = [
        browser.get(f"runs/{RUN_ID}/reference/{part}", {"Range": "bytes=2-5"})
        for part in ("fasta", "index")
    ]

    assert [each.status_code for each in answers] == [206, 206]
    assert answers[0].data == b"hr1\n"
    assert answers[0].headers["Content-Range"] == "bytes 2-5/11"
    assert [each["Key"] for each in s3.asked] == ["genome.fa", "genome.fa.fai"]
    assert {(each["Bucket"], each["Range"]) for each in s3.asked} == {("refs", "bytes=2-5")}


def test_provenance_without_a_fasta_is_told(browser: Browser, contents: dict[str, bytes]) -> None:
    record = {"job": {"id": "j"}, "inputs": [], "outputs": [], "versions": {}}
    contents["callVariants.json"] = json.dumps(record).encode()

    page = Text(browser.get(f"runs/{RUN_ID}/alignment").text)

    assert "names no FASTA" in page.text
    assert page.all("div", id="igv") == []


def test_provenance_that_is_none_is_told(browser: Browser, contents: dict[str, bytes]) -> None:
    contents["callVariants.json"] = b"{"

    page = browser.get(f"runs/{RUN_ID}/alignment")

    assert page.status_code == 200  # the variants are shown all the same
    assert "can't be read" in page.text


def test_run_without_its_alignment_says_so(browser: Browser, api: ScriptedApi) -> None:
    api.on(f"GET /runs/{RUN_ID}", succeeded())
    api.on(OUTPUTS, made("stats/bam_stats.dat"))

    assert (
        "no annotated variants with their alignment" in browser.get(f"runs/{RUN_ID}/alignment").text
    )


def test_igv_is_the_one_that_npm_has() -> None:
    package = ROOT / "requirements/npm/node_modules/igv"
    static = ROOT / "cli/ui/static"

    assert (static / "igv.min.js").read_bytes() == (package / "dist/igv.min.js").read_bytes()
    assert (static / "igv.LICENSE").read_bytes() == (package / "LICENSE").read_bytes()
