"""What the views of data say: the sentence on top, pictures that are true, colours with a meaning."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import data_samples as data
from checks import check

from mlops_jupyter import display
from mlops_jupyter.display import bars, column, data_card, dictionary, report, words
from mlops_jupyter.records import (
    ColumnDoc,
    ColumnProfile,
    DataDoc,
    Distribution,
    Score,
    TextSummary,
    TimeSummary,
    ValueCounts,
    histogram,
)


def said(record):
    """Return the words that a page shows, its twin left out."""
    html = re.sub(r"<pre class=.mlops-twin.>.*?</pre>", "", display.html(record), flags=re.DOTALL)
    return " ".join(check(html).text.split())


@pytest.mark.parametrize("record", data.every(), ids=lambda record: type(record).__name__)
def test_every_view_of_data_says_the_same_sentence_in_both_forms(record):
    top = re.search(r'class="mlops-say[^"]*">([^<]*)<', display.html(record))
    if top is not None:
        sentence = unescape(top[1])
        assert sentence.endswith(".")
        assert sentence in " ".join(display.text(record, ascii=False).split())


def test_the_card_answers_first_whether_something_is_wrong():
    page = said(data.card())
    assert "1 problem and 3 warnings; 12 % of all values are missing, in 5 of 13 columns" in page
    assert "since the version before: 27,004 rows added" in page
    assert "✕ contract broken: 2 errors" in page
    assert (
        page.index("dep_delay goes with the target")
        < page.index("passenger_mail holds")
        < page.index("arr_delay has a long")
    )


def test_a_clean_frame_is_said_to_be_clean():
    assert "Nothing stands out; no value is missing." in said(data.plain_card())


def test_data_without_rows_is_said_to_have_none():
    assert "There are no values in it." in said(data.empty_card())


def test_of_thousands_of_columns_the_most_telling_stand_first_and_none_is_forgotten():
    card = data.wide_card()
    first = [one.name for one in data_card.telling(card)[:3]]
    assert first == ["sensor_0001", "sensor_0000", "sensor_0099"]
    html = display.html(card)
    assert len(html.encode()) < 100_000
    page = said(card)
    folded = int(re.search(r"([\d,]+) more columns", page)[1].replace(",", ""))
    left = int(re.search(r"and ([\d,]+) columns that are not listed", page)[1].replace(",", ""))
    assert 24 + folded + left == 5000


def test_what_could_not_be_profiled_says_why():
    assert "not profiled: list of structs" in said(data.card())
    assert "not profiled: list of structs" in display.text(data.card())


def test_a_far_tail_does_not_squeeze_the_picture_and_is_told():
    made = bars.bars(data.delay(300_000), "delay")
    assert made.cut == (False, True)
    assert made.outside.endswith("up to 1,272")
    assert sum(height > 0.3 for height in made.heights) >= 3


def test_a_picture_without_tails_has_every_value():
    numbers = data.bell(1000, 0, 1, -3, 3)
    made = bars.bars(numbers, "x")
    counts = [count for *_, count in histogram(numbers, bars.BINS)]
    assert made.heights == tuple(count / max(counts) for count in counts)
    assert made.outside == ""


@pytest.mark.parametrize(
    "numbers",
    [
        Distribution(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (), ()),
        Distribution(5, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, (2.0,), (5,), is_complete=True),
    ],
)
def test_there_is_no_picture_of_fewer_than_two_values(numbers):
    assert bars.bars(numbers, "x") is None


@pytest.mark.parametrize("ends", [(-1.7e308, 1.7e308), (0.0, 5e-324), (-1e308, 1e300)])
def test_the_ends_of_floats_are_drawn(ends):
    grid = (ends[0], ends[1])
    made = bars.bars(Distribution(100, *ends, 0.0, 0.0, 0.0, 0.0, grid, (50, 100), is_complete=True), "x")
    assert all(0 <= place <= bars.WIDTH for place in made.box)
    assert max(made.heights) == 1.0


@pytest.mark.parametrize(("several", "bins"), [(12, 12), (31, 31), (60, 30), (366, bars.BINS)])
def test_whole_numbers_share_the_bars_evenly(several, bins):
    grid = tuple(float(i) for i in range(several))
    even = Distribution(
        several, 0.0, grid[-1], 0, 0, 0, 0, grid, tuple(range(1, several + 1)), is_complete=True
    )
    assert bars.bins_of(even) == bins
    if several % bins == 0:
        assert set(bars.bars(even, "x").heights) == {1.0}


@pytest.mark.parametrize(("step", "bins"), [(0.5, 20), (1.15078, 20), (0.01, 20)])
def test_evenly_spaced_values_are_no_comb(step, bins):
    grid = tuple(5 + step * i for i in range(20))
    even = Distribution(2000, 5.0, grid[-1], 0, 0, 0, 0, grid, tuple(range(100, 2001, 100)), is_complete=True)
    assert bars.bins_of(even) == bins
    assert set(bars.bars(even, "x").heights) == {1.0}
    assert set(bars.both(even, even, "x").heights) == {1.0}
    uneven = replace(even, grid=(5.0, 5.0 + step / 3.7, *grid[2:]))
    assert bars.bins_of(uneven) == bars.BINS


def test_texts_of_one_length_are_drawn_by_their_values():
    short = Distribution(90, 6.0, 6.0, 6.0, 0.0, 0.0, 0.0, (6.0,), (90,), is_complete=True)
    values = ValueCounts(tuple((f"N{i}", 10 - i) for i in range(8)), 38, 46)
    text = TextSummary(short, 90, (("A9", 90),), ())
    made = column.row(
        ColumnProfile("t", 0, "string", "text", 90, values=values, text=text), None, (), (), None
    )
    assert made.bars.high == "46 values"


def test_two_distributions_share_one_axis():
    before, after = data.bell(1000, 0, 1, -3, 3), data.bell(500, 4, 1, 1, 7)
    made = bars.both(before, after, "x")
    assert (made.low, made.high) == ("−3", "7")
    assert made.line
    assert made.heights[0] == 0
    assert bars.both(before, before, "x").heights == pytest.approx(
        [share / max(bars.between(before, -3, 3)) for share in bars.between(before, -3, 3)]
    )


def test_few_bars_stand_over_their_own_part_of_the_axis():
    grid = (9.0, 10.0, 11.0)
    made = bars.bars(Distribution(300, 9.0, 11.0, 10, 0, 0, 0, grid, (100, 200, 300), is_complete=True), "x")
    starts = [float(x) for x in re.findall(r"M([\d.]+) ", made.bars)]
    assert len(starts) == 3
    assert all(bars.WIDTH * i / 3 <= x < bars.WIDTH * (i + 1) / 3 for i, x in enumerate(starts))


def test_parts_fill_the_bar():
    pieces = bars.parts([("a", 5), ("b", 3)], 10, other="other")
    assert [piece.name for piece in pieces] == ["a", "b", "other"]
    assert sum(piece.width for piece in pieces) == pytest.approx(bars.WIDTH, abs=0.3)


def test_the_kind_of_personal_data_stands_beside_its_column():
    assert "personal: email" in said(data.card())


def test_a_column_of_booleans_without_values_is_drawn_from_its_zeros():
    flags = Distribution(10, 0.0, 1.0, 0.3, 2.1, 0.0, 0.0, (0.0, 1.0), (7, 10), n_zero=7, is_complete=True)
    made = column.row(ColumnProfile("flag", 0, "bool", "boolean", 10, numbers=flags), None, (), (), None)
    assert [(part.name, part.share) for part in made.parts] == [("true", "30 %"), ("false", "70 %")]


def test_distinct_says_where_it_is_an_estimate():
    values = ValueCounts((("a", 1),), 9, 10)
    rough = replace(values, is_exact=False)
    rows = [
        column.row(ColumnProfile("x", 0, "string", "category", 10, values=v), None, (), (), None)
        for v in (values, rough)
    ]
    assert [row.distinct for row in rows] == ["all differ", "≈ 10"]


def test_a_diff_shows_rows_columns_shifts_and_cells():
    page = said(data.diff())
    for one in (
        "27,004 rows added, 412 changed",
        "309,342 the same",
        "18 removed",
        "int64 → string",
        "the whole distribution moved up",
        "rows matched by time_hour, carrier, flight (found to name every row)",
        "517 → 519",
        "empty → 33",
        "6 columns the same",
    ):
        assert one in page, one
    html = display.html(data.diff())
    assert 'mlops-tone mlops-error" title="KS 0.12' in html
    assert 'class="mlops-before"' in html


def test_a_shift_without_profiles_is_said_in_words_alone():
    plain = replace(
        data.diff(), columns=tuple(replace(c, before=None, after=None) for c in data.diff().columns)
    )
    html = display.html(plain)
    assert 'class="mlops-before"' not in html
    assert "the whole distribution moved up" in html


def test_a_report_puts_errors_before_warnings_and_the_most_rows_first():
    page = said(data.report())
    assert "2 of 5 rules broken, and 1 warning; first: carrier has a value" in page
    assert page.index("carrier is known") < page.index("arr_delay is between") < page.index("tailnum missing")
    assert "last held in flights:11 " in page
    later = said(replace(data.report(), data="flights:13"))
    assert "last held in flights:11, broken since flights:12" in later
    assert "1 could not be asked" in page
    assert report.tone(data.report()) == "error"
    assert report.tone(data.good_report()) == "ok"


def test_what_held_is_counted_in_the_text_and_folded_in_the_page():
    text = display.text(data.report(), ascii=False)
    assert "✓ 2 rules held" in text
    assert "held in 99.9 %" not in text
    assert text.count("○") == 1
    page = said(data.report())
    assert page.index("2 rules held") < page.index(
        "time_hour, carrier, flight are together different in every row"
    )
    assert "4,715 rows, 1.4 %" in page


def test_data_that_only_warns_keeps_its_contract():
    found = replace(data.report(), passed=True, results=data.report().results[2:3])
    assert "The contract holds, with 1 warning; first: tailnum: 1.4 % are missing" in said(found)


def test_values_of_a_sensitive_column_are_not_made_up():
    found = replace(data.report().results[0], values=())
    page = said(replace(data.report(), results=(found,)))
    assert "2013-12-05 · UA · 11 · 2013-12-05" in page
    assert "9,999" not in page


def test_a_report_of_a_thousand_rules_is_small_and_counts_them():
    many = tuple(
        replace(data.report().results[0], rule=replace(data.RULES[0], name=f"rule {i}")) for i in range(1000)
    )
    html = display.html(replace(data.report(), results=many))
    assert len(html.encode()) < 100_000
    assert "broken rules that are not listed here" in html


def test_a_contract_says_how_often_it_cries_wolf():
    # 1 - (1 - 0.0004)(1 - 0.001)(1 - 0)(1 - 0.005), the errors alone
    assert "about 0.6 % of clean deliveries are expected to break one" in said(data.contract())


def test_a_chance_too_small_to_print_is_said_in_words():
    rare = replace(data.RULES[0], false_alarm_rate=1e-5)
    view = replace(data.contract(), doc=replace(data.contract().doc, rules=(rare,)))
    assert "fewer than 0.1 % of clean deliveries are expected to break one" in said(view)


def test_a_list_names_what_breaks_its_contract():
    page = said(data.table())
    assert "4 datasets, 1 of them seen by runs and not saved; 1 breaks its contract: flights." in page


def test_a_history_says_what_it_saves():
    assert (
        "5 versions, from 27,004 to 336,776 rows; 5.6 MB in all in place of 29.7 MB as full copies."
        in said(data.history())
    )


def test_where_used_names_models_and_both_ways():
    page = said(data.used())
    assert "Used by 26 runs; in 2 models: delay:4, forest; made into 2 other versions." in page
    assert "Made from" in page
    assert "deliveries/2013-12.parquet" in page


def test_saving_the_same_again_is_said():
    assert "Nothing to save: flights:12 already has this content." in said(
        data.saved(12, 10, "", 0, is_new=False)
    )


def test_a_dictionary_says_how_much_is_described():
    assert dictionary.sentence(data.DOC) == "3 of 3 columns described; 1 personal or secret."
    assert "No column is described yet." in said(DataDoc("flights"))


def test_a_dictionary_shows_only_what_is_said():
    empty = tuple(ColumnDoc(f"c{i}") for i in range(10))
    doc = DataDoc("d", owner="ada", columns=(*empty[:4], ColumnDoc("w", "mean wind"), *empty[4:]))
    for shown in (display.text(doc), said(doc)):
        assert "1 of 11 columns described." in shown
        assert "c0 and 9 more are not described yet" in shown
        assert "c1" not in shown
    assert "is not described" not in said(replace(doc, columns=doc.columns[4:5]))
    assert "not described yet" not in said(replace(doc, columns=empty))


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0004, "< 0.1 %"), (0.9996, "> 99.9 %"), (0.0, "0 %"), (1.0, "100 %")]
)
def test_a_share_is_never_rounded_to_nothing_or_all(share, shown):
    assert words.percent(share) == shown


def test_a_moment_outside_the_calendar_is_a_number():
    assert words.date(1e300, 1e300) == "1e300"


def test_the_json_of_a_card_has_pictures_that_are_whole():
    bundle = display.bundle(data.card())
    columns = bundle["application/vnd.mlops-jupyter.data-card+json"]["profile"]["columns"]
    delay = next(one for one in columns if one["name"] == "arr_delay")["numbers"]
    assert (delay["grid"][0], delay["grid"][-1]) == (delay["minimum"], delay["maximum"])
    assert delay["counts"][-1] == delay["n"]
    assert len(delay["grid"]) == 49


def test_how_rows_were_matched_is_said_once_and_in_words():
    note = "no key was found: rows were matched by their position"
    for key, how in ((("(position)",), "by their position"), ((), "as a whole")):
        for shown in (said(replace(data.diff(), key=key, notes=(note,))),):
            assert f"rows matched {how}, since no key was found" in shown
            assert "(position)" not in shown
            assert note not in shown
    text = display.text(replace(data.diff(), key=("flight",)), ascii=False)
    assert re.search(r"flight +column +before → after", text)


def test_times_are_shown_from_when_to_when_and_by_hour_and_weekday_where_that_tells():
    numbers = data.spread(9000, lambda _: 1, 1_357_034_400.0, 1_359_700_000.0)
    even, busy = (375,) * 24, (0,) * 6 + (500,) * 18
    profile = ColumnProfile("at", 0, "timestamp[us]", "time", 9000, numbers=numbers)

    def shown(hours, weekdays):
        time = TimeSummary(hours, weekdays, None, 7200.0, True)
        return column.row(replace(profile, time=time), None, (), (), None)

    plain = shown(even, (1280,) * 7)
    assert plain.typical == "1 Jan – 1 Feb 2013"
    assert plain.spread == "30 d 20 h, gaps up to 2 h"
    assert plain.clocks == ()
    (hours,) = shown(busy, (1280,) * 7).clocks
    assert (hours.low, hours.high, hours.blocks) == ("0:00", "23:00", " " * 6 + "█" * 18)
    (days,) = shown(even, (1500,) * 5 + (750,) * 2).clocks
    assert (days.low, days.high) == ("Mon", "Sun")
    assert shown((9000, *(0,) * 23), (1280,) * 7).clocks == ()


def test_what_may_be_missing_is_not_red():
    found = data.report()
    missing = replace(found.results[2].rule, kind="required")
    kept = replace(found, results=(replace(found.results[2], rule=missing, state="passed"),))
    scores = (Score("completeness", 0.5, ""),)
    assert report.scores(replace(kept, scores=scores))[0][3] == ""
    assert report.scores(replace(found, scores=scores))[0][3] == "error"


def test_columns_that_only_have_other_rows_are_named_and_not_drawn():
    shift = data.diff().columns[0].shift
    calm = replace(
        data.diff().columns[1], n_cells=None, shift=replace(shift, level="same", words="33 % → 33 %")
    )
    found = replace(data.diff(), columns=(calm, data.diff().columns[0]))
    for shown in (display.text(found), said(found)):
        assert "carrier is distributed as before" in shown
        assert "33 % → 33 %" not in shown
    assert "Cells changed" not in said(replace(found, columns=(calm,)))
