"""Check that the tools' images are built, before a run whose jobs are containers."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from emulator.engine.batch.container_engine import ContainerEngine
from emulator.images import built_image
from seqstack.tools.registry import Tool

_REVISION = "org.opencontainers.image.revision"


class MissingImageError(RuntimeError):
    """An image that the run needs was not built; the message says how to get it."""


def image_tag(template: Path) -> str:
    """The default tag of the images in the stack's job definitions."""
    body: dict[str, Any] = yaml_parse(template.read_text())
    return str(body["Parameters"]["ImageTag"]["Default"])


def require_images(engine: ContainerEngine, tools: Iterable[Tool], tag: str) -> dict[str, str]:
    """Check that every image of `tools` exists; return the revision that each was built from.

    Raises:
        MissingImageError: names each missing image.
    """
    images = [built_image(tool.definition.folder, tag) for tool in tools]
    labels = {image: engine.labels(image) for image in images}
    missing = [image for image in images if labels[image] is None]
    if missing:
        raise MissingImageError(f"{engine.program} has no {', '.join(missing)}; run `make images`")
    return {image: (labels[image] or {}).get(_REVISION, "unknown") for image in images}
