"""An emulator's objects and items are there again in the next one with the same state folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engine.state.folder import StateError
from tests.harness.emulator import Emulator
from tests.harness.scripted import ScriptedRunner
from tests.support.small_stack import TEMPLATE

MIB = 1024 * 1024
REPOSITORY = Path(__file__).resolve().parents[3]
OWN = "of-the-user"
AT = {"Bucket": OWN, "Key": "an object"}
_WRITE = """
import sys
from pathlib import Path
from tests.integration.emulator.test_state import emulator, fill
with emulator(Path(sys.argv[1])) as running:
    fill(running)
    running.client("s3").create_multipart_upload(Bucket="of-the-user", Key="unfinished")
    print("filled", flush=True)
    sys.stdin.read()
"""


def emulator(state: Path | None) -> Emulator:
    return Emulator(TEMPLATE, job_runner=ScriptedRunner(), state=state)


def item(number: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": "run"}, "sk": {"S": str(number)}, "jobId": {"S": f"job-{number}"}, **more}


def fill(running: Emulator) -> None:
    """Objects and items by every kind of write."""
    s3, table = running.client("s3"), running.outputs["TableName"]
    s3.create_bucket(Bucket=OWN)
    s3.put_bucket_versioning(Bucket=OWN, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(**AT, Body=b"first", Metadata={"lane": "1"}, ContentType="text/plain")
    s3.put_object(**AT, Body=b"second", Tagging="kind=reads", ChecksumAlgorithm="SHA256")
    s3.delete_object(**AT)
    s3.put_object(Bucket=OWN, Key="empty", Body=b"")
    s3.copy_object(Bucket=OWN, Key="copy", CopySource={"Bucket": OWN, "Key": "empty"})
    for key in "abc":
        s3.put_object(Bucket=OWN, Key=key, Body=key.encode())
    s3.delete_objects(Bucket=OWN, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    upload = s3.create_multipart_upload(Bucket=OWN, Key="parts")["UploadId"]
    at_part = {"Bucket": OWN, "Key": "parts", "UploadId": upload}
    bodies = enumerate((b"x" * (5 * MIB), b"y"), start=1)
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**at_part, PartNumber=n, Body=body)["ETag"]}
        for n, body in bodies
    ]
    s3.complete_multipart_upload(**at_part, MultipartUpload={"Parts": parts})

    items = running.client("dynamodb")
    nested = {"M": {"list": {"L": [{"N": "1.5"}, {"BOOL": True}, {"NULL": True}]}}}
    items.put_item(TableName=table, Item=item(1, nested=nested, raw={"B": b"\x00\xff"}))
    items.put_item(TableName=table, Item=item(2, names={"SS": ["b", "a"]}))
    items.update_item(
        TableName=table,
        Key={"pk": {"S": "run"}, "sk": {"S": "1"}},
        UpdateExpression="SET nested.#l[0] = :n, step = :s",
        ExpressionAttributeNames={"#l": "list"},
        ExpressionAttributeValues={":n": {"N": "2"}, ":s": {"S": "RUNNING"}},
    )
    put = {"Put": {"TableName": table, "Item": item(3)}}
    items.transact_write_items(
        TransactItems=[
            put,
            {"Delete": {"TableName": table, "Key": {"pk": {"S": "run"}, "sk": {"S": "2"}}}},
        ]
    )
    refused = {**put["Put"], "Item": item(4), "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(ClientError):
        items.transact_write_items(TransactItems=[{"Put": refused}])
    batch = [{"PutRequest": {"Item": item(5)}}, {"PutRequest": {"Item": item(6)}}]
    items.batch_write_item(RequestItems={table: batch})
    items.delete_item(TableName=table, Key={"pk": {"S": "run"}, "sk": {"S": "6"}})


def seen(running: Emulator) -> dict[str, Any]:
    """All that can be read, without ids and times of the requests."""
    s3, found = running.client("s3"), {}
    listed = s3.list_object_versions(Bucket=OWN)
    for each in listed["Versions"]:
        name = f"{each['Key']} {each['VersionId']}"
        at = {"Bucket": OWN, "Key": each["Key"], "VersionId": each["VersionId"]}
        got = s3.get_object(**at, ChecksumMode="ENABLED")
        got["Body"] = got["Body"].read()
        got["Tags"] = s3.get_object_tagging(**at)["TagSet"]
        got.pop("ResponseMetadata")
        found[name] = got
    listed.pop("ResponseMetadata")
    items = running.client("dynamodb").scan(TableName=running.outputs["TableName"])["Items"]
    by_job = running.client("dynamodb").query(
        TableName=running.outputs["TableName"],
        IndexName="ByJobId",
        KeyConditionExpression="jobId = :id",
        ExpressionAttributeValues={":id": {"S": "job-3"}},
    )["Items"]
    names = dict(running.outputs), running.resources["Bucket"]
    return {
        **found,
        "listed": listed,
        "items": sorted(items, key=lambda item: str(item["sk"]["S"])),
        "by job": by_job,
        "names": names,
        "buckets": [each["Name"] for each in s3.list_buckets()["Buckets"]],
    }


def test_next_emulator_has_the_same_objects_items_and_names(tmp_path: Path) -> None:
    with emulator(tmp_path) as running:
        fill(running)
        expected = seen(running)
        assert expected["by job"]
        assert [each["sk"]["S"] for each in expected["items"]] == ["1", "3", "5"]
    for _ in range(2):
        with emulator(tmp_path) as running:
            assert seen(running) == expected
    with emulator(tmp_path) as running:
        running.client("s3").put_object(**AT, Body=b"third")
        running.client("s3").delete_object(Bucket=OWN, Key="c")
        changed = seen(running)
    with emulator(tmp_path) as running:
        assert seen(running) == changed


@pytest.mark.long
def test_killed_emulator_has_lost_nothing_that_it_answered(tmp_path: Path) -> None:
    state = tmp_path / "state"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE, str(state)],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert any(b"filled" in line for line in process.stdout)
        with pytest.raises(StateError, match=f"in use .*process {process.pid}"):
            emulator(state).__enter__()
        process.send_signal(signal.SIGKILL)
    (state / "objects" / "of-an-interrupted-upload").write_bytes(b"half")
    with emulator(state) as running:
        found = seen(running)
        assert [each["sk"]["S"] for each in found["items"]] == ["1", "3", "5"]
        bodies = {
            name.split()[0]: each["Body"]
            for name, each in found.items()
            if " " in name and "Body" in each
        }
        assert bodies["parts"] == b"x" * (5 * MIB) + b"y"
        assert not (state / "objects" / "of-an-interrupted-upload").exists()


def cut_off(path: Path) -> None:
    os.truncate(path, 3)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [cut_off, remove])
def test_object_whose_file_was_lost_is_gone_and_the_others_are_there(
    tmp_path: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    with emulator(tmp_path) as running:
        s3 = running.client("s3")
        s3.create_bucket(Bucket=OWN)
        s3.put_object(Bucket=OWN, Key="kept", Body=b"kept")
        before = set((tmp_path / "objects").iterdir())
        s3.put_object(Bucket=OWN, Key="lost", Body=b"lost")
        (path,) = set((tmp_path / "objects").iterdir()) - before
    damage(path)
    with emulator(tmp_path) as running:
        s3 = running.client("s3")
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=OWN)["Contents"]] == ["kept"]
    assert f"s3://{OWN}/lost is lost" in caplog.text


def test_without_a_state_folder_names_are_new(tmp_path: Path) -> None:
    with emulator(None) as first:
        names = first.resources["Bucket"]
    with emulator(tmp_path) as second:
        assert second.resources["Bucket"] != names


def test_users_file_is_the_same_object_in_the_next_emulator(tmp_path: Path) -> None:
    path, state = tmp_path / "reads.fastq.gz", tmp_path / "state"
    path.write_bytes(b"reads")
    with emulator(state) as running:
        running.client("s3").create_bucket(Bucket=OWN)
        running.put_file(OWN, "reads", path)
        running.fetch_file(OWN, "reads", tmp_path / "fetched")
        assert (tmp_path / "fetched").read_bytes() == b"reads"
        etag = running.client("s3").head_object(Bucket=OWN, Key="reads")["ETag"]
    assert etag == '"0fb9cf5f04f61bb6f1151da57ceb1ca1"'  # md5sum's
    with emulator(state) as running:
        running.put_file(OWN, "reads", path)
        found = running.client("s3").get_object(Bucket=OWN, Key="reads")
        assert (found["Body"].read(), found["ETag"]) == (b"reads", etag)
        path.write_bytes(b"other reads")
        running.put_file(OWN, "reads", path)
        found = running.client("s3").get_object(Bucket=OWN, Key="reads")
        assert found["Body"].read() == b"other reads"
    assert path.read_bytes() == b"other reads"
