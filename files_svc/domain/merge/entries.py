"""Files of one entry a line, each known by a key: env files, requirements, ignore files."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from files_svc.domain.merge.keyed import REQUIREMENT, package_key
from files_svc.domain.merge.result import Clash, Merged, Reason

VARIABLE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=")
KeyOf = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    key: str
    lead: str
    """The comments and blank lines before it."""

    line: str
    """The entry alone, as it is written."""

    @property
    def text(self) -> str:
        return self.lead + (self.line if self.line.endswith("\n") else f"{self.line}\n")


def env_key(line: str) -> str:
    """Return the variable that a line of an env file sets, or nothing."""
    match = VARIABLE.match(line)
    return match[1] if match else ""


def requirement_key(line: str) -> str:
    """Return the package that a line of a requirements file names."""
    line = line.partition(" #")[0].strip().rstrip("\\").strip()
    match = REQUIREMENT.fullmatch(line.partition(" --hash")[0].strip())
    return package_key(match[1]) if match else line


def line_key(line: str) -> str:
    """Return the line itself."""
    return line.strip()


def merge_entries(base: str, ours: str, theirs: str, *, key_of: KeyOf) -> Merged | None:
    """Merge entry by entry, or None when a key stands twice in one of the texts."""
    parsed = [_parse(text, key_of) for text in (base, ours, theirs)]
    tables = [{entry.key: entry for entry in entries} for entries, _ in parsed]
    if any(len(table) < len(entries) for table, (entries, _) in zip(tables, parsed, strict=True)):
        return None
    order, clashes = _merge_tables(*tables)
    tail = _merge_tails(*(tail for _, tail in parsed))
    text = "".join(entry.text for entry in order) + tail
    return Merged(text=text, clashes=tuple(clashes))


def _parse(text: str, key_of: KeyOf) -> tuple[list[_Entry], str]:
    entries: list[_Entry] = []
    lead = ""
    for line in _logical_lines(text):
        if not line.strip() or line.lstrip().startswith("#") or not key_of(line):
            lead += line
            continue
        entries.append(_Entry(key=key_of(line), lead=lead, line=line))
        lead = ""
    return entries, lead


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines, joined where a backslash continues them."""
    waiting = ""
    for line in text.splitlines(keepends=True):
        waiting += line
        if not line.rstrip("\r\n").endswith("\\"):
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


Table = Mapping[str, _Entry]


def _merge_tables(base: Table, ours: Table, theirs: Table) -> tuple[list[_Entry], list[Clash]]:
    result = list(ours.values())
    clashes: list[Clash] = []
    for key in (*theirs, *(key for key in base if key not in theirs)):
        before, now, after = (_bare(table, key) for table in (base, ours, theirs))
        if after in (now, before):
            continue
        if now != before:
            clashes.append(Clash(place=key, reason=_reason(before, now)))
        else:
            _replace(result, key, theirs.get(key), list(theirs))
    return result, clashes


def _bare(table: Table, key: str) -> str:
    return table[key].line.strip() if key in table else ""


def _reason(before: str, now: str) -> Reason:
    if not before:
        return Reason.BOTH_ADDED
    return Reason.BOTH_CHANGED if now else Reason.DELETED_AND_CHANGED


def _replace(result: list[_Entry], key: str, entry: _Entry | None, order: Sequence[str]) -> None:
    places = {each.key: place for place, each in enumerate(result)}
    if entry is None:
        del result[places[key]]
    elif key in places:
        result[places[key]] = replace(entry, lead=result[places[key]].lead)
    else:
        earlier = reversed(order[: order.index(key)])
        place = next((places[each] + 1 for each in earlier if each in places), 0)
        result.insert(place, entry)


def _merge_tails(base: str, ours: str, theirs: str) -> str:
    """Return the comments after the last entry: OURS, unless only THEIRS changed them."""
    return theirs if ours == base else ours
