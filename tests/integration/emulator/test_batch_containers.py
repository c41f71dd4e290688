"""Jobs as containers of a stand-in engine; tests/engine has the same with a real one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.built_images import MissingImageError, require_images
from emulator.engine.batch.container_engine import ContainerEngine, NoEngineError, find_engine
from emulator.engine.batch.runner import OUT_OF_MEMORY, Attempt
from emulator.job_runners import container_runner
from seqstack.tools.registry import Tool
from tests.support.container_jobs import CONTAINER, ContainerJobs

STAND_IN = Path(__file__).parents[2] / "stand_ins" / "container_engine.py"


class StandIn:
    """The stand-in's folder, and the engine of a name on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "engine"
        self.path = folder / "bin"
        (self.folder / "images").mkdir(parents=True)
        self.path.mkdir()
        for image in ("tool", "broken"):
            self.add_image(f"seqstack/{image}:1.0")

    def install(self, name: str) -> ContainerEngine:
        program = self.path / name
        program.write_text(f"#!{sys.executable} -S\nexec(open({str(STAND_IN)!r}).read())\n")
        program.chmod(0o755)
        return ContainerEngine(str(program))

    def add_image(self, name: str, **labels: str) -> None:
        content = {"Labels": {key.replace("_", "."): value for key, value in labels.items()}}
        (self.folder / "images" / name.replace("/", "_")).write_text(json.dumps(content))

    def left(self) -> list[str]:
        return [path.name for path in (self.folder / "containers").iterdir()]

    def calls(self, command: str) -> list[list[str]]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [call for line in lines if (call := json.loads(line))[0] == command]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    made = StandIn(tmp_path)
    monkeypatch.setenv("STAND_IN_ENGINE", str(made.folder))
    monkeypatch.setenv("PATH", str(made.path))
    monkeypatch.delenv("ENGINE", raising=False)
    return made


@pytest.fixture
def engine(stand_in: StandIn) -> ContainerEngine:
    return stand_in.install("docker")


class TestStandIn(ContainerJobs):
    """Every test of container jobs, with the stand-in."""


def attempt(*, image: str = "tool:1.0", body: str = "", **container: Any) -> Attempt:
    properties = {**CONTAINER, **container}
    return Attempt("id", "name", 1, image, [body], {"A": "b"}, properties, lambda _lines: None)


def test_container_is_created_with_what_its_definition_asks_for(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    runner = container_runner(engine, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "A": "a"})

    assert runner.start(attempt(body="pass", readonlyRootFilesystem=True)).wait().succeeded

    (probe, call) = stand_in.calls("create")
    assert "--init" in probe
    (volume,) = stand_in.calls("volume")
    label = call[call.index("--label") + 1]
    assert volume == ["volume", "create", "--label", label, volume[-1]]
    assert call == [
        *("create", "--pull", "never", "--name", "seqstack-id-1", "--label", label),
        *("--network", "host", "--no-healthcheck"),
        *("--cpu-shares", "1024", "--memory", "256m", "--memory-swap", "256m"),
        *("--read-only", "--init", "--volume", "/scratch", "--volume", f"{volume[-1]}:/references"),
        *("--env=AWS_ENDPOINT_URL=http://127.0.0.1:1", "--env=A=b", "seqstack/tool:1.0", "pass"),
    ]


