"""Every event of every function, by `sam local invoke`, in the world that it speaks of."""

from collections.abc import Callable

import pytest

from tests.aws_world import functions
from tests.engine.sam_local.invoking import SamLocal
from tests.live_world import LiveWorld
from tests.sample_events import SampleEvent, differences, sample_events
from tests.sample_table import row

FUNCTIONS = functions()


@pytest.mark.parametrize("event", sample_events(set(FUNCTIONS)), ids=str)
def test_function_in_a_container_answers_as_expected(
    event: SampleEvent,
    sam: SamLocal,
    world: LiveWorld,
    record_property: Callable[[str, object], None],
) -> None:
    expected = event.expected
    world.make(expected.given, event.document)

    answer = sam.invoke(FUNCTIONS[event.folder], event)

    record_property(*row(event, answer.error or "answered", answer.seconds))
    assert answer.error == expected.fails, answer.log
    if expected.fails:
        said = answer.payload["errorMessage"]
        assert [part for part in expected.says if part not in said] == [], said
    else:
        assert differences(expected.answers, answer.payload) == []
    found = {key: world.item(key) for key in expected.ledger}
    assert differences(dict(expected.ledger), found) == []
