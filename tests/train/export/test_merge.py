"""Which merge is kept."""

import pytest

from train.export.merge import choose


@pytest.mark.parametrize(
    ("losses", "kept"),
    [
        ({"pristine": 0.349, "dequantized": 0.214}, "dequantized"),
        ({"pristine": 3.075, "dequantized": 3.087}, "dequantized"),  # as good as equal: what the adapter was trained on
        ({"pristine": 0.50, "dequantized": 0.52}, "pristine"),
        ({"pristine": 0.5}, "pristine"),
        ({"none": 0.5}, "none"),
    ],
)
def test_the_lower_loss_is_kept_and_a_tie_stays_with_training(losses: dict[str, float], kept: str) -> None:
    assert choose(losses) == kept
