"""transformers' own PermuteForRope at many sizes, beside the formula of which Coq proves where it is wrong."""

from __future__ import annotations

import pytest

from converter_formulas import permute_for_rope

pytestmark = pytest.mark.live
pytest.importorskip("transformers.core_model_loading")


@pytest.mark.parametrize("inverse", [False, True])
def test_permute_for_rope_gives_the_rows_of_the_formula(inverse: bool) -> None:
    """q, k, and a bias of k; where the formula does not run, the function raises."""
    import torch
    from transformers import PretrainedConfig
    from transformers.core_model_loading import PermuteForRope

    seen = {True: 0, False: 0}
    for kv in range(1, 5):
        for group in range(1, 5):
            for width in range(1, 18):
                heads = kv * group
                for own in {heads, kv}:
                    rows = own * width
                    expected = permute_for_rope(inverse, heads, rows)
                    seen[expected is not None] += 1
                    config = PretrainedConfig(num_attention_heads=heads, num_key_value_heads=kv)
                    for shape in ((rows, 3), (rows,)):
                        weight = torch.arange(rows).reshape(rows, *(1,) * (len(shape) - 1)).expand(shape).contiguous()
                        function = PermuteForRope(inverse=inverse)._permute_for_rope
                        if expected is None:
                            with pytest.raises(RuntimeError, match="shape"):
                                function(weight, config)
                        else:
                            moved = function(weight, config)
                            assert expected == (moved[:, 2] if moved.ndim == 2 else moved).tolist()
    assert min(seen.values()) > 100
