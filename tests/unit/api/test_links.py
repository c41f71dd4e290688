"""Links as browsers handle them, for any name and content type of the object."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from seqstack.adapters.objects import link_to
from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def query(key: str) -> dict[str, Any]:
    return parse_qs(urlsplit(link_to(StoredObject(S3Uri("results", key), 1, "etag"), 60)).query)


def test_link_to_a_page_is_saved_and_not_shown_in_the_bucket_s_origin() -> None:
    asked = query("r/S1/vcf/annotated/snpEff_summary.html")

    assert asked["response-content-disposition"] == ['attachment; filename="snpEff_summary.html"']
    assert asked["response-content-type"] == ["text/html; charset=utf-8"]


@pytest.mark.parametrize("name", ['a";filename*=x.html', "a;b.exe", "ä b.vcf", "a%22b"])
def test_link_to_an_object_of_any_name_has_a_file_name_that_ends_where_it_says(name: str) -> None:
    (given,) = query(f"r/{name}")["response-content-disposition"]

    prefix, quoted, rest = given.split('"')
    assert (prefix, rest) == ("attachment; filename=", "")
    assert quoted.isascii()
    assert not set(quoted) & set('";%*= ')


def test_link_names_the_region_in_which_it_is_signed() -> None:
    link = urlsplit(link_to(StoredObject(S3Uri("results", "r/S1/a.bam"), 1, "etag"), 60))

    assert link.netloc == "results.s3.eu-central-1.amazonaws.com"
    assert "/eu-central-1/s3/" in parse_qs(link.query)["X-Amz-Credential"][0]
