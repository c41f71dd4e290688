"""Read each of botocore's data files once in this process, and less of moto's.

boto3 reads a service's model and the list of endpoints once for each session, and moto again: a
second of CPU at each start. For EC2, moto reads what every region offers.
"""

from functools import cache
from typing import Any

import botocore.loaders
from moto.utilities import utils

from emulator.engine.aws import REGION

_OF_S3 = "/data/s3/"
_OFFERINGS = "ec2/resources/instance_type_offerings/"


def read_once() -> None:
    """Cache what is read from now on, except S3's model, which botocore changes in its place."""
    reader = botocore.loaders.JSONFileLoader
    original = reader.load_file
    cached = cache(lambda path: original(reader(), path))

    def load_file(self: botocore.loaders.JSONFileLoader, path: str) -> Any:
        return original(self, path) if _OF_S3 in path else cached(path)

    setattr(reader, "load_file", load_file)  # noqa: B010 - for mypy


def import_ec2() -> None:
    """Import moto's EC2 with the offerings of the emulator's region."""
    original = utils.load_resource

    def load_resource(resource: str) -> Any:
        is_elsewhere = resource.startswith(_OFFERINGS) and f"/{REGION}." not in resource
        return [] if is_elsewhere else original(resource)

    utils.load_resource = load_resource
    try:
        import moto.ec2.models.instance_types  # noqa: F401, PLC0415
    finally:
        utils.load_resource = original
