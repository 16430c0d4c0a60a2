"""What a manifest finds in the odder corners: wrappers, objects, notebooks, libraries, random generators."""

import functools
import importlib
import linecache
import sys
import textwrap

import pytest

from plait.identity import Codebase
from plait.identity.manifest import ROOT


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write modules and import them; the first is returned."""
    made = []
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(text, name="corner", **others):
        for other, content in others.items():
            (tmp_path / f"{other}.py").write_text(textwrap.dedent(content))
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        for known in (name, *others):
            sys.modules.pop(known, None)
            linecache.checkcache()
            made.append(known)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield make
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture
def manifest(tmp_path):
    return lambda function: Codebase(tmp_path).manifest(function)


def changes(module, manifest, text, before, after, pick):
    """Say whether an edit changes the manifest of what ``pick`` takes from the module."""
    assert before in text
    first = manifest(pick(module(text)))
    second = manifest(pick(module(text.replace(before, after))))
    return first.digest != second.digest


SHAPES = """
    import functools

    def helper(x):
        return x + 1

    def target(x, y=0):
        return helper(x) + y

    class Scaler:
        def __init__(self, factor):
            self.factor = factor

        def __call__(self, x):
            return helper(x) * self.factor

        def scale(self, x):
            return helper(x) * self.factor

        @classmethod
        def build(cls, x):
            return cls(helper(x))

    @functools.singledispatch
    def show(x):
        return 1

    @show.register
    def _(x: int):
        return helper(x)

    @functools.lru_cache
    def cached(x):
        return helper(x)

    def opaque(function):
        class Hidden:
            def __call__(self, *args):
                return function(*args)
        return Hidden()

    @opaque
    def hidden(x):
        return helper(x)

    def uses_hidden(x):
        return hidden(x)

    NODES = [lambda x, i=i: helper(x) + i for i in range(3)]
    PAIR = (lambda x: helper(x), lambda x: helper(x) - 1)
    bound = functools.partial(target, y=2)
