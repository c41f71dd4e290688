"""The built images: what is in them, who they run as, and that their tools run."""

import json
import os
import re
from typing import Any

import pytest

from emulator.engine.batch.container_engine import ContainerEngine
from image_modules import ROOT, code
from tests.engine.containers.conftest import built_tools, call

MIB = 1 << 20
# What an image adds to its base: Python, s5cmd and the tool; snpEff and Picard need a Java runtime,
# MultiQC its packages and what draws plots (84 MB), and the tables pyarrow.
MOST_MIB = {"picard": 450, "snpeff": 450, "multiqc": 600, "parquet": 350, "snpeff_database": 450}
MOST_MIB_OF_OTHERS = 100
TOOLS = built_tools()
# What scripts/images builds on: as pinned, or another where there is no registry.
(PINNED,) = re.findall(
    r"^FROM (\S+) AS base$",
    (ROOT / "containers/Dockerfile").read_text(),
    re.MULTILINE,
)
BASE = os.environ.get("UNPINNED_BASE", PINNED)
# The program whose version is a tool's
PROGRAMS = {
    "parquet": "pyarrow",
    "samtools_stats": "samtools",
    "reference_check": "samtools",
    "bcftools_merge": "bcftools",
    "snpeff": "snpEff",
    "snpeff_database": "snpEff",
    "bwa_index": "bwa",
    "minimap2_index": "minimap2",
}
# What a package's program says of itself, where that is not the package's version
SAYS_OF_ITSELF = {("freebayes", "1.3.9"): "1.3.8"}
DEBIAN = [tool for tool in TOOLS if not tool.startswith(("isaac", "strelka"))]


def inspect(engine: ContainerEngine, image: str) -> dict[str, Any]:
    (found,) = json.loads(call(engine, "image", "inspect", image))
    content: dict[str, Any] = found
    return content


def inspect_base(engine: ContainerEngine) -> dict[str, Any]:
    if BASE == PINNED:
        call(engine, "pull", BASE)  # Docker's builder keeps it to itself
    return inspect(engine, BASE)


@pytest.mark.parametrize("tool", TOOLS)
def test_image_says_what_it_is_and_runs_as_an_unprivileged_user(
    engine: ContainerEngine, tag: str, tool: str
) -> None:
    config = inspect(engine, f"seqstack/{tool}:{tag}")["Config"]

    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["python3", "/opt/seqstack/run_tool.py"]
    assert set(config["Volumes"]) == {"/scratch", "/references"}
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in config["Labels"].items()
    }
    assert labels["title"] == f"seqstack/{tool}"
    assert labels["base.name"] == BASE
    assert re.fullmatch(r"[0-9a-f]{40}", labels["revision"])


@pytest.mark.parametrize("tool", TOOLS)
def test_image_holds_the_modules_that_its_entry_point_imports_and_no_other_file(
    engine: ContainerEngine, tag: str, tool: str
) -> None:
    listing = "import os; print(*(os.path.join(at, f) for at, _, fs in os.walk('.') for f in fs))"
    isolated = ("--network", "none", "--no-healthcheck", "--pull", "never", "--rm")
    where = ("--workdir", "/opt/seqstack", "--entrypoint", "python3")

    said = call(engine, "run", *isolated, *where, f"seqstack/{tool}:{tag}", "-c", listing)

    files = {name.removeprefix("./") for name in said.split()}
    assert files == code(ROOT, tool).keys()


@pytest.mark.parametrize("tool", TOOLS)
def test_health_check_runs_the_tool_without_network_and_on_a_read_only_root(
    engine: ContainerEngine, tag: str, tool: str
) -> None:
    image = f"seqstack/{tool}:{tag}"
    config = inspect(engine, image)
    check = config.get("Healthcheck") or config["Config"]["Healthcheck"]  # podman, docker
    kind, program, *arguments = check["Test"]
    assert (kind, program) == ("CMD", "python3")

    isolated = ("--read-only", "--network", "none", "--no-healthcheck", "--pull", "never", "--rm")
    said = call(engine, "run", *isolated, "--entrypoint", program, image, *arguments)

    versions = dict(line.split(" ", 1) for line in said.splitlines())
    name = PROGRAMS.get(tool, tool)
    version = config["Config"]["Labels"]["org.opencontainers.image.version"]
    version = SAYS_OF_ITSELF.get((tool, version), version)
    assert re.match(rf"{re.escape(version)}(-r\S+)?$", versions[name])


@pytest.mark.parametrize("tool", ["bwa", "minimap2"])
def test_aligners_image_has_fastp_which_only_trimming_runs(
    engine: ContainerEngine, tag: str, tool: str
) -> None:
    isolated = ("--read-only", "--network", "none", "--no-healthcheck", "--pull", "never", "--rm")
    where = ("--workdir", "/opt/seqstack", "--entrypoint", "python3")
    say = (
        "from jobkit.versions import version_of; from seqstack.tools.fastp import FASTP_PROGRAM;"
        "print(version_of(FASTP_PROGRAM))"
    )

    said = call(engine, "run", *isolated, *where, f"seqstack/{tool}:{tag}", "-c", say)

    assert said.strip() == "0.24.0"


@pytest.mark.parametrize("tool", DEBIAN)
def test_image_adds_little_to_its_base(engine: ContainerEngine, tag: str, tool: str) -> None:
    base = inspect_base(engine)
    image = inspect(engine, f"seqstack/{tool}:{tag}")

    assert image["RootFS"]["Layers"][: len(base["RootFS"]["Layers"])] == base["RootFS"]["Layers"]
    added = (image["Size"] - base["Size"]) / MIB
    assert 0 < added < MOST_MIB.get(tool, MOST_MIB_OF_OTHERS)


def test_images_share_their_first_layers(engine: ContainerEngine, tag: str) -> None:
    base = inspect_base(engine)["RootFS"]["Layers"]

    shared = {
        tuple(inspect(engine, f"seqstack/{tool}:{tag}")["RootFS"]["Layers"][: len(base) + 2])
        for tool in TOOLS
    }

    assert len(shared) == 1, "Python, then s5cmd"
