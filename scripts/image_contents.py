"""The contents of a tool's image.

    python3 scripts/image_contents.py tools              the tools that have an image
    python3 scripts/image_contents.py tag TOOL           the tag of the image's content
    python3 scripts/image_contents.py stage TOOL FOLDER  write the build context to FOLDER

A build context holds the stages of containers/Dockerfile that the tool's target needs, the files
with pinned hashes that they install from, and the modules that its entry point imports. The tag is
a hash of the context, so it changes when the image would. UNPINNED_BASE is an image to use instead
of the pinned base. BUILD_ARGS are more arguments of the build; they are part of the tag.
"""

import argparse
import ast
import hashlib
import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULE_ROOTS = ("containers", "layers/common")
ENTRY_POINT = "run_tool.py"
BASE = "base"
_DOCKERFILE = "containers/Dockerfile"
_REQUIREMENTS = "containers/requirements.txt"
_CODE = "seqstack"
_TAG_CHARACTERS = 24
_FROM = re.compile(r"FROM (\S+) AS (\S+)")
_MODULE_NAME = re.compile(r"[a-z_]\w*(\.[a-z_]\w*)+")
# Modules can't read files beside them: the image has only modules.
_FILE_READERS = frozenset({"importlib", "pkgutil"})


class ContentsError(Exception):
    """The contents of an image can't be determined; the message says why."""


def tools(root: Path = ROOT) -> list[str]:
    """The folders of containers/ that have an entry point."""
    found = root.glob("containers/*/run_*.py")
    return sorted(path.parent.name for path in found if path.stem == f"run_{path.parent.name}")


def code(root: Path, tool: str) -> dict[str, Path]:
    """The entry point and all that it imports, modules by their paths in the image.

    Raises:
        ContentsError: there is no such tool, or it imports a module that images do not have.
    """
    entry = root / "containers" / tool / f"run_{tool}.py"
    if not entry.is_file():
        raise ContentsError(f"there is no containers/{tool}/{entry.name}")
    files = {ENTRY_POINT: entry}
    waiting = [entry]
    while waiting:
        for place, path in _imported(root, waiting.pop()).items():
            if place not in files:
                files[place] = path
                waiting.append(path)
    return dict(sorted(files.items()))


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


def sources(root: Path, tool: str) -> dict[str, Path]:
    """The files of the repository that an image is made of, by their paths in the build context."""
    modules = {f"{_CODE}/{place}": path for place, path in code(root, tool).items()}
    return {"requirements.txt": root / _REQUIREMENTS, "Dockerfile": root / _DOCKERFILE, **modules}


def context(root: Path, tool: str, variables: Mapping[str, str]) -> dict[str, bytes]:
    """The build context: contents of files by their paths."""
    files = {place: path.read_bytes() for place, path in sources(root, tool).items()}
    base = variables.get("UNPINNED_BASE", "")
    return {**files, "Dockerfile": recipe(files["Dockerfile"].decode(), tool, base).encode()}


def content_tag(root: Path, tool: str, variables: Mapping[str, str]) -> str:
    """The content tag of an image: `content-` and a hash of its build context."""
    digest = hashlib.sha256()
    more = {"BUILD_ARGS": variables.get("BUILD_ARGS", "").encode()}
    for place, data in sorted({**context(root, tool, variables), **more}.items()):
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


def _imported(root: Path, path: Path) -> dict[str, Path]:
    """The modules of this repository that a module imports, with their packages."""
    found: dict[str, Path] = {}
    for name, is_certain in _names(path.read_bytes(), path.relative_to(root)):
        if name.partition(".")[0] in sys.stdlib_module_names:
            continue
        module = _module(root, name)
        if module is None and is_certain:
            raise ContentsError(f"{path.relative_to(root)} imports {name}: images do not have it")
        if module is not None:
            parts = name.split(".")
            packages = [".".join(parts[:count]) for count in range(1, len(parts))]
            for each in (*packages, name):
                found.update(_module(root, each) or {})
    return found


@cache
def _names(text: bytes, where: Path) -> list[tuple[str, bool]]:
    """Names of modules in a module's text, and whether each is certainly a module.

    In `from a import b`, b may be a module of package a. Modules for `python -m` are named in
    strings.
    """
    found: list[tuple[str, bool]] = []
    for node in ast.walk(ast.parse(text, str(where))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ContentsError(f"{where} has a relative import")
            names = [node.module]
            found += [(f"{node.module}.{alias.name}", False) for alias in node.names]
        elif isinstance(node, ast.Constant) and _MODULE_NAME.fullmatch(str(node.value)):
            found.append((str(node.value), False))
        reads = {name.partition(".")[0] for name in names} & _FILE_READERS
        if reads or (isinstance(node, ast.Name) and node.id == "__file__"):
            raise ContentsError(f"{where} reads files beside it: images have modules only")
        found += [(name, True) for name in names]
    return found


def _module(root: Path, name: str) -> dict[str, Path] | None:
    """A module's files by their paths below a root; empty for a folder, None if there is none."""
    place = name.replace(".", "/")
    for each in MODULE_ROOTS:
        for candidate in (f"{place}.py", f"{place}/__init__.py"):
            if (root / each / candidate).is_file():
                return {candidate: root / each / candidate}
    folders = (root / each / place for each in MODULE_ROOTS)
    return {} if any(folder.is_dir() for folder in folders) else None


def main() -> int:
    """Run one subcommand; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tools")
    commands.add_parser("tag").add_argument("tool")
    staging = commands.add_parser("stage")
    staging.add_argument("tool")
    staging.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        if options.command == "tools":
            answer = "\n".join(tools())
        elif options.command == "tag":
            answer = content_tag(ROOT, options.tool, os.environ)
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
