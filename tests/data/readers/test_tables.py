"""CSV tables: numbers, categories, missing values, and what is said of bad ones."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.data import CSVDataset, DataLoader, read_csv
from autograd_core.errors import FormatError

FLOWERS = """\
length, width,colour,species
5.1,3.5,white,setosa
6.2,2.9,violet,virginica

"4.9",3,"white",setosa
"""


@pytest.fixture
def write(tmp_path):
    def made(text, encoding="utf-8"):
        (tmp_path / "t.csv").write_bytes(text.encode(encoding))
        return tmp_path / "t.csv"

    return made


def test_columns_are_numbers_or_categories(write):
    table = read_csv(write(FLOWERS))
    assert list(table) == ["length", "width", "colour", "species"]
    np.testing.assert_array_equal(table["length"], [5.1, 6.2, 4.9])
    assert table["width"].dtype == np.float64
    assert table["species"].names == ["setosa", "virginica"]
    assert table["species"].codes.tolist() == [0, 1, 0]


def test_names_delimiters_and_encodings(write):
    table = read_csv(write("1;ä\n2;ö\n", "latin-1"), names=["n", "t"], delimiter=";", encoding="latin-1")
    assert table["n"].tolist() == [1, 2] and table["t"].names == ["ä", "ö"]
    assert list(read_csv(write("\ufeffa,b\r\n1,2\r\n"))) == ["a", "b"]
    assert read_csv(write('a,b\n"x\ny",2\n'))["a"].names == ["x\ny"]


def test_numbers_that_are_categories(write):
    table = read_csv(write("code\n10115\n04103\n"), categories=["code"])
    assert table["code"].names == ["04103", "10115"]
    table = read_csv(write("size\nM\nS\n"), categories={"size": ["S", "M", "L"]})
    assert table["size"].codes.tolist() == [1, 0]


GAPS = "a,b\n1,x\n,y\n3,NA\n4,z\n?,z\n"


def test_missing_values_are_named_kept_or_dropped(write):
    with pytest.raises(FormatError, match=r"t\.csv, column 'a': no value in lines 3, 6; missing='drop'"):
        read_csv(write(GAPS))
    table = read_csv(write(GAPS), missing="nan")
    np.testing.assert_array_equal(table["a"], [1, np.nan, 3, 4, np.nan])
    assert table["b"].codes.tolist() == [0, 1, -1, 2, 2]
    table = read_csv(write(GAPS), missing="drop")
    assert table["a"].tolist() == [1, 4] and table["b"].names == ["x", "z"]
    with pytest.raises(FormatError, match="every row lacks a value"):
        read_csv(write("a,b\n1,\n,2\n"), missing="drop")
    with pytest.raises(FormatError, match="lines 2, 3, 4, 5, 6 and 3 more"):
        read_csv(write("a,b\n" + ",1\n" * 8))
    countries = read_csv(write("country\nNA\nDE\n"), na_values=[""])["country"]  # Namibia
    assert countries.names == ["DE", "NA"] and countries.codes.tolist() == [1, 0]
    with pytest.raises(FormatError, match="'-nan' is no number"):
        read_csv(write("a\n1\n-nan\n"))
    assert np.isnan(read_csv(write("a,b\n,1\n,2\n"), missing="nan")["a"]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t\.csv has no rows: it is empty"),
        ("a,b\n", "has no rows but its header"),
        ("a,b\n1,2\n1\n", r"line 3 has 1 fields; wanted 2: a, b\. The last is column 'a'"),
        ("a,b\n1,2\n\n1,2,3\n", r"line 4 has 3 fields; wanted 2: a, b\. Too many: '3'"),
        ("a,b\n1,2\n3,oops\n", r"line 3, column 'b': 'oops' is no number, and the column began with one"),
        ("a\n1\n1_000\n", "'1_000' is no number"),
        ("a,b,a\n1,2,3\n", "line 1: two columns have the name 'a'"),
        ('a,b\n1,"2\n3,4\n', "line 3: unexpected end of data"),
        ('a,b\n1,"2"x\n', "line 2: ',' expected after '\"'"),
        ("a\n" + "x" * 200_000, "line 2: field larger than field limit"),
    ],
)
def test_bad_tables_say_where(write, text, message):
    with pytest.raises(FormatError, match=message):
        read_csv(write(text))


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,\xff\n")
    with pytest.raises(FormatError, match=r"no utf-8-sig text .*; see encoding="):
        read_csv(tmp_path / "t.csv")


def test_arguments_that_do_not_fit(write):
    path = write(FLOWERS)
    with pytest.raises(ValueError, match="missing is 'ignore'; wanted one of 'raise', 'nan', 'drop'"):
        read_csv(path, missing="ignore")
    with pytest.raises(ValueError, match="no column 'kind'; its columns are 'length', 'width'"):
        read_csv(path, categories=["kind"])
    with pytest.raises(FormatError, match=r"line 3, column 'species': 'virginica' is none of the categories setosa"):
        read_csv(path, categories={"species": ["setosa"]})
    with pytest.raises(FileNotFoundError):
        read_csv(path.with_name("none.csv"))


def test_a_data_set_of_features_and_labels(write):
    flowers = CSVDataset(write(FLOWERS), target="species")
    assert flowers.features == ["length", "width", "colour=violet", "colour=white"]
    assert flowers.classes == ["setosa", "virginica"]
    x, y = flowers[1]
    assert x.dtype == ag.float32 and y.dtype == ag.int64 and int(y) == 1
    assert x.tolist() == pytest.approx([6.2, 2.9, 1, 0])
    (batch,) = DataLoader(flowers, 3)
    assert tuple(batch[0].shape) == (3, 4) and batch[1].tolist() == [0, 1, 0]


def test_a_data_set_to_regress_and_one_without_target(write):
    path = write(FLOWERS)
    some = CSVDataset(path, target="width", features=["length"])
    assert some.classes is None and some.features == ["length"]
    assert some[0][1].dtype == ag.float32 and float(some[0][1]) == 3.5
    assert len(CSVDataset(path)[0]) == 1
    graded = CSVDataset(path, target="width", categories=["width"])
    assert graded.classes == ["2.9", "3", "3.5"] and graded[0][1].dtype == ag.int64


def test_another_file_with_the_same_codes(write):
    train = CSVDataset(write(FLOWERS), target="species")
    other = write("length,width,colour,species\n1,2,violet,virginica\n")
    test = CSVDataset(other, "species", categories=train.categories)
    assert test.features == train.features and int(test[0][1]) == 1


def test_data_sets_that_cannot_be(write):
    with pytest.raises(ValueError, match="missing is 'nan', which no network learns from"):
        CSVDataset(write(GAPS), missing="nan")
    with pytest.raises(ValueError, match="no column 'kind'"):
        CSVDataset(write(FLOWERS), target="kind")
    with pytest.raises(ValueError, match="no columns for features besides 'a'"):
        CSVDataset(write("a\n1\n"), target="a")
