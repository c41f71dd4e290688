"""The summary page: snpEff's statistics as tables and charts, without scripts or external
resources.

snpEff's own page loads its charts from an external service, to which it sends the counts over plain
HTTP, and writes names of contigs and samples unescaped into its HTML. This page has the same
sections in the same order; text is escaped, and the charts are inline SVG.
"""

import html
from collections.abc import Iterable, Iterator
from itertools import pairwise

from jobkit.snpeff_statistics import Section, Series, read_sections

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 75rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
h3 { font-size: .95rem; margin: 1rem 0 .2rem }
nav a { margin-right: .9rem; white-space: nowrap }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .55rem; border-bottom: 1px solid #ddd; text-align: left }
th { background: #f3f3f3 } td.number { text-align: right; overflow-wrap: normal }
td.bar { min-width: 14rem } td.bar span { display: block; height: .8rem; background: #3b76af }
svg { width: 100%; max-width: 60rem; height: 9rem; background: #fafafa }
svg rect { fill: #3b76af } .axis { display: flex; justify-content: space-between; max-width: 60rem;
  color: #555; font-size: .8rem }
"""
_TITLES = {"Variantss by type": "Variants by type"}  # snpEff's typo
_BARS = 100  # of a chart
_MOST_CHARTS = 200  # a draft genome has a hundred thousand contigs
_SQUARES = {"Base changes", "Codon change table", "Amino acid change table"}


def summary_page(statistics: str, subject: str) -> str:
    """The page; `subject` is who has the variants.

    Raises:
        ValueError: `statistics` are not snpEff's.
    """
    sections = [section for section in read_sections(statistics) if section.title]
    if not any(section.title.startswith("Summary") for section in sections):
        raise ValueError("there is no summary table among snpEff's statistics")
    return "\n".join(_page(sections, f"snpEff summary of {subject}")) + "\n"


def _page(sections: list[Section], title: str) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'  # at the start
    yield '<meta charset="utf-8">'
    yield f"<title>{_text(title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield f"</head><body><h1>{_text(title)}</h1>"
    links = (
        f'<a href="#s{number}">{_title(section)}</a>' for number, section in enumerate(sections)
    )
    yield f"<nav>{' '.join(links)}</nav>"
    for number, section in enumerate(sections):
        yield f'<section id="s{number}"><h2>{_title(section)}</h2>'
        yield from _charts(section.series) if section.series else _table(section)
        yield "</section>"
    yield "</body></html>"


def _title(section: Section) -> str:
    return _text(_TITLES.get(section.title, section.title))


def _table(section: Section) -> Iterator[str]:
    headings, *rows = section.rows
    with_bars = headings[-1] == "Percent"
    largest = max((_number(cell) or 0.0 for row in rows for cell in row[1:]), default=0.0)
    yield '<div class="wide"><table>'
    if rows:
        shown = (*headings, "") if with_bars else headings
        yield f"<tr>{''.join(f'<th>{_text(heading)}</th>' for heading in shown)}</tr>"
    for row in rows or [headings]:
        shade = largest if section.title in _SQUARES else 0.0
        bar = _bar(row[-1]) if with_bars and len(row) == len(headings) else ""
        name, *numbers = row
        cells = "".join(_cell(cell, shade) for cell in numbers)
        yield f"<tr><td>{_text(name)}</td>{cells}{bar}</tr>"
    yield "</table></div>"


def _cell(cell: str, largest: float) -> str:
    number = _number(cell)
    if number is None:
        return f"<td>{_text(cell)}</td>"
    shade = f' style="background:rgba(59,118,175,{number / largest:.2f})"' if largest else ""
    return f'<td class="number"{shade}>{_text(cell)}</td>'


def _bar(percent: str) -> str:
    share = _number(percent)
    if share is None:
        return ""
    return f'<td class="bar"><span style="width:{min(max(share, 0.0), 100.0):.2f}%"></span></td>'


def _charts(series: Iterable[Series]) -> Iterator[str]:
    charts = list(series)
    for each in charts[:_MOST_CHARTS]:
        if each.name:
            yield f"<h3>{_text(each.name)}</h3>"
        yield from _chart(each)
    if len(charts) > _MOST_CHARTS:
        yield f"<p>And {len(charts) - _MOST_CHARTS:,} more, which are not drawn.</p>"


def _chart(series: Series) -> Iterator[str]:
    """Bars for the counts; many values are grouped into ranges of equal width."""
    low, high = min(series.values), max(series.values)
    step = max((high - low) / _BARS, _narrowest(series.values))
    bars: dict[int, float] = {}
    for value, count in zip(series.values, series.counts, strict=True):
        place = round((value - low) / step)
        bars[place] = bars.get(place, 0.0) + count
    tallest, width = max(bars.values()) or 1.0, max(bars) + 1
    yield f'<svg viewBox="0 0 {width} 100" preserveAspectRatio="none" role="img">'
    for place, count in bars.items():
        height = 100 * count / tallest
        label = f"{low + place * step:g}: {count:g}"
        yield (
            f'<rect x="{place + 0.05}" y="{100 - height:.2f}" width="0.9" height="{height:.2f}">'
            f"<title>{label}</title></rect>"
        )
    yield "</svg>"
    yield (
        f'<div class="axis"><span>{low:g}</span><span>highest bar: {tallest:g}</span>'
        f"<span>{high:g}</span></div>"
    )


def _narrowest(values: tuple[float, ...]) -> float:
    ordered = sorted(set(values))
    return min((b - a for a, b in pairwise(ordered)), default=1.0)


def _number(cell: str) -> float | None:
    try:
        return float(cell.rstrip("% "))
    except ValueError:
        return None


def _text(text: str) -> str:
    return html.escape(text)
