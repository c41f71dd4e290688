"""The plots of a sample: what they count, worked out by hand from the tools' tables."""

from collections.abc import Sequence

import pytest

from multiqc import tables
from multiqc.charts import NoPlot, Plot, charts_text
from multiqc.plots import depth_plots, insert_size_plot
from tests.support.sample_statistics import ANNOTATION, BAM_STATS, HS, INSERT_SIZES, found_plots


def plot(name: str, found: Sequence[Plot | NoPlot] | None = None) -> Plot:
    (wanted,) = (
        each for each in found or found_plots() if isinstance(each, Plot) and each.name == name
    )
    return wanted


def test_depth_counts_every_base_once() -> None:
    shown = plot("depth")

    assert shown.rows == (
        *((0, 0.1), (1, 0.4), *((depth, 0.0) for depth in range(2, 10))),
        *((10, 0.3), (11, 0.2)),
    )
    assert "of the reference by depth. Half of them have 10x or more." in shown.summary
    assert "The last is 11x or more." in shown.summary


def test_cumulative_depth_includes_the_depth_itself() -> None:
    shown = plot("cumulativeDepth")

    assert dict(shown.rows)[0] == 1.0
    assert dict(shown.rows)[1] == 0.9
    assert dict(shown.rows)[2] == 0.5
    assert dict(shown.rows)[10] == 0.5
    assert dict(shown.rows)[11] == 0.2
    assert "50.00% have 10x, 0.00% have 20x" in shown.summary


def test_depth_of_targets_is_not_picards_count_of_qualities() -> None:
    shown = plot("depth", found_plots(coverage=HS))

    assert shown.rows == ((0, 0.25), (1, 0.75))
    assert "of the targets" in shown.summary
    assert "or more." in shown.summary
    assert "The last is" not in shown.summary  # picard counts further


def test_depth_without_picard_is_of_covered_bases_and_says_so() -> None:
    shown = plot("depth", found_plots(coverage=None))

    assert shown.rows == ((1, 0.75), (2, 0.0), (3, 0.25))
    assert "of the bases with a read, duplicates included" in shown.summary


def test_rare_depths_are_not_drawn_but_counted() -> None:
    depth, cumulative = depth_plots({0: 500_000, 10: 499_999, 9000: 1}, "of it")

    assert isinstance(depth, Plot)
    assert isinstance(cumulative, Plot)
    assert depth.rows[-1] == (10, 0.499999)
    assert len(depth.rows) == 11
    assert cumulative.rows[-1] == (10, 0.5)


def test_insert_sizes_are_of_all_orientations_in_steps_of_a_round_number() -> None:
    shown = plot("insertSize")

    # 202 sizes in at most 80 bars: steps of 5
    assert shown.rows == ((295, 300, 11), (300, 305, 20), (500, 505, 1))
    assert "32 pairs, half of them 300 bases or longer, drawn in steps of 5" in shown.summary


def test_insert_sizes_without_picard_are_of_samtools_without_zero() -> None:
    shown = plot("insertSize", found_plots(insert_sizes=None))

    assert shown.rows == ((150, 151, 2), (152, 153, 1))


@pytest.mark.parametrize(
    ("most", "width"), [(78, 1), (79, 2), (157, 2), (158, 5), (394, 5), (395, 10), (8000, 200)]
)
def test_insert_sizes_have_80_bars_at_most(most: int, width: int) -> None:
    shown = insert_size_plot(dict.fromkeys(range(most + 1), 1))

    assert isinstance(shown, Plot)
    assert shown.rows[0] == (0, width, width)
    assert len(shown.rows) <= 80
    assert sum(int(row[2]) for row in shown.rows) == most + 1


def test_base_quality_is_the_mean_of_each_cycle() -> None:
    shown = plot("baseQuality")

    # (1 * 2 + 3 * 4) / 4; a cycle without a base has no mean
    assert shown.rows == ((1, "read 1", 3.5), (2, "read 1", 2.0), (1, "read 2", 3.0))
    assert "read 1 from 3.5 in its first cycle to 2.0 in its last" in shown.summary


