"""The input document of `secondary_analysis`, checked by schema and rules, and read as values."""

from collections.abc import Iterator, Mapping
from typing import Any

from seqstack.domain.checked_document import CheckedDocument
from seqstack.domain.checked_run import RunContent
from seqstack.domain.errors import Problem
from seqstack.domain.input_rules import rule_problems
from seqstack.domain.inputs_read import ALT_SUFFIX, READS_KEYS, ObjectRead, objects_read
from seqstack.domain.number_of_parts import number_of_parts
from seqstack.domain.results import ResultLayout
from seqstack.domain.results_place import misplaced_results
from seqstack.domain.run_input import (
    DEFAULT_SUBMITTER,
    DEFAULT_WORKING_DIR,
    RunInput,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import DEFAULT_TARGET_PADDING, SEXES, Lane
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step
from seqstack.tools.fastp import FASTP, asks_for_trimming
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS


class CheckedInput(CheckedDocument):
    """A checked document; a lane with an invalid URI is None in its valid part."""

    workflow = SECONDARY_ANALYSIS

    def objects_read(self) -> Iterator[ObjectRead]:
        """What must exist and be readable before the first job is submitted."""
        return objects_read(self.sound, self.tools.values())

    def as_run_input(self, content: RunContent | None = None) -> RunInput:
        """The document as values; only for one without problems."""
        document = self.sound
        reads1, reads2 = _lanes_of(document, "fastq1S3Path"), _lanes_of(document, "fastq2S3Path")
        run = RunInput(
            sample_id=document["sampleId"],
            lanes=tuple(Lane(read1, read2) for read1, read2 in zip(reads1, reads2, strict=True)),
            reference=S3Uri.parse(document["referenceS3Path"]),
            annotation=self._uri("annotationS3Path"),
            layout=ResultLayout(self._results, document["sampleId"]),
            working_dir=document.get("workingDir", DEFAULT_WORKING_DIR).rstrip("/"),
            steps=tuple(map(SECONDARY_ANALYSIS.step, self.tools)),
            tools=self.tools,
            submitter=document.get("submitter", DEFAULT_SUBMITTER),
            use_cache=document.get("cache", True),
            fails_on_warnings=self.fails_on_warnings,
            cohort_id=document.get("cohortId", ""),
            cohort_size=int(document.get("cohortSize", 0)),
            project=document.get("project", ""),
            tags=document.get("tags", {}),
            genetic_codes={k: int(v) for k, v in document.get("geneticCodes", {}).items()},
            left_out=tuple(document.get("annotationLeftOut", ())),
            database=self._uri("annotationDatabaseS3Path"),
            alt=self._alt(content),
            targets=self._uri("targetRegionsS3Path"),
            target_padding=int(document.get("targetPadding", DEFAULT_TARGET_PADDING)),
            reference_name=document.get("reference", ""),
            sequencing=self._sequencing,
            keeps_cram=document.get("alignmentFormat") == "cram",
            sites=self._uri("sitesS3Path"),
            said_sex=SEXES.get(document.get("tags", {}).get("sex", "").strip().upper()),
            alignments=tuple(_lanes_of(document, "readsS3Path")),
            alignments_reference=self._uri("readsReferenceS3Path"),
            trimming=self._trimming,
        )
        parts = self._number_of_parts(run, content or RunContent())
        return run if parts == 1 else run.in_parts(Step.ALIGN, parts)

    def _number_of_parts(self, run: RunInput, content: RunContent) -> int:
        """As the user says; otherwise by the size, where a part costs no more than its work."""
        asked = self.sound.get("alignInParts")
        has_parts = run.tools[Step.ALIGN].tool.definition.reads.has_parts
        # each part reads all files, which another region charges for
        is_elsewhere = any(uri.bucket in content.regions for uri in run.reads)
        if run.is_trimmed:  # what a part begins with depends on what is left of the reads before
            return 1
        if asked is None and (run.alignments or is_elsewhere or not has_parts):
            return 1
        size = sum(content.sizes.get(uri, 0) for uri in set(run.reads))
        # JSON Schema accepts 16.0 as an integer
        number = asked if asked is None or isinstance(asked, bool) else int(asked)
        return number_of_parts(number, size, run.sequencing)

    def _alt(self, content: RunContent | None) -> S3Uri | None:
        """The `.alt` beside the FASTA, if there is one."""
        alt = S3Uri.parse(self.sound["referenceS3Path"]).with_suffix(ALT_SUFFIX)
        return alt if content and alt in content.objects else None

    @property
    def _trimming(self) -> str | None:
        """fastp's options, if the reads are trimmed."""
        if not asks_for_trimming(self.sound):
            return None
        return str(self.sound.get(FASTP, {}).get("cmdArgs", "")).strip()

    @property
    def _sequencing(self) -> Sequencing | None:
        """As the user says; otherwise, targets are those of an exome."""
        if "sequencing" in self.sound:
            return Sequencing(self.sound["sequencing"])
        return Sequencing.EXOME if "targetRegionsS3Path" in self.sound else None

    @property
    def _results(self) -> S3Uri:
        results = self.sound.get("resultsS3Path", f"s3://{self.results_bucket}/results")
        return S3Uri.parse(results).as_folder()

    def _reads(self) -> Iterator[tuple[str, S3Uri]]:
        """Yield the objects that the run reads; indexes are beside their files."""
        for key in READS_KEYS:
            value = self.sound.get(key, [])
            for uri in [value] if isinstance(value, str) else value:
                if uri is not None:
                    yield f"$.{key}", S3Uri.parse(uri)
        for key in (
            "readsReferenceS3Path",
            "referenceS3Path",
            "annotationS3Path",
            "annotationDatabaseS3Path",
            "targetRegionsS3Path",
            "sitesS3Path",
        ):
            if uri := self._uri(key):
                yield f"$.{key}", uri
        for settings in self.tools.values():
            if settings.own_reference:
                yield f"$.{settings.tool}.referenceS3Path", settings.own_reference

    def _rule_problems(self, document: object) -> Iterator[Problem]:
        yield from rule_problems(document, self.sound, self.results_bucket)
        if "sampleId" in self.sound:
            layout = ResultLayout(self._results, self.sound["sampleId"])
            yield from misplaced_results(layout.root, self._reads())


def _lanes_of(document: Mapping[str, Any], key: str) -> list[S3Uri]:
    value = document.get(key, [])
    return [S3Uri.parse(uri) for uri in ([value] if isinstance(value, str) else value)]
