"""Regular expressions for dates, times, instants and durations within bounds.

JSON Schema has no bounds for them. What such a pattern matches lies within the bounds; of what it
does not match, some may still do so under another name: an instant of the first or the last day
in another zone than UTC, a duration of 90 minutes.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from generator_svc.phases.model.decimals import fixed, fraction, integers, union

DAYS_MAX = 9_999_999
"""The most days that a duration is read with."""

_ZONE = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_MICROS = 999_999
_DAY = dt.timedelta(days=1)
_FURTHEST = dt.timedelta(hours=23, minutes=59)
"""How far a zone lies from UTC at most."""

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One number of several that are written one after the other, the weightiest first."""

    most: int
    least: int = 0
    width: int = 0
    """How many digits it is padded to; 0 leaves it as it is."""

    before: str = ""
    after: str = ""
    decimals: bool = False
    """Whether it is what follows a decimal point, in millionths."""

    def within(self, low: int, high: int) -> str:
        """Match the numbers from `low` to `high`."""
        if self.decimals:
            digits = fraction(low, high, 6)
        elif self.width:
            digits = union(fixed(f"{low:0{self.width}}", f"{high:0{self.width}}"))
        else:
            digits = integers(low, high)
        return f"{self.before}{digits}{self.after}"


_DATE = (
    _Part(least=1, most=9999, width=4),
    _Part(least=1, most=12, width=2, before="-"),
    _Part(least=1, most=31, width=2, before="-"),
)
_CLOCK = (
    _Part(most=23, width=2),
    _Part(most=59, width=2, before=":"),
    _Part(most=59, width=2, before=":"),
    _Part(most=_MICROS, decimals=True),
)
_INSTANT = (*_DATE, _Part(most=23, width=2, before="[Tt]"), *_CLOCK[1:])
_DURATION = (
    _Part(most=DAYS_MAX, after="DT"),
    _Part(most=23, after="H"),
    _Part(most=59, after="M"),
    _Part(most=59),
    _Part(most=_MICROS, decimals=True, after="S"),
)


def date_pattern(low: dt.date | None, high: dt.date | None) -> str:
    """Match dates; that there is such a day in the month is for the format to say."""
    return _between(_DATE, _of_date(low or dt.date.min), _of_date(high or dt.date.max))


def time_pattern(low: dt.time | None, high: dt.time | None) -> str:
    """Match times of day."""
    return _between(_CLOCK, _of_time(low or dt.time.min), _of_time(high or dt.time.max))


def instant_pattern(low: dt.datetime | None, high: dt.datetime | None) -> str:
    """Match instants in UTC, and in any zone where no zone leads beyond the bounds."""
    least = low or dt.datetime.min.replace(tzinfo=dt.UTC)
    most = high or dt.datetime.max.replace(tzinfo=dt.UTC)
    options = [f"{_between(_INSTANT, _of_instant(least), _of_instant(most))}[Zz]"]
    days = _whole_days(least, most) if most - least >= 2 * _DAY else None
    if days is not None:
        day = _between(_DATE, *map(_of_date, days))
        options.append(f"{day}[Tt]{_any(_CLOCK)}{_ZONE}")
    return union(options)


def _whole_days(low: dt.datetime, high: dt.datetime) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day that lie between the bounds in every zone, if any do."""
    earliest = low + _FURTHEST
    first = earliest.date() if earliest.time() == dt.time.min else earliest.date() + _DAY
    last = (high - _FURTHEST + dt.timedelta.resolution).date() - _DAY
    return (first, last) if first <= last else None


def duration_pattern(low: dt.timedelta | None, high: dt.timedelta | None) -> str:
    """Match durations whose hours, minutes and seconds are all told and less than a day."""
    furthest = dt.timedelta(days=DAYS_MAX + 1) - dt.timedelta.resolution
    least = max(low, -furthest) if low is not None else -furthest
    most = min(high, furthest) if high is not None else furthest
    zero = dt.timedelta()
    options = []
    if most >= zero:
        options.append(_lengths(max(least, zero), most))
    if least < zero:
        options.append("-" + _lengths(max(-most, zero), -least))
    return union(options)


def _lengths(low: dt.timedelta, high: dt.timedelta) -> str:
    return "P" + _between(_DURATION, _of_duration(low), _of_duration(high))


def _between(parts: Sequence[_Part], low: Numbers, high: Numbers) -> str:
    """Match what lies from `low` to `high`, compared number by number."""
    if not parts:
        return ""
    part, rest = parts[0], parts[1:]
    if low[0] == high[0]:
        return part.within(low[0], low[0]) + _between(rest, low[1:], high[1:])
    least = tuple(each.least for each in rest)
    most = tuple(each.most for each in rest)
    first, last, options = low[0], high[0], []
    if low[1:] != least:
        options.append(part.within(first, first) + _between(rest, low[1:], most))
        first += 1
    if high[1:] != most:
        options.append(part.within(last, last) + _between(rest, least, high[1:]))
        last -= 1
    if first <= last:
        options.append(part.within(first, last) + _any(rest))
    return union(options)


def _any(parts: Sequence[_Part]) -> str:
    return "".join(each.within(each.least, each.most) for each in parts)


def _of_date(value: dt.date) -> Numbers:
    return value.year, value.month, value.day


def _of_time(value: dt.time) -> Numbers:
    return value.hour, value.minute, value.second, value.microsecond


def _of_instant(value: dt.datetime) -> Numbers:
    return *_of_date(value), *_of_time(value.time())


def _of_duration(value: dt.timedelta) -> Numbers:
    minutes, seconds = divmod(value.seconds, 60)
    return value.days, *divmod(minutes, 60), seconds, value.microseconds
