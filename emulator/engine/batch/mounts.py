"""The mounts of a container, for a job that runs as a process: paths are rewritten to host folders.

A process sees the whole machine, so `/scratch/x` in an argument would be the host's. An argument or
value that is a mount's path, or a path below one, is replaced by the path in the mount's own
folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Mounts:
    """Host folders by the path at which the container has them, without a slash at the end."""

    folders: Mapping[str, Path]

    @classmethod
    def of(cls, container: Mapping[str, Any], job_folder: Path, host_root: Path) -> "Mounts":
        """Give each mount point its volume.

        A volume with a host path is that folder below `host_root`, the same for all jobs; one
        without is the job's own, below `job_folder`, and goes with it.

        Raises ValueError for a mount point without a volume, which Batch refuses too, and for a
        volume whose folder would be outside.
        """
        sources = {
            volume["name"]: volume.get("host", {}).get("sourcePath")
            for volume in container.get("volumes", [])
        }
        folders = {}
        for point in container["mountPoints"]:
            name, path = point["sourceVolume"], str(point["containerPath"]).rstrip("/")
            if name not in sources:
                raise ValueError(f"mountPoints name an unknown volume: {name}")
            source = sources[name]
            root, below = (host_root, source) if source else (job_folder / "volumes", name)
            if ".." in Path(below).parts:
                raise ValueError(f"a volume's folder may not have '..': {below}")
            folders[path] = root / below.lstrip("/")
        return cls(folders)

    def make(self) -> None:
        """Make the folders that are missing."""
        for folder in self.folders.values():
            folder.mkdir(parents=True, exist_ok=True)

    def rewrite(self, text: str) -> str:
        """Rewrite a path inside a mount to the host's; return any other text unchanged."""
        for path in sorted(self.folders, key=len, reverse=True):
            if text == path or text.startswith(f"{path}/"):
                return f"{self.folders[path]}{text.removeprefix(path)}"
        return text
