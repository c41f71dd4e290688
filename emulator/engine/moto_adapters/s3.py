"""S3: buckets have versioning if the template says so.

moto 5.2.5 creates a bucket by CloudFormation without its `VersioningConfiguration`.
"""

from collections.abc import Mapping
from typing import Any

from moto.s3.models import FakeBucket

from emulator.engine.patches import Patches


def install(patches: Patches) -> None:
    """Give buckets their versioning until `patches` are restored."""
    original = FakeBucket.create_from_cloudformation_json

    def create(
        _cls: type[FakeBucket], name: str, document: Mapping[str, Any], *args: Any, **more: Any
    ) -> FakeBucket:
        bucket = original(name, document, *args, **more)
        versioning = document.get("Properties", {}).get("VersioningConfiguration")
        if versioning:
            bucket.versioning_status = versioning["Status"]
        return bucket

    patches.replace(FakeBucket, "create_from_cloudformation_json", classmethod(create))
