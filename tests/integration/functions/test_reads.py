"""`validate_input` fetches no more of reads than their ends, and says what it finds."""

from typing import Any

import pytest

from seqstack.adapters.object_blocks import read_blocks
from seqstack.domain.errors import InvalidInputError
from seqstack.domain.reads.fastq_file import HEAD_BYTES, TAIL_BYTES
from seqstack.domain.s3uri import S3Uri
from tests.support.aws_world import AwsWorld
from tests.support.builders import SOURCE_BUCKET, read_event
from tests.support.situation import Invoke, Situation

LARGE = HEAD_BYTES + TAIL_BYTES + 1


def put(world: AwsWorld, key: str, body: bytes) -> S3Uri:
    world.client("s3").put_object(Bucket=SOURCE_BUCKET, Key=key, Body=body)
    return S3Uri(SOURCE_BUCKET, key)


def test_read_blocks_fetches_the_ends_of_large_objects_and_small_ones_whole(
    world: AwsWorld,
) -> None:
    body = bytes(at % 251 for at in range(LARGE))
    bodies = {"large": body, "small": body[:HEAD_BYTES], "empty": b""}
    uris = {name: put(world, name, each) for name, each in bodies.items()}

    blocks: dict[S3Uri, Any] = read_blocks({uris[n]: len(each) for n, each in bodies.items()})

    assert blocks[uris["large"]].head == body[:HEAD_BYTES]
    assert blocks[uris["large"]].tail == body[-TAIL_BYTES:]
    assert (blocks[uris["small"]].head, blocks[uris["small"]].tail) == (body[:HEAD_BYTES], b"")
    assert (blocks[uris["empty"]].head, blocks[uris["empty"]].tail) == (b"", b"")
    assert [blocks[uris[name]].size for name in bodies] == list(map(len, bodies.values()))


def test_read_blocks_of_an_object_that_went_away_says_so(world: AwsWorld) -> None:
    uri = S3Uri(SOURCE_BUCKET, "gone")

    assert read_blocks({uri: 10}) == {uri: "does not exist"}


@pytest.mark.usefixtures("batch")
def test_validate_input_of_a_cram_as_reads_is_refused_with_a_hint(
    world: AwsWorld, invoke: Invoke
) -> None:
    event = read_event("validate_input/exome.json")
    situation = Situation(world, invoke, "validate_input", event)
    situation.upload_inputs(event["input"])
    reads = S3Uri.parse(event["input"]["fastq1S3Path"])
    put(world, reads.key, b"CRAM\x03\x00" + bytes(LARGE))

    with pytest.raises(
        InvalidInputError, match="it is a CRAM file; give it as readsS3Path"
    ) as refused:
        situation.handle()

    assert [problem.path for problem in refused.value.problems] == ["$.fastq1S3Path"]
