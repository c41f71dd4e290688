"""The built stack with a second workflow, added as in docs/development.md.

It is a copy: modules of tools, workflow and input with their lines in the registries, a schema, a
state machine, and the template's rows. No other line of the stack's code is touched.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

HOUSE = Path(__file__).parent / "house"
_EXECUTION = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution"
_MACHINE = {"Ref": "SecondaryAnalysisStateMachine"}


def build_with_tally(built: Path, folder: Path) -> Path:
    """Copy the built stack into `folder`, with the workflow `tally`; return its template."""
    copy = folder / "build"
    shutil.copytree(built.parent, copy)
    _add_code(copy / "CommonLayer/python/seqstack")
    # what is not built is named relative to the built template's folder
    text = built.read_text().replace("../../", f"{built.resolve().parents[2]}/")
    template = yaml_parse(text)
    first = template["Resources"]["SecondaryAnalysisStateMachine"]["Properties"]["DefinitionUri"]
    machine = copy / "tally.asl.json"
    machine.write_text(json.dumps(_state_machine(json.loads(Path(first).read_text()))))
    _add_rows(template, str(machine))
    path = copy / "template.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(template))))
    return path


def _add_code(package: Path) -> None:
    shutil.copy(HOUSE / "tally_tools.py", package / "tools")
    shutil.copy(HOUSE / "tally.py", package / "workflows")
    for name in ("checked_tally.py", "tally.schema.json"):
        shutil.copy(HOUSE / name, package / "domain")
    _insert(
        package / "tools/registry.py",
        ("\nclass Tool(", "from seqstack.tools.tally_tools import COUNTER, RANKER\n"),
        ("\n    definition: ToolDefinition", "    COUNTER = COUNTER\n    RANKER = RANKER\n"),
    )
    _insert(
        package / "workflows/registry.py",
        ("\nWORKFLOWS = {", "from seqstack.workflows.tally import TALLY\n"),
        ("    ]\n}", "        TALLY,\n"),
    )
    _insert(
        package / "workflows/checks.py",
        (
            "\ntype Check",
            (
                "from seqstack.domain.checked_tally import CheckedTally\n"
                "from seqstack.workflows.tally import TALLY\n"
            ),
        ),
        ("}\n\n\ndef check_input", "    TALLY.name: CheckedTally.of,\n"),
    )


def _insert(path: Path, *lines: tuple[str, str]) -> None:
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()  # Python would not look whether its source has changed
    text = path.read_text()
    for before, line in lines:
        assert text.count(before) == 1, (path, before)
        text = text.replace(before, f"{line}{before}")
    path.write_text(text)


def _state_machine(original: dict[str, Any]) -> dict[str, Any]:
    """count, and then rank if the run has that step."""
    kept = ("IdentifyRun", "FinishRun", "RecordFailure", "RunFailed", "RunFailedUnrecorded")
    states = {name: original["States"][name] for name in kept}
    validate, step = original["States"]["ValidateInput"], _run_step(original["States"])
    selected = {"runId.$": "$.Payload.runId", "tools.$": "$.Payload.tools"}
    states["ValidateInput"] = {**validate, "ResultSelector": selected, "Next": "Count"}
    states["Count"] = {**_step(step, "count"), "Next": "ChooseRank"}
    states["ChooseRank"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.tools.rank", "IsPresent": True, "Next": "Rank"}],
        "Default": "FinishRun",
    }
    states["Rank"] = {**_step(step, "rank"), "Next": "FinishRun"}
    return {**original, "States": states}


def _run_step(states: dict[str, Any]) -> dict[str, Any]:
    """The state that runs any step, which is inside of others."""
    for state in states.values():
        if "RunStep" in (inner := state.get("ItemProcessor", {}).get("States", {})):
            found: dict[str, Any] = inner["RunStep"]
            return found
        if inner:
            return _run_step(inner)
    raise LookupError("RunStep")


def _step(original: dict[str, Any], name: str) -> dict[str, Any]:
    """A state that runs the step `name`, on the top level."""
    step: dict[str, Any] = json.loads(json.dumps(original))
    del step["End"]
    parameters = step["Parameters"]
    parameters["Name.$"] = parameters["Name.$"].replace(
        "{}-{}-{}-{}', $.runId, $.step", f"{{}}-{name}-{{}}-{{}}', $.runId"
    )
    del parameters["Input"]["step.$"]
    parameters["Input"]["step"] = name
    step["Catch"][0]["Next"] = "RecordFailure"
    return step


def _add_rows(template: dict[str, Any], definition: str) -> None:
    resources = template["Resources"]
    original = json.loads(json.dumps(resources["SecondaryAnalysisStateMachine"]))
    properties = original["Properties"]
    properties |= {"Name": {"Fn::Sub": "tally-${Environment}"}, "DefinitionUri": definition}
    for name in ("AccountRuns", "StopJobs", "NotifyRunEnd", "SweepRuns", "Api"):
        function = resources[f"{name}Function"]["Properties"]
        _add_machine(function)
    for name in ("ValidateInput", "SubmitJob", "FinishRun"):
        _add_machine(resources[f"{name}Function"]["Properties"])
    variables = {name: resources[f"{name}Function"]["Properties"]["Environment"]["Variables"]
                 for name in ("NotifyRunEnd", "SweepRuns", "Api", "ValidateInput")}  # fmt: skip
    variables["NotifyRunEnd"]["TALLY_ARN"] = {"Ref": "TallyStateMachine"}
    variables["SweepRuns"]["TALLY_ARN"] = {"Ref": "TallyStateMachine"}
    variables["Api"]["TALLY_ARN"] = {"Ref": "TallyStateMachineAliaslive"}
    statements = resources["FinishRunFunction"]["Properties"]["Policies"][0]["Statement"]
    (tag,) = (each for each in statements if each.get("Sid") == "TagIntermediates")
    tag["Resource"].append({"Fn::Sub": "${ResultsBucket.Arn}/tallies/*"})
    for tool in ("COUNTER", "RANKER"):
        variables["ValidateInput"][f"JOB_DEFINITION_{tool}"] = {"Ref": "SamtoolsStatsJobDefinition"}
    resources["TallyStateMachine"] = original
    template["Outputs"]["TallyStateMachineArn"] = {"Value": {"Ref": "TallyStateMachineAliaslive"}}


def _add_machine(node: Any) -> None:
    """Put `tally` beside `secondary_analysis` in every list of machines and of executions."""
    match node:
        case list():
            if _MACHINE in node and {"Ref": "TallyStateMachine"} not in node:
                node.append({"Ref": "TallyStateMachine"})
            for name, ours in (
                ("${SecondaryAnalysisStateMachine.Name}", "${TallyStateMachine.Name}"),
                ("secondary_analysis-${Environment}", "tally-${Environment}"),
            ):
                known = {"Fn::Sub": f"{_EXECUTION}:{name}:*"}
                added = {"Fn::Sub": f"{_EXECUTION}:{ours}:*"}
                if known in node and added not in node:
                    node.append(added)
            for each in node:
                _add_machine(each)
        case dict():
            for each in node.values():
                _add_machine(each)
