"""Prepared references in S3: below `references/` of the results bucket, whole once their manifest
is there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from seqstack.adapters.aws import client, translated_errors
from seqstack.adapters.objects import read_start
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.reference.layout import MANIFEST, REFERENCES, ReferenceLayout
from seqstack.domain.reference.manifest import ReferenceManifest
from seqstack.domain.reference.named import ReferenceName

_MOST_BYTES = 256 << 20
_AT_ONCE = 1000  # what DeleteObjects takes


@dataclass(frozen=True, slots=True)
class References:
    """The references that the stack has prepared.

    S3 is asked each time: nothing else says what is there.
    """

    bucket: str

    def names(self) -> list[ReferenceName]:
        """Every name, without versions, in the order of the alphabet."""
        return [ReferenceName(folder) for folder in self._folders(REFERENCES)]

    def versions(self, name: str) -> list[ReferenceName]:
        """The whole versions of a reference, the newest first."""
        prefix = f"{REFERENCES}{name}/"
        dated = []
        for version in self._folders(prefix):
            found = self._manifest_date(ReferenceLayout(self.bucket, name, version))
            if found:
                dated.append((found, version))
        return [ReferenceName(name, version) for _, version in sorted(dated, reverse=True)]

    def find(self, named: ReferenceName) -> ReferenceManifest | None:
        """The manifest of a version, or of the newest; None where there is none.

        Raises:
            ValueError: this version of the stack can't read it.
        """
        version = named.version
        if not version:
            versions = self.versions(named.name)
            if not versions:
                return None
            version = versions[0].version
        layout = ReferenceLayout(self.bucket, named.name, version)
        content = read_start(layout.manifest, _MOST_BYTES)
        return ReferenceManifest.from_json(json.loads(content)) if content else None

    def delete(self, named: ReferenceName) -> int:
        """Delete a version, its manifest first; gives the number of objects.

        Raises:
            TransientServiceError: some objects are left; to delete the version again goes on.
        """
        layout = ReferenceLayout(self.bucket, named.name, named.version)
        keys = list(self._keys(layout.root.key))
        manifest = layout.manifest.key
        if manifest in keys:  # one call deletes in no order
            self._delete([manifest])
        others = [key for key in keys if key != manifest]
        for start in range(0, len(others), _AT_ONCE):
            self._delete(others[start : start + _AT_ONCE])
        return len(keys)

    def _delete(self, keys: list[str]) -> None:
        with translated_errors():
            answer = client("s3").delete_objects(
                Bucket=self.bucket,
                Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
            )
        for error in answer.get("Errors", []):
            raise TransientServiceError(
                f"{error.get('Key')} is not deleted: {error.get('Code')}: {error.get('Message')}"
            )

    def _manifest_date(self, layout: ReferenceLayout) -> str:
        with translated_errors():
            answer = client("s3").list_objects_v2(
                Bucket=self.bucket, Prefix=layout.root.key + MANIFEST, MaxKeys=1
            )
        found = answer.get("Contents", [])
        return found[0]["LastModified"].isoformat() if found else ""

    def _folders(self, prefix: str) -> Iterator[str]:
        pages = client("s3").get_paginator("list_objects_v2")
        with translated_errors():
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/"):
                for each in page.get("CommonPrefixes", []):
                    yield each["Prefix"].removeprefix(prefix).rstrip("/")

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = client("s3").get_paginator("list_objects_v2")
        with translated_errors():
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (item["Key"] for item in page.get("Contents", []))
