"""Parquet: an annotated VCF of many samples to tables, by cyvcf2 and pyarrow."""

from typing import Protocol

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.variant_tables import MANIFEST
from seqstack.tools.definition import Program, ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS


class _Layout(Protocol):
    @property
    def root(self) -> S3Uri: ...
    @property
    def annotated(self) -> S3Uri: ...


class _Run(Protocol):
    """A run that writes an annotated VCF."""

    @property
    def layout(self) -> _Layout: ...


def _package(name: str) -> Program:
    """A package of the environment that has cyvcf2's command; no command prints its version."""
    return Program(
        name,
        f"pypi::{name}",
        executable="cyvcf2",
        version_command=("cyvcf2", "--help"),
        version_pattern=rf"{name} ([0-9]\S+)",
        version_file=f"../lib/python3*/site-packages/{name}-*.dist-info/METADATA",
        version_line="Version: ",
    )


def _arguments(run: _Run, _reference: S3Uri) -> list[str]:
    return [
        *("--annotated_vcf_s3_path", str(run.layout.annotated)),
        *("--tables_s3_path", str(run.layout.root / MANIFEST)),
    ]


def _inputs(run: _Run, _reference: S3Uri) -> tuple[S3Uri, ...]:
    return (run.layout.annotated,)


PARQUET = ToolDefinition(
    name="parquet",
    folder="parquet",
    step="tabulateVariants",
    arguments=_arguments,
    inputs=_inputs,
    options=NO_OPTIONS,
    programs=(_package("cyvcf2"), _package("pyarrow")),
    scratch_per_byte=3.0,
    memory_limit_gib=32,
)
