"""Prints the digests of the known test vectors, computed by pieces_root.py, as one JSON object."""

import json

from pieces_root import pieces_root


def counting(size: int) -> bytes:
    """Bytes `i mod 251`."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


print(
    json.dumps(
        {
            "64 KiB of zeros": pieces_root(bytes(64 * 1024)),
            "1 MiB of zeros": pieces_root(bytes(1024 * 1024)),
            "16385 counting bytes": pieces_root(counting(16_385)),
            "262145 counting bytes": pieces_root(counting(262_145)),
        }
    )
)
