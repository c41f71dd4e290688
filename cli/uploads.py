"""Upload the local files that a run's input names to the stack's bucket.

They go below `inputs/`, under a name made from each file's name, size and content; of a large file
its first and last block and its modification time count. Existing objects are not sent again, and
nothing is ever overwritten.
"""

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import translated_errors
from cli.errors import CliError, usage
from cli.run_input import FILE_KEYS, UPLOADS_KEPT, local_files
from seqstack.domain.inputs_read import ALT_SUFFIX
from seqstack.domain.words import Step
from seqstack.tools.definition import FAIDX, OwnReference
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_LARGE_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20

type Progress = Callable[[Path, int], AbstractContextManager[Callable[[int], None]]]
"""Called with a file and its size; the returned function is called with the size of each part."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Files that belong in the same folder, by their keys there; the input names the first."""

    files: Mapping[str, Path]

    @property
    def folder(self) -> str:
        """A name for these files in their present state.

        Raises:
            CliError: a file can't be read.
        """
        lines = [f"{name} {_state(file)}" for name, file in self.files.items()]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def key_name(file: Path) -> str:
    """The file's name as a key, without characters that S3 URIs of inputs may not have."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", file.name)


def _state(file: Path) -> str:
    """What tells a file from others of its name, and from what it was before a change."""
    try:
        status = file.stat()
        with file.open("rb") as content:
            if status.st_size <= _LARGE_BYTES:
                return f"{status.st_size} {hashlib.file_digest(content, 'sha256').hexdigest()}"
            blocks = hashlib.sha256(content.read(_BLOCK_BYTES))
            content.seek(-_BLOCK_BYTES, os.SEEK_END)
            blocks.update(content.read())
    except OSError as error:
        raise usage(f"can't read {file}: {error.strerror}") from error
    return f"{status.st_size} {status.st_mtime_ns} {blocks.hexdigest()}"


def uploaded(
    document: Mapping[str, Any],
    bucket: str,
    s3: Any,
    progress: Progress,
    *,
    with_indexes: bool = True,
) -> dict[str, Any]:
    """The input with the URI of the upload in place of each local file.

    A reference goes with the indexes beside it, unless they are still to be made.

    Raises:
        CliError: a file is missing, empty, not readable or without its indexes (nothing was sent),
            or S3 refuses it.
    """
    uploads = {
        value: _upload(document, value, with_indexes=with_indexes)
        for value in local_files(document)
    }
    folders = {value: f"inputs/{upload.folder}" for value, upload in uploads.items()}
    uris = {
        value: _send(upload, bucket, folders[value], s3, progress)
        for value, upload in uploads.items()
    }
    return {
        key: _replaced(value, uris) if key in FILE_KEYS else value
        for key, value in document.items()
    }


def _replaced(value: Any, uris: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [uris.get(each, each) for each in value]
    return uris.get(value, value)


def _upload(document: Mapping[str, Any], value: str, *, with_indexes: bool) -> Upload:
    file = Path(value)
    if not file.is_file():
        raise usage(f"{value} is neither a file nor an S3 URI", "give a file, or s3://bucket/key")
    if file.stat().st_size == 0:
        raise usage(f"{value} is empty")
    if value != document.get("referenceS3Path"):
        is_of_reads = value == document.get("readsReferenceS3Path")
        return _with_index(value, file) if is_of_reads else Upload({key_name(file): file})
    if not with_indexes:
        return Upload({key_name(file): file})
    tools = SECONDARY_ANALYSIS.chosen_tools(document)
    chosen = [tools[step] for step in (Step.ALIGN, Step.CALL_VARIANTS)]
    needed = dict.fromkeys(index for tool in chosen for index in tool.definition.indexes)
    owns = [own for tool in chosen if (own := _own_reference_of(document, tool))]
    files = _beside(file, (suffix for index in needed for suffix in index.suffixes))
    files |= {(name := own.folder + own.required): file.parent / name for own in owns}
    if missing := _missing(file, files):
        commands = [index.command_for(value) for index in needed]
        commands += [own.command_for(value, str(file.parent / own.folder)) for own in owns]
        commands_text = " && ".join(shlex.join(command) for command in commands)
        raise usage(f"beside {value} there is no {missing}", f"`{commands_text}`")
    alt = _beside(file, [ALT_SUFFIX])
    if not _missing(file, alt):  # bwa looks for it beside the FASTA
        files |= alt
    # its own file names the FASTA, which it needs beside it
    again = {own.folder + file.name: file for own in owns}
    return Upload({key_name(file): file, **files, **again})


def _with_index(value: str, file: Path) -> Upload:
    """A FASTA that nothing is aligned to."""
    files = _beside(file, FAIDX.suffixes)
    if missing := _missing(file, files):
        told = shlex.join(FAIDX.command_for(value))
        raise usage(f"beside {value} there is no {missing}", f"`{told}`")
    return Upload({key_name(file): file, **files})


def _beside(file: Path, suffixes: Iterable[str]) -> dict[str, Path]:
    return {key_name(file) + suffix: file.with_name(file.name + suffix) for suffix in suffixes}


def _missing(file: Path, files: Mapping[str, Path]) -> str:
    """Those of the files that are not there, as their names in the folder of `file`."""
    missing = (path for path in files.values() if not path.is_file())
    return ", ".join(str(path.relative_to(file.parent)) for path in missing)


def _own_reference_of(document: Mapping[str, Any], tool: Tool) -> OwnReference | None:
    """The tool's own form of the reference, unless its block names it."""
    block = document.get(tool, {})
    is_given = isinstance(block, Mapping) and "referenceS3Path" in block
    return None if is_given else tool.definition.own_reference


def _send(upload: Upload, bucket: str, folder: str, s3: Any, progress: Progress) -> str:
    for name, file in upload.files.items():
        key, size = f"{folder}/{name}", file.stat().st_size
        try:
            with translated_errors():
                if _size_of(s3, bucket, key) == size:
                    continue
                with progress(file, size) as advance:
                    s3.upload_file(str(file), bucket, key, Callback=advance)
        except CliError as error:
            message = f"{file} was not uploaded: {error.message}"
            raise CliError(error.exit_code, message, error.hint, [UPLOADS_KEPT]) from error
    return f"s3://{bucket}/{folder}/{next(iter(upload.files))}"


def _size_of(s3: Any, bucket: str, key: str) -> int | None:
    try:
        return int(s3.head_object(Bucket=bucket, Key=key)["ContentLength"])
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
