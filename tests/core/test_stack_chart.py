"""The geometry of stacked bars."""

from __future__ import annotations

import pytest

from core.charts import StackData, stack_chart


def test_pieces_stand_upon_each_other_and_empty_ones_are_left_out() -> None:
    data = [StackData("a", "2 and 1", [("low", 2), ("none", 0), ("high", 1)]), StackData("b", "nothing", [])]
    chart = stack_chart(data, label_of=str)
    low, high = chart.stacks[0].pieces
    assert (low.css, high.css) == ("low", "high")
    assert low.y + low.height == pytest.approx(chart.base)
    assert high.y + high.height == pytest.approx(low.y, abs=0.2)
    assert chart.stacks[1].pieces == []
    assert chart.line == ""


def test_a_line_of_steps_goes_over_the_bars() -> None:
    chart = stack_chart([StackData("", "", [])] * 2, label_of=str, line=[0, 4], width=104, left=0)
    base, top = f"{chart.base:.1f}", f"{chart.ticks[-1].y:.1f}"
    assert chart.line == f"0.0,{base} 50.0,{base} 50.0,{top} 100.0,{top}"
    assert stack_chart([], label_of=str).stacks == []
