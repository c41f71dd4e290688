"""The steps of a sample for other engines: a shell script, Snakemake's rules, and CWL."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.step_scripts import GIVEN, StepScript
from seqstack.domain.words import Step

TIMES = "times.txt"
"""What the shell scripts write: each step, and when it began and ended, in Unix seconds."""
_ORDER = (
    Step.ALIGN,
    Step.CALL_VARIANTS,
    Step.ANNOTATE,
    Step.ALIGNMENT_STATS,
    Step.TARGET_METRICS,
    Step.AGGREGATE_QC,
)
_SHELL = f"""set -euo pipefail
step() {{
  local began=$EPOCHREALTIME
  bash "steps/$1.sh"
  echo "$1 $began $EPOCHREALTIME" >>{TIMES}
}}
"""


def one_by_one() -> str:
    """A shell script that runs one step after the other."""
    return _SHELL + "".join(f"step {step}\n" for step in _ORDER)


def side_by_side() -> str:
    """A shell script that runs branches side by side, as the state machine does."""
    return f"""{_SHELL}step {Step.ALIGN}
(step {Step.CALL_VARIANTS}; step {Step.ANNOTATE}) & calls=$!
step {Step.ALIGNMENT_STATS} & stats=$!
step {Step.TARGET_METRICS} & metrics=$!
wait $calls
wait $stats
wait $metrics
step {Step.AGGREGATE_QC}
"""


def read_times(path: Path) -> dict[Step, float]:
    """Seconds of each step, of the file `TIMES`."""
    rows = [line.split() for line in path.read_text().splitlines()]
    return {Step(step): float(ended) - float(began) for step, began, ended in rows}


def snakefile(steps: Mapping[Step, StepScript]) -> str:
    """Snakemake's rules."""
    rules = [f"rule all:\n    input: {_quoted(_last_files(steps))}\n"]
    rules += [
        f"rule {step}:\n"
        f"    input: {_quoted(each.needs)}\n"
        f"    output: {_quoted(each.makes)}\n"
        f"    threads: {each.threads}\n"
        f'    shell: "bash steps/{step}.sh"\n'
        for step, each in steps.items()
    ]
    return "\n".join(rules)


def cwl_workflow(steps: Mapping[Step, StepScript]) -> dict[str, object]:
    """A CWL 1.2 workflow of command line tools."""
    made_by = {name: step for step, each in steps.items() for name in each.makes}

    def source(name: str) -> str:
        return f"{made_by[name]}/{_id(name)}" if name in made_by else _id(name)

    return {
        "cwlVersion": "v1.2",
        "class": "Workflow",
        "inputs": {_id(name): _kind(name) for name in GIVEN},
        "outputs": {
            _id(name): {"type": "File", "outputSource": source(name)} for name in _last_files(steps)
        },
        "steps": {
            step: {
                "run": _tool(step, each),
                "in": {_id(name): source(name) for name in _inputs(each)},
                "out": [_id(name) for name in each.makes],
            }
            for step, each in steps.items()
        },
    }


def cwl_job(folder: Path) -> str:
    """The workflow's input: what `lay_out` has made in `folder`."""
    return json.dumps(
        {_id(name): {"class": _kind(name), "path": str(folder / name)} for name in GIVEN}
    )


def _tool(step: Step, each: StepScript) -> dict[str, object]:
    names = _inputs(each)
    return {
        "class": "CommandLineTool",
        "baseCommand": ["bash", f"steps/{step}.sh"],
        "requirements": {
            "InitialWorkDirRequirement": {"listing": [f"$(inputs.{_id(n)})" for n in names]},
            "ResourceRequirement": {"coresMin": each.threads},
        },
        "inputs": {_id(name): _kind(name) for name in names},
        "outputs": {
            _id(name): {"type": "File", "outputBinding": {"glob": name}} for name in each.makes
        },
    }


def _inputs(each: StepScript) -> tuple[str, ...]:
    return ("reference", "windows", "steps", *each.needs)


def _last_files(steps: Mapping[Step, StepScript]) -> list[str]:
    """All results, so that every engine keeps the same."""
    return [name for each in steps.values() for name in each.makes]


def _quoted(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _id(name: str) -> str:
    return name.replace(".", "_")


def _kind(name: str) -> str:
    return "Directory" if name in {"reference", "windows", "steps"} else "File"
