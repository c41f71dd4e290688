"""`seqstack cohort query`: the newest tables of a cohort, fetched once; forms of an answer."""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.commands import cohort_query
from cli.errors import ExitCode
from cli.query.answers import Answer
from tests.unit.cli import runs
from tests.unit.cli.query.conftest import write_tables
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

ROOT = "s3://results/family/joint/0a1b/"
COUNT = "SELECT impact, count(*) AS alleles FROM variants GROUP BY impact ORDER BY impact"


class Files(SimpleHTTPRequestHandler):
    """Objects by link; `asked` has the paths of all requests."""

    asked: list[str]

    def __init__(self, *given: Any, asked: list[str], **options: Any) -> None:
        self.asked = asked
        super().__init__(*given, **options)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Bucket:
    """A cohort's tables behind links, as the API lists them."""

    def __init__(self, folder: Path, port: int, asked: list[str]) -> None:
        self.asked = asked
        manifest = write_tables(folder / "tables/0123")
        (folder / "tables/tables.json").write_text(manifest.as_text())
        names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
        self.outputs = [self._output(name, port) for name in sorted(names)]
        digests = [
            {
                "uri": f"{ROOT}{name}",
                "bytes": (folder / name).stat().st_size,
                "checksum": "sha256:" + hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            }
            for name in names
        ]
        record = folder / "provenance/tabulateVariants.json"
        record.parent.mkdir()
        record.write_text(json.dumps({"outputs": digests}))
        self.outputs.append(self._output("provenance/tabulateVariants.json", port))
        other = self._output("vcf/annotated/variants.ann.vcf.gz", port)
        self.outputs.append({**other, "step": "annotate"})

    @staticmethod
    def _output(name: str, port: int) -> dict[str, Any]:
        return {
            "step": "tabulateVariants",
            "s3Uri": f"{ROOT}{name}",
            "versionId": "v1",
            "state": "current",
            "link": f"http://127.0.0.1:{port}/{name}",
        }


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []
    handler = partial(Files, directory=str(folder), asked=asked)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


@pytest.fixture
def bucket(tmp_path: Path, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "objects"
    folder.mkdir()
    with serving(folder) as (port, asked):
        bucket = Bucket(folder, port, asked)
        has_run(api)
        api.on(
            "GET /runs/joint-2/outputs",
            {"runId": "joint-2", "outputs": bucket.outputs, "linksExpireAt": None},
        )
        yield bucket


def joint(run_id: str, **changes: Any) -> dict[str, Any]:
    return runs.summary(
        runId=run_id, workflow="joint_calling", state="SUCCEEDED", sampleId=None, **changes
    )


def has_run(api: ScriptedApi) -> None:
    """The newest joint run has failed, and that before it has tables."""
    listed = [
        runs.summary(runId="son-1", state="SUCCEEDED"),
        joint("joint-3") | {"state": "FAILED"},
        joint("joint-2"),
        joint("joint-1"),
    ]
    api.on("GET /runs", {"runs": listed, "nextToken": None})


def test_answer_is_a_table_and_files_are_fetched_once(seqstack: SeqStack, bucket: Bucket) -> None:
    first = seqstack("cohort", "query", "family", COUNT, "--engine", "duckdb")

    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == [
        "impact  alleles",
        "HIGH          2",
        "LOW           1",
        "              3",
    ]
    fetched = [each for each in bucket.asked if each.endswith(".parquet")]
    assert len(fetched) == len(set(fetched)) > 3
    assert not [each for each in bucket.asked if "vcf" in each]
    second = seqstack("cohort", "query", "family", COUNT, "--engine", "duckdb")
    assert second.stdout == first.stdout
    assert [each for each in bucket.asked if each.endswith(".parquet")] == fetched


def test_answer_as_csv_and_as_json(seqstack: SeqStack, bucket: Bucket) -> None:
    csv = seqstack("cohort", "query", "family", "--engine=duckdb", "--csv", "-", stdin=COUNT)

    assert csv.stdout == "impact,alleles\nHIGH,2\nLOW,1\n,3\n"
    found = seqstack("cohort", "query", "family", "--engine=duckdb", COUNT, "--json")
    assert json.loads(found.stdout) == {
        "cohortId": "family",
        "runId": "joint-2",
        "engine": "duckdb",
        "columns": ["impact", "alleles"],
        "rows": [["HIGH", 2], ["LOW", 1], [None, 3]],
        "bytesScanned": None,
        "costUsd": None,
    }


def test_query_reads_no_other_file_of_this_machine(seqstack: SeqStack, bucket: Bucket) -> None:
    found = seqstack(
        "cohort",
        "query",
        "family",
        "--engine=duckdb",
        "SELECT content FROM read_text('/etc/hosts')",
    )

    assert found.exit_code == ExitCode.USAGE
    assert "is no table of a cohort" in found.stderr


@pytest.mark.usefixtures("bucket")
def test_athenas_answer_tells_what_it_costs(
    seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Answer(["n"], [[1]], 20_000_000, 0.0001)
    monkeypatch.setattr(cohort_query, "_by_athena", lambda *_given: answer)

    found = seqstack("cohort", "query", "family", "--engine", "athena", "SELECT 1 AS n")

    assert found.stdout == "n\n1\n"
    assert found.stderr == "Athena read 20,000,000 bytes: $0.0001 at most.\n"


def test_cohort_without_tables_says_how_to_make_them(seqstack: SeqStack, api: ScriptedApi) -> None:
    api.on("GET /runs", {"runs": [runs.summary(state="SUCCEEDED")], "nextToken": None})

    found = seqstack("cohort", "query", "family", "SELECT 1")

    assert found.exit_code == ExitCode.NOT_FOUND
    assert "cohort family has no tables of its variants" in found.stderr
    assert "seqstack cohort" in found.stderr


def test_tables_that_were_replaced_are_not_read(
    seqstack: SeqStack, bucket: Bucket, api: ScriptedApi
) -> None:
    name = "variants/chromosome=chr2/bin=0/data.parquet"
    (damaged,) = [each for each in bucket.outputs if each["s3Uri"].endswith(name)]
    damaged["state"] = "replaced"
    api.on(
        "GET /runs/joint-2/outputs",
        {"runId": "joint-2", "outputs": bucket.outputs, "linksExpireAt": None},
    )

    found = seqstack("cohort", "query", "family", COUNT, "--engine", "duckdb")

    assert found.exit_code == ExitCode.NOT_FOUND
    assert damaged["s3Uri"] in found.stderr


@pytest.mark.parametrize("package", ["sqlglot", "duckdb"])
def test_missing_package_is_named_with_what_installs_it(
    seqstack: SeqStack, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for module in ("cli.query.statement", "cli.query.by_duckdb"):
        monkeypatch.delitem(sys.modules, module, raising=False)

    found = seqstack("cohort", "query", "family", COUNT, "--engine", "duckdb")

    assert found.exit_code == ExitCode.USAGE
    assert f"queries need the package {package}" in found.stderr
    assert "[query]" in found.stderr
