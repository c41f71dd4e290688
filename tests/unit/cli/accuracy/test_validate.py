"""`seqstack validate` with small files and real bcftools; expectations are worked out by hand."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from typer.testing import CliRunner, Result

from cli.accuracy.alleles import Allele, Carried, read_alleles
from cli.accuracy.depths import depths_at
from cli.accuracy.kept import kept_page, run_of
from cli.app import app
from cli.earlier_results import set_accuracy_aside
from seqstack.domain.results import ACCURACY, CRATE_WORKFLOW, REPORT, VARIANTS
from tests.support.html_page import HtmlPage

#            1         2         3
#   123456789012345678901234567890
SEQ = "ACGTACGATTTTTTGCACACACAGGATCCA"
HEADER = """##fileformat=VCFv4.2
##contig=<ID=c,length=30>
##FILTER=<ID=LowQual,Description="x">
##INFO=<ID=DP,Number=1,Type=Integer,Description="x">
##INFO=<ID=END,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=GT,Number=1,Type=String,Description="x">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="x">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"""

type WriteVcf = Callable[..., Path]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text(f">c\n{SEQ}\n")
    path.with_name("genome.fa.fai").write_text("c\t30\t3\t30\t31\n")
    return path


@pytest.fixture
def write_vcf(tmp_path: Path) -> WriteVcf:
    def write(name: str, *records: str, samples: str = "S", is_packed: bool = False) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ("\t".join(["c", *record.split()]) for record in records)
        text = HEADER + "\t".join(samples.split()) + "\n" + "".join(f"{each}\n" for each in lines)
        plain = path.with_suffix("") if is_packed else path
        plain.write_text(text)
        if is_packed:
            pysam.tabix_compress(str(plain), str(path))
            pysam.tabix_index(str(path), preset="vcf")
        return path

    return write


def test_alleles_are_split_left_aligned_and_carried(write_vcf: WriteVcf, reference: Path) -> None:
    vcf = write_vcf(
        "calls.vcf",
        "1 . A <*> . PASS . GT 0/1",
        "2 . C T . LowQual . GT 1/1",
        "3 . G A . PASS . GT 0/0",
        "5 . A C,G . . . GT:DP 1|2:7",
        "6 . C T . PASS DP=9 GT 1",
        "7 . G A . PASS . GT ./.",
        "21 . ACA A . PASS . GT:DP 0/1:.",
    )
    assert read_alleles(vcf, "S", "c", reference) == {
        Allele(5, "A", "C"): Carried(is_homozygous=False, depth=7),
        Allele(5, "A", "G"): Carried(is_homozygous=False, depth=7),
        Allele(6, "C", "T"): Carried(is_homozygous=True, depth=9),
        Allele(15, "GCA", "G"): Carried(is_homozygous=False),
    }


def test_depth_of_a_place_without_a_call_is_its_blocks(write_vcf: WriteVcf) -> None:
    gvcf = write_vcf(
        "genome.vcf.gz",
        "1 . A <*> . . END=9 GT:DP:MIN_DP 0/0:20:12",
        "10 . T C . . . GT:DP 0/1:8",
        "20 . C <*> . . END=30 GT 0/0",
        is_packed=True,
    )
    assert depths_at(gvcf, "c", [9, 3, 10, 15, 25]) == {3: 12, 9: 12, 10: 8}
    assert depths_at(gvcf, "c", []) == {}


@pytest.fixture
def results(tmp_path: Path, write_vcf: WriteVcf) -> Path:
    write_vcf(
        "PAT1/vcf/variants/variants.vcf.gz",
        "5 . AC GT . PASS . GT:DP 0/1:31",
        "25 . G C . PASS . GT:DP 0/1:6",
        is_packed=True,
    )
    write_vcf(
        "PAT1/vcf/variants/genome.vcf.gz",
        "10 . T <*> . . END=30 GT:DP:MIN_DP 0/0:20:3",
        is_packed=True,
    )
    return tmp_path / "PAT1"


