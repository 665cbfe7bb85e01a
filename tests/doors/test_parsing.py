from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter import parsing
from mlops_jupyter.errors import UsageError

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="'\""), min_size=1)


def greet(name: str, *, times: int = 1, loud: bool = False) -> tuple[str, int, bool]:
    """Say hello.

    Parameters
    ----------
    name
        Whom.
    times
        How often.
    loud
        With a shout.
    """
    return name, times, loud


def application(finish=lambda answer: answer, options=None):
    app = parsing.application("greeter")
    parsing.add(app, greet, finish, options)
    return app


def run(*words):
    return parsing.run(application(), ["greet", *words], hint="Help: greet?")


@given(st.lists(PLAIN))
def test_words_without_blanks_and_quotes_are_taken_literally(words):
    assert parsing.split("  ".join(words)) == words


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="'\n\r\0"), max_size=200))
def test_quoted_text_is_one_word(text):
    assert parsing.split(f"a '{text}' b") == ["a", text, "b"]


@pytest.mark.parametrize("line", ["a 'b", 'a "b', "it's", "x" * 19_000 + "'"])
def test_an_open_quote_is_named_in_one_short_line(line):
    with pytest.raises(UsageError, match="quote is not closed") as caught:
        parsing.split(line)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_a_line_of_a_megabyte_is_refused_at_once():
    with pytest.raises(UsageError, match="1,000,000 characters"):
        parsing.split("x" * 1_000_000)


def test_the_verb_gets_its_arguments_and_finish_its_answer():
    assert run("ada", "--times", "3", "--loud") == ("ada", 3, True)
    assert run("ada") == ("ada", 1, False)


def test_an_option_of_the_door_goes_to_finish_and_not_to_the_verb():
    options = {"json": parsing.Option(bool, default=False, help="As JSON.")}
    app = application(lambda answer, json: (answer, json), options)
    assert parsing.run(app, ["greet", "ada", "--json"], hint="") == (("ada", 1, False), True)
    assert parsing.run(app, ["greet", "ada"], hint="") == (("ada", 1, False), False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ada", "--tims", "3"], "--times"),
        (["ada", "--times", "3", "--times", "4"], "multiple times"),
        (["ada", "--times", "x"], "unable to convert"),
        (["ada", "--times"], "requires an argument"),
        ([], "greet: NAME is missing."),
        (["ada", "eve"], "eve"),
        (["ada", "-x"], "-x"),
    ],
)
def test_what_is_not_understood_is_one_line_with_a_hint(words, said):
    with pytest.raises(UsageError, match=r"Help: greet\?") as caught:
        run(*words)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_verb_itself_passes_unchanged():
    def fail() -> None:
        """Fail."""
        raise KeyError("mine")

    app = parsing.application("failing")
    parsing.add(app, fail, print)
    with pytest.raises(KeyError, match="mine"):
        parsing.run(app, ["fail"], hint="")
