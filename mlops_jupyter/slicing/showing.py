"""Statements that only show something, and plots: a script does without them."""

from __future__ import annotations

import ast
from collections.abc import Collection

from .blocks import Block, bound_names, used_names

_SHOWN_CALLS = frozenset(
    {
        *(
            "head",
            "tail",
            "describe",
            "info",
            "value_counts",
            "nunique",
            "unique",
            "isna",
            "isnull",
            "sum",
            "mean",
        ),
        *("median", "std", "min", "max", "corr", "count", "round", "to_string", "sort_values", "sort_index"),
        *(
            "memory_usage",
            "duplicated",
            "any",
            "all",
            "groupby",
            "size",
            "agg",
            "get_params",
            "dropna",
            "items",
        ),
        *("reset_index", "set_index", "T", "to_frame", "style", "crosstab", "nlargest", "nsmallest", "keys"),
    }
)
_SHOWN_ATTRIBUTES = frozenset(
    {
        "shape",
        "dtypes",
        "columns",
        "index",
        "size",
        "ndim",
        "dtype",
        "values",
        "T",
        "loc",
        "iloc",
        "iat",
        "at",
    }
)
_PURE_CALLS = frozenset(
    {
        *(
            "len",
            "range",
            "list",
            "sorted",
            "round",
            "str",
            "int",
            "float",
            "zip",
            "enumerate",
            "max",
            "min",
            "sum",
        ),
        *(
            "abs",
            "dict",
            "tuple",
            "set",
            "type",
            "predict",
            "predict_proba",
            "decision_function",
            "ravel",
            "flatten",
        ),
        *(
            "linspace",
            "arange",
            "cumsum",
            "copy",
            "astype",
            "reshape",
            "format",
            "feature_names_in_",
            "argsort",
        ),
        *_SHOWN_CALLS,
    }
)
_PLOTTERS = frozenset({"plt", "sns", "matplotlib", "seaborn", "pyplot", "px", "plotly"})
_PLOT_METHODS = frozenset({"plot", "hist", "boxplot", "from_estimator", "from_predictions", "plot_tree"})
_SHOW = frozenset({"display", "HTML", "Markdown", "Image"})


def without_shown(blocks: list[Block], targets: Collection[str]) -> tuple[list[Block], int, int]:
    """Return the blocks without those that only show; and how many of them were values, how many plots.

    Plots stay where one of them is saved to a file, asked for, or used by other code.
    """
    own = _own_methods(blocks)
    plots = _plots(blocks, own, targets)
    rest: list[Block] = []
    values = 0
    for index, block in enumerate(blocks):
        node = block.node
        if index in plots:
            continue
        if isinstance(node, ast.Expr) and not _is_text(node.value) and _only_shows(node.value, own):
            values += 1
            continue
        rest.append(block)
    return rest, values, len(plots)


