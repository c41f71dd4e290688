"""Who may use the pages: the browser that opened the link, and no other page or user.

Every user of this machine, and every web page that its browsers show, can send requests to a
loopback port. So a request needs the cookie that the link's secret was exchanged for, and headers
that a foreign page can't send: Host (DNS rebinding), Origin and Sec-Fetch-Site
(https://www.w3.org/TR/fetch-metadata/).
"""

import secrets
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

LOOPBACK = "127.0.0.1"
FORM_TOKEN = "token"  # noqa: S105 - the field's name
COOKIE = "seqstack-ui"

_OWN_SITES = frozenset({"", "none", "same-origin"})
_READING = frozenset({"GET", "HEAD"})
# https://www.w3.org/TR/CSP3/: scripts and styles are files of this server, never text of a page
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """The secrets of one server, and the check of each request.

    `base` is the random folder of all pages. Browsers send a cookie to every port of a host, but
    only below its path: another server of this machine never gets it.
    """

    def __init__(self, port: int) -> None:
        self.host = f"{LOOPBACK}:{port}"
        self.base = f"/{secrets.token_urlsafe(12)}/"
        self.form_token = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._once: set[str] = set()

    def link(self) -> str:
        """The address to open; anyone of this machine who has it can use the stack as its user."""
        return f"http://{self.host}{self.base}enter?key={self._key}"

    def link_to_launch(self) -> str:
        """An address that works once: other users see the arguments of the browser's process."""
        key = secrets.token_urlsafe(32)
        self._once.add(key)
        return f"http://{self.host}{self.base}enter?key={key}"

    def refusal(self, request: Request) -> str:
        """Why a request is refused; empty if it is accepted."""
        if request.headers.getlist("Host") != [self.host]:
            return f"the Host header must be {self.host}"
        if request.path == "/enter" and request.method in _READING:
            return self._refused_key(request.args.get("key", ""))
        if not _same(request.cookies.get(COOKIE, ""), self._cookie):
            return "open the link that `seqstack ui` has printed; each start has another one"
        if request.headers.get("Sec-Fetch-Site", "") not in _OWN_SITES:
            return "requests of other pages are refused"
        return "" if request.method in _READING else self._refused_form(request)

    def _refused_form(self, request: Request) -> str:
        if request.headers.get("Origin", "") != f"http://{self.host}":
            return "the Origin header must be this server's"
        if not _same(request.form.get(FORM_TOKEN, ""), self.form_token):
            return "the form is of another start of `seqstack ui`: load its page again"
        return ""

    def admit(self, response: Response) -> None:
        """Give the browser the cookie."""
        response.set_cookie(COOKIE, self._cookie, path=self.base, httponly=True, samesite="Strict")

    def _refused_key(self, key: str) -> str:
        used = next((each for each in self._once if _same(key, each)), "")
        self._once.discard(used)
        if used or _same(key, self._key):
            return ""
        return "this link is not valid, or was used: open the one that `seqstack ui` has printed"


def with_headers(response: Response) -> Response:
    """Add the headers of all answers; those that are set stay."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refused(reason: str) -> Response:
    """The answer to a refused request: one line, without a page or a secret."""
    return with_headers(Response(f"Refused: {reason}\n", HTTPStatus.FORBIDDEN))


def _same(given: str, secret: str) -> bool:
    """Compare in constant time."""
    return secrets.compare_digest(given.encode(errors="replace"), secret.encode())
