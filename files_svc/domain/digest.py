"""The identity of some bytes."""

import hashlib
import re
from dataclasses import dataclass

SHA256_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Digest:
    """Names bytes by their SHA-256 and their number."""

    sha256: str
    """64 lower-case hexadecimal digits."""

    size_bytes: int
    """How many bytes there are."""

    @classmethod
    def of(cls, data: bytes) -> "Digest":
        """Return the digest of some bytes."""
        return cls(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))

    @property
    def well_formed(self) -> bool:
        """Whether it can name anything at all."""
        return is_sha256(self.sha256) and self.size_bytes >= 0


def is_sha256(text: str) -> bool:
    """Tell whether a text is 64 lower-case hexadecimal digits."""
    return SHA256_HEX.fullmatch(text) is not None
