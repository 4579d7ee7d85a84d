"""The pictures on the layouts' pages."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import sys
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import prover
from measured_rows import rows
from prover.layouts.loading import load
from prover.measure.conform import conform

ROOT = Path(__file__).parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def module_of_docs(name: str) -> ModuleType:
    """A module that the site's hook imports."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"docs/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """docs/lane_picture.py."""
    return module_of_docs("lane_picture")


@pytest.fixture(scope="module")
def examples() -> ModuleType:
    """docs/measured_example.py."""
    return module_of_docs("measured_example")


def drawn(pictures: ModuleType, spec: str) -> ElementTree.Element:
    """The picture of a SPEC, parsed."""
    return ElementTree.fromstring(pictures.lane_picture(prover.draw(spec).to_json()))


def of_class(root: ElementTree.Element, word: str) -> list[ElementTree.Element]:
    """Elements of a class, those of the legend left out."""
    return [each for each in root.iter() if word in each.get("class", "").split() and "h28" not in each.get("d", "")]


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (WCAG 2.1)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white() -> None:
    """The measure itself: 21 at most, and 4.54 for #767676 on white, as WCAG's tables have it."""
    assert 21 == pytest.approx(contrast("#000000", "#FFFFFF"))
    assert 4.54 == pytest.approx(contrast("#767676", "#FFFFFF"), abs=0.005)


def test_colours_are_seen(pictures: ModuleType) -> None:
    """In either scheme lines have the contrast of 3 that WCAG wants of graphics, and text 4.5."""
    for colours, text, ground in ((pictures.LIGHT, pictures.LIGHT_TEXT, pictures.LIGHT_GROUND),
                                  (pictures.DARK, pictures.DARK_TEXT, pictures.DARK_GROUND)):
        assert [] == [colour for colour in colours if contrast(colour, ground) < 3]
        assert 4.5 < contrast(text, ground)
        assert 8 == len(set(colours))


def test_lanes_arcs_and_frequencies(pictures: ModuleType) -> None:
    """Half pairing of 8 lanes: arcs from lane j to j + 4; frequencies a power of ten apart, evenly on the log scale."""
    root = drawn(pictures, "ggml/neox:head_dim=8:n_rot=8:base=10000")
    cells = [(float(cell.get("x", "")), float(cell.get("width", ""))) for cell in of_class(root, "cell")]
    middles = [x + wide / 2 for x, wide in cells]
    ends = [re.match(r"M([\d.]+) [\d.]+C.* ([\d.]+) [\d.]+$", arc.get("d", "")) for arc in of_class(root, "arc")]
    assert 8 == len(middles)
    assert [(j, j + 4) for j in range(4)] == [
        tuple(min(range(8), key=lambda lane: abs(middles[lane] - float(end))) for end in found.groups())
        for found in ends if found]
    heights = [float(dot.get("cy", "")) for dot in of_class(root, "dot")][:4]
    steps = [b - a for a, b in pairwise(heights)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.15)
    assert steps[0] > 10
    assert ["p"] * 8 == [text.text for text in of_class(root, "small")]


def test_many_lanes_share_cells(pictures: ModuleType) -> None:
    """At most 128 cells; that some stand for several lanes is said."""
    scene = prover.draw("ggml/neox:head_dim=512:n_rot=512").to_json()
    root = ElementTree.fromstring(pictures.lane_picture(scene))
    assert 128 == len(of_class(root, "cell"))
    assert "4 lanes to a cell" in pictures.in_words(scene)


@pytest.mark.parametrize(("spec", "wanted"), [
    ("ggml/mrope:head_dim=16:n_rot=8:sections=2,1,1,0",
     ["16 lanes", "4 pairs", "pair 0 on lanes 0 and 4", "pair 3 on lanes 3 and 7", "4 lanes turned by axis t",
      "2 lanes turned by axis h", "2 lanes turned by axis w", "8 lanes passing unchanged",
      "frequencies from 1 to 0.001"]),
    ("generic/nope:head_dim=8", ["8 lanes", "0 pairs", "8 lanes passing unchanged"]),
])
def test_words(pictures: ModuleType, spec: str, wanted: list[str]) -> None:
    """Who does not see the picture is told what it shows: counted by hand from the sections."""
    words = pictures.in_words(prover.draw(spec).to_json())
    assert [] == [word for word in wanted if word not in words]


def test_every_layout_has_a_picture(pictures: ModuleType, examples: ModuleType) -> None:
    """Well-formed, with numbers alone, and no more than 60 kB; where parameters must be given, of an example."""
    wrong: dict[str, Any] = {}
    for name in prover.layout_names():
        layout = prover.show(name).to_json()
        spec = examples.measured_example(layout).spec if layout["must_be_given"] else name
        text = pictures.lane_picture(prover.draw(spec).to_json())
        ElementTree.fromstring(text)
        numbers = [float(each) for each in re.findall(r' (?:x|y|cx|cy|width)="([^"]+)"', text)]
        if len(text) > 60_000 or not all(math.isfinite(each) for each in numbers):
            wrong[name] = len(text)
    assert {} == wrong


def test_an_example_is_one_that_was_measured(examples: ModuleType) -> None:
    """Each layout that needs parameters is drawn with those of a row that the measured tables are held against."""
    held = {(row.file, row.entry): row for row in rows()}
    names = [name for name in prover.layout_names() if prover.show(name).to_json()["must_be_given"]]
    assert {"mlx-lm/su-rope", "mlx-vlm/su-rope", "sglang/longrope", "transformers/latent-learned",
            "transformers/phimoe", "vllm/longrope"} <= set(names)
    for name in names:
        found = examples.measured_example(prover.show(name).to_json())
        row = held[Path(found.table).stem, found.entry]
        assert (row.spec, name) == (found.spec, found.spec.partition(":")[0])
        assert conform(load(found.spec).layout, row.measured).conforms
        software = json.loads((ROOT / "tests/measured" / found.table).read_text())["software"]
        named = software if isinstance(software, str) else ", ".join(f"{key} {each}" for key, each in software.items())
        assert named == found.software


def test_a_caption_says_which_parameters_were_taken(examples: ModuleType) -> None:
    """All of them, of what, and where that is written down."""
    caption = examples.Example("a/b:head_dim=4:factors=1,2", "kernels/a.json", "first", "a 1.0").caption
    assert caption.endswith("with those at which a kernel of a 1.0 was measured (`first` in "
                            "`tests/measured/kernels/a.json`): `head_dim=4`, `factors=1,2`.")
    with pytest.raises(LookupError, match="a/b was never measured"):
        examples.measured_example({"name": "a/b", "evidence": {"tables": []}})
