"""What a cell will do, from its syntax tree alone."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from mlops_jupyter.capture import analyse
from mlops_jupyter.capture.expressions import value_of


def plan_of(source):
    return analyse(dedent(source))


def making(plan, name):
    return [store.value.making for store in plan.stores[name]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("8", "literal"),
        ("-1e-3", "literal"),
        ("2 ** 10", "literal"),
        ("'adam'", "literal"),
        ("None", "literal"),
        ("[64, 32]", "literal"),
        ("{'depth': 8}", "literal"),
        ("float('inf')", "literal"),
        ("1 - train_size", "derived"),
        ("config['lr']", "derived"),
        ("frame.shape[0]", "derived"),
        ("len(frame)", "derived"),
        ("a if b else c", "derived"),
        ("f(x)", "computed"),
        ("model.score(X, y)", "computed"),
        ("np.sqrt(mse)", "computed"),
        ("[f(x) for x in rows]", "computed"),
        ("lambda: 1", "computed"),
    ],
)
def test_values_are_literal_derived_or_computed(source, expected):
    assert value_of(ast.parse(source, mode="eval").body).making == expected


def test_names_read_before_they_are_stored_come_from_outside():
    plan = plan_of("""
        a = b + 1
        c = a + d
        e, f = g(a), [h for h in i]
    """)
    assert plan.reads == {"b", "d", "g", "i"}


def test_a_name_that_is_surely_stored_first_is_not_read_from_outside():
    plan = plan_of("""
        for row in rows:
            y = row * 2
            total += y
        if flag:
            z = 1
        else:
            z = 2
        print(z)
        if flag:
            w = 1
        print(w)
    """)
    assert "y" not in plan.reads
    assert "z" not in plan.reads
    assert {"w", "total", "rows", "flag"} <= plan.reads


def test_bodies_of_functions_read_what_the_cell_does_not_store():
    plan = plan_of("""
        def f(x, *, k=default):
            local = x + outer + later
            return [local for local in range(3)]
        later = 3
        class A(Base):
            attr = first
            def m(self):
                return attr2
    """)
    assert {"outer", "default", "Base", "first", "attr2"} <= plan.reads
    assert not {"local", "later", "x", "attr", "self"} & plan.reads


def test_tuple_unpacking_pairs_names_with_values():
    plan = plan_of("""
        depth, rate = 8, fit(x)
        a, *rest, b = 1, 2, 3, f()
        (c, d), e = (1, g()), 2
        u, v = split(x)
    """)
    assert making(plan, "depth") == ["literal"]
    assert making(plan, "rate") == ["computed"]
    assert making(plan, "a") == ["literal"]
    assert making(plan, "b") == ["computed"]
    assert making(plan, "c") == ["literal"]
    assert making(plan, "d") == ["computed"]
    assert making(plan, "u") == making(plan, "v") == ["computed"]


def test_only_unconditional_bindings_are_sure():
    plan = plan_of("""
        a = 1
        if x: b = 1
        for i in y: c = 1
        try: d = 1
        finally: e = 1
        with z as h: f = 1
        (g := 2)
        x and (k := 3)
    """)
    sure = {name for name, stores in plan.stores.items() if stores[0].sure}
    assert sure == {"a", "e", "h", "f", "g"}


def test_a_literal_that_a_loop_adds_to_is_a_result():
    plan = plan_of("""
        total = 0
        for x in data:
            total += x
    """)
    assert making(plan, "total") == ["literal", "computed"]


def test_entries_of_dicts_with_constant_keys():
    plan = plan_of("config = {'depth': 8, 'auc': score(x), name: 1}\nother = dict(lr=0.1)")
    assert [(key, made.making) for key, made in plan.stores["config"][0].value.entries] == [
        ("depth", "literal"),
        ("auc", "computed"),
    ]
    assert plan.stores["other"][0].value.entries[0][0] == "lr"


def test_ignore_comments_leave_out_their_statement():
    plan = plan_of("""
        seed = 3  # mlops: ignore
        depth = 8
        for i in range(3):  # mlops: ignore
            loss = f(i)
        note = "# mlops: ignore"
        secret = read(
            path
        )  # mlops:ignore
    """)
    assert set(plan.stores) == {"depth", "note"}
    assert plan.left_out == {"seed", "i", "loss", "secret"}
    assert plan.is_ignored(2)
    assert not plan.is_ignored(3)
    assert "path" not in plan.reads


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("model.score(X, y)", "score"),
        ("round(roc_auc_score(y, p), 3)", "roc_auc_score"),
        ("results['auc']", "auc"),
        ("search.best_score_", "best_score_"),
        ("auc", "auc"),
        ("await evaluate()", "evaluate"),
        ("1 - loss", "result"),
    ],
)
def test_the_last_expression_has_a_name(source, name):
    assert plan_of(source).last.name == name


def test_what_is_not_an_expression_shows_nothing():
    assert plan_of("x = 1").last is None
    assert plan_of("f()  # mlops: ignore").last is None


def test_names_that_may_change_in_place():
    plan = plan_of("""
        df["x"] = 1
        df2.drop(columns="x", inplace=True)
        log.append(1)
        del cache[0]
        n += 1
        model.fit(X, y)
        frame.head()
    """)
    assert {"df", "df2", "log", "cache", "n"} <= plan.changed
    assert not {"X", "y", "frame"} & plan.changed


def test_the_key_does_not_see_comments_and_layout():
    assert plan_of("x = 1\ny = f( x )").key == plan_of("# note\nx = 1;  y = f(x)").key
    assert plan_of("x = 1").key != plan_of("x = 2").key


def test_empty_cells():
    assert plan_of("").is_empty
    assert plan_of("# only\n\n# comments").is_empty
    assert not plan_of("pass").is_empty


@pytest.mark.parametrize("source", ["x = (", "return = 1", "def f(:", "a b", "\tx = 1\n  y = 2"])
def test_what_python_refuses_is_refused(source):
    with pytest.raises(SyntaxError):
        analyse(source)


def test_every_statement_of_the_language_can_be_read():
    plan = plan_of("""
        import os.path as p, sys
        from math import *
        async def g():
            async for x in y:
                yield x
        match command:
            case [first, *rest]: pass
            case {"k": value, **others}: pass
            case _: pass
        while n: n -= 1
        try:
            raise ValueError
        except* (KeyError, ValueError) as error:
            pass
        global q
        assert (m := 3)
        del m
        x: int = 8
        y: str
        @decorator
        class C: pass
        lambda a, /, b=c: d
        await thing
    """)
    assert {"y", "command", "n", "decorator", "c", "d", "thing"} <= plan.reads
    assert plan.stores["x"][0].value.making == "literal"
    assert plan.deleted == {"m"}
