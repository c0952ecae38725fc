"""The corpus of prompts: plans and refusals compared in full, the same each time."""

import contextlib
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInputError
from generator_svc.planner import PlanRequest, plan
from generator_svc.planner.document import spec_from_tree
from generator_svc.planner.lexicon import lexicon
from tests.corpus.prompts import answer_to, load_prompt, prompt_names, request_of


def test_there_are_enough_prompts() -> None:
    """Holds the corpus to its size: first versions and changes, plans and refusals."""
    entries = [load_prompt(name) for name in prompt_names()]
    changes = [entry for entry in entries if "base" in entry["request"]]
    assert len(entries) - len(changes) >= 130
    assert len(changes) >= 60
    for group in (changes, [entry for entry in entries if entry not in changes]):
        assert sum("refused" in entry for entry in group) >= 10


@pytest.mark.parametrize("name", prompt_names())
def test_answers_as_expected(name: str) -> None:
    """Plans or refuses each prompt exactly as written down, sources and leftovers included."""
    entry = load_prompt(name)
    expected = {key: entry[key] for key in entry if key != "request"}
    assert answer_to(request_of(entry)) == expected


@pytest.mark.parametrize("name", prompt_names())
def test_spans_point_at_their_words(name: str) -> None:
    """Names the words of the prompt, where they stand."""
    entry = load_prompt(name)
    prompt = entry["request"].get("prompt", "")
    for source in entry.get("plan", {}).get("sources", []):
        _, arrow, words = source.partition(" <- ")
        if arrow:
            place, _, text = words.partition(" ")
            start, end = map(int, place.split("-"))
            assert prompt[start:end] == text


@pytest.mark.parametrize("name", ["blog", "library", "online_store", "sql_tables"])
def test_plans_the_same_ten_times(name: str) -> None:
    """Gives the same answer to the same prompt, time after time."""
    request = request_of(load_prompt(name))
    first = answer_to(request)
    assert all(answer_to(request) == first for _ in range(9))


def test_plans_fast() -> None:
    """Plans a typical prompt well within 50 ms, once its words are loaded."""
    request = request_of(load_prompt("online_store"))
    answer_to(request)
    started = time.perf_counter()
    for _ in range(5):
        answer_to(request)
    assert (time.perf_counter() - started) / 5 < 0.05


def test_every_phrase_of_the_lexicon_is_lower_case() -> None:
    """Keeps the lexicon in the case that prompts are folded to."""
    for table in (lexicon().phrases, lexicon().commands, lexicon().verbs):
        for options in table.values():
            assert all(word == word.lower() for words, _ in options for word in words)


SIGNS = (
    [",", ".", ";", ":", "(", ")", "|", "\n", "\n- ", '"', "'", "{", "}", "[", "```", "=", "\x00"],
    ["Post(", "x:string", "create table t (", "entity A {", "entities:", "name:", "rails g model"],
    [
        "post",
        "users",
        "title",
        "author",
        "status",
        "3",
        "80",
        "-5",
        "0.5",
        "é",
        "名",
        "user's",
        "_",
    ],
)
PHRASES = [" ".join(words) for table in lexicon().phrases.values() for words, _ in table]
PIECES = st.sampled_from(sorted(PHRASES) + [sign for signs in SIGNS for sign in signs])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(PIECES, min_size=3, max_size=40))
def test_never_breaks_whatever_it_reads(pieces: list[str]) -> None:
    """Plans or refuses any run of words and signs, and as a change of a project too."""
    prompt = " ".join(pieces)
    base = spec_from_tree(load_prompt("blog")["plan"]["spec"])
    for request in (PlanRequest(prompt=prompt), PlanRequest(prompt=prompt, base=base)):
        with contextlib.suppress(InvalidInputError):
            plan(request)


@pytest.mark.parametrize(
    "prompt",
    [
        "A(" * 2400,
        "a, " * 1600,
        "entity A {" * 490,
        "A blog with " + "posts and " * 480,
        "(" * 5000,
    ],
)
def test_reads_hostile_prompts_in_bounded_time(prompt: str) -> None:
    """Refuses what is made to take long, in a moment."""
    started = time.perf_counter()
    with pytest.raises(InvalidInputError):
        plan(PlanRequest(prompt=prompt))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "A(",
            "a, ",
            "a - ",
            "\n- a: b",
            "a (b, c), ",
            "one of a, ",
            "a.b.",
            "a | b ",
            "max min ",
        ),
        *(
            "where users can ",
            "a post has a title and ",
            "users like posts, ",
            "as a user i want to ",
        ),
    ],
)
def test_work_grows_with_the_length_of_a_prompt(unit: str) -> None:
    """Does about twice the work for a prompt twice as long, whatever it repeats."""
    short, long = (unit * 5000)[:2400], (unit * 5000)[:4800]
    calls_for(short)  # what is read once is read by now
    assert calls_for(long) < 3 * calls_for(short)


def calls_for(prompt: str) -> int:
    """Return how many calls planning a prompt takes."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        with contextlib.suppress(InvalidInputError):
            plan(PlanRequest(prompt=prompt))
    finally:
        sys.setprofile(None)
    return calls
