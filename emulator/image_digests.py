"""Digests of the code that images would have, kept between starts.

What a tool's image has follows from the imports of its modules. To read them all takes half a
second of CPU, to see that no module has changed a few hundredths.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import image_modules
from emulator import pushed_images
from emulator.pushed_images import digest_of

_KEPT = Path(".aws-sam/image-digests.json")
_CODE = (image_modules.__file__, pushed_images.__file__, __file__)  # computes the digests


class ImageDigests:
    """Digests by the tools' folders of a repository, computed when one is asked for.

    They are kept beside what `make build` makes, if that is there, until any module changes. The
    repository must not change while this object is used.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(self, tool: str) -> str | None:
        """The digest of the modules that a tool's image would have; None for an unknown tool."""
        return self._digests.get(tool)

    @cached_property
    def _digests(self) -> dict[str, str]:
        source = digest_of(self._all_modules())
        kept = self._root / _KEPT
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads(kept.read_text())
            if found["source"] == source:
                return dict(found["digests"])
        modules = image_modules.Modules(self._root)
        digests = {tool: _digest(modules, tool) for tool in image_modules.tools(self._root)}
        if digest_of(self._all_modules()) == source:  # else they are those of neither state
            with suppress(OSError):  # nothing is built, or the repository can't be written to
                _replace(kept, json.dumps({"source": source, "digests": digests}, indent=2))
        return digests

    def _all_modules(self) -> Iterator[str | bytes]:
        """All that the digests depend on."""
        yield sys.version
        for path in _CODE:
            yield Path(path).read_bytes()
        for folder in image_modules.MODULE_ROOTS:
            for pattern in ("*.py", "requirements.txt"):
                for file in sorted((self._root / folder).rglob(pattern)):
                    yield str(file.relative_to(self._root))
                    yield file.read_bytes()


def _digest(modules: image_modules.Modules, tool: str) -> str:
    files = modules.code(tool)
    return digest_of(part for place, path in files.items() for part in (place, path.read_bytes()))


def _replace(path: Path, text: str) -> None:
    """Write a file that others may be reading or writing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).replace(path)
