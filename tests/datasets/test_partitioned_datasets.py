"""Many files as one dataset: keys, parts by themselves, lazily, in any format, here and on S3."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from plait.catalog import DataCatalog
from plait.catalog.check import check_catalog, shared_locations
from plait.catalog.locations import stand_in
from plait.catalog.protocols import Appends, Partitions, Previewable, Progress, Streams
from plait.datasets import formats
from plait.datasets.partitions import PartitionedDataset
from plait.errors import CatalogError, DatasetError, Problems
from plait.identity.datasets import binding_of, spec_of

TABLE = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


def catalog(root: Path, **entries: object) -> DataCatalog:
    return DataCatalog.from_config(entries, root=root)


def months(root: Path) -> PartitionedDataset:
    return catalog(root, months="data/{year}/{month}.parquet").dataset("months")


def test_what_it_can_do(tmp_path):
    for protocol in (Partitions, Appends, Streams, Progress, Previewable):
        assert isinstance(months(tmp_path), protocol)


@pytest.mark.parametrize(
    ("entry", "file", "key", "location"),
    [
        ("data/{year}/{month}.csv", "data/2024/05.csv", "2024/05", "data/{year}/{month}.csv"),
        ("data/*.csv", "data/cars.csv", "cars", "data/*.csv"),
        ({"path": "data/**/*.csv", "frame": "polars"}, "data/a/b.csv", "a/b", "data/**/*.csv"),
        ({"filepath": "data/*.dat", "type": "pandas.CSVDataset"}, "data/a.dat", "a", "data/*.dat"),
        ({"type": "partitions", "path": "data", "dataset": "csv"}, "data/a/b.csv", "a/b", "data"),
        (
            {"type": "partitions", "path": "data", "format": "csv", "suffix": ".txt"},
            "data/a.txt",
            "a",
            "data",
        ),
        (
            {"type": "partitions", "path": "data", "pattern": "{a}-{b}.csv"},
            "data/1-2.csv",
            "1/2",
            "data/{a}-{b}.csv",
        ),
        (
            {"type": "partitions", "path": "data", "dataset": {"type": "csv", "save_args": {"index": False}}},
            "data/a.csv",
            "a",
            "data",
        ),
    ],
)
def test_ways_to_write_an_entry(tmp_path, entry, file, key, location):
    found = catalog(tmp_path, parts=entry)
    assert check_catalog(found) == []
    assert (found.entry("parts").location, found.dataset("parts").location) == (location, location)
    found.save("parts", {key: TABLE})
    assert (tmp_path / file).exists()
    loaded = found.load("parts")
    assert list(loaded) == found.dataset("parts").keys() == [key]
    assert loaded[key].to_dict() if isinstance(loaded[key], pd.DataFrame) else loaded[key].rows()
    assert found.dataset("parts").part_location(key) == file
    assert found.dataset("parts").part_places() == {key: str(tmp_path / file)}


def test_options_of_the_format_go_to_each_part(tmp_path):
    found = catalog(tmp_path, models={"type": "pickle", "path": "m/*.pkl", "backend": "joblib"})
    assert found.dataset("models").part("a").options == {"backend": "joblib"}


def test_two_kinds_of_parts_in_one_folder_are_two_places(tmp_path):
    assert shared_locations(catalog(tmp_path, a="data/*.png", b="data/*.csv")) == []
    assert len(shared_locations(catalog(tmp_path, a="data/*.png", b="data/*.png"))) == 1


PROBLEMS = [
    (
        {"type": "partitions", "path": "x", "patern": "*.csv", "dataset": "csv"},
        "type 'partitions' takes no 'patern'\n  at dataset 'a'\n  → did you mean 'pattern' or 'path'?",
    ),
    ({"type": "partitions", "path": "x"}, "nothing says which format the parts have"),
    ("x/{a}{b}.csv", "pattern '{a}{b}.csv' has two placeholders side by side"),
    ({"type": "partitions", "path": "x", "dataset": {"type": "csvv"}}, "did you mean 'csv'?"),
    ({"path": "y/*.csv", "framee": "pandas"}, "csv takes no 'framee'"),
    ({"path": "y/*.csv", "frame": "pandass"}, "csv has no frame 'pandass'"),
    ({"path": "y/*.csv", "versioned": True}, "type 'partitions' cannot be versioned"),
    ({"type": "partitions", "dataset": "csv"}, "the entry has no 'path' that says where it lies"),
    ({"type": "partitions", "path": "x/*.csv", "suffix": ".csv"}, "both 'pattern' and 'suffix'"),
    ({"type": "partitions", "path": "x", "dataset": {"type": "csv", "path": "y"}}, "a part takes no 'path'"),
    (
        {"type": "partitions.PartitionedDataset", "path": "x", "dataset": "csv", "suffix": "."},
        "takes no 'suffix'",
    ),
]


@pytest.mark.parametrize(("entry", "message"), PROBLEMS)
def test_a_wrong_entry_is_found_and_explained(tmp_path, entry, message):
    found = catalog(tmp_path, a=entry)
    told = [str(problem) for problem in check_catalog(found)]
    if not told:
        with pytest.raises(CatalogError) as caught:
            found.dataset("a")
        told = [str(caught.value)]
    assert len(told) == 1
    assert message in told[0]


def test_checking_partitions_imports_no_data_library():
    code = (
        "import sys; from plait.catalog import DataCatalog; from plait.catalog.check import check_catalog;"
        "images = {'type': 'partitions', 'path': 'x', 'dataset': 'image'};"
        "c = DataCatalog.from_config({'a': 'x/*.csv', 'b': images});"
        "assert check_catalog(c) == []; c.dataset('a').keys();"
        "sys.exit(str({'pandas', 'polars', 'pyarrow', 'numpy', 'fsspec', 'PIL'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_parts_are_loaded_when_they_are_asked_for(tmp_path):
    dataset = months(tmp_path)
    dataset.save({f"{year}/{month:02}": TABLE for year in (2023, 2024) for month in (1, 2, 3)})
    parts = dataset.load()
    for path in (tmp_path / "data" / "2023").iterdir():
        path.write_bytes(b"broken")
    assert len(parts) == 6
    assert "2023/01" in parts
    assert list(parts["2024":]) == ["2024/01", "2024/02", "2024/03"]
    assert list(parts["2023/02":"2024/02"]) == ["2023/02", "2023/03", "2024/01"]
    assert list(parts.only(["2024/03", "2024/01"])) == ["2024/01", "2024/03"]
    assert parts["2024/01"].equals(TABLE)
    assert [value.equals(TABLE) for value in parts["2024":].values()] == [True] * 3
    with pytest.raises(DatasetError, match=r"data/2023/01.parquet"):
        parts["2023/01"]
    assert repr(parts) == "<6 parts of 'data/{year}/{month}.parquet': 2023/01 … 2024/03>"


def test_a_key_that_is_not_there_is_a_key_error_with_the_nearest(tmp_path):
    dataset = months(tmp_path)
    dataset.save({"2024/01": TABLE})
    parts = dataset.load()
    assert parts.get("2024/11") is None
    with pytest.raises(KeyError) as caught:
        parts["2024/11"]
    assert str(caught.value) == (
        "'data/{year}/{month}.parquet' has no part '2024/11'\n  → did you mean '2024/01'?"
    )


def test_parts_go_to_another_process_and_come_in_any_frame(tmp_path):
    dataset = months(tmp_path)
    dataset.save({"2024/01": pl.from_pandas(TABLE), "2024/02": TABLE})
    sent = pickle.loads(pickle.dumps(dataset.load_parts(frame="polars")))
    assert [type(value) for value in sent.values()] == [pl.DataFrame] * 2
    assert isinstance(dataset.load_part("2024/01", "arrow").column("a")[0].as_py(), int)
    assert dataset.load_part("2024/01", "path") == tmp_path / "data" / "2024" / "01.parquet"


def test_what_is_no_part_is_not_seen(tmp_path):
    dataset = catalog(tmp_path, all={"type": "partitions", "path": "d", "dataset": "path"}).dataset("all")
    (tmp_path / "d" / "deep").mkdir(parents=True)
    (tmp_path / "d" / ".plait-saving" / "x").mkdir(parents=True)
    for name in ("a.bin", "deep/b", ".hidden", "half.part", "edit~", ".plait-saving/x/c.bin", "deep/.d"):
        (tmp_path / "d" / name).write_text("x")
    assert dataset.keys() == ["a.bin", "deep/b"]


def test_a_folder_without_parts_says_what_lies_there_instead(tmp_path):
    found = catalog(tmp_path, images="data/*.png")
    assert not found.exists("images")
    assert found.dataset("images").fingerprint() is None
    with pytest.raises(DatasetError, match=r"'data/\*.png' has no parts\n  at dataset 'images'$"):
        found.load("images")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cat.jpg").write_text("x")
    with pytest.raises(DatasetError, match=r"there are files, such as 'cat.jpg', but none fits '\*.png'"):
        found.load("images")


def test_one_part_that_fails_does_not_lose_the_others(tmp_path):
    found = catalog(tmp_path, texts="data/*.txt")
    with pytest.raises(DatasetError) as caught:
        found.save("texts", {"a": "A", "b": 2, "c": "C"})
    assert "a text file takes a string" in str(caught.value)
    assert "at part 'b'" in str(caught.value)
    assert dict(found.load("texts")) == {"a": "A", "c": "C"}
    with pytest.raises(Problems) as many:
        found.dataset("texts").save({"a": None, "../b": "B", "d": "D"})
    assert len(many.value.problems) == 2
    assert found.load("texts")["d"] == "D"


@pytest.mark.parametrize(
    ("data", "message"), [([1], "takes a mapping of keys to values"), ({1: "x"}, "is text, and 1")]
)
def test_what_is_no_mapping_of_keys_is_refused(tmp_path, data, message):
    with pytest.raises(DatasetError, match=message):
        catalog(tmp_path, texts="data/*.txt").save("texts", data)


def called(value):
    raise AssertionError("a value is saved, not called")


def test_a_value_that_can_be_called_is_saved_as_it_is(tmp_path):
    found = catalog(tmp_path, models="models/*.pkl")
    found.save("models", {"a": called})
    assert found.load("models")["a"] is called


def test_fingerprints_are_those_of_the_files(tmp_path):
    dataset = months(tmp_path)
    dataset.save({"2024/01": TABLE, "2024/02": TABLE})
    parts = dataset.part_fingerprints()
    assert parts["2024/01"] == parts["2024/02"] == dataset.part("2024/01").fingerprint()
    assert dataset.part_fingerprints(["2024/02", "2024/03"]) == {"2024/02": parts["2024/02"]}
    whole = dataset.fingerprint()
    assert whole.strength == "content"
    dataset.save_part("2024/02", TABLE.head(1))
    changed = dataset.fingerprint()
    assert changed != whole
    dataset.save_part("2024/02", TABLE)
    (tmp_path / "data" / "notes.md").write_text("not a part")
    assert dataset.fingerprint() == whole


def test_a_retired_part_is_in_the_trash_under_its_path(tmp_path):
    dataset = months(tmp_path)
    dataset.save({"2023/12": TABLE, "2024/01": TABLE})
    dataset.retire(["2023/12", "1999/01"], tmp_path / "trash")
    assert dataset.keys() == ["2024/01"]
    assert (tmp_path / "trash" / "data" / "2023" / "12.parquet").exists()
    assert not (tmp_path / "data" / "2023").exists()
    dataset.retire(["2024/01"])
    assert dataset.keys() == []


def test_a_stream_of_parts_is_visible_at_once(tmp_path):
    dataset = catalog(tmp_path, texts="data/*.txt").dataset("texts")
    with dataset.stream() as writer:
        writer.append(("a", "A"))
        assert dataset.keys() == ["a"]
        writer.append({"b": "B"})
    assert dict(dataset.load()) == {"a": "A", "b": "B"}


def test_progress_of_parts_goes_with_them(tmp_path):
    dataset = catalog(tmp_path, texts="data/*.txt").dataset("texts")
    assert dataset.read_progress() is None
    dataset.append_with_progress([("a", "A")], {"seen": ["1"]})
    assert dataset.read_progress() == {"seen": ["1"]}
    assert dataset.keys() == ["a"]
    dataset.retire(["a"])
    assert dataset.read_progress() is None, "what came of it is gone, so it has to be made again"


def test_previews(tmp_path):
    dataset = months(tmp_path)
    with pytest.raises(DatasetError, match="has no parts"):
        dataset.preview_part()
    dataset.save({f"2024/{month:02}": TABLE for month in range(1, 5)})
    shown = dataset.preview(3)
    assert [row[0] for row in shown.content] == ["2024/01", "2024/02", "2024/03"]
    assert shown.content[0][1] == (tmp_path / "data/2024/01.parquet").stat().st_size
    assert (shown.complete, shown.rows) == (False, 4)
    assert dataset.preview_part(limit=1).content == [[1, "x"]]


class Words:
    """A dataset class of somebody's own: not atomic, and without a suffix."""

    def __init__(self, filepath: str, upper: bool = False) -> None:
        self.path = Path(filepath)
        self.upper = upper

    def load(self) -> list[str]:
        return self.path.read_text().split()

    def save(self, data: list[str]) -> None:
        with self.path.open("w") as file:
            for word in data:
                file.write((word.upper() if self.upper else word) + " ")


