"""Signatures against the examples that AWS publishes, and what boto3 signs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulator.engine.sigv4 import UNSIGNED_PAYLOAD, Head, claim_of

EMPTY = sha256(b"").hexdigest()
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
S3_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html
LIST_USERS = Head(
    "GET",
    "/",
    "Action=ListUsers&Version=2010-05-08",
    {
        "host": "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-amz-date": "20150830T123600Z",
        "authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    },
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
GET_OBJECT = Head(
    "GET",
    "/test.txt",
    "",
    {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    },
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
LINK = Head(
    "GET",
    "/test.txt",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
    "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    {"host": "examplebucket.s3.amazonaws.com"},
)


@pytest.mark.parametrize(
    ("head", "secret", "payload"),
    [
        (LIST_USERS, SECRET, EMPTY),
        (GET_OBJECT, S3_SECRET, EMPTY),
        (LINK, S3_SECRET, UNSIGNED_PAYLOAD),
    ],
)
def test_examples_of_aws_are_right_and_every_change_to_them_is_wrong(
    head: Head, secret: str, payload: str
) -> None:
    claim = claim_of(head)
    assert claim is not None
    assert claim.is_complete(head)
    assert claim.is_right(head, secret, payload)

    assert not claim.is_right(head, secret + "x", payload)
    assert not claim.is_right(head, secret, sha256(b"x").hexdigest())
    for changed in (
        replace(head, method="PUT"),
        replace(head, path="/other.txt"),
        replace(head, query=head.query + "&versionId=1"),
        replace(head, headers={**head.headers, "host": "elsewhere.example"}),
    ):
        again = claim_of(changed)
        assert again is not None
        assert not again.is_right(changed, secret, payload)


def test_link_holds_until_it_expires() -> None:
    claim, signed_at = claim_of(LINK), datetime(2013, 5, 24, tzinfo=UTC)
    assert claim is not None
    minute = timedelta(minutes=1)
    assert claim.is_timely(signed_at + timedelta(days=1), minute)
    assert not claim.is_timely(signed_at + timedelta(days=1, seconds=1), minute)
    assert not claim.is_timely(signed_at - timedelta(minutes=2), minute)


def test_header_that_s3_would_act_upon_must_be_signed() -> None:
    head = replace(GET_OBJECT, headers={**GET_OBJECT.headers, "x-amz-copy-source": "/b/k"})
    claim = claim_of(head)
    assert claim is not None
    assert not claim.is_complete(head)


KEYS = [
    "plain",
    "with blank",
    "plus+plus",
    "100%",
    "a//b",
    "ä/Ω",
    "(x)[y]&z=1;~'!*",
    "../up",
    "a:b",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", [S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth])
def test_what_botocore_signs_is_right(kind: type[SigV4Auth], key: str) -> None:
    service = "lambda" if kind is SigV4Auth else "s3"
    request = AWSRequest(
        "GET", "http://127.0.0.1:1/bucket", params={"prefix": key, "empty": ""}, data=b""
    )
    prepared = request.prepare()  # encodes the parameters
    request = AWSRequest(
        "GET", prepared.url.replace("bucket", f"bucket/{quote(key, safe='/~')}"), data=b""
    )
    request.context["payload_signing_enabled"] = True
    kind(Credentials("key", "secret"), service, "us-east-1").add_auth(request)
    path, _, query = request.url.removeprefix("http://127.0.0.1:1").partition("?")
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    head = Head("GET", path, query, {"host": "127.0.0.1:1", **headers})

    claim = claim_of(head)

    assert claim is not None
    assert claim.is_complete(head)
    payload = UNSIGNED_PAYLOAD if claim.lifetime else EMPTY
    assert claim.is_right(head, "secret", payload)
    assert not claim.is_right(head, "other", payload)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "AWS key:signature",
        "Bearer token",
        "AWS4-ECDSA-P256-SHA256 Credential=k/20130524/s3/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Credential=k/20130524/us-east-1/s3/aws4_request, SignedHeaders=host",
    ],
)
def test_other_authorization_is_no_claim(authorization: str) -> None:
    assert claim_of(Head("GET", "/", "", {"authorization": authorization})) is None


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("X-Amz-Expires=86400", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=-1"),
        ("X-Amz-Expires=86400&", ""),
        ("X-Amz-Signature=aee", "X-Amz-Signature=zee"),
        ("%2Faws4_request", ""),
        ("X-Amz-Date=", "X-Amz-Date=20300101T000000Z&X-Amz-Date="),
    ],
)
def test_link_that_is_not_whole_is_no_claim(was: str, becomes: str) -> None:
    assert was in LINK.query
    assert claim_of(replace(LINK, query=LINK.query.replace(was, becomes))) is None
