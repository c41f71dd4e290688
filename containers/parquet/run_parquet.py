"""Write a cohort's variants, effects and genotypes as Parquet, of an annotated VCF."""

import argparse
import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from jobkit.checks import require_bgzf, require_output
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolMissingError
from jobkit.job import Job, run_job
from jobkit.options import Parser, job_parser
from parquet.commands import build_tabulate_command
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.variant_tables import TableFiles
from seqstack.tools.parquet import PARQUET

_ANNOTATE = "annotate"
_NAME_DIGITS = 16


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_parquet.py", __doc__)
    made.add_argument("--annotated_vcf_s3_path", required=True, type=S3Uri.parse, metavar="URI")
    made.add_argument("--tables_s3_path", required=True, type=S3Uri.parse, metavar="URI")
    return made


def tabulate(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    vcf, folder = job.scratch / "annotated.vcf.gz", job.scratch / "tables"
    job.stage_in({args.annotated_vcf_s3_path: vcf}, made_by=_ANNOTATE)
    require_bgzf(vcf)
    folder.mkdir()
    manifest = job.scratch / "tables.json"
    job.run(build_tabulate_command(_python(), vcf, folder, manifest, job.options.threads))
    made = _read(manifest)
    files = [name for names in made.files.values() for name in names]
    own = _name_of_content(folder, files)
    manifest.write_text(replace(made, folder=f"{made.folder}{own}/").as_text())
    target: S3Uri = args.tables_s3_path
    job.record.facts |= {"samples": made.samples, "rows": dict(made.rows), "files": len(files)}
    places = {folder / name: target.parent / f"{own}/{name}" for name in files}
    job.publish({**places, manifest: target})


def _read(manifest: Path) -> TableFiles:
    """The manifest that the program has written.

    Raises:
        InvalidInputError: it has written a problem of the VCF.
        InvalidOutputError: it has written something else, or nothing.
    """
    require_output(manifest)
    text = manifest.read_bytes()
    try:
        found = json.loads(text)
        if "problem" in found:
            raise InvalidInputError(str(found["problem"]))
        return TableFiles.parse(text)
    except (TypeError, ValueError) as error:
        raise InvalidOutputError(f"the tables' manifest can't be read: {error}") from error


def _name_of_content(folder: Path, files: list[str]) -> str:
    """The name of a set of files: other content never comes to lie beside it."""
    content = hashlib.sha256()
    for name in files:
        with (folder / name).open("rb") as file:
            content.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return content.hexdigest()[:_NAME_DIGITS]


def _python() -> Path:
    """The Python of the environment that has cyvcf2 and pyarrow."""
    found = shutil.which("cyvcf2")
    if found is None:
        raise ToolMissingError("cyvcf2 is not on PATH")
    return Path(found).resolve().with_name("python")


if __name__ == "__main__":
    sys.exit(run_job(PARQUET, parser(), tabulate))
