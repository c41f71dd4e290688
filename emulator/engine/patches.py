"""Reversible changes to moto, which are undone when the emulator ends."""

from collections.abc import Callable
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

_ABSENT = object()


class Patches:
    """A stack of replaced attributes and clean-ups, undone in reverse order by `restore`."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: object, name: str, value: object) -> Any:
        """Set `owner.name` to `value` and return the earlier value.

        Raises AttributeError when the name does not exist: then moto changed, and the adaptation
        would silently do nothing.
        """
        inherited = getattr(owner, name)
        own = vars(owner).get(name, _ABSENT)
        setattr(owner, name, value)
        if own is _ABSENT:
            self._undo.append(lambda: delattr(owner, name))
        else:
            self._undo.append(lambda: setattr(owner, name, own))
        return inherited

    def add(self, owner: object, name: str, value: object) -> None:
        """Give `owner` an attribute it lacks.

        Raises AttributeError when it has one: then moto no longer lacks it.
        """
        if hasattr(owner, name):
            msg = f"{owner!r} has an attribute {name!r} of its own now"
            raise AttributeError(msg)
        setattr(owner, name, value)
        self._undo.append(lambda: delattr(owner, name))

    def set_item(self, mapping: dict[str, Any], key: str, value: object) -> None:
        """Set `mapping[key]` to `value` until `restore`."""
        before = mapping.get(key, _ABSENT)
        mapping[key] = value
        if before is _ABSENT:
            self._undo.append(lambda: mapping.pop(key))
        else:
            self._undo.append(lambda: mapping.__setitem__(key, before))

    def on_restore(self, action: Callable[[], None]) -> None:
        """Run `action` when the changes are undone."""
        self._undo.append(action)

    def restore(self) -> None:
        """Undo every change, the last one first."""
        while self._undo:
            self._undo.pop()()


def reset_moto() -> None:
    """Forget every resource that moto holds in this process."""
    BackendDict.reset()
    reset_model_data()
