"""The run that imports nothing: single files, data behind URLs, partitions, hooks that only watch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

UP_TO_DATE = "everything is up to date"


def fast(project, *words) -> bool:
    return UP_TO_DATE in project.plait("run", *words).out


# --- Single files

SCRIPT = """
    from plait import node, pipeline
    from helping import doubled


    def double(x):
        return doubled(x)


    def late(y):
        from lazily import shown
        return shown(y)


    steps = pipeline([node(double, "x", "y"), node(late, "y", "z")])
    catalog = {"x": "x.json", "y": "out/y.json", "z": "out/z.json"}
    parameters = {}
"""


class Alone:
    """A folder with a script, and the command line in processes of their own."""

    def __init__(self, root):
        self.root = root

    def write(self, name, text):
        (self.root / name).write_text(textwrap.dedent(text).lstrip("\n"))

    def edit(self, name, old, new):
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    def run(self, *words, options=(), script="steps.py"):
        command = [sys.executable, *options, "-m", "plait", "run", script, *words]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def fast(self, *words, **how):
        return UP_TO_DATE in self.run(*words, **how).stdout


@pytest.fixture
def script(tmp_path):
    found = Alone(tmp_path)
    found.write("steps.py", SCRIPT)
    found.write("helping.py", "def doubled(x):\n    return 2 * x\n")
    found.write("lazily.py", "def shown(y):\n    return str(y)\n")
    found.write("x.json", "4")
    return found


def test_a_single_file_is_recognised_without_importing_it(script):
    script.run()
    said = script.run(options=("-X", "importtime"))
    assert said.stdout == "✓ everything is up to date: 2 nodes, nothing changed since they last ran\n"
    assert "helping" not in said.stderr
    assert "plait.engine" not in said.stderr


EDITS = {
    "itself": lambda script: script.edit("steps.py", "return doubled(x)", "return doubled(x) + 1"),
    "a module it imports": lambda script: script.edit("helping.py", "2 * x", "3 * x"),
    "a module a node imports": lambda script: script.edit("lazily.py", "str(y)", "repr(y)"),
    "its input": lambda script: script.write("x.json", "5"),
    "its output": lambda script: script.write("out/y.json", "9"),
    "its output gone": lambda script: (script.root / "out/z.json").unlink(),
    "its records": lambda script: (script.root / ".plait/ledger.db").unlink(),
    "a module that hides another": lambda script: script.write("json.py", ""),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_change_around_a_single_file_is_noticed(script, edit):
    script.run()
    assert script.fast()
    edit(script)
    command = [sys.executable, "-m", "plait", "run", "steps.py"]
    done = subprocess.run(command, cwd=script.root, capture_output=True, text=True, timeout=120, check=False)
    assert UP_TO_DATE not in done.stdout


def test_two_files_in_one_folder_are_two_questions(script):
    script.run()
    assert script.fast()
    script.write("others.py", SCRIPT.replace("out/", "others/"))
    assert not script.fast(script="others.py")
    assert script.fast(script="others.py")
    assert not script.fast("late", script="others.py")


@pytest.mark.parametrize(
    "more",
    ["names = open('x.json').read()", "import os; names = os.listdir('.')"],
    ids=["reads data", "lists its folder"],
)
def test_a_single_file_that_looks_at_data_takes_the_long_way(script, more):
    script.edit("steps.py", "parameters = {}", f"parameters = {{}}\n{more}")
    script.run()
    assert not script.fast()


# --- Hooks

WATCHING = """
    from plait.engine.hooks import hook_impl


    class Watching:
        @hook_impl
        def after_catalog_created(self, catalog):
            {body}

        @hook_impl
        def {name}(self):
            pass


    HOOKS = (Watching(),)
"""


def with_hook(mill, name, body="pass"):
    mill.write({"src/mill/settings.py": WATCHING.replace("{name}", name).replace("{body}", body)})


@pytest.mark.parametrize("name", ["after_pipeline_run", "on_pipeline_error", "on_node_error"])
def test_hooks_that_are_only_told_change_nothing(mill, name):
    with_hook(mill, name)
    mill.plait("run")
    assert fast(mill)
    with_hook(mill, name, "print('more')")
    assert not fast(mill)


@pytest.mark.parametrize("name", ["before_node_run", "after_dataset_loaded", "before_dataset_saved"])
def test_hooks_that_see_data_take_the_long_way(mill, name):
    with_hook(mill, name)
    mill.plait("run")
    assert not fast(mill)


def test_hooks_that_read_other_files_take_the_long_way(mill):
    mill.write({"elsewhere.txt": "a"})
    with_hook(mill, "after_pipeline_run", "open('elsewhere.txt').read()")
    mill.plait("run")
    assert not fast(mill)


def test_own_observers_change_nothing(mill):
    mill.write(
        {
            "src/mill/settings.py": """
                class Watching:
                    def on_event(self, event):
                        pass


                OBSERVERS = (Watching(),)
            """
        }
    )
    mill.plait("run")
    assert fast(mill)


# --- Partitions and data behind URLs

STAGES = """
    from plait import each, node, pipeline


    def shout(text):
        return text.upper()


    def create_pipeline():
        return pipeline([
            node(shout, each("texts"), each("loud")),
            node(shout, "one", "one_loud", name="one"),
            node(shout, "two", "two_loud", name="two"),
        ])
