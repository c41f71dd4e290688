"""Requests that are broken, that lie about their length, or never end."""

import re
from random import Random

import pytest
from botocore.credentials import Credentials

from emulator.engine.authentication import MAX_BODY_BYTES
from tests.integration.emulator.raw_http import Raw, Wire
from tests.support.small_stack import SmallStack

pytestmark = pytest.mark.long

SEED, MUTATIONS = 20261128, 2_000
MIB = 1024 * 1024
MARKUP = "<script>alert(1)</script>"
# what the kernel holds of a connection, on both sides, beyond what the server has read
BUFFERS = 24 * MIB


@pytest.fixture
def aws(stack: SmallStack) -> Wire:
    return Wire.to_aws(stack.emulator)


@pytest.fixture(params=["aws-api", "http-api"])
def server(request: pytest.FixtureRequest, stack: SmallStack) -> Wire:
    """Each server of the emulator, with a client without keys."""
    if request.param == "aws-api":
        return Wire(stack.emulator.endpoint_url)
    return Wire(stack.emulator._http_api.url)


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: abc",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: 0x10",
        "Content-Length: 1_0",
        "Content-Length: \N{ARABIC-INDIC DIGIT FIVE}",
        "Content-Length:",
        "Content-Length: 2, 2",
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ],
)
def test_length_that_is_none_is_a_bad_request(server: Wire, lines: str) -> None:
    request = f"POST / HTTP/1.1\r\nHost: {server.address}\r\n{lines}\r\n\r\n{{}}"
    answer = Raw.parse(server.send(request.encode()))
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")


def bytes_taken(wire: Wire, head: bytes, piece: bytes, most: int) -> tuple[int, bytes]:
    """How much of an endless body a server takes, and what it answers."""
    with wire.connect() as connection:
        connection.sendall(head)
        taken = 0
        try:
            while taken < most:
                connection.sendall(piece)
                taken += len(piece)
        except OSError:
            pass
        try:
            answer = connection.recv(65536)
        except OSError:
            answer = b""  # the reset overtook the answer
        return taken, answer


ENDLESS_CHUNK = b"%x\r\n" % (64 * 1024) + b"x" * (64 * 1024) + b"\r\n"


@pytest.mark.parametrize("length", ["Transfer-Encoding: chunked", f"Content-Length: {10**15}"])
@pytest.mark.parametrize("origin", ["", "Origin: https://page.example\r\n"])
def test_stranger_is_answered_before_the_body(server: Wire, length: str, origin: str) -> None:
    head = f"POST / HTTP/1.1\r\nHost: {server.address}\r\n{origin}{length}\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head.encode())  # and nothing of the body, ever
        answer = Raw.parse(connection.recv(65536))
    assert answer.status in {403, 404}  # the small stack has no HTTP API


