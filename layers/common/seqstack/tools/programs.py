"""Programs that several tools run."""

from typing import Final

from seqstack.tools.definition import Program

SAMTOOLS: Final = Program(
    "samtools",
    "samtools",
    version_command=("samtools", "--version"),
    version_pattern=r"samtools (\S+)",
)
BCFTOOLS: Final = Program(
    "bcftools",
    "bcftools",
    version_command=("bcftools", "--version"),
    version_pattern=r"bcftools (\S+)",
)
BGZIP: Final = Program(
    "bgzip",
    "tabix",
    version_command=("bgzip", "--version"),
    version_pattern=r"\(htslib\) (\S+)",
)
TABIX: Final = Program("tabix", "tabix")
JAVA: Final = Program(
    "java",
    "default-jre-headless",
    version_command=("java", "-version"),
    version_pattern=r'version "([^"]+)"',
    version_file="../release",
    version_line='JAVA_VERSION="',
)
