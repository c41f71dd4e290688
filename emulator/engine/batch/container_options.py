"""The options of `docker create` for a job's container, as the ECS agent would set them. Pure.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html lists the option
of `docker run` for each property.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.engine.batch.container import request_of

_SHARES_PER_VCPU = 1024
_LEAST_SHARES = 2

type VolumeOf = Callable[[str], str]
"""Names the engine's volume that takes the place of a folder of the host."""


def create_options(container: Mapping[str, Any], volume_of: VolumeOf) -> list[str]:
    """The options that a merged container's properties ask for.

    vCPUs are CPU shares, not a limit, as on Batch's hosts; memory is a limit, without swap. The
    container has the host's network, on which the emulator listens. ECS ignores an image's health
    check, and not every engine can run one.
    """
    request = request_of(container)
    memory = f"{request.memory_mib}m"
    shares = max(_LEAST_SHARES, int(request.vcpus * _SHARES_PER_VCPU))
    return [
        *("--network", "host", "--no-healthcheck"),
        *("--cpu-shares", str(shares), "--memory", memory, "--memory-swap", memory),
        *(["--read-only"] if container.get("readonlyRootFilesystem") else []),
        *(["--privileged"] if container.get("privileged") else []),
        *(["--user", str(container["user"])] if container.get("user") else []),
        *_linux_options(container.get("linuxParameters") or {}),
        *_ulimit_options(container.get("ulimits") or []),
        *_volume_options(container, volume_of),
    ]


def _linux_options(parameters: Mapping[str, Any]) -> Iterator[str]:
    if parameters.get("initProcessEnabled"):
        yield "--init"
    if parameters.get("sharedMemorySize"):
        yield from ("--shm-size", f"{parameters['sharedMemorySize']}m")
    for mount in parameters.get("tmpfs") or []:
        options = ",".join([*(mount.get("mountOptions") or []), f"size={mount['size']}m"])
        yield from ("--tmpfs", f"{mount['containerPath']}:{options}")


def _ulimit_options(limits: list[Mapping[str, Any]]) -> Iterator[str]:
    for limit in limits:
        yield from ("--ulimit", f"{limit['name']}={limit['softLimit']}:{limit['hardLimit']}")


def _volume_options(container: Mapping[str, Any], volume_of: VolumeOf) -> Iterator[str]:
    """A volume without a folder of the host is the job's own, and is removed with its container."""
    folders = {
        volume["name"]: (volume.get("host") or {}).get("sourcePath")
        for volume in container.get("volumes") or []
    }
    for point in container.get("mountPoints") or []:
        path = str(point["containerPath"])
        folder = folders.get(point["sourceVolume"])
        if folder is None:
            yield from ("--volume", path)
        else:
            mode = ":ro" if point.get("readOnly") else ""
            yield from ("--volume", f"{volume_of(folder)}:{path}{mode}")
