"""`--cmd_args` under attack, at the real entry points: they must hold even without validation."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry

# {x}: a file that must not come into being
ATTACKS = [
    ("bwa", "-k 19 ; touch {x}"),
    ("bwa", "-f{x}"),
    ("bwa", "-Mo {x}"),
    ("bwa", "-k 19\n-o {x}"),
    ("isaac", "--response-file {x}"),
    ("isaac", "--output-dir {x}"),
    ("strelka", "--run={x}"),
    ("strelka", "--region 'chr1;touch {x}'"),
    ("strelka", "--region $(touch${{IFS}}{x})"),
    ("bcftools", "--outp={x}"),
    ("bcftools", "> {x}"),
    ("samtools_stats", "-S RG -P {x}"),
    ("samtools_stats", "s3://other-bucket/other.bam"),
    ("picard", "--PER_BASE_COVERAGE {x}"),
    ("snpeff", "-csvStats {x} hg38"),
    ("snpeff", "-configOption data.dir={x} hg38"),
    ("snpeff", "../../../{x}"),
    ("snpeff", "-XX:OnOutOfMemoryError=touch{x} hg38"),
]


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/attacks/{abs(hash(request.node.name))}"


@pytest.mark.parametrize(("tool", "attack"), ATTACKS)
def test_entry_point_refuses_the_attack_and_touches_nothing(
    entry: Entry, out: str, keys: Callable[[str], set[str]], tmp_path: Path, tool: str, attack: str
) -> None:
    canary = tmp_path / "canary"
    cmd_args = f"--cmd_args={attack.format(x=canary)}"
    staged = f"s3://{BUCKET}/in"
    given = {
        "bwa": arguments.bwa(staged, out, cmd_args),
        "isaac": arguments.bwa(staged, out, cmd_args),
        "strelka": arguments.caller(staged, out, cmd_args),
        "bcftools": arguments.caller(staged, out, cmd_args),
        "samtools_stats": arguments.samtools_stats(staged, out, cmd_args),
        "picard": arguments.picard(staged, out, cmd_args),
        "snpeff": arguments.snpeff(out, *arguments.annotation(staged), cmd_args),
    }

    ended = entry.run(tool, *given[tool])

    assert ended.code == 64, ended.log
    assert "--cmd_args: " in ended.log
    assert "do: correct or leave out cmdArgs" in ended.log
    assert not canary.exists()
    assert not entry.scratch.exists()  # it stopped before it had a scratch folder
    assert keys(out.removeprefix(f"s3://{BUCKET}/")) == set()
