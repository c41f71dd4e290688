"""Where a stack keeps objects and items: in a state folder, or until it ends."""

from contextlib import ExitStack, suppress
from pathlib import Path

from emulator.engine.moto_adapters import dynamodb_records, names, s3_content
from emulator.engine.moto_adapters.s3_records import ObjectRecords
from emulator.engine.objects.content import ObjectFiles
from emulator.engine.objects.receiving import receiving
from emulator.engine.patches import Patches
from emulator.engine.state.folder import StateFolder
from emulator.engine.wsgi import WsgiApplication


class Storage:
    """The objects in `temporary`, or in the folder `state` with the items of tables.

    Raises StateError if `state` can't be used.
    """

    def __init__(self, undo: ExitStack, temporary: Path, state: Path | None) -> None:
        self._folder = undo.enter_context(StateFolder(state)) if state is not None else None
        self._files = ObjectFiles(self._folder.objects if self._folder else temporary)
        undo.callback(self._files.close)
        self._objects = ObjectRecords(self._folder.records, self._files) if self._folder else None

    @property
    def is_used(self) -> bool:
        """Whether there is anything to restore."""
        return self._folder is not None and not self._folder.is_new

    def install(self, patches: Patches) -> None:
        """Store what moto's services hold, until `patches` are restored."""
        if self._folder is not None and self._objects is not None:
            names.install(patches, self._folder.identity)
            self._objects.install(patches)
            dynamodb_records.install(patches, self._folder.records)
        s3_content.install(patches, self._files)

    def restore(self) -> None:
        """Restore what earlier emulators have stored, once the stack is created."""
        if self._folder is not None and self._objects is not None:
            self._objects.restore()
            dynamodb_records.restore(self._folder.records)

    def around(self, api: WsgiApplication) -> WsgiApplication:
        """Wrap the AWS API."""
        return receiving(self._files)(api)

    def put_file(self, bucket: str, key: str, path: Path) -> None:
        """As `Stack.put_file`; a file that is this object already is not read again."""
        with suppress(KeyError):
            if self._files.has_adopted(s3_content.content_of(bucket, key), path):
                return
        s3_content.put(bucket, key, self._files.adopt(path))
        if self._objects is not None:
            self._objects.keep(bucket, key)

    def fetch_file(self, bucket: str, key: str, path: Path, version_id: str | None) -> None:
        """As `Stack.fetch_file`."""
        s3_content.content_of(bucket, key, version_id).copy_to(path)
