"""Whole pages: the frame around their content, and pages for errors."""

from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files as package_files
from xml.etree.ElementTree import Element, tostring

from werkzeug.wrappers import Request, Response

from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.ui.guard import FORM_TOKEN, Guard
from cli.ui.links import ResultLinks
from cli.ui.marks import hidden, link
from cli.ui.references import KnownReferences
from seqstack.domain.plain_text import harmless
from seqstack.report.html import Content, element

_STATUS = {
    ExitCode.USAGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExitCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ExitCode.NO_ACCESS: HTTPStatus.FORBIDDEN,
    ExitCode.CONFLICT: HTTPStatus.CONFLICT,
}
_TITLES = {
    HTTPStatus.UNPROCESSABLE_ENTITY: "This can't be used",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.FORBIDDEN: "No access",
    HTTPStatus.CONFLICT: "Not possible now",
    HTTPStatus.BAD_GATEWAY: "No answer from the stack",
}
_NAVIGATION = (
    ("Runs", "runs"),
    ("Cohorts", "cohorts"),
    ("Costs", "costs"),
    ("Start a run", "start"),
)


@dataclass(frozen=True, slots=True)
class Ui:
    """What every page needs: the stack, as this user's credentials may use it, and the guard.

    `here` is the address of the page below the guard's base.
    """

    session: Session
    guard: Guard
    links: ResultLinks
    references: KnownReferences
    here: str = ""

    @property
    def stack_name(self) -> str:
        """The stack in words."""
        options = self.session.options
        if options.local:
            return f"emulator, port {options.local_port}"
        return options.api_url or options.stack

    def form(self, action: str, *content: Content, class_: str = "") -> Element:
        """A form that changes something."""
        return element(
            "form",
            hidden(FORM_TOKEN, self.guard.form_token),
            *content,
            method="post",
            action=action,
            class_=class_,
        )


@dataclass(slots=True)
class Page:
    """A page's content; `refresh_seconds` is for browsers without scripts, 0 for none.

    `crumbs` are the pages above: texts and addresses. `scripts` are files in `static/`.
    """

    title: str
    content: list[Content]
    here: str = ""
    crumbs: list[tuple[str, str]] = field(default_factory=list)
    refresh_seconds: int = 0
    scripts: tuple[str, ...] = ()


def whole(ui: Ui, page: Page, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """The page as an answer."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("base", href=ui.guard.base),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{page.title} - SeqStack"),
        element("link", rel="icon", href="static/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href="static/ui.css"),
        element("script", src="static/ui.js", defer=""),
        *(element("script", src=f"static/{name}", defer="") for name in page.scripts),
        _refresh(page.refresh_seconds),
    )
    crumbs = element(
        "nav",
        *(element("a", text, href=href) for text, href in page.crumbs),
        class_="crumbs",
        aria_label="Pages above",
    )
    body = element(
        "body",
        element("a", "To the content", href=f"{ui.here}#content", class_="skip"),
        _header(ui, page.here),
        element(
            "main",
            crumbs if page.crumbs else None,
            *page.content,
            id="content",
            tabindex="-1",
        ),
        element("p", id="said", role="status", class_="hidden"),
    )
    return html(element("html", head, body, lang="en"), status)


def part(root: Element) -> Response:
    """A part of a page, for the script that renews it."""
    return Response(text_of(root), mimetype="text/html")


def html(root: Element, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A document as an answer."""
    return Response(f"<!doctype html>\n{text_of(root)}\n", status, mimetype="text/html")


def text_of(root: Element) -> str:
    """Elements as HTML; whatever text they hold, no control or invisible character remains."""
    for each in root.iter():
        each.text = harmless(each.text) if each.text else each.text
        each.tail = harmless(each.tail) if each.tail else each.tail
        for name, value in each.attrib.items():
            each.attrib[name] = harmless(value)
    return tostring(root, encoding="unicode", method="html")


def own_file(name: str) -> bytes:
    """A file of `static/`."""
    return package_files("cli.ui").joinpath("static", name).read_bytes()


def error_page(ui: Ui, error: CliError, request: Request) -> Response:
    """What went wrong, and what to do."""
    status = _STATUS.get(error.exit_code, HTTPStatus.BAD_GATEWAY)
    title = _TITLES[status]
    again = ui.here if request.method == "GET" else ""
    page = Page(
        title,
        [
            element(
                "section",
                element("h1", title),
                *error_text(error),
                element(
                    "p",
                    element("a", "Try again", href=again, class_="button") if again else None,
                    " ",
                    link("All runs", "runs"),
                    class_="actions",
                ),
                class_="panel failure",
                role="alert",
            )
        ],
    )
    return whole(ui, page, status)


def error_text(error: CliError) -> list[Content]:
    """An error's message, details and hint; commands in it are marked."""
    return [
        element("p", error.message[:1].upper() + error.message[1:]),
        element("ul", *(element("li", each) for each in error.details)) if error.details else None,
        element("p", element("strong", "What to do: "), *_with_code(error.hint), class_="do")
        if error.hint
        else None,
    ]


def _with_code(text: str) -> list[Content]:
    pieces = text.split("`")
    return [element("code", piece) if place % 2 else piece for place, piece in enumerate(pieces)]


def _header(ui: Ui, here: str) -> Element:
    links = []
    for text, href in _NAVIGATION:
        current = {"aria_current": "page"} if href == here else {}
        links.append(element("a", text, href=href, **current))
    return element(
        "header",
        element("a", "SeqStack", href="runs", class_="brand"),
        element("nav", *links, aria_label="Main"),
        element("span", ui.stack_name, class_="stack", title="The stack"),
        class_="top",
    )


def _refresh(seconds: int) -> Element | None:
    if not seconds:
        return None
    return element("noscript", element("meta", http_equiv="refresh", content=str(seconds)))
