"""Files that hold no table: documents, text, arrays, pickles, pictures, figures, folders."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import pickle
import time
from collections import OrderedDict
from pathlib import Path

import matplotlib as mpl
import matplotlib.figure
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from plait.catalog import DataCatalog
from plait.errors import CatalogError, DatasetError, MissingLibraryError
from plait.values import PartitionKey

mpl.use("Agg")
from matplotlib import pyplot as plt

DOCUMENT = {"name": "Zoë", "scores": [1, 2.5, True], "nested": {"a": {"b": "c"}}}


def catalog(tmp_path, **entry):
    return DataCatalog.from_config({"data": entry}, root=tmp_path)


def drawn():
    figure = mpl.figure.Figure()
    figure.subplots().plot([1, 3, 2])
    return figure


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("data.json", {**DOCUMENT, "none": None}),
        ("data.yml", {**DOCUMENT, "none": None, "day": dt.date(2024, 5, 17)}),
        ("data.yaml", [1, "two"]),
        ("data.toml", DOCUMENT),
        ("data.txt", "one\ntwo\nZoë\n"),
        ("data.md", "# Title\n"),
        ("data.html", "<p>Zoë</p>"),
        ("data.pkl", {"any": object, "set": {1, 2}}),
        ("data.pickle", [1]),
        ("data.joblib", {"a": 1}),
    ],
)
def test_what_is_saved_is_loaded(tmp_path, path, data):
    found = catalog(tmp_path, path=path)
    found.save("data", data)
    assert found.load("data") == data


def test_keys_keep_their_order(tmp_path):
    for path in ("data.yml", "data.json", "data.toml"):
        found = catalog(tmp_path, path=path)
        found.save("data", {"z": 1, "a": 2})
        assert list(found.load("data")) == ["z", "a"]


@pytest.mark.parametrize("path", ["data.json", "data.yml"])
def test_numbers_of_numpy_are_numbers(tmp_path, path):
    found = catalog(tmp_path, path=path)
    numbers = {"f": np.float32(0.5), "d": np.float64(0.25), "i": np.int64(3), "a": np.arange(2)}
    found.save("data", {**numbers, "p": Path("x/y"), "o": OrderedDict(z=1), "k": PartitionKey("key")})
    loaded = found.load("data")
    assert loaded == {"f": 0.5, "d": 0.25, "i": 3, "a": [0, 1], "p": "x/y", "o": {"z": 1}, "k": "key"}


@pytest.mark.parametrize(
    ("path", "data", "text"),
    [
        ("data.json", {"x": {1, 2}}, "a value of type set cannot be stored as plain text"),
        ("data.yml", {"x": 1j}, "a value of type complex cannot be stored as plain text"),
        ("data.json", pd.DataFrame({"a": [1]}), "give the entry `type: pandas.JSONDataset`"),
        ("data.yml", pd.DataFrame({"a": [1]}), "a table cannot be stored as `yaml`"),
        ("data.toml", [1], "a TOML file takes a dictionary, and the data is of type list"),
        ("data.txt", 3, "a text file takes a string, and the data is of type int"),
        ("data.npz", np.zeros(3), "an .npz file takes a dictionary of arrays by name"),
        ("data.png", "text", "a picture takes a Pillow image or a Matplotlib figure"),
        ("data.svg", 3, "a figure file takes a Matplotlib figure"),
        ("data.pkl", lambda: 1, "an object of type function cannot be pickled"),
    ],
)
def test_data_that_does_not_fit_is_refused_and_the_old_file_stays(tmp_path, path, data, text):
    (tmp_path / path).write_bytes(b"old")
    with pytest.raises(DatasetError) as error:
        catalog(tmp_path, path=path).save("data", data)
    assert text in str(error.value)
    assert (tmp_path / path).read_bytes() == b"old"


def test_text_in_another_encoding(tmp_path):
    (tmp_path / "data.txt").write_bytes("Zoë".encode("latin-1"))
    found = catalog(tmp_path, path="data.txt")
    with pytest.raises(DatasetError, match="encoding"):
        found.load("data")
    args = {"open_args_load": {"encoding": "latin-1"}, "open_args_save": {"encoding": "utf-16"}}
    found = catalog(tmp_path, path="data.txt", fs_args=args)
    assert found.load("data") == "Zoë"
    found.save("data", "Zoë")
    assert (tmp_path / "data.txt").read_text("utf-16") == "Zoë"


def test_arrays(tmp_path):
    array = np.arange(12.0).reshape(6, 2)
    found = catalog(tmp_path, path="data.npy")
    found.save("data", array)
    assert np.array_equal(found.load("data"), array)
    look = found.dataset("data").preview(2)
    assert (look.content, look.rows, look.complete) == ([[0.0, 1.0], [2.0, 3.0]], 6, False)

    found = catalog(tmp_path, path="data.npz")
    found.save("data", {"a": array, "b": np.array(3)})
    loaded = found.load("data")
    assert np.array_equal(loaded["a"], array)
    assert loaded["b"] == 3
    assert found.dataset("data").preview(5).content == [["a", "(6, 2)", "float64"], ["b", "()", "int64"]]


def test_a_pickle_of_objects_in_an_array_is_not_opened_unasked(tmp_path):
    np.save(tmp_path / "data.npy", np.array([{}], dtype=object))
    with pytest.raises(DatasetError, match="allow_pickle"):
        catalog(tmp_path, path="data.npy").load("data")


def test_pickles_have_backends(tmp_path):
    found = catalog(tmp_path, type="pickle.PickleDataset", filepath="data.pkl", backend="joblib")
    found.save("data", {"a": np.zeros(3)})
    assert np.array_equal(found.load("data")["a"], np.zeros(3))
    with pytest.raises(MissingLibraryError, match="needs 'nosuchpickle', which is not installed"):
        catalog(tmp_path, type="pickle", path="data.pkl", backend="nosuchpickle").load("data")
    with pytest.raises(CatalogError, match="`backend: math` has no `load` and `dump`"):
        catalog(tmp_path, type="pickle", path="data.pkl", backend="math").load("data")


def test_pictures(tmp_path):
    image = Image.new("RGB", (3, 2), (255, 0, 0))
    found = catalog(tmp_path, path="data.png")
    found.save("data", image)
    assert found.load("data").getpixel((2, 1)) == (255, 0, 0)
    look = found.dataset("data").preview()
    assert (look.kind, look.media_type, look.content) == (
        "image",
        "image/png",
        (tmp_path / "data.png").read_bytes(),
    )
    Image.new("L", (3000, 10)).save(tmp_path / "data.tiff")
    look = catalog(tmp_path, path="data.tiff").dataset("data").preview()
    assert look.content.startswith(b"\x89PNG")


def test_a_film_keeps_its_frames(tmp_path):
    frames = [Image.new("L", (2, 2), shade) for shade in (0, 100, 200)]
    frames[0].save(tmp_path / "data.gif", save_all=True, append_images=frames[1:])
    film = catalog(tmp_path, path="data.gif").load("data")
    (tmp_path / "data.gif").unlink()
    film.seek(2)
    assert film.n_frames == 3


def test_a_figure_can_be_the_picture(tmp_path):
    found = catalog(tmp_path, path="data.png")
    found.save("data", drawn())
    assert found.load("data").size == (640, 480)


def test_figures_made_through_pyplot_are_closed_when_saved(tmp_path):
    kept, _ = plt.subplots()
    _, axes = plt.subplots()
    axes.plot([1, 2])
    catalog(tmp_path, path="data.svg").save("data", axes)
    assert plt.get_fignums() == [kept.number]
    plt.close(kept)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(tmp_path, suffix, monkeypatch):
    digests = set()
    for moment in (1_000_000_000, 1_700_000_000):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment))
        catalog(tmp_path, type="matplotlib", path=f"data.{suffix}").save("data", drawn())
        digests.add(hashlib.sha256((tmp_path / f"data.{suffix}").read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("many", [{"one.png": 1, "sub/two.svg": 2}, [1, 2]])
def test_many_figures_go_into_a_folder_that_is_replaced(tmp_path, many):
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "old.png").write_bytes(b"old")
    found = catalog(tmp_path, type="matplotlib.MatplotlibDataset", filepath="plots", overwrite=True)
    data = {name: drawn() for name in many} if isinstance(many, dict) else [drawn() for _ in many]
    found.save("data", data)
    names = sorted(
        path.relative_to(tmp_path / "plots").as_posix() for path in (tmp_path / "plots").rglob("*.*")
    )
    assert names == (["one.png", "sub/two.svg"] if isinstance(many, dict) else ["0.png", "1.png"])
    assert found.dataset("data").preview(5).content == names


def test_a_figure_cannot_be_written_outside_of_its_folder(tmp_path):
    found = catalog(tmp_path, type="matplotlib", path="plots")
    with pytest.raises(DatasetError, match=r"the figure name '\.\./x\.png' leads out of its folder"):
        found.save("data", {"../x.png": drawn()})


def test_a_figure_is_not_loaded_back_but_its_file_is_there(tmp_path):
    found = catalog(tmp_path, path="data.svg")
    found.save("data", drawn())
    with pytest.raises(DatasetError, match="annotate the argument with `pathlib"):
        found.load("data")
    assert found.load("data", as_="path") == tmp_path / "data.svg"
    assert found.dataset("data").preview().media_type == "image/svg+xml"


def test_plotly_figures(tmp_path):
    figure = go.Figure(go.Bar(x=[1, 2], y=[3, 4]))
    found = catalog(tmp_path, type="plotly", path="data.json")
    found.save("data", figure)
    assert found.load("data") == figure
    look = found.dataset("data").preview()
    assert look.kind == "plotly"
    assert look.content["data"][0]["type"] == "bar"

    pages = []
    for _ in range(2):
        found = catalog(tmp_path, type="plotly", path="data.html", save_args={"include_plotlyjs": "cdn"})
        found.save("data", figure)
        pages.append((tmp_path / "data.html").read_text())
    assert pages[0] == pages[1]
    assert "<html>" in pages[0]
    with pytest.raises(DatasetError, match="a figure stored as a page cannot be loaded back"):
        found.load("data")


def test_a_table_is_drawn_by_the_entry(tmp_path):
    arguments = {"type": "bar", "fig": {"x": "a", "y": "b"}, "layout": {"title": "T"}}
    found = catalog(tmp_path, type="plotly.PlotlyDataset", filepath="data.json", plotly_args=arguments)
    found.save("data", pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}))
    assert found.load("data").layout.title.text == "T"


def test_a_file_or_folder_as_it_lies_there(tmp_path):
    written = tmp_path / "scratch"
    (written / "deep").mkdir(parents=True)
    (written / "deep" / "a.bin").write_bytes(b"1")
    found = catalog(tmp_path, type="path", path="kept")
    found.save("data", written)
    assert found.load("data") == tmp_path / "kept"
    assert (tmp_path / "kept" / "deep" / "a.bin").read_bytes() == b"1"
    assert found.dataset("data").preview(3).content == ["deep/a.bin"]

    found = catalog(tmp_path, type="path", path="kept.bin")
    found.save("data", written / "deep" / "a.bin")
    assert found.load("data").read_bytes() == b"1"
    assert found.dataset("data").preview().content == "a file of 1 bytes"
    with pytest.raises(DatasetError, match="a file or folder is saved by returning its path"):
        found.save("data", b"1")


def test_first_looks_at_documents_and_text_are_cut(tmp_path):
    (tmp_path / "data.json").write_text(json.dumps({"long": list(range(1000)), "short": [1]}))
    look = catalog(tmp_path, path="data.json").dataset("data").preview(3)
    assert (look.kind, look.content, look.complete) == ("json", {"long": [0, 1, 2], "short": [1]}, False)

    (tmp_path / "large.json").write_text("[\n" + "1,\n" * 1_000_000)
    look = catalog(tmp_path, path="large.json").dataset("data").preview(2)
    assert (look.kind, look.content, look.complete) == ("text", "[\n1,\n", False)

    (tmp_path / "data.md").write_text("# A\n\ntext\n")
    look = catalog(tmp_path, path="data.md").dataset("data").preview(10)
    assert (look.kind, look.content, look.complete) == ("markdown", "# A\n\ntext\n", True)

    (tmp_path / "line.txt").write_text("x" * 1_000_000)
    assert len(catalog(tmp_path, path="line.txt").dataset("data").preview(3).content) == 6_000


def test_a_pickle_is_not_opened_for_a_first_look(tmp_path):
    (tmp_path / "data.pkl").write_bytes(pickle.dumps(1))
    with pytest.raises(DatasetError, match="pickle has no preview"):
        catalog(tmp_path, path="data.pkl").dataset("data").preview()
