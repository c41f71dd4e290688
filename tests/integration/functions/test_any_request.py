"""No request breaks the API: every request gets an answer with a status below 500."""

import base64
import copy
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.aws_world import AwsWorld, make_state_machines
from tests.support.builders import RUN_ID, exome_input, read_event
from tests.support.situation import Invoke, Situation

LAMBDA_BYTES = 6 * 1024 * 1024
ARABIC_THREE = "\u0663"
ATTACK = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    max_examples=60,
)


def token(value: Any) -> str:
    """A page token that says `value`, as `Cursor.as_token` writes it."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


TOKENS = [
    "WyIiXQ",  # [""]: DynamoDB takes no empty key
    token(["x"]),
    token(["~", ""]),
    token(["~", "x" * 81]),
    token(["~~"]),
    token(["\ud800"]),
    token(["2026-01-02T03:04:05.000Z", "\ud800"]),
    token([f"202{ARABIC_THREE}-01-02T03:04:05.000Z"]),
    token(["2026-01-02T03:04:05.000Z\n"]),
    token([["~"]]),
    token("[" * 300),
    base64.urlsafe_b64encode(b"[" * 1200 + b"]" * 1200).decode(),
    base64.urlsafe_b64encode(b"9" * 1400).decode(),
    token(["2026-01-02T03:04:05.000Z", *["r"] * 200]),
]


@pytest.fixture
def call(world: AwsWorld, invoke: Invoke) -> Any:
    """Send a sample request with changes; the status and the answer's body."""
    make_state_machines(world)
    Situation(world, invoke, "api", None).submit_align()

    def send(sample: str, path: str = "", **changes: Any) -> tuple[int, str]:
        event = {**copy.deepcopy(read_event(f"api/{sample}.json")), **changes}
        if path:
            event["rawPath"] = event["requestContext"]["http"]["path"] = path
        answer = invoke("api", event)
        whole = json.dumps(answer)
        assert len(whole.encode()) < LAMBDA_BYTES
        json.loads(answer["body"])
        assert answer["statusCode"] < 500
        return answer["statusCode"], answer["body"]

    return send


def start(call: Any, body: str | bytes) -> tuple[int, str]:
    """POST /runs with this body."""
    if isinstance(body, bytes):
        text = base64.b64encode(body).decode()
        return call("start_run", body=text, isBase64Encoded=True)
    return call("start_run", body=body, isBase64Encoded=False)


def form(**fields: str) -> dict[str, Any]:
    """A form of the Workflow Execution Service as an event has it."""
    given = {
        "workflow_type": "SEQSTACK",
        "workflow_type_version": "1.0",
        "workflow_url": "secondary_analysis",
        **fields,
    }
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in given.items()
    ]
    body = "".join([*parts, "--b--\r\n"]).encode()
    headers = {**read_event("api/wes_run_workflow.json")["headers"]}
    headers["content-type"] = "multipart/form-data; boundary=b"
    return {
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@pytest.mark.parametrize("text", TOKENS)
def test_any_page_token_gives_a_page_or_is_refused(call: Any, text: str) -> None:
    wes = call("wes_list_runs", queryStringParameters={"page_token": text})
    ours = call("list_runs", queryStringParameters={"nextToken": text})

    assert (ours[0], wes[0]) in {(200, 200), (422, 400)}


def test_page_token_that_no_time_begins_is_refused_by_name(call: Any) -> None:
    status, body = call("list_runs", queryStringParameters={"nextToken": "WyIiXQ"})

    assert status == 422
    assert json.loads(body)["errors"][0]["field"] == "nextToken"


def test_any_text_is_a_page_token_or_refused(call: Any) -> None:
    @ATTACK
    @given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: token(b.decode("latin-1"))))
    @example("\ud800")
    def attack(text: str) -> None:
        call("list_runs", queryStringParameters={"nextToken": text})
        call("get_log", queryStringParameters={"nextToken": text})
        call("wes_list_tasks", queryStringParameters={"page_token": text})

    attack()


@pytest.mark.parametrize(
    "number", [ARABIC_THREE * 3, "1_00", " 100", "100 ", "+100", "1e2", "100.0", "nan", "9" * 5000]
)
@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("list_runs", "limit"),
        ("get_log", "limit"),
        ("get_log", "attempt"),
        ("list_outputs", "linkSeconds"),
        ("wes_list_runs", "page_size"),
        ("wes_list_tasks", "page_size"),
    ],
)
def test_number_is_of_ascii_digits_or_refused(
    call: Any, sample: str, name: str, number: str
) -> None:
    status, body = call(sample, queryStringParameters={name: number})

    assert status == (400 if "wes" in sample else 422)
    assert name in body


