"""How jobs run Java: its heap is a share of the job's memory, and its files stay in scratch."""

from pathlib import Path

_MIB_OF_GIB = 1024
_HEAP_SHARE = 0.8  # the rest is the JVM's own
_HEAP_MIB_DEFAULT, _HEAP_MIB_LEAST = 4096, 512


def heap_mib(memory_gib: float | None, share: float = 1.0) -> int:
    """MiB of Java heap for a program that gets `share` of a job's `memory_gib` GiB."""
    if memory_gib is None:
        return max(_HEAP_MIB_LEAST, int(_HEAP_MIB_DEFAULT * share))
    return max(_HEAP_MIB_LEAST, int(memory_gib * _MIB_OF_GIB * _HEAP_SHARE * share))


def build_java_prefix(jar: str, heap: int, temporary: Path) -> list[str]:
    """Java with a heap of `heap` MiB, running `jar`; temporary files stay in scratch."""
    return [
        *("java", f"-Xmx{heap}m", "-XX:-UsePerfData", f"-Djava.io.tmpdir={temporary}"),
        *("-jar", jar),
    ]
