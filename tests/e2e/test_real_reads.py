"""Real reads through `python -m emulator run`.

Debian's freebayes has NA12878's among its examples: 12 kb of chromosome 22 as the contig `q`, about
3,300 reads of 151 bases from there, and the 14 variants that Genome in a Bottle has there.
Debian's samtools-test has those of three samples of the 1000 Genomes Project, over 4,200 bases of
chromosome 17, as parts of its BAM files.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.e2e.conftest import Emulate, SeqStack

pytestmark = pytest.mark.long

_EXAMPLES = "usr/share/doc/freebayes/examples/tiny"
_SAMPLES = "usr/share/samtools/test/mpileup"
_CONFIDENT = 30  # Phred


def found(pytestconfig: pytest.Config, folder: str, package: str) -> Path:
    """A package's folder: its own, or what `scripts/setup real-reads` has fetched."""
    for root in (Path("/"), pytestconfig.rootpath / ".real-reads"):
        if (root / folder).is_dir():
            return root / folder
    pytest.skip(f"Debian's package {package} is not here, which has the reads: no apt-get")


@pytest.fixture(scope="module")
def examples(pytestconfig: pytest.Config) -> Path:
    return found(pytestconfig, _EXAMPLES, "freebayes")


@pytest.fixture(scope="module")
def samples(pytestconfig: pytest.Config) -> Path:
    return found(pytestconfig, _SAMPLES, "samtools-test")


def with_gene(fasta: Path, folder: Path, contig: str, start: int, end: int) -> Path:
    """A copy of a FASTA, and beside it one gene, since a run wants genes to annotate by.

    It is the longest reading frame of the contig's first strand.
    """
    shutil.copy(fasta, folder / "genome.fa")
    place = f"{start}\t{end}\t.\t+"
    lines = [
        "##gff-version 3",
        f"{contig}\ttest\tgene\t{place}\t.\tID=g",
        f"{contig}\ttest\tmRNA\t{place}\t.\tID=t;Parent=g",
        f"{contig}\ttest\texon\t{place}\t.\tParent=t",
        f"{contig}\ttest\tCDS\t{place}\t0\tID=cds;Parent=t",
    ]
    (folder / "genome.gff3").write_text("".join(f"{line}\n" for line in lines))
    return folder / "genome.fa"


@pytest.fixture
def reference(examples: Path, tmp_path: Path) -> Path:
    return with_gene(examples / "q.fa", tmp_path, "q", 9_703, 10_029)


def as_fastq(bam: Path, folder: Path) -> tuple[Path, Path]:
    """The pairs of a BAM as two FASTQ files, as docs/inputs.md says to make them."""
    first, second = folder / "R1.fastq.gz", folder / "R2.fastq.gz"
    command = ["samtools", "collate", "-Ou", bam]
    collate = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    subprocess.run(
        [
            *("samtools", "fastq", "-n", "-1", first, "-2", second),
            *("-0", "/dev/null", "-s", "/dev/null", "-"),
        ],
        input=collate.stdout,
        capture_output=True,
        check=True,
    )
    return first, second


def compared(results: Path, truth: Path, reference: Path, contig: str) -> dict[str, Any]:
    """What `seqstack validate` counts on a whole contig."""
    pysam.faidx(str(reference))
    length = reference.with_name(f"{reference.name}.fai").read_text().split("\t")[1]
    regions = results.parent / "whole.bed"
    regions.write_text(f"{contig}\t0\t{length}\n")
    files = ["--truth", truth, "--regions", regions, "--reference", reference]
    command = [sys.executable, "-m", "cli", "--json", "validate", results, *files]
    ended = subprocess.run(command, capture_output=True, check=True)
    whole: dict[str, Any] = json.loads(ended.stdout)["strata"][0]
    return whole


