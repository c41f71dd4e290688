"""Regions of a BED file."""

import gzip
from pathlib import Path

import pytest

from cli.accuracy.regions import Regions
from cli.errors import CliError


def bed(folder: Path, text: str, name: str = "some.bed") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_regions_are_merged_and_half_open(tmp_path: Path) -> None:
    text = "track name=x\n# comment\nc\t10\t20\tname\nc\t0\t5\r\nc\t15\t30\n\nd\t1\t2\n"
    regions = Regions.of_bed(bed(tmp_path, text))

    assert regions.contigs == ("c", "d")
    assert regions.bases == 5 + 20 + 1
    assert [pos for pos in range(40) if regions.has("c", pos)] == [*range(1, 6), *range(11, 31)]
    assert [pos for pos in range(4) if regions.has("d", pos)] == [2]
    assert not regions.has("e", 1)


def test_contig_whose_name_begins_as_a_track_line_is_a_contig(tmp_path: Path) -> None:
    assert Regions.of_bed(bed(tmp_path, "track1\t0\t5\nbrowser2\t0\t5\n")).bases == 10


def test_compressed_bed_is_read_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "named.bed"
    path.write_bytes(gzip.compress(b"c\t0\t5\n"))
    assert Regions.of_bed(path).bases == 5


def test_bases_in_both(tmp_path: Path) -> None:
    one = Regions.of_bed(bed(tmp_path, "c\t0\t10\nc\t20\t30\nd\t0\t9\n"))
    other = Regions.of_bed(bed(tmp_path, "c\t5\t22\nc\t28\t29\ne\t0\t9\n"))
    for both in (one.within(other), other.within(one)):
        assert both.contigs == ("c",)
        assert [pos for pos in range(40) if both.has("c", pos)] == [6, 7, 8, 9, 10, 21, 22, 29]
    with pytest.raises(CliError, match="no base in common"):
        one.within(Regions.of_bed(bed(tmp_path, "c\t10\t20\n")))


@pytest.mark.parametrize(
    "line", ["c\t5", "c 5 9", "c\t9\t5", "c\t5\t5", "c\t-1\t5", "c\tx\t5", "\t1\t2"]
)
def test_line_that_is_no_region_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(CliError, match=r"some.bed, line 2: not a region"):
        Regions.of_bed(bed(tmp_path, f"c\t1\t2\n{line}\n"))


def test_bed_without_regions_or_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="has no region"):
        Regions.of_bed(bed(tmp_path, "# nothing\n"))
    with pytest.raises(CliError, match="can't be read"):
        Regions.of_bed(tmp_path / "missing.bed")
    cut = tmp_path / "cut.bed"
    cut.write_bytes(gzip.compress(b"c\t0\t5\n" * 99)[:-9])
    with pytest.raises(CliError, match="can't be read"):
        Regions.of_bed(cut)
