"""Pictures of layouts, and of what was proved of two: SVG, PNG, or text for a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from prover.api.answers import JSON, Layout, Texts, several
from prover.api.arguments import RelationName
from prover.errors import EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.layouts.loading import Loaded
    from prover.reports.pictures.over import Curves
    from prover.reports.pictures.scene import Scene

DEFAULT_DISTANCE = 4096
MOST_DISTANCE = 10**9


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """Something to be looked at. `headline`: what it shows, in a sentence."""

    headline: str
    _scene: Scene | Curves = field(compare=False)
    exit_code: int = EXIT_OK

    def __repr__(self) -> str:
        return f"<picture: {self.headline}>"

    def to_json(self) -> JSON:
        """What is drawn, as JSON types."""
        from prover.reports.pictures.scene import Scene

        return {"schema": "rope-prover/draw/1", "kind": "lanes" if isinstance(self._scene, Scene) else "gap",
                **asdict(self._scene)}

    def to_text(self, columns: int = 100, ascii_only: bool = False, colour: bool = False) -> str:
        """The picture for a terminal of 20 columns or more; `colour`: with terminal escapes."""
        from prover.reports.pictures.over import Curves, curves_text
        from prover.reports.pictures.terminal import scene_text

        if isinstance(self._scene, Curves):
            return curves_text(self._scene, columns, ascii_only)
        return scene_text(self._scene, columns, ascii_only, colour)

    def to_svg(self) -> str:
        """The picture as SVG, the same text whenever it is drawn by one matplotlib. Raises InputError without it."""
        return self._rendered("svg").decode("utf-8")

    def to_png(self) -> bytes:
        """The picture as PNG. Raises InputError without matplotlib."""
        return self._rendered("png")

    def _rendered(self, kind: Literal["svg", "png"]) -> bytes:
        from prover.reports.pictures.figure import scene_figure
        from prover.reports.pictures.over import Curves, curves_figure
        from prover.reports.pictures.plotting import rendered

        scene = self._scene
        return rendered(lambda: curves_figure(scene) if isinstance(scene, Curves) else scene_figure(scene), kind)

    def _repr_html_(self) -> str:
        """For notebooks: the SVG, or the text where matplotlib is not installed."""
        from html import escape

        from prover.reports.pictures.plotting import is_there

        if not is_there():
            return f"<pre>{escape(self.to_text())}</pre>"
        return self.to_svg()[self.to_svg().index("<svg"):]


def draw(
    source: str | Layout, target: str | Layout | None = None, *, feeds: Texts = (), axes: str | None = None,
    relation: RelationName | None = None, over: Literal["trace", "angle"] | None = None,
    positions: int = DEFAULT_DISTANCE,
) -> Picture:
    """A picture of a layout; or of two with what `prove` says of them: which pairs differ, where rows go.

    `feeds`, `axes`, `relation`: as for `prove`. `over`: the gap of the traces or of the angles of two layouts over the
    distance of two tokens, up to `positions`. Raises ProverError.

    >>> draw("ggml/neox:head_dim=8")
    <picture: ggml/neox:head_dim=8: 8 lanes, 4 pairs>
    >>> print(draw("ggml/normal:head_dim=4").to_text(40).splitlines()[3])
    axis   pppp
    """
    from prover.api.arguments import loaded_of
    from prover.reports.pictures.scene import Scene, axis_letters, make_strip
    from prover.reports.text import counted, plain

    if target is None:
        if over or relation or several(feeds) or axes:
            raise InputError("feeds, axes, relation and over are about two layouts", where="draw",
                             advice="Name a second layout")
        loaded = loaded_of(source)
        layout = loaded.layout
        strip = make_strip(layout.name, layout, axis_letters(layout.axes))
        size = f"{counted(layout.width, 'lane')}, {counted(len(layout.pairs), 'pair')}"
        return Picture(f"{strip.title}: {size}", Scene((strip,)))
    first, second = loaded_of(source), loaded_of(target)
    if over is not None:
        return _over(first, second, feeds, axes, over, positions)
    from prover.api.questions import prove

    proof = prove(source, target, feeds=feeds, axes=axes, relation=relation)
    letters = axis_letters(dict.fromkeys((*first.layout.axes, *second.layout.axes)))
    strips = tuple(make_strip(side.layout.name, side.layout, letters, pairs)
                   for side, pairs in zip((first, second), proof.differing_pairs, strict=True))
    headline = plain(f"{proof.verdict.upper()}: {proof.headline}", 1000)
    return Picture(headline, Scene(strips, proof.permutation, headline))


def _over(
    first: Loaded, second: Loaded, feeds: Texts, axes: str | None, over: Literal["trace", "angle"], positions: int,
) -> Picture:
    from prover.claims.claim import make_claim
    from prover.layouts.axes import axes_feeds
    from prover.reports.pictures.over import curves_of

    if over not in ("trace", "angle"):
        raise InputError(f"there is no gap '{str(over)[:40]}'", where="over", advice="Use 'trace' or 'angle'")
    if not 1 <= positions <= MOST_DISTANCE:
        raise InputError(f"expected 1 to {MOST_DISTANCE}, got {positions}", where="positions")
    claim = make_claim(first, second, axes_feeds(axes, several(feeds)))
    found = curves_of(claim, (first.layout.name, second.layout.name), over, positions)
    return Picture(f"gap of the {over} up to distance {positions}", found)
