"""Charts in Vega-Lite, and the program that draws them as SVG: pure.

Colours are properties of the page that shows them, so that they follow its light and dark looks.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

type Row = tuple[str | float, ...]
type Channel = dict[str, Any]

FIRST, SECOND = "var(--run)", "var(--second)"
_WIDTH, _HEIGHT = 340, 230
_TEXT = {"labelColor": "currentColor", "titleColor": "currentColor"}
_CONFIG = {
    "background": None,
    "font": "Arial, Helvetica, sans-serif",  # vl-convert knows how wide its letters are
    "view": {"stroke": None},
    "axis": {
        **_TEXT,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titlePadding": 8,  # labels can be wider than their font here is
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "gridColor": "currentColor",
        "gridOpacity": 0.15,
        "labelLimit": 150,
        "labelFlush": False,
        "labelOverlap": True,
        "tickCount": 5,
    },
    "legend": {**_TEXT, "labelFontSize": 11, "orient": "top", "title": None},
    "text": {"color": "currentColor", "fontSize": 11},
}
# It asks nothing of a network: the charts have their data, and no address is allowed.
_DRAW = """
import json, sys, vl_convert
charts = json.load(open(sys.argv[1]))
draw = vl_convert.vegalite_to_svg
drawn = {name: draw(chart, allowed_base_urls=[]) for name, chart in charts.items()}
by = f"Vega-Lite {vl_convert.get_vegalite_versions()[-1]}, vl-convert {vl_convert.__version__}"
json.dump({"drawnBy": by, "drawings": drawn}, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with what it says, its data and Vega-Lite's layers.

    Attributes:
        name: a word.
        title: what is shown.
        summary: a sentence for those who can't see it.
        columns: names of the data's columns, which are the fields of the layers.
        rows: the data.
        layers: Vega-Lite's marks and encodings.
    """

    name: str
    title: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    layers: tuple[Mapping[str, Any], ...]

    def as_vega_lite(self) -> dict[str, Any]:
        """The chart for Vega-Lite 6."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "width": _WIDTH,
            "height": _HEIGHT,
            "autosize": {"type": "fit", "contains": "padding"},
            "padding": {"left": 14, "right": 8, "top": 4, "bottom": 4},  # for wider letters
            "data": {"values": [dict(zip(self.columns, row, strict=True)) for row in self.rows]},
            "layer": list(self.layers),
            "config": _CONFIG,
        }


@dataclass(frozen=True, slots=True)
class NoPlot:
    """A chart that this sample does not have, and why."""

    title: str
    why: str


def build_draw_command(python: Path, charts: Path) -> list[str]:
    """MultiQC's Python draws the charts of a file, to stdout."""
    return [str(python), "-I", "-c", _DRAW, str(charts)]


def charts_text(plots: Sequence[Plot]) -> str:
    """The file of charts that is drawn."""
    return json.dumps({plot.name: plot.as_vega_lite() for plot in plots})


def plots_document(
    sample_id: str, plots: Sequence[Plot], missing: Sequence[NoPlot], drawn: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of `qc/plots.json`."""
    return {
        "schemaVersion": 1,
        "sampleId": sample_id,
        "drawnBy": drawn["drawnBy"],
        "plots": [
            {
                "name": plot.name,
                "title": plot.title,
                "summary": plot.summary,
                "columns": plot.columns,
                "rows": plot.rows,
                "svg": drawn["drawings"][plot.name],
            }
            for plot in plots
        ],
        "missing": [{"title": each.title, "why": each.why} for each in missing],
    }


def field(name: str, **more: Any) -> Channel:
    """A channel of numbers, titled by its column."""
    return {"field": name, "type": "quantitative", "title": name, **more}


def counted(name: str, **more: Any) -> Channel:
    """A channel of whole numbers, titled by its column."""
    return field(name, axis={"tickMinStep": 1}, **more)


def named(name: str, **more: Any) -> Channel:
    """A channel of names, in the order of the data."""
    return {"field": name, "type": "nominal", "title": None, "sort": None, **more}


def two_colours(name: str, first: str, second: str) -> Channel:
    """A channel that tells two names apart, with a legend."""
    scale = {"domain": [first, second], "range": [FIRST, SECOND]}
    return named(name, scale=scale, sort=[first, second], legend={})
