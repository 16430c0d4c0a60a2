"""An edit that leaves size and second of a file as they were is seen all the same."""

from __future__ import annotations

import os
import sys

from plait.project.imports import ProjectImports


def test_code_compiled_before_an_edit_is_not_taken_for_the_edited(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    package = tmp_path / "racy_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    module = package / "answer.py"

    def imported(text):
        module.write_text(text)
        stamp = module.stat().st_mtime_ns // 1_000_000_000 * 1_000_000_000
        os.utime(module, ns=(stamp, stamp))
        imports = ProjectImports(tmp_path, ["racy_package"])
        try:
            return imports.load("racy_package.answer").VALUE
        finally:
            imports.close()

    values = [imported(f"VALUE = {number}\n") for number in range(5)]
    assert values == list(range(5))


def test_compiled_code_of_older_files_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    package = tmp_path / "settled_package"
    package.mkdir()
    for name in ("__init__.py", "answer.py"):
        (package / name).write_text("VALUE = 1\n")
        os.utime(package / name, (1_000_000, 1_000_000))
    imports = ProjectImports(tmp_path, ["settled_package"])
    imports.load("settled_package.answer")
    imports.close()
    assert list((package / "__pycache__").glob("answer.*.pyc"))
