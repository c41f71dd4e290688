"""Responses that are serialized faster say what moto's own serializer says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.core.serialize import SERIALIZERS, XFormedAttributePicker
from moto.core.utils import get_service_model

from emulator.engine.moto_adapters import serialization
from emulator.engine.patches import Patches

_EVERY_KIND: dict[str, Any] = {
    "text": {"S": "x"},
    "empty": {"S": ""},
    "number": {"N": "-1.50"},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "many bytes": {"BS": [b"a", b"\xff"]},
    "map": {"M": {"S": {"S": "x"}, "inner": {"M": {"L": {"L": []}}}}},
    "empty map": {"M": {}},
    "list": {"L": [{"N": "1"}, {"L": [{"BOOL": False}]}, {"M": {"a": {"NULL": True}}}]},
    "true": {"BOOL": True},
    "null": {"NULL": True},
}


def serialized(service: str, operation: str, protocol: str, result: object) -> str:
    model = get_service_model(service).operation_model(operation)
    picker = XFormedAttributePicker()
    serializer = SERIALIZERS[protocol](operation_model=model, value_picker=picker)
    return str(serializer.serialize(result)["body"])


@pytest.fixture
def patches() -> Iterator[Patches]:
    patches = Patches()
    yield patches
    patches.restore()


CASES = [
    ("dynamodb", "GetItem", "json", {"Item": _EVERY_KIND}),
    ("dynamodb", "Query", "json", {"Items": [_EVERY_KIND, {}], "Count": 2}),
    ("dynamodb", "UpdateItem", "json", {"Attributes": {"odd": {"X": "x"}, "none": {}}}),
    (
        "dynamodb",
        "UpdateItem",
        "json",
        {"Attributes": {"no list": {"SS": None}, "no": {"S": None}}},
    ),
    ("dynamodb", "UpdateItem", "json", {"Attributes": {"two": {"S": "x", "N": "1"}}}),
    (
        "dynamodb",
        "DescribeTable",
        "json",
        {"Table": {"TableName": "t", "CreationDateTime": datetime(2026, 1, 1, tzinfo=UTC)}},
    ),
    ("sqs", "GetQueueUrl", "json", {"queue_url": "http://q"}),
    ("cloudformation", "CreateStack", "query", {"StackId": "s"}),
    ("ec2", "DescribeVpcs", "ec2", {"Vpcs": [{"vpc_id": "v", "tags": [{"Key": "k"}]}]}),
]


@pytest.mark.parametrize(("service", "operation", "protocol", "result"), CASES)
def test_serialized_response_is_motos(
    patches: Patches, service: str, operation: str, protocol: str, result: object
) -> None:
    before = serialized(service, operation, protocol, result)
    serialization.install(patches)
    for _ in range(2):  # names are remembered from the first
        assert serialized(service, operation, protocol, result) == before


def test_members_of_an_object_are_found_as_those_of_a_dict(patches: Patches) -> None:
    class Url:
        queue_url = "http://q"

    serialization.install(patches)
    for result in ({"QueueUrl": "http://q"}, Url()):
        body = serialized("sqs", "GetQueueUrl", "json", result)
        assert json.loads(body) == {"QueueUrl": "http://q"}
