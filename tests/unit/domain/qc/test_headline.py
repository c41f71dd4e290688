"""A sample's quality in one line leaves out what was not measured."""

from seqstack.domain.qc.headline import headline


def test_exome_shows_the_depth_of_its_targets() -> None:
    metrics = {
        "reads": 1_234_567,
        "alignedRate": 0.9981,
        "duplicateRate": 0.0812,
        "meanDepth": 1.2,
        "meanTargetDepth": 78.44,
        "targetBasesAt20x": 0.968,
        "variants": 41_234,
        "sex": "female",
    }

    assert headline(metrics) == (
        "1,234,567 reads, 99.8% aligned, 8.1% duplicates, targets 78.4x, 96.8% of them at 20x, "
        "41,234 variants, sex female"
    )


def test_genome_shows_its_depth() -> None:
    assert headline({"reads": 10, "meanDepth": 31.26}) == "10 reads, depth 31.3x"


def test_nothing_measured_is_empty() -> None:
    assert headline({}) == ""
