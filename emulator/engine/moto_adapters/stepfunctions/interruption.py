"""Waits end when the execution ends.

In moto 5.2.5 a stopped or timed-out execution continues until the task it waits for ends: a task
token until its timeout, a retry until its delay, a nested execution for ever; and the history then
has a task that succeeded after the end. A task that was about to call a function or to start a
child still does so, and its error turns ABORTED into FAILED. After a state's time limit, its token
stays valid.
"""

import copy
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import (
    MaxAttemptsOutcome,
)
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branches_decl import (
    BranchesDecl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut

from emulator.engine.clock import Clock
from emulator.engine.moto_adapters.stepfunctions.tokens import close_token
from emulator.engine.patches import Patches

_LAST_EVENT_SECONDS = 5.0
_LAST_EVENTS = {
    HistoryEventType.ExecutionSucceeded,
    HistoryEventType.ExecutionFailed,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
}
_ENDINGS = ("set_ended", "set_error", "set_timed_out", "set_stop")


class InterruptedTaskError(Exception):
    """Ends the thread of a task whose execution has already ended; it is not handled."""


def install(patches: Patches, clock: Clock) -> None:
    """Make waits end with their execution until `patches` are restored."""
    _wake_on_every_ending(patches, clock)
    patches.replace(ExecutionState, "_evaluate_with_timeout", _evaluate_with_timeout)
    patches.replace(RetrierDecl, "_eval_body", _eval_retrier)
    _stop_where_execution_ended(patches)
    patches.replace(Program, "eval", _evaluate_program)


def _wake_on_every_ending(patches: Patches, clock: Clock) -> None:
    """Give each environment its clock, and an event, `woken`, that is set when it stops running.

    `also_wake` takes further events that are set then.
    """
    initialise = Environment.__init__

    def init(env: Environment, *args: Any, **kwargs: Any) -> None:
        env.clock = clock
        env.woken = clock.event()
        env.also_wake = []
        initialise(env, *args, **kwargs)

    patches.replace(Environment, "__init__", init)
    for name in _ENDINGS:
        patches.replace(Environment, name, _once_and_wake(getattr(Environment, name)))


def _once_and_wake(ending: Any) -> Any:
    def end(env: Environment, *args: Any, **kwargs: Any) -> None:
        with env._state_mutex:
            if not isinstance(env._program_state, (ProgramStopped, ProgramTimedOut)):
                ending(env, *args, **kwargs)
        env.woken.set()
        for event in list(env.also_wake):
            event.set()

    return end


def _evaluate_with_timeout(state: ExecutionState, env: Environment) -> None:
    """moto's method, also woken by the end of the execution; it also ends the task's token."""
    state.timeout.eval(env=env)
    timeout_seconds = env.stack.pop()

    frame = env.open_frame()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copy.deepcopy(env.stack)
    task = _Task(state, frame)
    frame.woken.wait(timeout_seconds)
    if not task.ended and env.is_running() and close_token(frame):
        task.join(_LAST_EVENT_SECONDS)  # answered just in time: let it finish
    ended = task.ended
    close_token(frame)
    frame.set_ended()
    env.close_frame(frame)

    if not env.is_running():
        return
    if not ended:
        raise EvalTimeoutError
    if task.error is not None:
        raise task.error
    output = frame.stack.pop()
    env.stack.append(output)
    if not state._is_language_query_jsonpath():
        env.states.set_result(output)
    if state.assign_decl:
        state.assign_decl.eval(env=env)
    if state.result_selector:
        state.result_selector.eval(env=env)
    if state.result_path:
        state.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


class _Task:
    """Evaluates a state in `frame`, and wakes the waiting thread when it is done."""

    def __init__(self, state: ExecutionState, frame: Environment) -> None:
        self.error: Exception | None = None
        self.ended = False
        self._state = state
        self._frame = frame
        thread = frame.clock.thread(target=self._run, name=f"state-{state.name}", daemon=True)
        self.join = thread.join
        thread.start()

    def _run(self) -> None:
        try:
            self._state._eval_execution(self._frame)
        except Exception as error:  # noqa: BLE001  # raised again by the thread that waits
            self.error = error
        self.ended = True
        self._frame.woken.set()


def _eval_retrier(retrier: RetrierDecl, env: Environment) -> None:
    """moto's method, with a delay that ends with the execution."""
    retrier.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    retrier.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    retrier.interval_seconds.eval(env=env)
    retrier.backoff_rate.eval(env=env)
    retrier.max_delay_seconds.eval(env=env)
    retrier.jitter_strategy.eval(env=env)
    env.woken.wait(env.stack.pop())
    env.stack.append(RetrierOutcome.Executed)


def _stop_where_execution_ended(patches: Patches) -> None:
    """Keep tasks from calling services, and tasks and branches from writing history, after the end.

    The history is closed for a task that is just writing.
    """
    publish = EventManager._publish_history_event

    def publish_until_the_end(manager: EventManager, **event: Any) -> None:
        history = manager._history_event_list
        if not history or history[-1]["type"] not in _LAST_EVENTS:
            publish(manager, **event)

    patches.replace(EventManager, "_publish_history_event", publish_until_the_end)
    before = StateTaskService._before_eval_execution
    after = StateTaskService._after_eval_execution
    branches = BranchesDecl._eval_body

    def before_while_running(
        task: StateTaskService, env: Environment, *args: Any, **kw: Any
    ) -> None:
        before(task, env, *args, **kw)
        if not env.is_running():
            raise InterruptedTaskError

    def after_while_running(
        task: StateTaskService, env: Environment, *args: Any, **kw: Any
    ) -> None:
        if not env.is_running():
            raise InterruptedTaskError
        after(task, env, *args, **kw)

    def branches_while_running(declaration: BranchesDecl, env: Environment) -> None:
        branches(declaration, env)
        if not env.is_running():
            raise InterruptedTaskError

    patches.replace(StateTaskService, "_before_eval_execution", before_while_running)
    patches.replace(StateTaskService, "_after_eval_execution", after_while_running)
    patches.replace(BranchesDecl, "_eval_body", branches_while_running)


def _evaluate_program(program: Program, env: Environment) -> None:
    """moto's method, but TIMED_OUT only once the history has its last event."""
    limit = program.timeout_seconds
    if env.is_running():
        env.next_state_name = program.start_at.start_at_name
    worker = env.clock.thread(
        target=program._eval_body, args=(env,), name="state-machine", daemon=True
    )
    worker.start()
    worker.join(limit.timeout_seconds if limit else None)
    if worker.is_alive():
        env.set_timed_out()
        worker.join(_LAST_EVENT_SECONDS)
