"""Identifiers: opaque, prefixed, sortable by time (the layout of a ULID)."""

import secrets

from chassis.clock import Clock, SystemClock

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that is read as a digit."""

RANDOM_BITS = 80
DIGITS = 26


def new_id(prefix: str, *, clock: Clock | None = None) -> str:
    """Return a new identifier such as `gen_01k9z…`: 48 bits of milliseconds, 80 of randomness."""
    milliseconds = int((clock or SystemClock()).now().timestamp() * 1000)
    value = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
    digits = (ALPHABET[value >> 5 * place & 31] for place in reversed(range(DIGITS)))
    return f"{prefix}_{''.join(digits)}"