def test_parts_of_a_class_of_ones_own_are_whole_too(tmp_path):
    dataset = PartitionedDataset("w", {"type": Words, "upper": True}, root=tmp_path)
    dataset.save({"a/b": ["x", "y"]})
    assert dict(dataset.load()) == {"a/b": ["X", "Y"]}
    with pytest.raises(DatasetError, match="part 'a/b' cannot be saved\n  at w\n  AttributeError"):
        dataset.save({"a/b": ["half", 1], "c": ["z"]})
    assert dict(dataset.load()) == {"a/b": ["X", "Y"], "c": ["Z"]}
    with pytest.raises(CatalogError, match="Words refused its arguments"):
        PartitionedDataset("w", {"type": Words, "lower": True}, root=tmp_path).part("a")


SAMPLES = {
    "csv": TABLE, "parquet": TABLE, "feather": TABLE, "jsonl": TABLE, "excel": TABLE, "xml": TABLE,
    "json": {"a": [1]}, "yaml": {"a": [1]}, "toml": {"a": 1}, "text": "x", "markdown": "# x", "html": "<p>",
    "pickle": {"a": 1}, "joblib": {"a": 1}, "npy": np.arange(3), "npz": {"a": np.arange(3)},
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_has_parts(tmp_path, name):
    found = catalog(tmp_path, parts={"type": "partitions", "path": "p", "dataset": name})
    assert check_catalog(found) == []
    found.save("parts", {"a/b": SAMPLES[name], "c": SAMPLES[name]})
    assert list(found.load("parts")) == ["a/b", "c"]
    assert repr(found.load("parts")["a/b"]) == repr(SAMPLES[name]) or name == "npz"
    assert found.dataset("parts").kind.suffix


def test_formats_that_are_pictures_have_parts(tmp_path):
    from PIL import Image

    found = catalog(tmp_path, images="img/*.png")
    found.save("images", {"red": Image.new("RGB", (2, 2), "red")})
    assert found.load("images")["red"].getpixel((0, 0)) == (255, 0, 0)
    assert formats.IMAGE.name == "image"


def test_memory_is_that_of_one_part(tmp_path):
    found = catalog(tmp_path, arrays="a/*.npy")
    one = np.zeros(250_000)  # 2 MB
    found.save("arrays", {f"{number:02}": one for number in range(20)})
    tracemalloc.start()
    total = sum(float(value.sum()) for value in found.load("arrays").values())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 0
    assert peak < 3 * one.nbytes


def test_many_parts_are_listed_in_one_look(tmp_path, monkeypatch):
    dataset = catalog(tmp_path, texts="t/{a}/{b}.txt").dataset("texts")
    for folder in range(10):
        (tmp_path / "t" / str(folder)).mkdir(parents=True)
        for name in range(100):
            (tmp_path / "t" / str(folder) / f"{name}.txt").touch()
    looks, real = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looks.append(path) or real(path))
    monkeypatch.setattr(os, "stat", lambda *_, **__: pytest.fail("no file is looked at"))
    places = dataset.part_places()
    monkeypatch.undo()
    assert len(places) == 1000
    assert len(looks) == 11