@pytest.mark.parametrize(
    ("kind", "aligner", "caller"),
    [("fastq", "bwa", "bcftools"), ("bam", "bwa", "bcftools"), ("cram", "minimap2", "freebayes")],
)
def test_run_of_real_reads_finds_every_variant_of_genome_in_a_bottle(
    emulate: Emulate,
    examples: Path,
    reference: Path,
    tmp_path: Path,
    kind: str,
    aligner: str,
    caller: str,
) -> None:
    if kind == "fastq":
        first, second = as_fastq(examples / "NA12878.chr22.tiny.bam", tmp_path)
        reads = ["--fastq1", str(first), "--fastq2", str(second)]
    else:
        reads = ["--reads", str(examples / f"NA12878.chr22.tiny.{kind}"), "--cram"]

    ended = emulate(
        *("run", "--sample", "NA12878", "--results", str(tmp_path / "results"), *reads),
        *("--reference", str(reference), "--aligner", aligner, "--caller", caller),
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    truth = examples / "NA12878.chr22.tiny.giab.vcf"
    counts = compared(tmp_path / "results/NA12878", truth, reference, "q")
    assert (counts["found"], counts["truth"], counts["otherGenotype"]) == (14, 14, 0)
    with pysam.AlignmentFile(str(tmp_path / "results/NA12878/bam/sorted.bam")) as bam:
        groups = bam.header["RG"]
        reads_out = sum(not (read.is_secondary or read.is_supplementary) for read in bam)
    assert {group["SM"] for group in groups} == {"NA12878"}
    if kind != "fastq":
        assert [group["ID"] for group in groups] == ["NA12878D_HiSeqX_R1.fastq.gz"]
        assert reads_out == 3_327
        assert "otherSampleName" in ended.stdout  # the file's is 1
        command = ["samtools", "view", "-c", "-T", reference, "q:1-12356"]
        folder = tmp_path / "results/NA12878/bam"
        counts = [
            subprocess.run(
                [*command[:-1], folder / f"sorted.{name}", command[-1]],
                capture_output=True,
                check=True,
            ).stdout
            for name in ("bam", "cram")
        ]
        assert counts[0] == counts[1]


def confident_calls(vcf: Path) -> dict[tuple[int, str, str], int]:
    """Substitutions of one sample by position and bases: how many of its alleles have them."""
    with pysam.VariantFile(str(vcf)) as records:
        return {
            (record.pos, record.ref or "", record.alts[0]): sum(
                allele == 1 for allele in next(iter(record.samples.values()))["GT"]
            )
            for record in records
            if record.alts
            and len(record.alts[0]) == record.rlen == 1
            and (record.qual or 0) >= _CONFIDENT
        }


def called_as_aligned(bam: Path, fasta: Path, folder: Path) -> Path:
    """The variants of the project's own alignment."""
    pileup = ["bcftools", "mpileup", "-f", fasta, "-Ou", bam]
    piled = subprocess.run(pileup, capture_output=True, check=True)
    vcf = folder / f"{bam.stem}.vcf"
    call = ["bcftools", "call", "-mv", "-o", vcf]
    subprocess.run(call, input=piled.stdout, capture_output=True, check=True)
    return vcf


def sites_of(calls: Iterable[Mapping[tuple[int, str, str], int]], folder: Path) -> Path:
    """The places where somebody has a substitution, as sites of a fingerprint."""
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    places = {place: (reference, other) for each in calls for place, reference, other in each}
    for place, (reference, other) in sorted(places.items()):
        lines.append(f"17\t{place}\t.\t{reference}\t{other}\t.\t.\t.")
    (folder / "sites.vcf").write_text("".join(f"{line}\n" for line in lines))
    return folder / "sites.vcf"


def fingerprint(vcf: Path) -> dict[tuple[int, str, str], int]:
    """The sites of a fingerprint that have a genotype: how many of its alleles are the other."""
    with pysam.VariantFile(str(vcf)) as records:
        found = {
            (record.pos, record.ref or "", (record.alts or ("",))[0]): record.samples[0]["GT"]
            for record in records
        }
    return {place: sum(alleles) for place, alleles in found.items() if None not in alleles}


def done(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_samples_of_the_1000_genomes_project_run_as_a_cohort(
    seqstack: SeqStack, samples: Path, tmp_path: Path
) -> None:
    """Three people, no two of whom are related."""
    reference = with_gene(samples / "mpileup.ref.fa", tmp_path, "17", 2_878, 3_150)
    people = {f"HG0010{n}": samples / f"mpileup.{n + 1}.bam" for n in range(3)}
    expected = {
        person: confident_calls(called_as_aligned(bam, reference, tmp_path))
        for person, bam in people.items()
    }
    sheet = tmp_path / "samples.csv"
    # of the project's panel, integrated_call_samples_v3.20130502.ALL.panel
    sex = {"HG00100": "XX", "HG00101": "XY", "HG00102": "XX"}
    rows = [f"{person},{sex[person]},{person},{bam}" for person, bam in people.items()]
    sheet.write_text("\n".join(["patient,sex,sample,bam", *rows]) + "\n")
    sites = sites_of(expected.values(), tmp_path)
    done(
        seqstack(
            *("reference", "prepare", "hs17", "--fasta", str(reference), "--sites", str(sites)),
            *("--annotation", str(reference.with_suffix(".gff3")), "--watch"),
        )
    )

    run = ("--reference", "hs17", "--caller", "bcftools", "--genome", "--watch")
    ended = done(seqstack("cohort", "run", str(sheet), "--cohort", "people", *run))

    assert "Samples: 3 succeeded" in ended
    said = seqstack("cohort", "report", "people", "--output", str(tmp_path / "report")).stderr
    report = json.loads((tmp_path / "report/cohort.json").read_text())
    assert [each["sampleId"] for each in report["samples"]] == list(people)
    # 4,200 bases have too few sites to tell who is who, and no X and Y to tell the sex by
    assert said.startswith("3 of 3 pairs of samples could not be compared: fewer than 200 ")
    who = report["relations"]
    assert (who["compared"], who["pairs"], who["contradictions"]) == (3, [], [])
    for each in report["samples"]:
        person, run_id = each["sampleId"], each["runId"]
        assert "sex" not in each["metrics"]
        warnings = json.loads(done(seqstack("--json", "status", run_id)))["warnings"]
        # parts of files: some mates lie outside
        assert {one["code"] for one in warnings} == {"readsWithoutMate", "fingerprintThin"}
        folder = tmp_path / "results" / person
        done(seqstack("download", run_id, str(folder)))
        called = confident_calls(folder / "vcf/variants/variants.vcf.gz")
        assert len(expected[person]) > 3
        assert expected[person].items() <= called.items()
        genotypes = fingerprint(folder / "qc/fingerprint.vcf.gz")
        assert genotypes
        assert genotypes == {place: expected[person].get(place, 0) for place in genotypes}
