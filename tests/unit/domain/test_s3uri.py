import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqstack.domain.plain_text import refusal
from seqstack.domain.s3uri import S3Uri

_KEYS = st.text(st.characters(codec="utf-8"), max_size=200).filter(
    lambda key: not {".", ".."} & set(key.split("/")) and refusal(key) is None
)  # what is refused, see below


@given(bucket=st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True), key=_KEYS)
def test_s3uri_any_key_survives_parsing_and_printing(bucket: str, key: str) -> None:
    text = f"s3://{bucket}/{key}"

    assert str(S3Uri.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("https://bucket/key", "must start with s3://"),
        ("S3://bucket/key", "must start with s3://"),
        ("s3:///key", "no valid bucket"),
        ("s3://ab/key", "no valid bucket"),  # 3 characters at least
        ("s3://" + "a" * 64 + "/key", "no valid bucket"),  # 63 at most
        ("s3://Bucket/key", "no valid bucket"),
        ("s3://under_score/key", "no valid bucket"),
        ("s3://two..dots/key", "no valid bucket"),
        ("s3://-bucket/key", "no valid bucket"),
        ("s3://bucket\n/key", r"U\+000A"),
        ("s3://bucket/x/..", "'.' or '..'"),
        ("s3://bucket/../x", "'.' or '..'"),
        ("s3://bucket/./x", "'.' or '..'"),
        ("s3://bucket/" + "k" * 1025, "more than 1024 bytes"),
        ("s3://bucket/" + "é" * 513, "more than 1024 bytes"),  # two bytes each
    ],
)
def test_s3uri_parse_of_what_s3_forbids_raises(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        S3Uri.parse(text)


def test_s3uri_parse_of_the_longest_key_succeeds() -> None:
    assert S3Uri.parse("s3://bucket/" + "k" * 1024).key == "k" * 1024


@pytest.mark.parametrize(
    ("text", "parent"),
    [
        ("s3://bucket/a/b/reads.fq", "s3://bucket/a/b/"),
        ("s3://bucket/a/b/", "s3://bucket/a/"),
        ("s3://bucket/reads.fq", "s3://bucket/"),
    ],
)
def test_s3uri_parent_is_the_folder_that_holds_it(text: str, parent: str) -> None:
    assert str(S3Uri.parse(text).parent) == parent


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("s3://bucket/a", "s3://bucket/a/b.txt"),
        ("s3://bucket/a/", "s3://bucket/a/b.txt"),
        ("s3://bucket/", "s3://bucket/b.txt"),
        ("s3://bucket", "s3://bucket/b.txt"),
    ],
)
def test_s3uri_slash_puts_an_object_below_a_folder(folder: str, expected: str) -> None:
    assert str(S3Uri.parse(folder) / "b.txt") == expected


def test_s3uri_name_and_suffix() -> None:
    uri = S3Uri.parse("s3://bucket/ref/genome.fa")

    assert uri.name == "genome.fa"
    assert str(uri.with_suffix(".fai")) == "s3://bucket/ref/genome.fa.fai"
    assert S3Uri.parse("s3://bucket/ref/isaac/").name == "isaac"


@pytest.mark.parametrize(
    ("folder", "other", "is_covered"),
    [
        ("s3://bucket/ref/", "s3://bucket/ref/genome.fa", True),
        ("s3://bucket/ref/", "s3://bucket/ref/", True),
        ("s3://bucket/", "s3://bucket/ref/genome.fa", True),
        ("s3://bucket/ref", "s3://bucket/ref", True),
        ("s3://bucket/ref", "s3://bucket/ref/genome.fa", False),
        ("s3://bucket/ref/", "s3://bucket/reference/genome.fa", False),
        ("s3://bucket/", "s3://bucket2/genome.fa", False),
    ],
)
def test_s3uri_covers_itself_and_what_lies_in_its_folder(
    folder: str, other: str, *, is_covered: bool
) -> None:
    assert S3Uri.parse(folder).covers(S3Uri.parse(other)) is is_covered
