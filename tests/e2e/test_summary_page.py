"""The summary of contigs, genes and samples that are named as HTML, as parsed and in a browser."""

import html
import http.server
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobkit.java import build_java_prefix
from seqstack.domain.reference.annotation import AnnotationFormat
from seqstack.tools.snpeff_database import JAR
from snpeff.commands import (
    STATISTICS_NAME,
    build_annotate_command,
    build_database_command,
)
from snpeff.database import write_config
from snpeff.summary import summary_page
from tests.support.html_page import HtmlPage

pytestmark = pytest.mark.long

CONTIG = "<img/src=x/onerror=document.title=1>"
GENE = "<script>document.title=2</script>"
SAMPLE = "<svg/onload=document.title=3>"
_GFF_TYPES = ("gene", "mRNA", "exon", "CDS")


def _write_genome(folder: Path, sequence: str) -> None:
    folder.mkdir(parents=True)
    (folder / "sequences.fa").write_text(f">{CONTIG}\n{sequence}\n")
    rows = [
        f"{CONTIG}\tx\t{kind}\t100\t999\t.\t+\t{'0' if kind == 'CDS' else '.'}\tID={kind}1;"
        f"Parent={'gene1' if kind == 'mRNA' else 'mRNA1'};Name={GENE};biotype=protein_coding"
        for kind in _GFF_TYPES
    ]
    rows[0] = rows[0].replace("Parent=mRNA1;", "")
    (folder / "genes.gff").write_text("\n".join(("##gff-version 3", *rows, "")))


def _write_vcf(path: Path, sequence: str) -> None:
    other = {"A": "G", "C": "T", "G": "A", "T": "C"}
    records = [
        f"{CONTIG}\t{at}\t.\t{sequence[at - 1]}\t{other[sequence[at - 1]]}\t60\tPASS\t.\tGT\t0/1"
        for at in range(50, 1500, 40)
    ]
    lines = (
        "##fileformat=VCFv4.2",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{SAMPLE}",
        *records,
    )
    path.write_text("\n".join((*lines, "")))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which snpEff itself has annotated variants of the hostile names."""
    folder = tmp_path_factory.mktemp("summary")
    sequence = "".join(random.Random(4).choices("ACGT", k=2000))
    _write_genome(folder / "data/evil", sequence)
    _write_vcf(folder / "v.vcf", sequence)
    config = folder / "snpEff.config"
    config.write_text(write_config("evil", {}))
    java = build_java_prefix(JAR, 1024, folder)
    annotate = build_annotate_command(
        java, config=config, data=folder / "data", genome="evil", vcf=Path("v.vcf")
    )
    for command in (build_database_command(java, config, "evil", AnnotationFormat.GFF3), annotate):
        ended = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def page(work: Path) -> str:
    return summary_page((work / STATISTICS_NAME).read_text(), "S1")


class _Listener(http.server.BaseHTTPRequestHandler):
    """A proxy that writes down what it is asked for, and has nothing."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    def do_CONNECT(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Where a browser sends every request, also one to this machine; and those that came."""
    handler = type("Listener", (_Listener,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", handler.asked
    server.shutdown()
    server.server_close()


def browsed(page: Path, proxy: str, profile: Path) -> str:
    """The document as a browser has it once it has loaded and run all that it wants to."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "there is no Chromium: scripts/setup browser installs it"
    ended = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
            *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
            *(f"--user-data-dir={profile}", f"--proxy-server={proxy}"),
            *("--proxy-bypass-list=<-loopback>", "--dump-dom", page.as_uri()),
        ],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(profile)},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def charts(asked: list[str]) -> list[str]:
    """Of what was asked for, what snpEff's pages want; the rest is the browser's own business."""
    return [each for each in asked if "chart" in each]


def test_summary_of_names_that_are_html_shows_them_as_text(page: str) -> None:
    parsed = HtmlPage(page)

    for name in (CONTIG, SAMPLE):
        assert html.escape(name) in page
        assert name in parsed.text
    assert parsed.elements[:3] == ["html", "head", "meta"]
    assert parsed.attributes[1] == ("http-equiv", "Content-Security-Policy")
    assert parsed.active == []


def test_summary_in_a_browser_runs_and_asks_for_nothing(
    page: str, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(page)

    document = browsed(path, asked[0], tmp_path / "profile")

    assert "<title>snpEff summary of S1</title>" in document
    assert html.escape(CONTIG, quote=False) in document
    assert "<img" not in document
    assert charts(asked[1]) == []


def test_snpeff_s_own_page_in_the_same_browser_does_both(
    work: Path, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    """Why it is not published; and that the test above can fail."""
    document = browsed(work / "snpEff_own.html", asked[0], tmp_path / "profile")

    assert "<title>1</title>" in document or "<title>3</title>" in document
    assert charts(asked[1])
