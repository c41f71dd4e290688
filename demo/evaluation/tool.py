"""Running samtools and bcftools."""

import shutil
import subprocess


def run_tool(name: str, *arguments: str) -> str:
    """Run a program from PATH without a shell; return its output.

    Raises:
        FileNotFoundError: the program is not on PATH.
        RuntimeError: it failed; the message has its exit status and last lines.
    """
    program = shutil.which(name)
    if program is None:
        raise FileNotFoundError(f"{name} is not on PATH")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-5:])
        command = " ".join([name, *arguments])
        raise RuntimeError(f"{command} ended with status {done.returncode}:\n{last}")
    return done.stdout
