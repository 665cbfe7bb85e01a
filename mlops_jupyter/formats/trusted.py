"""The types, beyond skops' own list, that a model file of ours may name. It lives here and nowhere else.

What skops trusts by itself (scikit-learn's estimators, numpy's and scipy's functions of numbers,
plain containers) covers about three in four of scikit-learn's estimators. These names cover the
others, and what searches, scorers and splitters hold. Each of them was read: none runs code that
a file brings, opens a file, imports by name, or calls what it is given, with two exceptions that
are checked in their content: tree nodes (``structure.py``) and ``functools.partial``, which is let
through only around the functions of ``PARTIAL_OF``. ``tests/formats/test_all_estimators.py``
measures which estimators come through.
"""

from __future__ import annotations


def _in(module: str, names: str) -> tuple[str, ...]:
    return tuple(f"{module}.{name}" for name in names.split())


_TREES = (
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.cluster._bisect_k_means._BisectingTree",
)

_DISTANCES = _in(
    "sklearn.metrics._dist_metrics",
    "BrayCurtisDistance64 CanberraDistance64 ChebyshevDistance64 DiceDistance64 EuclideanDistance64 "
    "HammingDistance64 HaversineDistance64 JaccardDistance64 MahalanobisDistance64 ManhattanDistance64 "
    "MinkowskiDistance64 RogersTanimotoDistance64 RussellRaoDistance64 SEuclideanDistance64 "
    "SokalMichenerDistance64 SokalSneathDistance64",
)

_INSIDE_ESTIMATORS = (
    "numpy.dtype",
    "numpy.mean",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.cluster._kmeans._kmeans_single_elkan",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "sklearn.utils.validation.check_array",
)

_OURS = ("mlops_jupyter.formats.nested.KeptPart",)

_SPARSE = (
    *_in("scipy.sparse._csr", "csr_matrix csr_array"),
    *_in("scipy.sparse._csc", "csc_matrix csc_array"),
    *_in("scipy.sparse._coo", "coo_matrix coo_array"),
)

_KERNELS = _in(
    "sklearn.gaussian_process.kernels",
    "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern Product RBF "
    "RationalQuadratic Sum WhiteKernel",
)

_SCORES = (
    *_in("sklearn.metrics._scorer", "_CurveScorer _MultimetricScorer _PassthroughScorer _Scorer"),
    *_in("sklearn.metrics._scorer", "negative_likelihood_ratio positive_likelihood_ratio"),
    *_in(
        "sklearn.metrics._classification",
        "accuracy_score balanced_accuracy_score brier_score_loss d2_brier_score d2_log_loss_score f1_score "
        "fbeta_score jaccard_score log_loss matthews_corrcoef precision_score recall_score",
    ),
    *_in("sklearn.metrics._ranking", "average_precision_score roc_auc_score top_k_accuracy_score"),
    *_in(
        "sklearn.metrics._regression",
        "d2_absolute_error_score explained_variance_score max_error mean_absolute_error "
        "mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance "
        "mean_squared_error mean_squared_log_error median_absolute_error r2_score root_mean_squared_error "
        "root_mean_squared_log_error",
    ),
    *_in(
        "sklearn.metrics.cluster._supervised",
        "adjusted_mutual_info_score adjusted_rand_score completeness_score fowlkes_mallows_score "
        "homogeneity_score mutual_info_score normalized_mutual_info_score rand_score v_measure_score",
    ),
    *_in(
        "sklearn.feature_selection._univariate_selection",
        "chi2 f_classif f_regression r_regression",
    ),
    *_in("sklearn.feature_selection._mutual_info", "mutual_info_classif mutual_info_regression"),
)

_SPLITTERS = _in(
    "sklearn.model_selection._split",
    "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut LeavePOut "
    "PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold "
    "StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit",
)

TRUSTED_TYPES: frozenset[str] = frozenset(
    (*_OURS, *_TREES, *_DISTANCES, *_INSIDE_ESTIMATORS, *_SPARSE, *_KERNELS, *_SCORES, *_SPLITTERS)
)

PARTIAL_OF: frozenset[str] = frozenset({"sklearn.utils.validation.check_array"})
