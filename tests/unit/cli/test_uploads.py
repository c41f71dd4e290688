"""Files of this machine on their way to the stack's bucket."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import boto3
import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from cli.errors import CliError, ExitCode
from cli.run_input import UPLOADS_KEPT, local_files
from cli.uploads import Upload, uploaded

BWA = (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa")


class Bucket:
    """What of S3 an upload uses."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.sent: list[str] = []

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ContentLength": len(self.objects[Key])}

    def upload_file(
        self,
        path: str,
        bucket: str,
        key: str,
        Callback: Callable[[int], None],  # noqa: N803
    ) -> None:
        self.objects[key] = Path(path).read_bytes()
        self.sent.append(Path(path).name)
        Callback(len(self.objects[key]))


@contextmanager
def unseen(_file: Path, _size: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


@pytest.fixture
def sample(tmp_path: Path) -> dict[str, Any]:
    """Two lanes whose files have the same names, a reference with bwa's index, and genes."""
    for name in ("L1/r_1.fq.gz", "L1/r_2.fq.gz", "L2/r_1.fq.gz", "L2/r_2.fq.gz", "genes.gff3",
                 "ref.fa", *(f"ref.fa{suffix}" for suffix in BWA)):  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    return {
        "sampleId": "NA1",
        "fastq1S3Path": [f"{tmp_path}/L1/r_1.fq.gz", f"{tmp_path}/L2/r_1.fq.gz"],
        "fastq2S3Path": [f"{tmp_path}/L1/r_2.fq.gz", f"{tmp_path}/L2/r_2.fq.gz"],
        "referenceS3Path": f"{tmp_path}/ref.fa",
        "annotationS3Path": f"{tmp_path}/genes.gff3",
    }


def test_upload_puts_files_below_inputs_and_uris_into_the_input(sample: dict[str, Any]) -> None:
    s3 = Bucket()

    document = uploaded(sample, "stack", s3, unseen)

    assert local_files(document) == []
    assert document["sampleId"] == "NA1"
    for key in ("fastq1S3Path", "fastq2S3Path"):
        for uri, file in zip(document[key], sample[key], strict=True):
            assert uri.startswith("s3://stack/inputs/")
            assert s3.objects[uri.removeprefix("s3://stack/")] == Path(file).read_bytes()
    reference = document["referenceS3Path"].removeprefix("s3://stack/")
    assert {f"{reference}{suffix}" for suffix in ("", *BWA)} <= set(s3.objects)
    assert len(s3.objects) == 4 + 7 + 1


def test_upload_sends_the_list_of_alternative_contigs_beside_a_reference(
    sample: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "ref.fa.alt").write_text("chr1_alt\t0\n")
    s3 = Bucket()

    document = uploaded(sample, "stack", s3, unseen)

    reference = document["referenceS3Path"].removeprefix("s3://stack/")
    assert s3.objects[f"{reference}.alt"] == b"chr1_alt\t0\n"


def test_upload_sends_nothing_twice_but_what_has_changed(sample: dict[str, Any]) -> None:
    s3 = Bucket()
    first = uploaded(sample, "stack", s3, unseen)
    s3.sent.clear()

    assert uploaded(sample, "stack", s3, unseen) == first
    assert s3.sent == []

    Path(sample["annotationS3Path"]).write_text("other genes")
    second = uploaded(sample, "stack", s3, unseen)
    assert s3.sent == ["genes.gff3"]
    assert second["annotationS3Path"] != first["annotationS3Path"]


def test_upload_sends_nothing_again_of_a_file_that_was_only_touched(
    sample: dict[str, Any],
) -> None:
    s3 = Bucket()
    first = uploaded(sample, "stack", s3, unseen)
    s3.sent.clear()

    os.utime(sample["annotationS3Path"], (1, 1))

    assert uploaded(sample, "stack", s3, unseen) == first
    assert s3.sent == []


def test_upload_tells_files_of_one_name_size_and_time_apart_by_their_content(
    tmp_path: Path,
) -> None:
    s3 = Bucket()

    for panel in ("chr1\t0\t10\n", "chr2\t0\t10\n"):
        (tmp_path / "capture.bed").write_text(panel)
        os.utime(tmp_path / "capture.bed", (1, 1))
        given = {"targetRegionsS3Path": f"{tmp_path}/capture.bed"}
        uri = uploaded(given, "stack", s3, unseen)["targetRegionsS3Path"]
        assert s3.objects[uri.removeprefix("s3://stack/")] == panel.encode()


@pytest.mark.parametrize("place", [0, -1])
def test_upload_tells_large_files_apart_by_their_first_and_last_block(
    tmp_path: Path, place: int
) -> None:
    size = 100 << 20
    folders = set()

    for base in b"AC":
        file = tmp_path / "genome.fa"
        with file.open("wb") as content:
            content.truncate(size)  # sparse
            content.seek(place % size)
            content.write(bytes([base]))
        os.utime(file, (1, 1))
        folders.add(Upload({file.name: file}).folder)

    assert len(folders) == 2


def test_upload_takes_a_large_file_that_was_written_again_for_another(tmp_path: Path) -> None:
    file = tmp_path / "genome.fa"
    folders = set()

    for seconds in (1, 2):
        file.touch()
        os.truncate(file, 100 << 20)
        os.utime(file, (seconds, seconds))
        folders.add(Upload({file.name: file}).folder)

    assert len(folders) == 2


def test_upload_of_a_file_that_can_not_be_read_sends_nothing(
    sample: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refused(path: Path, *how: str) -> IO[Any]:
        if path.name == "genes.gff3":
            raise PermissionError(13, "Permission denied")
        return opened(path, *how)

    monkeypatch.setattr(Path, "open", refused)
    s3 = Bucket()

    with pytest.raises(CliError, match=r"can't read .*genes\.gff3: Permission denied"):
        uploaded(sample, "stack", s3, unseen)

    assert s3.sent == []


def test_upload_sends_an_object_again_that_is_not_as_large_as_its_file(
    sample: dict[str, Any],
) -> None:
    s3 = Bucket()
    document = uploaded(sample, "stack", s3, unseen)
    s3.objects[document["annotationS3Path"].removeprefix("s3://stack/")] = b""
    s3.sent.clear()

    uploaded(sample, "stack", s3, unseen)

    assert s3.sent == ["genes.gff3"]


def test_upload_leaves_uris_and_what_is_no_text_alone(sample: dict[str, Any]) -> None:
    given = sample | {"fastq1S3Path": ["s3://a/b", 3], "annotationS3Path": None}

    document = uploaded(given, "stack", Bucket(), unseen)

    assert document["fastq1S3Path"] == ["s3://a/b", 3]
    assert document["annotationS3Path"] is None


def test_upload_of_a_reference_that_the_reads_were_packed_with_has_all_indexes(
    sample: dict[str, Any],
) -> None:
    s3 = Bucket()
    fasta = sample["referenceS3Path"]

    document = uploaded(sample | {"readsReferenceS3Path": fasta}, "stack", s3, unseen)

    assert document["readsReferenceS3Path"] == document["referenceS3Path"]
    reference = document["referenceS3Path"].removeprefix("s3://stack/")
    assert {f"{reference}{suffix}" for suffix in ("", *BWA)} <= set(s3.objects)


def test_upload_of_a_reference_for_the_reads_only_has_their_index(
    sample: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("of_reads.fa", "of_reads.fa.fai"):
        (tmp_path / name).write_text(name)
    s3 = Bucket()
    given = sample | {"readsReferenceS3Path": f"{tmp_path}/of_reads.fa"}

    made_with = uploaded(given, "stack", s3, unseen)["readsReferenceS3Path"]

    key = made_with.removeprefix("s3://stack/")
    assert {each for each in s3.objects if "of_reads" in each} == {key, f"{key}.fai"}


def test_upload_of_names_with_blanks_has_keys_that_inputs_may_name(
    sample: dict[str, Any], tmp_path: Path
) -> None:
    for suffix in ("", *BWA, ".alt"):
        (tmp_path / f"my <ref>.fa{suffix}").write_text(suffix or "ref")
    (tmp_path / "lane 1.fq.gz").write_text("reads")
    (tmp_path / "isaac").mkdir()
    (tmp_path / "isaac/sorted-reference.xml").write_text("<File>my &lt;ref&gt;.fa</File>")
    given = {
        "sampleId": "NA1",
        "fastq1S3Path": [f"{tmp_path}/lane 1.fq.gz"],
        "referenceS3Path": f"{tmp_path}/my <ref>.fa",
    }
    s3 = Bucket()

    bwa = uploaded(given, "stack", s3, unseen)
    isaac = uploaded(given | {"isaac": {}}, "stack", s3, unseen)

    assert bwa["fastq1S3Path"][0].endswith("/lane_1.fq.gz")
    reference = bwa["referenceS3Path"].removeprefix("s3://stack/")
    assert reference.endswith("/my__ref_.fa")
    assert {f"{reference}{suffix}" for suffix in ("", *BWA, ".alt")} <= set(s3.objects)
    folder = isaac["referenceS3Path"].removeprefix("s3://stack/").removesuffix("my__ref_.fa")
    # the XML names the FASTA as it is called here
    assert {f"{folder}isaac/{name}" for name in ("sorted-reference.xml", "my <ref>.fa")} <= set(
        s3.objects
    )


def test_upload_names_missing_indexes_as_the_files_here_are_called(tmp_path: Path) -> None:
    (tmp_path / "my ref.fa").write_text(">chr1\n")
    given = {"referenceS3Path": f"{tmp_path}/my ref.fa"}

    with pytest.raises(CliError, match=r"there is no my ref\.fa\.fai, my ref\.fa\.amb"):
        uploaded(given, "stack", Bucket(), unseen)


def test_upload_of_isaacs_reference_needs_no_index_of_bwa(
    sample: dict[str, Any], tmp_path: Path
) -> None:
    for suffix in BWA[1:]:
        (tmp_path / f"ref.fa{suffix}").unlink()
    s3 = Bucket()

    isaac = tmp_path / "isaac"
    isaac.mkdir()
    (isaac / "sorted-reference.xml").write_text("<SortedReference/>")

    document = uploaded(sample | {"isaac": {}}, "stack", s3, unseen)

    folder = document["referenceS3Path"].removeprefix("s3://stack/").removesuffix("ref.fa")
    assert {name.removeprefix(folder) for name in s3.objects if name.startswith(folder)} == {
        *("ref.fa", "ref.fa.fai"),
        *("isaac/sorted-reference.xml", "isaac/ref.fa"),  # Isaac looks for it beside the XML
    }
    with pytest.raises(CliError, match=r"no ref\.fa\.amb, ref\.fa\.ann") as told:
        uploaded(sample, "stack", s3, unseen)
    assert "bwa index" in told.value.hint


def test_upload_without_isaacs_reference_says_how_to_make_it(
    sample: dict[str, Any], tmp_path: Path
) -> None:
    s3 = Bucket()

    with pytest.raises(CliError, match=r"there is no isaac/sorted-reference\.xml") as told:
        uploaded(sample | {"isaac": {}}, "stack", s3, unseen)

    command = f"isaac-sort-reference -q -g {tmp_path}/ref.fa -o {tmp_path}/isaac"
    assert command in told.value.hint
    assert s3.sent == []


def test_upload_with_isaacs_reference_in_s3_needs_none_here(sample: dict[str, Any]) -> None:
    s3 = Bucket()
    given = {"referenceS3Path": "s3://refs/GRCh38/isaac/"}

    document = uploaded(sample | {"isaac": given}, "stack", s3, unseen)

    assert document["isaac"] == given
    assert not any("isaac" in key for key in s3.objects)


@pytest.mark.parametrize(("name", "why"), [("none.gff3", "neither a file"), ("empty", "is empty")])
def test_upload_of_what_can_not_be_read_sends_nothing(
    sample: dict[str, Any], tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "empty").touch()
    s3 = Bucket()

    with pytest.raises(CliError, match=why) as told:
        uploaded(sample | {"annotationS3Path": str(tmp_path / name)}, "stack", s3, unseen)

    assert told.value.exit_code is ExitCode.USAGE
    assert s3.sent == []


@pytest.fixture
def s3() -> Iterator[Stubber]:
    """A client of S3 that asks nobody."""
    session: Any = boto3.Session("testing", "testing", region_name="us-east-1")
    with Stubber(session.client("s3")) as stubber:
        yield stubber


@pytest.mark.parametrize(
    ("code", "exit_code", "message"),
    [
        ("AccessDenied", ExitCode.NO_ACCESS, "PutObject is refused: so S3 says"),
        ("ExpiredToken", ExitCode.NO_ACCESS, "AWS refuses the credentials: so S3 says"),
        ("InvalidAccessKeyId", ExitCode.NO_ACCESS, "AWS refuses the credentials: so S3 says"),
        ("InternalError", ExitCode.UNAVAILABLE, "PutObject failed: InternalError: so S3 says"),
    ],
)
def test_upload_that_s3_refuses_is_an_error_that_names_the_file(
    tmp_path: Path, s3: Stubber, code: str, exit_code: ExitCode, message: str
) -> None:
    (file := tmp_path / "genes.gff3").write_text("genes")
    s3.add_client_error("head_object", "404")
    s3.add_client_error("put_object", code, "so S3 says")

    with pytest.raises(CliError) as told:
        uploaded({"annotationS3Path": str(file)}, "stack", s3.client, unseen)

    assert told.value.exit_code is exit_code
    assert told.value.message == f"{file} was not uploaded: {message}"
    assert told.value.hint
    assert told.value.details == (UPLOADS_KEPT,)


@pytest.mark.parametrize("code", ["400", "403"])
def test_upload_whose_first_look_s3_refuses_is_no_access(
    tmp_path: Path, s3: Stubber, code: str
) -> None:
    (file := tmp_path / "genes.gff3").write_text("genes")
    s3.add_client_error("head_object", code)  # without a body, and so without a name

    with pytest.raises(CliError, match=r"genes\.gff3 was not uploaded") as told:
        uploaded({"annotationS3Path": str(file)}, "stack", s3.client, unseen)

    assert told.value.exit_code is ExitCode.NO_ACCESS


def test_upload_that_ends_without_an_answer_of_s3_says_so(tmp_path: Path) -> None:
    class Ending(Bucket):
        def upload_file(self, *_: object, **__: object) -> None:
            raise S3UploadFailedError("it ended")

    (file := tmp_path / "genes.gff3").write_text("genes")

    with pytest.raises(CliError, match="it ended") as told:
        uploaded({"annotationS3Path": str(file)}, "stack", Ending(), unseen)

    assert told.value.exit_code is ExitCode.UNAVAILABLE
