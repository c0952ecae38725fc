"""The corpus of prompts: plans and refusals compared in full, the same each time."""

import time

import pytest

from generator_svc.planner.lexicon import lexicon
from tests.corpus.prompts import answer_to, load_prompt, prompt_names, request_of


def test_there_are_enough_prompts() -> None:
    """Holds the corpus to its size: plans and refusals, forty at least."""
    assert len(prompt_names()) >= 40
    assert sum("refused" in load_prompt(name) for name in prompt_names()) >= 10


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
