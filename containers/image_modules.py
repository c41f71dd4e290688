"""The modules of this repository that a tool's image contains: what its entry point imports.

Standard library only, so that `scripts/image_contents.py` runs without an installation.
"""

import ast
import re
import sys
from functools import cache, partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULE_ROOTS = ("containers", "layers/common")
ENTRY_POINT = "run_tool.py"
_MODULE_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+")
_PINNED = re.compile(r"^([a-z0-9_]+)==", re.MULTILINE)
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
    return Modules(root).code(tool)


class Modules:
    """The modules of a repository. What each imports is read once, so it must not change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files_of = cache(partial(_module, root))
        self._imported_by = cache(self._imported)

    def code(self, tool: str) -> dict[str, Path]:
        """As the function `code`, faster for several tools, for they share modules."""
        entry = self.root / "containers" / tool / f"run_{tool}.py"
        if not entry.is_file():
            raise ContentsError(f"there is no containers/{tool}/{entry.name}")
        files = {ENTRY_POINT: entry}
        waiting = [entry]
        while waiting:
            for place, path in self._imported_by(waiting.pop()).items():
                if place not in files:
                    files[place] = path
                    waiting.append(path)
        return dict(sorted(files.items()))

    def _imported(self, path: Path) -> dict[str, Path]:
        """The modules of this repository that a module imports, with their packages."""
        found: dict[str, Path] = {}
        where = path.relative_to(self.root)
        installed = _installed(self.root, where)
        for name, is_certain in _names(path.read_bytes(), where):
            package = name.partition(".")[0]
            if package in sys.stdlib_module_names:
                continue
            module = self._files_of(name)
            if module is None and is_certain and package not in installed:
                raise ContentsError(f"{where} imports {name}: images do not have it")
            if module is not None:
                parts = name.split(".")
                packages = [".".join(parts[:count]) for count in range(1, len(parts))]
                for each in (*packages, name):
                    found.update(self._files_of(each) or {})
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


def _installed(root: Path, where: Path) -> frozenset[str]:
    """The packages of a tool's own environment, which modules of its folder may import."""
    pins = (root / where).parent / "requirements.txt"
    if len(where.parts) < 3 or not pins.is_file():
        return frozenset()
    return frozenset(_PINNED.findall(pins.read_text()))


def _module(root: Path, name: str) -> dict[str, Path] | None:
    """A module's files by their paths below a root; empty for a folder, None if there is none."""
    place = name.replace(".", "/")
    for each in MODULE_ROOTS:
        for candidate in (f"{place}.py", f"{place}/__init__.py"):
            if (root / each / candidate).is_file():
                return {candidate: root / each / candidate}
    folders = (root / each / place for each in MODULE_ROOTS)
    return {} if any(folder.is_dir() for folder in folders) else None
