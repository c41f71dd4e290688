"""The demo's own folders: what is there and is not an earlier demo's stays."""

from pathlib import Path

import pytest
from rich.console import Console

from demo.exome.spec import SMALL
from emulator.commands.demo import demo
from emulator.local_sample import LocalSampleError


def test_folder_of_the_user_in_place_of_the_exome_is_refused(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input/genome.fa").write_text("mine")

    with pytest.raises(LocalSampleError, match="input: is not the exome of an earlier demo"):
        demo(SMALL, tmp_path, Console())

    assert [path.name for path in tmp_path.rglob("*")] == ["input", "genome.fa"]
