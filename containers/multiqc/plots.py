"""The plots of a sample's quality: what each shows, of which figures: pure."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from multiqc import tables
from multiqc.charts import FIRST, NoPlot, Plot, Row, counted, field, named, two_colours

_SHARES = {"format": ".0%"}
_MOST_BARS = 80  # of a histogram
_MOST_CYCLES = 250
_MOST_EFFECTS = 12
_RARE = 0.001  # share of the bases with depths that are not drawn
_DEPTHS = (10, 20, 30)  # that the summary names
_IMPACTS = ("HIGH", "MODERATE", "LOW", "MODIFIER")
_TRANSITIONS = ("A>G", "G>A", "C>T", "T>C")
_BIN = 1 / tables.BALANCE_BINS
_EVEN = range(6, 15)  # bins about 0.3 to 0.7

type Found = Plot | NoPlot


def depth_plots(counts: Mapping[int, int], bases: str) -> tuple[Found, ...]:
    """Bases by their depth, and bases of at least a depth.

    Args:
        counts: bases by depth; the greatest depth is "or more".
        bases: what is counted, as `of the targets`.
    """
    total = sum(counts.values())
    if not total:
        return (NoPlot("Depth", f"no base {bases} was measured"),)
    least = _at_least(counts)
    most = max(depth for depth, share in least.items() if share >= _RARE)
    rows = tuple(
        (depth, round(counts.get(depth, 0) / total, 6), share)
        for depth, share in least.items()
        if depth <= most
    )
    columns = ("depth", "share of bases", "share of the depth or more")
    half = max(depth for depth, share in least.items() if share >= 0.5)
    capped = f" The last is {most}x or more." if most == max(counts) else ""
    shares = (f"{least.get(depth, 0.0):.2%} have {depth}x" for depth in _DEPTHS)
    x = field("depth", title="depth (x)")
    return (
        Plot(
            "depth",
            "Depth",
            f"Shares of the bases {bases} by depth. Half of them have {half}x or more.{capped}",
            columns[:2],
            tuple(row[:2] for row in rows),
            (_area(x, field(columns[1], axis={"format": "~%"})),),
        ),
        Plot(
            "cumulativeDepth",
            "Bases of at least a depth",
            f"Of the bases {bases}, {', '.join(shares)} or more.",
            (columns[0], columns[2]),
            tuple((row[0], row[2]) for row in rows),
            (_area(x, field(columns[2], axis=_SHARES, scale={"domain": [0, 1]})),),
        ),
    )


def _at_least(counts: Mapping[int, int]) -> dict[int, float]:
    """The share of all that has at least each value from the lowest to the greatest."""
    total = sum(counts.values())
    values = range(min(counts), max(counts) + 1)
    below = accumulate((counts.get(value, 0) for value in values), initial=0)
    return {
        value: round((total - less) / total, 6) for value, less in zip(values, below, strict=False)
    }


def insert_size_plot(counts: Mapping[int, int]) -> Found:
    """Pairs of reads by their insert size."""
    title = "Insert size"
    total = sum(counts.values())
    if not total:
        return NoPlot(title, "no pair of reads is aligned to one contig")
    width = _width(max(counts) - min(counts) + 1)
    pairs: dict[int, int] = {}
    for size, count in counts.items():
        pairs[size // width * width] = pairs.get(size // width * width, 0) + count
    half = max(size for size, share in _at_least(counts).items() if share >= 0.5)
    rows = tuple((size, size + width, count) for size, count in sorted(pairs.items()))
    return Plot(
        "insertSize",
        title,
        f"Pairs by the length of their fragment: {total:,} pairs, half of them {half} bases or "
        f"longer, drawn in steps of {width}.",
        ("from (bases)", "below (bases)", "pairs"),
        rows,
        (
            {
                "mark": {"type": "bar", "color": FIRST, "binSpacing": 0},
                "encoding": {
                    "x": field("from (bases)", title="insert size (bases)", bin="binned"),
                    "x2": {"field": "below (bases)"},
                    "y": counted("pairs"),
                },
            },
        ),
    )


def _width(spread: int) -> int:
    """A round width of bars, of which _MOST_BARS or fewer are needed."""
    tens = (int("1" + "0" * zeros) for zeros in range(10))  # more than any insert size
    widths = (digit * ten for ten in tens for digit in (1, 2, 5))
    return next(width for width in widths if spread <= width * (_MOST_BARS - 1))


def quality_plot(stats: str) -> Found:
    """Mean base quality by cycle of the sequencer."""
    title = "Base quality"
    reads = {
        name: tables.mean_qualities(stats, section, _MOST_CYCLES)
        for name, section in (("read 1", "FFQ"), ("read 2", "LFQ"))
    }
    rows = tuple((cycle, name, mean) for name, of in reads.items() for cycle, mean in of.items())
    if not rows:
        return NoPlot(title, "the reads have no qualities")
    colour = two_colours("read", *reads)
    ends = (
        f"{name} from {of[min(of)]:.1f} in its first cycle to {of[max(of)]:.1f} in its last"
        for name, of in reads.items()
        if of
    )
    dash = {"domain": list(reads), "range": [[1, 0], [5, 3]]}
    return Plot(
        "baseQuality",
        title,
        f"Mean Phred quality by cycle of all reads: {', '.join(ends)}.",
        ("cycle", "read", "mean quality"),
        rows,
        (
            {
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {
                    "x": counted("cycle", scale={"nice": False}),
                    "y": field("mean quality", scale={"domainMin": 0}),
                    "color": colour,
                    "strokeDash": {**colour, "scale": dash},
                },
            },
        ),
    )


def variant_plots(stats: str) -> Iterator[Found]:
    """Variants by type, indels by length, and substitutions with Ti/Tv."""
    numbers, lengths = tables.summary_numbers(stats), tables.indel_lengths(stats)
    kinds = {
        "SNVs": numbers.get("number of SNPs", 0),
        "insertions": sum(count for length, count in lengths.items() if length > 0),
        "deletions": sum(count for length, count in lengths.items() if length < 0),
        "MNVs": numbers.get("number of MNPs", 0),
        "others": numbers.get("number of others", 0),
    }
    kinds = {kind: count for kind, count in kinds.items() if count}
    title = "Variants by type"
    if kinds:
        said = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        yield _counts("variantTypes", title, f"Of the variants that pass: {said}.", "type", kinds)
    else:
        yield NoPlot(title, "no variant passes the caller's filters")
    yield _lengths_plot(lengths)
    yield _substitutions_plot(tables.substitutions(stats))


def _lengths_plot(lengths: Mapping[int, int]) -> Found:
    title = "Indels by length"
    if not lengths:
        return NoPlot(title, "no insertion or deletion passes the caller's filters")
    rows = tuple(
        (length, "insertions" if length > 0 else "deletions", count)
        for length, count in sorted(lengths.items())
    )
    ones = lengths.get(1, 0) + lengths.get(-1, 0)
    reach = max(map(abs, lengths))
    return Plot(
        "indelLengths",
        title,
        f"Alleles by their length, deletions negative: {ones:,} of {sum(lengths.values()):,} have "
        "one base; those of more than 60 bases count as 60.",
        ("length (bases)", "kind", "alleles"),
        rows,
        (
            {
                "mark": {"type": "bar", "width": max(1, 240 // (2 * reach + 3))},
                "encoding": {
                    "x": field(
                        "length (bases)", scale={"domain": [-reach - 1, reach + 1], "nice": False}
                    ),
                    "y": counted("alleles"),
                    "color": two_colours("kind", "deletions", "insertions"),
                },
            },
        ),
    )


def _substitutions_plot(counts: Mapping[str, int]) -> Found:
    title = "Substitutions and Ti/Tv"
    total = sum(counts.values())
    if not total:
        return NoPlot(title, "no SNV passes the caller's filters")
    kinds = (*_TRANSITIONS, *sorted(counts.keys() - set(_TRANSITIONS)))
    rows = tuple(
        (kind, "transitions" if kind in _TRANSITIONS else "transversions", counts.get(kind, 0))
        for kind in kinds
    )
    transitions = sum(counts.get(kind, 0) for kind in _TRANSITIONS)
    others = total - transitions
    ratio = f"Ti/Tv is {transitions / others:.2f}" if others else "there is no Ti/Tv"
    return Plot(
        "substitutions",
        title,
        f"{transitions:,} transitions and {others:,} transversions: {ratio}.",
        ("substitution", "kind", "SNVs"),
        rows,
        (
            {
                "mark": "bar",
                "encoding": {
                    "x": named("substitution", axis={"labelAngle": -60}),
                    "y": counted("SNVs"),
                    "color": two_colours("kind", "transitions", "transversions"),
                },
            },
        ),
    )


def effects_plot(statistics: str) -> Found:
    """Effects on genes, the most frequent ones."""
    title = "Effects"
    counts = tables.snpeff_counts(statistics, "Count by effects")
    if not counts:
        return NoPlot(title, "snpEff found no variant")
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    shown, rest = dict(ordered[:_MOST_EFFECTS]), ordered[_MOST_EFFECTS:]
    if rest:
        shown[f"{len(rest)} other effects"] = sum(count for _, count in rest)
    impacts = tables.snpeff_counts(statistics, "Effects by impact")
    said = ", ".join(f"{impacts[name]:,} {name}" for name in _IMPACTS if name in impacts)
    by_impact = f" By impact: {said}." if said else ""
    summary = f"Of all variants on each transcript, as snpEff counts them.{by_impact}"
    return _counts("effects", title, summary, "effect", shown)


def balance_plot(calls: Mapping[tuple[str, int], int]) -> Found:
    """The share of reads with the alternate allele, of heterozygous calls."""
    title = "Allele balance"
    total = sum(calls.values())
    if not total:
        return NoPlot(title, "no heterozygous call has counts of its alleles' reads (AD)")
    kinds = (tables.SNV, tables.OTHER_TYPE)
    bins = range(tables.BALANCE_BINS + 1)
    rows: list[Row] = [
        (
            round(max(0.0, (place - 0.5) * _BIN), 3),
            round(min(1.0, (place + 0.5) * _BIN), 3),
            kind,
            calls[kind, place],
        )
        for kind in kinds
        for place in bins
        if (kind, place) in calls
    ]
    even = sum(count for (_, place), count in calls.items() if place in _EVEN)
    return Plot(
        "alleleBalance",
        title,
        f"{total:,} heterozygous calls by their share of reads with the alternate allele: "
        f"{even / total:.1%} are between 0.275 and 0.725.",
        ("from", "below", "type", "calls"),
        tuple(rows),
        (
            {
                "mark": {"type": "bar"},
                "encoding": {
                    "x": field(
                        "from",
                        title="share of reads with the alternate allele",
                        bin="binned",
                        scale={"domain": [0, 1]},
                    ),
                    "x2": {"field": "below"},
                    "y": counted("calls"),
                    "color": two_colours("type", *kinds),
                },
            },
        ),
    )


def _area(x: dict[str, object], y: dict[str, object]) -> dict[str, object]:
    mark = {"type": "area", "color": FIRST, "fillOpacity": 0.25, "line": {"color": FIRST}}
    return {"mark": mark, "encoding": {"x": x, "y": y}}


def _counts(name: str, title: str, summary: str, kind: str, counts: Mapping[str, int]) -> Plot:
    """Bars with their counts, in the order given."""
    room = {"domainMax": 1.2 * max(counts.values()), "nice": False}  # for the greatest number
    axis = {"tickCount": 4, "tickMinStep": 1, "format": "~s"}
    places = {"y": named(kind), "x": field("count", axis=axis, scale=room)}
    return Plot(
        name,
        title,
        summary,
        (kind, "count"),
        tuple(counts.items()),
        (
            {"mark": {"type": "bar", "color": FIRST}, "encoding": places},
            {
                "mark": {"type": "text", "align": "left", "dx": 3},
                "encoding": {**places, "text": field("count", format=",")},
            },
        ),
    )
