"""The Python packages of Lambda's managed runtime only.

A worker must not see this project's virtual environment: a function that forgets a dependency in
its layer would work here and fail on AWS. So a folder of links has only the packages of the managed
Python runtimes (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html): the runtime
interface client, boto3, botocore and their dependencies.
"""

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

RUNTIME_DISTRIBUTIONS = ("awslambdaric", "boto3")
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9._-]+")


def build_runtime_site(folder: Path) -> Path:
    """Link the runtime's packages into `folder` (which must be empty) and return it.

    Raises importlib.metadata.PackageNotFoundError when one is not installed.
    """
    for found in _closure(RUNTIME_DISTRIBUTIONS):
        for entry in _top_level(found):
            link = folder / entry.name
            if not link.exists():
                link.symlink_to(entry)
    return folder


def _closure(names: tuple[str, ...]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    pending = list(names)
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found[name] = distribution(name)
        pending += [
            match.group()
            for requirement in found[name].requires or []
            if "extra ==" not in requirement
            and (match := _REQUIREMENT_NAME.match(requirement)) is not None
        ]
    return list(found.values())


def _top_level(found: Distribution) -> list[Path]:
    """The files and folders of a distribution that lie directly in site-packages."""
    names = {Path(file).parts[0] for file in found.files or []}
    root = Path(str(found.locate_file("")))
    return [root / name for name in sorted(names) if name not in {"..", "__pycache__"}]
