"""One report of all samples of a cohort: MultiQC's, of the files that a list names."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import batched
from pathlib import Path
from typing import Final

from jobkit.checks import require_output
from jobkit.errors import InvalidOutputError
from jobkit.job import Job
from jobkit.processes import ProcessGroup
from jobkit.sample_lists import fetch_list, require_unchanged
from multiqc.commands import (
    DATA_FOLDER,
    DATA_NAME,
    REPORT_NAME,
    TABLE_NAME,
    build_multiqc_command,
    build_variant_stats_command,
    cohort_config,
    multiqc_environment,
    write_config,
)
from multiqc.page import forbid_requests
from seqstack.domain.progress import Phase
from seqstack.domain.qc_list import ListedQc, read_qc_list
from seqstack.domain.results import (
    ANNOTATION_STATISTICS,
    COVERAGE,
    INSERT_SIZES,
    STATS,
    VARIANTS,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.fastp import TRIM_REPORT

_MODULES: Final = {
    STATS: "samtools",
    ANNOTATION_STATISTICS: "snpeff",
    VARIANTS: "bcftools",
    COVERAGE: "picard",
    INSERT_SIZES: "picard",
    TRIM_REPORT: "fastp",
}
_FIGURES, _VCFS = Path("figures"), Path("vcfs")
_SOURCES = "multiqc_sources.txt"
_SHOWN = 5
_VCFS_AT_ONCE = 64  # on disk: those of 10,000 genomes would need terabytes


def aggregate_cohort(job: Job, qc_files: S3Uri, cohort: str, report: S3Uri) -> None:
    """Make the report, in which every listed sample is, and with every listed file."""
    samples = fetch_list(job, qc_files, read_qc_list)
    job.record.facts |= {"samples": len(samples)}
    _stage(job, samples)
    _count_variants(job, samples)
    modules = {_MODULES[path] for each in samples for path in each.files}
    config = write_config(job.scratch, cohort_config(cohort, len(samples)))
    job.run(
        build_multiqc_command(config, sorted(modules), _FIGURES, job.options.cmd_args),
        cwd=job.scratch,
        env=multiqc_environment(os.environ, job.scratch),
    )
    data = job.scratch / DATA_FOLDER
    require_samples(data / TABLE_NAME, [each.sample_id for each in samples])
    require_files(data / _SOURCES, samples, job.scratch)
    page = job.scratch / REPORT_NAME
    forbid_requests(page)
    made = (data / DATA_NAME, data / TABLE_NAME)
    job.publish({page: report, **{path: report.parent / path.name for path in made}})


def _figures(path: str, sample_id: str) -> Path:
    """Where MultiQC finds a file: it calls the sample as the file is called."""
    return _FIGURES / Path(path).name.partition(".")[0] / sample_id


def _stage(job: Job, samples: Sequence[ListedQc]) -> None:
    """Fetch all files but the VCFs."""
    wanted = {
        each.results / path: job.scratch / _figures(path, each.sample_id)
        for each in samples
        for path in each.files
        if path != VARIANTS
    }
    job.stage_in(wanted)
    _require_listed(job, samples)


def _count_variants(job: Job, samples: Sequence[ListedQc]) -> None:
    """Count the variants of each VCF; a few are on disk at a time."""
    (job.scratch / _figures(VARIANTS, "")).mkdir(parents=True)
    for some in batched(samples, _VCFS_AT_ONCE, strict=False):
        vcfs = {each.sample_id: _VCFS / f"{number}.vcf.gz" for number, each in enumerate(some)}
        before = job.use.sample_bytes
        job.stage_in({each.results / VARIANTS: job.scratch / vcfs[each.sample_id] for each in some})
        _require_listed(job, some)
        for names in batched(vcfs, job.options.threads, strict=False):
            with job.timed(Phase.RUN), ProcessGroup() as group, ExitStack() as files:
                for name in names:
                    path = job.scratch / _figures(VARIANTS, name)
                    counts = files.enter_context(path.open("wb"))
                    command = build_variant_stats_command(vcfs[name])
                    group.spawn_chain([command], stdout=counts.fileno(), cwd=job.scratch)
                job.note(group.wait())
        for vcf in vcfs.values():
            (job.scratch / vcf).unlink()
        job.use.sample_bytes = before  # the next ones have the same room


def _require_listed(job: Job, samples: Sequence[ListedQc]) -> None:
    """Check that the files that were fetched are those that were listed.

    Raises:
        InvalidInputError: a sample's run has written others since then.
    """
    found = {row["uri"]: (row["bytes"], row["etag"]) for row in job.record.inputs}
    changed = [
        f"{uri} of {each.sample_id}"
        for each in samples
        for path, listed in each.files.items()
        if (uri := str(each.results / path)) in found and found[uri] != (listed.size, listed.etag)
    ]
    require_unchanged(changed, "files")


def require_samples(table: Path, names: Sequence[str]) -> None:
    """Check that MultiQC's table has each sample once, by its name, and no other.

    Raises:
        InvalidOutputError: names those that are missing, or are too many; or there is no table.
    """
    require_output(table)
    found = sorted(line.partition("\t")[0] for line in table.read_text().splitlines()[1:])
    if found == sorted(names):
        return
    missing = sorted({*names} - {*found})
    more = sorted({*found} - {*names}) or found
    raise InvalidOutputError(
        f"{len(missing)} of {len(names)} samples are not in {table.name}"
        if missing
        else f"{table.name} has {len(found)} rows for {len(names)} samples",
        evidence=(missing or more)[:_SHOWN],
    )


def require_files(sources: Path, samples: Sequence[ListedQc], scratch: Path) -> None:
    """Check that MultiQC has read every file of every sample, but for one without metrics.

    Raises:
        InvalidOutputError: names the samples and files that it has not.
    """
    require_output(sources)
    rows = (line.rpartition("\t")[2] for line in sources.read_text().splitlines()[1:])
    read = {Path(row).parts[-2:] for row in rows}
    missing = [
        f"{path} of {each.sample_id}"
        for each in samples
        for path in each.files
        if (file := _figures(path, each.sample_id)).parts[-2:] not in read
        and not (path == INSERT_SIZES and _has_no_pair(scratch / file))
    ]
    if missing:
        raise InvalidOutputError(
            f"MultiQC made nothing of {len(missing)} files: {missing[0]}",
            evidence=missing[:_SHOWN],
        )


def _has_no_pair(insert_sizes: Path) -> bool:
    """Whether picard's file has no metrics, which says that the sample has no aligned pair."""
    return "METRICS CLASS" not in insert_sizes.read_text()
