"""An answer's body, read within limits: the other side cannot make us read or unpack too much, or wait too long."""

import time
import zlib

# The limit for a body, both as sent and unpacked. The rest is never read.
MAX_BODY_BYTES = 2_000_000
# The encoding that we ask for. A body in another one, or in several, is refused before it is unpacked.
ACCEPT_ENCODING = "gzip"
_PLAIN, _GZIP = ("", "identity"), ("gzip", "x-gzip")


class BodyUnreadable(Exception):
    """The body has an encoding that we did not ask for, or it is broken."""


class BodyTooSlow(Exception):
    """The time for the whole exchange is over. An HTTP client itself only limits each single read."""


class Body:
    """The part of one body that was read so far. `packed_as`: its Content-Encoding. `until`: by time.monotonic()."""

    def __init__(self, packed_as: str, until: float) -> None:
        packed_as = packed_as.strip().lower()
        if packed_as not in (*_PLAIN, *_GZIP):
            raise BodyUnreadable
        self._unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if packed_as in _GZIP else None
        self._until, self._sent, self._read = until, 0, bytearray()

    def add(self, chunk: bytes) -> bool:
        """Adds one chunk as it was sent. False if no more is wanted. Raises BodyUnreadable and BodyTooSlow."""
        self._sent += len(chunk)
        room = MAX_BODY_BYTES + 1 - len(self._read)
        self._read += self._unpacked(chunk, room) if self._unpacker else chunk[:room]
        if time.monotonic() > self._until:
            raise BodyTooSlow
        return not self.is_cut

    def _unpacked(self, chunk: bytes, room: int) -> bytes:
        """The first `room` bytes of the unpacked chunk. The rest is never unpacked."""
        try:
            return self._unpacker.decompress(chunk, room) if self._unpacker else b""
        except zlib.error as error:
            raise BodyUnreadable from error

    @property
    def is_cut(self) -> bool:
        return len(self._read) > MAX_BODY_BYTES or self._sent > MAX_BODY_BYTES

    def bytes(self) -> bytes:
        """The unpacked body. Raises BodyUnreadable if it ended too early."""
        if self._unpacker and self._sent and not self._unpacker.eof and not self.is_cut:
            raise BodyUnreadable
        return bytes(self._read[:MAX_BODY_BYTES])
