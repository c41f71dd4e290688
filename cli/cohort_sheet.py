"""A sheet of samples on this machine: checked, and sent with the files that it names."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cli.errors import usage
from cli.session import Session
from cli.starting import with_files_sent
from seqstack.domain.sample_sheet import SheetError, SheetSample, read_sheet

_COLUMNS = ("fastq_1", "fastq_2", "bam", "cram")
_READS = "readsS3Path"


def sheet_sent(
    session: Session, place: str, run: Mapping[str, Any], *, is_dry_run: bool
) -> tuple[str, dict[str, Any]]:
    """Send a local sheet, its local reads, and the local files of `run`.

    Places in a local sheet that are not S3 URIs are relative to its folder.

    Returns:
        The sheet's URI, and `run` with URIs.

    Raises:
        CliError: the sheet or a file can't be used (nothing was sent), or S3 refuses it.
    """
    if place.startswith("s3://"):
        return place, with_files_sent(session, dict(run))
    sheet = Path(place)
    try:
        content = sheet.read_bytes()
    except OSError as error:
        raise usage(f"can't read {place}: {error.strerror}") from error
    try:
        samples = read_sheet(content)
    except SheetError as error:
        problems = [f"{place}: {problem}" for problem in error.problems]
        raise usage(f"{place} can't be used; nothing was started", "", problems) from error
    local = {
        file: str(sheet.parent / file)
        for file in _files_of(samples)
        if not file.startswith("s3://")
    }
    absent = [file for file in local.values() if not Path(file).is_file()]
    if absent:
        raise usage(f"{place} names files that are not there", "", absent)
    if is_dry_run and local:
        raise usage(
            f"{place} names files of this machine, which a dry run does not upload",
            "upload them and name them by S3 URIs, or leave --dry-run out",
        )
    sent = with_files_sent(session, {**run, _READS: list(local.values())})
    uris = dict(zip(local, sent.pop(_READS), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, sheet.name)
        made.write_text(_with_places(content.decode("utf-8-sig"), uris), newline="")
        (uri,) = with_files_sent(session, {_READS: [str(made)]})[_READS]
    return uri, sent


def _files_of(samples: Iterable[SheetSample]) -> Iterable[str]:
    return (file for sample in samples for row in sample.rows for file in row.files)


def _with_places(text: str, uris: Mapping[str, str]) -> str:
    """The sheet with the URI of the upload in place of each local file."""
    if text.lstrip().startswith("{"):
        rows = [json.loads(line) if line.strip() else {} for line in text.splitlines()]
        return "".join(f"{json.dumps(_row(row, uris)) if row else ''}\n" for row in rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    header: list[str] = []
    for line in csv.reader(io.StringIO(text, newline="")):
        cells = [cell.strip() for cell in line]
        names = header or cells
        if header and any(cells):
            row = _row(dict(zip(names, cells, strict=True)), uris)
            cells = list(row.values())
        header = names if any(names) else []
        writer.writerow(cells)
    return out.getvalue()


def _row(row: Mapping[str, Any], uris: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: uris.get(value, value) if name in _COLUMNS and isinstance(value, str) else value
        for name, value in row.items()
    }
