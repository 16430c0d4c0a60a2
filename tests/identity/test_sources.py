import ast
import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.identity import sources as module
from plait.identity.scopes import references
from plait.identity.sources import Sources
from plait.identity.syntax import syntax_digest
from plait.identity.tables import build_table, table_from_json, table_to_json
from plait.identity.texts import changed_lines, plain_text

TEXT = "import numpy as np\n\nN = 3\n\ndef f(x=N):\n    return np.sin(x) + g(x)\n\ndef g(x):\n    return x\n"


def used(text):
    return {found.name: found.target for found in references(ast.parse(text).body)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f(x): return x + y", {"y"}),
        ("def f(x): return a.b.c(x.d)", {"a.b.c"}),
        ("def f(x): return a().b", {"a"}),
        ("def f():\n y = 1\n return y", set()),
        ("def f():\n global y\n y = 1\n return y", {"y"}),
        ("def f():\n y = 1\n def g():\n  nonlocal y\n  y = z\n return y", {"z"}),
        ("def f(): return [y for y in z if y and w]", {"z", "w"}),
        ("def f(): return {k: v for k, v in z}", {"z"}),
        ("def f():\n [a := b for b in c]\n return a", {"c"}),
        ("def f():\n try: pass\n except E as e: return e", {"E"}),
        ("def f():\n with o() as h: return h", {"o"}),
        ("def f():\n for i in r: i", {"r"}),
        ("def f(x):\n match x:\n  case P(a=b, c=[*d]) if q: return b, d", {"P", "q"}),
        ("def f(x):\n match x:\n  case {'a': v, **rest}: return v, rest", set()),
        ("def f(x: A, *a: B, k: C = D) -> E:\n y: F = G\n return y", {"D", "G"}),
        ("@d(1)\ndef f(): pass", {"d"}),
        ("class A(B, m=C):\n x: D = E\n def f(self): return x", {"B", "C", "D", "E", "x"}),
        ("f = lambda x, y=z: x + w", {"z", "w"}),
        ("def f():\n def f2(): return f3()\n return f2", {"f3"}),
        ("def f():\n class C:\n  y = 1\n  def g(self): return y\n return C", {"y"}),
        ("def f(): return f'{a.b:{c}}'", {"a.b", "c"}),
        ("def f(x): x.attr = y; del x", {"y"}),
        ("async def f():\n async for x in y: await z(x)", {"y", "z"}),
        ("def f(): yield from g()", {"g"}),
    ],
)
def test_finds_what_is_used_from_outside(text, names):
    assert set(used(text)) == names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f():\n import a.b\n return a.b.c()", {"a.b.c": "a.b.c"}),
        ("def f():\n import a.b as d\n return d.c()", {"d.c": "a.b.c"}),
        ("def f():\n from a import b\n return b.c()", {"b.c": "a.b.c"}),
        ("def f():\n from . import b\n return b.c()", {"b.c": ".b.c"}),
        ("def f():\n from ..a import b as d\n return d()", {"d": "..a.b"}),
        ("def f():\n import a", {"a": "a"}),
        ("def f():\n import a\n def g(): return a.b\n return g", {"a.b": "a.b"}),
    ],
)
def test_follows_imports_inside_bodies(text, found):
    assert used(text) == found


SAME = [
    ("def f(): return 1", "def f():\n    # why\n    return (1)"),
    ("def f():\n 'doc'\n return 1", "def f(): return 1"),
    ("def f(): 'doc'", "def f(): pass"),
    ("def f(): return 1", "def g(): return 1"),
    ("def f(x: int) -> str: return x", "def f(x): return x"),
    ("x = 'a' 'b'", 'x = "ab"'),
    ("x = u'a'", "x = 'a'"),
    ("x = 1_000", "x = 1000"),
    ("x = f'a{b}' 'c'", "x = f'a{b}c'"),
    ("x = f'{b:}'", "x = f'{b}'"),
    ("x: int = 1", "x = 1"),
    ("def f():\n x: int\n return 1", "def f(): return 1"),
    ("class A:\n x: int = 1\n 'about x'", "class A:\n x: int = 1"),
]
OTHER = [
    ("x = 1", "x = '1'"),
    ("x = 1", "x = True"),
    ("x = 1", "x = 1.0"),
    ("x = b'a'", "x = 'a'"),
    ("x = (1, 12)", "x = (11, 2)"),
    ("x = [1]", "x = (1,)"),
    ("x = f'{a}'", "x = f'{a!r}'"),
    ("x = f'{a}'", "x = f'{a:>3}'"),
    ("x = f'{a}b'", "x = f'{a}' + 'b'"),
    ("def f(a, b): pass", "def f(a, *, b): pass"),
    ("def f(a, /, b): pass", "def f(a, b): pass"),
    ("def f(): return 1", "def f(): yield 1"),
    ("def f(): return 1", "async def f(): return 1"),
    ("def f(a=1): pass", "def f(a=2): pass"),
    ("class A(B): pass", "class A(C): pass"),
    ("class A:\n x: int", "class A:\n x: str"),
    ("if a:\n b\nelse:\n c", "if a:\n b\nc"),
    ("a.b.c", "a.c.b"),
    ("x = {**a, 'b': 1}", "x = {'b': 1, **a}"),
    ("-x", "+x"),
    ("a < b", "a <= b"),
]


