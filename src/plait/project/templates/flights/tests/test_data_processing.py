from datetime import UTC, date, datetime

import pandas as pd
import polars as pl

from flights.pipelines.data_processing.nodes import (
    Split,
    build_features,
    clean_flights,
    clean_planes,
    clean_weather,
    join_tables,
    split_by_date,
)

RAW_FLIGHT = {
    "year": 2013,
    "month": 7,
    "day": 4,
    "hour": 9,
    "minute": 30,
    "sched_arr_time": 1245,
    "dep_delay": -3,
    "arr_delay": 12,
    "carrier": "UA",
    "tailnum": "N1",
    "origin": "EWR",
    "dest": "LAX",
    "distance": 2454,
    "time_hour": "2013-07-04T13:00:00Z",
}
RAW_WEATHER = {
    "origin": "EWR",
    "time_hour": "2013-07-04T12:00:00Z",
    "temp": 80.0,
    "wind_speed": 7.0,
    "precip": 0.0,
    "visib": 10.0,
    "pressure": 1012.0,
}


def raw_flights(**changes: object) -> pl.DataFrame:
    return pl.DataFrame([RAW_FLIGHT, {**RAW_FLIGHT, **changes}])


def test_flights_without_an_arrival_are_left_out():
    flights = clean_flights(raw_flights(arr_delay=None))
    assert flights["arrival_delay"].to_list() == [12]


def test_clock_times_become_minutes_of_the_day():
    first = clean_flights(raw_flights()).row(0, named=True)
    assert first["departure_minute"] == 9 * 60 + 30
    assert first["arrival_minute"] == 12 * 60 + 45
    assert first["date"] == date(2013, 7, 4)


def test_weather_is_known_in_the_hour_after_it_was_observed():
    weather = clean_weather(pl.DataFrame([RAW_WEATHER]))
    assert weather["departure_hour"].to_list() == [datetime(2013, 7, 4, 13, tzinfo=UTC)]


def test_planes_appear_once_even_when_their_year_is_unknown():
    raw = pd.DataFrame(
        {"tailnum": ["N1", "N1", "N2"], "year": [1999, 1999, None], "seats": [55, 55, 182]}
    )
    planes = clean_planes(raw)
    assert planes["tailnum"].tolist() == ["N1", "N2"]
    assert planes["built"].isna().tolist() == [False, True]


def test_joining_keeps_every_flight_once():
    flights = clean_flights(raw_flights(dest="XXX", tailnum=None, origin="JFK"))
    planes = pl.DataFrame({"tailnum": ["N1"], "built": [2003], "seats": [189]})
    airports = pl.DataFrame({"faa": ["LAX"], "lat": [33.9], "lon": [-118.4], "tz": [-8]})
    table = join_tables(flights, clean_weather(pl.DataFrame([RAW_WEATHER])), planes, airports)
    assert table["temperature"].to_list() == [80.0, None]
    assert table["seats"].to_list() == [189, None]
    assert table["dest_latitude"].to_list() == [33.9, None]


def test_the_scheduled_duration_counts_the_time_zones_crossed():
    table = pl.DataFrame(
        {
            "date": [date(2013, 7, 4)],
            "departure_hour": [None],
            "departure_minute": [570],
            "arrival_minute": [765],
            "dest_utc_offset": [-8],
            "distance": [2454],
            "built": [2003],
            "tailnum": ["N1"],
            "carrier": ["UA"],
            "origin": ["EWR"],
            "dest": ["LAX"],
        }
    )
    flight = build_features(table).row(0, named=True)
    assert flight["scheduled_duration"] == 195 + 3 * 60
    assert flight["plane_age"] == 10
    assert flight["weekday"] == 4


def test_no_day_is_on_both_sides_of_the_split():
    days = pl.DataFrame({"date": pl.date_range(date(2013, 9, 28), date(2013, 10, 3), eager=True)})
    train, test = split_by_date(days, Split(test_from=date(2013, 10, 1)))
    assert train["date"].max() == date(2013, 9, 30)
    assert test["date"].min() == date(2013, 10, 1)
    assert len(train) + len(test) == len(days)
