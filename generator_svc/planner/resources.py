"""Reads the planner's data files: words, types and catalogues."""

from importlib.resources import files
from typing import Any

from generator_svc.planner.text_tree import read_yaml

_PACKAGE = "generator_svc.planner"


def load_data(*path: str) -> Any:
    """Return the content of a YAML file of the planner's data."""
    return read_yaml(files(_PACKAGE).joinpath("data", *path).read_bytes())


def data_names(*path: str) -> list[str]:
    """Return the names of the files in a folder of the planner's data, sorted."""
    return sorted(each.name for each in files(_PACKAGE).joinpath("data", *path).iterdir())


def grammar(*path: str) -> str:
    """Return the text of one of the planner's grammars."""
    return files(_PACKAGE).joinpath(*path).read_text("utf-8")
