"""The augmentation explorer: its nets and changes by code, its counts, and words that tell cases apart."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")

from parti_edu.explore import augment, augment_explorer, svg

STILL = {"shift": 0, "degrees": 0, "light": 1.0}


def run(**settings):
    return augment_explorer.result(augment_explorer.at(**STILL | settings))


def told(**settings):
    return augment_explorer.words(run(**settings))


@pytest.mark.parametrize("settings", [STILL, {"shift": -5, "degrees": 30, "light": 0.4}], ids=str)
def test_the_code_line_computes_the_same(settings, monkeypatch):
    from parti_edu.labs.efficiency import images

    plain, asked = augment.trained().nets[augment.PLAIN], []
    trained = images.Trained(plain, plain, [], 0)  # trained once is enough
    monkeypatch.setattr(
        images, "fit", lambda net, parts, recipe: asked.append((net, parts, recipe)) or trained
    )
    names = {}
    exec(augment_explorer.code(augment_explorer.at(**settings)), names)
    np.testing.assert_array_equal(names["p"], run(**settings).p[augment.PLAIN])
    ((net, parts, recipe),) = asked
    assert [part.shape for part in net.parameters()] == [part.shape for part in plain.parameters()]
    assert len(parts.train.y) == augment.N_TRAIN
    assert recipe == images.Recipe(augment.EPOCHS, group_size=30, lr=6e-3)


def test_the_garments_shown_are_of_their_kinds_and_change_as_the_words_say():
    for i, (name, row) in enumerate(augment.SHOWN.items()):
        assert augment.NAMES[augment.trained().y[row]] == name
        before = augment.trained().X[row].numpy()
        np.testing.assert_array_equal(run().X[i], before)
        np.testing.assert_array_equal(run(shift=3).X[i][:, 3:], before[:, :-3])
        np.testing.assert_allclose(run(degrees=90).X[i], np.rot90(before), atol=1e-5)
        np.testing.assert_allclose(run(light=0.5).X[i], before / 2, atol=1e-6)


def test_the_percentages_are_of_all_test_garments():
    result = run(shift=2)
    for net in augment.NETS:
        right = result.p[net].argmax(1) == augment.trained().y
        assert len(right) == augment.N_TEST
        assert result.percent(net) == pytest.approx(100 * right.mean())
        assert f"the {net} net has {result.percent(net):.0f} % right" in told(shift=2)


def test_what_one_net_has_seen_the_other_has_not():
    plain, moved = ({s: run(shift=s).percent(net) for s in (0, 4)} for net in augment.NETS)
    assert plain[0] - plain[4] > 15
    assert plain[0] - plain[4] > 2 * (moved[0] - moved[4])


def test_words_tell_the_cases_apart():
    assert told().startswith("The garments are as they are; the plain net has")
    assert "in place of" not in told()
    assert "shifted by 1 pixel to the right;" in told(shift=1)
    assert "shifted by 2 pixels to the left, turned clockwise by 15 degrees, lit 0.5 times" in told(
        shift=-2, degrees=-15, light=0.5
    )
    assert "turned counter-clockwise by 5 degrees" in told(degrees=5)
    assert "knows all four" in told()
    assert re.search(r"The plain net takes the \w+ for: [\w ]+, \d+% sure\.$", told(degrees=90))


def test_the_picture_marks_right_and_wrong_in_letters():
    def marks(**settings):
        texts = [t.text or "" for t in ET.fromstring(augment_explorer.picture(run(**settings))).iter()]
        return sum(t.startswith("✓") for t in texts), sum(t.startswith("✗") for t in texts)

    def right(**settings):
        p = run(**settings).p
        return sum(
            augment.taken_for(p[net][row])[0] == name for net in p for name, row in augment.SHOWN.items()
        )

    for settings in (STILL, {"degrees": 90}, {"shift": 8}):
        assert marks(**settings) == (right(**settings), 8 - right(**settings))
    assert augment_explorer.picture(run(shift=1)).count(svg.png(run(shift=1).X[2])) == 1
