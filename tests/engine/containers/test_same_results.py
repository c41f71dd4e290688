"""The demo as containers gives what it gives as processes, byte for byte, with the same tools.

This machine's tools have other versions. So the processes run where the images' own programs are:
in a container with all of them, with this repository and its Python mounted.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.engine.batch.container_engine import ContainerEngine
from tests.e2e.test_demo import RESULTS
from tests.engine.containers.conftest import build, call
from tests.support.container_jobs import left

# The entry point of snpEff calls Java itself; the program is only looked for.
ALL_TOOLS = """
FROM seqstack/snpeff:{tag}
USER 0:0
COPY --from=seqstack/bwa:{tag} /usr/bin/bwa /usr/bin/
COPY --from=seqstack/bcftools:{tag} /usr/bin/bcftools /usr/bin/samtools /usr/bin/
COPY --from=seqstack/bcftools:{tag} /usr/lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu
COPY --from=seqstack/picard:{tag} /usr/share/java /usr/share/java
COPY --from=seqstack/multiqc:{tag} /opt/multiqc /opt/multiqc
RUN ln -s java /usr/bin/snpEff
ENV PYTHONPATH= HOME=/tmp COLUMNS=120 PATH=$PATH:/opt/multiqc/bin
"""
SUMMARY = "vcf/annotated/snpEff_summary.html"
MADE_AT = re.compile(rb"<td>\d{4}-\d\d-\d\d \d\d:\d\d</td>")
# MultiQC's report and its data say when they were made, and where; qc/metrics.json has the figures.
OF_ONE_RUN = ("provenance/", "report/", "qc/multiqc_report.html", "qc/multiqc_data.json")
# What a run's provenance tells of this one run, and the folders of its jobs.
OF_THE_RUN = ("job", "startedAt", "finishedAt", "seconds", "peakRssBytes", "usage")
FOLDERS = re.compile(r"(^|=)/(?:\S*/)?(scratch|references)/[^/]+/")
BUCKET = re.compile(r"s3://seqstack-resultsbucket-[a-z0-9]+/")
# The images are part of a prepared reference's version.
VERSION = re.compile(r"/references/genome/[0-9a-f]{32}/")

type Demo = Callable[..., Path]


@pytest.fixture(scope="module")
def folders(
    engine: ContainerEngine,
    tag: str,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Path]:
    """The results of the demo's jobs as containers, and as processes."""
    work = tmp_path_factory.mktemp("demo")
    demo = ["-m", "emulator", "demo", "--exome", "small", "--results"]
    before = left(engine)
    ended = subprocess.run(
        [sys.executable, *demo, str(work / "containers"), "--jobs", "containers"],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"Jobs run as containers of {engine.program}: seqstack/bwa:{tag} (" in ended.stdout
    assert left(engine) == before
    _run_as_processes(engine, tag, pytestconfig.rootpath, work, demo)
    return work / "containers" / "small", work / "processes" / "small"


def _run_as_processes(
    engine: ContainerEngine, tag: str, root: Path, work: Path, demo: list[str]
) -> None:
    context = work / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(ALL_TOOLS.format(tag=tag))
    build(engine, "seqstack/all-tools:1.0", context)
    # podman without root maps root to whoever runs it; docker maps nobody
    user = "0:0" if engine.program == "podman" else f"{os.getuid()}:{os.getgid()}"
    mounts = [f"{root}:{root}", f"{sys.base_prefix}:{sys.base_prefix}:ro", f"{work}:{work}"]
    call(
        engine,
        *("run", "--rm", "--pull", "never", "--network", "host", "--no-healthcheck"),
        *("--user", user, "--workdir", str(root), "--entrypoint", str(root / ".venv/bin/python")),
        *(f"--volume={mount}" for mount in mounts),
        *("seqstack/all-tools:1.0", *demo, str(work / "processes")),
    )
    call(engine, "rmi", "--force", "seqstack/all-tools:1.0")


def test_both_give_every_result(folders: tuple[Path, Path]) -> None:
    for folder in folders:
        assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == RESULTS


@pytest.mark.parametrize(
    "name", sorted(name for name in RESULTS if not name.startswith(OF_ONE_RUN))
)
def test_result_is_the_same_byte_for_byte(folders: tuple[Path, Path], name: str) -> None:
    contents = [(folder / name).read_bytes() for folder in folders]
    if name == SUMMARY:  # it says when it was made
        counts = {len(MADE_AT.findall(content)) for content in contents}
        assert counts == {1}
        contents = [MADE_AT.sub(b"", content) for content in contents]

    in_containers, in_processes = contents
    assert in_containers == in_processes


@pytest.mark.parametrize(
    "step", ["align", "alignmentStats", "annotate", "callVariants", "targetMetrics"]
)
def test_provenance_differs_in_the_image_and_what_is_of_the_run_alone(
    folders: tuple[Path, Path], step: str
) -> None:
    in_containers, in_processes = (
        without_the_run(json.loads((folder / f"provenance/{step}.json").read_text()))
        for folder in folders
    )

    image, no_image = in_containers.pop("image"), in_processes.pop("image")
    assert "/seqstack-dev/" in image
    assert no_image is None
    assert in_containers == in_processes
    assert in_containers["versions"]
    assert in_containers["commands"]


def without_the_run(record: dict[str, Any]) -> dict[str, Any]:
    """A provenance record without times, ids, memory and names that each run has of its own."""
    kept = {key: value for key, value in record.items() if key not in OF_THE_RUN}
    kept["commands"] = [
        [FOLDERS.sub(r"\1/\2/", argument) for argument in command["argv"]]
        for command in record["commands"]
    ]
    for rows in ("inputs", "outputs"):
        kept[rows] = [
            {
                **row,
                "uri": VERSION.sub("/references/", BUCKET.sub("s3://results/", row["uri"])),
                "cached": None,  # of jobs side by side, the first one fetches what both read
            }
            for row in record[rows]
            if not row["uri"].endswith("snpEff_summary.html")
        ]
    return kept
