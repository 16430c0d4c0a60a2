from pathlib import Path

import pandas as pd
from project_package.pipelines.weather.nodes import summarise

from plait import Project

PROJECT = Path(__file__).parent.parent


def readings() -> pd.DataFrame:
    return pd.DataFrame({"city": ["Bergen", "Bergen"], "day": ["1", "2"], "temperature": [10.0, 20.0]})


def test_days_count_as_warm_from_the_limit_on():
    summary = summarise(readings(), warm_from=20.0)
    assert summary.to_dict("records") == [{"city": "Bergen", "days": 2, "warm_days": 1, "mean": 15.0}]


def test_the_pipeline_runs_on_other_data():
    with Project.open(PROJECT) as project:
        result = project.run("weather", inputs={"readings": readings()}, params={"warm_from": 5})
        assert result["summary"]["warm_days"].tolist() == [2]


def test_the_project_has_no_mistakes():
    with Project.open(PROJECT) as project:
        assert [str(finding) for finding in project.check()] == []
