"""The model types that transformers has, and the parts of those that are made of several, beside its config classes."""

from __future__ import annotations

from typing import Any

import pytest

from prover.sources.readings import Composite, Inner, table

pytestmark = pytest.mark.live
# Types that published configs name and the mapping of transformers has not.
OTHERS = {"kimi_k2", "qwen3_omni_moe_talker"}
COMPOSITES = [(kind, inner) for each in table().composite for kind in each.types for inner in each.parts]


def test_every_model_type_is_known() -> None:
    """Each type of the installed transformers is read, without RoPE, or refused with why."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    found = table()
    known = {kind for each in (*found.reading, *found.composite, *found.without, *found.refused) for kind in each.types}
    assert set(CONFIG_MAPPING_NAMES) | OTHERS == known


@pytest.mark.parametrize(("kind", "inner"), COMPOSITES, ids=[f"{kind} {inner.key}" for kind, inner in COMPOSITES])
def test_parts(kind: str, inner: Inner) -> None:
    """A part is of the type that its class fixes, or else of the one that stands for none."""
    from transformers import AutoConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if kind in OTHERS:
        pytest.skip("has a class without a model type")
    made: Any = CONFIG_MAPPING[kind]
    subs = dict(made.sub_configs)
    if inner.key not in subs:
        pytest.skip("is no part by the class's own table")
    own = made.sub_configs_defaults.get(inner.key)
    if subs[inner.key] is not AutoConfig:
        assert inner.type == subs[inner.key].model_type or inner.type in OTHERS
    elif inner.type:  # what the class puts there whatever the file says
        assert inner.type == own.model_type
    elif inner.absent:
        assert inner.absent == own.model_type
        if inner.fills:
            given = {key: int(value) for key, value in own.init_kwargs.items() if key in inner.fills}
            assert given == inner.fills


def test_no_text_is_left_out() -> None:
    """What a class calls its text_config is a part of the composite."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    left = [
        kind for each in table().composite if isinstance(each, Composite) for kind in each.types if kind not in OTHERS
        if "text_config" in CONFIG_MAPPING[kind].sub_configs and "text_config" not in {part.key for part in each.parts}
    ]
    assert [] == left
