"""scripts/images, with an engine that writes down what it is asked and knows digests."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OLD, NEW = "a" * 64, "b" * 64
BASES = f"""# The bases.
FROM debian:trixie-slim@sha256:{OLD} AS base
FROM mambaorg/micromamba:1.5.8@sha256:{OLD} AS micromamba
"""
ENGINE = f"""#!/bin/sh
echo "$*" >>"$CALLS"
case "$1 $2" in
  "image inspect") echo "somewhere/it@sha256:{NEW}" ;;
  "pull --quiet") [ -z "$ABSENT" ] || exit 125 ;;
esac
"""


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.bases = root / "containers/Dockerfile"
        for folder in ("scripts", "containers/bwa", "bin"):
            (root / folder).mkdir(parents=True)
        shutil.copy(ROOT / "scripts/images", root / "scripts/images")
        shutil.copy(ROOT / "template.yaml", root)
        (root / "containers/bwa/Dockerfile").touch()
        self.bases.write_text(BASES)
        for name, text in {"docker": ENGINE, "git": "#!/bin/sh\necho 1f\n"}.items():
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)

    def run(self, what: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        known = {"PATH": path, "CALLS": str(self.root / "calls"), "ENGINE": "docker", "ABSENT": ""}
        return subprocess.run(
            [str(self.root / "scripts/images"), what],
            env={**known, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def builds(self) -> list[str]:
        calls = (self.root / "calls").read_text().splitlines()
        return [call for call in calls if call.startswith("build ")]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_images_are_built_on_the_pinned_bases(repository: Repository) -> None:
    ran = repository.run("build")

    assert ran.returncode == 0, ran.stderr
    (build,) = repository.builds
    assert f"--build-arg BASE=debian:trixie-slim@sha256:{OLD} " in build
    assert f"--build-arg MICROMAMBA=mambaorg/micromamba:1.5.8@sha256:{OLD} " in build


@pytest.mark.parametrize(
    "image", ["debian:trixie-slim", f"debian@sha256:{OLD}", "debian:trixie-slim@sha256:abc", ""]
)
@pytest.mark.parametrize("command", ["build", "push"])
def test_base_that_no_digest_pins_is_refused_with_the_cure(
    repository: Repository, image: str, command: str
) -> None:
    repository.bases.write_text(BASES.replace(f"debian:trixie-slim@sha256:{OLD}", image))
    aws = repository.root / "bin/aws"
    aws.write_text("#!/bin/sh\necho registry/seqstack\n")
    aws.chmod(0o755)

    ran = repository.run(command)

    assert ran.returncode != 0
    assert "run `make refresh-base-images`, and commit what it writes" in ran.stderr
    assert repository.builds == []


def test_base_of_ones_own_is_taken_when_it_is_asked_for(repository: Repository) -> None:
    repository.bases.write_text(BASES.replace(f"trixie-slim@sha256:{OLD}", "trixie-slim"))

    ran = repository.run("build", UNPINNED_BASE="localhost/debian:mine")

    assert "building on localhost/debian:mine, which no digest pins" in ran.stderr
    (build,) = repository.builds
    assert "--build-arg BASE=localhost/debian:mine " in build


def test_refresh_pins_every_base_to_what_its_tag_means_now(repository: Repository) -> None:
    repository.bases.write_text(BASES.replace(f"trixie-slim@sha256:{OLD}", "trixie-slim"))

    ran = repository.run("refresh-bases")

    assert ran.returncode == 0, ran.stderr
    assert repository.bases.read_text() == BASES.replace(OLD, NEW)
    calls = (repository.root / "calls").read_text()
    assert "pull --quiet --platform linux/amd64 mambaorg/micromamba:1.5.8\n" in calls


def test_refresh_without_a_registry_changes_nothing(repository: Repository) -> None:
    ran = repository.run("refresh-bases", ABSENT="yes")

    assert ran.returncode != 0
    assert repository.bases.read_text() == BASES


def test_bases_are_pinned_here_and_nowhere_else() -> None:
    bases = (ROOT / "containers/Dockerfile").read_text()
    pins = re.findall(r"^FROM (\S+) AS (\w+)$", bases, re.MULTILINE)

    assert {name for _, name in pins} == {"base", "micromamba"}
    for image, _ in pins:
        assert re.fullmatch(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}", image)
    for dockerfile in ROOT.glob("containers/*/Dockerfile"):
        text = dockerfile.read_text()
        stages = set(re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE))
        for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
            assert image in {"${BASE}", "${MICROMAMBA}"} | stages, dockerfile
        assert not re.search(r"^ARG (BASE|MICROMAMBA)=", text, re.MULTILINE), dockerfile
