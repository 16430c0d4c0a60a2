"""Opening projects: discovery, settings, imports, pipelines, and running them."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from plait import Project, node, pipeline
from plait.errors import Problems, ProjectError, RunError

SUMS = """
    from plait import node, pipeline

    def add(numbers, step):
        return [number + step for number in numbers]

    def total(added):
        return sum(added)

    def create_pipeline():
        return pipeline([
            node(add, ["numbers", "params:step"], "added"),
            node(total, "added", "sum"),
        ])
"""
LAB = {
    "src/lab/pipelines/sums.py": SUMS,
    "conf/base/parameters.yml": "step: 1\nmodel: {depth: 3, width: 2}\n",
    "conf/base/catalog.yml": "numbers: memory\nsum: memory\n",
}


def test_the_project_is_found_from_any_folder_in_it(make):
    root = make({**LAB, "notebooks/deep/x.txt": ""})
    with Project.open(root / "notebooks" / "deep") as project:
        assert project.root == root
        assert project.package == "lab"
        assert repr(project) == "Project('lab', env='local')"


def test_no_project(tmp_path):
    with pytest.raises(ProjectError, match="There is no Plait project here"):
        Project.open(tmp_path)


def test_pipelines_are_found_and_summed(opened):
    project = opened(LAB)
    assert list(project.pipelines) == ["sums", "__default__"]
    assert len(project.pipelines["__default__"]) == 2


def test_run_injects_data_and_parameters_and_returns_what_is_left(opened):
    project = opened(LAB)
    assert project.run("sums", inputs={"numbers": [1, 2]})["sum"] == 5
    assert project.run("sums", inputs={"numbers": [1, 2]}, params={"step": 10})["sum"] == 23
    assert project.run(inputs={"numbers": [1]}, outputs=["added"])["added"] == [2]
    assert project.parameters["step"] == 1
    given = pipeline([node(lambda: 3, None, "three")])
    assert project.run(given, inputs={}, outputs=["three"])["three"] == 3


def test_nested_params_merge_whether_or_not_the_environment_has_parameters(opened):
    """Kedro: they merge or replace depending on whether the environment has a parameters file."""
    one = opened(LAB, folder="one", params={"model.depth": 9})
    assert one.parameters["model"] == {"depth": 9, "width": 2}
    one.close()
    two = opened(
        {**LAB, "conf/local/parameters.yml": "other: 1\n"}, folder="two", params={"model": {"depth": 9}}
    )
    assert two.parameters["model"] == {"depth": 9, "width": 2}
    assert two.parts({"model.width": 5}).parameters["model"] == {"depth": 9, "width": 5}


def test_a_failed_run_raises_with_its_result_or_returns_it(opened):
    project = opened(LAB)
    with pytest.raises(RunError) as caught:
        project.run(inputs={"numbers": None})
    assert caught.value.result.status == "failed"
    assert project.run(inputs={"numbers": None}, raise_errors=False).status == "failed"


def test_thousands_of_runs_from_threads(opened):
    project = opened(LAB)

    def run(number: int) -> int:
        return project.run(inputs={"numbers": [number]}, params={"step": number})["sum"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(400))) == [2 * number for number in range(400)]


def test_the_first_use_from_many_threads_reads_the_project_once(opened):
    project = opened({**LAB, "src/lab/pipelines/sums.py": SUMS})
    barrier = threading.Barrier(6)

    def read() -> tuple[int, int]:
        barrier.wait()
        return id(project.catalog), id(project.pipelines["sums"])

    with ThreadPoolExecutor(6) as pool:
        assert len({future.result() for future in [pool.submit(read) for _ in range(6)]}) == 1


def test_two_projects_at_once(opened):
    """Kedro: session, settings and pipelines are global to the process."""
    one = opened(LAB, folder="one")
    other = opened(
        {
            "src/other/pipelines/sums.py": SUMS.replace("number + step", "number * step"),
            "conf/base/parameters.yml": "step: 5\n",
            "conf/base/catalog.yml": LAB["conf/base/catalog.yml"],
        },
        package="other",
        folder="other",
    )
    results: dict[str, int] = {}

    def run(name: str, project: Project) -> None:
        results[name] = project.run(inputs={"numbers": [3]})["sum"]

    threads = [threading.Thread(target=run, args=pair) for pair in (("one", one), ("other", other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"one": 4, "other": 15}


def test_packages_of_one_name_take_turns(make):
    first, second = (
        make(LAB, folder="first"),
        make({**LAB, "conf/base/parameters.yml": "step: 100\n"}, folder="second"),
    )
    with Project.open(first) as project:
        assert project.run(inputs={"numbers": [1]})["sum"] == 2
        with pytest.raises(ProjectError) as caught:
            Project.open(second)
        assert "The package 'lab' cannot be imported from this project" in str(caught.value)
        assert "project.close()" in str(caught.value)
    with Project.open(second) as project:
        assert project.run(inputs={"numbers": [1]})["sum"] == 101


def test_an_abandoned_project_makes_room(make):
    project = Project.open(make(LAB, folder="first"))
    assert project.pipelines["sums"]
    del project
    import gc

    gc.collect()
    with Project.open(make(LAB, folder="second")) as other:
        assert other.pipelines["sums"]


def test_closing_leaves_nothing_behind(make):
    before = (list(sys.path), list(sys.meta_path), set(sys.modules))
    with Project.open(make(LAB)) as project:
        project.run(inputs={"numbers": [1]})
        assert sys.path == before[0]
        assert "lab.pipelines.sums" in sys.modules
    assert sys.meta_path == before[1]
    assert not {name for name in set(sys.modules) - before[2] if name.partition(".")[0] == "lab"}


def test_reload_reads_edits(opened):
    project = opened(LAB)
    assert project.run(inputs={"numbers": [1]})["sum"] == 2
    code = project.root / "src/lab/pipelines/sums.py"
    code.write_text(code.read_text().replace("number + step", "number + step + 100"))
    (project.root / "conf/base/parameters.yml").write_text("step: 2\n")
    assert project.run(inputs={"numbers": [1]})["sum"] == 2
    project.reload()
    assert project.run(inputs={"numbers": [1]})["sum"] == 103


def test_a_pipeline_that_cannot_be_imported_shows_the_users_frames(opened):
    project = opened(
        {
            **LAB,
            "src/lab/pipelines/broken.py": "from lab.missing import nothing\n",
            "src/lab/pipelines/worse/__init__.py": "from .pipeline import create_pipeline\n",
            "src/lab/pipelines/worse/pipeline.py": "def create_pipeline():\n    return 1 / 0\n",
        }
    )
    with pytest.raises(Problems) as caught:
        project.run()
    text = str(caught.value)
    assert "Pipeline 'broken' cannot be made\n  at src/lab/pipelines/broken.py:1" in text
    assert "ModuleNotFoundError: No module named 'lab.missing'" in text
    assert "Pipeline 'worse' cannot be made\n  at src/lab/pipelines/worse/pipeline.py:2" in text
    assert "importlib" not in text
    assert "src/plait/" not in text
    assert project.run("sums", inputs={"numbers": [1]})["sum"] == 2


def test_settings_of_both_places_add_up(opened):
    project = opened(
        {
            **LAB,
            "pyproject.toml": '[tool.plait]\npackage = "lab"\nseed = 3\nobservers = ["lab.watch:Watch"]\n',
            "src/lab/watch.py": """
                SEEN = []

                class Watch:
                    def on_event(self, event):
                        SEEN.append(event.kind)
            """,
            "src/lab/settings.py": """
                from lab.watch import Watch
                SEED = 4
                OBSERVERS = [Watch()]
                CONFIG_LOADER_CLASS = None
            """,
        }
    )
    assert project.settings.seed == 4
    assert len(project.settings.observers) == 2
    project.run(inputs={"numbers": [1]})
    seen = sys.modules["lab.watch"].SEEN
    assert seen.count("run_started") == 2
    warned = [str(finding) for finding in project.check() if finding.rule == "settings"]
    assert warned == [
        "CONFIG_LOADER_CLASS in settings.py has no meaning here\n  → Plait ignores it; remove it"
    ]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"pyproject.toml": '[tool.plait]\npackage = "lab"\nobservrs = []\n'},
            ["Unknown setting 'observrs'", "did you mean 'observers'?"],
        ),
        (
            {"pyproject.toml": '[tool.plait]\npackage = "lab"\nseed = "x"\n'},
            ["The setting 'seed' is a str", "a whole number"],
        ),
        (
            {"pyproject.toml": '[tool.plait]\npackage = "lab"\ndefault_frame = "panda"\n'},
            ["did you mean 'pandas'?"],
        ),
        ({"pyproject.toml": "[tool.plait]\n"}, ['add package = "name"']),
        ({"pyproject.toml": "[tool.plait\n"}, ["pyproject.toml cannot be read"]),
    ],
)
def test_wrong_settings(make, files, words):
    with pytest.raises(ProjectError) as caught:
        Project.open(make({**LAB, **files}))
    for word in words:
        assert word in str(caught.value)


def test_wrong_settings_py(opened):
    project = opened({**LAB, "src/lab/settings.py": "HOKS = ()\n"})
    with pytest.raises(ProjectError, match="Unknown setting 'HOKS'"):
        assert project.settings


def test_a_registry_that_returns_something_else(opened):
    project = opened(
        {**LAB, "src/lab/pipeline_registry.py": "def register_pipelines():\n    return {'a': 1}\n"}
    )
    with pytest.raises(ProjectError, match="gives a int for 'a'"):
        assert project.pipelines


LIGHT = {
    "__future__", "collections", "contextlib", "copyreg", "enum", "functools", "importlib", "itertools",
    "keyword", "operator", "plait", "re", "reprlib", "types", "typing", "warnings",
}  # fmt: skip


def test_importing_plait_imports_little():
    program = "import sys; before = set(sys.modules); import plait; print(*(set(sys.modules) - before))"
    modules = set(run_python(program).split())
    assert {name for name in modules if name.startswith("plait")} == {"plait"}
    assert {name.partition(".")[0] for name in modules if not name.startswith("_")} <= LIGHT


def test_help_imports_almost_nothing():
    heavy = (
        "click",
        "rich",
        "yaml",
        "pluggy",
        "dataclasses",
        "inspect",
        "json",
        "logging",
        "sqlite3",
        "pathlib",
    )
    program = (
        "import sys; before = set(sys.modules); from plait.__main__ import main; main(['--help'])\n"
        f"print(*(set(sys.modules) - before).intersection({heavy!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert "plait COMMAND --help" in done.stdout


def run_python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_opening_and_running_imports_no_data_library(make):
    program = f"""
