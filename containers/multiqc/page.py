"""A policy for MultiQC's report: a browser that shows it asks nothing of the network."""

from pathlib import Path

from jobkit.errors import InvalidOutputError

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)
_HEAD = b"<head>"


def forbid_requests(page: Path) -> None:
    """Put the policy into a page, before all that could ask for something.

    MultiQC's page has its scripts, styles and fonts inside, but scripts of its toolbox call
    services (AI summaries, citations).

    Raises:
        InvalidOutputError: it is no page of MultiQC's.
    """
    text = page.read_bytes()
    if text.count(_HEAD) < 1:
        raise InvalidOutputError(f"{page.name} is not a page with a head")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'.encode()
    page.write_bytes(text.replace(_HEAD, _HEAD + b"\n" + policy, 1))
