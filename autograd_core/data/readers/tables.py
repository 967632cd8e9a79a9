"""CSV tables: columns of numbers and of categories, by name; what is wrong is named with its line and column."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.creation.data import as_tensor
from autograd_core.data.datasets import TensorDataset
from autograd_core.errors import FormatError, ShapeError

__all__ = ["CSVDataset", "Categories", "read_csv"]

Array = Any  # a NumPy array
Path = str | os.PathLike[str]
Named = Collection[str] | Mapping[str, Sequence[str]]  # columns of texts; with all that may stand in each, in order
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "?")
POLICIES = ("raise", "nan", "drop")
SHOWN = 5  # lines or names listed in a message


class Categories(NamedTuple):
    """A column of texts: int64 ``codes``, which count the ``names`` from 0; the names are sorted."""

    codes: Array
    names: list[str]


class _Table(NamedTuple):
    """A file's cells as text, by column, and the line that each row ends on."""

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    missing: frozenset[str]  # texts that say that there is no value


def read_csv(
    path: Path, *, names: Sequence[str] | None = None, categories: Named = (), missing: str = "raise",
    na_values: Collection[str] = MISSING, delimiter: str = ",", encoding: str = "utf-8-sig",
) -> dict[str, Array | Categories]:  # fmt: skip
    """Return the columns of a CSV file by name: float64 arrays of numbers, and ``Categories`` of texts.

    The first line gives the names, unless ``names`` does.  A column holds numbers where its first value is one, or
    texts; ``categories`` names columns that are texts although they look like numbers, such as postal codes.  As a
    dict it says what may stand in each, in the order of the codes: other texts are refused.

    Empty cells, and those that say NA, N/A, NaN, NULL or ? (``na_values``), are missing values.  What is done with
    them, ``missing`` says: ``"raise"`` names their lines; ``"nan"`` gives NaN among numbers and code -1 among
    categories; ``"drop"`` leaves out their rows.

    Raises: FileNotFoundError; FormatError for an empty file, a row with a wrong number of fields, a text among
    numbers, an unknown category, or a missing value, with line and column; ValueError for other arguments.
    """
    if missing not in POLICIES:
        raise ValueError(f"read_csv: missing is {missing!r}; wanted one of {', '.join(map(repr, POLICIES))}")
    table = _read(path, names, delimiter, encoding)._replace(missing=frozenset(na_values))
    for name in categories:
        _column(table.columns, name, path)
    if missing != "nan":
        table = _without_missing(table, drop=missing == "drop")
    return {name: _typed(table, name, categories) for name in table.columns}


class CSVDataset(TensorDataset):
    """The rows of a CSV file: sample i is (float32 features, int64 label), or (features,) without a ``target``.

    Columns of numbers are features as they are, columns of texts as one 0 or 1 for each category; ``features`` names
    those to take (all but the target).  A target of texts is a label, which counts ``classes`` from 0; one of numbers
    is a float32 value to predict, unless it is among the ``categories``.  Other arguments are those of ``read_csv``.

    Its ``features`` are their names in order, its ``categories`` what stands in each column of texts.  The latter are
    given to the data set of another file, ``CSVDataset("test.csv", "kind", categories=train.categories)``, so that
    the same text has the same code there.

    Raises: as ``read_csv``; ValueError for a column that is not there.
    """

    def __init__(
        self, path: Path, target: str | None = None, features: Sequence[str] | None = None,
        *, categories: Named = (), missing: str = "raise", **options: Any,
    ) -> None:  # fmt: skip
        if missing == "nan":
            raise ValueError("CSVDataset: missing is 'nan', which no network learns from; wanted 'raise' or 'drop'")
        table = read_csv(path, categories=categories, missing=missing, **options)
        chosen = [name for name in table if name != target] if features is None else list(features)
        columns = dict(pair for name in chosen for pair in _numbers(name, _column(table, name, path)))
        if not columns:
            raise ShapeError(f"CSVDataset: {path} has no columns for features besides {target!r}")
        self.features = list(columns)
        self.categories = {name: column.names for name, column in table.items() if isinstance(column, Categories)}
        self.classes = self.categories.get(target) if target else None
        tensors = [_cpu(host.stack(list(columns.values()), 1), host.float32)]  # F columns of (N,) -> (N, F)
        if target is not None:
            found = _column(table, target, path)
            labelled = isinstance(found, Categories)
            tensors.append(_cpu(found.codes, host.int64) if labelled else _cpu(found, host.float32))
        super().__init__(*tensors)


def _cpu(array: Array, dtype: Any) -> Any:
    return as_tensor(array.astype(dtype), device="cpu")


