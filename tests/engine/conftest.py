"""What needs a container engine: tried where docker or podman answers, refused where none does."""

import subprocess
import sys

import pytest

# in a process of its own: docker-py leaves the socket open when nobody answers
_PING = "import docker; docker.from_env().ping()"
_NO_ENGINE = """no container engine answers.
Install Docker (apt-get install docker.io) and start it,
or podman, and let DOCKER_HOST name its socket:
  systemctl --user start podman.socket
  export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock"""


def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return  # a worker of pytest-xdist: the process that started it has asked
    pinged = subprocess.run(
        [sys.executable, "-c", _PING], capture_output=True, text=True, check=False
    )
    if pinged.returncode != 0:
        pytest.exit(f"{_NO_ENGINE}\n({pinged.stderr.splitlines()[-1]})", returncode=1)
