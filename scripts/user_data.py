"""Make hosts/user_data.yaml from hosts/prepare.sh: what a host's launch template carries.

CloudFormation can include a part of a template from a file, and knows no way to read a script. So
the script is the source, this makes the part, and `--check`, in `make lint`, tells them apart.
"""

import sys
from pathlib import Path

from cli.output import print_text

HOSTS = Path(__file__).resolve().parents[1] / "hosts"
SCRIPT, PART = HOSTS / "prepare.sh", HOSTS / "user_data.yaml"
_BOUNDARY = "==SEQSTACK=="


def user_data(script: str) -> str:
    """The script as a MIME archive, which AWS Batch joins with its own.

    https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html
    """
    return (
        "MIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
        f"--{_BOUNDARY}\n"
        'Content-Type: text/cloud-boothook; charset="us-ascii"\n\n'
        f"{script}\n"
        f"--{_BOUNDARY}--\n"
    )


def included_part(script: str) -> str:
    """The part of the template, as YAML; CloudFormation reads no short forms there."""
    lines = user_data(script).splitlines()
    block = "".join(f"  {line}\n" if line else "\n" for line in lines)
    return f"# Made from prepare.sh by `make user-data`.\nFn::Base64: |\n{block}"


def main() -> int:
    """Write the part, or with --check say whether it is what the script makes."""
    wanted = included_part(SCRIPT.read_text())
    if sys.argv[1:] != ["--check"]:
        PART.write_text(wanted)
        return 0
    if not PART.exists() or PART.read_text() != wanted:
        print_text("hosts/user_data.yaml is not what hosts/prepare.sh makes: make user-data")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
