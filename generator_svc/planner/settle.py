"""Settles the words whose meaning hangs on their neighbours, before a sentence is cut."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from lark import Token

from generator_svc.planner.colons import settled_colon
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.relatives import with_relatives
from generator_svc.planner.speaking import clause_of
from generator_svc.planner.terminals import (
    APART,
    ASKED,
    IGNORED,
    LINKS,
    PREDICATES,
    QUALIFIERS,
    SEPARATORS,
    as_kind,
    kinds_of,
)
from generator_svc.planner.values import mark_value_lists

_REACH = 200
"""Tokens before a word that its meaning may hang on: what keeps long sentences cheap."""

_VALUED = frozenset({"ONE_OF", "_PIPE", "DEFAULT"})
_VALUES = frozenset({"WORD", "QUOTED", "NUMBER", "COMMA", "OR"}) | IGNORED
_NOUNS = frozenset({"WORD", "DOMAIN", "PROJECT", "FEATURE", "CAPABILITY"})


def settled(sentence: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    """Return the tokens of a sentence that count, and the features it names as adjectives."""
    tokens, adjectives = _without_adjectives(_without_tails(_without_fillers(sentence)))
    return _retag(tokens), adjectives


def _without_fillers(sentence: Sequence[Token]) -> list[Token]:
    """Drop what means nothing, but among values: `(new, paid)`, `default new`."""
    kept: list[Token] = []
    depth = 0
    valued = False
    for token in sentence:
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        valued = token.type in _VALUED or (valued and token.type in _VALUES)
        if token.type not in IGNORED:
            kept.append(token)
        elif depth or valued:
            kept.append(as_kind(token, "WORD"))
    return kept


def _without_tails(tokens: list[Token]) -> list[Token]:
    """Drop the `needed` of `no authentication needed`."""
    return [
        token
        for position, token in enumerate(tokens)
        if not (
            position
            and tokens[position - 1].type in ASKED
            and token.value.lower() in lexicon().tails
            and kinds_of(tokens[position + 1 : position + 2]) != ["WORD"]
        )
    ]


def _without_adjectives(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """Take features out that stand before a noun: the `multi-tenant` of a multi-tenant shop."""
    taken: list[Token] = []
    kept: list[Token] = []
    for position, token in enumerate(tokens):
        following = tokens[position + 1].type if position + 1 < len(tokens) else ""
        if token.type in ASKED and _is_adjective(token, kept, following):
            taken.append(token)
        else:
            kept.append(token)
    return kept, taken


def _is_adjective(token: Token, before: Sequence[Token], following: str) -> bool:
    opens = following == "PROJECT" and not PREDICATES & set(kinds_of(before))
    told = opens or token.value.lower() in lexicon().adjectives
    refused = bool(before) and before[-1].type in APART
    return told and not refused and following in _NOUNS


def _retag(tokens: list[Token]) -> list[Token]:
    """Settle the tokens whose meaning hangs on their neighbours."""
    tokens = with_relatives(_merge_links(tokens))
    kept: list[Token] = []
    for position, token in enumerate(tokens):
        following = tokens[position + 1 : position + 8]
        kind = _settled(token, kept, following)
        if kind:
            kept.append(token if kind == token.type else as_kind(token, kind))
    return mark_value_lists(_collapse_separators(kept))


def _settled(token: Token, before: Sequence[Token], following: Sequence[Token]) -> str:
    after = following[0].type if following else ""
    rule = _RULES.get(token.type)
    return rule(token, before[-_REACH:], following, after) if rule is not None else token.type


def _settled_with(token: Token, _: Sequence[Token], __: Sequence[Token], after: str) -> str:
    """`with up to 80 characters` says more about a field; `with tags` begins a list."""
    if after == "ROLES":
        return "WHERE"
    return "" if after in QUALIFIERS else token.type


def _settled_use(
    token: Token, before: Sequence[Token], following: Sequence[Token], after: str
) -> str:
    """Tell `on docker` from the `on` of `buyers make offers on items`, which says what for."""
    if _asks(following):
        return "USE"
    said = "CAN" in kinds_of(before) or clause_of(_last_segment(before)) is not None
    return "FOR" if token.value.lower() == "on" and after in {"WORD", "DET"} and said else "STOP"


def _last_segment(before: Sequence[Token]) -> Sequence[Token]:
    cut = max((n + 1 for n, each in enumerate(before) if each.type in SEPARATORS), default=0)
    return before[cut:]


def _settled_and(token: Token, before: Sequence[Token], _: Sequence[Token], after: str) -> str:
    return "_RANGE" if _in_range(token, before, after) else token.type


def _settled_limit(token: Token, _: Sequence[Token], __: Sequence[Token], after: str) -> str:
    return token.type if after == "NUMBER" else "STOP"


def _settled_bound(
    token: Token, before: Sequence[Token], following: Sequence[Token], after: str
) -> str:
    """Let `min` be part of a name where no number follows: `salary min`, `maximum age`."""
    bare = " " not in token.value and after != "NUMBER"
    named = after in {"", "WORD"} | SEPARATORS | {"_RPAR", "_LPAR"}
    setting = "TO" in kinds_of(following) and not before
    return "WORD" if bare and named and not setting else token.type


def _settled_for(
    token: Token, before: Sequence[Token], following: Sequence[Token], after: str
) -> str:
    """Tell `an app tracking parcels` from the `tracking number` of a parcel."""
    named = bool(before) and before[-1].type in {"DET", "HAS", "LABEL"} and after == "WORD"
    noun = bool(following) and following[0].value.lower() in lexicon().marks
    if " " not in token.value and token.value.lower().endswith("ing") and (named or noun):
        return "WORD"
    return "WITH" if after in ASKED else token.type


def _settled_word(token: Token, before: Sequence[Token], _: Sequence[Token], __: str) -> str:
    """Tell the `stores` of `the system stores customers` from that of `customers have stores`."""
    if not before:
        return token.type
    kind, text, words = before[-1].type, token.value.lower(), lexicon()
    business = kind == "DOMAIN" or before[-1].value.lower() in words.businesses
    deals = business and text in words.dealing | words.handling
    return "FOR" if deals or (kind == "PROJECT" and text in words.handling) else token.type


def _settled_unit(token: Token, before: Sequence[Token], _: Sequence[Token], __: str) -> str:
    return token.type if before and before[-1].type in {"NUMBER", "UNIT"} else "WORD"


def _settled_label(token: Token, _: Sequence[Token], __: Sequence[Token], after: str) -> str:
    text = token.value.lower()
    told = text in {"entities", "models"} or text.startswith("there ") or text.endswith(" are")
    named = told or after in {"COLON", "COPULA"}
    return token.type if named else "WORD"


def _settled_roles(token: Token, before: Sequence[Token], _: Sequence[Token], after: str) -> str:
    """Let `roles and permissions` be things, `roles admin and editor` roles."""
    named = bool(before) and before[-1].type == "WORD"
    alone = after in SEPARATORS or (not after and not named)
    return "WORD" if alone else token.type


def _settled_stop(token: Token, before: Sequence[Token], _: Sequence[Token], after: str) -> str:
    """Let `at` end a name: `published at`."""
    ends = after in {"", "_LPAR"} | SEPARATORS or after == "WORD"
    named = bool(before) and before[-1].type == "WORD" and token.value.lower() == "at"
    them = bool(before) and before[-1].type.startswith("VERB") and token.value.lower() == "them"
    return "WORD" if them or (named and ends) else "STOP"


def _settled_between(_: Token, before: Sequence[Token], __: Sequence[Token], after: str) -> str:
    if before and before[-1].type in LINKS:
        return ""
    if all(token.type == "DET" for token in before):
        return "BETWEEN"  # `the relation between posts and users`
    return "BETWEEN" if after == "NUMBER" else "STOP"


def _asks(following: Sequence[Token]) -> bool:
    kinds = [token.type for token in following if token.type != "DET"]
    return bool(kinds) and kinds[0] in ASKED


def _settled_asked(token: Token, _: Sequence[Token], __: Sequence[Token], after: str) -> str:
    """Let `test` be a noun in `test results`; what stands before its noun is settled elsewhere."""
    if after == "FOR" and token.value.lower().startswith("crud"):
        return "PROJECT"
    compound = after in {"WORD", "DOMAIN"} and token.value.lower() not in lexicon().adjectives
    return "WORD" if compound else token.type


def _in_range(token: Token, before: Sequence[Token], after: str) -> bool:
    if not before or before[-1].type != "NUMBER" or after != "NUMBER":
        return False
    between = len(before) > 1 and before[-2].type == "BETWEEN"
    return between or token.type == "TO" or token.value in {"-", "\N{EN DASH}"}


def _merge_links(tokens: list[Token]) -> list[Token]:
    """Let `have a many-to-many relationship with` be one token, `are many-to-many` too."""
    kept: list[Token] = []
    for token in tokens:
        if token.type in LINKS:
            while kept and kept[-1].type in _BEFORE_LINKS:
                kept.pop()
        elif kept and kept[-1].type in LINKS and token.type in {"WITH", "TO"}:
            continue
        kept.append(token)
    return kept


_BEFORE_LINKS = frozenset({"HAS", "COPULA", "DET", "WITH", "HAS_ONE", "ENTITIES"})


def _collapse_separators(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        if token.type in SEPARATORS and kept and kept[-1].type in SEPARATORS:
            kept[-1] = token
        else:
            kept.append(token)
    return kept


_Rule = Callable[[Token, Sequence[Token], Sequence[Token], str], str]

_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "WITH": _settled_with,
        "USE": _settled_use,
        "BETWEEN": _settled_between,
        "AND": _settled_and,
        "TO": _settled_and,
        "SIGN": _settled_and,
        "COLON": settled_colon,
        "MAX": _settled_bound,
        "MIN": _settled_bound,
        "ABOVE": _settled_limit,
        "BELOW": _settled_limit,
        "FOR": _settled_for,
        "UNIT": _settled_unit,
        "FEATURE": _settled_asked,
        "CAPABILITY": _settled_asked,
        "FIELDS": _settled_label,
        "ENTITIES": _settled_label,
        "STOP": _settled_stop,
        "WORD": _settled_word,
        "ROLES": _settled_roles,
    }
)
