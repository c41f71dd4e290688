"""template.yaml as CloudFormation gets it: with every SAM resource expanded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from boto3 import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from emulator.engine.includes import include_files

REGION: Final = "us-east-1"
_FILES: Final = ("CodeUri", "ContentUri", "DefinitionUri")


def translate(template: Path, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Translate as `sam deploy` would; code and definitions are then in S3.

    The SAM translator's InvalidDocumentException says what is wrong with the template.
    """
    document = include_files(yaml_parse(template.read_text()), template.parent)
    for logical_id, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        for name in _FILES:
            if isinstance(properties.get(name), str):
                properties[name] = {"Bucket": "artifacts", "Key": logical_id}
    translator = Translator(
        managed_policy_map={}, sam_parser=Parser(), boto_session=Session(region_name=REGION)
    )
    body: dict[str, Any] = translator.translate(document, parameter_values=dict(parameters or {}))
    translator.metrics.publish()  # discards its warnings about metrics that were not published
    body.pop("Transform", None)
    return body