def test_stranger_who_expects_to_be_asked_is_refused_instead(aws: Wire) -> None:
    head = f"PUT /b/k HTTP/1.1\r\nHost: {aws.address}\r\nOrigin: null\r\nContent-Length: 9\r\n"
    answer = aws.send(f"{head}Expect: 100-continue\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("length", ["Transfer-Encoding: chunked", f"Content-Length: {10**15}"])
def test_signed_body_that_never_ends_is_cut_off(aws: Wire, length: str) -> None:
    request = aws.list_tables()
    del request.headers["Content-Length"]
    request.body = b""
    head = bytes(request).decode().removesuffix("\r\n") + f"{length}\r\n\r\n"

    taken, answer = bytes_taken(aws, head.encode(), ENDLESS_CHUNK, 1024 * MIB)

    assert taken < MAX_BODY_BYTES + 64 * MIB + BUFFERS  # the server throws away up to 64 MiB
    assert answer[:13] in {b"", b"HTTP/1.1 413 "}


def test_object_that_is_too_large_is_refused_unread(aws: Wire) -> None:
    request = aws.signed("s3", "PUT", "/bucket/key")
    request.headers["Content-Length"] = str(5 * 1024**3 + 1)
    with aws.connect() as connection:
        connection.sendall(bytes(request))
        answer = Raw.parse(connection.recv(65536))
    assert (answer.status, answer.code) == (400, "EntityTooLarge")


@pytest.mark.parametrize("chunk", ["zz\r\n{}\r\n", "-5\r\n{}\r\n", "5\r\n{}\r\n", "2\r\n{}XX0\r\n"])
def test_chunks_that_are_broken_or_cut_off_do_nothing(aws: Wire, chunk: str) -> None:
    request = aws.list_tables()
    del request.headers["Content-Length"]
    request.headers["Transfer-Encoding"] = "chunked"
    request.body = chunk.encode()
    assert 400 <= aws.ask(request).status < 500


def test_body_in_chunks_is_as_good_as_one_with_its_length(aws: Wire) -> None:
    request = aws.list_tables()
    del request.headers["Content-Length"]
    request.headers["Transfer-Encoding"] = "chunked"
    request.body = b"2\r\n{}\r\n0\r\n\r\n"
    answer = aws.ask(request)
    assert answer.status == 200, answer
    assert b"TableNames" in answer.body


@pytest.mark.parametrize(
    "line",
    [
        f"GET /{MARKUP} HTTP/1.1",
        f"{MARKUP} / HTTP/1.1",
        f"GET / HTTP/{MARKUP}",
        f"GET / {MARKUP} HTTP/1.1",
        f"GET /?{MARKUP} HTTP/1.1",
        f"POST /moto-api/{MARKUP} HTTP/1.1",
        f"{MARKUP}",
    ],
)
def test_error_repeats_no_markup(server: Wire, line: str) -> None:
    request = f"{line}\r\nHost: {server.address}\r\n\r\n"
    answer = server.send(request.encode())
    assert answer
    assert MARKUP.encode() not in answer
    assert b"text/html" not in answer


def test_error_of_the_owners_request_is_no_page(aws: Wire) -> None:
    answers = [
        aws.ask(aws.signed("s3", "GET", f"/{MARKUP}/key")),
        aws.ask(aws.signed("s3", "GET", "/no-such-bucket/%3Cscript%3E")),
        aws.ask(aws.signed("lambda", "GET", "/no/such/path/%3Cscript%3E")),
        aws.ask(aws.signed("no-such-service", "GET", "/")),
        aws.ask(aws.signed("batch", "GET", "/v1/nothing")),
    ]
    for answer in answers:
        assert answer.status >= 400
        assert "html" not in answer.headers.get("content-type", ""), answer
        assert answer.headers["x-content-type-options"] == "nosniff"


def mutated(request: bytes, random: Random) -> bytes:
    changed = bytearray(request)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(changed))
        match random.randrange(6):
            case 0:
                changed[place] = random.randrange(256)
            case 1:
                del changed[place : place + random.randint(1, 30)]
            case 2:
                changed[place:place] = random.randbytes(random.randint(1, 20))
            case 3:
                line = random.choice(HEADERS).encode()
                changed[:] = changed.replace(b"\r\n", b"\r\n" + line + b"\r\n", 1)
            case 4:
                changed[place:place] = changed[place : place + random.randint(1, 200)]
            case 5:
                del changed[place:]
        if not changed:
            return b"\r\n\r\n"
    return bytes(changed)


HEADERS = (
    "Origin: https://page.example",
    "Host: page.example",
    "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Sec-Fetch-Site: cross-site",
    "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=, Signature=",
    "X-Amz-Date: 99999999T999999Z",
    "Content-Type: multipart/form-data; boundary=",
)


def test_thousands_of_spoilt_requests_get_nothing_and_break_nothing(
    stack: SmallStack, aws: Wire
) -> None:
    random = Random(SEED)
    stranger = Wire(aws.url, Credentials("testing", "testing"))
    buckets = stack.emulator.client("s3").list_buckets()["Buckets"]
    originals = [
        stranger.list_tables(),
        stranger.signed("s3", "PUT", "/spoilt-bucket"),
        stranger.signed("s3", "GET", "/bucket/key", link_seconds=60),
        stranger.signed("batch", "POST", "/v1/submitjob", b'{"jobName": "x"}'),
        stranger.unsigned("POST", "/moto-api/reset"),
    ]
    statuses: set[int] = set()
    for number in range(MUTATIONS):
        request = mutated(bytes(originals[number % len(originals)]), random)
        answer = aws.send(request)
        if answer:
            first = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
            # without a version a request is of HTTP 0.9, whose answers are bodies alone
            statuses.add(int(first[1]) if first else 400)
            assert b"access-control-" not in answer.lower(), request
            assert b"text/html" not in answer, request
    assert statuses <= {400, 403, 414, 431, 505}
    assert {400, 403} <= statuses
    assert stack.emulator.client("s3").list_buckets()["Buckets"] == buckets
    assert aws.ask(aws.list_tables()).status == 200
