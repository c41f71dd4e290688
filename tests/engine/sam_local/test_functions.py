"""Every event of every function, in its container, in the world that the event speaks of.

The first event of each function goes through `sam local invoke`, the others to warm containers of
`sam local start-lambda`: a call then takes a fraction of the six CPU seconds that it does alone.
"""

import os
from collections.abc import Callable
from itertools import groupby

import pytest

from tests.engine.sam_local.invoking import Answer, Caller
from tests.support.aws_world import functions
from tests.support.given import make
from tests.support.live_world import LiveWorld
from tests.support.sample_events import Expected, SampleEvent, differences, sample_events
from tests.support.sample_table import row

FUNCTIONS = functions()
EVERY = os.environ.get("SAM_LOCAL_EVERY")


def calls() -> list[object]:
    """Events with the fixture that calls each; a function's events stay in one process."""
    by_function = groupby(sample_events(set(FUNCTIONS)), lambda event: event.folder)
    return [
        pytest.param(
            event,
            "invoke_command" if number == 0 or EVERY == "invoke" else "start_lambda",
            id=str(event),
            marks=pytest.mark.xdist_group(folder),
        )
        for folder, events in by_function
        for number, event in enumerate(events)
    ]


@pytest.mark.parametrize(("event", "way"), calls())
def test_function_in_a_container_answers_as_expected(
    event: SampleEvent,
    way: str,
    world: LiveWorld,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    caller: Caller = request.getfixturevalue(way)
    make(world, event.expected.given, event.document)

    answer = caller.invoke(FUNCTIONS[event.folder], event)

    outcome = answer.error or "answered"
    record_property(*row(event, outcome, answer.seconds, f"sam local {caller.name}"))
    assert answer.error == event.expected.fails, answer.log
    assert unexpected(event.expected, answer) == []
    found = {key: world.item(key) for key in event.expected.ledger}
    assert differences(dict(event.expected.ledger), found) == []


def unexpected(expected: Expected, answer: Answer) -> list[str]:
    """What is expected of the payload and not there."""
    if expected.fails:
        return [part for part in expected.says if part not in answer.payload["errorMessage"]]
    return differences(expected.answers, answer.payload)
