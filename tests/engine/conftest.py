"""What needs a container engine: tried where docker or podman answers, refused where none does."""

import docker
import pytest
from docker.errors import DockerException
from requests.exceptions import RequestException

_ENGINE_API = "1.35"  # SAM CLI's; naming one asks the engine nothing before the ping
NO_ENGINE = """no container engine answers.
Install Docker (apt-get install docker.io) and start it,
or podman, and let DOCKER_HOST name its socket:
  systemctl --user start podman.socket
  export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock"""


def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return  # a worker of pytest-xdist: asked once, by the process that started it
    client = docker.from_env(version=_ENGINE_API)
    try:
        client.ping()
    except (DockerException, RequestException) as error:
        pytest.exit(f"{NO_ENGINE}\n({error})", returncode=1)
    finally:
        client.close()
