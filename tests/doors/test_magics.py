"""The magics of the verbs in a real shell."""

from __future__ import annotations

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import mlops_jupyter as mlops
from mlops_jupyter import verbs
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.notebook import magics, widgets


@pytest.fixture
def shell(fresh_shell, registry):
    magics.register(fresh_shell)
    yield fresh_shell
    magics.unregister(fresh_shell)


@pytest.fixture
def two_runs(registry):
    for depth in (4, 6):
        with mlops.start_run("churn"):
            mlops.log_param("depth", depth)
            mlops.log_metric("auc", depth / 10)
    return registry


def shown(shell, cell):
    """Run a cell, and return what it displayed: bundles, and what was printed."""
    with capture_output() as captured:
        shell.run_cell(cell).raise_error()
    return [output.data for output in captured.outputs], captured.stdout


def test_each_verb_shows_its_record_as_a_card_with_a_plain_twin(shell, two_runs):
    for cell, kind in (
        ("%runs churn --static", "run-table"),
        ("%compare 1 2", "comparison"),
        ("%mlops", "status"),
        ("%mlops status", "status"),
        ("%mlops doctor", "health"),
        ("%mlops query 'select 1 as one'", "query-result"),
        ("%mlops show 1", "run-view"),
        ("%mlops note 1 'too flat'", "run-view"),
    ):
        (bundle,), _ = shown(shell, cell)
        assert bundle["text/html"].lstrip().startswith("<")
        assert bundle["text/plain"]
        assert f"application/vnd.mlops-jupyter.{kind}+json" in bundle, cell


def test_the_json_beside_a_card_is_the_record(shell, two_runs):
    (bundle,), _ = shown(shell, "%runs churn --static")
    plain = bundle["application/vnd.mlops-jupyter.run-table+json"]
    assert json.loads(json.dumps(plain, allow_nan=False))["total"] == 2


def test_a_table_of_runs_has_a_fallback_also_where_it_is_a_widget(shell, two_runs):
    bundles, _ = shown(shell, "%runs churn")
    assert len(bundles) == 1
    assert "churn" in bundles[0]["text/html"]
    assert "churn" in bundles[0]["text/plain"]


def test_show_has_the_figures_inside(shell, registry):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    with mlops.start_run("churn"):
        mlops.log_figure(figure, "curve")
    plt.close(figure)
    (bundle,), _ = shown(shell, "%show 1")
    assert "data:image/png;base64," in bundle["text/html"]


@pytest.mark.parametrize(
    "line",
    [
        "%mlops sql select number from run_summaries where status = 'finished' order by number",
        "%mlops sql --limit 5 SELECT number FROM run_summaries ORDER BY number",
        '%mlops query "select number from run_summaries order by number"',
        "%mlops sql 'select n.number from (with n as (select number from runs) select * from n) n'",
        "%%mlops sql\nselect number\nfrom run_summaries -- a comment\norder by number",
    ],
)
def test_sql_needs_no_quotes(shell, two_runs, line):
    (bundle,), _ = shown(shell, line)
    assert bundle["application/vnd.mlops-jupyter.query-result+json"]["rows"] == [[1], [2]]


def test_a_cell_is_for_sql_alone(shell):
    with pytest.raises(UsageError, match="one line"):
        shell.run_cell_magic("mlops", "runs", "select 1")


def test_what_was_done_is_said(shell, two_runs):
    (bundle,), _ = shown(shell, "%mlops delete 1")
    assert "restore" in bundle["text/plain"]
    assert verbs.runs().total == 1


def test_help_is_the_verbs_docstring_and_its_options(shell, two_runs):
    assert shell.find_line_magic("runs").__doc__ == verbs.runs.__doc__
    assert "nearest" in shell.object_inspect_text("%show")
    assert "--differences" in shown(shell, "%runs --help")[1]
    for name in ("status", "sql", "doctor", "backup"):
        assert name in shown(shell, "%mlops help")[1]


def test_a_record_that_is_a_cells_last_value_is_a_card(shell, two_runs):
    html = shell.display_formatter.format(mlops.get_run(1))[0]
    assert html["text/html"].lstrip().startswith("<")
    assert "churn" in html["text/plain"]


def test_errors_are_ours_and_one_line(shell, two_runs):
    result = shell.run_cell("%show 99")
    assert isinstance(result.error_in_exec, NotFoundError)
    assert len(result.error_in_exec._render_traceback_()) == 1


def test_the_namespace_of_the_user_stays_as_it_was(shell, two_runs):
    before = set(shell.user_ns)
    shown(shell, "%runs --static\n%compare 1 2\n%mlops")
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == set()


def test_unregister_leaves_nothing_and_takes_nothing_of_others(registry):
    made = InteractiveShell()
    before = {kind: dict(table) for kind, table in made.magics_manager.magics.items()}
    magics.register(made)
    magics.register(made)
    made.register_magic_function(lambda line: None, "line", "compare")
    magics.unregister(made)
    after = made.magics_manager.magics
    assert set(after["line"]) - set(before["line"]) == {"compare"}
    assert set(after["cell"]) == set(before["cell"])
    made.history_manager.end_session()


def test_sql_that_does_not_read_is_refused_as_such(shell, two_runs):
    with pytest.raises(UsageError, match="only reading is allowed"):
        shown(shell, "%mlops sql delete from runs")
    with pytest.raises(UsageError, match="only reading is allowed"):
        shown(shell, "%mlops sql update runs set note = 'x'")


def test_a_table_of_another_registry_compares_runs_of_that_one(shell, two_runs, tmp_path, monkeypatch):
    for depth in (1, 2):
        with mlops.start_run("other", registry=tmp_path / "other"):
            mlops.log_param("depth", depth)
    given = {}
    monkeypatch.setattr(widgets, "show_table", lambda table, **options: given.update(options) or True)
    shown(shell, f"%runs --registry {tmp_path / 'other'}")
    assert given == {"registry": str(tmp_path / "other")}
    shown(shell, "%mlops runs")
    assert given == {"registry": None}
