"""Made-up records of data as a working week leaves them: profiles, versions, comparisons, contracts."""

# ruff: noqa: E501 - made-up records are read best in long lines

from __future__ import annotations

import math
from functools import cache

from mlops_jupyter.records import (
    Association,
    CellChange,
    Collected,
    ColumnDiff,
    ColumnDoc,
    ColumnProfile,
    Contract,
    ContractDiff,
    ContractDoc,
    ContractView,
    DataCard,
    DataChange,
    DataDiff,
    DataDoc,
    DataFinding,
    Dataset,
    DatasetHistory,
    DatasetLine,
    DatasetTable,
    DatasetVersion,
    Distribution,
    KeptVersion,
    MadeFrom,
    Profile,
    Rule,
    RuleChange,
    RuleResult,
    RunUse,
    SavedVersion,
    SavedView,
    Score,
    Shift,
    TextSummary,
    TimeSummary,
    ValidationReport,
    ValueCounts,
    WhereUsed,
)

ROWS = 336_776
NOW = "2026-11-24T11:04:31.123456Z"


def version(rows: int = ROWS, columns: int = 19, mark: str = "ab") -> DatasetVersion:
    return DatasetVersion(
        f"mj1:{mark * 32}", "pandas.DataFrame", rows, columns, rows * columns * 8, "s" * 64, "[]", NOW
    )


def spread(n: int, value, low: float, high: float, **fields) -> Distribution:
    """Return a distribution from the density ``value`` between two ends."""
    grid = [low + (high - low) * i / 200 for i in range(201)]
    weights = [max(0.0, value(x)) for x in grid]
    total, run, counts = sum(weights), 0.0, []
    for weight in weights:
        run += weight
        counts.append(round(n * run / total))
    mean = sum(x * w for x, w in zip(grid, weights, strict=True)) / total
    m2 = n * sum((x - mean) ** 2 * w for x, w in zip(grid, weights, strict=True)) / total
    return Distribution(n, low, high, mean, m2, 0.0, 3 * m2 * m2 / n, tuple(grid), tuple(counts), **fields)


@cache
def bell(n: int, mean: float, sd: float, low: float, high: float, **fields) -> Distribution:
    return spread(n, lambda x: math.exp(-0.5 * ((x - mean) / sd) ** 2), low, high, **fields)


def number(
    name: str, place: int, numbers: Distribution, *, missing: int = 0, distinct: int = 1000, rows: int = ROWS
) -> ColumnProfile:
    return ColumnProfile(
        name,
        place,
        "float64",
        "number",
        rows,
        missing,
        numbers=numbers,
        values=ValueCounts((), numbers.n, distinct, False),
    )


def category(name: str, place: int, top, n: int = ROWS, distinct: int = 0, **fields) -> ColumnProfile:
    left = n - sum(count for _, count in top)
    return ColumnProfile(
        name,
        place,
        "string",
        fields.pop("kind", "category"),
        n,
        values=ValueCounts(tuple(top), left, distinct or len(top)),
        **fields,
    )


def delay(n: int, mean: float = -4.0) -> Distribution:
    return spread(
        n,
        lambda x: (
            math.exp(-0.5 * ((x - mean) / 14) ** 2) + 0.14 * math.exp(-(x + 20) / 60) * (x > -10) + 3e-7
        ),
        -86.0,
        1272.0,
    )


