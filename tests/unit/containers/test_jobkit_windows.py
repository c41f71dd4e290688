import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobkit.windows import Interval, as_bed, begun_earlier, plan_windows, within

MEGABASE = 1_000_000


def test_plan_windows_cuts_a_small_genome_for_two_workers() -> None:
    windows = plan_windows({"chr1": 400_000, "chr2": 150_000, "chr3": 50_000})
    assert windows == [
        (Interval("chr1", 0, 200_000),),
        (Interval("chr1", 200_000, 400_000),),
        (Interval("chr2", 0, 150_000), Interval("chr3", 0, 50_000)),
    ]


def test_plan_windows_of_a_human_like_genome_are_ten_megabases_and_few() -> None:
    contigs = {f"chr{n}": 130 * MEGABASE for n in range(24)}
    contigs |= {f"decoy{n}": 1000 for n in range(3000)}
    windows = plan_windows(contigs)
    assert len(windows) == 24 * 13 + 1
    assert max(sum(item.end - item.start for item in row) for row in windows) == 10 * MEGABASE


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 30 * MEGABASE), max_size=30))
def test_plan_windows_cover_every_base_once_in_order(contigs: dict[str, int]) -> None:
    pieces = [item for window in plan_windows(contigs) for item in window]
    joined: dict[str, int] = {}
    for item in pieces:
        assert item.start == joined.get(item.contig, 0)
        assert item.end > item.start
        joined[item.contig] = item.end
    assert joined == contigs
    assert list(joined) == list(contigs)


def test_as_bed_takes_names_that_regions_cannot() -> None:
    window = (Interval("HLA-A*01:01:01", 0, 3503), Interval("a,b", 5, 9))
    assert as_bed(window) == "HLA-A*01:01:01\t0\t3503\na,b\t5\t9\n"


@pytest.mark.parametrize("length", [1, 199_999, 200_000, 200_001])
def test_plan_windows_of_one_contig_near_the_least_size_is_one_window(length: int) -> None:
    assert plan_windows({"c": length}) == [(Interval("c", 0, length),)]


def test_within_takes_the_parts_of_windows_that_regions_have() -> None:
    windows = [
        (Interval("a", 0, 100),),
        (Interval("a", 100, 200),),
        (Interval("b", 0, 10), Interval("c", 0, 20)),
    ]
    regions = [Interval("a", 50, 60), Interval("a", 70, 130), Interval("c", 5, 20)]

    assert within(windows, regions) == [
        (Interval("a", 50, 60), Interval("a", 70, 100)),
        (Interval("a", 100, 130),),
        (Interval("c", 5, 20),),
    ]
    assert within(windows, [Interval("a", 200, 201)]) == []


def test_begun_earlier_stays_within_limits_and_joins_what_touches() -> None:
    windows = [
        (Interval("a", 50, 60), Interval("a", 100, 120), Interval("a", 200, 210)),
        (Interval("a", 300, 400), Interval("b", 5, 20)),
    ]
    contigs = [Interval("a", 0, 400), Interval("b", 0, 20)]
    regions = [Interval("a", 50, 60), Interval("a", 100, 120), Interval("a", 200, 400), contigs[1]]

    assert begun_earlier(windows, 60, contigs) == [
        (Interval("a", 0, 120), Interval("a", 140, 210)),
        (Interval("a", 240, 400), Interval("b", 0, 20)),
    ]
    assert begun_earlier(windows, 60, regions) == [
        windows[0],
        (Interval("a", 240, 400), Interval("b", 0, 20)),
    ]
