"""What results need of S3, tried on moto: versions, as the template asks for them."""

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeBucket, s3_backends

from emulator.engine.moto_adapters import s3
from emulator.engine.patches import Patches

DOCUMENT = {"Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}


def create(name: str) -> FakeBucket:
    create_bucket = FakeBucket.create_from_cloudformation_json
    try:
        return create_bucket(name, DOCUMENT, DEFAULT_ACCOUNT_ID, "us-east-1")
    finally:
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_bucket(name)


def test_bucket_keeps_versions_where_its_template_says_so() -> None:
    patches = Patches()
    s3.install(patches)
    try:
        assert create("versioned-by-template").versioning_status == "Enabled"
    finally:
        patches.restore()


def test_moto_still_needs_the_adapter() -> None:
    assert create("not-versioned-by-moto").versioning_status is None
