"""Lines that people and programs put after a magic, and what must come of them."""

from __future__ import annotations

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import verbs
from mlops_jupyter.errors import UsageError
from mlops_jupyter.notebook import magics


@pytest.fixture
def shell(fresh_shell, registry):
    with mlops.start_run("churn"):
        pass
    magics.register(fresh_shell)
    yield fresh_shell
    magics.unregister(fresh_shell)


LITERAL = (
    "{2*21}",
    "{undefined} and {shell}",
    "$HOME $undefined",
    r"C:\new\table",
    "🛫 late ½ × ∞",
    "right \u202eto left",
    "a 'single' quote",
    "#12 is not a comment",
    "; rm -rf nothing",
    "%runs",
    "x" * 4_000,
)


def test_B12_a_note_is_kept_as_it_was_written(shell):
    shell.user_ns["shell"] = "expanded"
    for text in LITERAL:
        shell.run_line_magic("mlops", f'note 1 "{text}"')
        assert verbs.show(1).run.note == text


UNREADABLE = ['churn "open', "it's", "a\0b", "a\nb", "x" * 1_000_000, "'" + "y" * 1_000_000]


def test_B12_what_cannot_be_meant_is_one_short_line(shell):
    for line in UNREADABLE:
        with pytest.raises(mlops.MlopsError) as caught:
            shell.run_line_magic("show", line)
        assert len(caught.value._render_traceback_()) == 1
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 600


WRONG = (
    ("runs", "--limt 3", "--limit"),
    ("runs", "--filtr x", "--filter"),
    ("runs", "--limit 3 --limit 4", "multiple times"),
    ("runs", "--limit three", "three"),
    ("runs", "--filter", "requires an argument"),
    ("show", "", "RUN is missing"),
    ("show", "1 2", "2"),
    ("mlops", "stauts", "status"),
    ("mlops", "rns", "runs"),
    ("mlops", "demo", "demo"),
    ("mlops", "note 1 '-- an option'", "an option"),
)


def test_B13_a_wrong_option_is_named_with_the_nearest(shell):
    for magic, line, said in WRONG:
        with pytest.raises(UsageError) as caught:
            shell.run_line_magic(magic, line)
        assert said in str(caught.value), line
        assert "Help: %" in str(caught.value)
        assert len(caught.value._render_traceback_()) == 1


def test_B13_help_is_help(shell, capsys):
    for magic in ("runs", "show", "compare", "mlops"):
        for word in ("--help", "-h"):
            shell.run_line_magic(magic, word)
            assert f"Usage: %{magic}" in capsys.readouterr().out
