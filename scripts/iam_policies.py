"""Every IAM policy that a resolved CloudFormation template holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

# Properties that hold resource policies, by resource type.
_RESOURCE_POLICIES: Final = {
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}
_CALLER_POLICIES: Final = frozenset(
    {"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"}
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document; `where` names the resource, and in a role the policy."""

    where: str
    document: Mapping[str, Any]


def policies(resources: Mapping[str, Any]) -> Iterator[Policy]:
    """Yield every policy: of roles, managed policies, resource policies and trust policies."""
    for name, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind == "AWS::IAM::Role":
            yield Policy(f"{name} (trust)", properties["AssumeRolePolicyDocument"])
            for policy in properties.get("Policies", ()):
                yield Policy(f"{name}/{policy['PolicyName']}", policy["PolicyDocument"])
        elif kind in _CALLER_POLICIES:
            yield Policy(name, properties["PolicyDocument"])
        elif document := properties.get(_RESOURCE_POLICIES.get(kind, "")):
            yield Policy(name, document)


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy; IAM takes a single one without a list."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def listed(value: str | list[str]) -> list[str]:
    """A policy's value as a list: IAM accepts a single value in place of a list."""
    return [value] if isinstance(value, str) else value
