"""Files of this machine as objects of the emulator, and objects as files, without copies."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.stack import Emulator


class LocalFiles:
    """Moves files in and out in place of an S3 client.

    Of the files that go in, only those below `temporary` are copied, because they do not last;
    other files are read in place, and must not change while they are used.
    """

    def __init__(self, emulator: "Emulator", temporary: Path) -> None:
        self._emulator = emulator
        self._temporary = temporary

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        """Make a file an object."""
        if Path(path).is_relative_to(self._temporary):
            self._emulator.client("s3").upload_file(path, bucket, key)
        else:
            self._emulator.put_file(bucket, key, Path(path))

    def download_file(
        self,
        bucket: str,
        key: str,
        path: str,
        ExtraArgs: dict[str, str],  # noqa: N803 - boto3's
    ) -> None:
        """Write an object, or the version of it in `ExtraArgs`, to a new file."""
        self._emulator.fetch_file(bucket, key, Path(path), ExtraArgs.get("VersionId"))