"""


def in_stages(mill, place, credentials=None):
    for key in "abcde":
        mill.write({f"data/texts/{key}.txt": key})
    mill.write({"data/one.txt": "1", "data/two.txt": "2"})
    entries = {
        "texts": {"path": "data/texts/*.txt"},
        "loud": {"path": f"{place}/loud/*.txt"},
        "one": {"path": "data/one.txt"},
        "two": {"path": "data/two.txt"},
        "one_loud": {"path": f"{place}/whole/one.txt"},
        "two_loud": {"path": f"{place}/whole/two.txt"},
    }
    if credentials is not None:
        mill.write({"conf/local/credentials.yml": json.dumps({"store": credentials})})
        for name in ("loud", "one_loud", "two_loud"):
            entries[name]["credentials"] = "store"
    mill.write({"conf/base/catalog.yml": json.dumps(entries), "src/mill/pipelines/flour/pipeline.py": STAGES})


def test_partitions_are_recognised(mill):
    in_stages(mill, "data")
    mill.plait("run")
    assert fast(mill)
    mill.write({"data/texts/f.txt": "f"})
    assert not fast(mill)
    assert fast(mill)
    mill.write({"data/loud/a.txt": "tampered"})
    assert not fast(mill)
    assert fast(mill)
    (mill.root / "data/loud/b.txt").unlink()
    assert not fast(mill)


def test_files_that_were_hashed_by_the_run_are_not_hashed_again_for_the_next(mill, monkeypatch):
    from plait.project import complete

    in_stages(mill, "data")
    old = 1_700_000_000
    for path in (mill.root / "data").rglob("*.txt"):
        os.utime(path, (old, old))
    mill.plait("run")
    known = {}
    original = complete.file_state
    monkeypatch.setattr(
        complete, "file_state", lambda path, state=None: known.update({path: state}) or original(path, state)
    )
    mill.plait("run", "--fresh")
    assert known[str(mill.root / "data/one.txt")] is not None
    assert known[str(mill.root / "data/texts/a.txt")] is not None


@pytest.fixture(scope="module")
def endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint):
    import boto3

    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    client.create_bucket(Bucket="nothing-to-do")
    yield client
    for item in client.list_objects_v2(Bucket="nothing-to-do").get("Contents", []):
        client.delete_object(Bucket="nothing-to-do", Key=item["Key"])
    client.delete_bucket(Bucket="nothing-to-do")


def test_data_behind_urls_is_asked_for_by_one_listing_a_prefix(mill, bucket, endpoint):
    secret = {"key": "k", "secret": "hush-hush", "client_kwargs": {"endpoint_url": endpoint}}
    in_stages(mill, "s3://nothing-to-do", secret)
    mill.plait("run")
    said = mill.alone("run", options=("-X", "importtime"))
    assert UP_TO_DATE in said.out
    for name in ("pandas", "mill", "pyarrow", "polars"):
        assert f"| {name}\n" not in said.err.replace(" ", "")
        assert not any(line.split("|")[-1].strip() == name for line in said.err.splitlines())
    for file in (mill.root / ".plait/cache").glob("complete-*.json"):
        assert "hush-hush" not in file.read_text()

    from plait.catalog.remote import RemoteStore
    from plait.identity import fingerprints

    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            RemoteStore,
            "_listed",
            lambda self, path, *more, to=RemoteStore._listed: asked.append(path) or to(self, path, *more),
        )
        listing = fingerprints.listed_fingerprints
        patch.setattr(
            "plait.engine.listings.listed_fingerprints",
            lambda fs, prefix, paths: asked.append(prefix) or listing(fs, prefix, paths),
        )
        patch.setattr(RemoteStore, "fingerprint", None)
        assert fast(mill)
    assert sorted(asked) == ["nothing-to-do/loud", "nothing-to-do/whole"]

    bucket.put_object(Bucket="nothing-to-do", Key="whole/one.txt", Body=b"tampered")
    assert not fast(mill)
    assert fast(mill)
    bucket.delete_object(Bucket="nothing-to-do", Key="loud/c.txt")
    assert not fast(mill)
    assert bucket.get_object(Bucket="nothing-to-do", Key="loud/c.txt")["Body"].read() == b"C"


def test_a_store_that_does_not_answer_is_no_reason_to_say_all_is_well(mill, bucket, endpoint):
    secret = {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": endpoint}}
    in_stages(mill, "s3://nothing-to-do", secret)
    mill.plait("run")
    from plait.catalog.remote import RemoteStore

    with pytest.MonkeyPatch.context() as patch:

        def refuse(*_):
            raise OSError("no route to host")

        patch.setattr(RemoteStore, "_listed", refuse)
        said = mill.plait("run", code=None)
    assert UP_TO_DATE not in said.out
