"""The demo by each aligner and caller of Debian's beside its own, alone and together."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Emulate

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("aligner", "caller"),
    [("minimap2", "bcftools"), ("bwa", "freebayes"), ("minimap2", "freebayes")],
)
def test_demo_by_other_tools_meets_every_bound(
    emulate: Emulate, tmp_path: Path, aligner: str, caller: str
) -> None:
    ended = emulate(
        *("demo", "--exome", "small", "--results", str(tmp_path)),
        *("--aligner", aligner, "--caller", caller),
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Every bound was met." in ended.stdout
    assert aligner in ended.stdout
    assert caller in ended.stdout
