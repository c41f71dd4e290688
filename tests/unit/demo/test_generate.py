"""The files that `generate` writes."""

import gzip
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pysam
import pytest

from demo.exome.files import EXPECTED_COLUMNS
from demo.exome.generate import DemoExome, generate
from demo.exome.spec import SMALL, ExomeSpec

TINY = ExomeSpec("tiny", 7, (60_000, 60_000), genes=8, snvs=40, indels=12, mean_depth=20, lanes=2)


def _contents(exome: DemoExome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in exome.files}


def _records(path: Path) -> list[tuple[str, str, str, str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return list(zip(*[iter(lines)] * 4, strict=True))


def test_generate_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = generate(TINY, tmp_path / "a"), generate(TINY, tmp_path / "b")
    assert _contents(first) == _contents(second)


def test_generate_fastq_header_holds_neither_time_nor_name(small_exome: DemoExome) -> None:
    # RFC 1952: byte 3 holds the flags (8 is a file name), bytes 4 to 7 the time.
    header = small_exome.fastq1[0].read_bytes()[:8]
    assert header[3:] == bytes(5)


def test_generate_other_seed_gives_another_genome_truth_and_reads(tmp_path: Path) -> None:
    first = _contents(generate(TINY, tmp_path / "a"))
    second = _contents(generate(replace(TINY, seed=8), tmp_path / "b"))
    assert all(first[name] != second[name] for name in first if not name.endswith(".fai"))


def test_generate_other_depth_leaves_genome_and_truth_alone(tmp_path: Path) -> None:
    first = _contents(generate(TINY, tmp_path / "a"))
    second = _contents(generate(replace(TINY, mean_depth=10), tmp_path / "b"))
    differing = {name for name in first if first[name] != second[name]}
    assert differing == {name for name in first if "fastq" in name}


def test_generate_writes_nothing_but_its_files_and_reports_each_stage(tmp_path: Path) -> None:
    told: list[str] = []
    exome = generate(TINY, tmp_path / "new" / "folder", told.append)
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {
        path.name for path in exome.files
    }
    assert told == [
        "genome, genes and variants",
        "reference, annotation and truth",
        "reads",
        "FASTQ files",
    ]


def test_generate_two_lanes_share_the_pairs_and_name_their_lane(tmp_path: Path) -> None:
    exome = generate(TINY, tmp_path)
    assert [path.name for path in exome.fastq1] == [
        "tiny_S1_L001_R1_001.fastq.gz",
        "tiny_S1_L002_R1_001.fastq.gz",
    ]
    lanes = [_records(path) for path in exome.fastq1]
    assert sum(map(len, lanes)) == exome.read_pairs
    for number, records in enumerate(lanes, start=1):
        assert {record[0].split(":")[3] for record in records} == {str(number)}


def test_generate_mates_have_equal_unique_names_and_full_length(small_exome: DemoExome) -> None:
    first, second = _records(small_exome.fastq1[0]), _records(small_exome.fastq2[0])
    assert len(first) == len(second) == small_exome.read_pairs
    names = [record[0].split(" ") for record in first]
    assert len({name for name, _ in names}) == len(names)
    assert [name for name, _ in names] == [record[0].split(" ")[0] for record in second]
    assert {comment for _, comment in names} == {"1:N:0:ACAGTG"}
    assert all(len(bases) == len(quality) == 100 for _, bases, _, quality in first + second)


def test_generate_read_names_follow_casava(small_exome: DemoExome) -> None:
    machine, run, flowcell, lane, tile, x, y = (
        _records(small_exome.fastq1[0])[0][0].split(" ")[0].split(":")
    )
    assert (machine, run, flowcell, lane, tile) == ("@SIM", "1", "FCX", "1", "1101")
    assert x.isdecimal()
    assert y.isdecimal()


def test_generate_truth_is_what_bcftools_norm_makes_of_it(small_exome: DemoExome) -> None:
    view = ["bcftools", "view", "--no-header", str(small_exome.truth)]
    norm = ["bcftools", "norm", "--check-ref", "e", "--fasta-ref", str(small_exome.reference)]
    plain = subprocess.run(view, capture_output=True, text=True, check=True).stdout
    done = subprocess.run(
        [*norm, str(small_exome.truth)], capture_output=True, text=True, check=True
    )
    kept = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert kept == plain.splitlines()
    assert len(kept) == SMALL.snvs + SMALL.indels


def test_generate_truth_is_indexed_and_has_one_sample(small_exome: DemoExome) -> None:
    with pysam.VariantFile(str(small_exome.truth)) as truth:
        assert list(truth.header.samples) == ["small"]
        genotypes = Counter(record.samples[0]["GT"] for record in truth.fetch("chr2"))
    assert set(genotypes) == {(0, 1), (1, 1)}


def test_generate_expected_has_a_row_for_each_true_variant(small_exome: DemoExome) -> None:
    header, *rows = small_exome.expected.read_text().splitlines()
    assert tuple(header.split("\t")) == EXPECTED_COLUMNS
    with pysam.VariantFile(str(small_exome.truth)) as truth:
        true = [(r.chrom, str(r.pos), r.ref, r.alts[0]) for r in truth]
    assert [tuple(row.split("\t")[:4]) for row in rows] == true


def test_generate_gff3_phase_continues_the_reading_frame(small_exome: DemoExome) -> None:
    lines = small_exome.annotation.read_text().splitlines()
    assert lines[:2] == ["##gff-version 3", "##sequence-region chr1 1 120000"]
    by_parent: dict[str, list[list[str]]] = {}
    for fields in (line.split("\t") for line in lines if not line.startswith("#")):
        assert int(fields[3]) <= int(fields[4])
        if fields[2] == "CDS":
            by_parent.setdefault(fields[8], []).append(fields)
    assert len(by_parent) == SMALL.genes
    for parts in by_parent.values():
        read = 0
        for fields in parts:
            assert (read + int(fields[7])) % 3 == 0
            read += int(fields[4]) - int(fields[3]) + 1
        assert read % 3 == 0


@pytest.mark.parametrize("name", ["genome.fa", "genes.gff3", "targets.bed"])
def test_generate_text_files_end_in_a_newline(small_exome: DemoExome, name: str) -> None:
    assert (small_exome.reference.parent / name).read_bytes().endswith(b"\n")
