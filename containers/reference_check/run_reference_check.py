"""Check a FASTA and what belongs to it, and write them as every tool can use them."""

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobkit.annotation import lines_of, require_fitting_annotation
from jobkit.annotation_options import add_annotation_arguments
from jobkit.errors import InvalidInputError
from jobkit.job import Job, run_job
from jobkit.options import Parser, job_parser
from jobkit.reference import UsableFasta, is_packed, usable_fasta
from jobkit.sites import fitting_sites
from reference_check.commands import (
    build_dictionary_command,
    build_faidx_command,
    build_index_command,
    build_pack_command,
    parse_dictionary,
)
from seqstack.domain.progress import Phase
from seqstack.domain.reference.alt import read_alt
from seqstack.domain.reference.code_choice import CodeChoice, choose_codes, code_problems
from seqstack.domain.reference.fasta import FastaContig
from seqstack.domain.reference.layout import (
    ALT,
    ANNOTATION_FOLDER,
    DICTIONARY,
    FASTA,
    FASTA_INDEX,
    FINDINGS,
    SITES,
    SITES_INDEX,
    TARGETS,
    TARGETS_INDEX,
)
from seqstack.domain.reference.manifest import Piece, ReferenceContig, ReferenceObject
from seqstack.domain.reference.sites import sites_as_vcf
from seqstack.domain.reference.targets import read_targets
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.reference_check import REFERENCE_CHECK
from seqstack.tools.roles import SITES_OPTION


@dataclass(slots=True)
class _Prepared:
    """What is to be written, by its key in the reference's folder, and what is to be said of it."""

    outputs: dict[str, Path] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    alt_contigs: frozenset[str] = frozenset()


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_reference_check.py", __doc__)
    made.add_argument("--source_s3_path", required=True, type=S3Uri.parse, metavar="FASTA_URI")
    made.add_argument("--targets_s3_path", type=S3Uri.parse, metavar="BED_URI")
    made.add_argument(SITES_OPTION, type=S3Uri.parse, metavar="VCF_URI")
    made.add_argument("--alt_s3_path", type=S3Uri.parse, metavar="ALT_URI")
    made.add_argument("--reference_s3_path", required=True, type=S3Uri.parse, metavar="FOLDER_URI")
    add_annotation_arguments(made)
    return made


