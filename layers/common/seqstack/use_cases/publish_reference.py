"""Write the manifest of a reference whose preparation succeeded."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from seqstack.domain.errors import MissingOutputError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.reference.layout import FINDINGS, ReferenceLayout
from seqstack.domain.reference.manifest import (
    Piece,
    ReferenceContig,
    ReferenceManifest,
    ReferenceObject,
)
from seqstack.domain.reference.pieces import piece_at
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.use_cases.ports import ReadStart, WriteObject, WriteOnce

_MOST_BYTES = 128 << 20  # the findings of half a million contigs

type Written = Mapping[StepName, tuple[StoredObject, ...]]


def publish_reference(
    run: RunRow,
    written: Written,
    now: datetime,
    read_start: ReadStart,
    write_once: WriteOnce,
    write: WriteObject,
) -> None:
    """Write the manifest, from what the run's jobs have found and written down.

    A run without steps has found the version prepared. It writes the same manifest again: the
    newest version, which the name alone means, is the one that was prepared last.

    Raises:
        MissingOutputError: what the run has found or written is gone.
    """
    layout = _layout_of(run)
    if not written:
        write(layout.manifest, _read(layout.manifest, read_start))
        return
    findings = _read_json(layout.root / FINDINGS, read_start)
    records = [_read_json(objects[-1].uri, read_start) for objects in written.values()]
    manifest = ReferenceManifest(
        name=layout.name,
        version=layout.version,
        created_at=utc_text(now),
        contigs=tuple(map(ReferenceContig.from_json, findings["contigs"])),
        pieces=_pieces(layout, records),
        sources={
            Piece(piece): ReferenceObject.from_json(row)
            for piece, row in findings["sources"].items()
        },
        options=findings["options"],
        tool_versions={k: v for record in records for k, v in record["versions"].items()},
        found=findings["found"],
        changed=tuple(findings["changed"]),
    )
    write_once(layout.manifest, json.dumps(manifest.as_json(), indent=1).encode())


def _layout_of(run: RunRow) -> ReferenceLayout:
    name, _, version = run.subject.partition("/")
    return ReferenceLayout(run.results_folder.partition("/")[0], name, version)


def _pieces(
    layout: ReferenceLayout, records: list[dict[str, Any]]
) -> dict[Piece, tuple[ReferenceObject, ...]]:
    pieces: dict[Piece, tuple[ReferenceObject, ...]] = {}
    for made in _written_objects(records):
        if piece := piece_at(layout, made.uri):
            pieces[piece] = (*pieces.get(piece, ()), made)
    return pieces


def _written_objects(records: list[dict[str, Any]]) -> Iterator[ReferenceObject]:
    for record in records:
        yield from map(ReferenceObject.from_json, record["outputs"])


def _read_json(uri: S3Uri, read_start: ReadStart) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_read(uri, read_start))
    return document


def _read(uri: S3Uri, read_start: ReadStart) -> bytes:
    content = read_start(uri, _MOST_BYTES)
    if content is None:
        raise MissingOutputError(f"{uri} is gone")
    return content
