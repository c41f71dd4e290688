import pytest

from emulator.engine.patches import Patches


class Base:
    value = "base"


class Derived(Base):
    pass


def test_replace_own_attribute_comes_back_on_restore() -> None:
    patches = Patches()
    assert patches.replace(Base, "value", "new") == "base"
    assert Base.value == "new"
    patches.restore()
    assert Base.value == "base"


def test_replace_inherited_attribute_leaves_no_copy_behind() -> None:
    patches = Patches()
    patches.replace(Derived, "value", "new")
    patches.restore()
    assert "value" not in vars(Derived)
    assert Derived.value == "base"


def test_replace_twice_restores_the_first() -> None:
    patches = Patches()
    patches.replace(Base, "value", "one")
    patches.replace(Base, "value", "two")
    patches.restore()
    assert Base.value == "base"


def test_replace_absent_attribute_is_refused() -> None:
    with pytest.raises(AttributeError):
        Patches().replace(Base, "missing", 1)


def test_add_present_attribute_is_refused_and_absent_one_goes_again() -> None:
    patches = Patches()
    with pytest.raises(AttributeError):
        patches.add(Base, "value", 1)
    patches.add(Base, "extra", 1)
    patches.restore()
    assert not hasattr(Base, "extra")


def test_set_item_present_and_absent_key_are_both_undone() -> None:
    mapping = {"there": 1}
    patches = Patches()
    patches.set_item(mapping, "there", 2)
    patches.set_item(mapping, "new", 3)
    assert mapping == {"there": 2, "new": 3}
    patches.restore()
    assert mapping == {"there": 1}
