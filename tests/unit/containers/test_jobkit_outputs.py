"""What S3 should say of a file, uploads that are checked, and what a step says it has written."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any, override

import pytest

from jobkit import upload
from jobkit.digests import Digest, digest_of, part_mib_for
from jobkit.errors import InvalidInputError, TransferError
from jobkit.produced import Produced
from jobkit.s5cmd import S3Object, S5cmd
from jobkit.upload import upload_verified
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step

MIB = 1 << 20
URI = S3Uri("bkt", "S1/bam/sorted.bam")
PROVENANCE = S3Uri("bkt", "S1/provenance/align.json")
# by sha256sum and md5sum; of parts: (md5sum of each) | xxd -r -p | md5sum
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"abc", Digest(3, ABC, "900150983cd24fb0d6963f7d28e17f72")),
        (b"", Digest(0, EMPTY, "d41d8cd98f00b204e9800998ecf8427e")),
    ],
)
def test_digest_of_a_file_in_one_part_has_its_md5_for_etag(
    tmp_path: Path, body: bytes, expected: Digest
) -> None:
    (tmp_path / "x").write_bytes(body)
    assert digest_of(tmp_path / "x", 50) == expected


@pytest.mark.parametrize(
    ("size", "etag"),
    [
        (5 * MIB, "5f363e0e58a95f06cbe9bbc662c5dfb6"),
        (5 * MIB + 1, "92f3a08aa3b1d7eb318ab9c2fc4a6ec3-2"),
    ],
)
def test_digest_of_a_file_in_parts_has_the_etag_of_a_multipart_upload(
    tmp_path: Path, size: int, etag: str
) -> None:
    (tmp_path / "x").write_bytes(bytes(size))
    assert digest_of(tmp_path / "x", 5).etag == etag


def test_part_mib_keeps_every_upload_below_s3s_ten_thousand_parts() -> None:
    assert part_mib_for(1) == 50
    assert part_mib_for(9000 * 50 * MIB) == 50
    assert part_mib_for(9000 * 50 * MIB + 1) == 51
    most = 5 * 1024 * 1024 * MIB  # S3's largest object, 5 TiB
    assert most / (part_mib_for(most) * MIB) < 10_000


class Shelf(S5cmd):
    """An S3 that keeps what it is given, or what `spoil` makes of it."""

    def __init__(self, tmp_path: Path, *, spoil: bytes = b"", etag: str = "") -> None:
        super().__init__(tmp_path, program="none")
        self.kept: dict[S3Uri, bytes] = {}
        self.reads = 0
        self._spoil, self._etag, self._folder = spoil, etag, tmp_path

    @override
    def upload(self, files: Mapping[Path, S3Uri], part_mib: Mapping[Path, int]) -> None:
        for path, uri in files.items():
            self.kept[uri] = self._spoil or path.read_bytes()

    @override
    def head(self, uris: Any) -> dict[S3Uri, S3Object]:
        found = {}
        for uri in uris:
            (self._folder / "kept").write_bytes(self.kept[uri])
            etag = self._etag or digest_of(self._folder / "kept", 50).etag
            found[uri] = S3Object(uri, len(self.kept[uri]), etag)
        return found

    @override
    def read(self, item: S3Object) -> Iterator[bytes]:
        self.reads += 1
        yield from (self.kept[item.uri][:2], self.kept[item.uri][2:])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"abc")
    return tmp_path / "file"


def test_upload_whose_etag_fits_is_verified_without_reading_it_back(
    tmp_path: Path, file: Path
) -> None:
    shelf = Shelf(tmp_path)
    (stored,) = upload_verified(shelf, {file: URI})
    assert stored.item == S3Object(URI, 3, "900150983cd24fb0d6963f7d28e17f72")
    assert stored.checksum == f"sha256:{ABC}"
    assert shelf.reads == 0


def test_upload_whose_etag_is_no_md5_is_verified_by_reading_it_back(
    tmp_path: Path, file: Path
) -> None:
    shelf = Shelf(tmp_path, etag="of-kms")
    (stored,) = upload_verified(shelf, {file: URI})
    assert stored.item.etag == "of-kms"
    assert shelf.reads == 1


@pytest.mark.parametrize("etag", ["", "of-kms"])
def test_upload_with_a_changed_byte_is_a_transfer_error(
    tmp_path: Path, file: Path, etag: str
) -> None:
    with pytest.raises(TransferError, match="differs from its file"):
        upload_verified(Shelf(tmp_path, spoil=b"abd", etag=etag), {file: URI})


def test_upload_cut_short_is_a_transfer_error(tmp_path: Path, file: Path) -> None:
    with pytest.raises(TransferError, match="has 2 bytes, its file 3"):
        upload_verified(Shelf(tmp_path, spoil=b"ab"), {file: URI})


def test_digests_are_computed_while_files_are_uploaded(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploading = Event()

    class Slow(Shelf):
        @override
        def upload(self, files: Mapping[Path, S3Uri], part_mib: Mapping[Path, int]) -> None:
            uploading.set()
            super().upload(files, part_mib)

    def digest(path: Path, part_mib: int) -> Digest:
        assert uploading.wait(60), "the upload has not begun"
        return digest_of(path, part_mib)

    monkeypatch.setattr(upload, "digest_of", digest)

    (stored,) = upload_verified(Slow(tmp_path), {file: URI})

    assert stored.checksum == f"sha256:{ABC}"


def test_upload_of_a_file_that_can_not_be_read_again_fails(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest(path: Path, part_mib: int) -> Digest:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(upload, "digest_of", digest)

    with pytest.raises(OSError, match="Input/output error"):
        upload_verified(Shelf(tmp_path), {file: URI})


RECORD: dict[str, Any] = {
    "schemaVersion": 2,
    "step": "align",
    "outputs": [{"uri": str(URI), "bytes": 3, "etag": "aa", "checksum": f"sha256:{ABC}"}],
}


def produced(tmp_path: Path, record: object) -> Produced:
    path = tmp_path / "align.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record))
    return Produced.read(path, Step.ALIGN, PROVENANCE)


def test_produced_accepts_the_object_that_the_step_has_written(tmp_path: Path) -> None:
    found = produced(tmp_path, RECORD)
    found.require([S3Object(URI, 3, "aa")])
    assert found.checksums[URI] == f"sha256:{ABC}"


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (S3Object(URI, 4, "aa"), "has 4 bytes and ETag aa; written were 3 bytes and ETag aa"),
        (S3Object(URI, 3, "bb"), "has 3 bytes and ETag bb; written were 3 bytes and ETag aa"),
        (S3Object(S3Uri("bkt", "x.bam"), 3, "aa"), "s3://bkt/x.bam is not among its outputs"),
    ],
)
def test_produced_refuses_another_object_and_says_how_it_differs(
    tmp_path: Path, item: S3Object, problem: str
) -> None:
    with pytest.raises(
        InvalidInputError, match="differ from s3://bkt/S1/provenance/align"
    ) as caught:
        produced(tmp_path, RECORD).require([item])
    assert problem in caught.value.evidence[0]


@pytest.mark.parametrize(
    "record",
    [
        "half a reco",
        "[]",
        {**RECORD, "outputs": [{"uri": str(URI)}]},
        {**RECORD, "outputs": [{**RECORD["outputs"][0], "uri": "/tmp/x"}]},  # noqa: S108
        {**RECORD, "schemaVersion": 1},
        {**RECORD, "step": "annotate"},
    ],
)
def test_produced_from_something_else_is_invalid_input(tmp_path: Path, record: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        produced(tmp_path, record)
    assert caught.value.hint == "run the align step again"
