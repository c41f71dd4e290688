"""What the kernel answers when it is asked for a larger table of waiting threads."""

import platform
import re
import subprocess
import sys

_ASK = """
import ctypes
from emulator.engine.waiting_threads import make_room_for_waiting_threads
get_slots = ctypes.c_ulong(2)
print(make_room_for_waiting_threads(), ctypes.CDLL(None).prctl(78, get_slots))
"""


def test_a_kernel_with_a_table_for_each_process_enlarges_it() -> None:
    answer = subprocess.check_output([sys.executable, "-c", _ASK], text=True).split()
    release = re.match(r"([0-9]+)\.([0-9]+)", platform.release())
    assert release is not None
    must_have = sys.platform == "linux" and (int(release[1]), int(release[2])) >= (6, 17)
    assert answer == ["True", "16384"] or (not must_have and answer[0] == "False")
