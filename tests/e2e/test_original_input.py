"""The original workflow's input, unchanged, by the real AWS CLI, with Isaac and Strelka."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.test_demo import RESULTS
from tests.support.waiting import until

pytestmark = pytest.mark.long

type Aws = Callable[..., str]

ORIGINAL = "events/secondary_analysis/original.json"
BUCKET = "aws-batch-genomics-resources"
OF_STRELKA = {
    "vcf/stats/runStats.tsv",
    "vcf/stats/runStats.xml",
    "vcf/variants/genome.S1.vcf.gz",
    "vcf/variants/genome.S1.vcf.gz.tbi",
}
# plays snpEff's repository, which no test can reach: `snpEff download` builds hg38 from the exome
REPOSITORY = """#!{python}
import os, pathlib, subprocess, sys
java = {java!r}
if "download" not in sys.argv:
    os.execv(java, [java, *sys.argv[1:]])
at = sys.argv.index("download")
data = pathlib.Path(sys.argv[sys.argv.index("-dataDir") + 1])
home = data / sys.argv[-1]
home.mkdir()
(home / "sequences.fa").symlink_to({reference!r})
(home / "genes.gff").symlink_to({annotation!r})
config = sys.argv[sys.argv.index("-c") + 1]
build = ["build", "-c", config, "-dataDir", data, "-noLog", "-gff3", "-noCheckCds"]
sys.exit(subprocess.call([java, *sys.argv[1:at], *build, "-noCheckProtein", home.name]))
"""


@pytest.fixture
def served(
    pytestconfig: pytest.Config, exome: DemoExome, tmp_path: Path
) -> Iterator[tuple[Aws, dict[str, str]]]:
    """`python -m emulator serve` with the stand-ins on PATH: an AWS CLI and the stack's outputs."""
    repository = tmp_path / "bin"
    repository.mkdir()
    java = repository / "java"
    java.write_text(
        REPOSITORY.format(
            python=sys.executable,
            java=shutil.which("java"),
            reference=str(exome.reference),
            annotation=str(exome.annotation),
        )
    )
    java.chmod(0o755)
    stand_ins = pytestconfig.rootpath / "tests/stand_ins/bin"
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "emulator", "serve", "--port", "0", "--environment", "myenv"),
            *("--env-vars", str(tmp_path / "local-env.json")),
        ],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "PATH": f"{stand_ins}:{repository}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    outputs: dict[str, str] = {}
    exported: dict[str, str] = {}
    for line in server.stdout:
        if "Ctrl-C" in line:
            break
        if line.startswith("  export "):
            name, _, value = line.removeprefix("  export ").strip().partition("=")
            exported[name] = value
        elif line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            outputs[name] = value

    def aws(*arguments: str) -> str:
        command = [Path(sys.executable).with_name("aws"), *arguments]
        endpoint = ["--endpoint-url", exported["AWS_ENDPOINT_URL"]]
        credentials = {key: value for key, value in exported.items() if "ENDPOINT" not in key}
        ended = subprocess.run(
            [*command, *endpoint],
            env={**os.environ, **credentials},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    yield aws, outputs
    server.terminate()
    server.communicate(timeout=1200)
    assert server.returncode == 0


def upload_inputs(aws: Aws, exome: DemoExome, folder: Path) -> None:
    """The exome under the keys that the original's input names."""
    aws("s3", "mb", f"s3://{BUCKET}")
    isaac = folder / "isaac"
    isaac.mkdir()
    shutil.copy(exome.reference, isaac / "genome.fa")
    stand_in = Path(__file__).parents[1] / "stand_ins/bin/isaac-sort-reference"
    subprocess.run(
        [stand_in, "-q", "-g", isaac / "genome.fa", "-o", isaac], check=True, capture_output=True
    )
    for source, key in (
        (exome.fastq1[0], "fastq/SRR1919605_1.fastq.gz"),
        (exome.fastq2[0], "fastq/SRR1919605_2.fastq.gz"),
        (exome.reference, "reference/hg38.fa"),
        (exome.reference_index, "reference/hg38.fa.fai"),
    ):
        aws("s3", "cp", str(source), f"s3://{BUCKET}/{key}")
    aws("s3", "cp", "--recursive", str(isaac), f"s3://{BUCKET}/reference/isaac/")


def test_original_input_by_the_aws_cli_runs_to_the_same_results(
    served: tuple[Aws, dict[str, str]],
    exome: DemoExome,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    aws, outputs = served
    upload_inputs(aws, exome, tmp_path)
    original = (pytestconfig.rootpath / ORIGINAL).read_text()
    filled = tmp_path / "input.states.json"
    filled.write_text(
        original.replace("<bucket>", outputs["ResultsBucketName"]).replace(
            "<account-id>", "123456789012"
        )
    )

    started = aws(
        *("stepfunctions", "start-execution", "--input", f"file://{filled}"),
        *("--state-machine-arn", outputs["SecondaryAnalysisStateMachineArn"]),
    )

    arn = json.loads(started)["executionArn"]
    described = until(
        lambda: json.loads(aws("stepfunctions", "describe-execution", "--execution-arn", arn)),
        lambda execution: execution["status"] != "RUNNING",
    )
    assert described["status"] == "SUCCEEDED", described.get("cause")
    results = f"s3://{outputs['ResultsBucketName']}/genomic-workflow/results/NA12878_states_1/"
    folder = tmp_path / "results"
    aws("s3", "cp", "--recursive", results, str(folder))
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == (
        RESULTS | OF_STRELKA
    )
    made_by = {
        path.stem: json.loads(path.read_text())["tool"]
        for path in (folder / "provenance").iterdir()
        if not path.name.startswith("ro-crate")
    }
    assert made_by == {
        "align": "isaac",
        "callVariants": "strelka",
        "annotate": "snpEff",
        "alignmentStats": "samtoolsStats",
        "targetMetrics": "picard",
        "aggregateQc": "multiqc",
    }
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(folder))) == ()
    assert remembered_steps(aws, outputs["LedgerTableName"]) == set(made_by)


def remembered_steps(aws: Aws, table: str) -> set[str]:
    """The steps whose jobs read and wrote what their plans say, and so need not run again."""
    items = json.loads(aws("dynamodb", "scan", "--table-name", table))["Items"]
    return {item["step"]["S"] for item in items if item["pk"]["S"].startswith("CACHE#")}
