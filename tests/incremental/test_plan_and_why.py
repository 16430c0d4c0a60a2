"""What plan, why and state accept say, and what follows."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from plait import Project
from plait.errors import UsageError


def test_plan_before_anything_ran(mill):
    said = mill.plait("plan")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert sorted(lines[:4]) == [
        "▸ run clean it has not run yet",
        "▸ run halve report needs its result",
        "▸ run report it has not run yet",
        "▸ run weigh it has not run yet",
    ]
    assert not (mill.root / "data/02_intermediate").exists()
    mill.plait("plan", "--exit-code", code=1)
    mill.plait("run")
    assert mill.plait("plan", "--exit-code").out.endswith("everything is up to date: 4 skip\n")


def test_plan_as_json(mill):
    mill.plait("run")
    mill.edit("src/mill/helpers.py", "> 0", "> 1")
    document = mill.plait("plan", "--json").json()
    assert document["schema"] == 1
    step = document["steps"][0]
    assert (step["node"], step["action"]) == ("clean", "run")
    reason = step["reasons"][0]
    assert (reason["kind"], reason["symbol"]) == ("code", "mill.helpers.cleaned")
    assert (reason["file"], reason["line"]) == ("src/mill/helpers.py", 1)
    assert 0 < document["expected_seconds"] < document["expected_seconds_at_most"]
    assert document["counts"]["run"] == 1


def test_a_plan_tells_how_long_it_takes_at_least_and_at_most(mill):
    mill.plait("run")
    before = "by what the nodes took before"
    assert re.search(rf"; about \d[^,]*, {before}$", mill.plait("plan", "--fresh").out.strip())
    mill.edit("src/mill/helpers.py", "> 0", "> 1")
    assert re.search(rf"; at least \d.*, at most \d.*, {before}$", mill.plait("plan").out.strip())


def test_plan_of_a_part_with_other_parameters(mill):
    mill.plait("run")
    assert mill.plan("weigh", "--params", "factor=3") == {"weigh": "run params"}


def test_why_shows_the_lines_that_changed(mill):
    mill.plait("run")
    mill.edit("src/mill/helpers.py", "> 0", "> 1")
    mill.edit("conf/base/parameters.yml", "10", "11")
    said = mill.plait("why", "clean").out
    assert said == (
        "clean would run: 1 reason\n"
        "  code    src/mill/helpers.py:1 cleaned changed   (clean → cleaned)\n"
        '              -    return grain[grain["size"] > 0]\n'
        '              +    return grain[grain["size"] > 1]\n'
        "  unchanged: 1 input, 1 other symbol, env\n"
        "  to accept without running: plait state accept clean\n"
    )
    assert "  params  factor   10 → 11\n" in mill.plait("why", "weigh").out
    document = mill.plait("why", "clean", "--json").json()
    assert "> 0" in document["reasons"][0]["before"]
    assert "> 1" in document["reasons"][0]["after"]


def test_why_explains_a_skip_too(mill):
    mill.plait("run")
    said = mill.plait("why", "weigh").out
    assert said.startswith(
        "weigh is up to date\n  unchanged  1 symbol, 1 parameter, 1 input, 1 output match run "
    )
    assert mill.plait("why", "halve").out == (
        "halve is up to date\n  not needed  nothing that runs needs its result\n"
    )
    assert "did you mean 'weigh'?" in mill.plait("why", "weihg", code=2).err


def test_accepting_a_change(mill):
    mill.plait("run")
    mill.edit("src/mill/helpers.py", "> 0", "> -1")
    assert mill.plan()["clean"] == "run code"
    assert mill.plait("state", "accept", "clean").out == "accepted: clean\n"
    assert {told.partition(" ")[0] for told in mill.plan().values()} == {"skip"}
    assert mill.ran() == []


def test_accepting_data_that_plait_did_not_make(mill):
    mill.write({"data/02_intermediate/grain.csv": "size\n7\n"})
    assert mill.plan()["clean"] == "run unrecorded"
    mill.plait("state", "accept", "clean")
    assert sorted(mill.ran()) == ["halve", "report", "weigh"]
    assert json.loads((mill.root / "data/08_reporting/summary.json").read_text())["total"] == 70


def test_a_pattern_accepts_all_that_can_be(mill):
    mill.plait("run")
    mill.edit("src/mill/pipelines/flour/nodes.py", "* factor", "* 1 * factor")
    mill.edit("src/mill/helpers.py", "> 0", "> -1")
    assert mill.plait("state", "accept", "*").out == "accepted: clean, weigh, report\n"
    assert mill.ran() == []
    assert "'x*' fits no node" in mill.plait("state", "accept", "x*", code=2).err


def test_what_is_not_there_cannot_be_accepted(mill):
    said = mill.plait("state", "accept", "clean", code=2)
    assert "The outputs of 'clean' cannot be accepted" in said.err
    assert "stores nothing" in mill.plait("state", "accept", "halve", code=2).err


def test_fresh_runs_what_is_selected(mill):
    mill.plait("run")
    assert mill.ran("--fresh", "weigh") == ["weigh"]
    assert sorted(mill.ran("--fresh")) == ["clean", "halve", "report", "weigh"]


def test_pruning_forgets_what_no_node_makes(mill):
    mill.plait("run")
    mill.edit(
        "src/mill/pipelines/flour/pipeline.py", 'node(weigh, {"factor": "params:factor"}, "weights"),', ""
    )
    said = mill.plait("state", "prune", "--keep-runs", "0").out
    assert "record of data/03_primary/weights.csv: no node of the project makes it" in said
    assert "would forget 1 records of outputs, 1 runs" in said
    mill.plait("state", "prune", "--keep-runs", "0", "--yes")
    assert mill.plait("runs", "list", "--json").json()["runs"] == []
    assert mill.ran() == []
    assert "would forget 0 records" in mill.plait("state", "prune").out


def test_records_travel(mill):
    mill.plait("run")
    mill.plait("state", "export", "records.jsonl")
    assert str(mill.root) not in (mill.root / "records.jsonl").read_text()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (mill.root / ".plait" / name).unlink(missing_ok=True)
    assert mill.plan()["clean"] == "run unrecorded"
    assert mill.plait("state", "import", "records.jsonl").out == "imported 3 records of outputs, 1 runs\n"
    assert mill.plait("state", "import", "records.jsonl").out == "imported 0 records of outputs, 0 runs\n"
    assert {told.partition(" ")[0] for told in mill.plan().values()} == {"skip"}
    mill.write({"other.jsonl": "{}\n"})
    assert "no state that this Plait can import" in mill.plait("state", "import", "other.jsonl", code=2).err


def test_what_a_record_lacks_is_adopted_and_said_once(mill):
    mill.plait("run")
    with sqlite3.connect(mill.root / ".plait/ledger.db") as ledger:
        for digest, body in ledger.execute("SELECT digest, body FROM facts").fetchall():
            facts = json.loads(body)
            del facts["env"]
            ledger.execute(
                "UPDATE facts SET body = ?, digest = ? WHERE digest = ?",
                (json.dumps(facts), f"-{digest}", digest),
            )
            ledger.execute("UPDATE traces SET facts = ? WHERE facts = ?", (f"-{digest}", digest))
    for complete in (mill.root / ".plait/cache").glob("complete-*"):
        complete.unlink()
    assert mill.plan()["weigh"] == "skip unchanged"
    assert "adopted  env" in mill.plait("why", "weigh").out
    first = mill.plait("run", "--json").out
    assert first.count('"kind": "adopted"') == 3
    for complete in (mill.root / ".plait/cache").glob("complete-*"):
        complete.unlink()
    assert '"kind": "adopted"' not in mill.plait("run", "--json").out


def test_stale_ancestors_outside_a_selection_are_named_and_not_run(mill):
    mill.plait("run")
    assert "stale" not in mill.plait("run", "weigh").out
    mill.edit("src/mill/helpers.py", "> 0", "> 1")

    planned = mill.plait("plan", "report").out
    assert "stale upstream, outside the selection and left as it is: clean\n  → plait why clean" in planned
    assert mill.plait("plan", "weigh", "--json").json()["stale_upstream"] == ["clean"]

    for _ in range(2):  # the second time, nothing has changed since the first
        said = mill.plait("run", "weigh").out
        assert "1 skipped" in said
        assert "stale upstream, outside the selection and left as it is: clean\n" in said
    events = [json.loads(text) for text in mill.plait("run", "weigh", "--json").out.splitlines()]
    assert events[-1] == {"schema": 1, "event": "stale_upstream", "nodes": ["clean"]}

    assert "stale" not in mill.plait("run", "+weigh").out
    assert "stale" not in mill.plait("run", "weigh").out
    assert "everything is up to date" in mill.plait("run", "weigh").out


def test_data_that_changed_above_a_selection_is_noticed_at_a_glance(mill):
    mill.plait("run")
    mill.plait("run", "weigh")
    assert "everything is up to date: 1 node," in mill.plait("run", "weigh").out
    mill.write({"data/01_raw/grain.csv": "size\n5\n"})
    assert "left as it is: clean\n" in mill.plait("run", "weigh").out


def test_no_selection_has_no_ancestors(mill):
    mill.plait("run")
    mill.edit("conf/base/parameters.yml", "factor: 10", "factor: 11")
    assert mill.plait("plan", "--json").json()["stale_upstream"] == []
    assert "stale" not in mill.plait("run").out


def test_what_never_ran_is_not_stale(mill):
    mill.write({"data/02_intermediate/grain.csv": "size\n1\n"})
    assert "stale" not in mill.plait("run", "weigh").out


def test_a_project_runs_afresh_what_it_is_asked_to(mill):
    with Project.open(mill.root) as project:

        def ran(**how):
            result = project.run(**how)
            return sorted(item.name for item in result.with_status("done")), result.stale_upstream

        assert len(ran()[0]) == 4
        assert ran() == ([], ())
        assert ran(select="weigh", fresh=True) == (["weigh"], ())
        assert ran(fresh=["clean"]) == (["clean"], ())
        with pytest.raises(UsageError, match=r"no node 'clean' in this run"):
            project.run(select="weigh", fresh=["clean"])
    mill.edit("conf/base/parameters.yml", "factor: 10", "factor: 11")
    with Project.open(mill.root) as project:
        assert project.run(select="report").stale_upstream == ("weigh",)


PARTED = {
    "conf/base/catalog.yml": "grains: data/grains/*.txt\nfine: data/fine/*.txt\nfiner: data/finer/*.txt\n",
    "src/mill/pipelines/flour/nodes.py": """
        def grind(grain):
            return grain.upper()


        def sieve(ground):
            return ground
    """,
    "src/mill/pipelines/flour/pipeline.py": """
        from plait import each, node, pipeline
        from mill.pipelines.flour.nodes import grind, sieve


        def create_pipeline():
            return pipeline([
                node(grind, [each("grains")], each("fine")),
                node(sieve, [each("fine")], each("finer")),
            ])
    """,
    **{f"data/grains/g{number:02d}.txt": f"{number}\n" for number in range(20)},
}


def test_plan_and_why_count_the_keys_of_partitioned_nodes(mill):
    mill.write(PARTED)
    assert "grind  keys: 20 to run; it has not run yet (20 keys)\n" in mill.plait("plan").out
    mill.plait("run")
    planned = mill.plait("plan").out
    assert "· skip     grind  keys: 20 up to date; 20 keys match what was recorded\n" in planned

    mill.write({"data/grains/g01.txt": "other\n"})
    (mill.root / "data/grains/g02.txt").unlink()
    planned = mill.plait("plan").out
    told = "keys: 1 to run, 18 up to date, 1 to retire; the data of 'grains' changed (1 key)  (+1)"
    assert f"▸ run      grind  {told}\n" in planned
    assert "? maybe    sieve  keys: 20 may run; if grind makes other data" in planned
    counts = {"run": 1, "skip": 18, "maybe": 0, "blocked": 0, "unmatched": 0, "retire": 1}
    steps = {step["node"]: step for step in mill.plait("plan", "--json").json()["steps"]}
    assert steps["grind"]["keys"] == counts
    assert steps["sieve"]["keys"]["maybe"] == 20

    said = mill.plait("why", "grind").out
    assert said.startswith("grind would run: 2 reasons\n  keys    1 to run, 18 up to date, 1 to retire\n")
    assert mill.plait("why", "grind", "--json").json()["keys"] == counts
    mill.plait("run")
    assert mill.plait("why", "sieve").out.startswith("sieve is up to date\n  keys    19 up to date\n")


def test_nodes_without_keys_count_none(mill):
    assert {step["keys"] for step in mill.plait("plan", "--json").json()["steps"]} == {None}


def test_a_database_that_nothing_identifies_is_told_with_the_line_that_helps(mill):
    """It is no SQLite for Plait, and of others the rows are not read to find out whether to read them."""
    from sqlalchemy.dialects import registry

    registry.register("granary", "sqlalchemy.dialects.sqlite.pysqlite", "SQLiteDialect_pysqlite")
    with sqlite3.connect(mill.root / "store.db") as connection:
        connection.execute("CREATE TABLE grain (size INTEGER)")
        connection.execute("INSERT INTO grain VALUES (1), (2)")
    connection.close()
    mill.write({"conf/local/credentials.yml": f"granary: {{con: 'granary:///{mill.root}/store.db'}}\n"})
    entry = "grain: {type: pandas.SQLTableDataset, table_name: grain, credentials: granary}"
    mill.edit("conf/base/catalog.yml", "grain: data/01_raw/grain.csv", entry)
    mill.plait("run")
    said = mill.plait("plan").out
    assert "nothing tells whether the data of 'grain' changed, so clean always runs\n" in said
    fix = "write in its catalog entry, say, `fingerprint_query: SELECT max(updated_at), count(*) FROM grain`"
    assert f"  → {fix}\n" in said
    assert f"→ {fix}" in mill.plait("why", "clean").out
    (step,) = [step for step in mill.plait("plan", "--json").json()["steps"] if step["node"] == "clean"]
    assert (step["reasons"][0]["kind"], step["reasons"][0]["fix"]) == ("unversioned", fix)

    query = "fingerprint_query: 'SELECT max(size), count(*) FROM grain'"
    mill.edit("conf/base/catalog.yml", "table_name: grain,", f"table_name: grain, {query},")
    mill.plait("run")
    assert set(mill.plan().values()) <= {"skip unchanged", "skip not_needed"}
    with sqlite3.connect(mill.root / "store.db") as connection:
        connection.execute("INSERT INTO grain VALUES (3)")
    connection.close()
    assert mill.plan()["clean"] == "run input"


def test_why_of_a_dataset_answers_for_the_node_that_makes_it(mill):
    mill.plait("run")
    mill.edit("conf/base/parameters.yml", "10", "11")
    said = mill.plait("why", "weights").out
    assert said.startswith("'weights' is made by weigh\nweigh would run: 1 reason\n")
    assert mill.plait("why", "weights", "--json").json()["node"] == "weigh"


def test_why_of_a_raw_input_tells_its_state_and_its_readers(mill):
    assert mill.plait("why", "grain").out == (
        "'grain' is an input that no node makes; it is there; read by clean\n"
    )
    (mill.root / "data/01_raw/grain.csv").unlink()
    assert "it does not exist; read by clean" in mill.plait("why", "grain").out
