"""S3: buckets, and the versions of each key, as records, which are there again at the next start.

Kept of a bucket are its name and versioning; of an object its content, metadata, tags, checksum,
storage class, encryption and lock. Uploads in parts that are unfinished are not kept.
"""

import json
import logging
from datetime import datetime
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.objects.content import FileChangedError, ObjectFiles
from emulator.engine.patches import Patches
from emulator.engine.state.records import Record, Records

_LOG = logging.getLogger(__name__)
_BUCKET, _OBJECT = "bucket", "object"
_ATTRIBUTES = (
    "_etag",
    "_version_id",
    "_is_versioned",
    "_storage_class",
    "encryption",
    "kms_key_id",
    "bucket_key_enabled",
    "lock_mode",
    "lock_legal_status",
    "lock_until",
    "checksum_algorithm",
    "checksum_value",
    "checksum_type",
    "checksum_parts",
    "website_redirect_location",
)


class ObjectRecords:
    """Records what S3 holds, and restores it."""

    def __init__(self, records: Records, files: ObjectFiles) -> None:
        self._records = records
        self._files = files

    def install(self, patches: Patches) -> None:
        """Record every write before it is answered, until `patches` are restored.

        Install it before the adapter that lets one write at a time in.
        """
        respond, respond_of_bucket = S3Response.key_response, S3Response.bucket_response
        delete_objects = S3Backend.delete_objects

        def key_response(response: S3Response, request: Any, *args: Any) -> Any:
            answer = respond(response, request, *args)
            is_part = request.method == "PUT" and "uploadId" in response.querystring
            if request.method not in {"GET", "HEAD"} and not is_part:
                self.keep(response.bucket_name, response.parse_key_name())
            return answer

        def bucket_response(response: S3Response, request: Any, *args: Any) -> Any:
            answer = respond_of_bucket(response, request, *args)
            if request.method in {"PUT", "DELETE"}:
                self.keep_bucket(response.bucket_name)
            elif request.method == "POST" and response.form_data.get("key"):
                self.keep(response.bucket_name, response.querystring["key"][0])
            return answer

        def delete_all(
            backend: S3Backend, bucket_name: str, objects: list[dict[str, Any]], *args: Any
        ) -> Any:
            answer = delete_objects(backend, bucket_name, objects, *args)
            self._records.write(self._versions(bucket_name, each["Key"]) for each in objects)
            return answer

        patches.replace(S3Response, "key_response", key_response)
        patches.replace(S3Response, "bucket_response", bucket_response)
        patches.replace(S3Backend, "delete_objects", delete_all)

    def keep(self, bucket: str, key: str) -> None:
        """Record a key as it is now."""
        self._records.write([self._versions(bucket, key)])

    def keep_bucket(self, name: str) -> None:
        """Record a bucket as it is now, without its objects."""
        bucket = _backend().buckets.get(name)
        value = None if bucket is None else json.dumps({"versioning": bucket.versioning_status})
        self._records.write([(_BUCKET, name, "", value)])

    def restore(self) -> None:
        """Create the recorded buckets that the stack has not created, and fill all of them.

        An object whose file was cut off, as by a power cut, is left out with a warning. From then
        on, every bucket is recorded.
        """
        for name, _, value in list(self._records.read(_BUCKET)):
            if name not in _backend().buckets:
                bucket = _backend().create_bucket(name, REGION)
                bucket.versioning_status = json.loads(value)["versioning"]
        for name, key, value in self._records.read(_OBJECT):
            bucket = _backend().buckets[name]
            if versions := self._restored(bucket, key, json.loads(value)):
                bucket.keys.setlist(key, versions)
        self._files.remove_unused()
        for name in _backend().buckets:
            self.keep_bucket(name)

    def _versions(self, bucket: str, key: str) -> Record:
        found = _backend().buckets.get(bucket)
        versions = found.keys.getlist(key, []) if found is not None else []
        value = json.dumps([self._described(each) for each in versions]) if versions else None
        return _OBJECT, bucket, key, value

    def _described(self, version: FakeKey | FakeDeleteMarker) -> dict[str, Any]:
        modified = version.last_modified.isoformat()
        if isinstance(version, FakeDeleteMarker):
            return {"marker": version.version_id, "modified": modified}
        return {
            "modified": modified,
            "content": self._files.described(version.__dict__["content"]),
            "metadata": dict(version.metadata),
            "tags": _backend().tagger.get_tag_dict_for_resource(version.arn),
            "attributes": {name: getattr(version, name) for name in _ATTRIBUTES},
        }

    def _restored(self, bucket: FakeBucket, key: str, versions: list[dict[str, Any]]) -> list[Any]:
        restored: list[Any] = []
        for each in versions:
            if "marker" in each and not restored:
                continue  # what it hides is lost
            try:
                version = (
                    _marker(restored, each) if "marker" in each else self._key(bucket, key, each)
                )
            except FileChangedError as error:
                _LOG.warning("s3://%s/%s is lost: %s", bucket.name, key, error)
                continue
            version.last_modified = datetime.fromisoformat(each["modified"])
            restored.append(version)
        return restored

    def _key(self, bucket: FakeBucket, name: str, described: dict[str, Any]) -> FakeKey:
        key = FakeKey(
            name,
            self._files.found(described["content"]),
            account_id=ACCOUNT_ID,
            region_name=bucket.region_name,
            bucket_name=bucket.name,
        )
        for attribute, value in described["attributes"].items():
            setattr(key, attribute, value)
        key.set_metadata(described["metadata"])
        if described["tags"]:
            tags = [{"Key": tag, "Value": value} for tag, value in described["tags"].items()]
            _backend().tagger.tag_resource(key.arn, tags)
        return key


def _marker(earlier: list[Any], described: dict[str, Any]) -> FakeDeleteMarker:
    marker = FakeDeleteMarker(earlier[-1])
    marker._version_id = described["marker"]
    return marker


def _backend() -> S3Backend:
    return s3_backends[ACCOUNT_ID]["aws"]
