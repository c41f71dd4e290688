"""What `sam build` leaves: small packages, with byte code that Lambda's Python takes."""

import marshal
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from io import BytesIO
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
import yaml

from emulator.engine.lambda_runtime.site import build_runtime_site
from tests.integration.counts import excess, table

ROOT = Path(__file__).parents[3]
BUILT = ROOT / ".aws-sam/build"
LAYER = BUILT / "CommonLayer"
FUNCTIONS = {path.parent.name: path.parent for path in sorted(BUILT.glob("*/app.py"))}
"""Folders of functions by their logical ids."""
WITH_BYTE_CODE = ((LAYER, "/opt"), (BUILT / "ApiFunction", "/var/task"))
_HEADER_BYTES = 16
_UNCHECKED_HASH = 1  # https://peps.python.org/pep-0552/
COUNT_MODULES = """
import awslambdaric.__main__, boto3, sys
before = set(sys.modules)
import app
for name in set(sys.modules) - before:
    print(getattr(sys.modules[name], "__file__", None) or "")
"""


def zipped_bytes(folder: Path) -> int:
    """The size of a package as SAM uploads it."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    return len(archive.getvalue())


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_runtime_site(tmp_path_factory.mktemp("runtime"))


def modules_of(folder: Path, runtime: Path) -> int:
    """Modules of the package and of the layer that a cold start imports."""
    path = [folder, LAYER / "python", runtime]
    done = subprocess.run(
        [sys.executable, "-S", "-s", "-c", COUNT_MODULES],
        check=True,
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": ":".join(map(str, path)),
        },
    )
    ours = (str(folder), str(LAYER))
    return sum(line.startswith(ours) for line in done.stdout.splitlines())


def test_packages_and_cold_starts_are_as_small_as_the_table_says(runtime: Path) -> None:
    functions = {
        name: {"modules": modules_of(folder, runtime), "bytes": zipped_bytes(folder)}
        for name, folder in FUNCTIONS.items()
    }
    found: dict[str, Any] = {"functions": functions, "layer": {"bytes": zipped_bytes(LAYER)}}

    assert excess(found, {name: table()[name] for name in found}) == [], yaml.safe_dump(found)


def compiled_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for source in folder.rglob("*.py"):
        yield source, Path(cache_from_source(str(source))).read_bytes()


def names_in(code: CodeType) -> Iterator[str]:
    yield code.co_filename
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


@pytest.mark.parametrize(("folder", "place"), WITH_BYTE_CODE)
def test_byte_code_is_of_its_source_for_lambdas_python_and_place(folder: Path, place: str) -> None:
    seen = 0
    for source, compiled in compiled_files(folder):
        assert compiled[:4] == MAGIC_NUMBER, source
        assert int.from_bytes(compiled[4:8], "little") == _UNCHECKED_HASH, source
        assert compiled[8:_HEADER_BYTES] == source_hash(source.read_bytes()), source
        where = f"{place}/{source.relative_to(folder)}"
        code = marshal.loads(compiled[_HEADER_BYTES:])  # noqa: S302 - our build made it
        assert set(names_in(code)) == {where}
        seen += 1
    assert seen == len(list(folder.rglob("*.pyc")))


def test_layer_is_the_same_wherever_it_is_built(tmp_path: Path) -> None:
    source, artifacts = tmp_path / "source", tmp_path / "artifacts"
    source.mkdir()
    shutil.copy(ROOT / "layers/common/Makefile", source)
    shutil.copytree(ROOT / "layers/common/seqstack", source / "seqstack")
    (source / "requirements.txt").touch()  # the packages come from wheels
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    subprocess.run(
        ["/usr/bin/env", f"PATH={tools}", "make", "build-CommonLayer"],
        cwd=source,
        env={**os.environ, "ARTIFACTS_DIR": str(artifacts)},
        check=True,
    )

    assert contents(artifacts / "python/seqstack") == contents(LAYER / "python/seqstack")


def contents(folder: Path) -> dict[Path, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}
