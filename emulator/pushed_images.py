"""Push an image for each job definition to a stack's repositories, as `make push-images` does.

As on AWS, runs look up their images in ECR before they start. The images here are manifests without
layers, with a digest of the code that jobs run.
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
    """A runner that can identify the contents of an image."""

    def content_of(self, image: str) -> str | None:
        """The digest (`sha256:…`) of what a job of `image` would run; None if it can't run it."""


def push_images(client: Callable[[str], Any], runner: object) -> None:
    """Push the image of every job definition to its repository, if the stack has the repository.

    The digest is that of the code that `runner` would run; if it is unknown, that of the name.
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
