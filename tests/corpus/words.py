"""The words that mean something to Python and to the databases, from those who give them one."""

import _sqlite3
import builtins
import ctypes
import keyword


def python_words() -> set[str]:
    """Return the keywords, the soft keywords and the builtins; `_` is no name for users."""
    public = {name for name in dir(builtins) if not name.startswith("_")}
    return public | {*keyword.kwlist, *keyword.softkwlist} - {"_"}


def sqlite_words() -> set[str]:
    """Return the keywords of the SQLite that runs here, in lower case."""
    library = ctypes.CDLL(_sqlite3.__file__)
    return {_sqlite_word(library, index) for index in range(library.sqlite3_keyword_count())}


def _sqlite_word(library: ctypes.CDLL, index: int) -> str:
    text, length = ctypes.c_char_p(), ctypes.c_int()
    library.sqlite3_keyword_name(index, ctypes.byref(text), ctypes.byref(length))
    return ctypes.string_at(text, length.value).decode().lower()
