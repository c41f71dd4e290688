"""What a cold start pays for: nothing calls AWS at import, and only validation loads jsonschema."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATHS = (ROOT, ROOT / "layers/common", ROOT / "functions/api")
CHECK = """
import sys, socket
def refuse(*_): raise AssertionError("a handler opened a connection at import")
socket.socket.connect = refuse
import functions.submit_job.app, functions.get_job_status.app
import functions.track_job.app, functions.finish_run.app
import functions.stop_jobs.app, functions.sweep_runs.app, functions.notify_run_end.app
import functions.api.app
assert "jsonschema" not in sys.modules
import functions.validate_input.app
assert "jsonschema" in sys.modules
"""


def test_handlers_import_without_settings_calls_or_needless_packages() -> None:
    # no variable of the template, no region, no credentials: nothing may read them at import
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, PATHS))}

    subprocess.run([sys.executable, "-c", CHECK], check=True, env=environment)