def digest_of(text):
    return syntax_digest(ast.parse(text).body)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_looks_different_and_is_the_same(one, other):
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_is_different(one, other):
    assert digest_of(one) != digest_of(other)


@given(st.text(alphabet="abc=()[]{}:+-*/,. \n\t'\"#01fd", max_size=40))
def test_any_text_gives_a_table_or_a_syntax_error(text):
    try:
        table = build_table(text)
    except (SyntaxError, ValueError):
        return
    assert table_from_json(json.loads(json.dumps(table_to_json(table)))) == table


def test_digests_of_code_are_what_they_always_were(golden):
    import edit_matrix

    for name, text in edit_matrix.PROJECT.items():
        table = build_table(text)
        golden.check(f"syntax-{name}", table.whole.digest)


def age(path, seconds=60):
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


@pytest.fixture
def parsed(monkeypatch):
    """Count the files that are parsed."""
    calls = []

    def count(text):
        calls.append(text)
        return build_table(text)

    monkeypatch.setattr(module, "build_table", count)
    return calls


def test_parses_a_file_once(tmp_path, parsed):
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    age(file)
    sources = Sources(tmp_path)
    first = sources.table(str(file))
    sources.look_again()
    assert sources.table(str(file)) is first
    assert len(parsed) == 1


def test_parses_again_what_changed_and_not_what_was_touched(tmp_path, parsed):
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    age(file, 60)
    sources = Sources(tmp_path)
    sources.table(str(file))
    age(file, 30)
    sources.look_again()
    sources.table(str(file))
    assert len(parsed) == 1
    file.write_text(TEXT.replace("N = 3", "N = 4"))
    sources.look_again()
    sources.table(str(file))
    assert len(parsed) == 2


def test_reads_once_more_what_was_written_just_before(tmp_path, parsed):
    """A second write within the tick of the clock leaves size and time as they were."""
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    status = file.stat()
    sources = Sources(tmp_path)
    before = sources.table(str(file))
    file.write_text(TEXT.replace("N = 3", "N = 4"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    sources.look_again()
    after = sources.table(str(file))
    assert after.assignments["N"].digest != before.assignments["N"].digest


def test_remembers_between_processes_without_parsing(tmp_path, parsed):
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    age(file)
    before = Sources(tmp_path, tmp_path / "cache").table(str(file))
    after = Sources(tmp_path, tmp_path / "cache").table(str(file))
    assert after == before
    assert len(parsed) == 1


def test_a_copied_project_brings_its_cache_along(tmp_path, parsed):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "a.py").write_text(TEXT)
    Sources(one, tmp_path / "cache").table(str(one / "a.py"))
    Sources(other, tmp_path / "cache").table(str(other / "a.py"))
    assert len(parsed) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"schema": 0}', b"\xff\xfe"])
def test_a_damaged_cache_is_made_again(tmp_path, parsed, damage):
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    age(file)
    before = Sources(tmp_path, tmp_path / "cache").table(str(file))
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(damage)
    assert Sources(tmp_path, tmp_path / "cache").table(str(file)) == before
    assert len(parsed) == 2


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    (tmp_path / "cache").write_text("a file in the way")
    assert Sources(tmp_path, tmp_path / "cache").table(str(file)) is not None


def test_a_file_is_looked_at_once_for_a_plan(tmp_path, monkeypatch):
    """Even one that was written just before, as after every edit."""
    file = tmp_path / "a.py"
    file.write_text(TEXT)
    sources = Sources(tmp_path, tmp_path / "cache")
    first = sources.table(str(file))
    monkeypatch.setattr(module, "os", None)
    assert sources.table(str(file)) is first


def test_what_is_no_python_has_no_table(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("def f(:")
    assert Sources(tmp_path).table(str(file)) is None
    assert Sources(tmp_path).table(str(tmp_path / "missing.py")) is None


def test_reads_other_encodings(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes("# coding: latin-1\nX = 'ü'\n".encode("latin-1"))
    same = tmp_path / "b.py"
    same.write_text("X = 'ü'\n", encoding="utf-8")
    sources = Sources(tmp_path)
    digests = {sources.table(str(place)).assignments["X"].digest for place in (file, same)}
    assert len(digests) == 1


def test_shows_source_without_comments_docstrings_and_indentation():
    lines = [
        "    @decorated",
        "    def f(x):  # about",
        '        """Doc',
        '        string."""',
        "        # comment",
        "",
        "        return 'kept # here'",
    ]
    assert plain_text(lines) == "@decorated\ndef f(x):\n    return 'kept # here'\n"


def test_shows_changed_lines():
    before = "def f(x):\n    return x.clip(0, 1)\n"
    after = "def f(x):\n    return x.clip(-1, 1)\n"
    assert changed_lines(before, after) == ["-    return x.clip(0, 1)", "+    return x.clip(-1, 1)"]
