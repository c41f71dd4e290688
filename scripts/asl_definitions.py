"""The state machines that template.yaml declares, with their substitutions filled in."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_SAMPLE_ARN = "arn:aws:{service}:us-east-1:123456789012:{kind}:sample"


class SubstitutionError(ValueError):
    """A placeholder without a substitution, or a substitution without a placeholder."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition: its file, and its text as Step Functions would get it."""

    path: Path
    text: str


def definitions(template: Path) -> list[Definition]:
    """Read every definition that `template` names, in the order of the template.

    Raises:
        SubstitutionError: the definition and its DefinitionSubstitutions do not fit.
        FileNotFoundError: there is no such definition.
    """
    parsed = yaml_parse(template.read_text())
    machines = [
        resource["Properties"]
        for resource in parsed["Resources"].values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    ]
    return [_definition(template.parent, machine, parsed["Parameters"]) for machine in machines]


def _definition(root: Path, machine: dict[str, Any], parameters: dict[str, Any]) -> Definition:
    path = root / machine["DefinitionUri"]
    text = path.read_text()
    given = {
        name: _sample(value, parameters)
        for name, value in machine.get("DefinitionSubstitutions", {}).items()
    }
    wanted = set(_PLACEHOLDER.findall(text))
    if missing := sorted(wanted - set(given)):
        raise SubstitutionError(f"{path}: no substitution for {', '.join(missing)}")
    if unused := sorted(set(given) - wanted):
        raise SubstitutionError(f"{path}: no placeholder for {', '.join(unused)}")
    return Definition(path, _PLACEHOLDER.sub(lambda found: given[found[1]], text))


def _sample(value: object, parameters: dict[str, Any]) -> str:
    """An example of the value in AWS: a parameter's default, or the ARN of the resource."""
    match value:
        case {"Ref": str(name)} if name in parameters:
            return str(parameters[name]["Default"])
        case {"Fn::GetAtt": [_, "Arn"]}:
            return _SAMPLE_ARN.format(service="lambda", kind="function")
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{[^}]+\}", "sample", text)
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case {"Ref": str()}:
            return _SAMPLE_ARN.format(service="states", kind="stateMachine")
        case str() | int():
            return str(value)
    raise SubstitutionError(f"can't tell what {value!r} becomes")
