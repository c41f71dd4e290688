"""Charts that a job has drawn as SVG, rebuilt of harmless elements only."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

from seqstack.domain.plain_text import one_line

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "text", "tspan"})
_KEPT = frozenset(
    {
        *("d", "transform", "viewBox", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy"),
        *("width", "height", "fill", "fill-opacity", "opacity"),
        *("stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset"),
        *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
        *("text-anchor", "font-family", "font-size", "font-weight", "font-style"),
    }
)
_LEFT_OUT = frozenset({"class", "role", "version", "pointer-events"})
_SIZE = frozenset({"width", "height"})
# numbers, words, and functions such as `translate` and `var`; no address and no escape
_VALUE = re.compile(r"(?!.*url\s*\()[A-Za-z0-9#(),.%+ \n-]*", re.IGNORECASE | re.DOTALL)
_DEEPEST = 40


class NoDrawingError(Exception):
    """The text is no drawing that may be shown; the message says why."""


def drawing(svg: str, label: str, described_by: str) -> Element:
    """The drawing as one image with a label, described by the element of that id.

    Only shapes and text are taken over, with attributes that neither run nor load anything; what
    the drawing says of itself to screen readers is left out, because its data is beside it.

    Raises:
        NoDrawingError: it has anything else, or is no SVG.
    """
    if "<!" in svg:
        raise NoDrawingError("it has a declaration")
    try:
        found = fromstring(svg)  # noqa: S314 - without a declaration, there are no entities
    except (ParseError, ValueError) as error:
        raise NoDrawingError(f"it is no XML: {error}") from error
    if found.tag != f"{_SVG}svg":
        raise NoDrawingError("it is no SVG")
    if "viewBox" not in found.attrib:
        raise NoDrawingError("it has no viewBox")
    made = _rebuilt(found, 0)
    for name in _SIZE & made.attrib.keys():
        del made.attrib[name]
    made.attrib |= {"role": "img", "aria-label": label, "aria-describedby": described_by}
    return made


def _rebuilt(found: Element, depth: int) -> Element:
    tag = found.tag.removeprefix(_SVG)
    if tag not in _ELEMENTS or depth > _DEEPEST or (tag == "svg") != (depth == 0):
        raise NoDrawingError(f"it has <{tag}> {depth} deep")
    made = Element(tag, dict(_attributes(found)))
    if tag in {"text", "tspan"}:
        made.text = one_line(found.text or "")
    made.extend(_rebuilt(each, depth + 1) for each in found if each.get("display") != "none")
    return made


def _attributes(found: Element) -> Iterator[tuple[str, str]]:
    for name, value in found.attrib.items():
        if name in _LEFT_OUT or name.startswith("aria-"):
            continue
        if name not in _KEPT or not _VALUE.fullmatch(value):
            raise NoDrawingError(f"it has the attribute {name}={value!r}")
        yield name, value
