"""Generate hosts/user_data.yaml, the user data of the hosts' launch template.

CloudFormation can include a part of a template, but not a script, from a file. This script
generates the part from the files in hosts/. `--check`, in `make lint`, reports a difference.
"""

import re
import sys
from pathlib import Path

from cli.output import print_text

HOSTS = Path(__file__).resolve().parents[1] / "hosts"
SCRIPT, PART = HOSTS / "prepare.sh", HOSTS / "user_data.yaml"
INSTALLED = {
    HOSTS / "keep_references.py": "/usr/local/libexec/seqstack/keep_references.py",
    HOSTS / "seqstack-references.service": "/etc/systemd/system/seqstack-references.service",
    HOSTS / "stop_host.sh": "/usr/local/libexec/seqstack/stop_host.sh",
}
"""Files that SCRIPT needs on the host, and their paths there."""

LOG_GROUP = "@LOG_GROUP@"
"""Stands in SCRIPT for the name of the jobs' log group."""

_BOUNDARY, _END = "==SEQSTACK==", "==END=="
_COMMENT = re.compile(r"^ *#(?!!).*\n", re.MULTILINE)


def user_data() -> str:
    """The files and the script as a MIME archive, which AWS Batch joins with its own.

    The parts run in their order, at every boot.
    https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html
    """
    parts = "".join(
        f'--{_BOUNDARY}\nContent-Type: text/cloud-boothook; charset="us-ascii"\n\n{script}\n'
        for script in (installer(), without_comments(SCRIPT.read_text()))
    )
    return (
        "MIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
        f"{parts}--{_BOUNDARY}--\n"
    )


def installer() -> str:
    """A script that installs the files.

    Raises ValueError for one that a here-document can't hold.
    """
    lines = ["#!/bin/bash", "# Installs the files that the next part needs.", "set -euo pipefail"]
    for source, target in INSTALLED.items():
        text = source.read_text()
        if source.suffix == ".sh":
            text = without_comments(text)
        if _END in text or not text.endswith("\n"):
            raise ValueError(f"{source} holds {_END}, or has no end of line at its end")
        lines.append(f"install -D --mode 0644 /dev/stdin {target} <<'{_END}'\n{text}{_END}")
    return "\n".join(lines) + "\n"


def without_comments(script: str) -> str:
    """A shell script without the lines that are comments: EC2 takes 16 KB of user data."""
    return _COMMENT.sub("", script)


def included_part() -> str:
    """The part of the template as YAML; includes can't have CloudFormation's short forms."""
    before, after = user_data().split(LOG_GROUP)
    return (
        "# Made from the files beside it by `make user-data`.\n"
        'Fn::Base64:\n  Fn::Join:\n    - ""\n'
        f"    - - |-\n{_block(before)}"
        "      - Ref: JobLogGroup\n"
        f"      - |\n{_block(after)}"
    )


def _block(text: str) -> str:
    return "".join(f"{line and ' ' * 10}{line}\n" for line in text.splitlines())


def main() -> int:
    """Write the part, or with --check compare it with the files."""
    wanted = included_part()
    if sys.argv[1:] != ["--check"]:
        PART.write_text(wanted)
        return 0
    if not PART.exists() or PART.read_text() != wanted:
        print_text("hosts/user_data.yaml differs from the files in hosts/: run make user-data")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
