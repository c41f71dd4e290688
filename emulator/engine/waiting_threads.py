"""Keep a process with tens of thousands of waiting threads fast on Linux 6.17 and later.

These kernels find a process's waiting threads in a hash table of its own: 16 slots on two
processors, in which 20,000 threads make each handover from one thread to another take five times
as long. See PR_FUTEX_HASH(2const).
"""

import ctypes
import sys

_PR_FUTEX_HASH = 78
_SET_SLOTS = 1
_SLOTS = 16_384  # of 64 bytes


def make_room_for_waiting_threads() -> bool:
    """Ask the kernel for a large table; return False where it has none for each process."""
    if sys.platform != "linux":
        return False
    zero = ctypes.c_ulong(0)
    operation, slots = ctypes.c_ulong(_SET_SLOTS), ctypes.c_ulong(_SLOTS)
    answer: int = ctypes.CDLL(None).prctl(_PR_FUTEX_HASH, operation, slots, zero, zero)
    return answer == 0