@pytest.fixture
def validate(tmp_path: Path, reference: Path, results: Path) -> Callable[..., Result]:
    (tmp_path / "sure.bed").write_text("c\t0\t28\n")

    def run(truth: Path, *more: str, regions: str = "sure.bed") -> Result:
        command = ["validate", str(results), "--truth", str(truth), "--reference", str(reference)]
        where = ["--regions", str(tmp_path / regions)]
        return CliRunner().invoke(app, [*command, *where, *more])

    return run


TRUTH = (
    "5 . A G . . . GT 0/1",
    "6 . C T . . . GT 1/0",
    "12 . T A . . . GT 1/1",
    "30 . A C . . . GT 1/1",
)


def test_validate_counts_and_writes_its_files(
    validate: Callable[..., Result], write_vcf: WriteVcf, results: Path, tmp_path: Path
) -> None:
    (tmp_path / "start.bed").write_text("c\t0\t10\n")
    ended = validate(write_vcf("truth.vcf", *TRUTH), "--stratum", f"start={tmp_path / 'start.bed'}")

    assert ended.exit_code == 0, ended.output
    figures = json.loads((results / "accuracy/accuracy.json").read_text())
    counts = {
        f"{each['by']} {each['name']}": (
            each["found"],
            each["truth"],
            each["falseCalls"],
            each["calls"],
        )
        for each in figures["strata"]
    }
    # what lies behind base 28 is not counted
    assert counts["all all"] == (2, 3, 1, 2)
    assert counts["type SNV"] == (2, 3, 1, 1)
    assert counts["type complex"] == (0, 0, 0, 1)
    assert counts["regions start"] == (2, 2, 0, 1)
    assert counts["depth 0-4x"] == (0, 1, 0, 0)  # the genome VCF tells it
    assert figures["strata"][0]["precision"]["value"] == 0.5
    differences = (results / "accuracy/differences.tsv").read_text().splitlines()
    assert differences[1:] == [
        "c\t12\tT\tA\ttruth\tmissed\t3",
        "c\t25\tG\tC\tcalls\tfalse call\t6",
    ]
    page = HtmlPage((results / "accuracy/accuracy.html").read_text())
    assert "2 of 3 true alleles were found, and 1 of 2 calls are right." in page.text
    assert "Report of the run" not in page.text  # there is none
    sha256 = hashlib.sha256((results / VARIANTS).read_bytes()).hexdigest()
    assert (figures["callsSha256"], figures["runId"]) == (sha256, None)
    assert sha256 in page.text
    assert set_accuracy_aside(results) is None
    assert "66.67%" in ended.stdout


def test_page_of_validate_is_where_the_report_links_to_and_links_back(
    validate: Callable[..., Result], write_vcf: WriteVcf, results: Path
) -> None:
    report = results / REPORT
    report.parent.mkdir()
    report.write_text("of the run")

    ended = validate(write_vcf("truth.vcf", *TRUTH))

    assert ended.exit_code == 0, ended.output
    page = results / ACCURACY
    (link,) = [value for name, value in HtmlPage(page.read_text()).attributes if name == "href"]
    assert (page.parent / link).resolve() == report


def test_page_is_kept_for_the_run_that_made_the_results(
    validate: Callable[..., Result],
    write_vcf: WriteVcf,
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (results / CRATE_WORKFLOW).parent.mkdir()
    (results / CRATE_WORKFLOW).write_text('{"runId": "run-1"}')

    ended = validate(write_vcf("truth.vcf", *TRUTH))

    assert ended.exit_code == 0, ended.output
    kept = kept_page("run-1")
    assert kept == tmp_path / "data/seqstack/accuracy/run-1.html"
    assert kept.stat().st_mode & 0o077 == 0
    assert 'href="../report/run.html"' in kept.read_text()
    assert json.loads((results / "accuracy/accuracy.json").read_text())["runId"] == "run-1"
    assert "run-1" in HtmlPage(kept.read_text()).text
    assert kept_page("run-2") is None
    assert kept_page("../accuracy/run-1") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"runId": 7}', '{"runId": "../x"}'])
def test_folder_that_names_no_run_keeps_no_page(results: Path, text: str) -> None:
    (results / CRATE_WORKFLOW).parent.mkdir()
    (results / CRATE_WORKFLOW).write_text(text)

    assert run_of(results) == ""