# --- S3


@pytest.fixture(scope="module")
def server():
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server, request):
    import s3fs

    values = {"key": "me", "secret": "hunter2", "client_kwargs": {"endpoint_url": server}}
    bucket = re.sub("[^a-z]", "", request.node.name)[:50]
    s3fs.S3FileSystem(**values, skip_instance_cache=True).mkdir(bucket)
    return f"s3://{bucket}", {"dev": values}


def test_parts_on_s3(s3, tmp_path):
    url, credentials = s3
    entry = {"path": f"{url}/data/{{year}}/{{month}}.parquet", "credentials": "dev"}
    found = DataCatalog.from_config({"months": entry}, credentials)
    dataset = found.dataset("months")
    assert not found.exists("months")
    found.save("months", {f"2024/{month:02}": TABLE for month in range(1, 7)})
    assert dataset.keys() == [f"2024/{month:02}" for month in range(1, 7)]
    assert found.load("months")["2024/02"].equals(TABLE)
    assert dataset.load_part("2024/02", "polars").height == 2
    assert dataset.part_places() is None
    assert dataset.part_location("2024/02") == f"{url}/data/2024/02.parquet"
    assert dataset.preview(2).content[0][1] > 100
    before = dataset.part_fingerprints()
    assert {fingerprint.strength for fingerprint in before.values()} == {"token"}
    assert dataset.part_fingerprints(["2024/02", "2030/01"]) == {"2024/02": before["2024/02"]}
    dataset.save_part("2024/02", TABLE.head(1))
    assert {key for key, now in dataset.part_fingerprints().items() if now != before[key]} == {"2024/02"}
    dataset.retire(["2024/01"], tmp_path / "trash")
    assert (tmp_path / "trash" / stand_in(f"{url}/data") / "2024" / "01.parquet").exists()
    assert not dataset.exists_part("2024/01")
    dataset.append_with_progress([("2025/01", TABLE)], {"seen": 1})
    again = pickle.loads(pickle.dumps(dataset))
    assert (again.read_progress(), again.keys()[-1]) == ({"seen": 1}, "2025/01")
    assert "hunter2" not in f"{dataset!r}{found.entry('months')}{dataset.load()!r}"


