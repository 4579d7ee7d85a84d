"""A verdict as a page: the answer, then lanes and pairs to look at, then the certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.exact.display import runs_of
from prover.reports.differences import LANE_KINDS, PAIR_KINDS, of_one
from prover.reports.html.certificate_part import certificate_part
from prover.reports.html.layout_data import SIDES, layout_data
from prover.reports.html.layout_view import layout_view
from prover.reports.html.shell import page, text
from prover.verdicts.verdict import Verdict

JSON = dict[str, Any]


def verdict_page(found: JSON, verdict: Verdict, words: str, path: str | None = None) -> str:
    """The page of a verdict and its JSON. `words`: the same as an HTML fragment. `path`: where the certificate lies."""
    data = layout_data(verdict.claim) | _about(found)
    differing = sorted({index for side in SIDES for index in found["differing_pairs"][side]})
    title = f"{found['verdict']}: {found['source']} and {found['target']}"
    body = "\n".join([
        f"<h1>rope-prover: {text(found['source'], 400)} and {text(found['target'], 400)}</h1>", words.rstrip(),
        layout_view(data, differing), certificate_part(verdict.certificate, found["certificate"], path),
    ])
    return page(title, body, data)


def _about(found: JSON) -> JSON:
    """What differs, what is done to the rows of weights, and where the proof looks."""
    witness, kinds = found["witness"], found["lane_by_lane"]
    words = [("pair", PAIR_KINDS), ("lane", LANE_KINDS)]
    return {
        "differ": {side: runs_of(found["differing_pairs"][side]) for side in SIDES},
        "kinds": [
            [told, of_one(told), of, runs_of(kinds[kind])]
            for of, table in words for kind, told in table.items() if kinds[kind]
        ],
        "permutation": witness["permutation"] if witness and witness["code"] else None,
        "proof": _proof(found["refutation"]),
    }


def _proof(refutation: JSON | None) -> JSON | None:
    """The power and the position, a table of each feed, of a trace that differs."""
    if not refutation or refutation["kind"] != "trace":
        return None
    position: JSON | Sequence[JSON] = refutation["position"]
    return {"power": refutation["power"], "position": [position] if isinstance(position, dict) else position}
