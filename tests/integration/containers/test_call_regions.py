"""Calls inside of padded targets are those of the whole genome, and there are none outside."""

from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, copy_alignment
from tests.integration.containers.simulated import Sample

PADDING = 50
# Two of one window of a contig, two that touch once they are padded, and one at a contig's end.
TARGETS = [
    ("chr1", 10_000, 22_000),
    ("chr1", 22_080, 30_000),
    ("chr1", 60_000, 61_000),
    ("chr2", 20_000, 45_000),
    ("chr2", 59_000, 60_000),
]
CALLED = [
    ("chr1", 9_950, 30_050),
    ("chr1", 59_950, 61_050),
    ("chr2", 19_950, 45_050),
    ("chr2", 58_950, 60_000),
]
NEAR = 20  # bases within which a caller may see a variant otherwise

type Call = tuple[str, int, str, tuple[str, ...], tuple[int | None, ...]]


def region_of(contig: str, position: int) -> tuple[str, int, int] | None:
    """The called region with a position, from 0."""
    within = (each for each in CALLED if each[0] == contig and each[1] <= position < each[2])
    return next(within, None)


def is_inside(call: Call) -> bool:
    """True for a call in a region, and not near its end."""
    region = region_of(call[0], call[1] - 1)
    return region is not None and all(
        region_of(call[0], max(0, call[1] + shift)) == region or region[2] == 60_000
        for shift in (-NEAR, NEAR + len(call[2]))
    )


def is_call(record: pysam.VariantRecord) -> bool:
    """True for a record that is no block of reference."""
    return record.alts not in (None, ("<*>",))


def call(entry: Entry, s3: Any, out: str, tool: str, given: list[str], folder: Path) -> list[Call]:
    ended = entry.run(tool, *given, timeout=600)
    assert ended.code == 0, ended.log
    for name in ("variants.vcf.gz", "genome.vcf.gz", "genome.vcf.gz.tbi"):
        key = f"{out.removeprefix(f's3://{BUCKET}/')}/vcf/variants/{name}"
        s3.download_file(BUCKET, key, str(folder / name))
    with pysam.VariantFile(str(folder / "variants.vcf.gz")) as records:
        return [
            (each.chrom, each.pos, str(each.ref), each.alts or (), each.samples[0]["GT"])
            for each in records
        ]


@pytest.mark.parametrize("tool", ["bcftools", pytest.param("freebayes", marks=pytest.mark.long)])
def test_calls_in_padded_targets_are_those_without_targets(
    entry: Entry, s3: Any, staged: str, aligned: str, sample: Sample, tmp_path: Path, tool: str
) -> None:
    out = f"s3://{BUCKET}/regions/{tool}"
    copy_alignment(s3, aligned, out)
    bed = "".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in TARGETS)
    s3.put_object(Bucket=BUCKET, Key=f"regions/{tool}/targets.bed", Body=bed.encode())
    options = [f"--targets_s3_path={out}/targets.bed", f"--target_padding={PADDING}"]

    everywhere = call(entry, s3, out, tool, arguments.caller(staged, out), tmp_path)
    given = arguments.caller(staged, out, *options)
    targeted = call(entry, s3, out, tool, given, tmp_path)

    assert all(region_of(found[0], found[1] - 1) for found in targeted)
    inside = {found for found in everywhere if is_inside(found)}
    assert {found for found in targeted if is_inside(found)} == inside
    planted = {variant.key for variant in sample.variants if variant.is_snv}
    assert len(planted & {(*found[:3], found[3][0]) for found in inside}) > 20
    with pysam.VariantFile(str(tmp_path / "genome.vcf.gz")) as records:
        told = list(records)
    for each in told:
        region = region_of(each.chrom, each.start)
        assert region is not None, f"{each} begins outside"
        reaches = NEAR if is_call(each) else 0  # a deletion may begin at a region's last base
        assert each.stop <= region[2] + reaches, f"{each} ends outside"
        if each.stop == region[2] and not is_call(each):
            assert each.samples[0]["DP"] > 30, f"the gap's bases are in the mean depth: {each}"
    for region in CALLED:
        reach = region[1]
        for each in told:
            if region_of(each.chrom, each.start) == region:
                assert each.start <= reach, f"a gap before {each}"
                reach = max(reach, each.stop)
        assert reach >= region[2] - (region[2] == 60_000)  # which freebayes loses
