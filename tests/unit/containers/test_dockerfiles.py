"""The Dockerfiles, read as text: building them is tests/engine's."""

import re
from pathlib import Path

import pytest

from seqstack.tools.registry import Tool

CONTAINERS = Path(__file__).resolve().parents[3] / "containers"
FOLDERS = sorted(path.parent.name for path in CONTAINERS.glob("*/Dockerfile"))
CONDA = {"isaac": "isaac4", "strelka": "strelka"}
LABELS = {"title", "description", "version", "revision", "licenses", "base.name"}
UNPINNED = {"ca-certificates"}
# Upstream's version in full; Debian's revision of it may change, with a security update.
PIN = re.compile(r"[a-z0-9.-]+=(\d+:)?\d[\w.]*[-+.]\*")


def instructions(folder: str) -> list[str]:
    """The Dockerfile's instructions, continued lines joined, comments left out."""
    text = (CONTAINERS / folder / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [row for line in joined if (row := " ".join(line.split()))]


def labels(folder: str) -> dict[str, str]:
    (row,) = [row for row in instructions(folder) if row.startswith("LABEL ")]
    return dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', row))


def debian_packages(folder: str) -> list[str]:
    return [
        package
        for row in instructions(folder)
        if "apt-get install" in row
        for package in row.partition("--no-install-recommends")[2].partition("&&")[0].split()
    ]


def test_dockerfiles_are_there_for_every_tool() -> None:
    assert len(FOLDERS) == len(Tool)
    for folder in FOLDERS:
        assert (CONTAINERS / folder / f"run_{folder}.py").is_file()
        assert (CONTAINERS / folder / "README.md").is_file()


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_runs_the_entry_point_as_nobody_in_particular(folder: str) -> None:
    rows = instructions(folder)
    script = f"/opt/seqstack/run_{folder}.py"
    assert [row for row in rows if row.startswith(("ENTRYPOINT", "CMD"))] == [
        f'ENTRYPOINT ["python3", "{script}"]'
    ]
    assert [row for row in rows if row.startswith("USER")] == ["USER 10001:10001"]
    (check,) = [row for row in rows if row.startswith("HEALTHCHECK")]
    assert check.endswith(f'CMD ["python3", "{script}", "--version"]')
    assert any(row.startswith("ENV PYTHONPATH=/opt/seqstack ") for row in rows)
    assert 'VOLUME ["/scratch", "/references"]' in rows


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_makes_its_volumes_the_users_own(folder: str) -> None:
    # a new volume takes over the owner of the folder that it is mounted on:
    # https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container
    made = "install --directory --owner 10001 --group 10001 --mode 0700 /scratch /references"
    assert any(made in row for row in instructions(folder) if row.startswith("RUN "))


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_pins_what_it_installs(folder: str) -> None:
    packages = debian_packages(folder)
    assert {"python3=3.13.*", "python3-pip=25.*"} < set(packages)
    assert [package for package in set(packages) - UNPINNED if not PIN.fullmatch(package)] == []
    assert any("pip install" in row and "--require-hashes" in row for row in instructions(folder))


@pytest.mark.parametrize("folder", sorted(CONDA))
def test_dockerfile_pins_conda_packages_by_version_and_build(folder: str) -> None:
    (row,) = [row for row in instructions(folder) if "micromamba create" in row]
    version = labels(folder)["version"]
    assert re.search(rf" {CONDA[folder]}={re.escape(version)}=h[0-9a-f]+_\d+ ", row)
    (source, target) = next(
        row.split()[-2:] for row in instructions(folder) if f"COPY --from={folder} " in row
    )
    assert source == target, "conda writes the prefix into what it installs"
    assert f"--prefix {source} " in row


@pytest.mark.parametrize("folder", sorted(set(FOLDERS) - set(CONDA)))
def test_dockerfile_label_says_the_version_that_is_installed(folder: str) -> None:
    tool = {"samtools_stats": "samtools", "snpeff": "libsnpeff-java"}.get(folder, folder)
    (package,) = [name for name in debian_packages(folder) if name.startswith(f"{tool}=")]
    # Debian writes snpEff's 5.2f as 5.2.f
    installed = re.sub(r"\.([a-z])", r"\1", package.partition("=")[2].rstrip("-+*"))
    assert installed == labels(folder)["version"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_labels_come_last_so_that_a_revision_keeps_every_layer(folder: str) -> None:
    rows = instructions(folder)
    assert set(labels(folder)) == LABELS
    assert labels(folder)["title"] == f"seqstack/{folder}"
    assert rows[-3:-1] == ["ARG BASE", "ARG REVISION=unknown"]
    assert rows[-1].startswith("LABEL ")


def test_dockerfiles_begin_with_the_same_layers() -> None:
    shared = set()
    for folder in FOLDERS:
        rows = instructions(folder)
        begin = rows.index("FROM ${BASE} AS base")
        final = next(n for n, row in enumerate(rows) if row.startswith("COPY --from=s5cmd"))
        assert rows[final - 1] == "FROM base"
        shared.add(tuple(rows[begin : final + 1]))
    assert len(shared) == 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_dockerfile_copies_only_what_exists_in_the_build_context(folder: str) -> None:
    root = CONTAINERS.parent
    for row in instructions(folder):
        if row.startswith("COPY ") and "--from=" not in row:
            *sources, _ = row.removeprefix("COPY ").split()
            assert all(list(root.glob(source)) for source in sources), row
