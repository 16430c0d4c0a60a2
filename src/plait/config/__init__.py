"""Layered configuration: YAML, JSON and TOML files to plain values that know where they came from."""

from plait.config.binding import BoundParameters, bind_parameters
from plait.config.configuration import Config, load_config
from plait.config.credentials import Credentials
from plait.config.files import split_environments
from plait.config.overridden import check_overrides
from plait.config.overrides import parse_overrides
from plait.config.parameters import Parameters
from plait.config.schema import parameters_schema

__all__ = [
    "BoundParameters",
    "Config",
    "Credentials",
    "Parameters",
    "bind_parameters",
    "check_overrides",
    "load_config",
    "parameters_schema",
    "parse_overrides",
    "split_environments",
]
