"""API Gateway: the template's HTTP API is created in the emulator's gateway.

moto 5.2.5 has no CloudFormation model of `AWS::ApiGatewayV2::Api` and `Stage`.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.parsing import get_model_map
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from emulator.engine.aws import ACCOUNT_ID, Keys
from emulator.engine.http_api.signature import Signer
from emulator.engine.patches import Patches

type Define = Callable[[str, Mapping[str, Any]], None]


def install(patches: Patches, define: Define, url: Callable[[], str]) -> None:
    """Create HTTP APIs by `define` until `patches` are restored; `url` is their address."""

    class HttpApi(_Resource):
        attributes: ClassVar = {"ApiEndpoint": lambda _: url(), "ApiId": lambda api: api.name}

        def create(self, properties: Mapping[str, Any]) -> None:
            self.name = uuid.uuid4().hex[:10]
            define(self.name, properties["Body"])

    class Stage(_Resource):
        def create(self, properties: Mapping[str, Any]) -> None:
            self.name = properties["StageName"]

    patches.set_item(get_model_map(), "AWS::ApiGatewayV2::Api", HttpApi)
    patches.set_item(get_model_map(), "AWS::ApiGatewayV2::Stage", Stage)


class _Resource(ABC):
    """The part of a CloudFormation model that moto calls."""

    attributes: ClassVar[dict[str, Callable[[Any], str]]] = {}
    name: str

    @abstractmethod
    def create(self, properties: Mapping[str, Any]) -> None:
        """Create the resource."""

    @classmethod
    def create_from_cloudformation_json(
        cls, _name: str, resource: Mapping[str, Any], *_where: Any, **_stack: Any
    ) -> "_Resource":
        """Make the resource that a template describes, all references resolved."""
        made = cls()
        made.create(resource["Properties"])
        return made

    @classmethod
    def has_cfn_attr(cls, attribute: str) -> bool:
        """Whether `Fn::GetAtt` can have this."""
        return attribute in cls.attributes

    def get_cfn_attribute(self, attribute: str) -> str:
        """The value of `Fn::GetAtt`."""
        if attribute not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[attribute](self)

    def is_created(self) -> bool:
        """Whether it exists; there is nothing to wait for."""
        return True

    @property
    def physical_resource_id(self) -> str:
        """The value of `Ref`."""
        return self.name


def find_signer(access_key: str, keys: Keys) -> Signer | None:
    """The owner of an access key: the emulator's user, or a user or role of its IAM and STS."""
    if access_key == keys.access_key:
        arn = f"arn:aws:iam::{ACCOUNT_ID}:user/local"
        return Signer(access_key, keys.secret_key, arn, "AIDALOCAL")
    for user in iam_backends[ACCOUNT_ID]["aws"].users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                return Signer(access_key, key.secret_access_key, user.arn, user.id)
    role = sts_backends[ACCOUNT_ID]["aws"].get_assumed_role_from_access_key(access_key)
    if role is None:
        return None
    return Signer(access_key, role.secret_access_key, role.arn, role.user_id)
