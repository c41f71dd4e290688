"""Programs that must be on PATH before a run starts on this machine."""

import shutil
from collections.abc import Iterable

from seqstack.domain.words import Tool

# program, and the Debian package that has it
_PACKAGE_OF = {
    "bwa": "bwa",
    "samtools": "samtools",
    "bcftools": "bcftools",
    "bgzip": "tabix",
    "tabix": "tabix",
    "snpEff": "snpeff",
}
# program, and the package of bioconda that has it or brings it along
_BIOCONDA_PACKAGE_OF = {
    "isaac-align": "isaac4",
    "configureStrelkaGermlineWorkflow.py": "strelka",
    "python2": "strelka",
}
_PROGRAMS_OF = {
    Tool.BWA: ("bwa", "samtools"),
    Tool.BCFTOOLS: ("bcftools", "samtools", "bgzip", "tabix"),
    Tool.SAMTOOLS_STATS: ("samtools",),
    Tool.SNPEFF: ("snpEff", "bgzip", "tabix"),
    Tool.ISAAC: ("isaac-align", "samtools"),
    Tool.STRELKA: ("configureStrelkaGermlineWorkflow.py", "python2"),
}


class MissingProgramError(RuntimeError):
    """A program that the run needs is not on PATH; the message says how to get it."""


def programs_of(tools: Iterable[Tool]) -> tuple[str, ...]:
    """The programs that jobs of `tools` run."""
    return tuple(program for tool in tools for program in _PROGRAMS_OF[tool])


def indexers_for(tools: Iterable[Tool]) -> tuple[str, ...]:
    """The programs that index a reference for `tools`."""
    return ("samtools", "bwa") if Tool.BWA in tools else ("samtools",)


def require_programs(programs: Iterable[str]) -> None:
    """Check that every program is there.

    Raises:
        MissingProgramError: names each that is not.
    """
    wanted = dict.fromkeys(programs)
    missing = [program for program in wanted if shutil.which(program) is None]
    if not missing:
        return
    packages = list(dict.fromkeys(_PACKAGE_OF[name] for name in missing if name in _PACKAGE_OF))
    others = list(dict.fromkeys(_BIOCONDA_PACKAGE_OF[n] for n in missing if n not in _PACKAGE_OF))
    cures = []
    if packages:
        cures.append(f"on Debian: apt-get install {' '.join(packages)}")
    if others:
        cures.append(f"from bioconda: {' '.join(others)} (or choose bwa and bcftools)")
    raise MissingProgramError(f"not on PATH: {', '.join(missing)}; {'; '.join(cures)}")
