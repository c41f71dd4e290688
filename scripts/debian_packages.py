"""Print the Debian packages of the tools' programs that are not on this machine."""

from cli.output import print_text
from emulator.tools import missing_programs, programs_of
from seqstack.tools.fastp import FASTP_PROGRAM
from seqstack.tools.registry import Tool


def missing_packages() -> list[str]:
    """Each package once; programs that Debian does not have are left out."""
    wanted = [*programs_of(Tool), FASTP_PROGRAM]
    packages = (program.package for program in missing_programs(wanted))
    return list(dict.fromkeys(name for name in packages if "::" not in name))


if __name__ == "__main__":
    for package in missing_packages():
        print_text(package)
