"""Every sample input of a state machine, started in the emulator, ends as expected.

What events of functions ask of the world is made here, too: `make sam-local` needs an engine.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.harness.scripted import Act
from tests.support.aws_world import machines
from tests.support.builders import RUN_ID, exome_input, read_event
from tests.support.given import GIVEN, make
from tests.support.live_world import LiveWorld, filled_in
from tests.support.sample_events import SampleEvent, sample_events
from tests.support.sample_table import row
from tests.support.workflow_world import World

MACHINES = machines()
OF_COHORTS = {"sheet": "validate_cohort/trio.json", "cohort": "close_cohort/failed.json"}


@pytest.fixture
def live(world: World) -> Iterator[LiveWorld]:
    live = LiveWorld(world.emulator, world.emulator.outputs["ResultsBucketName"])
    yield live
    live.close()


@pytest.mark.parametrize("event", sample_events(set(MACHINES)), ids=str)
def test_execution_with_the_input_ends_as_expected(
    event: SampleEvent,
    world: World,
    live: LiveWorld,
    record_property: Callable[[str, object], None],
) -> None:
    expected = event.expected
    document = filled_in(event.document, live.results_bucket)
    make(live, expected.given, document)
    began = time.monotonic()

    ended = world.run(document)

    status = ended.execution["status"]
    record_property(*row(event, status, time.monotonic() - began, "emulator"))
    assert status == expected.ends, ended.execution
    if expected.fails:
        assert ended.error == expected.fails
        assert [part for part in expected.says if part not in ended.cause] == [], ended.cause


@pytest.mark.parametrize("given", GIVEN)
def test_world_of_an_event_can_be_made_and_is_cleared(
    given: str, world: World, live: LiveWorld
) -> None:
    world.play({"": [Act.hang()]})
    world.emulator.events.intercept = lambda _event: []

    document = exome_input(resultsS3Path=f"s3://{live.results_bucket}/results")
    if given in OF_COHORTS:
        document = filled_in(read_event(OF_COHORTS[given]), live.results_bucket)
    make(live, [given], document)
    live.clear()

    assert live.item(f"RUN#{RUN_ID} RUN") is None
    assert live.item("COHORT#trio-1 COHORT") is None
