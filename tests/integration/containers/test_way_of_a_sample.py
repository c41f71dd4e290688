"""The tools of Debian and PyPI, one after the other, as a run takes them."""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from seqstack.domain.cost.usage import Usage
from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry
from tests.integration.containers.simulated import Sample
from tests.support.reference_service import serving

OUT = f"s3://{BUCKET}/way/S1"


@pytest.fixture(scope="module")
def results(
    s3: Any, s3_endpoint: str, staged: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """All results, downloaded; every entry point ended with 0 and left no scratch."""
    folder = tmp_path_factory.mktemp("way")
    with serving(folder / "references") as service:
        entry = Entry(s3_endpoint, folder / "scratch", service.folder)
        for tool, given in (
            ("bwa", arguments.bwa(staged, OUT, "--memory", "4", "--threads", "2")),
            ("bcftools", arguments.caller(staged, OUT)),
            ("samtools_stats", arguments.samtools_stats(staged, OUT)),
            ("snpeff", arguments.snpeff(OUT, *arguments.annotation(staged))),
            ("multiqc", arguments.multiqc(OUT)),
        ):
            ended = entry.run(tool, *given)
            assert ended.code == 0, ended.log
            assert entry.is_scratch_clean()
            (folder / f"{tool}.log").write_text(ended.log)
    for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="way/S1/")["Contents"]:
        path = folder / "results" / item["Key"].removeprefix("way/S1/")
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(BUCKET, item["Key"], str(path))
    return folder / "results"


def test_results_of_all_steps_are_exactly_the_designed_keys(results: Path) -> None:
    found = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    assert found == {
        "bam/sorted.bam",
        "bam/sorted.bam.bai",
        "bam/sorted.bam.md5",
        "vcf/variants/variants.vcf.gz",
        "vcf/variants/variants.vcf.gz.tbi",
        "vcf/variants/genome.vcf.gz",
        "vcf/variants/genome.vcf.gz.tbi",
        "vcf/annotated/variants.ann.vcf.gz",
        "vcf/annotated/variants.ann.vcf.gz.tbi",
        "vcf/annotated/snpEff_summary.html",
        "vcf/annotated/snpEff_summary.csv",
        "qc/multiqc_report.html",
        "qc/multiqc_data.json",
        "qc/multiqc_general_stats.txt",
        "qc/metrics.json",
        "qc/plots.json",
        "stats/bam_stats.dat",
        "provenance/align.json",
        "provenance/callVariants.json",
        "provenance/alignmentStats.json",
        "provenance/annotate.json",
        "provenance/aggregateQc.json",
    }


def test_bam_of_one_lane_is_sorted_whole_and_names_its_read_group(
    results: Path, sample: Sample
) -> None:
    with pysam.AlignmentFile(str(results / "bam/sorted.bam")) as bam:
        assert bam.header["HD"]["SO"] == "coordinate"
        assert bam.header["RG"] == [
            {"ID": "HTEST.1", "SM": "S1", "PL": "ILLUMINA", "LB": "S1", "PU": "HTEST.1"}
        ]
        assert bam.check_index()
        reads = list(bam.fetch(until_eof=True))
    primary = [read for read in reads if not read.is_secondary and not read.is_supplementary]
    assert len(primary) == 2 * sample.pairs
    assert sum(read.is_mapped for read in primary) > 0.999 * len(primary)
    assert {read.get_tag("RG") for read in reads} == {"HTEST.1"}
    assert any(read.is_duplicate for read in reads)  # 52,500 fragments of 150 kb must repeat some


def test_md5_of_the_bam_stands_as_isaac_writes_it(results: Path) -> None:
    digest = hashlib.md5((results / "bam/sorted.bam").read_bytes()).hexdigest()  # noqa: S324
    assert (results / "bam/sorted.bam.md5").read_text() == f"{digest} *sorted.bam\n"


@pytest.mark.parametrize(
    ("is_snv", "recall", "precision"), [(True, 0.98, 0.99), (False, 0.90, 0.95)]
)
def test_variants_of_the_simulated_sample_are_found(
    results: Path, sample: Sample, is_snv: bool, recall: float, precision: float
) -> None:
    truth = {variant.key for variant in sample.variants if variant.is_snv == is_snv}
    called = set()
    with pysam.VariantFile(str(results / "vcf/variants/variants.vcf.gz")) as vcf:
        assert list(vcf.header.samples) == ["S1"]
        for record in vcf:
            assert record.alts
            assert "<*>" not in record.alts
            for alt in record.alts if "PASS" in record.filter else ():
                if (len(record.ref) == len(alt) == 1) == is_snv:
                    called.add((record.chrom, record.pos, record.ref, alt))
    assert len(truth & called) / len(truth) >= recall
    assert len(truth & called) / len(called) >= precision


