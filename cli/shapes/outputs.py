"""The API's JSON answers on outputs of runs."""

from collections.abc import Iterable
from typing import TypedDict


class Output(TypedDict):
    """An object that a step has written; `link` fetches that version without credentials.

    `state` is `current`, or `replaced` (its version is kept), or `gone`; or `unknown`, if the run
    is older than the recording of versions.
    """

    step: str
    s3Uri: str
    versionId: str | None
    state: str
    link: str | None


class OutputList(TypedDict):
    """A run's outputs so far."""

    runId: str
    outputs: list[Output]
    linksExpireAt: str | None


def common_folder(uris: Iterable[str]) -> str:
    """The longest beginning of all URIs that ends in a slash."""
    folders = [uri.rpartition("/")[0].split("/") for uri in uris]
    shared = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) + "/" if shared else ""
