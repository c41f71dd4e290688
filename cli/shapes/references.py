"""The API's JSON answers on prepared references."""

from typing import Any, TypedDict


class ReferenceVersion(TypedDict):
    """A version of a prepared reference; what can't be read of it is null."""

    version: str
    createdAt: str | None
    contigCount: int | None
    bases: int | None
    aligners: list[str]
    pieces: list[str]
    hasTargets: bool
    problem: str | None


class Reference(TypedDict):
    """A prepared reference; its versions are the newest first."""

    name: str
    versions: list[ReferenceVersion]


class ReferenceList(TypedDict):
    """Every prepared reference, by name."""

    references: list[Reference]


class ReferenceObject(TypedDict):
    """An object that a reference is made of, or was made from."""

    s3Uri: str
    bytes: int
    checksum: str


class ReferenceDetail(TypedDict):
    """A version of a reference: what it holds, and how it was made."""

    name: str
    version: str
    createdAt: str
    contigCount: int
    bases: int
    aligners: list[str]
    hasTargets: bool
    pieces: dict[str, list[ReferenceObject]]
    sources: dict[str, ReferenceObject]
    options: dict[str, Any]
    toolVersions: dict[str, str]
    found: dict[str, Any]
    changed: list[str]


class DeletedReference(TypedDict):
    """A version that was deleted, and how many objects that were."""

    name: str
    version: str
    objects: int
