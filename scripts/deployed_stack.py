"""A deployed stack, for scripts and `emulator.watch`."""

from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError


class DeployedStack:
    """The outputs of a stack, and clients of its account and region.

    Region, credentials and endpoint are those of the environment, as any AWS SDK takes them.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._session = boto3.Session()
        self._clients: dict[str, Any] = {}

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs by name; empty for a stack that does not exist or whose creation failed."""
        try:
            answer = self.client("cloudformation").describe_stacks(StackName=self.name)
        except ClientError as error:
            if "does not exist" in str(error):
                return {}
            raise
        (stack,) = answer["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    def client(self, service: str) -> Any:
        """The boto3 client of `service`."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service)  # type: ignore[call-overload]
        return self._clients[service]

    def dynamodb(self) -> Any:
        """The boto3 resource of DynamoDB."""
        return self._session.resource("dynamodb")

    def close(self) -> None:
        """Close every client's connections."""
        for client in self._clients.values():
            client.close()
