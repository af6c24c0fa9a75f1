"""The geometry of charts."""

from __future__ import annotations

import pytest

from core.charts import BarData, bar_chart, sparkline, tick_values


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, [0]),
        (-5, [0]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (4, [0, 1, 2, 3, 4]),
        (7, [0, 2, 4, 6, 8]),
        (100, [0, 25, 50, 75, 100]),
        (9_436_592, [0, 2_500_000, 5_000_000, 7_500_000, 10_000_000]),
        (10**12, [0, 25 * 10**10, 50 * 10**10, 75 * 10**10, 10**12]),
    ],
)
def test_grids_are_round_and_reach_the_largest_value(largest: int, ticks: list[int]) -> None:
    assert tick_values(largest) == ticks


def test_bars_stand_on_the_ground_in_proportion_and_small_ones_are_seen() -> None:
    chart = bar_chart([BarData("a", 0, "0"), BarData("b", 1, "1"), BarData("c", 100_000, "!")], label_of=str)
    heights = [bar.height for bar in chart.bars]
    assert heights[:2] == [0, 2]
    assert heights[2] == pytest.approx(chart.base - chart.ticks[-1].y)
    assert [bar.y + bar.height for bar in chart.bars] == pytest.approx([chart.base] * 3)
    assert [tick.label for tick in chart.ticks] == ["0", "25000", "50000", "75000", "100000"]


def test_a_chart_without_bars_has_a_ground() -> None:
    chart = bar_chart([], label_of=str)
    assert (chart.bars, [tick.label for tick in chart.ticks]) == ([], ["0"])


def test_a_sparkline_goes_from_edge_to_edge() -> None:
    drawn = sparkline([0, 5, 10], width=100, height=20)
    assert drawn.line == "0.0,18.0 50.0,10.0 100.0,2.0"
    assert drawn.area == "0,20 0.0,18.0 50.0,10.0 100.0,2.0 100,20"
    assert sparkline([]).line == ""
    assert sparkline([]).area == ""
