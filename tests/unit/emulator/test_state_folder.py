"""The state folder: what it refuses, what it keeps, and what it frees."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.engine.state.folder import FORMAT, StateError, StateFolder
from emulator.engine.state.records import Records

_HOLD = """
import sys
from pathlib import Path
from emulator.engine.state.folder import StateFolder
with StateFolder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_folder_keeps_its_identity_and_records(tmp_path: Path) -> None:
    with StateFolder(tmp_path / "made" / "state") as state:
        first = state.identity
        assert state.is_new
        state.records.write([("item", "table", "a", "1"), ("item", "table", "b", "2")])
        state.records.write([("item", "table", "a", None), ("item", "table", "c", "3")])
    with StateFolder(tmp_path / "made" / "state") as state:
        assert not state.is_new
        assert state.identity == first
        assert [*state.records.read("item")] == [("table", "b", "2"), ("table", "c", "3")]
    with StateFolder(tmp_path / "other") as other:
        assert other.identity != first


def test_write_that_fails_writes_nothing(tmp_path: Path) -> None:
    records = Records(tmp_path / "records")
    with pytest.raises(ZeroDivisionError):
        records.write(("item", "t", str(1 // n), "x") for n in (1, 0))
    assert [*records.read("item")] == []
    records.write([("item", "t", "after", "x")])
    assert [*records.read("item")] == [("t", "after", "x")]
    records.close()


def foreign(folder: Path) -> None:
    (folder / "thesis.docx").write_text("mine")


def newer(folder: Path) -> None:
    (folder / "state.json").write_text(json.dumps({"format": FORMAT + 1, "identity": "x"}))


def older_without_format(folder: Path) -> None:
    (folder / "state.json").write_text("{}")


def cut_off(folder: Path) -> None:
    (folder / "state.json").write_text('{"format": 1, "ide')


def broken_records(folder: Path) -> None:
    with StateFolder(folder):
        pass
    for path in folder.glob("records.sqlite*"):
        path.write_bytes(b"no database" * 100)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (foreign, "thesis.docx"),
        (newer, f"format {FORMAT + 1}"),
        (older_without_format, "can't be read"),
        (cut_off, "can't be read"),
        (broken_records, "records.sqlite can't be read"),
    ],
)
def test_folder_that_is_no_state_is_refused_and_unchanged(
    tmp_path: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(StateError, match=says) as refused, StateFolder(tmp_path):
        pass
    assert str(tmp_path) in str(refused.value)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert before.items() <= {**after, "lock": before.get("lock", b"")}.items()


def test_folder_of_another_format_can_be_removed_but_a_foreign_one_not(tmp_path: Path) -> None:
    newer(tmp_path)
    with StateFolder(tmp_path, only_to_remove=True) as state:
        state.remove()
    assert not tmp_path.exists()
    tmp_path.mkdir()
    foreign(tmp_path)
    with pytest.raises(StateError, match="no state"), StateFolder(tmp_path, only_to_remove=True):
        pass
    with pytest.raises(StateError, match="no state"):
        StateFolder(tmp_path / "absent", only_to_remove=True).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_folder_whose_first_user_was_killed_at_once_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / "state.new").write_text('{"form')

    with StateFolder(tmp_path) as state:
        assert state.is_new
        assert state.identity


def test_file_as_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StateError, match="is no folder"), StateFolder(tmp_path / "file"):
        pass


def test_folder_in_use_is_refused_until_its_user_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(StateError, match=f"in use .*process {holder.pid}"),
            StateFolder(tmp_path),
        ):
            pass
        holder.kill()
    with StateFolder(tmp_path) as state:
        assert not state.is_new


def test_folder_is_removed_with_what_it_holds_but_not_with_other_files(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with StateFolder(folder) as state:
        (state.objects / "one").write_bytes(bytes(10_000))
        size = state.size()
        assert size.objects == 1
        assert size.bytes >= 10_000
        (folder / "notes.txt").write_text("mine")
    state.remove()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    state.remove()
    assert not folder.exists()
