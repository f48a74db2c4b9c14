"""How long a person waits before anything happens: `python3 benchmarks/startup.py` prints the rows of the table.

The environment has to be there already (`python3 dev.py setup`): the first start is dominated by the downloads.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REPEATS = 10

# `dev.py setup` does in a finished environment just what `dev.py run` does before it starts the program.
COMMANDS = {
    "second start, before the program itself": [sys.executable, "dev.py", "setup"],
    "`auricle --help`": [str(PYTHON), "-m", "aaccore", "--help"],
    "importing what captions (torch above all)": [str(PYTHON), "-c", "import aaccore.captioner"],
}


def seconds(command: list[str]) -> list[float]:
    """Run a command again and again; returns the seconds of each run but the first, which fills the caches."""
    # Compiled modules are kept, as they are on any machine that did not switch that off.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    measured = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        measured.append(time.perf_counter() - started)
    return measured[1:]


if __name__ == "__main__":
    for what, command in COMMANDS.items():
        runs = seconds(command)
        print(f"| {what} | {statistics.median(runs):.2f} s ({min(runs):.2f} to {max(runs):.2f}) |", flush=True)