def _numbers(name: str, column: Array | Categories) -> Iterator[tuple[str, Array]]:
    """Yield the features, with their names, that a column gives."""
    if isinstance(column, Categories):
        for code, text in enumerate(column.names):
            yield f"{name}={text}", column.codes == code
    else:
        yield name, column


def _column(table: Mapping[str, Any], name: str, path: Path) -> Any:
    if name not in table:
        raise ValueError(f"read_csv: {path} has no column {name!r}; its columns are {_listed(list(map(repr, table)))}")
    return table[name]


# ---- reading ----


def _read(path: Path, names: Sequence[str] | None, delimiter: str, encoding: str) -> _Table:
    rows, lines = [], []
    header = None if names is None else list(names)
    with open(path, encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
        try:
            for row in reader:
                if not row:  # an empty line
                    continue
                if header is None:
                    header = _header(path, row, reader.line_num)
                    continue
                _check_width(path, reader.line_num, row, header)
                rows.append(row)
                lines.append(reader.line_num)
        except UnicodeDecodeError as error:
            place = f"{path}, after line {reader.line_num}"
            raise FormatError(f"read_csv: {place}: no {encoding} text ({error.reason}); see encoding=") from error
        except csv.Error as error:
            raise FormatError(f"read_csv: {path}, line {reader.line_num}: {error}") from error
    if header is None or not rows:
        raise FormatError(f"read_csv: {path} has no rows{' but its header' if header else ': it is empty'}")
    columns = {name: [cell.strip() for cell in column] for name, column in zip(header, zip(*rows))}
    return _Table(path, columns, lines, frozenset())


def _header(path: Path, row: list[str], line: int) -> list[str]:
    header = [name.strip() for name in row]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FormatError(f"read_csv: {path}, line {line}: two columns have the name {twice[0]!r}; give names=[...]")
    return header


def _check_width(path: Path, line: int, row: list[str], header: list[str]) -> None:
    if len(row) == len(header):
        return
    raise FormatError(
        f"read_csv: {path}, line {line} has {len(row)} fields; wanted {len(header)}: {_listed(header)}. "
        + (f"The last is column {header[len(row) - 1]!r}" if len(row) < len(header) else f"Too many: {row[-1]!r}")
    )


def _without_missing(table: _Table, drop: bool) -> _Table:
    """Return the table without the rows in which a value is missing.  Raises: FormatError where they are to stay."""
    gaps = {name: [i for i, cell in enumerate(cells) if cell in table.missing] for name, cells in table.columns.items()}
    if not drop:
        for name, rows in gaps.items():
            if rows:
                where = _listed([str(table.lines[i]) for i in rows])
                raise FormatError(
                    f"read_csv: {table.path}, column {name!r}: no value in line{'s' if len(rows) > 1 else ''} {where}; "
                    "missing='drop' leaves such rows out, missing='nan' gives NaN"
                )
        return table
    out = set().union(*gaps.values())
    kept = [i for i in range(len(table.lines)) if i not in out]
    if not kept:
        raise FormatError(f"read_csv: {table.path}: every row lacks a value; none is left")
    columns = {name: [cells[i] for i in kept] for name, cells in table.columns.items()}
    return table._replace(columns=columns, lines=[table.lines[i] for i in kept])


# ---- types ----


def _typed(table: _Table, name: str, categories: Named) -> Array | Categories:
    cells = table.columns[name]
    first = next((cell for cell in cells if cell not in table.missing), "0")
    if name in categories or _number(first) is None:
        return _coded(table, name, categories.get(name) if isinstance(categories, Mapping) else None)
    values = [math.nan if cell in table.missing else _number(cell) for cell in cells]
    if None in values:
        bad = values.index(None)
        raise FormatError(
            f"read_csv: {table.path}, line {table.lines[bad]}, column {name!r}: {cells[bad]!r} is no number, and the "
            f"column began with one; for a column of texts, name it in categories=[{name!r}]"
        )
    return host.array(values, host.float64)


def _coded(table: _Table, name: str, known: Sequence[str] | None) -> Categories:
    cells = table.columns[name]
    found = sorted(set(cells) - table.missing) if known is None else list(known)
    codes = dict.fromkeys(table.missing, -1) | {text: i for i, text in enumerate(found)}
    strange = next((i for i, cell in enumerate(cells) if cell not in codes), None)
    if strange is not None:
        raise FormatError(
            f"read_csv: {table.path}, line {table.lines[strange]}, column {name!r}: {cells[strange]!r} is none of the "
            f"categories {_listed(found)}"
        )
    return Categories(host.array([codes[cell] for cell in cells], host.int64), found)


def _number(text: str) -> float | None:
    """Return what a text says where it is a number as other programs write it, and not NaN."""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if "_" in text or math.isnan(value) else value  # 1_000 is Python's alone


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more
