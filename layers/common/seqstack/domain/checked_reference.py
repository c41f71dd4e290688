"""The input document of `prepare_reference`, checked by schema and rules, and read as values."""

from collections.abc import Iterator, Mapping

from seqstack.domain.checked_document import CheckedDocument
from seqstack.domain.checked_run import RunContent
from seqstack.domain.errors import Problem
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.reference.layout import ReferenceLayout
from seqstack.domain.reference.manifest import Piece, content_version
from seqstack.domain.reference.reference_run import ReferenceRun
from seqstack.domain.run_input import DEFAULT_SUBMITTER, ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.tools.registry import Tool
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE

SOURCES: Mapping[str, Piece] = {
    "referenceS3Path": Piece.FASTA,
    "annotationS3Path": Piece.ANNOTATION,
    "targetRegionsS3Path": Piece.TARGETS,
    "altS3Path": Piece.ALT,
    "sitesS3Path": Piece.SITES,
}
"""The keys of the input that name what a reference is made from."""
DEFAULT_ALIGNERS = (str(Tool.BWA),)
_INDEXES = {
    str(Tool.BWA): Tool.BWA_INDEX,
    str(Tool.MINIMAP2): Tool.MINIMAP2_INDEX,
    str(Tool.ISAAC): Tool.ISAAC_INDEX,
}
_CHOICES = ("aligners", "geneticCodes", "annotationLeftOut")


class CheckedReference(CheckedDocument):
    """A checked document; references go below `references/`."""

    workflow = PREPARE_REFERENCE

    @property
    def tools(self) -> dict[StepName, ToolSettings]:
        """The tool of each of the run's steps: by the aligners, and whether there are genes."""
        chosen = [
            Tool.REFERENCE_CHECK,
            *(index for aligner, index in _INDEXES.items() if aligner in self._aligners),
            *([Tool.SNPEFF_DATABASE] if "annotationS3Path" in self.sound else []),
        ]
        return {tool.step: self._settings(tool) for tool in chosen}

    def objects_read(self) -> Iterator[ObjectRead]:
        """What must exist and be readable before the first job is submitted."""
        for key in SOURCES:
            if uri := self._uri(key):
                yield ObjectRead(f"$.{key}", uri)

    def as_run_input(self, content: RunContent) -> ReferenceRun:
        """The document as values; only for one without problems."""
        document = self.sound
        given = {piece: self._uri(key) for key, piece in SOURCES.items()}
        return ReferenceRun(
            layout=ReferenceLayout(self.results_bucket, document["name"], self._version(content)),
            reference=S3Uri.parse(document["referenceS3Path"]),
            annotation=given[Piece.ANNOTATION],
            targets=given[Piece.TARGETS],
            alt=given[Piece.ALT],
            sites=given[Piece.SITES],
            steps=tuple(map(PREPARE_REFERENCE.step, self.tools)),
            tools=self.tools,
            genetic_codes={k: int(v) for k, v in document.get("geneticCodes", {}).items()},
            left_out=tuple(document.get("annotationLeftOut", ())),
            submitter=document.get("submitter", DEFAULT_SUBMITTER),
            fails_on_warnings=self.fails_on_warnings,
            project=document.get("project", ""),
            tags=document.get("tags", {}),
        )

    @property
    def _aligners(self) -> tuple[str, ...]:
        named = self.sound.get("aligners", DEFAULT_ALIGNERS)
        return tuple(name for name in named if name is not None)

    def _version(self, content: RunContent) -> str:
        sources = {
            piece: content.objects.get(uri, "")
            for key, piece in SOURCES.items()
            if (uri := self._uri(key))
        }
        choices = {key: self.sound[key] for key in _CHOICES if key in self.sound}
        names = {
            str(piece): uri.name
            for key, piece in SOURCES.items()
            if piece is Piece.ANNOTATION and (uri := self._uri(key))
        }
        return content_version(
            sources,
            {**choices, "aligners": sorted(self._aligners), "names": names},
            content.images,
        )

    def _rule_problems(self, _document: object) -> Iterator[Problem]:
        uris = [uri for key in SOURCES if (uri := self._uri(key))]
        for key in SOURCES:
            uri = self._uri(key)
            if uri and uris.count(uri) > 1:
                yield Problem(f"$.{key}", f"{uri} is given more than once")
