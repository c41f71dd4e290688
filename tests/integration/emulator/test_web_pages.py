"""No web page in the user's browser can drive the emulator: what a page can send is refused."""

from collections.abc import Iterator

import pytest

from emulator.engine.lambda_runtime.api import RuntimeApi
from emulator.engine.lambda_runtime.invocation import Invocation
from tests.integration.emulator.raw_http import Raw, Wire
from tests.support.small_stack import SmallStack

PAGE = "https://page.example"
# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
FROM_A_PAGE = [
    {"Origin": PAGE},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"},
]


@pytest.fixture
def aws(stack: SmallStack) -> Wire:
    return Wire.to_aws(stack.emulator)


@pytest.fixture
def runtime_api() -> Iterator[RuntimeApi]:
    api = RuntimeApi("arn:aws:lambda:us-east-1:123456789012:function:f", lambda: None)
    yield api
    api.close()


def refused(answer: Raw) -> bool:
    return answer.status == 403 and b"refused" in answer.body and not answer.opens_to_pages


@pytest.mark.parametrize("headers", FROM_A_PAGE)
def test_request_of_a_page_is_refused_even_if_it_were_signed(
    aws: Wire, headers: dict[str, str]
) -> None:
    request = aws.list_tables()
    request.headers |= headers
    assert refused(aws.ask(request))


def test_request_of_a_page_changes_nothing(stack: SmallStack, aws: Wire) -> None:
    names = stack.emulator.client("s3").list_buckets()["Buckets"]
    answer = aws.ask(aws.unsigned("PUT", "/of-a-page", Origin=PAGE, Content_Type="text/plain"))
    assert refused(answer)
    assert stack.emulator.client("s3").list_buckets()["Buckets"] == names


def test_address_that_the_user_typed_is_not_refused_for_its_site(aws: Wire) -> None:
    request = aws.list_tables()
    request.headers["Sec-Fetch-Site"] = "none"
    assert aws.ask(request).status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "DELETE", "HEAD"])
def test_preflight_and_every_other_method_gets_no_cors_header(aws: Wire, method: str) -> None:
    asks = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "x-amz-date"}
    for target in ("/", "/bucket/key", "/moto-api/data.json"):
        answer = aws.ask(aws.unsigned(method, target, Origin=PAGE, **asks))
        assert answer.status == 403
        assert answer.opens_to_pages == []


def test_no_answer_has_a_cors_header_whatever_the_bucket_says(stack: SmallStack, aws: Wire) -> None:
    s3 = stack.emulator.client("s3")
    s3.create_bucket(Bucket="open-to-pages")
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket="open-to-pages", CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket="open-to-pages", Key="k", Body=b"x")

    answers = [
        aws.ask(aws.list_tables()),
        aws.ask(aws.signed("s3", "GET", "/open-to-pages/k")),
        aws.ask(aws.signed("s3", "GET", "/open-to-pages/k", link_seconds=60)),
        aws.ask(aws.signed("s3", "OPTIONS", "/open-to-pages/k")),
        aws.ask(aws.unsigned()),
    ]

    assert [answer.status for answer in answers[:3]] == [200, 200, 200]
    assert [answer.opens_to_pages for answer in answers] == [[]] * 5
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}


@pytest.mark.parametrize(
    "host",
    [
        "page.example",
        "page.example:{port}",
        "127.0.0.1.page.example:{port}",
        "localhost.page.example:{port}",
        "bucket.localhost:{port}",
        "127.0.0.1:1",
        "localhost",
        "127.0.0.2:{port}",
        "",
    ],
)
def test_name_that_was_made_to_lead_here_is_refused(aws: Wire, host: str) -> None:
    port = aws.address.partition(":")[2]
    rebound = Wire(aws.url, aws.keys)
    request = rebound.list_tables()
    request.headers["Host"] = host.format(port=port)
    answer = aws.ask(request)
    assert answer.status == 403
    assert aws.address in answer.body.decode()


def test_localhost_is_this_server(aws: Wire) -> None:
    name = aws.address.replace("127.0.0.1", "localhost")
    assert aws.ask(Wire(f"http://{name}", aws.keys).list_tables()).status == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda text, host: text.replace(f"Host: {host}\r\n", ""),
        lambda text, host: text.replace("Host:", f"Host: {host}\r\nHost:"),
        lambda text, _: text.replace("POST /", "POST http://page.example/"),
        lambda text, host: text.replace("POST /", f"POST http://{host}/"),
        lambda text, _: text.replace("POST /", "POST *"),
        lambda text, _: text.replace("Host:", "Host :"),
        lambda text, _: text.replace("\r\nHost:", "\r\n folded\r\nHost:"),
        lambda text, _: text.replace("\r\nHost:", "\r\nno colon\r\nHost:"),
    ],
)
def test_request_whose_server_is_in_doubt_is_no_request(aws: Wire, change: object) -> None:
    assert callable(change)
    text = bytes(aws.list_tables()).decode()
    changed = change(text, aws.address)
    assert changed != text
    assert Raw.parse(aws.send(changed.encode())).status == 400


@pytest.mark.parametrize("headers", [*FROM_A_PAGE, {"Host": "page.example"}])
def test_functions_own_api_is_closed_to_pages_and_keeps_its_invocation(
    runtime_api: RuntimeApi, headers: dict[str, str]
) -> None:
    wire = Wire(f"http://{runtime_api.address}")
    runtime_api.hand_over(Invocation(b'{"secret": 1}', 60))
    request = wire.unsigned("GET", "/2018-06-01/runtime/invocation/next")
    request.headers |= headers
    assert wire.ask(request).status == 403

    kept = wire.ask(wire.unsigned("GET", "/2018-06-01/runtime/invocation/next"))
    assert (kept.status, kept.body) == (200, b'{"secret": 1}')
