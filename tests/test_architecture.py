"""The house holds: layers, light imports, records and columns, help for every verb, README."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import importlib.util
import inspect
import json
import pkgutil
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import mlops_jupyter
from mlops_jupyter import cli, parsing, records, verbs

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HEAVY = (
    "pandas",
    "sklearn",
    "matplotlib",
    "sqlite_utils",
    "jinja2",
    "numpy",
    "polars",
    "pyarrow",
    "skops",
    "cyclopts",
    "nbformat",
)


# --- imports ----------------------------------------------------------------------------------


def test_arrows_point_down():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import mlops_jupyter, mlops_jupyter.verbs, mlops_jupyter.parsing",
        "import mlops_jupyter.store, mlops_jupyter.tracking",
        "import IPython; IPython.InteractiveShell().extension_manager.load_extension('mlops_jupyter')",
    ],
    ids=["import", "rooms", "load_ext"],
)
def test_nothing_heavy_is_imported(code, tmp_path):
    look = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert [name for name in loaded if name in HEAVY] == []
    assert "mlops_jupyter" in loaded


def test_only_the_notebook_room_imports_ipython():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mlops_jupyter").rglob("*.py")
        if re.search(
            r"^\s*(?:import|from) (?:IPython|ipywidgets|anywidget)\b", path.read_text(), re.MULTILINE
        )
    }
    assert {path for path in found if not path.startswith("mlops_jupyter/notebook/")} == set()
    assert found


@pytest.mark.parametrize("name", mlops_jupyter.__all__)
def test_public_names_resolve(name):
    assert getattr(mlops_jupyter, name) is not None
    assert name in dir(mlops_jupyter)


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="log_metrix"):
        mlops_jupyter.log_metrix  # noqa: B018


def test_a_name_of_another_tracker_is_answered_with_ours():
    with pytest.raises(AttributeError, match="no attribute 'set_experiment'; here it is start_run"):
        mlops_jupyter.set_experiment  # noqa: B018


# --- records and columns ----------------------------------------------------------------------


def _tables() -> dict[str, list[str]]:
    database = sqlite3.connect(":memory:")
    for path in sorted((ROOT / "mlops_jupyter/store/schema").glob("*.sql")):
        database.executescript(path.read_text())
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in names}
    database.close()
    return columns


def _table_of(record: type) -> str:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", record.__name__).lower()
    return name + ("es" if name.endswith("s") else "s")


def _records_of_tables() -> dict[str, type]:
    listed = re.search(r"Tables\s+(.*?)\nViews", records.__doc__, re.DOTALL).group(1)
    return {_table_of(getattr(records, name)): getattr(records, name) for name in re.findall(r"\w+", listed)}


def test_every_table_has_its_record_and_every_record_its_table():
    internal = {"meta", "counters"}
    assert set(_tables()) - internal == set(_records_of_tables())


@pytest.mark.parametrize("table", sorted(_records_of_tables()))
def test_columns_are_the_records_fields(table):
    fields = [field.name for field in dataclasses.fields(_records_of_tables()[table])]
    assert sorted(fields) == sorted(_tables()[table])


def test_the_contents_of_records_are_all_its_records():
    listed = set(re.findall(r"\b[A-Z]\w+", records.__doc__.split("-----")[-1].split("``runs``")[0])) - {
        "Tables",
        "Views",
        "Answers",
    }
    defined = {
        name
        for name, value in vars(records).items()
        if dataclasses.is_dataclass(value) and value.__module__.startswith(records.__name__)
    }
    assert listed <= defined
    annotations = " ".join(
        str(field.type)
        for value in vars(records).values()
        if dataclasses.is_dataclass(value)
        for field in dataclasses.fields(value)
    )
    parts = {name for name in defined - listed if re.search(rf"\b{name}\b", annotations)}
    assert defined - listed <= parts


# --- verbs ------------------------------------------------------------------------------------


VERBS = dict(verbs.VERBS) | {
    f"{group} {name}".strip(): verb
    for group, (_, members, _) in verbs.GROUPS.items()
    for name, verb in members.items()
}


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_documented(name):
    verb = VERBS[name]
    text = inspect.getdoc(verb)
    assert text.splitlines()[0].endswith(".")
    for section in ("Parameters", "Returns", "Examples"):
        assert f"{section}\n{'-' * len(section)}" in text
    for parameter in inspect.signature(verb).parameters:
        assert re.search(rf"^{parameter}$", text, re.MULTILINE), f"{name} does not explain {parameter}"
    assert all(p.annotation is not p.empty for p in inspect.signature(verb).parameters.values())


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_on_the_command_line(name, capsys):
    assert cli.main([*name.split(), "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Usage: mlops {name}" in shown
    assert "--json" in shown


def test_every_verb_is_listed_by_the_command_line_and_the_magic(capsys):
    from mlops_jupyter.notebook import magics

    cli.main(["--help"])
    listed = capsys.readouterr().out
    for name in (*verbs.VERBS, *verbs.GROUPS):
        assert re.search(rf"│ {name} ", listed)
        assert name == "demo" or re.search(rf"^ +{name} ", magics.help_text(), re.MULTILINE)


@pytest.mark.parametrize("group", verbs.GROUPS)
def test_every_verb_of_a_group_is_listed_by_the_command_line_and_the_magic(group, capsys):
    from mlops_jupyter.notebook import magics

    cli.main([group, "--help"])
    listed = capsys.readouterr().out
    for name in filter(None, verbs.GROUPS[group].verbs):
        assert re.search(rf"│ {name} ", listed)
        assert re.search(rf"^ +{name} ", magics.group_help(group), re.MULTILINE)


# --- documentation ----------------------------------------------------------------------------


COMMAND = r"(?:\$ )?(?:\.venv/bin/)?mlops (.+)"
MAGIC = (
    r"%((?:runs|show|compare|validate|data|contract|mlops|evaluate|register|models|gates|alias|approve|card"
    r"|history|usecase|kpi|audit|approvals|reject|archive|request-approval|cross-validate)\b.*)"
)


def _blocks(path: Path) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)


def _called(pattern: str) -> list[str]:
    lines = [
        line.strip()
        for path in (README, ROOT / "CONTRIBUTING.md")
        for b in _blocks(path)
        for line in b.splitlines()
    ]
    return sorted({match.group(1) for line in lines if (match := re.match(pattern, line))})


@pytest.mark.parametrize("line", _called(COMMAND))
def test_the_commands_of_the_readme_are_understood(line):
    words = shlex.split(line, comments=True)
    if words != ["--version"]:
        command, *_ = cli.application().parse_args(words, exit_on_error=False, print_error=False)
        called = " ".join(words[:2])
        verb = VERBS[called] if called in VERBS else VERBS[words[0]]
        assert inspect.unwrap(command) is inspect.unwrap(verb)


@pytest.mark.parametrize("line", _called(MAGIC))
def test_the_magics_of_the_readme_are_understood(line):
    from mlops_jupyter.notebook import magics

    name, _, rest = line.partition(" ")
    app = magics.application(name)
    command, *_ = app.parse_args(magics.words(name, rest), exit_on_error=False, print_error=False)
    assert callable(command)


def test_the_readme_shows_commands_and_magics():
    assert len(_called(COMMAND)) >= 5
    assert len(_called(MAGIC)) >= 2


def test_both_commands_of_the_readme_are_what_ci_runs():
    one, two = (
        line for line in README.read_text().splitlines() if line.startswith("python3 -m venv .venv && ")
    )
    assert one.endswith(".venv/bin/mlops demo")
    ci = (ROOT / ".ci/run").read_text().replace("install -q ", "install ")
    assert two in ci


def test_pictures_and_files_of_the_documents_exist():
    for path in (README, ROOT / "CONTRIBUTING.md", ROOT / "labextension/README.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} points at {target}"


# --- what is tracked --------------------------------------------------------------------------


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_machine_path_and_no_registry_host_is_tracked():
    place = r"(?:^|[^\w.])/(?:wo[r]k|far[m])/|/ro[o]t/|/tm[p]/w/"
    host = r"https?://[^ \"]*(?:np[m]|ya[r]n|py[p]i|pytho[n])[^ \"]*/(?:-/|simple|packages)"
    bad = re.compile(f"{place}|{host}", re.MULTILINE)
    found = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in bad.finditer(text)]
    assert found == []


def test_the_lock_names_no_host_and_no_torch():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert not re.search(r"^(torch|nvidia)", lock, re.MULTILINE)
    assert lock.count("==") > 100


def test_every_file_of_code_is_of_a_size_to_read():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in _tracked()
        if path.suffix == ".py"
        and "mlops_jupyter" in path.parts
        and (lines := len(path.read_text().splitlines())) > 500
    }
    assert long == {}


# --- examples in docstrings -------------------------------------------------------------------


def _modules() -> list[str]:
    return [
        "mlops_jupyter",
        *(m.name for m in pkgutil.walk_packages(mlops_jupyter.__path__, "mlops_jupyter.")),
    ]


def _source(name: str) -> str:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", _modules())
def test_every_module_begins_with_what_it_is_for(name):
    assert ast.get_docstring(ast.parse(_source(name)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")  # an example may leave a folder
@pytest.mark.parametrize("name", [name for name in _modules() if ">>> " in _source(name)])
def test_the_examples_in_docstrings_are_true(name, registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0


def test_the_verbs_have_examples_that_run():
    finder = doctest.DocTestFinder()
    for name, verb in VERBS.items():
        (test,) = finder.find(verb, name)
        skipped = all(doctest.SKIP in example.options for example in test.examples)
        assert test.examples
        assert not skipped or name in ("demo", "enable", "disable")


def test_the_parser_is_pure():
    assert parsing.split("a 'b c'") == ["a", "b c"]
