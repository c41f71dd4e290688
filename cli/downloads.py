"""Fetch a run's outputs by their links, verified and resumable.

Each object is fetched into a hidden file beside its place and moved there when it is whole, so that
a file with its name is complete. An interrupted download goes on where it ended. Sizes and SHA-256
checksums are those that the jobs recorded in their provenance.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from botocore.awsrequest import AWSRequest
from botocore.exceptions import IncompleteReadError
from botocore.httpsession import URLLib3Session
from botocore.response import StreamingBody

from cli.errors import CliError, ExitCode, no_access, unavailable, usage, writing
from cli.shapes.outputs import Output, OutputList, common_folder
from cli.transport import NO_ANSWER
from seqstack.domain.plain_text import refusal
from seqstack.domain.reads.parts import is_of_part
from seqstack.domain.results import REPORT_STEP

PROVENANCE = re.compile(r"provenance/[A-Za-z0-9]+\.json")
LINK_SECONDS = 3600
_AT_ONCE = 4
_TRIES = 5
_CHUNK_BYTES = 256 << 10
_TIMEOUT_SECONDS = 60
_EXPIRED = 403
_NOTHING_LEFT = 416
_GO_ON = "run the command again to go on"

type Advance = Callable[[int], None]
type ListOutputs = Callable[[], OutputList]


class Told(Protocol):
    """Shows the progress of downloads."""

    def begin(self, name: str, size: int | None, have: int) -> Advance: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Expected:
    """Size in bytes and SHA-256 of an object, as far as its provenance tells them."""

    size: int | None = None
    sha256: str = ""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Read an output of a provenance document."""
        size, checksum = item.get("bytes"), str(item.get("checksum", ""))
        algorithm, _, value = checksum.partition(":")
        return cls(size if isinstance(size, int) else None, value if algorithm == "sha256" else "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object and its place on this machine."""

    output: Output
    name: str
    place: Path

    @property
    def part(self) -> Path:
        """Where it is until it is whole; another version has another."""
        identity = f"{self.output['s3Uri']} {self.output['versionId']}"
        token = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return self.place.with_name(f".{self.place.name}.{token}.part")


class Links:
    """The outputs' links, which are asked for again before they expire."""

    def __init__(self, list_outputs: ListOutputs) -> None:
        self._list = list_outputs
        self._until = 0.0
        self._links: dict[str, str] = {}

    def of(self, uri: str) -> str:
        """The link to an object."""
        if time.monotonic() > self._until:
            self.renew()
        return self._links[uri]

    def renew(self) -> list[Output]:
        """Ask for the outputs and new links."""
        outputs = self._list()["outputs"]
        self._links = {each["s3Uri"]: each["link"] for each in outputs if each["link"]}
        self._until = time.monotonic() + LINK_SECONDS / 2
        return outputs


def results(outputs: Iterable[Output]) -> list[Output]:
    """The outputs without results of parts, which are in the result that they were joined to."""
    return [each for each in outputs if not is_of_part(each["step"], each["s3Uri"])]


def wanted_files(outputs: Iterable[Output], folder: Path) -> list[Wanted]:
    """The objects that have a link, and their places below `folder`: as in the run's folder in S3.

    Raises:
        CliError: a name can't be one of a file below `folder`.
    """
    linked = [each for each in outputs if each["link"]]
    root = common_folder(each["s3Uri"] for each in linked)
    return [
        Wanted(each, name, folder / name)
        for each in linked
        if (name := _safe_name(each["s3Uri"].removeprefix(root)))
    ]


def _safe_name(name: str) -> str:
    if any(part in ("", ".", "..") for part in name.split("/")) or refusal(name) or "\\" in name:
        raise CliError(ExitCode.UNAVAILABLE, f"the API names an object {name!r}, which is no file")
    return name


def download(wanted: list[Wanted], links: Links, told: Told, *, overwrites: bool) -> list[Wanted]:
    """Fetch what is not there yet; return what was fetched.

    Raises:
        CliError: a file is there that is another one (nothing was fetched), an object can't be
            fetched or is not what the job has written, or a disk is full.
    """
    with closing(_Fetcher(links, told)) as fetcher:
        return _download(fetcher, wanted, overwrites=overwrites)


def _download(fetcher: "_Fetcher", wanted: list[Wanted], *, overwrites: bool) -> list[Wanted]:
    records = [each for each in wanted if PROVENANCE.fullmatch(each.name)]
    expected: dict[str, Expected] = {}
    texts = {each.name: fetcher.read(each) for each in records}
    for text in texts.values():
        expected |= {item["uri"]: Expected.of(item) for item in _outputs_of(text)}
    files = [each for each in wanted if each.name not in texts]
    missing = [each for each in files if not _is_there(each, expected)]
    # what describes the run is written again when more is known
    others = [
        each for each in missing if each.place.exists() and each.output["step"] != REPORT_STEP
    ]
    if others and not overwrites:
        names = ", ".join(str(each.place) for each in others)
        raise usage(
            f"{names}: there are other files of these names",
            "choose another folder, or give --overwrite",
        )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        pending = [pool.submit(fetcher.fetch, each, expected) for each in missing]
        try:
            for future in pending:
                future.result()
        except BaseException:
            fetcher.stop()
            raise
    for each in records:
        each.place.parent.mkdir(parents=True, exist_ok=True)
        with writing(each.place, _GO_ON):
            each.place.write_bytes(texts[each.name])
    return missing


def _outputs_of(text: bytes) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise unavailable(f"a run's provenance is no JSON ({error})") from error
    outputs = document.get("outputs", []) if isinstance(document, dict) else []
    return [item for item in outputs if isinstance(item, dict) and "uri" in item]


def _is_there(each: Wanted, expected: Mapping[str, Expected]) -> bool:
    known = expected.get(each.output["s3Uri"], Expected())
    if not known.sha256 or not each.place.is_file() or each.place.stat().st_size != known.size:
        return False
    with each.place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == known.sha256


class _StoppedError(Exception):
    """Another object could not be fetched, or the user interrupted."""


class _Fetcher:
    def __init__(self, links: Links, told: Told) -> None:
        self._links, self._told = links, told
        self._session = URLLib3Session(timeout=_TIMEOUT_SECONDS, max_pool_connections=_AT_ONCE)
        self._is_stopped = False

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def stop(self) -> None:
        """End downloads that are under way; what they have is kept."""
        self._is_stopped = True

    def read(self, each: Wanted) -> bytes:
        """The content of a small object."""
        content = bytearray()
        self._receive(each, lambda: len(content), content.extend)
        return bytes(content)

    def fetch(self, each: Wanted, expected: Mapping[str, Expected]) -> None:
        """Fetch an object to its place, from where an earlier download has ended."""
        known = expected.get(each.output["s3Uri"], Expected())
        each.place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with writing(each.place, _GO_ON), each.part.open("a+b") as file:
            file.seek(0)
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
            advance = self._told.begin(each.name, known.size, file.tell())

            def write(chunk: bytes) -> None:
                file.write(chunk)
                digest.update(chunk)
                advance(len(chunk))
                if self._is_stopped:
                    raise _StoppedError

            self._receive(each, file.tell, write)
            size = file.tell()
        if known.sha256 and (size, digest.hexdigest()) != (known.size, known.sha256):
            each.part.unlink()
            raise unavailable(
                f"{each.output['s3Uri']} is not what the job has written: it has {size:,} bytes "
                f"and SHA-256 {digest.hexdigest()}, and the provenance says {known.size:,} and "
                f"{known.sha256}",
                "run the command again; if it fails again, S3's versions of the object tell more",
            )
        each.part.replace(each.place)

    def _receive(
        self, each: Wanted, have: Callable[[], int], write: Callable[[bytes], object]
    ) -> None:
        uri = each.output["s3Uri"]
        for number in range(1, _TRIES + 1):
            headers = {"Range": f"bytes={have()}-"} if have() else {}
            request = AWSRequest("GET", self._links.of(uri), headers, stream_output=True)
            try:
                answer = self._session.send(request.prepare())
                if answer.status_code == _NOTHING_LEFT and have():
                    answer.raw.drain_conn()
                    return
                if answer.status_code == (206 if headers else 200):
                    body = StreamingBody(answer.raw, answer.headers["Content-Length"])
                    with closing(body):
                        for chunk in body.iter_chunks(_CHUNK_BYTES):
                            write(chunk)
                    return
                answer.raw.drain_conn()
                why = f"HTTP status {answer.status_code}"
                if answer.status_code == _EXPIRED:
                    if number > 1:
                        raise no_access(f"{uri} may not be read", "ask who runs the stack")
                    self._links.renew()
            except (*NO_ANSWER, IncompleteReadError) as error:
                why = str(error)
            if number < _TRIES:
                time.sleep(min(2.0**number / 4, 4.0))
        raise unavailable(f"{uri} can't be fetched: {why}", _GO_ON)
