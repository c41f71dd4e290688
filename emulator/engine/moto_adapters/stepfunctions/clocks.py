"""Waits, time limits and threads of the interpreter use the emulator's clock.

moto 5.2.5 uses the machine's clock: a Wait state of an hour takes an hour, and a task on a busy
machine times out.
"""

from types import ModuleType

from moto.stepfunctions.parser.asl.component.program import program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component,
    job,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import (
    branch_worker,
    branches_decl,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval import environment
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend import execution_worker

from emulator.engine.clock import Clock, threading_by
from emulator.engine.patches import Patches

_MODULES: tuple[ModuleType, ...] = (
    branch_worker,
    branches_decl,
    environment,
    inline_iteration_component,
    job,
    program,
)


def install(patches: Patches, clock: Clock) -> None:
    """Let the interpreter use `clock` until `patches` are restored."""
    for module in _MODULES:
        patches.replace(module, "threading", threading_by(clock))
    patches.replace(callback, "Event", clock.event)
    patches.replace(execution_worker, "Thread", clock.thread)
    patches.replace(WaitFunction, "_wait_interval", _wait_interval)


def _wait_interval(_function: WaitFunction, env: Environment, wait_seconds: float) -> None:
    """Wait for so long, or until the execution ends."""
    env.woken.wait(wait_seconds)
