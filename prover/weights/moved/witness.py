"""The rows that each layer's heads need: what is proved of two models, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from prover.claims.factors import lane_factors
from prover.claims.relation import Outcome, Relation
from prover.errors import InputError, UndecidedError
from prover.exact.number import Exact
from prover.layouts.loading import Loaded
from prover.sources.comparing import Meeting, meetings, questions
from prover.sources.engine_llama_cpp import CONVERTED
from prover.sources.model import Model
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Verdict

Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What the weights of the layers of one meeting need, under all modalities of the source at once.

    `sides`: both layouts as the weights on disk see them, whatever a converter would do to these; what loading moves is
    moved. None, as `verdict`, where neither side rotates, and where `fault` says why nothing was decided. `feeds`: what
    the verdict is for. `ulps`: by how many neighbours stored numbers had to be taken as off, more than was asked for;
    no row depends on it.
    """

    meeting: Meeting
    feeds: tuple[str, ...] = ()
    sides: tuple[Loaded, Loaded] | None = None
    verdict: Verdict | None = None
    fault: str = ""
    ulps: int = 0

    @property
    def outcome(self) -> Outcome:
        """The verdict's word; layers that neither side rotates are equivalent."""
        if self.verdict is not None:
            return self.verdict.outcome
        return Outcome.UNDECIDED if self.fault else Outcome.EQUIVALENT

    @property
    def relation(self) -> Relation | None:
        """The lowest rung that is proved to hold; None if none is, or neither side rotates."""
        return None if self.verdict is None else self.verdict.holds

    @property
    def rows(self) -> Rows | None:
        """Row i of a head will be its row rows[i] of now; None where no move is proved to be enough."""
        if self.verdict is None or self.verdict.holds is None or self.verdict.decision.holds is None:
            return None
        rows = self.verdict.decision.holds.permutation
        return tuple(range(len(rows))) if self.outcome is Outcome.EQUIVALENT else rows

    @property
    def factors(self) -> tuple[Exact, ...]:
        """What row i of a head is multiplied by once it has moved; empty where no number has to change."""
        if self.outcome is not Outcome.CONVERTIBLE or self.relation is not Relation.PAIR_MAP or self.rows is None:
            return ()
        assert self.verdict is not None
        return lane_factors(self.verdict.claim, self.rows)

    @property
    def moves(self) -> bool:
        """Whether rows have other places afterwards."""
        return self.rows is not None and self.rows != tuple(range(len(self.rows)))


def needs(
    source: Model, target: Model, ulps: int | None = 0, track: Callable[[Sequence[Meeting]], Iterator[Meeting]] = iter
) -> Iterator[Need]:
    """What weights made for `source` need where `target` is computed, for each meeting of parts. Equal questions once.

    `ulps`: by how many neighbours stored numbers may be off; None takes them exactly. Raises EvidenceError if the
    checker rejects what was found.
    """
    known: dict[tuple[object, ...], Need] = {}
    for meeting in track(list(meetings(_as_stored(source), _as_stored(target)))):
        asked = questions(meeting, None, ulps)
        if not asked:
            yield Need(meeting)
            continue
        if asked not in known:
            known[asked] = _decided(meeting, tuple(each.feed for each in asked if each.feed), ulps)
        yield replace(known[asked], meeting=meeting)


def _decided(meeting: Meeting, feeds: tuple[str, ...], ulps: int | None) -> Need:
    asked = questions(meeting, None, ulps)
    fault = next((each.undecidable for each in asked if each.undecidable), "")
    sides = asked[0].sides()
    if fault:
        return Need(meeting, feeds, sides, fault=fault)
    try:
        verdict = prove_loaded(*sides, feeds, ulps=ulps)
        farther = verdict.as_stored.farther if verdict.as_stored else None
        if farther is None:
            return Need(meeting, feeds, sides, verdict)
        return Need(meeting, feeds, sides, prove_loaded(*sides, feeds, ulps=farther[0]), ulps=farther[0])
    except (InputError, UndecidedError) as error:
        return Need(meeting, feeds, sides, fault=str(error))


def _as_stored(model: Model) -> Model:
    """The model as weights on disk meet its kernel: what loading moves is moved, what a converter would is not."""
    if not model.engine.endswith(CONVERTED):
        return model
    return replace(model, parts=tuple(replace(part, rows=None) for part in model.parts))