def check(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    given = {
        Piece.FASTA: args.source_s3_path,
        Piece.ANNOTATION: args.annotation_s3_path,
        Piece.TARGETS: args.targets_s3_path,
        Piece.ALT: args.alt_s3_path,
        Piece.SITES: args.sites_s3_path,
    }
    sources = _stage(job, {piece: uri for piece, uri in given.items() if uri})
    prepared = _Prepared()
    described = {  # before the FASTA is moved to its new name
        piece: ReferenceObject(given[piece], path.stat().st_size, _sha256_of(path)).as_json()
        for piece, path in sources.items()
    }
    usable = usable_fasta(job, sources[Piece.FASTA])
    if is_packed(sources[Piece.FASTA]):
        prepared.changed.append("the FASTA was unpacked")
    if usable.codes:
        prepared.changed.append(
            f"{usable.codes:,} bases of the FASTA that were IUPAC codes stand as the first, "
            "alphabetically, of the bases that each stands for"
        )
    if usable.was_masked:
        prepared.changed.append("bases of the FASTA in lower case (soft-masked) are in upper case")
    prepared.found["iupacBases"] = usable.codes
    codes = _check_annotation(job, args, sources, usable, prepared)
    _check_alt(sources, usable, prepared)
    _prepare_targets(job, sources, usable, prepared)
    _prepare_sites(job, sources, usable, prepared)
    contigs = _prepare_fasta(job, args.reference_s3_path, usable, codes, prepared)

    job.record.facts = {"contigs": len(contigs), **prepared.found}
    findings = job.scratch / FINDINGS
    document = {
        "contigs": [contig.as_json() for contig in contigs],
        "sources": described,
        "options": {
            "geneticCodes": dict(args.genetic_code),
            "annotationLeftOut": args.annotation_left_out,
        },
        "found": prepared.found,
        "changed": prepared.changed,
    }
    findings.write_text(json.dumps(document))
    prepared.outputs[FINDINGS] = findings
    folder: S3Uri = args.reference_s3_path
    job.publish({path: folder / key for key, path in prepared.outputs.items()})


def _stage(job: Job, given: Mapping[Piece, S3Uri]) -> dict[Piece, Path]:
    """Fetch each source into a folder of its own: two may have the same name."""
    places = {}
    for piece, uri in given.items():
        folder = job.scratch / "sources" / piece
        folder.mkdir(parents=True)
        places[piece] = folder / uri.name
    job.stage_in({uri: places[piece] for piece, uri in given.items()}, sums=True)
    return places


def _check_annotation(
    job: Job,
    args: argparse.Namespace,
    sources: Mapping[Piece, Path],
    fasta: UsableFasta,
    prepared: _Prepared,
) -> Mapping[str, CodeChoice]:
    """See that the annotation fits; give the genetic code of each contig."""
    given = dict(args.genetic_code)
    annotation = sources.get(Piece.ANNOTATION)
    if annotation is None:
        _require("genetic codes", code_problems(fasta.contigs, given, {}))
        return choose_codes(fasta.contigs, given, {})
    with job.timed(Phase.CHECK_REFERENCE):
        genes = require_fitting_annotation(annotation, fasta, given, args.annotation_left_out)
    if genes.suspicion:
        job.record.add_warning("codingSequencesBroken", genes.suspicion)
    prepared.found |= genes.facts
    prepared.outputs[f"{ANNOTATION_FOLDER}{annotation.name}"] = annotation
    return genes.codes


def _check_alt(sources: Mapping[Piece, Path], fasta: UsableFasta, prepared: _Prepared) -> None:
    if path := sources.get(Piece.ALT):
        alt = read_alt(lines_of(path), {contig.name for contig in fasta.contigs})
        _require(f"the .alt file {path.name}", alt.problems)
        prepared.alt_contigs = alt.names
        prepared.found["altContigs"] = len(alt.names)
        prepared.outputs[ALT] = path


def _prepare_targets(
    job: Job, sources: Mapping[Piece, Path], fasta: UsableFasta, prepared: _Prepared
) -> None:
    path = sources.get(Piece.TARGETS)
    if path is None:
        return
    targets = read_targets(lines_of(path), fasta.contigs)
    _require(f"the targets {path.name}", targets.problems)
    plain, packed = job.scratch / "targets.bed", job.scratch / TARGETS
    with plain.open("w") as file:
        file.writelines(targets.as_bed(fasta.contigs))
    job.run(build_pack_command(plain), stdout=packed)
    job.run(build_index_command(packed, "bed"))
    prepared.found["targets"] = {"regions": len(targets.regions), "bases": targets.bases}
    if targets.lines != len(targets.regions):
        prepared.changed.append(
            f"the {targets.lines:,} targets were merged into {len(targets.regions):,}, none of "
            "which touches another"
        )
    prepared.outputs |= {TARGETS: packed, TARGETS_INDEX: Path(f"{packed}.tbi")}


def _prepare_sites(
    job: Job, sources: Mapping[Piece, Path], fasta: UsableFasta, prepared: _Prepared
) -> None:
    path = sources.get(Piece.SITES)
    if path is None:
        return
    sites = fitting_sites(path, fasta.path, fasta.contigs)
    plain, packed = job.scratch / "sites.vcf", job.scratch / SITES
    with plain.open("w") as file:
        file.writelines(sites_as_vcf(sites, fasta.contigs))
    job.run(build_pack_command(plain), stdout=packed)
    job.run(build_index_command(packed, "vcf"))
    prepared.found["sites"] = len(sites)
    prepared.outputs |= {SITES: packed, SITES_INDEX: Path(f"{packed}.tbi")}


def _prepare_fasta(
    job: Job,
    target: S3Uri,
    usable: UsableFasta,
    codes: Mapping[str, CodeChoice],
    prepared: _Prepared,
) -> list[ReferenceContig]:
    """Index the FASTA; give its contigs."""
    fasta, dictionary = job.scratch / FASTA, job.scratch / DICTIONARY
    shutil.move(usable.path, fasta)
    job.run(build_faidx_command(fasta))
    job.run(build_dictionary_command(fasta, target / FASTA), stdout=dictionary)
    prepared.outputs |= {
        FASTA: fasta,
        FASTA_INDEX: job.scratch / FASTA_INDEX,
        DICTIONARY: dictionary,
    }
    checksums = parse_dictionary(dictionary.read_text())
    return [
        ReferenceContig(
            name=contig.name,
            length=contig.length,
            m5=checksums[contig.name],
            genetic_code=codes[contig.name].code.number,
            is_alt=contig.name in prepared.alt_contigs,
            iupac_bases=_iupac_bases(contig),
        )
        for contig in usable.contigs
    ]


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _iupac_bases(contig: FastaContig) -> int:
    return sum(contig.codes.values())


def _require(what: str, problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise InvalidInputError(
            f"{what} can't be used: {found[0]}",
            hint="correct what is named, and prepare the reference again",
            evidence=found,
        )


if __name__ == "__main__":
    sys.exit(run_job(REFERENCE_CHECK, parser(), check))
