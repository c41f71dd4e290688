"""EC2: the list of public machine images is created when it is first looked at.

moto 5.2.5 creates the thousand images of a region, and a volume and a snapshot for each, with the
backend, and again whenever it forgets its resources: a third of a second of CPU at each start and
each end of a stack.
"""

import threading
from typing import Any

_loading = threading.RLock()


def load_when_read() -> None:
    """Load no image before `amis` is read, from now on in this process; call it once."""
    from moto.ec2.models.amis import AmiBackend  # noqa: PLC0415 - `moto_imports` comes before

    load = AmiBackend._load_amis

    def images(backend: AmiBackend) -> dict[str, Any]:
        with _loading:
            if vars(backend).pop("has_no_images_yet", False):
                load(backend)
        found: dict[str, Any] = vars(backend)["amis"]
        return found

    def replace(backend: AmiBackend, new: dict[str, Any]) -> None:
        vars(backend)["amis"] = new

    def load_later(backend: AmiBackend) -> None:
        backend.has_no_images_yet = True

    AmiBackend.amis = property(images, replace)
    AmiBackend._load_amis = load_later