def test_all_parts_on_s3_are_identified_by_one_listing(s3, monkeypatch):
    url, credentials = s3
    entry = {"path": f"{url}/t/*.txt", "credentials": "dev"}
    dataset = DataCatalog.from_config({"texts": entry}, credentials).dataset("texts")
    dataset.save({str(number): "x" for number in range(12)})
    fs = dataset._store.fs
    asked = []
    real = fs._call_s3

    async def counted(method, *args, **kwargs):
        asked.append(method)
        return await real(method, *args, **kwargs)

    monkeypatch.setattr(fs, "_call_s3", counted)
    listed = []
    find = fs.find
    monkeypatch.setattr(fs, "find", lambda *args, **kwargs: listed.append(args) or find(*args, **kwargs))
    assert len(dataset.part_fingerprints(dataset.keys())) == 12
    assert len(listed) == 2, "one for the keys, one for the fingerprints"
    assert "head_object" not in asked


def test_a_file_on_s3_grows_with_its_progress(s3):
    url, credentials = s3
    dataset = DataCatalog.from_config(
        {"log": {"path": f"{url}/log.csv", "credentials": "dev"}}, credentials
    ).dataset("log")
    assert dataset.read_progress() is None
    dataset.append_with_progress([TABLE], {"seen": 1})
    dataset.append_with_progress([pl.from_pandas(TABLE)], {"seen": 2})
    assert (len(dataset.load()), dataset.read_progress()) == (4, {"seen": 2})
    with dataset.stream() as writer:
        writer.append(TABLE)
        assert len(dataset.load()) == 4
    assert (len(dataset.load()), dataset.read_progress()) == (2, {"seen": 1}), "what lay there at that time"
    dataset.append(TABLE)
    dataset.append(TABLE)
    assert dataset.read_progress() is None


