"""The interpreters that are measured: this one, and one environment for each peer under ``.venv-bench``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["PEERS", "REPOSITORY", "clean_environment", "python_of"]

REPOSITORY = Path(__file__).resolve().parents[1]
PEERS = ("kedro", "kedro-viz", "hamilton")


def python_of(name: str) -> str:
    """Return the interpreter of ``plait`` (this one) or of a peer, whose environment is made at first use."""
    if name == "plait":
        return sys.executable
    folder = REPOSITORY / ".venv-bench" / name
    stamp = folder / "requirements.txt"
    wanted = (REPOSITORY / "benchmarks" / f"requirements-{name}.txt").read_text()
    if not stamp.is_file() or stamp.read_text() != wanted:
        _make(folder, name)
        stamp.write_text(wanted)
    return str(folder / "bin" / "python")


def _make(folder: Path, name: str) -> None:
    print(f"making {folder.relative_to(REPOSITORY)}", file=sys.stderr)
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        raise SystemExit("uv was not found: run 'make bench', which installs it")
    requirements = REPOSITORY / "benchmarks" / f"requirements-{name}.txt"
    python = str(folder / "bin" / "python")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "-r", str(requirements)],
        check=True,
    )


def clean_environment() -> dict[str, str]:
    """Return the environment for a measured process: bytecode is kept, telemetry is off."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONUNBUFFERED"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**environment, "DO_NOT_TRACK": "1", "KEDRO_DISABLE_TELEMETRY": "1"}
