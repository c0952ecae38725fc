"""How long values are: text in characters, binaries in bytes, arrays in items."""

from base64 import b64decode
from types import MappingProxyType

from generator_svc.domain.spec import Field, FieldType, JsonValue

TEXT_MAX = 65_536
ITEMS_MAX = 100

USUAL_MAX = MappingProxyType(
    {
        FieldType.STRING: 255,
        FieldType.SLUG: 255,
        # RFC 5321, 4.5.3.1.3: a path has 256 octets, two of them its brackets.
        FieldType.EMAIL: 254,
        FieldType.URL: 2_048,
        FieldType.TEXT: TEXT_MAX,
        FieldType.BINARY: TEXT_MAX,
        FieldType.ARRAY: ITEMS_MAX,
    }
)
"""How long a value without a maximum of its own may be."""

SHORT = frozenset({FieldType.EMAIL, FieldType.URL, FieldType.SLUG})
"""Types of which no maximum makes longer values."""


def max_length_of(field: Field) -> int:
    """Return how long a value of the field may be; its type has a length."""
    return USUAL_MAX[field.type] if field.max_length is None else field.max_length


def length_of(field: Field, value: JsonValue) -> int | None:
    """Return how long a value of the field is, or None where its type has no length."""
    if field.type is FieldType.BINARY and isinstance(value, str):
        return len(b64decode(value))
    if field.type in USUAL_MAX and isinstance(value, str | list):
        return len(value)
    return None