def test_cycles_of_long_reads_are_joined_by_their_bases() -> None:
    stats = "FFQ\t1\t0\t3\nFFQ\t2\t0\t0\t0\t1\nFFQ\t3\t1\nFFQ\t4\t0\t1\n"

    assert tables.mean_qualities(stats, "FFQ", 2) == {1: 1.5, 3: 0.5}
    assert tables.mean_qualities(stats, "FFQ", 4) == {1: 1, 2: 3, 3: 0, 4: 1}


def test_variants_by_type_leave_out_what_there_is_none_of() -> None:
    assert plot("variantTypes").rows == (
        *(("SNVs", 12), ("insertions", 3), ("deletions", 3), ("MNVs", 1)),
    )


def test_indels_by_length_have_deletions_below_zero() -> None:
    shown = plot("indelLengths")

    assert shown.rows == (*((-2, "deletions", 1), (-1, "deletions", 2), (1, "insertions", 3)),)
    assert "5 of 6 have one base" in shown.summary


def test_substitutions_are_transitions_first_and_say_titv() -> None:
    shown = plot("substitutions")

    assert shown.rows == (
        ("A>G", "transitions", 4),
        ("G>A", "transitions", 0),
        ("C>T", "transitions", 5),
        ("T>C", "transitions", 0),
        ("A>C", "transversions", 1),
        ("G>T", "transversions", 2),
    )
    assert shown.summary == "9 transitions and 3 transversions: Ti/Tv is 3.00."


def test_allele_balance_is_of_calls_that_have_reads_of_two_alleles() -> None:
    shown = plot("alleleBalance")

    assert shown.rows == (
        (0.075, 0.125, "SNVs", 1),
        (0.475, 0.525, "SNVs", 1),
        (0.975, 1.0, "indels and others", 1),
    )
    assert shown.summary.startswith("3 heterozygous calls")
    assert "33.3% are between 0.275 and 0.725" in shown.summary


@pytest.mark.parametrize(
    ("reads", "place"),
    # bins are 0.05 wide, and 0.475 is the edge of the one about 0.5
    [("21,19", 10), ("210,189", 9), ("19,21", 11), ("39,1", 1), ("40,1", 0), ("0,3", 20)],
)
def test_calls_are_put_into_the_bin_about_their_share(reads: str, place: int) -> None:
    assert tables.allele_balance([f"SNP\t{reads}\n"]) == {("SNVs", place): 1}


def test_rarer_effects_are_counted_together() -> None:
    rows = "".join(f"effect{n:02} , {100 - n} , 1% \n" for n in range(14))
    shown = plot("effects", found_plots(annotation=f"# Count by effects\n\nA , B , C\n{rows}"))

    assert shown.rows[:2] == (("effect00", 100), ("effect01", 99))
    assert shown.rows[11:] == (("effect11", 89), ("2 other effects", 88 + 87))


def test_effects_say_their_impacts_from_high_to_modifier() -> None:
    shown = plot("effects")

    assert shown.rows == (("intergenic_region", 6), ("stop_gained", 2))
    assert shown.summary.endswith("By impact: 2 HIGH, 6 MODIFIER.")


def test_name_of_an_effect_is_data_of_the_chart() -> None:
    hostile = "</script><img src=x>"
    text = charts_text(
        [plot("effects", found_plots(annotation=ANNOTATION.replace("stop_gained", hostile)))]
    )

    assert '{"effect": "</script><img src=x>", "count": 2}' in text


def test_sample_without_variants_and_pairs_has_other_plots_and_says_which_not() -> None:
    found = found_plots(
        annotation="# Summary table\n\nName , Value\nGenome , x\n",
        calls=(),
        insert_sizes=INSERT_SIZES.partition("## HISTOGRAM")[0],
    )

    missing = {each.title: each.why for each in found if isinstance(each, NoPlot)}
    assert missing == {
        "Insert size": "no pair of reads is aligned to one contig",
        "Allele balance": "no heterozygous call has counts of its alleles' reads (AD)",
        "Effects": "snpEff found no variant",
    }
    assert len(found) == 9


def test_table_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        tables.covered_depths(BAM_STATS.replace("[1-1]\t1\t30", "[1-1]\t1\tmany"))