def test_reference_data_are_kept_by_one_container_and_read_only_for_jobs(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    runner = container_runner(engine, {})
    references = {
        "volumes": [{"name": "references", "host": {"sourcePath": "/scratch/references"}}],
        "mountPoints": [
            {"sourceVolume": "references", "containerPath": "/references", "readOnly": True}
        ],
        "linuxParameters": {},
    }

    for _ in range(2):
        assert runner.start(attempt(body="pass", **references)).wait().succeeded

    (volume,) = [call[-1] for call in stand_in.calls("volume")]
    service, *jobs = stand_in.calls("create")
    program = (Path(__file__).parents[3] / "hosts" / "keep_references.py").read_text()
    label = service[service.index("--label") + 1]
    assert service == [
        *("create", "--pull", "never", "--name", f"{volume}-service", "--label", label),
        *("--entrypoint", "python3", "--user", "0:0", "--network", "none", "--no-healthcheck"),
        *("--read-only", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"),
        *("--volume", f"{volume}:/references"),
        *("seqstack/tool:1.0", "-I", "-c", program, "/references"),
    ]
    assert stand_in.calls("start")[0] == ["start", f"{volume}-service"]
    assert len(jobs) == 2
    for job in jobs:
        assert f"{volume}:/references:ro" in job
    assert "service" in stand_in.left()[0]
    runner.close()
    assert stand_in.left() == []


def test_init_program_is_left_out_where_the_engine_has_none(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    (stand_in.folder / "without-init").touch()
    runner = container_runner(engine, {})

    for _ in range(2):
        assert runner.start(attempt(body="pass")).wait().succeeded

    tried = ["--init" in call for call in stand_in.calls("create")]
    assert tried == [True, False, False], "it is tried once"


def test_memory_is_the_reason_if_the_engine_says_so(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    stand_in.add_image("seqstack/greedy:1.0", oom="")
    body = "import os; os.kill(os.getpid(), 9)"

    outcome = container_runner(engine, {}).start(attempt(image="greedy:1.0", body=body)).wait()

    assert (outcome.exit_code, outcome.reason) == (137, OUT_OF_MEMORY)


def test_container_that_somebody_removed_has_no_exit_code(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    running = container_runner(engine, {}).start(attempt(body="import time; time.sleep(60)"))

    engine.remove("seqstack-id-1")

    outcome = running.wait()
    assert outcome.exit_code is None
    assert outcome.reason == "CannotInspectContainerError: Error: no such container: seqstack-id-1"


def test_signal_after_the_end_is_not_sent(stand_in: StandIn, engine: ContainerEngine) -> None:
    running = container_runner(engine, {}).start(attempt(body="pass"))
    running.wait()

    running.terminate()
    running.kill()

    assert stand_in.calls("kill") == []


def test_engine_that_cannot_make_the_volume_does_not_start_the_job(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    (stand_in.folder / "volumes").write_text("a file where volumes should be")
    runner = container_runner(engine, {})

    with pytest.raises(Exception, match="CannotCreateContainerError: "):
        runner.start(attempt())


def test_find_engine_prefers_docker_to_podman(stand_in: StandIn) -> None:
    stand_in.install("podman")
    assert find_engine() == ContainerEngine("podman")
    stand_in.install("docker")
    assert find_engine() == ContainerEngine("docker")


def test_find_engine_named_by_the_environment_is_the_only_one(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.install("docker")
    monkeypatch.setenv("ENGINE", "podman")
    with pytest.raises(NoEngineError, match="podman does"):
        find_engine()
    stand_in.install("podman")
    assert find_engine() == ContainerEngine("podman")


def test_find_engine_that_does_not_answer_says_what_to_do(stand_in: StandIn) -> None:
    stand_in.install("docker")
    (stand_in.folder / "stopped").touch()
    with pytest.raises(NoEngineError, match="neither docker nor podman does; install one"):
        find_engine()


def test_require_images_missing_one_names_it_and_the_command(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    stand_in.add_image("seqstack/bwa:0.1.0", org_opencontainers_image_revision="0123456789abcdef")
    with pytest.raises(MissingImageError, match=r"seqstack/samtools_stats:0.1.0; .*`make images`"):
        require_images(engine, [Tool.BWA, Tool.SAMTOOLS_STATS], "0.1.0")


def test_require_images_all_there_gives_their_revisions(
    stand_in: StandIn, engine: ContainerEngine
) -> None:
    stand_in.add_image("seqstack/bwa:0.1.0", org_opencontainers_image_revision="0123456789abcdef")
    stand_in.add_image("seqstack/snpeff:0.1.0")
    assert require_images(engine, [Tool.BWA, Tool.SNPEFF], "0.1.0") == {
        "seqstack/bwa:0.1.0": "0123456789abcdef",
        "seqstack/snpeff:0.1.0": "unknown",
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("engines", "expected_text"),
    [
        ([], "no container engine answers: neither docker nor podman does; install one"),
        (["podman"], "has no seqstack/bwa:"),
    ],
)
def test_demo_in_containers_without_engine_or_images_says_what_to_do(
    stand_in: StandIn, pytestconfig: pytest.Config, engines: list[str], expected_text: str
) -> None:
    for name in (*engines, "samtools", "bcftools", "bwa"):
        stand_in.install(name)

    ended = subprocess.run(
        [sys.executable, "-m", "emulator", "demo", "--jobs", "containers"],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert f"error: {'' if not engines else 'podman '}{expected_text}" in ended.stdout
    assert "make images" in ended.stdout or not engines
    assert ended.stderr == ""
