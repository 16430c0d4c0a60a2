"""Where configuration differs from Kedro on purpose: both sides are run."""

import warnings

import pytest

from plait.config import load_config


@pytest.fixture
def both(tmp_path):
    """Write files, and return Kedro's and our answer for a kind."""
    from kedro.config import OmegaConfigLoader

    def load(kind, files, runtime=None, local=True):
        for name, text in files.items():
            path = tmp_path / "conf" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if local:
            (tmp_path / "conf/local").mkdir(exist_ok=True)

        def kedro():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loader = OmegaConfigLoader(
                    tmp_path / "conf", base_env="base", default_run_env="local", runtime_params=runtime
                )
                return loader[kind]

        def ours():
            config = load_config(tmp_path / "conf", runtime_parameters=runtime)
            return dict(config.parameters) if kind == "parameters" else config[kind]

        return kedro, ours

    return load


def test_environments_merge_deeply(both):
    files = {"base/parameters.yml": "m: {a: 1, b: 2}\n", "local/parameters.yml": "m: {a: 9}\n"}
    kedro, ours = both("parameters", files)
    assert kedro() == {"m": {"a": 9}}
    assert ours() == {"m": {"a": 9, "b": 2}}


def test_nested_runtime_parameters_do_not_depend_on_files(both):
    files = {"base/parameters.yml": "m: {a: 1, b: 2}\n"}
    kedro, ours = both("parameters", files, {"m": {"a": 9}})
    assert kedro() == ours() == {"m": {"a": 9, "b": 2}}
    kedro, ours = both("parameters", {**files, "local/parameters.yml": "x: 1\n"}, {"m": {"a": 9}})
    assert kedro()["m"] == {"a": 9}
    assert ours() == {"m": {"a": 9, "b": 2}, "x": 1}


def test_runtime_parameters_are_literal(both):
    kedro, ours = both("parameters", {"base/parameters.yml": "a: 1\n"}, {"b": "${a}"})
    assert (kedro()["b"], ours()["b"]) == (1, "${a}")


def test_interpolation_crosses_layers(both):
    files = {"base/parameters.yml": "root: a\npath: ${root}/x\n", "local/parameters.yml": "root: b\n"}
    kedro, ours = both("parameters", files)
    assert (kedro()["path"], ours()["path"]) == ("a/x", "b/x")


def test_environment_variables_work_everywhere(both, monkeypatch):
    monkeypatch.setenv("PLAIT_TEST_X", "x")
    kedro, ours = both("parameters", {"base/parameters.yml": "a: ${oc.env:PLAIT_TEST_X}\n"})
    with pytest.raises(Exception, match=r"oc\.env"):
        kedro()
    assert ours() == {"a": "x"}


def test_a_clean_clone_has_no_local(both):
    kedro, ours = both("parameters", {"base/parameters.yml": "a: 1\n"}, local=False)
    with pytest.raises(Exception, match="does not exist"):
        kedro()
    assert ours() == {"a": 1}


def test_a_catalog_may_be_large(both):
    entries = "".join(
        f"d{n}: {{type: pandas.CSVDataset, filepath: {n}.csv, x: [1, 2, 3]}}\n" for n in range(1500)
    )
    kedro, ours = both("catalog", {"base/catalog.yml": entries})
    with pytest.raises(Exception, match="exceeds the configured limit"):
        kedro()
    assert len(ours()) == 1500
