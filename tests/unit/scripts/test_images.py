"""scripts/images, with an engine that writes down what it is asked and knows digests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OLD, NEW = "a" * 64, "b" * 64
BASES = f"""# The bases.
FROM debian:trixie-slim@sha256:{OLD} AS base
FROM mambaorg/micromamba:1.5.8@sha256:{OLD} AS micromamba
FROM base AS bwa
COPY seqstack /opt/seqstack
"""
# It has the images that it has built, knows what others' tags mean, and keeps what it built last.
ENGINE = f"""#!/bin/sh
echo "$*" >>"$CALLS"
for last; do :; done
case "$1 $2" in
  "image inspect")
    case $last in seqstack/*) grep -qF -e "--tag $last " "$CALLS" || exit 1 ;; esac
    echo "somewhere/it@sha256:{NEW}" ;;
  "build "*) cp "$last/Dockerfile" "$last/seqstack/run_tool.py" "$(dirname "$CALLS")" ;;
  "run --rm") for word; do case $word in linux/*) echo "${{DEBIAN:-${{word#*/}}}}" ;; esac; done ;;
  "pull --quiet") [ -z "$ABSENT" ] || exit 125 ;;
esac
"""


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.bases = root / "containers/Dockerfile"
        for folder in ("scripts", "containers/bwa", "bin"):
            (root / folder).mkdir(parents=True)
        for script in ("images", "image_contents.py"):
            shutil.copy(ROOT / "scripts" / script, root / "scripts" / script)
        shutil.copy(ROOT / "containers/image_modules.py", root / "containers")
        shutil.copy(ROOT / "template.yaml", root)
        self.entry_point = root / "containers/bwa/run_bwa.py"
        self.entry_point.write_text("import os\n")
        (root / "containers/requirements.txt").touch()
        self.bases.write_text(BASES)
        for name, text in {"docker": ENGINE, "git": "#!/bin/sh\necho 1f\n"}.items():
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)

    def run(self, what: str, **variables: str) -> subprocess.CompletedProcess[str]:
        places = (str(self.root / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        path = os.pathsep.join(places)
        known = {"PATH": path, "CALLS": str(self.root / "calls"), "ENGINE": "docker", "ABSENT": ""}
        return subprocess.run(
            [str(self.root / "scripts/images"), what],
            env={**known, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def called(self) -> bool:
        return (self.root / "calls").exists()

    @property
    def builds(self) -> list[str]:
        calls = (self.root / "calls").read_text().splitlines() if self.called else []
        return [call for call in calls if call.startswith("build ")]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_image_is_built_from_its_own_stages_and_modules(repository: Repository) -> None:
    ran = repository.run("build")

    assert ran.returncode == 0, ran.stderr
    (build,) = repository.builds
    base = f"debian:trixie-slim@sha256:{OLD}"
    assert " --target bwa " in build
    assert " --label org.opencontainers.image.title=seqstack/bwa " in build
    assert " --label org.opencontainers.image.revision=1f " in build
    assert f" --label org.opencontainers.image.base.name={base} " in build
    assert " --platform linux/amd64 " in build
    assert re.search(r" --tag seqstack/bwa:content-[0-9a-f]{24} ", build)
    last = (repository.root / "calls").read_text().splitlines()[-1]
    assert re.fullmatch(r"tag seqstack/bwa:content-[0-9a-f]{24} seqstack/bwa:0.1.0", last)
    recipe = f"FROM {base} AS base\nFROM base AS bwa\nCOPY seqstack /opt/seqstack\n"
    assert (repository.root / "Dockerfile").read_text() == recipe
    assert (repository.root / "run_tool.py").read_text() == "import os\n"


def test_image_of_two_platforms_is_built_for_each_under_a_tag_of_their_own(
    repository: Repository,
) -> None:
    usual = repository.run("build")
    both = repository.run("build", PLATFORMS="linux/amd64,linux/arm64")

    assert (usual.returncode, both.returncode) == (0, 0), both.stderr
    one, first, second = repository.builds
    assert " --platform linux/amd64 " in first
    assert " --platform linux/arm64 " in second
    (content,) = set(re.findall(r"content-[0-9a-f]{24}(?=-amd64|-arm64)", f"{first} {second}"))
    assert f" --tag seqstack/bwa:{content}-amd64 " in first
    assert f" --tag seqstack/bwa:{content}-arm64 " in second
    assert content not in one


def test_images_of_two_platforms_are_pushed_with_their_list(repository: Repository) -> None:
    aws = repository.root / "bin/aws"
    aws.write_text(
        '#!/bin/sh\ncase "$1 $2" in\n'
        '  "cloudformation "*) echo registry/seqstack ;;\n'
        '  "ecr batch-get-image") echo None ;;\n'
        "esac\n"
    )
    aws.chmod(0o755)

    ran = repository.run("push", PLATFORMS="linux/arm64 linux/amd64")

    assert ran.returncode == 0, ran.stderr
    calls = (repository.root / "calls").read_text().splitlines()
    sent = [call for call in calls if call.startswith(("push ", "manifest c", "manifest p"))]
    content = sent[0].removesuffix("-arm64").rpartition(":")[2]
    image = f"registry/seqstack/bwa:{content}"
    assert sent == [
        f"push {image}-arm64",
        f"push {image}-amd64",
        f"manifest create {image} {image}-arm64 {image}-amd64",
        f"manifest push {image}",
    ]


def test_image_that_is_not_of_its_platform_is_refused(repository: Repository) -> None:
    ran = repository.run("build", PLATFORMS="linux/arm64", DEBIAN="amd64")

    assert ran.returncode != 0
    assert "is of amd64, not of linux/arm64: pin a base" in ran.stderr
    assert "seqstack/bwa:0.1.0" not in (repository.root / "calls").read_text()


def test_platform_that_no_image_is_made_for_is_refused(repository: Repository) -> None:
    ran = repository.run("build", PLATFORMS="linux/riscv64")

    assert ran.returncode != 0
    assert "PLATFORMS can have linux/amd64 and linux/arm64, not linux/riscv64" in ran.stderr
    assert repository.builds == []


def test_unchanged_image_is_not_built_again_and_takes_the_new_tag(repository: Repository) -> None:
    repository.run("build")

    again = repository.run("build", TAG="2")

    assert again.returncode == 0, again.stderr
    assert len(repository.builds) == 1
    last = (repository.root / "calls").read_text().splitlines()[-1]
    assert re.fullmatch(r"tag seqstack/bwa:content-[0-9a-f]{24} seqstack/bwa:2", last)

    repository.entry_point.write_text("import sys\n")
    repository.run("build", TAG="3")
    assert len(repository.builds) == 2


def test_image_on_a_base_that_nothing_pins_is_built_each_time(repository: Repository) -> None:
    for _ in range(2):
        assert repository.run("build", UNPINNED_BASE="debian:mine").returncode == 0

    assert len(repository.builds) == 2


@pytest.mark.parametrize("command", ["build", "push"])
def test_tool_that_is_not_there_is_refused(repository: Repository, command: str) -> None:
    aws = repository.root / "bin/aws"
    aws.write_text("#!/bin/sh\necho None/None\n")
    aws.chmod(0o755)

    ran = repository.run(command, TOOLS="bwe")

    assert ran.returncode != 0
    assert "there is no containers/bwe/run_bwe.py" in ran.stderr
    assert repository.builds == []


@pytest.mark.parametrize(
    "image", ["debian:trixie-slim", f"debian@sha256:{OLD}", "debian:trixie-slim@sha256:abc", ""]
)
@pytest.mark.parametrize("command", ["build", "push"])
def test_base_that_no_digest_pins_is_refused_with_a_hint(
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
    assert " --label org.opencontainers.image.base.name=localhost/debian:mine " in build
    assert (
        (repository.root / "Dockerfile")
        .read_text()
        .startswith("FROM localhost/debian:mine AS base\n")
    )


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
