"""Real reads through `python -m emulator run`: NA12878's, with Genome in a Bottle's variants.

Debian's freebayes has them among its examples: 12 kb of chromosome 22 as the contig `q`, about
3,300 reads of 151 bases from there, and the 14 variants that Genome in a Bottle has there.
"""

import shutil
import subprocess
from pathlib import Path

import pysam
import pytest

from tests.e2e.conftest import Emulate

_EXAMPLES = "usr/share/doc/freebayes/examples/tiny"
# The longest reading frame of the contig's first strand: a run wants genes to annotate by.
_GENE = (9_703, 10_029)


@pytest.fixture(scope="module")
def examples(pytestconfig: pytest.Config) -> Path:
    """The folder with the reads: freebayes' own, or what `scripts/setup real-reads` has fetched."""
    for root in (Path("/"), pytestconfig.rootpath / ".real-reads"):
        if (root / _EXAMPLES / "NA12878.chr22.tiny.bam").is_file():
            return root / _EXAMPLES
    pytest.skip("Debian's package freebayes is not here, which has the reads: no apt-get")


@pytest.fixture
def reference(examples: Path, tmp_path: Path) -> Path:
    """The contig, and beside it one gene."""
    start, end = _GENE
    shutil.copy(examples / "q.fa", tmp_path / "q.fa")
    fields = ("q", "test", "CDS", start, end, ".", "+", 0, "ID=cds;Parent=t")
    lines = [
        f"q\ttest\tgene\t{start}\t{end}\t.\t+\t.\tID=g",
        f"q\ttest\tmRNA\t{start}\t{end}\t.\t+\t.\tID=t;Parent=g",
        f"q\ttest\texon\t{start}\t{end}\t.\t+\t.\tParent=t",
        "\t".join(map(str, fields)),
    ]
    (tmp_path / "q.gff3").write_text("##gff-version 3\n" + "".join(f"{row}\n" for row in lines))
    return tmp_path / "q.fa"


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


def substitutions(vcf: Path) -> set[tuple[int, str, str, int]]:
    """Each base that differs, and how many of the two alleles have it.

    freebayes gives neighbouring variants as one haplotype.
    """
    found = set()
    with pysam.VariantFile(str(vcf)) as records:
        for record in records:
            (call,) = record.samples.values()
            for alt in record.alts or ():
                alleles = call.alleles.count(alt)
                for at, (base, other) in enumerate(zip(record.ref or "", alt, strict=False)):
                    if base != other and len(alt) == record.rlen:
                        found.add((record.pos + at, base, other, alleles))
    return found


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
    called = substitutions(tmp_path / "results/NA12878/vcf/variants/variants.vcf.gz")
    truth = substitutions(examples / "NA12878.chr22.tiny.giab.vcf")
    assert len(truth) == 14
    assert truth - called == set()
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
