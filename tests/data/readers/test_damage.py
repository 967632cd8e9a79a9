"""Files damaged at random: a reader gives what they hold or says, in an error of its own, that they are damaged."""

from __future__ import annotations

import gzip
import io
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_core.data import read_csv, read_idx, read_image, read_npz
from autograd_core.errors import FormatError
from tests.data.readers.test_idx import idx_bytes

FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def npz(compressed):
    content = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(content, x=np.arange(20).reshape(4, 5), y=np.array(["a", "b"]), z=np.float32(1))
    return content.getvalue()


def image(kind):
    pil = pytest.importorskip("PIL.Image")
    content = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    pil.fromarray(pixels).save(content, kind)
    return content.getvalue()


@st.composite
def harmed(draw, whole):
    """Return bytes with a few changed, some cut out, and the end cut off."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    start, count = draw(st.integers(0, len(content))), draw(st.sampled_from([0, 0, 1, 9]))
    del content[start : start + count]
    return bytes(content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])


def survives(read, path, content):
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about EXIF data
        try:
            read(path)
        except FormatError as error:
            assert str(path) in str(error)


@FEW
@given(st.data())
def test_idx(tmp_path, data):
    plain = idx_bytes(np.arange(12, dtype=np.int32).reshape(3, 4))
    whole = gzip.compress(plain, mtime=0) if data.draw(st.booleans()) else plain
    survives(read_idx, tmp_path / "a", data.draw(harmed(whole)))


@FEW
@given(st.data())
def test_npz(tmp_path, data):
    survives(read_npz, tmp_path / "a.npz", data.draw(harmed(npz(data.draw(st.booleans())))))


@FEW
@given(st.data())
def test_csv(tmp_path, data):
    whole = b'name,n,x\n"a, b",1,2.5\nc,2,NA\n"d ""e""",3,1e3\n'
    missing = data.draw(st.sampled_from(["raise", "nan", "drop"]))
    survives(lambda path: read_csv(path, missing=missing), tmp_path / "a.csv", data.draw(harmed(whole)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
@FEW
@given(st.data())
def test_images(tmp_path, kind, data):
    survives(lambda path: read_image(path, 6), tmp_path / "a", data.draw(harmed(image(kind))))
