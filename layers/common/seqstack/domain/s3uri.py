"""The one S3 URI type."""

import re
from dataclasses import dataclass
from typing import Self

from seqstack.domain.plain_text import refusal

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
MAX_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class S3Uri:
    """An object or a folder in S3: `s3://bucket/key`; a folder's key is empty or ends in `/`.

    Raises ValueError for a key with control or invisible characters: S3 allows them, but names that
    look equal, or that control a terminal, must not be used for patients' data.
    """

    bucket: str
    key: str

    def __post_init__(self) -> None:
        if why := refusal(self.key):
            raise ValueError(f"the key {why}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `s3://bucket/key`.

        Raises:
            ValueError: not an S3 URI, a bucket name that S3 forbids, a key over 1,024 bytes, one
                that would escape from the folder that its object is copied to, or a control or
                invisible character.
        """
        if why := refusal(text):
            raise ValueError(f"the S3 URI {why}")
        if not text.startswith("s3://"):
            raise ValueError(f"{text!r} is not an S3 URI: it must start with s3://")
        bucket, _, key = text.removeprefix("s3://").partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise ValueError(f"{text!r} has no valid bucket name: {bucket!r}")
        if len(key.encode()) > MAX_KEY_BYTES:
            raise ValueError(f"{text!r} has a key of more than {MAX_KEY_BYTES} bytes")
        if {".", ".."} & set(key.split("/")):
            raise ValueError(f"{text!r} has '.' or '..' as a part of its key")
        return cls(bucket, key)

    @property
    def name(self) -> str:
        """The last part of the key: `reads.fastq.gz` of `s3://b/x/reads.fastq.gz`."""
        return self.key.rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> Self:
        """The folder that holds this object or folder."""
        folder, slash, _ = self.key.rstrip("/").rpartition("/")
        return type(self)(self.bucket, folder + slash)

    @property
    def is_folder(self) -> bool:
        """True for a whole bucket, and for a key that ends in `/`."""
        return not self.key or self.key.endswith("/")

    def covers(self, other: Self) -> bool:
        """True for this object itself, and for everything in this folder."""
        return self == other or (self.is_folder and str(other).startswith(str(self)))

    def as_folder(self) -> Self:
        """This URI with the key ending in `/` (or empty)."""
        return type(self)(self.bucket, self.key.rstrip("/") + "/" if self.key else "")

    def __truediv__(self, relative: str) -> Self:
        """The object at `relative` below this folder."""
        return type(self)(self.bucket, self.as_folder().key + relative)

    def with_suffix(self, suffix: str) -> Self:
        """This key with `suffix` appended: `genome.fa` and `.fai` give `genome.fa.fai`."""
        return type(self)(self.bucket, self.key + suffix)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"
