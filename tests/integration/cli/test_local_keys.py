"""The file in which an emulator leaves its keys for the command line."""

import stat
from pathlib import Path

import pytest

from cli.errors import ExitCode
from cli.local_keys import LocalKeys, local_keys, published
from tests.integration.cli.conftest import SeqStack
from tests.support.workflow_world import World

KEYS = LocalKeys("local1", "secret1")


@pytest.fixture(params=["XDG_RUNTIME_DIR", "TMPDIR"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", None)  # what was found of TMPDIR before
    monkeypatch.setenv(request.param, str(tmp_path))
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_readable_by_the_user_alone_and_go_with_the_emulator(folder: Path) -> None:
    with published(4566, KEYS) as path:
        assert path.is_relative_to(folder)
        assert (mode(path), mode(path.parent)) == (0o600, 0o700)
        assert local_keys(4566) == KEYS
        assert local_keys(4567) is None
        assert len(list(path.parent.iterdir())) == 1
    assert not path.exists()
    assert local_keys(4566) is None


def test_keys_of_a_later_emulator_on_the_port_stay(folder: Path) -> None:
    later = LocalKeys("local2", "secret2")
    with published(4566, KEYS):
        second = published(4566, later)
        second.__enter__()
    assert local_keys(4566) == later
    second.__exit__(None, None, None)
    assert local_keys(4566) is None


@pytest.mark.parametrize("spoilt", ["folder that others write", "file that others write", "link"])
def test_place_that_others_may_have_filled_is_refused(folder: Path, spoilt: str) -> None:
    with published(4566, KEYS) as path:
        pass
    if spoilt == "link":
        path.parent.rmdir()
        (folder / "elsewhere").mkdir()
        path.parent.symlink_to(folder / "elsewhere")
    path.write_text('{"access_key": "a", "secret_key": "b"}')
    path.chmod(0o666 if spoilt.startswith("file") else 0o600)
    if spoilt.startswith("folder"):
        path.parent.chmod(0o777)

    with pytest.raises(PermissionError, match="another user's, a link, or can be written"):
        local_keys(4566)
    if not spoilt.startswith("file"):
        with pytest.raises(PermissionError), published(4566, KEYS):
            pass


def test_spoilt_file_is_as_good_as_none(folder: Path) -> None:
    with published(4566, KEYS) as path:
        path.write_text("{")
        path.chmod(0o600)
        assert local_keys(4566) is None


def test_keys_of_another_start_are_refused_and_reported(
    world: World, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = world.emulator.endpoint_url.rpartition(":")[2]
    with published(int(port), KEYS):
        ended = seqstack("list")
    assert ended.exit_code == ExitCode.NO_ACCESS
    (line,) = ended.stderr.splitlines()
    assert f"the server on port {port} refuses your emulator's keys; give --local-port" in line
