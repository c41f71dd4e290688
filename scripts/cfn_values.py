"""A CloudFormation template with its conditions decided and its functions evaluated.

Ids and ARNs look like those of AWS, so that policies can be evaluated as IAM does.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from scripts.cfn_translation import REGION

ACCOUNT: Final = "123456789012"
_NOTHING: Final = object()
_PSEUDO: Final[dict[str, Any]] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NoValue": _NOTHING,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/seqstack/0",
    "AWS::StackName": "seqstack",
    "AWS::URLSuffix": "amazonaws.com",
}
_HERE: Final = f"{REGION}:{ACCOUNT}"
# The ARN of a type, by its name. Ref also returns the ARN for types in _REF_IS_ARN.
_ARNS: Final = {
    "AWS::Batch::ComputeEnvironment": f"arn:aws:batch:{_HERE}:compute-environment/{{}}",
    "AWS::Batch::JobDefinition": f"arn:aws:batch:{_HERE}:job-definition/{{}}:1",
    "AWS::Batch::JobQueue": f"arn:aws:batch:{_HERE}:job-queue/{{}}",
    "AWS::Batch::SchedulingPolicy": f"arn:aws:batch:{_HERE}:scheduling-policy/{{}}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{_HERE}:table/{{}}",
    "AWS::ECR::Repository": f"arn:aws:ecr:{_HERE}:repository/{{}}",
    "AWS::Events::Rule": f"arn:aws:events:{_HERE}:rule/{{}}",
    "AWS::IAM::InstanceProfile": f"arn:aws:iam::{ACCOUNT}:instance-profile/{{}}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/00000000-0000-0000-0000-000000000000",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:{{}}",
    "AWS::Lambda::LayerVersion": f"arn:aws:lambda:{_HERE}:layer:{{}}:1",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{_HERE}:stateMachine:{{}}",
}
_REF_IS_ARN: Final = frozenset(
    {
        "AWS::Batch::ComputeEnvironment",
        "AWS::Batch::JobDefinition",
        "AWS::Batch::JobQueue",
        "AWS::Batch::SchedulingPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::Lambda::LayerVersion",
        "AWS::SNS::Topic",
        "AWS::StepFunctions::StateMachine",
    }
)
# Attributes that change with every update of their resource.
_COUNTERS: Final = frozenset({"LatestVersionNumber", "StateMachineRevisionId"})
_NAMES: Final = (
    *("BucketName", "FunctionName", "JobDefinitionName", "JobQueueName", "LogGroupName", "Name"),
    *("QueueName", "RepositoryName", "RoleName", "StateMachineName", "TableName", "TopicName"),
)


class UnresolvedError(ValueError):
    """Something in the template can't be evaluated; the message says what."""


def resolve(
    body: Mapping[str, Any],
    given: Mapping[str, str] | None = None,
    *,
    replaced: Collection[str] = (),
    updated: Collection[str] = (),
) -> dict[str, Any]:
    """The resources, outputs and conditions that `body` has with these parameters.

    Resources that an update has `replaced` have new generated names; those that it has `updated`
    have new versions.

    Raises:
        UnresolvedError: an unknown function, or a reference to a resource that does not exist with
            these parameters, which CloudFormation would refuse too.
    """
    return _Resolver(body, given or {}, replaced, updated).resolved()