def test_genotypes_of_the_simulated_sample_are_right(results: Path, sample: Sample) -> None:
    is_hom = {variant.key: variant.is_hom for variant in sample.variants}
    wrong = []
    with pysam.VariantFile(str(results / "vcf/variants/variants.vcf.gz")) as vcf:
        for record in vcf:
            key = (record.chrom, record.pos, record.ref, record.alts[0])
            if key in is_hom and (set(record.samples["S1"]["GT"]) == {1}) != is_hom[key]:
                wrong.append(key)
    assert len(wrong) <= 0.02 * len(is_hom)


def test_gvcf_covers_the_whole_genome_with_depths(results: Path) -> None:
    covered = {"chr1": 0, "chr2": 0}
    with pysam.VariantFile(str(results / "vcf/variants/genome.vcf.gz")) as vcf:
        assert list(vcf.header.samples) == ["S1"]
        last = dict.fromkeys(covered, 0)
        for record in vcf.fetch():  # by the index
            assert "DP" in record.samples["S1"]
            start = max(record.start, last[record.chrom])
            covered[record.chrom] += max(0, record.stop - start)
            last[record.chrom] = max(last[record.chrom], record.stop)
    assert covered["chr1"] > 0.995 * 90_000
    assert covered["chr2"] > 0.995 * 60_000


def test_stats_hold_the_number_of_reads(results: Path, sample: Sample) -> None:
    text = (results / "stats/bam_stats.dat").read_text()
    assert f"SN\traw total sequences:\t{2 * sample.pairs}\t" in text
    assert "\nGCD\t" in text  # needs the reference


def test_annotated_vcf_has_every_variant_with_its_consequence(results: Path) -> None:
    with pysam.VariantFile(str(results / "vcf/variants/variants.vcf.gz")) as vcf:
        called = [(record.chrom, record.pos, record.ref, record.alts) for record in vcf]
    with pysam.VariantFile(str(results / "vcf/annotated/variants.ann.vcf.gz")) as vcf:
        annotated = [
            (record.chrom, record.pos, record.ref, record.alts)
            for record in vcf.fetch()  # by the index
            if record.info["ANN"]
        ]
    assert annotated == called


def test_annotation_summary_loads_and_runs_nothing_and_is_saved_by_browsers(
    results: Path, s3: Any
) -> None:
    page = (results / "vcf/annotated/snpEff_summary.html").read_text()
    assert "SnpEff" in page
    assert "<script" not in page
    assert "http:" not in page
    found = s3.head_object(Bucket=BUCKET, Key="way/S1/vcf/annotated/snpEff_summary.html")
    assert found["ContentDisposition"] == 'attachment; filename="snpEff_summary.html"'
    assert found["ContentType"] == "text/html; charset=utf-8"


