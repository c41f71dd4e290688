"""Convert a built SAM template to a CloudFormation template that moto can create.

Pure, except that it reads the files that the template names. Code and definitions stay on disk: a
function or layer gets an S3 location whose key identifies its folder, a state machine gets the text
of its definition and keeps its substitutions for the CloudFormation adapter to fill in.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import intrinsics_multi_constructor

from emulator.engine.includes import include_files
from emulator.engine.omissions import Omission, omit_unsupported

ARTIFACT_BUCKET = "emulator-artifacts"
_CODE_PROPERTY = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


class _Loader(yaml.CSafeLoader):
    """Reads a template like the SAM translator, but with libyaml's parser: six times faster."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


@dataclass(frozen=True)
class PreparedTemplate:
    """A template for moto, and the folders of its code.

    `artifacts` maps a key in ARTIFACT_BUCKET to the folder of a function or layer.
    """

    body: dict[str, Any]
    artifacts: dict[str, Path]
    omissions: tuple[Omission, ...]


class TemplateError(ValueError):
    """The built template cannot be emulated; the message says which resource and why."""


def prepare(
    built_template: Path, parameters: Mapping[str, str], has_model: Callable[[str], bool]
) -> PreparedTemplate:
    """Translate `built_template` (`sam build`'s output) for moto.

    `has_model` says which CloudFormation types moto can create.

    Raises FileNotFoundError when the template or a file it names is missing, TemplateError when a
    resource has no local code, IncludeError for an invalid included file, and the SAM
    translator's InvalidDocumentException.
    """
    root = built_template.resolve().parent
    template = include_files(yaml.load(built_template.read_text(), _Loader), root)  # noqa: S506
    artifacts = _localise_code(template, root)
    definitions = _localise_definitions(template, root)
    body = _translate(template, parameters)
    for resource in body["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            _inline_definition(resource["Properties"], definitions)
    body, omissions = omit_unsupported(body, has_model)
    return PreparedTemplate(body, artifacts, omissions)


def _localise_code(template: dict[str, Any], root: Path) -> dict[str, Path]:
    artifacts: dict[str, Path] = {}
    for logical_id, resource in template["Resources"].items():
        name = _CODE_PROPERTY.get(resource["Type"])
        if name is None:
            continue
        uri = resource["Properties"].get(name)
        if not isinstance(uri, str):
            msg = f"{logical_id}: {name} is not a local folder but {uri!r}; run `sam build` first"
            raise TemplateError(msg)
        folder = (root / uri).resolve()
        if not folder.is_dir():
            raise FileNotFoundError(f"{logical_id}: no folder {folder}; run `sam build` first")
        key = f"code/{logical_id}"
        artifacts[key] = folder
        resource["Properties"][name] = {"Bucket": ARTIFACT_BUCKET, "Key": key}
    return artifacts


def _localise_definitions(template: dict[str, Any], root: Path) -> dict[str, str]:
    definitions: dict[str, str] = {}
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        uri = properties.get("DefinitionUri")
        if resource["Type"] != "AWS::Serverless::StateMachine" or not isinstance(uri, str):
            continue
        path = root / uri
        text = path.read_text()
        if path.suffix in {".yaml", ".yml"}:
            text = json.dumps(yaml.safe_load(text))
        definitions[f"definition/{logical_id}"] = text
        properties["DefinitionUri"] = {
            "Bucket": ARTIFACT_BUCKET,
            "Key": f"definition/{logical_id}",
        }
    return definitions


def _translate(template: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    translator = Translator(managed_policy_map={}, sam_parser=Parser())
    body: dict[str, Any] = translator.translate(template, parameter_values=dict(parameters))
    translator.metrics.publish()  # discards its warnings about metrics that were not published
    body.pop("Transform", None)
    return body


def _inline_definition(properties: dict[str, Any], definitions: dict[str, str]) -> None:
    location = properties.pop("DefinitionS3Location", None)
    if location is not None:
        properties["DefinitionString"] = definitions[location["Key"]]
