"""How large a request body may have to be, so that whatever a spec allows can be sent."""

from collections.abc import Iterable

from generator_svc.domain.lengths import max_length_of
from generator_svc.domain.spec import Entity, Field, FieldType
from generator_svc.phases.model.literals import item_of

MEBIBYTE = 1_048_576
"""What a project takes at least, in bytes."""

_WIDEST = 4
"""The bytes of the widest character in UTF-8."""

_SHORT = 64
_TEXTS = {FieldType.STRING, FieldType.TEXT, FieldType.EMAIL, FieldType.URL, FieldType.SLUG}


def max_body_bytes(entities: Iterable[Entity]) -> int:
    """Return the limit of bodies: a mebibyte, and where a spec names long values, these as well."""
    named = max(map(_named_bytes, entities), default=0)
    return MEBIBYTE if named <= MEBIBYTE // 2 else MEBIBYTE * (2 + named // MEBIBYTE)


def _named_bytes(entity: Entity) -> int:
    fields = [*entity.fields, *(each for one in entity.relations for each in one.payload)]
    return sum(_bytes(each) for each in fields if each.max_length is not None)


def _bytes(field: Field) -> int:
    if field.type is FieldType.ARRAY:
        return max_length_of(field) * _bytes(item_of(field))
    if field.type is FieldType.BINARY:
        return max_length_of(field) * 4 // 3
    return max_length_of(field) * _WIDEST if field.type in _TEXTS else _SHORT
