"""What a distributed Map reads from and writes to S3.

moto 5.2.5's ItemReader knows no JSON lines. Its ResultWriter writes a manifest without results, and
evaluates its parameters on the results in place of the state's input.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import json
from datetime import UTC
from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader import (
    item_reader_decl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.reader_config.input_type import (  # noqa: E501
    InputType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import (  # noqa: E501
    ResourceEvalS3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.result_writer_decl import (  # noqa: E501
    ResultWriter,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend.execution import Execution

from emulator.engine.moto_adapters.stepfunctions.executions import describe
from emulator.engine.patches import Patches

_JSON_LINES = "JSONL"


def install(patches: Patches) -> None:
    """Adapt reader and writer until `patches` are restored."""
    patches.replace(ResultWriter, "_eval_body", _eval_writer)
    patches.replace(ResourceEvalS3, "_handle_put_object", staticmethod(_write_results))
    _read_json_lines(patches)


def _read_json_lines(patches: Patches) -> None:
    initialise = InputType.__init__
    transformer_for = item_reader_decl.resource_output_transformer_for

    def init(kind: InputType, input_type: str) -> None:
        if input_type == _JSON_LINES:
            kind.input_type_value = _JSON_LINES
        else:
            initialise(kind, input_type)

    def transformer(input_type: InputType) -> Any:
        is_lines = input_type.input_type_value == _JSON_LINES
        return _JsonLines() if is_lines else transformer_for(input_type)

    patches.replace(InputType, "__init__", init)
    patches.replace(item_reader_decl, "resource_output_transformer_for", transformer)


class _JsonLines(EvalComponent):  # type: ignore[misc] # moto has no types
    """Reads a JSON value from each line that is not blank."""

    def _eval_body(self, env: Environment) -> None:
        config, text = env.stack.pop(), env.stack.pop()
        items = [json.loads(line) for line in text.splitlines() if line.strip()]
        env.stack.append(items[: config["MaxItemsValue"]])


def _eval_writer(writer: ResultWriter, env: Environment) -> None:
    env.stack.append(env.states.get_input())
    writer.parargs.eval(env=env)
    parameters = env.stack.pop()
    env.stack.pop()
    env.stack.append(parameters)
    writer.resource_eval.eval_resource(env=env)


def _write_results(env: Environment, part: Any, credentials: Any) -> None:
    """Write the executions of each outcome as one file, and the manifest that names the files.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    to = env.stack.pop()
    env.stack.pop()
    record = env.map_run_record_pool_manager.get_all()[-1]
    client = ResourceEvalS3._get_s3_client(part, credentials)
    prefix = f"{to['Prefix'].rstrip('/')}/" if to["Prefix"] else ""
    folder = f"{prefix}{record.map_run_arn.rpartition(':')[2]}"

    def put(name: str, content: Any) -> dict[str, Any]:
        key, body = f"{folder}/{name}", json.dumps(content).encode()
        client.put_object(Bucket=to["Bucket"], Key=key, Body=body)
        return {"Key": key, "Size": len(body)}

    outcomes: dict[str, list[Any]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for child in record.children.started:
        outcomes["SUCCEEDED" if child.status == "SUCCEEDED" else "FAILED"].append(_result(child))
    files = {
        outcome: [put(f"{outcome}_0.json", results)] if results else []
        for outcome, results in outcomes.items()
    }
    manifest = {
        "DestinationBucket": to["Bucket"],
        "MapRunArn": record.map_run_arn,
        "ResultFiles": files,
    }
    key = put("manifest.json", manifest)["Key"]
    details = {"Bucket": to["Bucket"], "Key": key}
    env.stack.append({"MapRunArn": record.map_run_arn, "ResultWriterDetails": details})


def _result(child: Execution) -> dict[str, Any]:
    shown = {key[0].upper() + key[1:]: value for key, value in describe(child).items()}
    for name in ("StartDate", "StopDate"):
        moment = shown[name].astimezone(UTC)
        shown[name] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for name in ("InputDetails", "OutputDetails"):
        if name in shown:
            shown[name] = {"Included": True}
    return dict(sorted(shown.items()))
