"""A run's input, from a file and from options."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.errors import usage
from cli.json_text import read_json
from cli.option_names import OPTION_OF
from seqstack.domain.inputs_read import READS_KEYS
from seqstack.domain.reference.named import KEY, ReferenceName
from seqstack.domain.words import Step
from seqstack.tools.registry import tools_of
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

ALIGNERS = [str(tool) for tool in tools_of(Step.ALIGN)]
CALLERS = [str(tool) for tool in tools_of(Step.CALL_VARIANTS)]
_DEFAULT_CALLER = SECONDARY_ANALYSIS.default_tools[Step.CALL_VARIANTS]
FILE_KEYS = (
    *(*READS_KEYS, "readsReferenceS3Path", "referenceS3Path", "annotationS3Path"),
    *("targetRegionsS3Path", "sitesS3Path", "altS3Path"),
)
"""The keys that name objects to read, of runs of samples and of those that prepare references."""

UPLOADS_KEPT = "Files that were uploaded whole are kept, and are not sent again."
"""What to add if an upload ends before all files are sent."""

_REQUIRED = ("sampleId", "fastq1S3Path", "fastq2S3Path", "referenceS3Path")
_REFERENCE_KEYS = {"referenceS3Path", KEY}


def document_of(
    file: str, options: Mapping[str, Any], aligner: str | None, caller: str | None
) -> dict[str, Any]:
    """The input in `file` (`-`: standard input; empty: none), its keys replaced by options given.

    A tool that is chosen removes the block of its step's other tool, and a reference that of the
    file, under either key. The API checks the input; only missing options are reported here.

    Raises:
        CliError: the file can't be read, does not contain a JSON object, or an option is missing.
    """
    document = _read(file) if file else {}
    given = {key: value for key, value in options.items() if value not in (None, "", [])}
    if given.keys() & _REFERENCE_KEYS:
        document = {key: each for key, each in document.items() if key not in _REFERENCE_KEYS}
    document |= given
    for tool, rivals in ((aligner, ALIGNERS), (caller, CALLERS)):
        if tool:
            document = {
                key: each for key, each in document.items() if key == tool or key not in rivals
            }
            document.setdefault(str(tool), {})
    missing = _missing(document)
    if not file and missing:
        raise usage(f"a run needs {', '.join(missing)}", "give them, or --input FILE")
    return document


def is_whole(document: Mapping[str, Any]) -> bool:
    """True if the input has all required keys; otherwise no file needs to be uploaded."""
    return not _missing(document)


def reference_of(given: str) -> dict[str, str]:
    """The key that says what `--reference` does: a FASTA, or the name of a prepared reference.

    A file goes before a reference of the same name.
    """
    named = ReferenceName.parse(given)
    if named is None or Path(given).is_file():
        return {"referenceS3Path": given}
    return {KEY: given}


def _missing(document: Mapping[str, Any]) -> list[str]:
    """The options of the keys that every run has, with its kind of reads and of reference."""
    has_reads, has_name = "readsS3Path" in document, KEY in document
    instead = {
        **dict.fromkeys(READS_KEYS, has_reads),
        "referenceS3Path": has_name,
    }
    return [
        OPTION_OF[key] for key in _REQUIRED if key not in document and not instead.get(key, False)
    ]


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
