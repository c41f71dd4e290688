"""Copies by the job kit: python -m benchmarks.jobkit_copies up FILE URI | down FOLDER URI NUMBER.

`up` uploads and verifies, as jobs write outputs. `down` fetches `NUMBER` objects below `URI`, named
0, 1, …, and sees that none has changed meanwhile, as jobs fetch inputs.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from jobkit.s5cmd import S5cmd
from jobkit.upload import upload_verified
from seqstack.domain.s3uri import S3Uri


def main(way: str, path: Path, uri: S3Uri, number: int) -> None:
    """Copy.

    Raises:
        RuntimeError: an object has changed.
    """
    with TemporaryDirectory() as scratch:
        s3 = S5cmd.from_environment(Path(scratch))
        if way == "up":
            upload_verified(s3, {path: uri})
            return
        wanted = {uri / str(each): path / str(each) for each in range(number)}
        found = s3.head(wanted)
        s3.download({found[each]: file for each, file in wanted.items()})
        if s3.head(wanted) != found:
            raise RuntimeError("an object has changed")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), S3Uri.parse(sys.argv[3]), int(sys.argv[4]))
