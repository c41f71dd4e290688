"""Parse a page like a browser, and find everything in it that could run or load something."""

import re
from html.parser import HTMLParser

# that neither run nor load anything by their being there
_QUIET = frozenset(
    {
        *("html", "head", "meta", "title", "style", "body", "nav", "section", "h1", "h2", "h3"),
        *("a", "p", "div", "span", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect"),
    }
)
_LOADS_IN_CSS = re.compile(r"url\s*\(|@import|expression|image-set|\\\\", re.IGNORECASE)


class HtmlPage(HTMLParser):
    """Its elements, attributes and text; `active` are parts that may not be harmless."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.active: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag not in _QUIET:
            self.active.append(f"<{tag}>")
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if self._is_active(name, value or ""):
                self.active.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cdata_elem == "style" and _LOADS_IN_CSS.search(data):
            self.active.append(f"<style>{data}")

    @staticmethod
    def _is_active(name: str, value: str) -> bool:
        if name == "href":
            return not value.startswith("#")  # elsewhere in the page
        if name == "style":
            return bool(_LOADS_IN_CSS.search(value))
        if name == "http-equiv":
            return value != "Content-Security-Policy"
        loads = {"src", "srcset", "srcdoc", "data", "action", "formaction", "background", "poster"}
        return name.startswith("on") or name in loads or name.endswith(":href")
