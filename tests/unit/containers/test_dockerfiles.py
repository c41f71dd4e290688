from pathlib import Path

import pytest

from seqstack.domain.words import Tool

CONTAINERS = Path(__file__).resolve().parents[3] / "containers"
FOLDERS = sorted(path.parent.name for path in CONTAINERS.glob("*/Dockerfile"))
UNPINNED = {"ca-certificates", "default-jre-headless", "python3-pip"}


def instructions(folder: str) -> list[str]:
    """The Dockerfile's instructions, continued lines joined, comments left out."""
    text = (CONTAINERS / folder / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [" ".join(row.split()) for row in "\n".join(lines).replace("\\\n", " ").splitlines()]


def test_dockerfiles_are_there_for_every_tool() -> None:
    assert len(FOLDERS) == len(Tool)
    for folder in FOLDERS:
        assert (CONTAINERS / folder / f"run_{folder}.py").is_file()
        assert (CONTAINERS / folder / "README.md").is_file()


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_runs_the_entry_point_as_nobody_in_particular(folder: str) -> None:
    rows = instructions(folder)
    script = f"/opt/seqstack/run_{folder}.py"
    assert rows[-1] == f'ENTRYPOINT ["python3", "{script}"]'
    assert "USER 10001:10001" in rows
    (check,) = [row for row in rows if row.startswith("HEALTHCHECK")]
    assert check.endswith(f'CMD ["python3", "{script}", "--version"]')
    assert any("org.opencontainers.image.title=" in row for row in rows)
    assert any(row.startswith("ENV PYTHONPATH=/opt/seqstack ") for row in rows)


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_makes_scratch_the_users_own(folder: str) -> None:
    # a new volume takes over the owner of the folder that it is mounted on:
    # https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container
    made = "install --directory --owner seqstack --group seqstack --mode 0700 /scratch"
    assert any(made in row for row in instructions(folder) if row.startswith("RUN "))


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_pins_what_it_installs(folder: str) -> None:
    packages: list[str] = []
    for row in instructions(folder):
        if "apt-get install" in row:
            words = row.partition("--no-install-recommends")[2].partition("&&")[0].split()
            packages += words
    assert packages
    assert all("=" in package for package in set(packages) - UNPINNED)
    assert any("pip install" in row and "--require-hashes" in row for row in instructions(folder))


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_copies_only_what_exists_in_the_build_context(folder: str) -> None:
    root = CONTAINERS.parent
    for row in instructions(folder):
        if row.startswith("COPY ") and "--from=" not in row:
            *sources, _ = row.removeprefix("COPY ").split()
            assert all(list(root.glob(source)) for source in sources), row
