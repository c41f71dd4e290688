"""The form of a request to run a workflow in the Workflow Execution Service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from seqstack_api import wes_service
from seqstack_api.bodies import (
    MalformedBodyError,
    UnsupportedBodyError,
    json_document,
    raw_body,
)

_URLENCODED = b"application/x-www-form-urlencoded"
_TYPES = {b"multipart/form-data", _URLENCODED}
_ATTACHMENT = "workflow_attachment"


@dataclass(frozen=True, slots=True)
class RunForm:
    """The fields of a form, as texts, and the files attached to it, by name."""

    fields: Mapping[str, str]
    attachments: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the body of an HTTP API's event.

        Raises:
            UnsupportedBodyError: it is not a form.
            MalformedBodyError: it can't be read.
        """
        given = event.get("headers", {}).get("content-type", "")
        kind, options = parse_options_header(given)
        if kind not in _TYPES:
            raise UnsupportedBodyError(f"the body must be multipart/form-data, not {given}")
        fields: dict[str, bytes] = {}
        files: dict[str, bytes] = {}

        def take_field(part: Field) -> None:
            name, value = part.field_name or b"", part.value or b""
            if kind == _URLENCODED:  # the parser leaves its escapes
                name, value = _unescaped(name), _unescaped(value)
            fields[_text(name)] = value

        def take_file(part: File) -> None:
            part.file_object.seek(0)
            content = part.file_object.read()
            name = _text(part.field_name or b"")
            if name == _ATTACHMENT:
                files[_text(part.file_name or b"")] = content
            else:
                fields[name] = content  # some clients send every field as a file

        try:
            parser = FormParser(
                kind.decode("latin-1"), take_field, take_file, boundary=options.get(b"boundary")
            )
            parser.write(raw_body(event))
            parser.finalize()
        except FormParserError as error:
            raise MalformedBodyError(f"the form can't be read: {error}") from error
        return cls({name: _text(value) for name, value in fields.items()}, files)

    def document(self) -> dict[str, Any]:
        """The input of the requested run.

        Raises:
            InvalidInputError: this service can't run the request.
            MalformedBodyError: a field is not JSON.
        """
        problems = [*self._problems_of_type(), *self._problems_of_workflow(), *self._extras()]
        params = self._object("workflow_params")
        tags = self._object("tags")
        if not self.fields.get("workflow_params"):
            problems.append(Problem("workflow_params", "is missing"))
        if problems:
            raise InvalidInputError(problems)
        own = params.get("tags", {})
        if not tags or not isinstance(own, dict):  # other types are refused with the field's name
            return params
        return {**params, "tags": {**own, **tags}}

    @property
    def workflow(self) -> str:
        """The requested workflow, in a form whose `document` is valid."""
        is_cwl = self.fields.get("workflow_type") == wes_service.CWL
        return SECONDARY_ANALYSIS_NAME if is_cwl else self.fields.get("workflow_url", "")

    def _object(self, name: str) -> dict[str, Any]:
        document = json_document((self.fields.get(name) or "{}").encode())
        if not isinstance(document, dict):
            raise MalformedBodyError(f"{name} is not a JSON object")
        return document

    def _problems_of_type(self) -> Iterator[Problem]:
        kind = self.fields.get("workflow_type", "")
        if kind not in wes_service.TYPES:
            yield Problem("workflow_type", f"must be {' or '.join(wes_service.TYPES)}")
        elif self.fields.get("workflow_type_version") != wes_service.TYPES[kind]:
            yield Problem("workflow_type_version", f"must be {wes_service.TYPES[kind]} of {kind}")

    def _problems_of_workflow(self) -> Iterator[Problem]:
        url = self.fields.get("workflow_url", "")
        if self.fields.get("workflow_type") != wes_service.CWL:
            if url not in wes_service.workflow_urls():
                known = " or ".join(wes_service.workflow_urls())
                yield Problem("workflow_url", f"must be {known}")
            yield from (
                Problem(_ATTACHMENT, f"{name} can't be attached: inputs must be in S3")
                for name in self.attachments
            )
            return
        name = PurePosixPath(url).name
        if name != wes_service.CWL_DOCUMENT or set(self.attachments) != {name}:
            yield Problem("workflow_url", f"must be {wes_service.CWL_DOCUMENT}, attached, alone")
        elif self.attachments[name].split() != wes_service.cwl_document().split():
            yield Problem(_ATTACHMENT, f"is not this service's own {name}, the only one it runs")

    def _extras(self) -> Iterator[Problem]:
        engine = self.fields.get("workflow_engine", wes_service.ENGINE)
        if engine != wes_service.ENGINE:
            yield Problem("workflow_engine", f"must be {wes_service.ENGINE}")
        version = self.fields.get("workflow_engine_version", wes_service.ENGINE_VERSION)
        if version != wes_service.ENGINE_VERSION:
            yield Problem("workflow_engine_version", f"must be {wes_service.ENGINE_VERSION}")
        if self._object("workflow_engine_parameters"):
            yield Problem("workflow_engine_parameters", "the engine has none")


def _unescaped(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise MalformedBodyError("the form is not UTF-8") from error
