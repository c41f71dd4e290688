"""Recall, precision, agreement and bounds, on numbers worked out by hand."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pysam
import pytest

from cli.accuracy.programs import run_program
from cli.accuracy.tallies import Tally
from demo.evaluation.agreement import Agreement, Expected, compare_consequences, read_expected
from demo.evaluation.alignment import Alignment, measure_alignment
from demo.evaluation.calls import Call
from demo.evaluation.evaluate import Bounds, Evaluation, RunFiles, evaluate
from demo.exome.generate import DemoExome
from demo.exome.spec import SMALL
from demo.exome.variant import Variant


def _annotated(terms: str, transcript: str = "T1") -> Call:
    entry = ("C", terms, "LOW", "G1", "G1", "transcript", transcript)
    other = ("C", "upstream_gene_variant", "MODIFIER", "G2", "G2", "transcript", "T2")
    return Call(Variant("c", 10, "A", "C"), (other, entry))


@pytest.mark.parametrize(
    ("expected", "annotated", "agrees"),
    [
        ("missense_variant", "missense_variant&splice_region_variant", True),
        ("missense_variant", "synonymous_variant", False),
        ("upstream_gene_variant", "missense_variant", False),  # said of another transcript
        ("inframe_deletion", "conservative_inframe_deletion", True),
        ("inframe_deletion", "disruptive_inframe_insertion", False),
        ("disruptive_inframe_deletion", "inframe_deletion", False),
    ],
)
def test_consequences_term_of_the_right_transcript_decides(
    expected: str, annotated: str, *, agrees: bool
) -> None:
    call = _annotated(annotated)
    row = Expected(call.variant, "T1", (expected, "intron_variant"))
    agreement = compare_consequences((row,), {call.variant: call})
    assert agreement.compared == 1
    assert (not agreement.disagreements) == agrees


def test_consequences_only_called_variants_are_compared() -> None:
    call = _annotated("missense_variant")
    rows = (
        Expected(call.variant, "T1", ("stop_gained",)),
        Expected(Variant("c", 99, "A", "C"), "T1", ("stop_gained",)),
    )
    agreement = compare_consequences(rows, {call.variant: call})
    assert agreement.fraction == 0.0
    assert agreement.compared == 1
    assert str(agreement.disagreements[0]) == (
        "c:10 A>C: expected stop_gained, annotated missense_variant"
    )


def _tally(found: int, missed: int, false: int) -> Tally:
    return Tally(found + missed, found, found + false, found, other_genotypes=0)


def _evaluation(snvs: tuple[int, int, int], indels: tuple[int, int, int], wrong: int) -> Evaluation:
    row = Expected(Variant("c", 1, "A", "C"), "T1", ("stop_gained",))
    disagreements = compare_consequences((row,), {row.variant: _annotated("x")}).disagreements
    return Evaluation(
        _tally(*snvs),
        _tally(*indels),
        Agreement(100, disagreements * wrong),
        Alignment(100, 100, 0, 80.0),
    )


def test_bounds_just_reached_miss_nothing() -> None:
    # 98 of 100 found with 0 of 98 invented; 90 of 100 found; 2 of 100 disagree.
    assert Bounds().missed_by(_evaluation((98, 2, 0), (90, 10, 0), 2)) == ()


@pytest.mark.parametrize(
    ("evaluation", "missed"),
    [
        (_evaluation((97, 3, 0), (90, 10, 0), 0), "SNV recall 0.9700 is below 0.98"),
        (_evaluation((98, 2, 1), (90, 10, 0), 0), "SNV precision 0.9899 is below 0.99"),
        (_evaluation((98, 2, 0), (89, 11, 0), 0), "indel recall 0.8900 is below 0.9"),
        (_evaluation((98, 2, 0), (94, 6, 5), 0), "indel precision 0.9495 is below 0.95"),
        (_evaluation((98, 2, 0), (90, 10, 0), 3), "consequence agreement 0.9700 is below 0.98"),
    ],
)
def test_bounds_one_missed_is_the_one_named(evaluation: Evaluation, missed: str) -> None:
    assert Bounds().missed_by(evaluation) == (missed,)


def test_bounds_of_an_empty_run_are_all_missed() -> None:
    assert len(Bounds().missed_by(_evaluation((0, 5, 0), (0, 5, 0), 100))) == 5


def _bam(folder: Path) -> Path:
    """Two reads of 10 bases at 0 and 5, one more marked as a duplicate, one unmapped."""
    path = folder / "x.bam"
    contigs = [{"SN": f"chr{n}", "LN": 120_000} for n in (1, 2)]
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": contigs}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for name, start, flag in (("a", 0, 0), ("d", 0, 1024), ("b", 5, 0), ("u", -1, 4)):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag = name, flag
            read.query_sequence = "A" * 10
            read.query_qualities = pysam.qualitystring_to_array("I" * 10)
            if start >= 0:
                read.reference_id, read.reference_start = 0, start
                read.mapping_quality, read.cigarstring = 60, "10M"
            out.write(read)
    pysam.index(str(path))
    return path


def test_alignment_of_four_reads_has_their_rate_duplicates_and_depth(tmp_path: Path) -> None:
    bam, stats, bed = _bam(tmp_path), tmp_path / "stats.dat", tmp_path / "targets.bed"
    stats.write_text(run_program("samtools", "stats", str(bam)))
    bed.write_text("chr1\t8\t12\nchr2\t50\t54\n")
    # Over bases 8 to 11: read a covers two, read b all four: 6 of 8 target bases.
    alignment = measure_alignment(stats, bam, bed)
    assert alignment == Alignment(reads=4, mapped=3, duplicates=1, on_target_depth=0.75)
    assert alignment.rate == 0.75


def test_alignment_statistics_without_a_number_are_refused(tmp_path: Path) -> None:
    stats, bed = tmp_path / "stats.dat", tmp_path / "targets.bed"
    stats.write_text("SN\traw total sequences:\t4\n")
    bed.write_text("chr1\t8\t12\n")
    with pytest.raises(ValueError, match="reads mapped"):
        measure_alignment(stats, _bam(tmp_path), bed)


Edited = Callable[[list[pysam.VariantRecord]], Iterable[pysam.VariantRecord]]


def _write_run(exome: DemoExome, folder: Path, edited: Edited = list) -> RunFiles:
    """What a run would give whose calls are `edited` from the truth and annotated as expected."""
    called = folder / "variants.vcf"
    effects = {row.variant: row for row in read_expected(exome.expected)}
    with pysam.VariantFile(str(exome.truth)) as truth:
        truth.header.add_line('##INFO=<ID=ANN,Number=.,Type=String,Description="x">')
        records = [record.copy() for record in truth]
        for record in records:
            record.translate(truth.header)
            row = effects[Variant(record.chrom, record.pos, record.ref, record.alts[0])]
            fields = (record.alts[0], "&".join(row.terms), "LOW", "g", "g", "transcript")
            record.info["ANN"] = "|".join([*fields, row.transcript])
        with pysam.VariantFile(str(called), "w", header=truth.header) as out:
            for record in edited(records):
                out.write(record)
    bam, stats = _bam(folder), folder / "bam_stats.dat"
    stats.write_text(run_program("samtools", "stats", str(bam)))
    return RunFiles(bam=bam, stats=stats, variants=called, annotated=called)


def _is_snv(record: pysam.VariantRecord) -> bool:
    return len(record.ref) == len(record.alts[0]) == 1


def _other_base(record: pysam.VariantRecord) -> str:
    return next(base for base in "ACGT" if base not in (record.ref, record.alts[0]))


def test_evaluate_the_truth_itself_is_perfect(small_exome: DemoExome, tmp_path: Path) -> None:
    evaluation = evaluate(small_exome, _write_run(small_exome, tmp_path))
    assert evaluation.snvs == Tally(*[SMALL.snvs] * 4, 0)
    assert evaluation.indels == Tally(*[SMALL.indels] * 4, 0)
    assert evaluation.consequences == Agreement(SMALL.snvs + SMALL.indels, ())
    assert Bounds().missed_by(evaluation) == ()


def test_evaluate_removed_calls_lower_recall_alone(small_exome: DemoExome, tmp_path: Path) -> None:
    def without_some(records: list[pysam.VariantRecord]) -> list[pysam.VariantRecord]:
        snvs = [record for record in records if _is_snv(record)]
        indels = [record for record in records if not _is_snv(record)]
        return sorted(snvs[5:] + indels[9:], key=lambda r: (r.chrom, r.pos))

    evaluation = evaluate(small_exome, _write_run(small_exome, tmp_path, without_some))
    assert SMALL.snvs == 200
    assert SMALL.indels == 60
    assert (evaluation.snvs.recall.value, evaluation.snvs.precision.value) == (0.975, 1.0)
    assert (evaluation.indels.recall.value, evaluation.indels.precision.value) == (0.85, 1.0)
    assert Bounds().missed_by(evaluation) == (
        "SNV recall 0.9750 is below 0.98",
        "indel recall 0.8500 is below 0.9",
    )


def test_evaluate_wrong_alleles_lower_recall_and_precision(
    small_exome: DemoExome, tmp_path: Path
) -> None:
    def with_wrong_alleles(records: list[pysam.VariantRecord]) -> list[pysam.VariantRecord]:
        for record in [record for record in records if _is_snv(record)][:8]:
            record.alts = (_other_base(record),)
        return records

    evaluation = evaluate(small_exome, _write_run(small_exome, tmp_path, with_wrong_alleles))
    assert evaluation.snvs == Tally(true=200, found=192, called=200, right=192, other_genotypes=0)
    assert (evaluation.snvs.recall.value, evaluation.snvs.precision.value) == (0.96, 0.96)


def test_evaluate_added_calls_lower_precision_alone(small_exome: DemoExome, tmp_path: Path) -> None:
    def with_more_alleles(records: list[pysam.VariantRecord]) -> list[pysam.VariantRecord]:
        heterozygous = [record for record in records if record.samples[0]["GT"] == (0, 1)]
        for record in [record for record in heterozygous if _is_snv(record)][:10]:
            record.alts = (record.alts[0], _other_base(record))
            record.samples[0]["GT"] = (1, 2)
        return records

    evaluation = evaluate(small_exome, _write_run(small_exome, tmp_path, with_more_alleles))
    assert (evaluation.snvs.found, evaluation.snvs.true) == (200, 200)
    assert evaluation.snvs.precision.value == 200 / 210
    assert Bounds().missed_by(evaluation) == ("SNV precision 0.9524 is below 0.99",)


def test_evaluate_other_genotypes_are_neither_found_nor_right(
    small_exome: DemoExome, tmp_path: Path
) -> None:
    def with_other_genotypes(records: list[pysam.VariantRecord]) -> list[pysam.VariantRecord]:
        for record in [record for record in records if _is_snv(record)][:10]:
            record.samples[0]["GT"] = (1, 1) if record.samples[0]["GT"] == (0, 1) else (0, 1)
        return records

    evaluation = evaluate(small_exome, _write_run(small_exome, tmp_path, with_other_genotypes))
    assert evaluation.snvs == Tally(200, 190, 200, 190, other_genotypes=10)


def test_evaluate_against_a_shuffled_truth_misses_every_variant_bound(
    small_exome: DemoExome, tmp_path: Path
) -> None:
    results = _write_run(small_exome, tmp_path)
    shuffled = tmp_path / "shuffled.vcf"
    genome = pysam.FastaFile(str(small_exome.reference))
    with pysam.VariantFile(str(small_exome.truth)) as truth:
        lines = [str(truth.header)]
        for record in truth:
            base = genome.fetch(record.chrom, record.pos + 6, record.pos + 7)
            alt = {"A": "C", "C": "G", "G": "T", "T": "A"}[base]
            alt = alt if _is_snv(record) else base + alt
            lines.append(f"{record.chrom}\t{record.pos + 7}\t.\t{base}\t{alt}\t.\t.\t.\tGT\t0/1\n")
    genome.close()
    shuffled.write_text("".join(lines))
    evaluation = evaluate(replace(small_exome, truth=shuffled), results)
    assert evaluation.snvs.found == evaluation.indels.found == 0
    assert len(Bounds().missed_by(evaluation)) == 4


def test_evaluate_against_shuffled_consequences_misses_their_bound(
    small_exome: DemoExome, tmp_path: Path
) -> None:
    results = _write_run(small_exome, tmp_path)
    header, *rows = small_exome.expected.read_text().splitlines()
    fields = [row.split("\t") for row in rows]
    for n, row in enumerate(fields):
        row[7] = rows[n - 1].split("\t")[7]
    shuffled = tmp_path / "expected.tsv"
    shuffled.write_text("\n".join([header, *("\t".join(row) for row in fields)]) + "\n")
    evaluation = evaluate(replace(small_exome, expected=shuffled), results)
    assert evaluation.consequences.fraction < 0.6
    (missed,) = Bounds().missed_by(evaluation)
    assert missed.startswith("consequence agreement")
