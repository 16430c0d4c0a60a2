"""Plait in a real notebook: cells that are edited, worker processes, and the drawing of a pipeline."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).parent
SETUP = """
    import plait
    from plait import node, pipeline

    def ran(*nodes, **more):
        result = plait.run(pipeline(list(nodes)), {"x": "x.json", "y": "y.json"}, state=".plait", **more)
        print(" ".join(f"{name}:{item.status}" for name, item in result.nodes.items()))
"""


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Execute cells in a kernel of their own; give what each printed, and the whole notebook."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "x.json").write_text("1")

    def execute(*cells):
        texts = [textwrap.dedent(cell) for cell in cells]
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in texts])
        client = NotebookClient(book, timeout=90, resources={"metadata": {"path": str(tmp_path)}})
        client.execute()
        printed = [
            "".join(item.text for item in cell.outputs if item.get("name") == "stdout").strip()
            for cell in book.cells
        ]
        return printed, book

    return execute


def test_a_cell_that_is_run_again_computes_nothing_until_it_is_edited(notebook):
    cell = """
        def add(x):
            return x + {}

        ran(node(add, "x", "y"))
    """
    printed, _ = notebook(SETUP, cell.format(1), cell.format(1), cell.format(2))
    assert printed[1:] == ["add:done", "add:skipped", "add:done"]


def test_worker_processes_do_not_know_what_a_notebook_defines_and_it_is_said_so(notebook):
    with pytest.raises(CellExecutionError) as raised:
        notebook(
            SETUP,
            """
            def add(x):
                return x + 1

            ran(node(add, "x", "y"), executor="processes", workers=2)
            """,
        )
    said = str(raised.value)
    assert "Node 'add' cannot be sent to a worker process" in said
    assert "add is defined in a notebook or an interactive session" in said


def test_worker_processes_run_functions_of_modules_from_a_notebook(notebook):
    printed, _ = notebook(
        SETUP,
        """
        import nodes_for_executors as nodes

        ran(node(nodes.add_one, "x", "y"), executor="processes", workers=2)
        print(open("y.json").read())
        """,
    )
    assert printed[1].split() == ["add_one:done", "2"]


def test_a_pipeline_displays_itself_as_a_drawing(notebook):
    _, book = notebook(SETUP, "pipeline([node(sorted, 'x', 'y', name='in_order')])")
    (output,) = book.cells[1].outputs
    assert "in_order" in output.data["text/plain"]
    html = output.data["text/html"]
    assert html.startswith(("<iframe srcdoc=", "<pre>"))
    assert "in_order" in html
    assert "http://" not in html.replace("http://www.w3.org/", "")
