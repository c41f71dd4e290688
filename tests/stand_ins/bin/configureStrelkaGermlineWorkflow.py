#!/usr/bin/env python2
"""Stands in for Strelka 2.9.10's script of this name; see ../strelka_configure.py."""

import runpy
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "strelka_configure.py"
runpy.run_path(str(SCRIPT), run_name="__main__")
