"""What a sample's run takes in requests and calls, held by tests/integration/counts.yaml."""

from collections import Counter

import yaml

from seqstack.domain.words import RunState
from tests.integration.counts import excess, table
from tests.integration.workflow.counting import calls_of, counted_requests, ends_after_all_else
from tests.support.workflow_world import World


def test_run_takes_no_more_than_the_table_says(world: World) -> None:
    world.emulator.events.intercept = ends_after_all_else(world)
    before = calls_of(world)

    with counted_requests(world.emulator.keys.access_key) as (objects, operations):
        ended = world.run(world.sample())
        world.eventually(True, lambda: world.row(ended).run.orchestration is not None)
        world.clock.settle()

    run = world.row(ended).run
    assert run.state is RunState.SUCCEEDED
    methods = Counter(request.partition(" ")[0] for request in objects)
    calls = calls_of(world) - before
    taken = {
        "transitions": len(ended.states) + sum(map(len, ended.steps.values())),
        "lambdaCalls": {name.removesuffix("-dev"): n for name, n in sorted(calls.items())},
        "tableReads": {name: operations[name] for name in ("GetItem", "Query")},
        "tableWrites": {
            name: operations[name] for name in ("PutItem", "TransactWriteItems", "UpdateItem")
        },
        "s3Reads": {name: methods[name] for name in ("GET", "HEAD")},
        "s3Writes": {"PUT": methods["PUT"]},
    }

    assert set(operations) == {*taken["tableReads"], *taken["tableWrites"]}
    assert set(methods) == {*taken["s3Reads"], *taken["s3Writes"]}, objects
    assert excess(taken, table()["run"]) == [], yaml.safe_dump(taken)
    # and the ledger's own account agrees
    account = run.orchestration
    assert account
    assert account.transitions == taken["transitions"]
    assert account.invocations == calls.total()
    assert account.s3_reads == methods["GET"] + methods["HEAD"], sorted(objects)
    assert account.s3_writes == methods["PUT"]
