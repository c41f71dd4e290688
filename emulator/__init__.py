"""SeqStack on one machine: the real template, functions, state machines and jobs in `engine`."""

import os

# botocore's optional native library calls back into Python: Ctrl-C during such a call is lost.
os.environ.setdefault("BOTO_DISABLE_CRT", "true")
