"""Writes Caffe's files field by field, in both of its formats."""


def varint(value):
    if value < 0x80:
        return bytes([value])
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7)


def field(number, content):
    """A field with bytes, or with a whole number, as protobuf writes it."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(array, old, kind="<f4"):
    data = field(5 if kind == "<f4" else 8, array.astype(kind).tobytes())
    if old:
        sizes = (1,) * (4 - array.ndim) + array.shape
        return b"".join(field(i, size) for i, size in enumerate(sizes, start=1)) + data
    return field(7, field(1, b"".join(map(varint, array.shape)))) + data


def layers(arrays, old=False, kind="<f4", suffix=""):
    """The layers of a NetParameter: bytes."""
    written = b""
    for layer in dict.fromkeys(name.split("/")[0] for name in arrays):
        blobs = [arrays[f"{layer}/{v}"] for v in ("kernel", "bias") if f"{layer}/{v}" in arrays]
        blobs = [x.transpose(3, 2, 0, 1) if x.ndim == 4 else x for x in blobs]
        fields = {"name": 4, "type": 5, "blobs": 6, "layers": 2}
        if not old:
            fields = {"name": 1, "type": 2, "blobs": 7, "layers": 100}
        content = field(fields["name"], (layer + suffix).encode())
        content += field(fields["type"], 4 if old else b"Convolution")
        content += b"".join(field(fields["blobs"], blob(x, old, kind)) for x in blobs)
        written += field(fields["layers"], content)
    return written


def write(path, *parts):
    """Writes a file with a net's name, a layer without weights, and these layers."""
    path.write_bytes(field(1, b"net") + field(100, field(1, b"data")) + b"".join(parts))
    return path


def write_caffemodel(path, arrays):
    """Writes a file as SS-JPPNet was released: with a copy of what each smaller scale shares."""
    branch = {name: array for name, array in arrays.items() if not name.startswith("att")}
    copies = [layers(branch, suffix=suffix) for suffix in ("_res075", "_res05")]
    return write(path, layers(arrays), *copies)
