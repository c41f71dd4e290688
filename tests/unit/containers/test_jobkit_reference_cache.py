"""Reference data without the reference service; tests/integration/containers has them with one."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from jobkit.errors import TransferError
from jobkit.reference_cache import ReferenceCache, VerifiedBy
from jobkit.s5cmd import S3Object, S5cmd
from seqstack.domain.s3uri import S3Uri

FASTA = S3Object(S3Uri("bucket", "ref/genome.fa"), 5, "e1")
INDEX = S3Object(S3Uri("bucket", "ref/genome.fa.fai"), 3, "e2")
MD5 = "336311a016184326ddbdd61edd4eeb52"


class Store:
    """Gives objects, and remembers which; `now` is what differs from what was described."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.now: dict[S3Uri, S3Object] = {}
        self._described: dict[S3Uri, S3Object] = {}

    def download(self, wanted: Mapping[S3Object, Path]) -> None:
        for item, path in wanted.items():
            path.write_text("x" * item.size)
            self.fetched.append(item.uri.name)
            self._described[item.uri] = item

    def head(self, uris: Iterable[S3Uri]) -> dict[S3Uri, S3Object]:
        return {uri: self.now.get(uri, self._described[uri]) for uri in uris}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def cache(tmp_path: Path, store: Store) -> ReferenceCache:
    s3 = create_autospec(S5cmd, instance=True)
    s3.download.side_effect = store.download
    s3.head.side_effect = store.head
    return ReferenceCache(tmp_path, s3)


def test_fetch_twice_downloads_once(cache: ReferenceCache, store: Store) -> None:
    assert cache.missing_bytes([FASTA, INDEX]) == 5 + 3
    first = cache.fetch([FASTA, INDEX])
    assert cache.missing_bytes([FASTA, INDEX]) == 0
    second = cache.fetch([FASTA, INDEX])
    assert [item.was_there for item in first] == [False, False]
    assert [item.was_there for item in second] == [True, True]
    assert [item.path.read_text() for item in second] == ["xxxxx", "xxx"]
    assert {item.verified_by for item in (*first, *second)} == {VerifiedBy.TRANSFER}
    assert store.fetched == ["genome.fa", "genome.fa.fai"]


def test_fetch_of_one_object_under_two_keys_downloads_once(
    cache: ReferenceCache, store: Store
) -> None:
    copy = S3Object(S3Uri("bucket", "other/hg38.fa"), FASTA.size, FASTA.etag)
    first, second = cache.fetch([FASTA, copy])
    assert (first.item.uri.name, second.item.uri.name) == ("genome.fa", "hg38.fa")
    assert first.path == second.path
    assert len(store.fetched) == 1


def test_fetch_of_a_changed_object_is_another_file(cache: ReferenceCache) -> None:
    (old,) = cache.fetch([FASTA])
    (new,) = cache.fetch([S3Object(FASTA.uri, 6, "e9")])
    assert old.path != new.path
    assert old.path.read_text() == "xxxxx"


def test_object_that_changes_while_it_is_fetched_is_not_used(
    cache: ReferenceCache, store: Store
) -> None:
    store.now[FASTA.uri] = S3Object(FASTA.uri, 5, "e9")
    with pytest.raises(TransferError, match=r"changed while it was fetched: .*genome\.fa$"):
        cache.fetch([FASTA, INDEX])
    assert cache.missing_bytes([FASTA, INDEX]) == FASTA.size


@pytest.mark.parametrize(
    ("etag", "encryption", "has_md5"),
    [
        (MD5, "", True),
        (MD5, "AES256", True),
        (f"{MD5}-12", "AES256", True),
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
        (MD5, "aws:kms", False),
        (f"{MD5}-12", "aws:kms:dsse", False),
        ("0x8DB5C0E2A6D4F10", "", False),  # another store's
        (f"{MD5}-0", "", False),
    ],
)
def test_etag_is_an_md5_unless_kms_encrypts_the_object(
    etag: str, encryption: str, has_md5: bool
) -> None:
    assert S3Object(FASTA.uri, 5, etag, encryption).has_md5 is has_md5
