"""What `make push-images` leaves in a stack's repositories: an image for each job definition.

Runs look their images up in ECR before anything starts, here as on AWS. What is pushed here are
manifests without layers: their digests stand for what jobs will really run.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable

from seqstack.domain.container_image import ContainerImage

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@runtime_checkable
class KnowsImages(Protocol):
    """A runner that can tell what an image holds."""

    def content_of(self, image: str) -> str | None:
        """The digest (`sha256:…`) of what a job of `image` would run; None if it can run none."""


def push_images(client: Callable[[str], Any], runner: object) -> None:
    """Put the image of every job definition into its repository, if the stack has that.

    The digest is that of what `runner` would run; of a runner that cannot tell, that of the name.
    """
    ecr = client("ecr")
    repositories = {
        repository["repositoryName"]
        for page in ecr.get_paginator("describe_repositories").paginate()
        for repository in page["repositories"]
    }
    for name in _images_of_job_definitions(client("batch")):
        image = ContainerImage.parse(name)
        content = runner.content_of(name) if isinstance(runner, KnowsImages) else digest_of([name])
        if content is not None and image.repository in repositories:
            ecr.put_image(
                repositoryName=image.repository,
                imageTag=image.tag or "latest",
                imageManifest=_manifest(content),
                imageDigest=content,
            )


def digest_of(parts: Iterable[str | bytes]) -> str:
    """The digest of some contents in order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return f"sha256:{digest.hexdigest()}"


def _images_of_job_definitions(batch: Any) -> list[str]:
    pages = batch.get_paginator("describe_job_definitions").paginate(status="ACTIVE")
    images = {
        definition.get("containerProperties", {}).get("image", "")
        for page in pages
        for definition in page["jobDefinitions"]
    }
    return sorted(images - {""})


def _manifest(content: str) -> str:
    empty = {"mediaType": _CONFIG, "digest": digest_of([]), "size": 0}
    layer = {"mediaType": _LAYER, "digest": content, "size": 0}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": _MANIFEST, "config": empty, "layers": [layer]}
    )
