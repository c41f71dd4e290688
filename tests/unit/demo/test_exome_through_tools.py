"""The small exome through bwa, samtools, bcftools and snpEff themselves."""

import re
import subprocess
from pathlib import Path

import pytest

from cli.accuracy.regions import Regions
from demo.evaluation.agreement import read_expected
from demo.evaluation.calls import read_calls
from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome, draw_blueprint
from demo.exome.genetic_code import translate
from demo.exome.spec import SMALL

# Debian's wrapper script prints its arguments into the VCF when -c is among them.
SNPEFF = ["java", "-Xmx1g", "-jar", "/usr/share/java/snpeff.jar"]


def _run(*command: str, output: Path | None = None) -> str:
    """A program's stdout (written to `output` if given) and stderr."""
    done = subprocess.run(command, capture_output=True, check=False)
    stderr = done.stderr.decode(errors="replace")
    assert done.returncode == 0, stderr[-2_000:]
    if output is None:
        return done.stdout.decode() + stderr
    output.write_bytes(done.stdout)
    return stderr


def _pipe(first: list[str], second: list[str]) -> None:
    with subprocess.Popen(first, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as producer:
        consumer = subprocess.run(second, stdin=producer.stdout, capture_output=True, check=False)
    assert (producer.returncode, consumer.returncode) == (0, 0), consumer.stderr.decode()


@pytest.fixture(scope="module")
def database(small_exome: DemoExome, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A snpEff configuration with the exome's database, and what building it printed."""
    folder = tmp_path_factory.mktemp("snpeff")
    data = folder / "data" / "exome"
    data.mkdir(parents=True)
    (data / "sequences.fa").symlink_to(small_exome.reference)
    (data / "genes.gff").symlink_to(small_exome.annotation)
    plan = draw_blueprint(SMALL)
    with (data / "cds.fa").open("w") as cds, (data / "protein.fa").open("w") as protein:
        for transcript in plan.transcripts:
            coding = transcript.coding_sequence(plan.genome[transcript.chrom])
            cds.write(f">{transcript.name}\n{coding}\n")
            protein.write(f">{transcript.name}\n{translate(coding)}\n")
    config = folder / "snpEff.config"
    config.write_text(f"data.dir = {folder / 'data'}\nexome.genome : exome\n")
    return config, _run(*SNPEFF, "build", "-gff3", "-v", "-c", str(config), "exome")


@pytest.fixture(scope="module")
def results(
    small_exome: DemoExome, database: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> RunFiles:
    folder = tmp_path_factory.mktemp("run")
    reference, bam = str(small_exome.reference), folder / "sorted.bam"
    stats, called = folder / "bam_stats.dat", folder / "variants.vcf.gz"
    annotated = folder / "variants.ann.vcf"
    _run("bwa", "index", "-p", str(folder / "genome"), reference)
    group = r"@RG\tID:small\tSM:small"
    reads = [str(small_exome.fastq1[0]), str(small_exome.fastq2[0])]
    _pipe(
        ["bwa", "mem", "-R", group, str(folder / "genome"), *reads],
        ["samtools", "sort", "-o", str(bam), "-"],
    )
    _run("samtools", "index", str(bam))
    _run("samtools", "stats", str(bam), output=stats)
    _pipe(
        ["bcftools", "mpileup", "-Ou", "-f", reference, str(bam)],
        ["bcftools", "call", "-mv", "-Oz", "-o", str(called)],
    )
    options = ["-noStats", "-noLog", "-c", str(database[0])]
    _run(*SNPEFF, "ann", *options, "exome", str(called), output=annotated)
    return RunFiles(bam=bam, stats=stats, variants=called, annotated=annotated)


def test_small_exome_snpeff_reads_every_coding_sequence_and_protein_as_made(
    database: tuple[Path, str],
) -> None:
    checks = re.findall(r"(CDS|Protein) check:\s+\S+\s+OK: (\d+)(.*)", database[1])
    assert [(kind, int(good)) for kind, good, _ in checks] == [
        ("CDS", SMALL.genes),
        ("Protein", SMALL.genes),
    ]
    for _, _, rest in checks:
        assert set(re.findall(r"(?:Not found|Errors): (\d+)", rest)) == {"0"}


def test_small_exome_through_the_tools_keeps_the_bounds(
    small_exome: DemoExome, results: RunFiles
) -> None:
    evaluation = evaluate(small_exome, results)
    assert Bounds().missed_by(evaluation) == ()
    assert evaluation.alignment.rate > 0.99
    assert evaluation.alignment.on_target_depth == pytest.approx(SMALL.mean_depth, rel=0.05)
    assert evaluation.snvs.other_genotypes < 4
    assert evaluation.consequences.compared > 240


def test_small_exome_expected_proteins_are_those_of_snpeff(
    small_exome: DemoExome, results: RunFiles
) -> None:
    rows = small_exome.expected.read_text().splitlines()[1:]
    proteins = {tuple(row.split("\t")[:4]): row.split("\t")[9] for row in rows}
    called = read_calls(
        results.annotated, small_exome.reference, Regions.of_bed(small_exome.targets)
    )
    compared = 0
    for row in read_expected(small_exome.expected):
        if row.terms[0] not in ("missense_variant", "stop_gained") or not row.variant.is_snv:
            continue
        if row.variant not in called:
            continue
        v = row.variant
        said = {entry[10] for entry in called[v].annotations if entry[6] == row.transcript}
        assert said == {proteins[v.chrom, str(v.pos), v.ref, v.alt]}
        compared += 1
    assert compared > 90
