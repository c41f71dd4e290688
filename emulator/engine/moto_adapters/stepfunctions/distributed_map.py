"""Distributed Map: each item is an execution of its own, as on AWS.

moto 5.2.5 evaluates the items in threads of the parent: they have no execution and no history, one
failure is nothing to the map whatever it tolerates, and a stop leaves them running.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
    DistributedIterationComponentEvalInput,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.states import ItemData, MapData
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import (
    StepFunctionsParserBackend,
    stepfunctions_parser_backends,
)

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.clock import Clock
from emulator.engine.moto_adapters.stepfunctions.executions import describe
from emulator.engine.moto_adapters.stepfunctions.interruption import InterruptedTaskError
from emulator.engine.patches import Patches

# of child executions that run at the same time, where MaxConcurrency is 0
# https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
_MOST_AT_ONCE = 10_000
_FAILED = ("FAILED", "TIMED_OUT")


def install(patches: Patches, clock: Clock) -> None:
    """Adapt distributed maps until `patches` are restored."""
    patches.replace(DistributedIterationComponent, "_map_run", _runner(clock))


def _runner(clock: Clock) -> Any:
    def run(
        _component: DistributedIterationComponent,
        env: Environment,
        eval_input: DistributedIterationComponentEvalInput,
    ) -> None:
        items = env.stack.pop()
        inputs = [_input_of(env, eval_input, n, item) for n, item in enumerate(items)]
        eval_input.map_run_record.children = children = _Children(env, eval_input, inputs)
        try:
            children.run(clock)
        finally:
            children.count()
        env.stack.append([_output(child) for child in children.started])

    return run


def _input_of(
    env: Environment, given: DistributedIterationComponentEvalInput, number: int, item: Any
) -> Any:
    """A child's input: the item, or what ItemSelector makes of it."""
    selector = given.item_selector or given.parameters
    if not selector:
        return item
    frame = env.open_inner_frame()
    frame.states.context_object.context_object_data["Map"] = MapData(
        Item=ItemData(Index=number, Value=item)
    )
    frame.states.reset(input_value=env.states.get_input())
    frame.stack.append(frame.states.get_input())
    selector.eval(frame)
    selected = frame.stack[-1]
    env.delete_frame(frame)
    return selected


def _output(child: Execution) -> Any:
    return json.loads(describe(child).get("output", "null"))


class _Children:
    """The child executions of a map run, which start in the order of their items."""

    def __init__(
        self,
        env: Environment,
        given: DistributedIterationComponentEvalInput,
        inputs: list[Any],
    ) -> None:
        self.started: list[Execution] = []
        self._env = env
        self._record = given.map_run_record
        self._waiting = list(reversed(inputs))
        self._total = len(inputs)
        self._backend: StepFunctionsParserBackend
        self._backend = stepfunctions_parser_backends[ACCOUNT_ID][REGION]
        parent = self._backend.describe_state_machine(
            env.states.context_object.context_object_data["StateMachine"]["Id"]
        )
        state = _state(json.loads(parent.definition), given.state_name)
        self._tolerance = {key for key in state if key.startswith("ToleratedFailure")}
        self._machine = _child_machine(self._backend, parent, self._record, state)

    def run(self, clock: Clock) -> None:
        """Run all to their ends.

        Raises:
            FailureEventException: more failed than the map tolerates; the others were stopped.
            InterruptedTaskError: the map's execution has ended; its children were stopped.
        """
        running: list[Execution] = []
        while self._waiting or running:
            most = self._record.max_concurrency or _MOST_AT_ONCE
            while self._waiting and len(running) < most and self._env.is_running():
                running.append(self._start(self._waiting.pop()))
            self.count(pending=len(self._waiting))
            _wait_for_any(running, self._env, clock)
            running = [child for child in running if not child.ended.is_set()]
            if not self._env.is_running():
                _stop(running)
                raise InterruptedTaskError
            if self._has_too_many_failures():
                _stop(running)
                raise FailureEventException(_too_many(self._env))

    def _start(self, given: Any) -> Execution:
        text = json.dumps(given, separators=(",", ":"), ensure_ascii=False)
        child = self._backend.start_execution(self._machine.arn, str(uuid.uuid4()), text)
        self.started.append(child)
        return child

    def _has_too_many_failures(self) -> bool:
        """Whether more failed than is tolerated; without a tolerance, one failure is too many."""
        failed = sum(child.status in _FAILED for child in self.started)
        by_count = any("Count" in key for key in self._tolerance)
        by_share = any("Percentage" in key for key in self._tolerance)
        if by_count and failed > self._record.tolerated_failure_count:
            return True
        if by_share and failed * 100 > self._record.tolerated_failure_percentage * self._total:
            return True
        return not self._tolerance and failed > 0

    def count(self, pending: int = 0) -> None:
        """Set the counts of DescribeMapRun."""
        states = [child.status for child in self.started]
        counts = {
            "running": states.count("RUNNING"),
            "succeeded": states.count("SUCCEEDED"),
            "failed": states.count("FAILED"),
            "timed_out": states.count("TIMED_OUT"),
            "aborted": states.count("ABORTED"),
            "pending": pending,
            "total": self._total,
        }
        for counter in (self._record.item_counter, self._record.execution_counter):
            for name, value in counts.items():
                each = getattr(counter, name)
                each.offset(value - each.get())


def _state(definition: Any, name: str) -> dict[str, Any]:
    """The definition of a state, which may be inside others."""
    return next(each[name] for each in _states_objects(definition) if name in each)


def _states_objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _states_objects(each)
    if isinstance(value, dict):
        if isinstance(value.get("States"), dict):
            yield value["States"]
        for each in value.values():
            yield from _states_objects(each)


def _child_machine(
    backend: StepFunctionsParserBackend, parent: StateMachine, record: Any, state: dict[str, Any]
) -> StateMachine:
    """The state machine of a map run's executions, named after the map's label."""
    arn = record.map_state_machine_arn
    known = next((each for each in backend.state_machines if each.arn == arn), None)
    if known:
        return known
    processor = {k: v for k, v in state["ItemProcessor"].items() if k != "ProcessorConfig"}
    machine = StateMachine(
        arn=arn,
        name=f"{parent.name}/{arn.rpartition('/')[2]}",
        definition=json.dumps(processor),
        roleArn=parent.roleArn,
        backend=backend,
    )
    backend.state_machines.append(machine)
    return machine


def _wait_for_any(children: Iterable[Execution], env: Environment, clock: Clock) -> None:
    """Return when a child or the map's own execution has ended."""
    event = clock.event()
    waking = [env.also_wake, *(child.also_wake for child in children)]
    for each in waking:
        each.append(event)
    if env.is_running() and not any(child.ended.is_set() for child in children):
        event.wait()
    for each in waking:
        each.remove(event)


def _stop(children: Iterable[Execution]) -> None:
    for child in children:
        child.stop(stop_date=datetime.now(UTC), error=None, cause=None)
    for child in children:
        child.ended.wait()


def _too_many(env: Environment) -> FailureEvent:
    name = StatesErrorName(typ=StatesErrorNameType.StatesExceedToleratedFailureThreshold)
    return FailureEvent(
        env=env,
        error_name=name,
        event_type=HistoryEventType.MapRunFailed,
        event_details=EventDetails(
            mapRunFailedEventDetails=MapRunFailedEventDetails(
                error=name.error_name,
                cause="The specified tolerated failure threshold was exceeded",
            )
        ),
    )