import sys
from plait import Project
project = Project.open({str(make(LAB))!r})
project.run(inputs={{"numbers": [1]}})
project.check()
heavy = {{"pandas", "polars", "pyarrow", "numpy", "fsspec", "click", "rich", "pluggy"}}
print(*sorted(heavy & set(sys.modules)))
"""
    assert run_python(program).strip() == ""


def test_all_pipelines_that_cannot_be_made_are_told_at_once(make) -> None:
    root = make(
        {
            "src/lab/pipeline_registry.py": """
                from plait.project import find_pipelines


                def register_pipelines():
                    return find_pipelines()
            """,
            "src/lab/pipelines/one/__init__.py": "",
            "src/lab/pipelines/one/pipeline.py": "import nosuchlibrary\n",
            "src/lab/pipelines/two/__init__.py": "",
            "src/lab/pipelines/two/pipeline.py": "def create_pipeline(:\n",
            "src/lab/pipelines/three/__init__.py": "",
            "src/lab/pipelines/three/pipeline.py": "def create_pipeline():\n    return 1 / 0\n",
        }
    )
    with Project.open(root) as project:
        told = "\n".join(str(finding) for finding in project.check())
    for part in ("nosuchlibrary", "one/pipeline.py", "two/pipeline.py", "three/pipeline.py"):
        assert part in told, told


def test_kedros_find_pipelines_is_pointed_to_plaits(make) -> None:
    root = make(
        {
            "src/lab/pipeline_registry.py": """
                from kedro.framework.project import find_pipelines


                def register_pipelines():
                    return find_pipelines()
            """
        }
    )
    with Project.open(root) as project, pytest.raises(ProjectError) as caught:
        project.pipelines["__default__"]
    assert "imports Kedro's find_pipelines" in str(caught.value)
    assert "from plait.project import find_pipelines" in str(caught.value)
