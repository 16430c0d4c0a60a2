"""Build hook: the page of ``plait ui`` is made while the package is built, unless it is there already."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "frontend"))

import page

sys.path.pop(0)


class PageHook(BuildHookInterface[Any]):
    """Asks for Node only where the page has to be built and the machine has none."""

    def dependencies(self) -> list[str]:
        return [page.NODE_PACKAGE] if page.needs_node_package() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        if not page.wanted():
            return
        try:
            page.build()
        except page.BuildError as error:
            if version != "editable":
                raise SystemExit(str(error)) from None
            self.app.display_warning(str(error))
