"""Against a program in s5cmd's place that writes what s5cmd 2.3.0 writes."""

import json
from pathlib import Path

import pytest

from jobkit.errors import MissingInputError, TransferError
from jobkit.s5cmd import S3Object, S5cmd
from seqstack.domain.bucket_access import BucketAccess
from seqstack.domain.s3uri import S3Uri

URI = S3Uri("bucket", "it's a key*.fa")
Row = dict[str, object]
# as seen: a success on stdout, a failure on stderr, and exit status 1 when anything failed
HEAD: Row = {"key": str(URI), "size": 3, "etag": "764efa", "metadata": {}}
ABSENT = {
    "operation": "head",
    "command": "head s3://b/x",
    "error": "given object s3://b/x not found",
}
DENIED: Row = {"command": "cp a s3://b/x", "error": "AccessDenied: status code: 403"}
SLOW: Row = {"command": "cp s3://b/x y", "error": "SlowDown: status code: 503"}


def program(tmp_path: Path, rows: list[Row], status: int) -> S5cmd:
    script = tmp_path / "s5cmd"
    lines = "\n".join(json.dumps(row) for row in rows)
    script.write_text(
        f"#!/bin/sh\necho \"$@\" >>{tmp_path}/seen\ncat <<'END'\n{lines}\nEND\nexit {status}\n"
    )
    script.chmod(0o755)
    return S5cmd(tmp_path, program=str(script), endpoint_url="http://127.0.0.1:1")


def test_head_sends_one_batch_with_quoted_keys_to_the_endpoint(tmp_path: Path) -> None:
    found = program(tmp_path, [HEAD], 0).head([URI])
    assert found == {URI: S3Object(URI, 3, "764efa")}
    batch = tmp_path / "s5cmd-001.txt"
    assert batch.read_text() == "head --raw 's3://bucket/it'\"'\"'s a key*.fa'\n"
    seen = (tmp_path / "seen").read_text()
    assert seen == f"--json --endpoint-url http://127.0.0.1:1 run {batch}\n"


def test_head_of_an_empty_object_has_size_0(tmp_path: Path) -> None:
    row = {key: value for key, value in HEAD.items() if key != "size"}  # s5cmd leaves it out
    assert program(tmp_path, [row], 0).head([URI])[URI].size == 0


@pytest.mark.parametrize("row", [ABSENT, DENIED])
def test_head_of_an_absent_or_forbidden_object_is_missing_input(tmp_path: Path, row: Row) -> None:
    with pytest.raises(MissingInputError) as caught:
        program(tmp_path, [HEAD, row], 1).head([URI, S3Uri("bucket", "x")])
    assert caught.value.exit_code == 66
    assert str(row["error"]) in caught.value.evidence[0]


def test_download_that_s3_slows_down_is_a_transfer_error(tmp_path: Path) -> None:
    item = S3Object(URI, 3, "764efa")
    with pytest.raises(TransferError) as caught:
        program(tmp_path, [SLOW], 1).download({item: tmp_path / "deep" / "file"})
    assert caught.value.exit_code == 75


def test_download_of_another_size_is_a_transfer_error(tmp_path: Path) -> None:
    item = S3Object(URI, 3, "764efa")
    (tmp_path / "file").write_text("xx")
    with pytest.raises(TransferError, match="has 3 bytes, but 2 arrived"):
        program(tmp_path, [], 0).download({item: tmp_path / "file"})


def test_upload_that_s3_refuses_is_a_transfer_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("four")
    with pytest.raises(TransferError) as caught:
        program(tmp_path, [DENIED], 1).upload({tmp_path / "file": URI}, {tmp_path / "file": 50})
    assert str(DENIED["error"]) in caught.value.evidence[0]
    batch = (tmp_path / "s5cmd-001.txt").read_text()
    assert batch.startswith(f"cp --raw --part-size 50 {tmp_path}/file ")


def test_remove_that_s3_forbids_names_the_permission(tmp_path: Path) -> None:
    with pytest.raises(TransferError) as caught:
        program(tmp_path, [{**DENIED, "operation": "rm"}], 1).remove(URI)
    assert "s3:DeleteObject" in caught.value.hint


def test_read_that_breaks_off_is_a_transfer_error(tmp_path: Path) -> None:
    chunks = program(tmp_path, [HEAD], 1).read(S3Object(URI, 3, "764efa"))
    with pytest.raises(TransferError, match="could not be read"):
        list(chunks)


def test_s5cmd_that_crashes_is_a_transfer_error(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="exit status 2"):
        program(tmp_path, [], 2).head([URI])


def test_reading_uses_one_process_for_each_region_and_says_who_pays(tmp_path: Path) -> None:
    script = tmp_path / "s5cmd"
    script.write_text(f'#!/bin/sh\necho "$AWS_REGION: $@" >>{tmp_path}/seen\n')
    script.chmod(0o755)
    environment = {"AWS_REGION": "us-east-1"}
    access = BucketAccess({"far": "eu-west-1"}, requester_pays=True)
    s5cmd = S5cmd(tmp_path, program=str(script), access=access, environment=environment)
    near, far = S3Object(S3Uri("near", "a"), 0, "e"), S3Object(S3Uri("far", "b"), 0, "e")
    for name in ("a", "b"):
        (tmp_path / name).touch()

    s5cmd.download({near: tmp_path / "a", far: tmp_path / "b"})
    list(s5cmd.read(far))
    s5cmd.upload({tmp_path / "a": S3Uri("near", "c")}, {tmp_path / "a": 5})

    assert (tmp_path / "seen").read_text().splitlines() == [
        f"us-east-1: --json --request-payer requester run {tmp_path}/s5cmd-001.txt",
        f"eu-west-1: --json --request-payer requester run {tmp_path}/s5cmd-002.txt",
        "eu-west-1: --json --request-payer requester cat --raw s3://far/b",
        f"us-east-1: --json run {tmp_path}/s5cmd-003.txt",
    ]
    assert (tmp_path / "s5cmd-002.txt").read_text() == f"cp --raw s3://far/b {tmp_path}/b\n"
