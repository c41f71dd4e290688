"""A run's input, from a file and from options."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.errors import usage
from cli.json_text import read_json
from seqstack.domain.inputs_read import READS_KEYS
from seqstack.domain.words import Step
from seqstack.tools.registry import tools_of
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

ALIGNERS = [str(tool) for tool in tools_of(Step.ALIGN)]
CALLERS = [str(tool) for tool in tools_of(Step.CALL_VARIANTS)]
_DEFAULT_CALLER = SECONDARY_ANALYSIS.default_tools[Step.CALL_VARIANTS]
FILE_KEYS = (*READS_KEYS, "readsReferenceS3Path", "referenceS3Path", "annotationS3Path")
"""The keys that name objects to read."""

_OPTION_OF = {
    "sampleId": "--sample",
    "fastq1S3Path": "--fastq1",
    "fastq2S3Path": "--fastq2",
    "referenceS3Path": "--reference",
}


def document_of(
    file: str, options: Mapping[str, Any], aligner: str | None, caller: str | None
) -> dict[str, Any]:
    """The input in `file` (`-`: standard input; empty: none), its keys replaced by options given.

    A tool that is chosen removes the block of its step's other tool. The API checks the input; only
    missing options are reported here.

    Raises:
        CliError: the file can't be read, does not contain a JSON object, or an option is missing.
    """
    document = _read(file) if file else {}
    document |= {key: value for key, value in options.items() if value not in (None, "", [])}
    for tool, rivals in ((aligner, ALIGNERS), (caller, CALLERS)):
        if tool:
            document = {
                key: each for key, each in document.items() if key == tool or key not in rivals
            }
            document.setdefault(str(tool), {})
    if not file and not is_whole(document):
        missing = [_OPTION_OF[key] for key in _needed(document) if key not in document]
        raise usage(f"a run needs {', '.join(missing)}", "give them, or --input FILE")
    return document


def is_whole(document: Mapping[str, Any]) -> bool:
    """True if the input has all required keys; otherwise no file needs to be uploaded."""
    return document.keys() >= set(_needed(document))


def _needed(document: Mapping[str, Any]) -> list[str]:
    """The required keys, with those of its kind of reads."""
    return [key for key in _OPTION_OF if "readsS3Path" not in document or key not in READS_KEYS]


def require_default_caller() -> None:
    """Check that the stack's default caller can run on this machine.

    Raises:
        CliError: it can't; otherwise the run would fail only after the alignment.
    """
    needed = [program.file for program in _DEFAULT_CALLER.definition.programs]
    missing = [file for file in needed if shutil.which(file) is None]
    if missing:
        raise usage(
            f"no caller is chosen, and {_DEFAULT_CALLER}, the default, is not available "
            f"({missing[0]} is not on PATH)",
            f"give --caller bcftools, or --caller {_DEFAULT_CALLER} if the emulator has it, as in "
            "containers",
        )


def local_files(document: Mapping[str, Any]) -> list[str]:
    """The values of the input that are not S3 URIs, and so must be local files."""
    named: list[Any] = []
    for key in FILE_KEYS:
        value = document.get(key, [])
        named += value if isinstance(value, list) else [value]
    texts = dict.fromkeys(each for each in named if isinstance(each, str))
    return [each for each in texts if not each.startswith("s3://")]


def _read(file: str) -> dict[str, Any]:
    name = "standard input" if file == "-" else file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        document = read_json(text)
    except OSError as error:
        raise usage(f"can't read {name}: {error.strerror}") from error
    except ValueError as error:
        raise usage(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise usage(f"{name} does not contain a JSON object", "a run's input is a JSON object")
    return document
