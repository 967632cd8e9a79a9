"""Downloads that are whole or not there: pooch writes to another name, and renames the file when its sum is right.

What breaks off is refused, and leaves nothing that a reader would take for the file; two programs that download the
same file at once each write their own copy, and the last one's takes the place.
"""

from __future__ import annotations

import importlib.util
import sys
from contextlib import suppress
from errno import EACCES
from pathlib import Path
from typing import Any, NamedTuple

from autograd_core.errors import FormatError
from autograd_core.optional import need

__all__ = ["Remote", "download"]

PATIENCE = 30.0  # seconds without an answer
CHUNK = 2**16  # bytes written at a time
READABLE = 0o644  # by all: pooch's temporary files are their owner's alone


class Remote(NamedTuple):
    """A file, the address it comes from, and the checksum of its content as ``"sha256:..."`` or ``"md5:..."``."""

    name: str
    url: str
    digest: str


def download(remote: Remote, folder: Path, owner: str) -> Path:
    """Fetch a file into ``folder``, which is made, and return its path; a file of the right sum is left as it is.

    Raises: ConnectionError where the file did not arrive whole; FormatError where its checksum is another;
    OSError where the folder cannot be written.  Each names the address and the folder to put the file in by hand.
    """
    pooch = need("pooch", "pooch", f"{owner}(download=True)")
    by_hand = f"Fetch {remote.url} by other means and put it, as {remote.name}, in {folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = Path(pooch.retrieve(remote.url, remote.digest, remote.name, folder, downloader=_downloader(pooch)))
        with suppress(OSError):  # a file that was there may be another's
            path.chmod(READABLE)
    except ValueError as error:
        raise FormatError(
            f"{owner}: what came from {remote.url} is not the file that was wanted, and is not kept: its checksum is "
            f"not {remote.digest}. {by_hand}"
        ) from error
    except OSError as error:  # requests' errors are these too
        if type(error).__module__.startswith("requests."):
            raise ConnectionError(f"{owner}: {remote.url} did not arrive: {_short(error)}. {by_hand}") from error
        raise OSError(
            error.errno or EACCES, f"{owner}: cannot write to {folder}: {_short(error)}. Choose another folder"
        ) from error
    return path


def _downloader(pooch: Any) -> Any:
    bar = sys.stderr.isatty() and importlib.util.find_spec("tqdm") is not None
    return pooch.HTTPDownloader(progressbar=bar, timeout=PATIENCE, chunk_size=CHUNK)


def _short(error: OSError) -> str:
    """Return an error's text without what pooch adds, and not too much of it."""
    text = error.strerror or str(error).partition(" | ")[0]
    return text if len(text) < 200 else f"{text[:200]}..."
