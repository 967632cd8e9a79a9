"""Files made to do harm: each is refused, runs nothing, and takes little memory.

``python -m tests.storing.hostile`` loads them all with memory for a small file only.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
import zlib

import autograd_core as ag
from autograd_core.errors import FormatError
from tests.storing.forging import (
    SIX,
    Call,
    Kept,
    Name,
    archive,
    npy,
    npz,
    pickled,
    program,
    safetensors,
    storage,
    stream,
    tensor,
)  # fmt: skip

ROOM = 400 * 2**20  # bytes that loading may take beside what the process has
MARKER = "touched"  # what the code in these files would make
COMMAND = f"touch {MARKER}"


def six(value):
    """Return an archive of a pickle and of one storage of six floats."""
    return archive(program(value), {"0": SIX.tobytes()})


def calling(module, name, *args):
    return archive(program(Call(Name(module, name), args)))


def builtin(name, *args):
    return Call(Name("builtins", name), args)


def again_and_again(count=20_000):
    """Return a pickle that makes sets of one long list, without end."""
    long = b"](" + b"".join(pickled(i) for i in range(2000)) + b"e"
    return b"\x80\x02(" + long + b"q\0" + (b"cbuiltins\nset\nh\0\x85R" * count) + b"t."


def deep_key(levels=100_000):
    return b"\x80\x02}" + b")" + b"\x85" * levels + b"Ns."


def wide_key(levels=60):
    """Return a dict whose key takes 2**levels steps to hash."""
    code = b"\x80\x02})q\x000"
    for i in range(levels):
        code += b"h%ch%c\x86q%c0" % (i, i, i + 1)
    return code + b"h%cNs." % levels


def wide_structure(levels=60):
    """Return a structure as ``wide_key``."""
    ends = "".join(f',{{"same":{level}}}]}}' for level in range(levels, 1, -1))
    return '{"dict":[[' + '{"tuple":[' * (levels - 1) + '{"tuple":[1]}' + ends + ",1]]}"


def overlapping(members=2000, size=2**20):
    """Return an archive whose directory names the same bytes again and again."""
    pickle_ = program([tensor(str(i), (1,), (1,), count=size // 4) for i in range(members)])
    raw = bytearray(archive(pickle_, {"0": bytes(size)}))
    with zipfile.ZipFile(io.BytesIO(raw)) as found:
        at, start = found.getinfo("archive/data/0").header_offset, found.start_dir
    entries = bytearray(raw[start:-22])
    for i in range(1, members):
        name = f"archive/data/{i}".encode()
        fields = (0x02014B50, 20, 20, 0, 0, 0, 0, 0, size, size, len(name), 0, 0, 0, 0, 0, at)
        entries += struct.pack("<IHHHHHHIIIHHHHHII", *fields) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, members + 1, members + 1, len(entries), start, 0)
    return bytes(raw[:start]) + bytes(entries) + end


def lying_directory(size=2**31):
    raw = bytearray(six(tensor("0", (6,), (1,))))
    at = raw.rindex(b"archive/data/0") - 46
    raw[at + 20 : at + 28] = struct.pack("<II", size, size)
    return bytes(raw)


def bomb(size=2**27):
    """Return an archive of zeros, a thousand times as long unpacked."""
    head = npy({"descr": "|u1", "fortran_order": False, "shape": (size,)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out, out.open("a.npy", "w") as member:
        member.write(head)
        for _ in range(size // 2**20):
            member.write(bytes(2**20))
    return file.getvalue()


def own(structure, entries=None, body=b""):
    """Return a file as ``ag.save`` writes it, with this structure."""
    said = structure if isinstance(structure, str) else json.dumps(structure)
    text = f'{{"version":1,"object":{said}}}'
    return safetensors({"__metadata__": {"autograd_core": text}} | (entries or {}), body)


ENTRY = {"dtype": "F32", "shape": [6], "data_offsets": [0, 24]}


def window(*parts, dtype="float32"):
    return own({"tensor": {"name": "w", "window": [dtype, *parts]}}, {"w": ENTRY}, SIX.tobytes())


TWO = {"descr": "<f4", "fortran_order": False, "shape": (2,)}
HUGE = 10**15
ATTACK = program(Call(Name("os", "system"), (COMMAND,)))
RANGE = Call(Name("torch._utils", "_rebuild_tensor"), (storage("0", 6), 0, builtin("range", HUGE), ()))
FLOATS = Call(Name("numpy", "dtype"), ("f4",))
CODE = {  # would run code
    "os.system": calling("os", "system", COMMAND),
    "posix.system": calling("posix", "system", COMMAND),
    "subprocess": calling("subprocess", "Popen", ["touch", MARKER]),
    "eval": calling("builtins", "eval", f"open({MARKER!r}, 'w')"),
    "exec": calling("__builtin__", "exec", f"open({MARKER!r}, 'w')"),
    "open": calling("io", "open", MARKER, "w"),
    "getattr": calling("builtins", "getattr", Name("os", "system"), "__call__"),
    "import": calling("builtins", "__import__", "os"),
    "torch.load": calling("torch", "load", MARKER),
    "torch.hub": calling("torch.hub", "load", "a/b", "c"),
    "numpy.load": calling("numpy", "load", MARKER),
    "runstring": calling("numpy.testing._private.utils", "runstring", COMMAND, {}),
    "dotted": calling("collections", "OrderedDict.__init__.__globals__", 1),
    "named on the stack": archive(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x07touch x\x85R."),
    "old call": archive(b"(S'touch x'\nios\nsystem\n."),
    "object": archive(b"(cos\nsystem\nX\x07\0\0\0touch xo."),
    "extension": archive(b"\x80\x02\x82\x01."),
    "state": archive(program(Call(Name("collections", "Counter"), ({},), {"__class__": 1}))),
    "calls a list": archive(b"\x80\x02](" + pickled(1) + b"tR."),
    "a module": archive(program(Kept(("module", Name("torch", "nn"), "a", "b")))),
    "a plain pickle": pickle.dumps({"a": 1}),
    "a plain pickle of code": ATTACK,
    "a stream": stream(ATTACK),
    "a stream's head": ATTACK + stream(program(1)),
    "objects in npy": npy({"descr": "|O", "fortran_order": False, "shape": ()}, ATTACK),
    "objects in npz": npz({"a.npy": npy({"descr": "|O", "fortran_order": False, "shape": (1,)}, pickle.dumps([1]))}),
    "a program": archive(program(1), **{"constants.pkl": program(1)}),
    "leaves its folder": json.dumps({"weight_map": {"a": "../../etc/passwd"}}).encode(),
    "an absolute path": json.dumps({"weight_map": {"a": "/etc/passwd"}}).encode(),
}  # fmt: skip
MEMORY = {  # would fill the memory, or never end
    "long header": struct.pack("<Q", 2**62) + b"{}",
    "header beyond the file": struct.pack("<Q", 1000) + b"{}",
    "deep header": safetensors(b'{"a":' * 200_000),
    "deep lists": safetensors(b'{"a":' + b"[" * 500_000),
    "huge shape": safetensors({"a": {"dtype": "F32", "shape": [HUGE], "data_offsets": [0, 4 * HUGE]}}),
    "huge shape of nothing": safetensors({"a": {"dtype": "F32", "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]}}),
    "many dims": safetensors({"a": {"dtype": "F32", "shape": [1] * 100, "data_offsets": [0, 4]}}, bytes(4)),
    "huge numbers": safetensors(b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,0]}}'),
    "many huge numbers": safetensors({"a": {"dtype": "F32", "shape": [10**4000] * 300, "data_offsets": [0, 0]}}),
    "tensors over each other": safetensors(
        {str(i): {"dtype": "U8", "shape": [2**20], "data_offsets": [0, 2**20]} for i in range(3000)}, bytes(2**20)
    ),
    "deep structure": own('{"tuple":[' * 20_000 + "]}" * 20_000),
    "a key that takes for ever": own(wide_structure()),
    "a window beyond its memory": window(0, [HUGE], [4]),
    "a window before its memory": window(-4, [1], [4]),
    "a window backwards": window(0, [6], [-4]),
    "a window of objects": window(0, [1], [8], dtype="object"),
    "a window of bools": window(0, [24], [1], dtype="bool"),
    "a part that is not there": own([{"same": 7}]),
    "a part that has no end": own({"tuple": [{"same": 0}]}),
    "an unknown part": own({"function": "os.system"}),
    "a factory": own({"defaultdict": {}, "factory": "eval"}),
    "packed pickle": archive(b"\x80\x02" + b"N0" * 10**5 + b"N.", method=zipfile.ZIP_DEFLATED),
    "the directory lies": lying_directory(),
    "members over each other": overlapping(),
    "long bytes": archive(b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b"."),
    "long text": archive(b"\x80\x02X\xff\xff\xff\x7f."),
    "far memory": archive(b"\x80\x02Nr\xff\xff\xff\xff0j\xfe\xff\xff\xff."),
    "list of a range": archive(program(builtin("list", builtin("range", HUGE)))),
    "size of a range": archive(program(Call(Name("torch", "Size"), (builtin("range", HUGE),)))),
    "tensor of a range": six(RANGE),
    "long bytearray": archive(program(builtin("bytearray", HUGE))),
    "unpacking codec": calling("_codecs", "encode", zlib.compress(bytes(10**6)).decode("latin1"), "zlib"),
    "copies without end": archive(again_and_again()),
    "deep key": archive(deep_key()),
    "a key that takes long": archive(wide_key()),
    "a tensor beyond its storage": six(tensor("0", (HUGE,), (1,))),
    "an offset beyond its storage": six(tensor("0", (1,), (1,), 6)),
    "a negative offset": six(tensor("0", (1,), (1,), -1)),
    "a negative stride": six(tensor("0", (2,), (-1,), 3)),
    "a storage of another size": six(tensor("0", (6,), (1,), count=HUGE)),
    "a storage that is not there": six(tensor("1", (6,), (1,))),
    "bools of other bytes": six(tensor("0", (24,), (1,), count=24, kind="BoolStorage")),
    "a damaged storage": six(tensor("0", (6,), (1,))).replace(SIX.tobytes(), SIX.tobytes()[::-1]),
    "a stream's storage lies": stream(program(tensor("0", (HUGE,), (1,), count=HUGE)), {"0": SIX}),
    "an array of another size": calling("numpy._core.numeric", "_frombuffer", b"abcd", FLOATS, (HUGE,), "C"),
    "npy lies": npy({"descr": "<f8", "fortran_order": False, "shape": (HUGE,)}),
    "npy in brackets": npy(b"(" * 9000),
    "npy in signs": npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"-" * 9000 + b"1,)}"),
    "npy is longer": npy(TWO, bytes(9)),
    "npz bomb": bomb(),
    "npz lies": npz({"a.npy": npy({"descr": "<f8", "fortran_order": False, "shape": (HUGE,)}, bytes(80))}),
    "npz of something else": npz({"a.npy": npy(TWO, bytes(8)), "b.txt": b"x"}),
    "npz of a broken array": npz({"a.npy": npy(TWO, bytes(7))}),
    "an index of lists": b'{"weight_map":' + b"[" * 200_000,
    "nothing": b"",
    "something else": b"GIF89a" + bytes(20),
}  # fmt: skip
FILES = CODE | MEMORY


def main():
    """Load each file with little memory to spare; print what was not refused."""
    import resource

    with open("/proc/self/statm") as file:
        in_use = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + ROOM, in_use + ROOM))
    for name, content in FILES.items():
        try:
            found = ag.load(io.BytesIO(content))
            print(f"{name}: gave {type(found).__name__}")
        except FormatError as error:
            if not str(error).startswith("load: "):
                print(f"{name}: {error}")
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
