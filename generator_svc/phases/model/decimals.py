"""Exact decimals: their digits, and expressions that say in a schema which are accepted."""

from decimal import Context, Decimal

from generator_svc.domain.spec import Field

DIGITS = Context(prec=100)
"""Decimal arithmetic that does not round: the longest decimal has far fewer digits."""

PRECISION, SCALE = 12, 2


def precision_of(field: Field) -> int:
    """Return how many digits a decimal has in all."""
    return PRECISION if field.precision is None else field.precision


def scale_of(field: Field) -> int:
    """Return how many digits of a decimal stand after the point."""
    return min(SCALE, precision_of(field)) if field.scale is None else field.scale


def decimal_pattern(*, precision: int, scale: int, low: Decimal, high: Decimal) -> str:
    """Return a pattern, without anchors, of the plain decimals from `low` to `high`.

    It takes no exponent, no sign `+` and no leading zeros, and at most `scale` decimals.
    """
    unit = 10**scale
    least, most = int(low * unit), int(high * unit)
    limit = 10**precision - 1
    if least <= -limit and most >= limit:
        return "-?" + _magnitudes(0, limit, scale)
    if least >= 0:
        return _magnitudes(least, most, scale)
    if most < 0:
        return "-" + _magnitudes(-most, -least, scale)
    if -least == most:
        return "-?" + _magnitudes(0, most, scale)
    return f"(?:{_magnitudes(0, most, scale)}|-{_magnitudes(0, -least, scale)})"


def _magnitudes(least: int, most: int, scale: int) -> str:
    """Match the decimals from `least` to `most`, counted in units of the last digit."""
    if not scale:
        return integers(least, most)
    unit = 10**scale
    (low, low_part), (high, high_part) = divmod(least, unit), divmod(most, unit)
    any_fraction = rf"(?:\.[0-9]{{1,{scale}}})?"
    first = low if low_part == 0 else low + 1
    last = high if high_part == unit - 1 else high - 1
    options = [integers(first, last) + any_fraction] if first <= last else []
    if low < first and (low != high or high_part == unit - 1):
        options.append(f"{low}{fraction(low_part, unit - 1, scale)}")
    elif low < first:
        options.append(f"{low}{fraction(low_part, high_part, scale)}")
    if high > last and high >= first:
        options.append(f"{high}{fraction(0, high_part, scale)}")
    return union(options)


def fraction(least: int, most: int, scale: int) -> str:
    """Match a point and digits from `least` to `most`; nothing where zero is in the range."""
    lows, highs = f"{least:0{scale}}", f"{most:0{scale}}"
    digits = rf"\.{_digits(lows, highs)}"
    return f"(?:{digits})?" if least == 0 else digits


def _digits(lows: str, highs: str) -> str:
    """Match one to `len(lows)` digits that, padded with zeros, lie from `lows` to `highs`."""
    return union(_digit_options(lows, highs))


def _digit_options(lows: str, highs: str) -> list[str]:
    rest = len(lows) - 1
    low, high = int(lows[0]), int(highs[0])
    if not rest:
        return [_class(low, high)]
    zeros, nines = "0" * rest, "9" * rest
    if low == high:
        return [f"{low}{_tail(lows[1:], highs[1:])}"]
    options = []
    first, last = low, high
    if lows[1:] != zeros:
        options.append(f"{low}{_tail(lows[1:], nines)}")
        first += 1
    if highs[1:] != nines:
        options.append(f"{high}{_tail(zeros, highs[1:])}")
        last -= 1
    if first <= last:
        options.append(f"{_class(first, last)}[0-9]{{0,{rest}}}")
    return options


def _tail(lows: str, highs: str) -> str:
    optional = "?" if not int(lows) else ""
    return f"(?:{_digits(lows, highs)}){optional}"


def integers(least: int, most: int) -> str:
    """Match the integers from `least` to `most` (not negative), without leading zeros."""
    if least == 0 and set(str(most)) == {"9"}:
        return f"(?:0|[1-9][0-9]{{0,{len(str(most)) - 1}}})"
    options = []
    for length in range(len(str(least)), len(str(most)) + 1):
        shortest = 0 if length == 1 else 10 ** (length - 1)
        low, high = max(least, shortest), min(most, 10**length - 1)
        options.extend(fixed(str(low), str(high)))
    return union(options)


def fixed(lows: str, highs: str) -> list[str]:
    """Match the digit strings of one length from `lows` to `highs`."""
    rest = len(lows) - 1
    low, high = int(lows[0]), int(highs[0])
    if not rest:
        return [_class(low, high)]
    zeros, nines = "0" * rest, "9" * rest
    if low == high:
        return [f"{low}{union(fixed(lows[1:], highs[1:]))}"]
    options = []
    first, last = low, high
    if lows[1:] != zeros:
        options.append(f"{low}{union(fixed(lows[1:], nines))}")
        first += 1
    if highs[1:] != nines:
        options.append(f"{high}{union(fixed(zeros, highs[1:]))}")
        last -= 1
    if first <= last:
        any_digits = "[0-9]" if rest == 1 else f"[0-9]{{{rest}}}"
        options.append(f"{_class(first, last)}{any_digits}")
    return options


def _class(low: int, high: int) -> str:
    return str(low) if low == high else f"[{low}-{high}]"


def union(options: list[str]) -> str:
    """Match one of the options."""
    return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"