"""

PICKS = {
    "partial": lambda m: m.bound,
    "bound method": lambda m: m.Scaler(2).scale,
    "class method": lambda m: m.Scaler.build,
    "callable object": lambda m: m.Scaler(2),
    "single dispatch": lambda m: m.show,
    "lru_cache": lambda m: m.cached,
    "opaque decorator": lambda m: m.uses_hidden,
    "lambda in a loop": lambda m: m.NODES[0],
    "lambda beside another": lambda m: m.PAIR[0],
    "class": lambda m: m.Scaler,
}


@pytest.mark.parametrize("shape", PICKS)
def test_follows_helpers_through(shape, module, manifest):
    assert changes(module, manifest, SHAPES, "return x + 1", "return x + 2", PICKS[shape])


@pytest.mark.parametrize("shape", PICKS)
def test_does_not_change_by_itself(shape, module, manifest):
    assert not changes(module, manifest, SHAPES, "return x + 1", "return x + 1  # one", PICKS[shape])


@pytest.mark.parametrize("shape", PICKS)
def test_has_no_problem_with(shape, module, manifest):
    assert manifest(PICKS[shape](module(SHAPES))).problems == ()


def test_the_state_of_callable_objects_counts(module, manifest):
    made = module(SHAPES)
    digests = {manifest(made.Scaler(2)).digest, manifest(made.Scaler(3)).digest}
    assert len(digests) == 2
    assert manifest(made.Scaler(2).scale).digest != manifest(made.Scaler(3).scale).digest


def test_lambdas_of_one_line_and_of_one_loop_are_told_apart(module, manifest):
    made = module(SHAPES)
    digests = {manifest(function).digest for function in (*made.NODES, *made.PAIR)}
    assert len(digests) == 5


def test_the_arguments_of_a_partial_count(module, manifest):
    made = module(SHAPES)
    two, three = (functools.partial(made.target, y=y) for y in (2, 3))
    assert manifest(two).digest != manifest(three).digest
    assert manifest(two).digest == manifest(functools.partial(made.target, y=2)).digest


RANDOM = {
    "import random\ndef f(x): return random.random()": True,
    "from random import shuffle\ndef f(x): return shuffle(x)": True,
    "import numpy as np\ndef f(x): return np.random.rand()": True,
    "from numpy.random import default_rng\ndef f(x): return default_rng()": True,
    "from numpy import random as npr\ndef f(x): return npr.rand()": True,
    "import numpy as np\nRNG = np.random.default_rng(1)\ndef f(x): return RNG.normal()": True,
    "import numpy as np\ndef g(): return np.random.rand()\ndef f(x): return g()": True,
    "def f(x):\n    import random\n    return random.random()": True,
    "import numpy as np\ndef f(x: np.random.Generator): return x.normal()": False,
    "import numpy as np\ndef f(x): return np.sin(x)": False,
    "def f(random): return random.random()": False,
}


@pytest.mark.parametrize("text", RANDOM)
def test_knows_whether_a_random_generator_is_reached(text, module, manifest):
    assert manifest(module(text).f).uses_randomness is RANDOM[text]


def test_names_the_distributions_it_reaches(module, manifest):
    text = """
        import json
        import numpy as np
        import pandas as pd
        from sklearn.linear_model import LinearRegression

        def helper(x):
            import yaml
            return yaml.safe_load(x)

        def f(x: pd.DataFrame):
            return LinearRegression(), helper(np.zeros(3)), json.dumps(1)

        def other(x):
            return x
    """
    made = module(text)
    assert [name.lower() for name in manifest(made.f).distributions] == [
        "numpy", "pandas", "pyyaml", "scikit-learn"
    ]  # fmt: skip
    assert manifest(made.other).distributions == ()


def test_versions_come_from_what_is_installed(tmp_path):
    import numpy  # noqa: ICN001

    versions = Codebase(tmp_path).distributions.versions(["numpy", "not-there"])
    assert versions == {"numpy": numpy.__version__}


def test_plait_itself_is_no_part_of_the_code(module, manifest):
    text = """
        from plait import RunContext
        def f(x):
            return isinstance(x, RunContext)
    """
    found = manifest(module(text).f)
    assert set(found.symbols) == {ROOT}
    assert found.distributions == ()


def test_a_module_that_is_passed_around_counts_as_a_whole(module, manifest):
    text = "import tools\ndef f(x): return getattr(tools, x)()"
    one = manifest(module(text, tools="def a(): return 1\ndef b(): return 2\n").f)
    other = manifest(module(text, tools="def a(): return 1\ndef b(): return 3\n").f)
    assert one.digest != other.digest


def test_star_imports_are_followed(module, manifest):
    text = "from tools import *\ndef f(x): return a()"
    one = manifest(module(text, tools="def a(): return 1\ndef b(): return 2\n").f)
    same = manifest(module(text, tools="def a(): return 1\ndef b(): return 3\n").f)
    other = manifest(module(text, tools="def a(): return 2\ndef b(): return 2\n").f)
    assert one.digest == same.digest != other.digest


def test_what_a_body_imports_counts_alike_whether_or_not_someone_imported_it(module, manifest):
    text = "def f(x):\n    from tools import a\n    return a()"
    made = module(text, tools="N = 1 + 1\ndef a(): return N\n")
    before = manifest(made.f)
    importlib.import_module("tools")
    assert manifest(made.f).digests == before.digests


def test_modules_that_import_from_each_other_are_no_trap(module, manifest):
    text = "def f(x):\n    from one import a\n    return a()"
    made = module(text, one="from two import a\n", two="from one import a\n")
    assert manifest(made.f).symbols[ROOT].digest.startswith("sha256:")


def test_a_function_without_source_asks_for_a_version(manifest):
    names = {"__name__": "typed"}
    exec(compile("def f(x): return x + 1", "<typed>", "exec"), names)
    found = manifest(names["f"])
    assert found.needs_version
    assert found.problems[0].text == "'typed.f' has no source that Plait could read"
    exec(compile("def g(x): return x + 2", "<typed>", "exec"), names)
    assert manifest(names["g"]).digest != found.digest


def test_captured_values_that_cannot_be_identified_ask_for_a_version(module, manifest):
    text = """
        def make(handle):
            def f(x):
                return handle.read()
            return f
        f = make(open(__file__))
    """
    made = module(text)
    found = manifest(made.f)
    made.f.__closure__[0].cell_contents.close()
    assert found.needs_version
    assert "'handle' holds a _io.TextIOWrapper" in found.problems[0].text


def test_a_cell_of_a_notebook_has_a_source(manifest):
    def run(text):
        name = f"<ipython-input-1-{abs(hash(text))}>"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        names = {"__name__": "__main__"}
        exec(compile(text, name, "exec"), names)
        return manifest(names["f"])

    one = run("def g():\n    return 1\ndef f(x):\n    return g()\n")
    same = run("# first\ndef g():\n    return 1\n\ndef f(x):\n    return g()\n")
    other = run("def g():\n    return 2\ndef f(x):\n    return g()\n")
    assert not one.problems
    assert one.digest == same.digest != other.digest


def test_says_how_each_symbol_is_reached(module, manifest):
    text = """
        LIMIT = 3
        def scale(x):
            return x * LIMIT
        def build(x):
            return scale(x)
        def f(x):
            return build(x)
    """
    found = manifest(module(text).f)
    symbol = found.symbols["build/scale/LIMIT"]
    assert symbol.via == ("f", "build", "scale", "LIMIT")
    assert (symbol.name, symbol.file, symbol.line) == ("corner.LIMIT", "corner.py", 2)


def test_a_library_s_function_is_known_by_name(manifest):
    import math

    found = manifest(math.sqrt)
    assert dict(found.digests) == {ROOT: "name:math:sqrt"}


def test_annotations_of_functions_do_not_count_and_those_of_classes_do(module, manifest):
    text = """
        from dataclasses import dataclass
        @dataclass
        class Options:
            depth: int
        def f(x: int) -> int:
            return Options(x)
    """
    pick = lambda made: made.f  # noqa: E731
    assert not changes(module, manifest, text, "x: int) -> int", "x)", pick)
    assert changes(module, manifest, text, "depth: int", "depth: float", pick)


def test_order_of_keyword_arguments_in_a_partial_does_not_matter(module, manifest):
    made = module("def f(x, a=1, b=2): return x")
    one = functools.partial(made.f, a=1, b=2)
    other = functools.partial(made.f, b=2, a=1)
    assert manifest(one).digest == manifest(other).digest


def test_ten_thousand_helpers_in_a_chain_are_no_deep_recursion(module, manifest):
    count = 3000
    lines = ["def f0(x): return x"] + [f"def f{i}(x): return f{i - 1}(x)" for i in range(1, count)]
    found = manifest(getattr(module("\n".join(lines)), f"f{count - 1}"))
    assert len(found.symbols) == count


def test_a_file_that_changed_after_it_was_imported_is_not_taken_for_what_runs(module, manifest, tmp_path):
    """A notebook that edits a module and does not reload it runs the old code."""
    text = "def g(x):\n return 1\nclass A:\n def m(self):\n  return 1\ndef f(x):\n return g(x), A()\n"
    made = module(text)
    before = manifest(made.f)
    assert before.problems == ()
    (tmp_path / "corner.py").write_text(text.replace("return 1", "return 2"))
    running = manifest(made.f)
    assert {problem.kind for problem in running.problems} == {"changed since import"}
    reloaded = manifest(module(text.replace("return 1", "return 2")).f)
    assert reloaded.problems == ()
    for key in ("g", "A"):
        digests = {found.digests[key] for found in (before, running, reloaded)}
        assert len(digests) == 3
