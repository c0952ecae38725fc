"""The words of controlled English: each phrase means one thing."""

from collections import Counter

from generator_svc.planner.resources import load_data

LISTS = ("choices", "marks", "superlatives", "compounds", "only_verbs", "dealing", "businesses")


def test_no_phrase_stands_for_two_terminals() -> None:
    """Would let the later one win unseen: `stored in` was a place, and what an app is built in."""
    terminals = load_data("lexicon.yaml")["terminals"]
    counts = Counter(phrase for phrases in terminals.values() for phrase in phrases)
    assert [phrase for phrase, count in counts.items() if count > 1] == []


def test_no_word_stands_twice_in_a_list() -> None:
    """Keeps the lists of words lists of different words."""
    data = load_data("lexicon.yaml")
    lists = {name: data[name] for name in LISTS} | {"verbs": data["verbs"]["one"]}
    twice = {
        name: sorted(word for word, count in Counter(words).items() if count > 1)
        for name, words in lists.items()
    }
    assert not any(twice.values()), twice
