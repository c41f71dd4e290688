"""What identifies the programs of a tool on this machine, as a digest identifies those of an image.

They are looked at, not run: `picard --version` alone takes a second.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from seqstack.tools.fastp import FASTP_PROGRAM, TRIMMED_ALIGNERS
from seqstack.tools.registry import Tool


def program_stamps(folder: str, path: str) -> Iterator[str]:
    """Size and time of change of each program that the tool of `containers/<folder>` runs.

    `path` is where programs are looked for; one that is not there is left out.
    """
    for tool in Tool:
        if tool.definition.folder != folder:
            continue
        trimming = (FASTP_PROGRAM,) if tool in TRIMMED_ALIGNERS else ()
        for program in (*tool.definition.programs, *trimming):
            # which() finds programs only, and a jar is none
            file = Path(program.file)
            found = str(file) if file.is_absolute() else shutil.which(program.file, path=path)
            if found and Path(found).exists():
                status = Path(found).stat()
                yield f"{program.name} {status.st_size} {status.st_mtime_ns}"