@cache
def columns() -> tuple[ColumnProfile, ...]:
    first, year = 1_356_998_400.0, 364 * 86_400.0
    carriers = [
        ("UA", 58_665),
        ("B6", 54_635),
        ("EV", 54_173),
        ("DL", 48_110),
        ("AA", 32_729),
        ("MQ", 26_397),
        ("US", 20_536),
        ("9E", 18_460),
        ("WN", 12_275),
        ("VX", 5162),
        ("FL", 3260),
        ("AS", 714),
        ("F9", 685),
        ("YV", 601),
        ("HA", 342),
        ("OO", 32),
    ]
    tails = [("N725MQ", 575), *((f"N{700 + i}EV", 500 - 17 * i) for i in range(25))]
    lengths = bell(ROWS, 24, 7, 3, 48)
    return (
        ColumnProfile("time_hour", 0, "timestamp[us, UTC]", "time", ROWS, numbers=spread(ROWS, lambda x: 1 + 0.15 * math.sin(x / 2.6e6), first, first + year), time=TimeSummary((0,) * 24, (0,) * 7, "UTC", 25_200.0, True)),
        number("arr_delay", 1, delay(ROWS - 9430), missing=9430, distinct=577),
        number("dep_delay", 2, delay(ROWS - 8255, 0), missing=8255, distinct=527),
        number("distance", 3, spread(ROWS, lambda x: 1.5 + math.sin(x / 180) + 2 * math.exp(-0.5 * ((x - 2450) / 60) ** 2), 17.0, 4983.0), distinct=214),
        category("carrier", 4, carriers),
        category("origin", 5, [("EWR", 120_835), ("JFK", 111_279), ("LGA", 104_662)]),
        category("tailnum", 6, tails, distinct=4043),
        category("cancelled", 7, [("false", 328_521), ("true", 8255)], kind="boolean"),
        ColumnProfile("passenger_mail", 8, "string", "text", ROWS, 180_211, 40, values=ValueCounts((("a…@…", 3),), ROWS - 180_214, 155_000, False), text=TextSummary(lengths, 200_000, (("a+@a+.a+", 140_000),), ()), personal="email"),
        ColumnProfile("year", 9, "int64", "number", ROWS, numbers=Distribution(ROWS, 2013.0, 2013.0, 2013.0, 0, 0, 0, (2013.0,), (ROWS,), is_complete=True), values=ValueCounts((("2013", ROWS),), 0, 1)),
        ColumnProfile("air_time", 10, "duration[us]", "span", ROWS, 9430, numbers=bell(ROWS - 9430, 7800, 4200, 1200, 41_700)),
        ColumnProfile("legs", 11, "list<struct>", "nested", ROWS, reason="not profiled: list of structs"),
        ColumnProfile("remark", 12, "null", "empty", ROWS, ROWS),
    )  # fmt: skip


FINDINGS = (
    DataFinding("leak", "error", "dep_delay goes with the target arr_delay almost as one (0.91): is it known when the prediction is made?", "dep_delay", 0.9),
    DataFinding("personal", "warning", "passenger_mail holds e-mail addresses in 46 % of the rows", "passenger_mail", 0.8),
    DataFinding("empty", "warning", "remark has no value in any row", "remark", 0.7),
    DataFinding("constant", "warning", "year is 2013 in every row", "year", 0.6),
    DataFinding("skew", "info", "arr_delay has a long tail: the largest, 1,272, is 21 times the 95 % point", "arr_delay", 0.4),
    DataFinding("twins", "info", "carrier has 2 values that differ only in their case: UA, ua", "carrier", 0.3),
    DataFinding("rare", "info", "tailnum: 4,043 different values, the most frequent in 0.2 % of the rows", "tailnum", 0.2),
)  # fmt: skip

DOC = DataDoc(
    "flights", "Every flight that left New York City in 2013", "ada", "Bureau of Transportation Statistics, monthly", "CC0", "internal",
    "arr_delay", ("time_hour", "carrier"),
    (ColumnDoc("arr_delay", "minutes late at the gate, negative is early", "min", "public"), ColumnDoc("distance", "between airports", "miles"), ColumnDoc("passenger_mail", "who booked", "", "personal")),
)  # fmt: skip


def saved(number: int, rows: int, summary: str, stored: int, **fields) -> SavedView:
    dataset = Dataset("d1", "flights", NOW, "ada")
    content = version(rows, mark=f"{number:02x}")
    return SavedView(
        f"flights:{number}", dataset,
        SavedVersion(f"s{number}", "d1", number, content.id, f"2026-11-{10 + number:02d}T09:0{number % 10}:00.000000Z", "ada", fields.pop("note", None), "r12", "flights.parquet"),
        content, fields.pop("aliases", ()), KeptVersion(content.id, "m" * 64, "chunks", rows * 24, stored, NOW), fields.pop("run_number", 12),
        change=DataChange("input", "flights", "changed" if summary else "unchanged", summary or "unchanged", columns_changed=()), **fields,
    )  # fmt: skip


