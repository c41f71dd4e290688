"""References and annotations as people bring them, through `python -m emulator run`."""

import re
from pathlib import Path

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.conftest import Emulate

pytestmark = pytest.mark.long


def as_gtf(gff3: str) -> str:
    """The exome's GFF3 as GTF."""
    genes: dict[str, str] = {}
    lines = []
    for line in gff3.splitlines():
        if line.startswith("#"):
            continue
        *columns, text = line.split("\t")
        attributes = dict(pair.split("=", 1) for pair in text.split(";"))
        own, parent = attributes.get("ID", ""), attributes.get("Parent", "")
        if columns[2] == "mRNA":
            columns[2] = "transcript"
            genes[own] = parent
        transcript = own if columns[2] == "transcript" else parent
        gene = own if columns[2] == "gene" else genes[transcript]
        said = f'gene_id "{gene}"; gene_biotype "protein_coding";'
        if columns[2] != "gene":
            said += f' transcript_id "{transcript}";'
        lines.append("\t".join([*columns, said]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def reads(exome: DemoExome, tmp_path: Path) -> list[str]:
    return [
        *("--sample", "s", "--results", str(tmp_path / "results")),
        *("--fastq1", str(exome.fastq1[0]), "--fastq2", str(exome.fastq2[0])),
    ]


def words(text: str) -> str:
    """The text without the ends of the terminal's lines."""
    return re.sub(r"\s+", " ", text)


def test_run_with_gtf_annotates_as_with_gff3(
    emulate: Emulate, exome: DemoExome, reads: list[str], tmp_path: Path
) -> None:
    genes = tmp_path / "genes.gff3"  # its content counts, not its name
    genes.write_text(as_gtf(exome.annotation.read_text()))

    ended = emulate("run", *reads, "--reference", str(exome.reference), "--annotation", str(genes))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = tmp_path / "results/s"
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(folder))) == ()


def test_run_with_an_annotation_of_another_contig_is_refused_before_it_is_indexed(
    emulate: Emulate, exome: DemoExome, reads: list[str], tmp_path: Path
) -> None:
    genes = tmp_path / "genes.gff3"
    genes.write_text(exome.annotation.read_text().replace("chr2", "NC_000002.12"))

    ended = emulate("run", *reads, "--reference", str(exome.reference), "--annotation", str(genes))

    assert ended.returncode == 1
    told = words(ended.stdout)
    assert "NC_000002.12 is chr2 there" in told
    assert "indexBwa (bwaIndex): running" not in told
    assert "align" not in told
    assert [path for path in (tmp_path / "results").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (">plasmid_A,_complete\nACGTACGT\n", "contig 'plasmid_A,_complete': its name contains ','"),
        (">chrEmpty\n", "contig 'chrEmpty' has no bases"),
        (">chr1 again\nACGT\n", "contig 'chr1' occurs 2 times"),
    ],
)
def test_run_with_a_contig_that_tools_would_misread_is_refused_before_it_is_indexed(
    emulate: Emulate, exome: DemoExome, reads: list[str], tmp_path: Path, more: str, said: str
) -> None:
    reference = tmp_path / "own.fa"
    reference.write_text(more + exome.reference.read_text())

    ended = emulate(
        "run", *reads, "--reference", str(reference), "--annotation", str(exome.annotation)
    )

    assert ended.returncode == 1
    told = words(ended.stdout + ended.stderr)
    assert said in told
    assert "indexBwa (bwaIndex): running" not in told
