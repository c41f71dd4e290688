"""Versions of programs: of their packages, or as they print them."""

import dataclasses
import os
import shlex
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from jobkit.errors import ToolMissingError
from jobkit.versions import version_of
from seqstack.tools.definition import Program
from seqstack.tools.multiqc import MULTIQC_PROGRAM
from seqstack.tools.picard import PICARD
from seqstack.tools.programs import JAVA


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH that is linked, as a tool of an environment of Python's may be."""
    folder = tmp_path / "bin"
    folder.mkdir()
    venv = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), venv, os.environ["PATH"]]))
    return folder


def script(path: Path, text: str) -> None:
    """Write a program that prints a text and says that it was started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch {path}.started\necho {shlex.quote(text)}\n")
    path.chmod(0o755)


def jar_with(path: Path, manifest: str) -> Program:
    """Picard as a jar; a script prints its version."""
    script(path.parent / "print-version", "Version:2.0.0")
    with ZipFile(path, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)
    printed = (str(path.parent / "print-version"),)
    return dataclasses.replace(PICARD.programs[0], executable=str(path), version_command=printed)


def test_version_of_a_jar_is_read_from_its_manifest(tmp_path: Path) -> None:
    manifest = "Manifest-Version: 1.0\r\nImplementation-Version: 3.3.0\r\n"

    assert version_of(jar_with(tmp_path / "picard.jar", manifest)) == "3.3.0"
    assert not (tmp_path / "print-version.started").exists()


@pytest.mark.parametrize("manifest", ["Manifest-Version: 1.0\r\n", ""])
def test_version_that_the_jar_does_not_say_is_asked(tmp_path: Path, manifest: str) -> None:
    assert version_of(jar_with(tmp_path / "picard.jar", manifest)) == "2.0.0"


def test_version_of_a_distribution_is_read_beside_the_program_that_a_link_means(
    tmp_path: Path, programs: Path
) -> None:
    script(tmp_path / "venv/bin/multiqc", "multiqc, version 1.0")
    (programs / "multiqc").symlink_to("../venv/bin/multiqc")
    metadata = tmp_path / "venv/lib/python3.13/site-packages/multiqc-1.35.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.4\nName: multiqc\nVersion: 1.35\n\nVersions\n")

    assert version_of(MULTIQC_PROGRAM) == "1.35"
    assert not (tmp_path / "venv/bin/multiqc.started").exists()

    other = metadata.parent.with_name("multiqc-1.34.dist-info") / "METADATA"
    other.parent.mkdir()
    other.write_text("Version: 1.34\n")  # two say different things

    assert version_of(MULTIQC_PROGRAM) == "1.0"


def test_version_of_a_program_that_is_alone_is_asked(programs: Path) -> None:
    script(programs / "multiqc", "multiqc, version 1.0")

    assert version_of(MULTIQC_PROGRAM) == "1.0"


@pytest.mark.parametrize(
    "program", [PICARD.programs[0], MULTIQC_PROGRAM, JAVA], ids=lambda p: p.name
)
def test_what_a_package_says_is_what_the_program_prints(programs: Path, program: Program) -> None:
    asked = dataclasses.replace(program, version_file="")

    assert version_of(program) == version_of(asked) != "unknown"


def test_program_without_a_version_is_unknown_and_a_missing_one_is_named(programs: Path) -> None:
    script(programs / "silent", "usage: silent FILE")
    program = Program("silent", "silent", version_command=("silent",), version_pattern=r"v(\d+)")

    assert version_of(program) == "unknown"

    (programs / "silent").unlink()
    with pytest.raises(ToolMissingError, match="cannot run silent"):
        version_of(program)
