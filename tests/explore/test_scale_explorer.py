"""The scale explorer: both divisions are the round-time model, and the words say what it means."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from parti_edu.explore import divided, scale, scale_explorer

FAST = {"bandwidth": 100_000.0, "latency": 1.0}


def told(**settings):
    return scale_explorer.words(scale_explorer.result(scale_explorer.at(**settings)))


@pytest.mark.parametrize(
    "settings",
    [{}, {"workers": 2}, {"workers": 600, "local_steps": 16}, {"rows": 65536, "parameters": 1000.0}],
)
def test_the_code_line_computes_the_same_speed_up(settings):
    state, names = scale_explorer.at(**settings), {}
    exec(scale_explorer.code(state), names)
    result = scale_explorer.result(state)
    assert names["speed_up"] == pytest.approx(result.data.times[result.at], rel=1e-12)


def test_a_round_worked_out_by_hand():
    # 4 workers, 10⁶ parameters, 256 rows: 6·256·10⁶ operations at 10⁹ a second; 100 MB/s, 10 ms a message.
    state = scale_explorer.at(workers=4, parameters=1.0, bandwidth=100.0, latency=10_000.0, speed=1.0)
    at = scale.COUNTS.tolist().index(4)
    data, model = scale_explorer.result(state)[1:]
    assert data.computing[at] == pytest.approx(1.536 / 4)
    assert data.sending[at] == pytest.approx(6 * (4e6 / 4 / 1e8 + 0.01))
    assert (data.sent[at], data.held[at]) == (6e6, 4e6)
    units = 316  # of each of 10 layers, √(10⁶/10) rounded down
    assert model.sent[at] == pytest.approx(10 * 6 / 4 * 256 * units * 4)
    assert model.sending[at] == pytest.approx(10 * 6 * (256 * units * 4 / 4 / 1e8 + 0.01))
    assert model.held[at] == 1e6


def test_local_steps_spare_sending_where_the_data_are_divided_and_there_alone():
    one, many = (scale_explorer.result(scale_explorer.at(local_steps=n)) for n in (1, 64))
    assert np.array_equal(one.data.sending, many.data.sending)
    np.testing.assert_allclose(many.data.computing, 64 * one.data.computing)
    np.testing.assert_allclose(many.model.sending, 64 * one.model.sending)
    assert many.data.times[-1] > 10 * one.data.times[-1]
    np.testing.assert_allclose(many.model.times, one.model.times)


@pytest.mark.parametrize("local_steps", [1, 16, 256])
def test_sending_takes_over_at_the_first_such_number_of_workers(local_steps):
    state = scale_explorer.at(local_steps=local_steps, rows=4096)
    first = scale.takes_over(state)
    before, there = (scale.round_of(state, n) for n in (first - 1, first))
    assert before.communication < before.compute
    assert there.communication >= there.compute
    assert f"Sending takes over at {first:,}." in told(local_steps=local_steps, rows=4096)


def test_where_it_never_takes_over_the_words_say_so_and_the_picture_has_no_ring():
    settings = {"rows": 2**20, "local_steps": 4096, **FAST}
    assert scale.takes_over(scale_explorer.at(**settings)) is None
    assert "Sending stays the smaller part." in told(**settings)
    drawn = scale_explorer.picture(scale_explorer.result(scale_explorer.at(**settings)))
    assert "sending takes over" not in drawn


def test_much_data_divides_the_data_and_a_large_model_the_model():
    assert "Dividing the data is the quicker way here." in told(rows=65536)
    assert "Dividing the model is the quicker way here." in told(rows=16, parameters=1000.0)
    assert "One worker alone is quicker." in told(parameters=0.001)


def test_workers_without_rows_or_units_are_idle():
    assert "Only 16 workers get a row, the others are idle." in told(rows=16, workers=20)
    assert "A layer has 10 units, so the other workers are idle." in told(parameters=0.001, workers=20)
    data, model = scale_explorer.result(scale_explorer.at(rows=16, parameters=0.001))[1:]
    late = scale.COUNTS >= 20
    assert len(set(data.computing[late])) == len(set(model.held[late])) == 1


def test_what_was_measured_is_marked_in_picture_and_words():
    assert told().endswith("All of it is a model: nothing was measured.")
    assert told(measured=4).endswith("The network was measured with up to 4 workers; beyond, it is a model.")
    marks = [
        scale_explorer.picture(scale_explorer.result(scale_explorer.at(measured=n))).count(
            "beyond it: a model<"
        )
        for n in (1, 4)
    ]
    assert marks == [0, 2]


def test_a_measured_value_finds_its_knob():
    assert scale.nearest("bandwidth", 439.2) == 470.0
    assert scale.nearest("latency", 1e-9) == 1.0
    with pytest.raises(ValueError, match=r"name must be one of .* got 'bandwith' \(did you mean 'bandwidth'"):
        scale.nearest("bandwith", 1.0)
    with pytest.raises(ValueError, match=r"value must be .* got 0"):
        scale.nearest("bandwidth", 0)


def test_quantities_in_words():
    assert [scale._seconds(s) for s in (4e-6, 0.0409, 2.61, 5000.0, 2e5)] == [
        "4.00 µs",
        "40.9 ms",
        "2.61 s",
        "1.39 h",
        "2.31 days",
    ]
    assert [scale._bytes(b) for b in (0, 500, 7000, 7e7)] == ["0.00 bytes", "500 bytes", "7.00 kB", "70.0 MB"]
    assert [scale._times(t) for t in (7.84, 85259.0, 0.05)] == [
        "7.8 times as fast",
        "85,000 times as fast",
        "20 times as slow",
    ]


def test_explorers_start_and_this_one_is_drawn_without_torch():
    code = "import sys; from parti_edu.explore import scale_explorer as scale; "
    code += "scale.picture(scale.result(scale.at())); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_picture_of_what_is_divided_says_who_has_what():
    tree = ET.fromstring(divided.division_diagram())
    words = [t.text for t in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert words.count("0") == words.count("1") == 8  # θ and rows of four ways
    assert all(word in words for way in divided.WAYS for word in way[:2])
    whole = [r for r in tree.iter("{http://www.w3.org/2000/svg}rect") if r.get("width") == str(divided.WIDE)]
    assert len(whole) == 2 + 2 * 2  # two copies of θ where the rows are divided; rows, twice divided across
    assert "each has all parameters and half of the rows" in tree.get("aria-label")