def card() -> DataCard:
    """A year of flights: a leak, personal data, an empty and a constant column."""
    return DataCard(
        "flights:12", version(columns=13), Profile(ROWS, columns(), n_duplicate_rows=3, target="arr_delay", associations=(Association("dep_delay", 0.91, "r", ROWS), Association("carrier", 0.12, "eta", ROWS), Association("distance", 0.06, "r", ROWS))),
        FINDINGS, (saved(12, ROWS, "27,004 rows added", 812_000, aliases=("gold",)),), DOC, "flights.parquet", 14, "failed: 2 errors",
        DataChange("input", "flights", "changed", "27,004 rows added, 1 column changed: dep_time"),
    )  # fmt: skip


def plain_card() -> DataCard:
    """A small clean frame that nobody documented."""
    some = (
        number("bill_length", 0, bell(333, 44, 5.5, 32.1, 59.6), rows=333, distinct=164),
        category("species", 1, [("Adelie", 146), ("Gentoo", 119), ("Chinstrap", 68)], 333),
        category("island", 2, [("Biscoe", 163), ("Dream", 123), ("Torgersen", 47)], 333),
    )
    return DataCard("penguins", version(333, 3), Profile(333, some, n_duplicate_rows=0))


def empty_card() -> DataCard:
    """No rows, no columns."""
    return DataCard("nothing", version(0, 0), Profile(0, ()))


def wide_card(n: int = 5000) -> DataCard:
    """Thousands of sensors."""
    some = tuple(
        number(
            f"sensor_{i:04d}", i, bell(10_000, i % 7, 1 + i % 3, -9, 15), missing=(i * 37) % 900, rows=10_000
        )
        for i in range(n)
    )
    found = tuple(
        DataFinding("constant", "warning", f"sensor_{i:04d} is constant", f"sensor_{i:04d}", 0.5 - i / 1e5)
        for i in range(0, n, 99)
    )
    strengths = tuple(Association(f"sensor_{i:04d}", 0.8 - i / n, "r", 10_000) for i in range(3, n, 500))
    return DataCard(
        "sensors.parquet",
        version(10_000, n),
        Profile(10_000, some, sampled_rows=10_000, target="sensor_0001", associations=strengths),
        found,
    )


def diff() -> DataDiff:
    """A delivery in which the delays moved, a carrier went, and a column has another type."""
    after = category(
        "carrier",
        4,
        [("UA", 70_000), ("B6", 54_635), ("DL", 48_110), ("AA", 32_729), ("XX", 9000)],
        distinct=14,
    )
    return DataDiff(
        "flights:11", "flights:12", version(309_772), version(), "27,004 rows added, 412 changed (830 cells in dep_time, arr_delay), 1 column of another type: flight, arr_delay shifted up by 6 minutes in the median",
        ("time_hour", "carrier", "flight"), True, 27_004, 18, 412, 309_342, False,
        (
            ColumnDiff("arr_delay", "changed", "float64", "float64", 418, Shift("KS", 0.12, 0.09, 1e-12, "material", "the whole distribution moved up: median −5 → 1, 90 % point 52 → 71", 300_000, 320_000), number("arr_delay", 1, delay(300_000)), number("arr_delay", 1, delay(320_000, 6))),
            ColumnDiff("carrier", "changed", "string", "string", 0, Shift("TV", 0.06, 0.03, 1e-9, "some", "5.8 % of the rows moved between values; XX is new, EV gone", 309_772, ROWS), columns()[4], after),
            ColumnDiff("dep_time", "changed", "int64", "int64", 412),
            ColumnDiff("flight", "retyped", "int64", "string"), ColumnDiff("gate", "added", None, "string"), ColumnDiff("tmp_id", "removed", "int64"),
            *(ColumnDiff(name, "same", "int64", "int64", 0) for name in ("year", "month", "day", "origin", "dest", "distance")),
        ),
        (CellChange("2013-06-01 06:00 · UA · 1545", "dep_time", "517", "519"), CellChange("2013-06-01 06:00 · B6 · 725", "arr_delay", "", "33"), CellChange("2013-06-01 07:00 · DL · 461", "dep_time", "554", "600")),
        ("2013-12-01 05:00 · US · 1030", "2013-12-01 05:00 · UA · 1714"), ("2013-02-03 09:00 · EV · 4401",), ("2 rows of the key time_hour, carrier, flight differ only in their zone",),
    )  # fmt: skip