def test_provenance_of_the_alignment_names_inputs_commands_and_outputs(
    results: Path, staged: str, sample: Sample
) -> None:
    record = json.loads((results / "provenance/align.json").read_text())
    bam = results / "bam/sorted.bam"
    assert record["step"] == "align"
    assert record["tool"] == "bwa"
    assert record["sampleId"] == "S1"
    assert record["image"] == "registry.example/bwa:test"
    assert record["job"] == {
        "id": "0a1b2c3d",
        "batchAttempt": 1,
        "queue": "highPriority-test",
        "computeEnvironment": "spot-test",
    }
    with pysam.AlignmentFile(str(bam)) as alignments:
        reads = [read for read in alignments.fetch(until_eof=True) if not read.flag & 0x900]
    assert record["facts"] == {
        "pairs": sample.pairs,
        "readsWithoutMate": 0,
        "readGroups": ["HTEST.1"],
        "reads": 2 * sample.pairs,
        "readsAligned": sum(not read.is_unmapped for read in reads),
        "readsInProperPairs": sum(read.is_proper_pair for read in reads),
    }
    assert record["warnings"] == []
    assert [row["argv"][:2] for row in record["commands"]] == [
        ["bwa", "mem"],
        ["samtools", "fixmate"],
        ["samtools", "sort"],
        ["samtools", "markdup"],
        ["samtools", "flagstat"],
    ]
    assert all(row["exitCode"] == 0 and row["peakRssBytes"] > 0 for row in record["commands"])
    assert {row["uri"].rpartition("/")[2] for row in record["inputs"]} == {
        *("genome.fa", "genome.fa.fai", "genome.fa.amb", "genome.fa.ann", "genome.fa.bwt"),
        *("genome.fa.pac", "genome.fa.sa", "reads_1.fastq.gz", "reads_2.fastq.gz"),
    }
    sums = {row["uri"].rpartition("/")[2]: row.get("checksum") for row in record["inputs"]}
    for path in (sample.first, sample.second):
        assert sums[path.name] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    written = {row["uri"]: row for row in record["outputs"]}
    row = written[f"{OUT}/bam/sorted.bam"]
    assert row["bytes"] == bam.stat().st_size
    assert row["checksum"] == f"sha256:{hashlib.sha256(bam.read_bytes()).hexdigest()}"
    assert row["etag"] == hashlib.md5(bam.read_bytes()).hexdigest()  # noqa: S324
    assert set(row) == {"uri", "bytes", "etag", "checksum"}
    assert record["seconds"]["total"] >= record["seconds"]["run"] > 0


def test_usage_of_the_alignment_stands_in_its_log_and_its_provenance(results: Path) -> None:
    logged = Usage.from_log((results.parent / "bwa.log").read_text().splitlines())
    record = json.loads((results / "provenance/align.json").read_text())
    recorded = record["usage"]
    assert logged
    assert logged.measured_by == recorded["measuredBy"] == "processes"  # jobs share this machine
    # samtools sort alone holds more than the 20 MiB of reads it sorts; no machine holds a TiB
    assert 20 << 20 < recorded["peakMemoryBytes"] <= logged.peak_memory_bytes < 1 << 40
    # the tools' own time, and that of the entry point
    assert recorded["cpuSeconds"] > sum(row["cpuSeconds"] for row in record["commands"])
    assert logged.cpu_seconds >= recorded["cpuSeconds"]
    # 9 inputs: a HEAD for each; of each of them then one more and a GET, by s5cmd; the reads are
    # looked at once more after the download. 3 outputs: a PUT and a HEAD. The old provenance: none
    assert recorded["s3Reads"] == 9 * 3 + 2 + 3
    assert recorded["s3Writes"] == 3
    # the provenance itself: a PUT and a HEAD
    assert (logged.s3_reads, logged.s3_writes) == (recorded["s3Reads"] + 1, 4)


def test_provenance_of_each_step_names_the_outputs_of_the_step_before(results: Path) -> None:
    records = {
        step: json.loads((results / f"provenance/{step}.json").read_text())
        for step in ("align", "callVariants", "alignmentStats", "annotate")
    }
    for before, after, name in (
        ("align", "callVariants", "bam/sorted.bam"),
        ("align", "callVariants", "bam/sorted.bam.bai"),
        ("align", "alignmentStats", "bam/sorted.bam"),
        ("callVariants", "annotate", "vcf/variants/variants.vcf.gz"),
    ):
        (written,) = [row for row in records[before]["outputs"] if row["uri"] == f"{OUT}/{name}"]
        (read,) = [row for row in records[after]["inputs"] if row["uri"] == f"{OUT}/{name}"]
        assert read == {**written, "cached": False}


def test_metrics_of_the_sample_are_what_other_programs_count(results: Path, sample: Sample) -> None:
    metrics = json.loads((results / "qc/metrics.json").read_text())["metrics"]
    with pysam.AlignmentFile(str(results / "bam/sorted.bam")) as bam:
        reads = [read for read in bam.fetch(until_eof=True) if not read.flag & 0x900]
        length = sum(bam.lengths)
    aligned = [read for read in reads if read.is_mapped]
    with pysam.VariantFile(str(results / "vcf/variants/variants.vcf.gz")) as vcf:
        passed = [record for record in vcf if set(record.filter) <= {"PASS"}]

    assert metrics["reads"]["value"] == 2 * sample.pairs
    assert metrics["alignedRate"]["value"] == pytest.approx(len(aligned) / len(reads), abs=1e-6)
    duplicates = sum(read.is_duplicate for read in aligned)
    assert metrics["duplicateRate"]["value"] == pytest.approx(duplicates / len(aligned), abs=1e-6)
    depth = sum(read.query_alignment_length for read in aligned) / length
    assert metrics["meanDepth"]["value"] == pytest.approx(depth, rel=0.01)  # deletions count there
    assert metrics["variants"]["value"] == len(passed)


