"""The manifest of a reference whose preparation has found it prepared."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seqstack.domain.errors import MissingOutputError
from seqstack.domain.reference.layout import ReferenceLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.use_cases.publish_reference import publish_reference
from tests.support.builders import RESULTS_BUCKET, run_row
from tests.support.prepared import VERSION, prepared

LAYOUT = ReferenceLayout(RESULTS_BUCKET, "GRCh38", VERSION)
RUN = replace(run_row(), subject=f"GRCh38/{VERSION}", results_folder=LAYOUT.folder)


def publish_again(stored: dict[S3Uri, bytes]) -> list[tuple[S3Uri, bytes]]:
    """What a run without steps writes."""
    written: list[tuple[S3Uri, bytes]] = []

    def write_once(uri: S3Uri, _content: bytes) -> None:
        pytest.fail(f"{uri} is there")

    def read_start(uri: S3Uri, size: int) -> bytes | None:
        return stored[uri][:size] if uri in stored else None

    def write(uri: S3Uri, content: bytes) -> None:
        written.append((uri, content))

    publish_reference(RUN, {}, datetime.now(UTC), read_start, write_once, write)
    return written


def test_version_that_is_prepared_already_becomes_the_newest_as_it_is() -> None:
    manifest = json.dumps(prepared(RESULTS_BUCKET, "GRCh38").as_json()).encode()

    assert publish_again({LAYOUT.manifest: manifest}) == [(LAYOUT.manifest, manifest)]


def test_version_that_was_deleted_meanwhile_is_not_made_of_nothing() -> None:
    with pytest.raises(MissingOutputError, match=r"manifest\.json is gone"):
        publish_again({})
