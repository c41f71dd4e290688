"""The contents of a tool's image.

    python3 scripts/image_contents.py tools              the tools that have an image
    python3 scripts/image_contents.py tag TOOL           the tag of the image's content
    python3 scripts/image_contents.py platforms TOOL     what the image is built for
    python3 scripts/image_contents.py stage TOOL FOLDER  write the build context to FOLDER

A build context holds the stages of containers/Dockerfile that the tool's target needs, the files
with pinned hashes that they install from, and the modules that its entry point imports. The tag is
a hash of the context, so it changes when the image would. UNPINNED_BASE is an image to use instead
of the pinned base. BUILD_ARGS are more arguments of the build; they are part of the tag.
PLATFORMS are those to build for, separated by commas, linux/amd64 by default.
"""

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "containers"))

from image_modules import ContentsError, code, tools  # noqa: E402

BASE = "base"
_DOCKERFILE = "containers/Dockerfile"
_REQUIREMENTS = "containers/requirements.txt"
_PACKAGES = re.compile(r"COPY (\w+)\.txt ")
_CODE = "seqstack"
_TAG_CHARACTERS = 24
_USUAL_PLATFORM = "linux/amd64"
_PLATFORMS = (_USUAL_PLATFORM, "linux/arm64")
_CONDA = "micromamba"  # bioconda has the programs of our tools for x86-64 only
_FROM = re.compile(r"FROM (\S+) AS (\S+)")


def recipe(dockerfile: str, tool: str, base: str = "") -> str:
    """The stages of a Dockerfile that a target needs, on the image `base` if it is given.

    Raises:
        ContentsError: the Dockerfile has no such target, or a line that this parser does not
            support.
    """
    stages: dict[str, list[str]] = {}
    for line in dockerfile.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if opening := _FROM.fullmatch(line):
            stages[opening[2]] = [line]
        elif stages and not line.startswith("FROM"):
            stages[list(stages)[-1]].append(line)
        else:
            raise ContentsError(f"{_DOCKERFILE} needs stages `FROM image AS name`, not: {line}")
    if tool not in stages:
        raise ContentsError(f"{_DOCKERFILE} has no target {tool}")
    needed, waiting = {tool}, [tool]
    while waiting:
        text = "\n".join(stages[waiting.pop()])
        sources = re.findall(r"(?:^FROM |--from=)(\S+)", text, re.MULTILINE)
        new = (set(sources) & stages.keys()) - needed
        needed |= new
        waiting += new
    if base:
        stages[BASE][0] = f"FROM {base} AS {BASE}"
    return "".join(f"{line}\n" for name in stages if name in needed for line in stages[name])


def platforms(root: Path, tool: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The wanted platforms that a tool has programs for, or the usual one if there are none.

    Raises:
        ContentsError: a wanted platform is not one that images are made for.
    """
    text = variables.get("PLATFORMS") or _USUAL_PLATFORM
    wanted = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if unknown := set(wanted) - set(_PLATFORMS):
        raise ContentsError(f"PLATFORMS can have {' and '.join(_PLATFORMS)}, not {min(unknown)}")
    stages = _FROM.findall(recipe((root / _DOCKERFILE).read_text(), tool))
    if _CONDA in {name for _, name in stages}:
        return (_USUAL_PLATFORM,)
    return wanted


def sources(root: Path, tool: str) -> dict[str, Path]:
    """The files of the repository that an image is made of, by their paths in the build context."""
    modules = {f"{_CODE}/{place}": path for place, path in code(root, tool).items()}
    dockerfile = root / _DOCKERFILE
    lists = set(_PACKAGES.findall(recipe(dockerfile.read_text(), tool))) - {"requirements"}
    own = {f"{name}.txt": root / f"containers/{name}/requirements.txt" for name in lists}
    return {"requirements.txt": root / _REQUIREMENTS, "Dockerfile": dockerfile, **own, **modules}


def context(root: Path, tool: str, variables: Mapping[str, str]) -> dict[str, bytes]:
    """The build context: contents of files by their paths."""
    files = {place: path.read_bytes() for place, path in sources(root, tool).items()}
    base = variables.get("UNPINNED_BASE", "")
    return {**files, "Dockerfile": recipe(files["Dockerfile"].decode(), tool, base).encode()}


def content_tag(root: Path, tool: str, variables: Mapping[str, str]) -> str:
    """The content tag of an image: `content-` and a hash of its build context."""
    digest = hashlib.sha256()
    files = context(root, tool, variables)
    more = {"BUILD_ARGS": variables.get("BUILD_ARGS", "").encode()}
    if (built_for := platforms(root, tool, variables)) != (_USUAL_PLATFORM,):
        more["PLATFORMS"] = ",".join(built_for).encode()
    for place, data in sorted({**files, **more}.items()):
        for part in (place.encode(), data):
            digest.update(len(part).to_bytes(8, "big") + part)
    return f"content-{digest.hexdigest()[:_TAG_CHARACTERS]}"


def stage(root: Path, tool: str, folder: Path, variables: Mapping[str, str]) -> None:
    """Write the build context reproducibly: with fixed times and modes."""
    for place, data in context(root, tool, variables).items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (0, 0))


def main() -> int:
    """Run one subcommand; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tools")
    commands.add_parser("tag").add_argument("tool")
    commands.add_parser("platforms").add_argument("tool")
    staging = commands.add_parser("stage")
    staging.add_argument("tool")
    staging.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        if options.command == "tools":
            answer = "\n".join(tools())
        elif options.command == "tag":
            answer = content_tag(ROOT, options.tool, os.environ)
        elif options.command == "platforms":
            answer = " ".join(platforms(ROOT, options.tool, os.environ))
        else:
            stage(ROOT, options.tool, options.folder, os.environ)
            return 0
    except ContentsError as error:
        sys.stderr.write(f"image_contents: {error}\n")
        return 1
    sys.stdout.write(f"{answer}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