def same_diff() -> DataDiff:
    one = version()
    return DataDiff(
        "flights:12",
        "df",
        one,
        one,
        "the same content",
        rows_added=0,
        rows_removed=0,
        rows_changed=0,
        rows_same=ROWS,
        columns=tuple(ColumnDiff(c.name, "same", "int64", "int64", 0) for c in columns()),
    )


def table() -> DatasetTable:
    lines = (
        DatasetLine("flights", "flights:12", version(), 12, NOW, True, ("gold",), 14, 21_400_000, "failed: 2 errors", "Every flight that left New York City in 2013", "ada"),
        DatasetLine("penguins", "penguins:2", version(344, 8), 2, NOW, True, (), 31, 18_000, "passed", "Palmer Station, 2007–2009"),
        DatasetLine("churn-train", "churn-train:4", version(80_000, 24), 4, NOW, True, ("champion", "review"), 9, 8_000_000, "passed, 1 warning"),
        DatasetLine("X_train", "X_train", version(80_000, 24), 3, NOW, False, n_runs=22),
    )  # fmt: skip
    return DatasetTable(lines, 4)


def history() -> DatasetHistory:
    views = (
        saved(
            12,
            ROWS,
            "27,004 rows added, 1 column changed: dep_time",
            812_000,
            aliases=("gold",),
            validation="failed: 2 errors",
        ),
        saved(11, 309_772, "28,135 rows added", 790_000, validation="passed", note="November as delivered"),
        saved(10, 281_637, "", 0, validation="passed"),
        saved(9, 281_637, "1 column added: time_hour; 412 rows changed", 2_100_000, run_number=None),
        saved(1, 27_004, "", 1_900_000, run_number=3),
    )
    return DatasetHistory("flights", views, DOC)


def used() -> WhereUsed:
    runs = tuple(
        RunUse(
            40 - i,
            "delay",
            ("train", "test")[i % 2],
            "X_train",
            ("finished", "failed")[i == 3],
            NOW,
            ("forest", "delay:4") if i == 0 else (),
        )
        for i in range(26)
    )
    return WhereUsed(
        "flights:12", version(), ("flights:12", "nyc:1"), runs,
        (MadeFrom("mj1:00", "flights:11", 30, "flights = pd.concat([flights, december])"),),
        (MadeFrom("mj1:01", "X_train", 31, "X_train, X_test = train_test_split(flights)"), MadeFrom("mj1:02", "X_test", 31)),
        ("deliveries/2013-12.parquet",), ("flights contract 2",),
    )  # fmt: skip


RULES = (
    Rule("arr_delay range", "range", ("arr_delay",), {"min": -90, "max": 1400}, "error", "all of 12 versions lie between −86 and 1,272", 327_346, 0.0004, "2,000"),
    Rule("carrier is known", "set", ("carrier",), {"values": ["UA", "B6", "EV", "DL", "AA", "MQ", "US"]}, "error", "16 values in all versions, none new in the last 8", ROWS, 0.001, "XX"),
    Rule("key", "unique", ("time_hour", "carrier", "flight"), {}, "error", "no row stood twice in 12 versions", ROWS, 0.0),
    Rule("tailnum missing", "required", ("tailnum",), {"missing": 0.012}, "warning", "between 0.5 and 0.9 % were missing", ROWS, 0.01),
    Rule("dep before arr", "compare", ("dep_time", "arr_time"), {"operator": "<="}, "warning", "held in 99.9 % of the rows", 327_000, 0.002),
    Rule("delivered in time", "fresh", ("time_hour",), {"max_age": "40d"}, "error", "deliveries came 31 days apart", 12, 0.005),
)  # fmt: skip


