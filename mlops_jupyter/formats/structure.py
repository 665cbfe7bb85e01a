"""What a loaded model must hold to be safe to call: indices that compiled code follows without looking.

An allow-list stops code, not crashes: the nodes of a tree are numbers that scikit-learn's compiled code
follows without a check, so a crafted child or feature index reads foreign memory, and a child that
points back never ends. Every tree and sparse matrix below a loaded object is looked at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import UnsupportedError

_LEAF = -1


def check(model: Any) -> None:
    """Look at everything below a loaded object.

    Raises
    ------
    UnsupportedError
        If an index points outside, or a tree is no tree.
    """
    for owner in below(model):
        if look := _LOOKS.get(type(owner).__name__):
            look(owner)
        _check_owner(owner)


def _check_owner(owner: Any) -> None:
    """Refuse an estimator that would take narrower rows than its trees read."""
    if type(owner).__module__.partition(".")[0] != "sklearn":
        return
    held = vars(owner) if hasattr(owner, "__dict__") else {}
    name, width = type(owner).__name__, held.get("n_features_in_")
    read = [held["tree_"].n_features] if type(held.get("tree_")).__name__ == "Tree" else []
    if name.startswith("GradientBoosting"):
        stages = held.get("estimators_")
        read += [tree.tree_.n_features for tree in getattr(stages, "flat", ()) if hasattr(tree, "tree_")]
        if getattr(stages, "shape", (0, 1))[-1] != held.get("n_trees_per_iteration_", 1):
            raise _refused(f"{name} has another number of trees in each stage than it says")
    if any(width != needed for needed in read):
        raise _refused(f"{name} takes {width} features and its trees read {read[0]}")
    if "_predictors" in held:
        _check_stages(name, held["_predictors"], width)


def _check_stages(name: str, stages: Any, width: Any) -> None:
    is_list = isinstance(stages, list) and all(isinstance(stage, list) for stage in stages)
    predictors: list[Any] = [predictor for stage in stages for predictor in stage] if is_list else [None]
    if not isinstance(width, int) or any(type(one).__name__ != "TreePredictor" for one in predictors):
        raise _refused(f"{name} has stages that are not lists of trees")
    for predictor in predictors:
        inner = predictor.nodes[predictor.nodes["is_leaf"] == 0]
        if len(inner) and int(inner["feature_idx"].max()) >= width:
            raise _refused(f"{name} has a tree that reads beyond its {width} features")


def _check_tree(tree: Any) -> None:
    import numpy as np

    left, right, feature = tree.children_left, tree.children_right, tree.feature
    count = tree.node_count
    if count < 1 or not len(left) == len(right) == len(feature) == count:
        raise _refused("a tree has no nodes")
    inner = np.flatnonzero(left != _LEAF)
    _check_children(inner, left[inner], right[inner], count)
    if len(inner) and (feature[inner].min() < 0 or feature[inner].max() >= tree.n_features):
        raise _refused(f"a tree reads a feature beyond its {tree.n_features}")


def _check_predictor(predictor: Any) -> None:
    import numpy as np

    nodes = predictor.nodes
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    if not len(nodes):
        raise _refused("a tree has no nodes")
    _check_children(inner, nodes["left"][inner].astype("i8"), nodes["right"][inner].astype("i8"), len(nodes))
    split = nodes[(nodes["is_leaf"] == 0) & (nodes["is_categorical"] != 0)]
    for bits in (predictor.binned_left_cat_bitsets, predictor.raw_left_cat_bitsets):
        if len(split) and int(split["bitset_idx"].max()) >= len(bits):
            raise _refused("a tree names a set of categories that it does not have")
    if len(inner) and int(nodes["feature_idx"][inner].min()) < 0:
        raise _refused("a tree reads a feature before its first")


def _check_children(parents: Any, left: Any, right: Any, count: int) -> None:
    for side in (left, right):
        if len(side) and ((side <= parents).any() or (side >= count).any()):
            raise _refused(f"a tree of {count:,} nodes has a child that is not behind its parent")


def _check_neighbours(tree: Any) -> None:
    """Look at a KDTree or BallTree: a full binary tree whose arrays fit together."""
    data, index, nodes, bounds, _, levels, count, *_, metric, weights = tree.__getstate__()
    points, features = data.shape
    starts, ends = nodes["idx_start"], nodes["idx_end"]
    inner = (nodes["is_leaf"] == 0).nonzero()[0]
    fits = (
        0 < levels < 48
        and len(nodes) == count == 2**levels - 1
        and bounds.shape == (2 if type(tree).__name__ == "KDTree" else 1, count, features)
        and len(index) == points > 0
        and 0 <= index.min() <= index.max() < points
        and starts.min() >= 0
        and ends.max() <= points
        and bool((starts <= ends).all())
        and (not len(inner) or 2 * int(inner.max()) + 2 < count)
        and (weights is None or len(weights) == points)
    )
    if not fits:
        raise _refused(f"the parts of a {type(tree).__name__} do not fit together")
    _check_metric(metric, features)


def _check_metric(metric: Any, features: int) -> None:
    """Refuse a distance whose weights are fewer than the features it is asked about."""
    _, vector, matrix = metric.__getstate__()
    fits = {
        "MinkowskiDistance64": len(vector) in {0, features},
        "SEuclideanDistance64": len(vector) == features,
        "MahalanobisDistance64": matrix.shape == (features, features),
        "HaversineDistance64": features == 2,
    }
    if not fits.get(type(metric).__name__, True):
        raise _refused(f"the weights of a distance are not for {features} features")


def _check_sparse(matrix: Any) -> None:
    try:
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise _refused(f"a sparse matrix has wrong indices ({error})") from error


def below(root: Any) -> Iterator[Any]:
    """Yield an object and all that it holds, each once; arrays of numbers are not looked into."""
    waiting, seen = [root], {id(root)}
    while waiting:
        owner = waiting.pop()
        yield owner
        for held in _held(owner):
            if id(held) not in seen and not isinstance(held, (str, bytes, int, float, complex, type(None))):
                seen.add(id(held))
                waiting.append(held)


def _held(owner: Any) -> list[Any]:
    numpy = sys.modules.get("numpy")
    if isinstance(owner, dict):
        return [*owner.keys(), *owner.values()]
    if isinstance(owner, (list, tuple, set, frozenset)):
        return list(owner)
    if numpy is not None and isinstance(owner, numpy.ndarray):
        return list(owner.flat) if owner.dtype == object else []
    if isinstance(owner, type):
        return []
    return list(vars(owner).values()) if hasattr(owner, "__dict__") else []


def _refused(reason: str) -> UnsupportedError:
    return UnsupportedError(f"this is not a model file that can be loaded safely: {reason}")


_LOOKS: dict[str, Callable[[Any], None]] = {
    "Tree": _check_tree,
    "TreePredictor": _check_predictor,
    "KDTree": _check_neighbours,
    "BallTree": _check_neighbours,
    **dict.fromkeys(("csr_matrix", "csr_array", "csc_matrix", "csc_array"), _check_sparse),
}
