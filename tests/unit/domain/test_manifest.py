import pytest

from seqstack.domain.manifest import StoredObject, all_unchanged
from seqstack.domain.s3uri import S3Uri

URI = S3Uri("results", "s/bam/sorted.bam")
SHA = "SHA256:LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        (StoredObject(URI, 1, "9dd4e461"), "1:9dd4e461"),
        (StoredObject(URI, 10_485_760, "d316408c-2"), "10485760:d316408c-2"),
        (StoredObject(URI, 1, "9dd4e461", SHA), f"1:{SHA}"),
    ],
)
def test_identity_is_the_checksum_or_the_etag(item: StoredObject, identity: str) -> None:
    assert item.identity == identity


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (StoredObject(URI, 5, "etag-2", SHA), True),
        (StoredObject(URI, 5, "etag-2"), True),
        (StoredObject(URI, 5, "uploaded-in-3", SHA), True),  # the same bytes in other parts
        (StoredObject(URI, 5, "uploaded-in-3"), False),
        (StoredObject(URI, 5, "uploaded-in-3", "SHA256:other"), False),
        (StoredObject(URI, 6, "etag-2", SHA), False),
    ],
)
def test_is_same_as_needs_size_and_etag_or_checksum(other: StoredObject, *, is_same: bool) -> None:
    assert StoredObject(URI, 5, "etag-2", SHA).is_same_as(other) is is_same


def test_is_same_as_two_without_checksum_are_not_alike_for_that() -> None:
    assert not StoredObject(URI, 5, "a").is_same_as(StoredObject(URI, 5, "b"))


def test_all_unchanged_one_gone_or_other_is_false() -> None:
    bam, bai = StoredObject(URI, 5, "a"), StoredObject(URI.with_suffix(".bai"), 6, "b")

    assert all_unchanged([bam, bai], {bam.uri: bam, bai.uri: bai})
    assert not all_unchanged([bam, bai], {bam.uri: bam})
    assert not all_unchanged([bam, bai], {bam.uri: bam, bai.uri: StoredObject(bai.uri, 6, "c")})
