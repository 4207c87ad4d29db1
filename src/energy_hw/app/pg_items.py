"""A definitions file as plain values that know their lines. Its suffix says what it is: .json, .toml, or else YAML.

Nothing in it is run, and it is bounded: its size, how deep it goes, and how often an anchor may be repeated.
Source: YAML 1.1 (yaml.org/spec/1.1), as github.com/adamcharnock/mate3 reads it by PyYAML.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from energy_hw.errors import ConfigError, ExtraMissing

if TYPE_CHECKING:
    import yaml

MOST_BYTES = 256 * 1024
DEEPEST = 12
MERGE = "tag:yaml.org,2002:merge"
COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True, slots=True)
class Item:
    """A value, and the line on which it stands; None where that is not known.

    value: text, number, bool or None; a list of Items; a dict of Items by text.
    """

    value: Value
    line: int | None = None
    key_line: int | None = None


Value: TypeAlias = "str | int | float | bool | list[Item] | dict[str, Item] | None"


def read_items(path: Path) -> Item:
    """The whole file. Raises ConfigError with path and line, ExtraMissing without PyYAML."""
    text = _text(path)
    if path.suffix.lower() == ".toml":
        return _toml(path, text)
    if path.suffix.lower() == ".json":
        text = _json(path, text)
    return _yaml(path, text)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ConfigError(f"{path}: expected a file of at most {MOST_BYTES // 1024} KB", str(path))
        return data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", str(path)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: expected UTF-8 text", str(path), line) from None


def _toml(path: Path, text: str) -> Item:
    try:
        return _plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", str(path)) from None
    except RecursionError:
        raise _too_deep(path) from None


def _plain(value: Any) -> Item:
    if isinstance(value, dict):
        return Item({key: _plain(each) for key, each in value.items()})
    if isinstance(value, list):
        return Item([_plain(each) for each in value])
    return Item(value if isinstance(value, (str, int, float)) else str(value))


def _json(path: Path, text: str) -> str:
    """The same for a reader of YAML, which knows lines: what is left of JSON is YAML but for tabs between tokens."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}", str(path), error.lineno) from None
    except RecursionError:
        raise _too_deep(path) from None
    return text.replace("\t", " ")


def _yaml(path: Path, text: str) -> Item:
    try:
        import yaml
    except ImportError as error:
        raise ExtraMissing("a definitions file in YAML or JSON", "outback", "or write it in TOML") from error
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return _Items(path, loader).item(node) if node is not None else Item(None, 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        said = ", ".join(filter(None, (error.context, error.problem)))
        said += ": use spaces, YAML takes no tabs" if r"'\t'" in said else ""
        raise ConfigError(f"{path}{f', line {line}' if line else ''}: {said}", str(path), line) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}", str(path)) from None
    except RecursionError:
        raise _too_deep(path) from None
    finally:
        loader.dispose()


def _too_deep(path: Path) -> ConfigError:
    return ConfigError(f"{path}: expected lists and mappings at most {DEEPEST} deep", str(path))


class _Items:
    """Nodes of YAML into Items. What an anchor names is one Item, however often it is repeated."""

    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self._path, self._loader = path, loader
        self._done: dict[int, Item] = {}

    def item(self, node: yaml.Node, depth: int = 0) -> Item:
        """Raises ConfigError."""
        if depth > DEEPEST:  # also what an anchor does that contains itself
            raise _too_deep(self._path)
        if id(node) not in self._done:
            self._done[id(node)] = Item(self._value(node, depth + 1), node.start_mark.line + 1)
        return self._done[id(node)]

    def _value(self, node: yaml.Node, depth: int) -> Value:
        import yaml

        if isinstance(node, yaml.CollectionNode) and node.tag not in COLLECTIONS:
            raise self._error(node.start_mark.line + 1, f"expected plain lists and mappings, got {node.tag!r}")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.item(each, depth) for each in node.value]
        value = self._loader.construct_object(node)
        return value if value is None or isinstance(value, (str, int, float)) else str(node.value)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Item]:
        own: dict[str, Item] = {}
        merged: dict[str, Item] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            item = self.item(value_node, depth)
            if key_node.tag == MERGE:
                merged = {**self._merged(item, line), **merged}
                continue
            key = self._key(key_node, depth)
            if key in own:
                raise self._error(line, f"{key!r} is there twice, first on line {own[key].key_line}")
            own[key] = Item(item.value, item.line, line)
        return merged | own

    def _key(self, node: yaml.Node, depth: int) -> str:
        key = self.item(node, depth).value
        if isinstance(key, str):
            return key
        said = f"{node.value!r}: put it in quotes" if isinstance(node.value, str) else "a list or a mapping"
        raise self._error(node.start_mark.line + 1, f"expected text for a name, got {said}")

    def _merged(self, item: Item, line: int) -> Mapping[str, Item]:
        """What `<<` brings in: of one mapping, or of several, the first of which counts."""
        found: dict[str, Item] = {}
        for each in item.value if isinstance(item.value, list) else [item]:
            if not isinstance(each.value, dict):
                raise self._error(line, "expected a mapping, or a list of them, behind <<")
            found = {**each.value, **found}
        return found

    def _error(self, line: int, said: str) -> ConfigError:
        return ConfigError(f"{self._path}, line {line}: {said}", str(self._path), line)
