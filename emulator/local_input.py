"""What the options of a sample say in a run's input, and what is wrong with them."""

from typing import Any

from cli.option_names import in_options
from emulator.local_sample import LocalSample
from seqstack.domain.checked_input import CheckedInput
from seqstack.tools.fastp import FASTP
from seqstack.tools.registry import Tool

_PLACE = "s3://files/{}"  # stands for a file


def choices(sample: LocalSample) -> dict[str, Any]:
    """The input's keys that say nothing of files or the reference, as far as they were given."""
    given = {
        "failOnWarnings": sample.fails_on_warnings,
        "qcGates": dict(sample.qc_gates),
        "alignmentFormat": "cram" if sample.keeps_cram else "",
        "sequencing": str(sample.sequencing or ""),
        "trimReads": sample.trims,
        FASTP: {"cmdArgs": sample.fastp_args} if sample.fastp_args else {},
        "tags": dict(sample.tags),
    }
    more = {"alignInParts": sample.parts, "targetPadding": sample.target_padding}
    tools: dict[str, Any] = {str(tool): {} for tool in sample.tools}
    if sample.database:
        tools[str(Tool.SNPEFF)] = {"cmdArgs": sample.database}
    chosen = {key: value for key, value in given.items() if value}
    return chosen | {key: value for key, value in more.items() if value is not None} | tools


def choices_of_reference(sample: LocalSample) -> dict[str, Any]:
    """The keys that say how the reference is to be read, for a run or for its preparation."""
    given = {
        "geneticCodes": dict(sample.genetic_codes),
        "annotationLeftOut": list(sample.left_out),
    }
    return {key: value for key, value in given.items() if value}


def option_problems(sample: LocalSample) -> list[str]:
    """What is wrong with a sample's options, alone and together, by the rules for a run's input.

    Its files are not looked at. A sample without an id or reads stands for those of a sheet.
    """
    document = {
        "sampleId": sample.sample_id or "sample",
        **_places(sample),
        **choices(sample),
        **choices_of_reference(sample),
    }
    return [in_options(each) for each in CheckedInput.of(document, "results").problems]


def _places(sample: LocalSample) -> dict[str, Any]:
    """Made-up places of the files that the sample has, or must have."""
    lanes = max(len(sample.fastq1), len(sample.fastq2), 1)
    has = {
        "readsS3Path": len(sample.reads),
        "fastq1S3Path": 0 if sample.reads else lanes,
        "fastq2S3Path": 0 if sample.reads else lanes,
    }
    places: dict[str, Any] = {
        key: [_PLACE.format(f"{key}/{n}") for n in range(number)]
        for key, number in has.items()
        if number
    }
    given = {
        "referenceS3Path": True,
        "annotationS3Path": sample.annotation or not sample.database,
        "targetRegionsS3Path": sample.targets,
        "sitesS3Path": sample.sites,
    }
    return places | {key: _PLACE.format(key) for key, is_there in given.items() if is_there}
