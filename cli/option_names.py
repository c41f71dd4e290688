"""The options of the command line that give the keys of a run's input."""

import re

from seqstack.domain.errors import Problem

OPTION_OF = {
    "sampleId": "--sample",
    "fastq1S3Path": "--fastq1",
    "fastq2S3Path": "--fastq2",
    "readsS3Path": "--reads",
    "readsReferenceS3Path": "--reads-reference",
    "referenceS3Path": "--reference",
    "annotationS3Path": "--annotation",
    "targetRegionsS3Path": "--targets",
    "targetPadding": "--target-padding",
    "sitesS3Path": "--sites",
    "snpEff.cmdArgs": "--database",
    "geneticCodes": "--genetic-code",
    "annotationLeftOut": "--leave-out",
    "sequencing": "--exome/--genome",
    "alignmentFormat": "--cram",
    "alignInParts": "--parts",
    "trimReads": "--trim",
    "fastp.cmdArgs": "--fastp-args",
    "failOnWarnings": "--fail-on-warnings",
    "qcGates": "--gate",
}

_PATH = re.compile(r"\$\.(?P<key>[A-Za-z0-9]+(?:\.cmdArgs)?)(?:\.(?P<name>[^.\[]+))?.*")
# in a sentence, only words that are nothing but keys; the option may follow in brackets
_WORD = re.compile(r"\b([A-Za-z]+\.cmdArgs|[a-z][a-z0-9]*[A-Z][A-Za-z0-9]*)\b(?: \(--[a-z-]+\))?")


def in_options(problem: Problem) -> str:
    """A problem of an input, with the options in place of the keys that they give."""
    message = _WORD.sub(lambda found: OPTION_OF.get(found[1], found[0]), problem.message)
    found = _PATH.fullmatch(problem.path)
    if found is None or found["key"] not in OPTION_OF:
        return f"{problem.path.removeprefix('$.')}: {message}"
    words = (OPTION_OF[found["key"]], found["name"])
    return f"{' '.join(filter(None, words))}: {message}"
