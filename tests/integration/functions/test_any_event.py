"""No event breaks a function: each is handled, ignored, or refused by an error with a name.

Any other error (RecursionError, UnicodeEncodeError, an untranslated error of DynamoDB)
would be a traceback that says nothing, and could end the runtime.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from seqstack.domain.errors import SeqStackError
from tests.support.aws_world import AwsWorld
from tests.support.builders import EVENTS, read_event
from tests.support.situation import Invoke, Situation

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and, of what functions
# answer to a state machine, https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
LAMBDA_BYTES = 6 * 1024 * 1024
STATE_BYTES = 256 * 1024
# every function that reads data of its event; sweep_runs does not
FUNCTIONS = (
    "validate_input",
    "submit_job",
    "get_job_status",
    "track_job",
    "account_job",
    "account_runs",
    "finish_run",
    "stop_jobs",
    "notify_run_end",
)
SAMPLES = {
    name: [read_event(f"{name}/{path.name}") for path in sorted((EVENTS / name).glob("*.json"))]
    for name in FUNCTIONS
}


def nested(depth: int, innermost: Any = "x") -> Any:
    """Lists and objects in turn."""
    value = innermost
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


NASTY: list[Any] = [
    "",
    " ",
    "\x00",
    "\ud800",
    "é" * 40_000,
    "x" * 5000,
    "٣",
    "1_0",
    "nan",
    "[" * 3000 + "]" * 3000,
    json.dumps({"errorMessage": nested(900), "errorType": "x"}),
    '{"errorMessage": "\\ud800", "errorType": "\\udfff"}',
    '{"errorMessage": 1e999, "errorType": [' + "9" * 4000 + "]}",
    10**400,
    -(10**30),
    10**18,
    float("inf"),
    float("nan"),
    1e300,
    True,
    None,
    [],
    {},
    {"\ud800": "\ud800"},
    {str(n): n for n in range(3000)},
    [None] * 3000,
    nested(30),
    nested(500),
    nested(5000),
]
JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(NASTY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a sample event, the event itself included."""
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(each for key, item in inner for each in places(item, (*path, key)))]


def with_value_at(event: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `event` with another value in one place."""
    if not path:
        return value
    changed = copy.deepcopy(event)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


@st.composite
def events(draw: st.DrawFn, function: str) -> Any:
    """Sample events with one or two places changed, and now and then anything."""
    event = draw(st.sampled_from(SAMPLES[function]))
    for _ in range(draw(st.integers(1, 2))):
        # the event itself rarely: only AWS creates its envelope
        places_now = places(event) if isinstance(event, dict) else [()]
        value = draw(st.sampled_from(NASTY) | JSON_LIKE)
        if len(places_now) > 500:
            break
        event = with_value_at(event, draw(st.sampled_from(places_now)), value)
        if not isinstance(value, str | int | float | None):
            break  # its own places are many
    return event


def outcome(call: Callable[[], Any]) -> str:
    """What the call answers or refuses, as text; any other error passes."""
    try:
        return json.dumps(call())
    except (SeqStackError, ValidationError) as error:
        str(error).encode()  # as Lambda writes it
        return str(error)


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_any_event_is_handled_or_refused_by_name_and_briefly(
    world: AwsWorld, invoke: Invoke, function: str
) -> None:
    Situation(world, invoke, function, None).submit_align()

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(events(function))
    def attack(event: Any) -> None:
        answer = outcome(lambda: invoke(function, event))
        assert len(json.dumps(answer).encode()) < STATE_BYTES

    attack()


@pytest.mark.long
@pytest.mark.parametrize(
    "value",
    NASTY,
    ids=lambda value: (
        repr(value)[:20] if not isinstance(value, dict | list) else type(value).__name__
    ),
)
@pytest.mark.usefixtures("batch")
def test_any_value_in_any_place_of_a_runs_input_is_refused_or_taken(
    world: AwsWorld, invoke: Invoke, value: Any
) -> None:
    event = read_event("validate_input/exome.json")
    Situation(world, invoke, "validate_input", event).upload_inputs(event["input"])
    document = event["input"]
    for path in [*places(document), ("tags",), ("bwa",), ("tags", "x")]:
        base = {**document, "tags": {}} if path[:1] == ("tags",) else document
        changed = {**event, "input": with_value_at(base, path, value)}

        answer = outcome(lambda changed=changed: invoke("validate_input", changed))

        assert len(json.dumps(answer).encode()) < STATE_BYTES
