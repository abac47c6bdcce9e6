"""The digest of a file, from the text of BEP 52 alone: https://www.bittorrent.org/beps/bep_0052.html

It shares no line with Cardume's own implementation, on purpose: two readings of one text must agree.
"""

import hashlib

BLOCK_SIZE_BYTES = 16 * 1024


def pieces_root(content: bytes) -> str:
    """The root of a binary SHA-256 tree over 16 KiB blocks, filled up with zero hashes to a power of two."""
    if not content:
        # BEP 52 gives an empty file no root; Cardume writes SHA-256 of nothing.
        return hashlib.sha256(b"").hexdigest()
    blocks = range(0, len(content), BLOCK_SIZE_BYTES)
    level = [hashlib.sha256(content[start : start + BLOCK_SIZE_BYTES]).digest() for start in blocks]
    while len(level) & (len(level) - 1):
        level.append(bytes(32))
    while len(level) > 1:
        level = [hashlib.sha256(left + right).digest() for left, right in zip(level[::2], level[1::2])]
    return level[0].hex()