@pytest.mark.parametrize(
    "run_id", ["x" * 81, "x" * 3000, "é" * 60, "a b", "..", "%ED%A0%80", "\x7f"]
)
def test_run_of_an_impossible_name_is_not_found(call: Any, run_id: str) -> None:
    for sample in ("get_run", "abort_run", "resume_run", "list_outputs", "get_log"):
        path = read_event(f"api/{sample}.json")["rawPath"]
        assert RUN_ID in path
        assert call(sample, path.replace(RUN_ID, quote(run_id)))[0] == 404
    for sample in ("wes_run_log", "wes_run_status", "wes_cancel_run", "wes_list_tasks"):
        path = read_event(f"api/{sample}.json")["rawPath"]
        assert call(sample, path.replace(RUN_ID, quote(run_id)))[0] == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[" * 500 + "]" * 500, "nested"),
        ("[" * 100_000 + "]" * 100_000, "nested"),
        (json.dumps({"tags": json.loads('{"a":' * 300 + "1" + "}" * 300)}), "nested"),
        ("9" * 5000, "digits"),
        ('{"bwa": {"memory": 1e999}}', "too large"),
        ('{"bwa": {"memory": NaN}}', "NaN"),
        ('{"bwa": {}, "bwa": {}}', "twice"),
        ('{"tags": {"a": "\\ud800"}}', "half a character"),
        ('{"tags": {"\\ud800": "a"}}', "half a character"),
        (json.dumps([0] * 5000), "2,000"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b"\xed\xa0\x80", "UTF-8"),
    ],
)
def test_body_that_breaks_a_cap_is_refused_by_what_it_breaks(
    call: Any, body: str | bytes, says: str
) -> None:
    status, answer = start(call, body)

    assert status == 400
    assert says in answer
    assert len(answer) < 1000


def test_body_that_is_no_base64_is_refused(call: Any) -> None:
    assert call("start_run", body="é", isBase64Encoded=True)[0] == 400


def test_input_with_thousands_of_problems_gets_a_short_answer_that_counts_them(call: Any) -> None:
    many = {**exome_input(), **{f"key{n}": 1 for n in range(1500)}}

    status, answer = start(call, json.dumps(many))

    errors = json.loads(answer)["errors"]
    assert status == 422
    assert len(answer) < 40_000
    # the last of them says how many it leaves out
    assert errors[-1] == {"field": "$", "detail": f"and {1500 - (len(errors) - 1)} more problems"}


def test_input_with_one_very_long_key_gets_a_short_answer(call: Any) -> None:
    status, answer = start(call, json.dumps({**exome_input(), "k" * 200_000: 1}))

    assert status == 422
    assert len(answer) < 10_000


@pytest.mark.parametrize("tags", ["text", 5, [], [1], None, True])
@pytest.mark.parametrize("field", ["", '{"lab": "north"}'])
def test_tags_of_another_type_in_the_forms_parameters_are_refused(
    call: Any, tags: Any, field: str
) -> None:
    params = json.dumps({**exome_input(), "tags": tags})

    status, answer = call("wes_run_workflow", **form(workflow_params=params, tags=field))

    assert status == 400
    assert "$.tags" in answer


def test_any_field_of_the_form_is_taken_or_refused(call: Any) -> None:
    texts = st.sampled_from(
        ["[" * 500, "9" * 5000, "1e999", '{"a":"\\ud800"}', "null", "[]", '"x"', "{}", "\x00"]
    ) | st.text(max_size=30)

    @ATTACK
    @given(st.sampled_from(["workflow_params", "tags", "workflow_engine_parameters"]), texts)
    def attack(name: str, text: str) -> None:
        call(
            "wes_run_workflow",
            **form(**{"workflow_params": "{}", name: text.replace("\ud800", "")}),
        )

    attack()


def test_any_bytes_are_a_form_or_refused(call: Any) -> None:
    sample = form(workflow_params="{}")
    whole = base64.b64decode(sample["body"])

    @ATTACK
    @given(
        st.binary(max_size=80)
        | st.tuples(st.integers(0, len(whole)), st.binary(max_size=5)).map(
            lambda cut: whole[: cut[0]] + cut[1] + whole[cut[0] + 3 :]
        ),
        st.sampled_from(["multipart/form-data; boundary=b", "application/x-www-form-urlencoded"])
        | st.text(st.characters(max_codepoint=255), max_size=30).map(
            "multipart/form-data; boundary={}".format
        ),
    )
    def attack(body: bytes, kind: str) -> None:
        call(
            "wes_run_workflow",
            headers={**sample["headers"], "content-type": kind},
            body=base64.b64encode(body).decode(),
        )

    attack()


def test_run_of_an_input_that_was_never_one_is_shown_all_the_same(
    world: AwsWorld, call: Any
) -> None:
    machine = world.client("stepfunctions").list_state_machines()["stateMachines"][0]
    for number, text in enumerate(
        ["[]", "5", '{"tags": [1]}', '{"tags": {"a": 1}}', '{"a":' * 900 + "1" + "}" * 900]
    ):
        world.client("stepfunctions").start_execution(
            stateMachineArn=machine["stateMachineArn"], name=f"odd-{number}", input=text
        )
        for sample in ("wes_run_log", "get_run"):
            path = read_event(f"api/{sample}.json")["rawPath"]
            assert call(sample, path.replace(RUN_ID, f"odd-{number}"))[0] == 200