def test_validate_counts_only_targets(
    validate: Callable[..., Result], write_vcf: WriteVcf, tmp_path: Path
) -> None:
    (tmp_path / "targets.bed").write_text("c\t0\t10\n")
    truth = write_vcf("truth.vcf", *TRUTH)
    ended = validate(truth, "--targets", str(tmp_path / "targets.bed"), "--json")
    whole = json.loads(ended.stdout)["strata"][0]
    assert (whole["found"], whole["truth"], whole["falseCalls"]) == (2, 2, 0)


def test_validate_takes_one_sample_of_several(
    validate: Callable[..., Result], write_vcf: WriteVcf
) -> None:
    truth = write_vcf("two.vcf", "5 . AC GT . . . GT 0/1 1/1", samples="HG1 HG2")
    assert "has 2 samples, not one; name one with --truth-sample" in validate(truth).output
    assert (
        "has no sample HG3; its samples: HG1, HG2"
        in validate(truth, "--truth-sample", "HG3").output
    )
    ended = validate(truth, "--truth-sample", "HG1", "--json")
    assert json.loads(ended.stdout)["strata"][0]["found"] == 1
    ended = validate(truth, "--truth-sample", "HG2", "--json")
    assert json.loads(ended.stdout)["strata"][0]["otherGenotype"] == 1


def test_truth_whose_header_lacks_the_contig_is_read(
    validate: Callable[..., Result], write_vcf: WriteVcf
) -> None:
    truth = write_vcf("truth.vcf", *TRUTH)
    truth.write_text(truth.read_text().replace("##contig=<ID=c,length=30>", "##contig=<ID=1>"))
    ended = validate(truth, "--json")
    assert json.loads(ended.stdout)["strata"][0]["found"] == 2


def test_files_that_do_not_fit_are_refused(
    validate: Callable[..., Result], write_vcf: WriteVcf, tmp_path: Path, reference: Path
) -> None:
    truth = write_vcf("truth.vcf", *TRUTH)
    (tmp_path / "chr.bed").write_text("chrc\t0\t28\n")
    (tmp_path / "elsewhere.bed").write_text("c\t6\t9\n")
    cases = {
        "has no contig chrc, which the regions name": validate(truth, regions="chr.bed"),
        "has no allele in the regions": validate(truth, regions="elsewhere.bed"),
        "is no file": validate(tmp_path / "missing.vcf"),
        "not NAME=BED": validate(truth, "--stratum", "x"),
        "doesn't fit": validate(write_vcf("wrong.vcf", "1 . T G . . . GT 0/1")),
    }
    assert {said: said in ended.output for said, ended in cases.items()} == dict.fromkeys(
        cases, True
    )
    assert {ended.exit_code for ended in cases.values()} == {2}
    reference.with_name("genome.fa.fai").unlink()
    assert "has no index; make it: samtools faidx" in validate(truth).output


def test_truth_that_ends_early_is_refused(
    validate: Callable[..., Result], write_vcf: WriteVcf
) -> None:
    truth = write_vcf("truth.vcf.gz", *TRUTH, is_packed=True)
    whole = truth.read_bytes()
    truth.write_bytes(whole[:-28])  # without the empty block at the end: bcftools only warns
    ended = validate(truth)
    assert ended.exit_code == 2
    assert "truth.vcf.gz is truncated" in ended.output


def test_folder_that_can_not_be_written_is_named(
    validate: Callable[..., Result], write_vcf: WriteVcf, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ended = validate(write_vcf("truth.vcf", *TRUTH), "--output", str(tmp_path / "file/x"))
    assert ended.exit_code == 2
    assert f"error: {tmp_path / 'file/x'}: Not a directory" in ended.output


def test_folder_without_variants_is_refused(tmp_path: Path, reference: Path) -> None:
    (tmp_path / "sure.bed").write_text("c\t0\t28\n")
    (tmp_path / "truth.vcf").write_text(f"{HEADER}S\n")
    command = ["validate", str(tmp_path), "--truth", str(tmp_path / "truth.vcf")]
    where = ["--reference", str(reference), "--regions", str(tmp_path / "sure.bed")]
    ended = CliRunner().invoke(app, [*command, *where])
    assert ended.exit_code == 3
    assert "has no vcf/variants/variants.vcf.gz" in ended.output
