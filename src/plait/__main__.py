"""The command ``plait``: help and version at once, everything else through :mod:`plait.cli.app`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    completing = "_PLAIT_COMPLETE" in os.environ
    if not completing and words in ([], ["--help"], ["-h"], ["help"]):
        from plait.cli.commands import overview

        sys.stdout.write(overview())
        return 0
    if not completing and words in (["--version"], ["-V"]):
        from plait import __version__

        sys.stdout.write(f"plait {__version__}\n")
        return 0
    from plait.cli.app import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