def _is_text(node: ast.expr) -> bool:
    """Return whether an expression is a text, which people leave as a comment."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _only_shows(node: ast.expr, own: Collection[str]) -> bool:
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return all(_only_shows(item, own) for item in items)
        case ast.Attribute(value=value, attr=attr):
            known = attr in _SHOWN_ATTRIBUTES or (attr.endswith("_") and not attr.startswith("_"))
            return known and attr not in own and _only_shows(value, own)
        case ast.Subscript(value=value, slice=key):
            return _only_shows(value, own) and _is_pure(key, own)
        case ast.Call(func=ast.Attribute(value=value, attr=attr)):
            return (
                attr in _SHOWN_CALLS
                and attr not in own
                and _only_shows(value, own)
                and _pure_inside(node, own)
            )
        case ast.Call(func=ast.Name(id=name)):
            return name in _SHOW and name not in own and _pure_inside(node, own)
        case ast.JoinedStr() | ast.BinOp() | ast.Compare():
            return _is_pure(node, own)
    return False


def _pure_inside(call: ast.Call, own: Collection[str]) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    is_in_place = any(keyword.arg == "inplace" for keyword in call.keywords)
    return not is_in_place and all(_is_pure(each, own) for each in given)


def _is_pure(node: ast.AST, own: Collection[str]) -> bool:
    """Return whether an expression calls nothing but what is known to change nothing."""
    for each in ast.walk(node):
        if isinstance(each, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)):
            return False
        if isinstance(each, ast.Call):
            name = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            is_known = name in _PURE_CALLS or name in _PLOT_METHODS or name in _SHOW
            if not is_known or name in own or any(keyword.arg == "inplace" for keyword in each.keywords):
                return False
    return True


# --- plots -------------------------------------------------------------------------------------


def _plots(blocks: list[Block], own: Collection[str], targets: Collection[str]) -> set[int]:
    """Return the places of statements that only plot, with the names that only they use."""
    figures: set[str] = set()
    found: set[int] = set()
    while True:
        more = {
            index
            for index, block in enumerate(blocks)
            if index not in found and block.node is not None and _plots_only(block.node, figures, own)
        }
        if not more:
            break
        found |= more
        for index in more:
            node = blocks[index].node
            assert node is not None
            figures |= bound_names(node)
    if any(_saves(blocks[index].node) for index in found) or figures & set(targets):
        return set()
    if any(_asks_figure(block.node) for index, block in enumerate(blocks) if index not in found):
        return set()
    return _unused_elsewhere(blocks, found)


def _unused_elsewhere(blocks: list[Block], found: set[int]) -> set[int]:
    """Leave out the plots that bind a name which other code uses, and those that such plots use."""
    while True:
        others = set().union(
            *(used_names(b.node) for i, b in enumerate(blocks) if i not in found and b.node is not None)
        )
        wanted = {i for i in found if (node := blocks[i].node) is not None and bound_names(node) & others}
        if not wanted:
            return found
        found = found - wanted


def _plots_only(node: ast.stmt, figures: Collection[str], own: Collection[str]) -> bool:
    match node:
        case ast.Expr(value=ast.Call() as call):
            return _is_plot(call, figures, own)
        case ast.Assign(targets=targets, value=ast.Call() as call):
            is_named = all(isinstance(each, (ast.Name, ast.Tuple)) for each in targets)
            return is_named and _is_plot(call, figures, own)
        case ast.For(iter=each, body=body, orelse=[]):
            return _is_pure(each, own) and all(_plots_only(inner, figures, own) for inner in body)
    return False


def _is_plot(call: ast.Call, figures: Collection[str], own: Collection[str]) -> bool:
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr in own or not _pure_inside(call, own):
        return False
    root: ast.AST = func
    attributes = []
    while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
        if isinstance(root, ast.Attribute):
            attributes.append(root.attr)
            root = root.value
        elif isinstance(root, ast.Call):
            if not _pure_inside(root, own):
                return False
            root = root.func
        else:
            root = root.value
    if not isinstance(root, ast.Name):
        return False
    if root.id in _PLOTTERS or root.id in figures:
        return not {"rcParams", "use"} & set(attributes)
    is_method = bool(_PLOT_METHODS & set(attributes))
    return is_method and all(
        name in _PLOT_METHODS or name in _PURE_CALLS or name in _KINDS for name in attributes
    )


_KINDS = frozenset({"bar", "barh", "line", "scatter", "pie", "box", "kde", "density", "area", "hexbin"})


def _saves(node: ast.stmt | None) -> bool:
    if node is None:
        return False
    saving = {"savefig", "write_html", "write_image", "imsave"}
    return any(isinstance(each, ast.Attribute) and each.attr in saving for each in ast.walk(node))


def _asks_figure(node: ast.stmt | None) -> bool:
    """Return whether code asks for the figure that is being drawn on."""
    if node is None:
        return False
    asking = {"gcf", "gca", "get_fignums", "fignum_exists"}
    return any(isinstance(each, ast.Attribute) and each.attr in asking for each in ast.walk(node))


def _own_methods(blocks: list[Block]) -> set[str]:
    """Return the names of functions and methods that the notebook defines: they may do anything."""
    return {
        each.name
        for block in blocks
        if block.node is not None
        for each in ast.walk(block.node)
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
