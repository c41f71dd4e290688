"""A container's mounts for a job that is a process: its paths are rewritten to host folders.

A process sees the whole machine, so `/scratch/x` in an argument would be the host's. An argument
or value that is a mount's path, or lies below one, is taken to the job's own folder instead.
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
    def of(
        cls, container: Mapping[str, Any], job_folder: Path, shared: Mapping[str, Path]
    ) -> "Mounts":
        """Give each mount point a folder of its own below `job_folder`, or its shared one."""
        paths = {str(point["containerPath"]).rstrip("/") for point in container["mountPoints"]}
        return cls(
            {path: shared.get(path, job_folder / "mounts" / path.lstrip("/")) for path in paths}
        )

    def make(self) -> None:
        """Make the folders that are missing."""
        for folder in self.folders.values():
            folder.mkdir(parents=True, exist_ok=True)

    def rewrite(self, text: str) -> str:
        """Take a path inside a mount to the host; leave any other text as it is."""
        for path in sorted(self.folders, key=len, reverse=True):
            if text == path or text.startswith(f"{path}/"):
                return f"{self.folders[path]}{text.removeprefix(path)}"
        return text