def contract() -> ContractView:
    doc = ContractDoc(
        "flights",
        RULES,
        "What a month of flights must be like",
        "ada",
        ("flights:1", "flights:2", "flights:11"),
        ("passenger_mail",),
    )
    made = Contract("c2", "d1", 2, "accepted", "", NOW, "ada", "wider range after the storm", NOW, "grace")
    return ContractView(
        doc,
        made,
        "flights contract 2",
        "dataset: flights\nrules:\n  - name: key\n    kind: unique\n    columns: [time_hour, carrier, flight]\n",
    )


def contract_diff() -> ContractDiff:
    return ContractDiff(
        "flights contract 1", "flights contract 2",
        (RuleChange("arr_delay range", "range: {min: -90, max: 900}", "range: {min: -90, max: 1400}"), RuleChange("key", None, "unique: [time_hour, carrier, flight]"), RuleChange("month range", "range: {min: 1, max: 12}", None)),
        "--- 1\n+++ 2\n@@ -3 +3 @@\n-max: 900\n+max: 1400\n",
    )  # fmt: skip


def report() -> ValidationReport:
    """A broken delivery: two errors, a warning, one rule that could not be asked."""
    results = (
        RuleResult(RULES[0], "failed", "1,203 values of arr_delay lie above 1,400", 1203, 327_346, ("2013-12-05 · UA · 11", "2013-12-05 · B6 · 31", "2013-12-06 · DL · 7"), ("9,999", "9,999", "9,999"), "flights:11", "flights:12"),
        RuleResult(RULES[1], "failed", "carrier has a value that was never seen", 9000, ROWS, ("2013-12-01 · XX · 1",), ("XX",), "flights:11", "flights:12"),
        RuleResult(RULES[3], "failed", "1.4 % are missing, at most 1.2 % were expected", 4715, ROWS),
        RuleResult(RULES[5], "unknown", "time_hour has no time zone, so its age is not known"),
        RuleResult(RULES[2], "passed", "every row is there once", 0, ROWS), RuleResult(RULES[4], "passed", "", 10, 327_000),
    )  # fmt: skip
    scores = (
        Score("accuracy", 0.973, "share of values that lie within their rules"),
        Score("completeness", 0.9996, "1 − missing beyond what is allowed"),
        Score("consistency", 0.97, "share of rows that keep keys and comparisons"),
        Score("timeliness", None, "not asked"),
    )
    return ValidationReport(
        "flights:12", "flights contract 2", ROWS, False, results, scores, "mj1:00", NOW, 0.21
    )


def good_report() -> ValidationReport:
    results = tuple(RuleResult(rule, "passed", "", 0, 1000) for rule in RULES)
    return ValidationReport(
        "flights:11",
        "flights contract 2",
        309_772,
        True,
        results,
        tuple(Score(name, 1.0, "") for name in ("accuracy", "completeness", "consistency", "timeliness")),
        duration_s=0.19,
    )


def collected() -> Collected:
    return Collected(".mlops", 12, 48_200_000, 240, 2, 1)


ALL = (
    card,
    plain_card,
    empty_card,
    diff,
    same_diff,
    table,
    history,
    used,
    contract,
    contract_diff,
    report,
    good_report,
    collected,
)


def every() -> list[object]:
    """Return every record, and a saved version that is new and one that is not."""
    return [make() for make in ALL] + [
        saved(12, ROWS, "27,004 rows added", 812_000, aliases=("gold",)),
        saved(12, ROWS, "", 0, is_new=False),
        DatasetTable((), 0),
    ]
