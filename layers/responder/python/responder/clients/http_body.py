"""An answer's body, with bounds on what the other side can make us read: bytes, packing and time."""

import time
import zlib

# The limit for a body, as sent and unpacked: the rest is never read.
MAX_BODY_BYTES = 2_000_000
# What we ask for. Anything else, and one packing in another, is refused before it is unpacked.
ACCEPT_ENCODING = "gzip"
_PLAIN, _GZIP = ("", "identity"), ("gzip", "x-gzip")


class BodyUnreadable(Exception):
    """The body is packed in a way that we did not ask for, or its packing is broken."""


class BodyTooSlow(Exception):
    """The time for the whole exchange is over; an HTTP client limits each read only."""


class Body:
    """What was read so far of one answer. `packed_as`: its Content-Encoding."""

    def __init__(self, packed_as: str, until: float) -> None:
        packed_as = packed_as.strip().lower()
        if packed_as not in (*_PLAIN, *_GZIP):
            raise BodyUnreadable
        self._unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if packed_as in _GZIP else None
        self._until, self._sent, self._read = until, 0, bytearray()

    def add(self, chunk: bytes) -> bool:
        """One part as sent. → whether more is wanted. Raises BodyUnreadable and BodyTooSlow."""
        self._sent += len(chunk)
        room = MAX_BODY_BYTES + 1 - len(self._read)
        self._read += self._unpacked(chunk, room) if self._unpacker else chunk[:room]
        if time.monotonic() > self._until:
            raise BodyTooSlow
        return not self.is_cut

    def _unpacked(self, chunk: bytes, room: int) -> bytes:
        """At most `room` bytes: what they would unpack to beyond that is never made."""
        try:
            return self._unpacker.decompress(chunk, room) if self._unpacker else b""
        except zlib.error as error:
            raise BodyUnreadable from error

    @property
    def is_cut(self) -> bool:
        return len(self._read) > MAX_BODY_BYTES or self._sent > MAX_BODY_BYTES

    def bytes(self) -> bytes:
        """Raises BodyUnreadable where the packing ended too early."""
        if self._unpacker and self._sent and not self._unpacker.eof and not self.is_cut:
            raise BodyUnreadable
        return bytes(self._read[:MAX_BODY_BYTES])
