"""A definition, and a path in it, is parsed once, not at every use.

moto 5.2.5's ANTLR parser takes tens of milliseconds of CPU for a small definition and holds
Python's lock meanwhile. The parsed program keeps an execution's state in the execution's own
environment, except for distributed Map states, whose definitions are therefore parsed each time;
and except for the keys of its counters, which moto creates at first use (two threads could create
two). Each failure of a task, expected or not, would be logged as an error with the whole parsed
state.
"""

from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

from emulator.engine.patches import Patches


def install(patches: Patches) -> None:
    """Cache parsed definitions until `patches` are restored."""
    original = AmazonStateLanguageParser.parse
    cached = lru_cache(maxsize=64)(original)

    def parse(definition: str) -> Any:
        return original(definition) if '"DISTRIBUTED"' in definition else cached(definition)

    patches.replace(AmazonStateLanguageParser, "parse", staticmethod(parse))
    for module in (json_path, result_path):
        patches.replace(module, "parse", lru_cache(maxsize=1024)(module.parse))
    patches.replace(EvalComponent, "_log_failure_event_exception", _say_nothing)
    patches.replace(EvalComponent, "_log_exception", _say_nothing)
    patches.replace(EvalComponent, "heap_key", property(lambda component: str(id(component))))


def _say_nothing(_component: EvalComponent, **_failure: Any) -> None:
    """Log nothing: the execution's history has the failure."""
