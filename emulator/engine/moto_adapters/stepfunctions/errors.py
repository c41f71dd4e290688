"""Error names: which ones exist, and which a Retry or Catch matches.

moto 5.2.5 fails with a Python error when a Parallel branch ends, or a Fail state fails, with an
error name like States.Timeout; lets States.ALL match States.Runtime; and sends the interpreter's
own API errors, such as InvalidExecutionInput, without their code.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.eval.environment import Environment

from emulator.engine.patches import Patches

_TERMINAL = {"States.Runtime", "States.DataLimitExceeded"}


def install(patches: Patches) -> None:
    """Adapt error names until `patches` are restored."""
    patches.replace(CustomErrorName, "__init__", ErrorName.__init__)
    patches.replace(ErrorEqualsDecl, "_eval_body", _match)
    for name, error in vars(api).items():
        if isinstance(error, type) and AWSError in error.__mro__[1:]:
            patches.replace(error, "TYPE", name)


def matches(error: str | None, wanted: list[str | None]) -> bool:
    """Whether ErrorEquals `wanted` matches an error's name."""
    if error == "States.Runtime":
        return False
    if error in wanted:
        return True
    if "States.ALL" in wanted:
        return error not in _TERMINAL
    return "States.TaskFailed" in wanted and error not in _TERMINAL | {"States.Timeout"}


def _match(declaration: ErrorEqualsDecl, env: Environment) -> None:
    error: ErrorName | None = env.stack.pop()
    name = None if error is None else error.error_name
    env.stack.append(matches(name, [each.error_name for each in declaration.error_names]))
