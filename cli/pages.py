"""Check addresses before they are opened, and save a run's page locally.

Tools generate pages from a sample's data, so they are untrusted: a page is not opened in S3, but
saved to a folder that only this user can read, with a policy that lets it load nothing.
"""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cli.errors import CliError, unavailable, writing
from seqstack.domain.plain_text import refusal

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html and
# https://docs.aws.amazon.com/general/latest/gr/s3.html
_S3 = re.compile(r"s3([.-][a-z0-9-]+)*\.amazonaws\.(com|com\.cn|eu)")
# https://www.w3.org/TR/CSP3/: a page may load and run only its own content, nothing from a network
_NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_OWN_SCRIPTS = f"{_NOTHING_RUNS}; font-src data:; script-src 'unsafe-inline' 'unsafe-eval'"
REPORT, QUALITY = "report/run.html", "qc/multiqc_report.html"
RESULT_PAGES = {
    REPORT: ("report", _NOTHING_RUNS),
    QUALITY: ("quality report", _OWN_SCRIPTS),
    "vcf/annotated/snpEff_summary.html": ("annotation summary", _NOTHING_RUNS),
}
"""The pages among a run's outputs, the most informative first: names and policies."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MISUSED = re.compile(r"[\s\\]")  # browsers and Python interpret these differently
_HINT = "do not open it: it does not come from SeqStack"


def address(url: str) -> SplitResult:
    """A web address with its host.

    Raises:
        CliError: the scheme is not http(s), it has no host, or it is not an address.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # ValueError if it is not a number
    except ValueError as error:
        raise unavailable("the link is not a web address", _HINT) from error
    if refusal(url) or _MISUSED.search(url):
        raise unavailable("the link is not a web address", _HINT)
    if parts.scheme not in {"http", "https"}:
        raise unavailable(f"the link's scheme is {parts.scheme or 'missing'}, not https", _HINT)
    if not parts.hostname or "@" in parts.netloc:
        raise unavailable("the link names no host, or a user before it", _HINT)
    return parts


def result_address(url: str, s3_uri: str, local_hosts: frozenset[str] = frozenset()) -> SplitResult:
    """The address of an object among the results: Amazon S3's, with its bucket.

    `local_hosts` are the emulator's hosts besides this machine's own; empty for a stack in AWS.

    Raises:
        CliError: it is another address.
    """
    parts = address(url)
    host, bucket = str(parts.hostname), s3_uri.removeprefix("s3://").partition("/")[0]
    if local_hosts:
        is_right = host in local_hosts | _LOOPBACK
    else:
        in_path = parts.path.startswith(f"/{bucket}/") and _S3.fullmatch(host)
        in_host = host.startswith(f"{bucket}.") and _S3.fullmatch(host.removeprefix(f"{bucket}."))
        is_s3 = bool(in_path or in_host)
        is_right = parts.scheme == "https" and parts.port in {None, 443} and is_s3
    if not bucket or not is_right:
        raise _elsewhere(host, f"the bucket {bucket}")
    return parts


def console_address(url: str, domain: str) -> SplitResult:
    """The address of a page of the AWS console, in `domain`.

    Raises:
        CliError: it is another address.
    """
    parts = address(url)
    if not re.fullmatch(rf"[a-z0-9-]+\.{re.escape(domain)}", parts.netloc):
        raise _elsewhere(str(parts.hostname), "the AWS console")
    return parts


def saved_page(fetch: Callable[[str], bytes], url: str, name: str, policy: str) -> Path:
    """Fetch a page into a new private folder, as `name`, with a policy that browsers follow."""
    content = fetch(url)
    path = Path(tempfile.mkdtemp(prefix="seqstack-")) / name
    path.parent.mkdir(mode=0o700, exist_ok=True)  # a name can have a folder
    path.touch(mode=0o600)
    # at the start, so that it applies to the whole page; it replaces the page's own doctype
    head = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    with writing(path):
        path.write_bytes(head.encode() + content)
    return path


def _elsewhere(host: str, expected: str) -> CliError:
    return unavailable(f"the link leads to {host}, which is not {expected}", _HINT)
