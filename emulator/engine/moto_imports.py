"""Import moto's largest services without what the emulator does not need: a second of CPU.

For EC2, moto reads what every region offers, and creates three sessions of boto3 to list the
regions. For API Gateway, it imports a validator of OpenAPI documents, with all of pydantic.
"""

import sys
from types import ModuleType
from typing import Any

import boto3
from moto.utilities import utils

from emulator.engine.aws import REGION

_OFFERINGS = "ec2/resources/instance_type_offerings/"
_VALIDATOR = "openapi_spec_validator"
_ERRORS = f"{_VALIDATOR}.validation.exceptions"


def import_ec2() -> None:
    """Import moto's EC2 with the offerings of the emulator's region, and with one session."""
    original, session_class, session = utils.load_resource, boto3.Session, boto3.Session()

    def load_resource(resource: str) -> Any:
        is_elsewhere = resource.startswith(_OFFERINGS) and f"/{REGION}." not in resource
        return [] if is_elsewhere else original(resource)

    utils.load_resource = load_resource
    boto3.Session = lambda: session  # type: ignore[assignment, misc]
    try:
        import moto.ec2.models.availability_zones_and_regions  # noqa: PLC0415
        import moto.ec2.models.instance_types  # noqa: F401, PLC0415
    finally:
        utils.load_resource = original
        boto3.Session = session_class  # type: ignore[misc]


def import_apigateway() -> None:
    """Import moto's API Gateway; the first import of a REST API imports the validator."""
    if _VALIDATOR in sys.modules:
        return

    def validate(document: Any) -> None:
        import openapi_spec_validator as real  # noqa: PLC0415
        from moto.apigateway import models  # noqa: PLC0415
        from openapi_spec_validator.validation import exceptions  # noqa: PLC0415

        models.validate = real.validate
        models.OpenAPIValidationError = exceptions.OpenAPIValidationError
        real.validate(document)

    stand_ins = {name: ModuleType(name) for name in (_VALIDATOR, _ERRORS)}
    vars(stand_ins[_VALIDATOR])["validate"] = validate
    vars(stand_ins[_ERRORS])["OpenAPIValidationError"] = ValueError
    sys.modules.update(stand_ins)
    try:
        import moto.apigateway.models  # noqa: F401, PLC0415
    finally:
        for name in stand_ins:
            del sys.modules[name]