# --- What of its entry counts


def test_what_changes_the_values_of_parts_changes_their_binding_and_nothing_else(tmp_path):
    def identity(entry, **more):
        found = DataCatalog.from_config({"p": entry}, root=tmp_path, **more)
        dataset, told = found.dataset("p"), found.entry("p")
        return binding_of(dataset, told, None, str), spec_of(dataset, told, str)

    plain = {"path": "data/*.csv"}
    same = [{"path": "moved/{key}.csv"}, {"type": "partitions", "path": "x", "dataset": "csv"}]
    assert [identity(entry) for entry in same] == [identity(plain)] * 2
    for more in ({"frame": "polars"}, {"load_args": {"sep": ";"}}):
        assert identity({**plain, **more})[0] != identity(plain)[0]
    assert identity(plain, default_frame="polars") == identity({**plain, "frame": "polars"})
    binding, spec = identity({**plain, "save_args": {"sep": ";"}})
    assert (binding == identity(plain)[0], spec == identity(plain)[1]) == (True, False)
    words = PartitionedDataset("x", Words)
    old, new = (binding_of(words, None, None, lambda cls, code=code: (cls.__name__, code)) for code in "12")
    assert old != new, "the code of one's own class counts"
    kedros = {"type": "partitions.PartitionedDataset", "path": "x", "dataset": "csv"}
    assert identity(kedros) != identity(plain)


def test_it_says_how_it_is_made(tmp_path):
    given = PartitionedDataset("t/{a}.csv", frame="polars", save_args={"separator": ";"}, root=tmp_path)
    described = DataCatalog({"t": given}).to_config()[0]
    again = DataCatalog.from_config(described, root=tmp_path)
    again.save("t", {"x": TABLE})
    assert (tmp_path / "t" / "x.csv").read_text() == "a;b\n1;x\n2;y\n"
    assert again.dataset("t").to_config() == given.to_config()
    assert PartitionedDataset("w", Words).to_config()["dataset"]["type"].endswith(".Words")