class _Resolver:
    def __init__(
        self,
        body: Mapping[str, Any],
        given: Mapping[str, str],
        replaced: Collection[str],
        updated: Collection[str],
    ) -> None:
        self._body = body
        self._replaced = replaced
        self._updated = updated
        self._parameters = {
            name: _typed(slot["Type"], given.get(name, slot.get("Default", "")))
            for name, slot in body.get("Parameters", {}).items()
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::And": lambda items: all(self.value(item) for item in items),
            "Fn::Base64": self.value,
            "Fn::Equals": lambda pair: self._text(pair[0]) == self._text(pair[1]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_attribute,
            "Fn::GetAZs": lambda _region: [f"{REGION}{zone}" for zone in "abc"],
            "Fn::If": lambda parts: self.value(parts[1 if self._condition(parts[0]) else 2]),
            "Fn::Join": lambda parts: parts[0].join(map(str, self.value(parts[1]))),
            "Fn::Not": lambda items: not self.value(items[0]),
            "Fn::Or": lambda items: any(self.value(item) for item in items),
            "Fn::Select": lambda parts: self.value(parts[1])[int(self.value(parts[0]))],
            "Fn::Split": lambda parts: self.value(parts[1]).split(parts[0]),
            "Fn::Sub": self._substitute,
        }
        self._present = {
            name: resource
            for name, resource in body["Resources"].items()
            if "Condition" not in resource or self._condition(resource["Condition"])
        }

    def resolved(self) -> dict[str, Any]:
        outputs = {
            name: self.value(output)
            for name, output in self._body.get("Outputs", {}).items()
            if "Condition" not in output or self._condition(output["Condition"])
        }
        resources = {
            name: {
                **{key: item for key, item in resource.items() if key != "Condition"},
                "Properties": self.value(resource.get("Properties", {})),
            }
            for name, resource in self._present.items()
        }
        return {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": resources,
            **({"Outputs": outputs} if outputs else {}),
        }

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            # IAM policies have a key Condition too; its value is not a condition's name.
            if name in self._functions and not (name == "Condition" and isinstance(argument, dict)):
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise UnresolvedError(f"{name} is unknown")
        resolved = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in resolved.items() if item is not _NOTHING}

    def _text(self, node: Any) -> str:
        return str(self.value(node))

    def _condition(self, name: str) -> bool:
        return bool(self.value(self._body["Conditions"][name]))

    def _ref(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self._parameters:
            return self._parameters[name]
        kind = self._resource(name)["Type"]
        return self._arn(name) if kind in _REF_IS_ARN else self._name(name)

    def _get_attribute(self, target: str | list[str]) -> str:
        name, _, attribute = (target if isinstance(target, str) else ".".join(target)).partition(
            "."
        )
        self._resource(name)
        if attribute == "Arn":
            return self._arn(name)
        if attribute.endswith("Name"):
            return self._name(name)
        if attribute == "RepositoryUri":
            return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{self._name(name)}"
        renewed = self._updated if attribute in _COUNTERS else self._replaced
        return f"{name}{'2' if name in renewed else ''}.{attribute}"

    def _resource(self, name: str) -> Mapping[str, Any]:
        if name not in self._present:
            raise UnresolvedError(f"{name} does not exist with these parameters")
        resource: Mapping[str, Any] = self._present[name]
        return resource

    def _name(self, name: str) -> str:
        resource = self._resource(name)
        properties = resource.get("Properties", {})
        generated = f"{name}2" if name in self._replaced else name
        given = next((properties[key] for key in _NAMES if key in properties), generated)
        text = self._text(given)
        return text.lower() if resource["Type"] == "AWS::S3::Bucket" else text

    def _arn(self, name: str) -> str:
        kind = self._resource(name)["Type"]
        if kind not in _ARNS:
            raise UnresolvedError(f"{name}: the ARN of {kind} is unknown")
        return str(_ARNS[kind]).format(self._name(name))

    def _find_in_map(self, keys: list[Any]) -> Any:
        found = self._body["Mappings"]
        for key in keys:
            found = found[self._text(key)]
        return found

    def _substitute(self, argument: str | list[Any]) -> str:
        text, values = (argument, {}) if isinstance(argument, str) else argument
        parts = text.split("${")
        done: str = parts[0]
        for part in parts[1:]:
            name, _, rest = part.partition("}")
            done += self._substituted(name.strip(), values) + rest
        return done

    def _substituted(self, name: str, values: Mapping[str, Any]) -> str:
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in values:
            return self._text(values[name])
        return str(self._get_attribute(name) if "." in name else self._ref(name))


def _typed(kind: str, value: Any) -> Any:
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [item.strip() for item in str(value).split(",")]
    return str(value)