def test_plots_of_the_sample_are_what_other_programs_count(results: Path) -> None:
    document = json.loads((results / "qc/plots.json").read_text())
    plots = {plot["name"]: plot for plot in document["plots"]}
    with pysam.AlignmentFile(str(results / "bam/sorted.bam")) as bam:
        reads = [read for read in bam.fetch(until_eof=True) if not read.flag & 0x900]
    with pysam.VariantFile(str(results / "vcf/variants/variants.vcf.gz")) as vcf:
        passed = [record for record in vcf if set(record.filter) <= {"PASS"}]

    assert document["missing"] == []
    assert list(plots) == [
        *("depth", "cumulativeDepth", "insertSize", "baseQuality", "variantTypes"),
        *("indelLengths", "substitutions", "alleleBalance", "effects"),
    ]
    assert all(plot["svg"].startswith("<svg ") for plot in plots.values())
    first = {cycle: mean for cycle, name, mean in plots["baseQuality"]["rows"] if name == "read 1"}
    for cycle in (1, max(first)):
        qualities = [quality for read in reads if read.is_read1 for quality in _cycle(read, cycle)]
        assert first[cycle] == pytest.approx(sum(qualities) / len(qualities))
    substitutions = Counter(
        f"{record.ref}>{alt}"
        for record in passed
        for alt in record.alts or ()
        if len(record.ref) == len(alt) == 1
    )
    drawn = {kind: count for kind, _, count in plots["substitutions"]["rows"] if count}
    assert drawn == substitutions
    lengths = Counter(
        len(alt) - len(record.ref)
        for record in passed
        for alt in record.alts or ()
        if len(alt) != len(record.ref)
    )
    assert {length: count for length, _, count in plots["indelLengths"]["rows"]} == lengths
    shares = [
        read_counts[1] / sum(read_counts)
        for record in passed
        if len(record.alts or ()) == 1 and len(set(record.samples[0]["GT"])) == 2
        for read_counts in [record.samples[0]["AD"]]
    ]
    assert len(shares) > 10
    balance = plots["alleleBalance"]["rows"]
    assert sum(count for *_, count in balance) == len(shares)
    for low, high in {(row[0], row[1]) for row in balance}:
        counted = sum(row[3] for row in balance if row[0] == low)
        assert counted == sum(low <= share < high or share == high == 1 for share in shares)


def _cycle(read: pysam.AlignedSegment, cycle: int) -> list[int]:
    """The quality of one cycle, if the read has it; the sequencer's order is that of the FASTQ."""
    return list(read.get_forward_qualities() or ())[cycle - 1 : cycle]


@pytest.mark.long
def test_bwa_run_twice_gives_the_same_bam(
    results: Path, entry: Entry, s3: Any, staged: str
) -> None:
    ended = entry.run(
        "bwa", *arguments.bwa(staged, f"{OUT}-again", "--memory", "4", "--threads", "2")
    )
    assert ended.code == 0, ended.log
    body = s3.get_object(Bucket=BUCKET, Key="way/S1-again/bam/sorted.bam.md5")["Body"].read()
    assert body == (results / "bam/sorted.bam.md5").read_bytes()


def test_snpeff_given_the_original_arguments_and_an_annotation_names_what_it_used(
    results: Path, entry: Entry, s3: Any, staged: str, keys: Callable[[str], set[str]]
) -> None:
    given = arguments.snpeff(OUT, *arguments.annotation(staged), "--cmd_args", " -t hg38 ")
    out = [word.replace("vcf/annotated", "vcf/original") for word in given]
    ended = entry.run("snpeff", *out)
    assert ended.code == 0, ended.log
    assert "snpEff_summary.html" in keys("way/S1/vcf/original/")
    body = s3.get_object(Bucket=BUCKET, Key="way/S1/vcf/original/variants.ann.vcf.gz")["Body"]
    (command,) = re.findall(rb"##SnpEffCmd=.*", gzip.decompress(body.read()))
    assert b" reference variants.vcf.gz" in command
    assert b"hg38" not in command
