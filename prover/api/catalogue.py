"""Questions about what is shipped: layouts, where to find them, what names mean, and which are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prover.api.answers import Classes, Layout, ModelReport, Report, Texts, several
from prover.api.arguments import RelationName, relation_of, spec_of
from prover.errors import EXIT_OK, InputError


def layout_names() -> tuple[str, ...]:
    """The names of all shipped layouts, sorted.

    >>> layout_names()[:2]
    ('aiter/full-table', 'aiter/rope')
    """
    from prover.layouts.spec import catalogue

    return tuple(catalogue())


def load(spec: str) -> Layout:
    """The layout that a spec names. Raises ProverError with what is wrong and what to do.

    >>> load("ggml/imrope:n_rot=64:sections=11,11,10,0")
    <layout ggml/imrope:n_rot=64:sections=11,11,10,0: 128 lanes, 32 pairs, axes t, h, w, e>
    >>> load("ggml/imrope").pairs[1].read
    (1, 65)
    """
    from prover.layouts.loading import load as load_spec

    spec = spec_of(spec)
    loaded = load_spec(spec)
    layout = loaded.layout
    return Layout(spec, loaded.about.title, layout.width, layout.axes, layout.pairs, loaded.about.warnings, loaded)


def show(
    spec: str, feeds: Texts = (), every_pair: bool = False, *, engine: str = "", kind: str = "",
) -> Report:
    """A layout's formula, parameters, properties and pairs; without pairs where parameters must be given.

    Of a config.json, a folder that holds one, a GGUF file, a dump or a loader's log: the layout of each part of the
    model, and where its values come from. `engine`: the engine that reads a config, transformers unless told. `kind`:
    what its model_type is taken for.

    >>> print(show("ggml/neox:head_dim=4").to_text().splitlines()[0])
    ggml/neox:head_dim=4  (ggml NEOX)
    """
    from prover.reports.documents.show import model_document, show_document
    from prover.sources.named import is_model

    if is_model(spec):
        from prover.reports.model_report import model_json, model_text
        from prover.sources.reading import read_model

        if feeds:
            raise InputError("a model has no feed of its own", where=spec, advice="Give --feed with the SPEC of a part")
        model = read_model(spec, engine, kind)
        return ModelReport(
            EXIT_OK, lambda: model_json(model), lambda _: model_text(model),
            tuple((part.address, part.spec) for part in model.parts if part.spec and not part.unseen),
            _document=lambda _: model_document(model_json(model)),
        )
    if engine or kind:
        raise InputError("is no model that an engine reads", where=f"spec '{spec[:80]}'")
    from prover.layouts.loading import outline
    from prover.reports.show import outline_json, outline_text

    spec = spec_of(spec)
    about = outline(spec)
    if about.missing and not feeds:
        return Report(
            EXIT_OK, lambda: outline_json(about), lambda _: outline_text(about),
            _document=lambda _: show_document(outline_json(about), every_pair),
        )
    layout = load(spec)
    return Report(
        EXIT_OK, lambda: layout.to_json(feeds), lambda _: layout.to_text(feeds, every_pair),
        _document=lambda _: show_document(layout.to_json(feeds), every_pair),
        _page=lambda _, __: layout.to_html(feeds, every_pair),
    )


def find(patterns: Texts = ()) -> Report:
    """The layouts of a model, an engine or a word, the nearest first; all layouts and proofs without a pattern.

    >>> find("phi-2").to_json()["found"][0]["spec"]
    'llama-cpp/text:arch=phi2'
    """
    from prover.layouts.spec import catalogue, read_title
    from prover.reports.catalogue_report import catalogue_json, catalogue_text, found_json, found_text
    from prover.resources import shipped_proofs

    words = several(patterns)
    if words:
        from prover.layouts.search import search

        rows = search(words)
        return Report(EXIT_OK, lambda: found_json(words, rows), lambda _: found_text(words, rows))
    layouts = {name: read_title(path) for name, path in catalogue().items()}
    proofs = {path.stem: read_title(path) for path in shipped_proofs()}
    return Report(EXIT_OK, lambda: catalogue_json(layouts, proofs), lambda _: catalogue_text(layouts, proofs))


def converters(patterns: Texts = ()) -> Report:
    """The functions that `check_permutation` takes by name, all or those with some words.

    >>> [each["name"] for each in converters("glm").to_json()["converters"]]
    ['llama.cpp/glm-mrope']
    """
    from prover.repair.converters import search_converters
    from prover.reports.catalogue_report import converters_json, converters_text

    words = several(patterns)
    rows = search_converters(words)
    return Report(EXIT_OK, lambda: converters_json(rows), lambda _: converters_text(words, rows))


def evidence(patterns: Texts = ()) -> Report:
    """What layouts rest on, all or those whose names have some words: measured kernels, source, or documentation.

    >>> evidence("ggml/imrope").to_json()["layouts"]["ggml/imrope"]["kind"]
    'measured'
    """
    from prover.layouts.evidence import evidence as every
    from prover.reports.catalogue_report import evidence_json, evidence_text

    words = several(patterns)
    found = {name: each for name, each in every().items() if all(word.lower() in name for word in words)}
    return Report(EXIT_OK, lambda: evidence_json(found), lambda _: evidence_text(words, found))


def unsupported() -> Report:
    """What the catalogue cannot hold, and why."""
    from prover.layouts.unsupported import read_unsupported
    from prover.reports.catalogue_report import unsupported_json, unsupported_text

    rows = read_unsupported()
    return Report(EXIT_OK, lambda: unsupported_json(rows), lambda _: unsupported_text(rows))


def names(words: Texts = ()) -> Report:
    """What flags mean: of projects ("vllm"), of a flag ("is_neox_style"), or of a flag's value."""
    from prover.layouts.names import look_up
    from prover.reports.names_report import names_json, names_text

    found = look_up(several(words))
    return Report(EXIT_OK, lambda: names_json(found), lambda _: names_text(found))


def classes(
    likes: Texts = (), *, relation: RelationName = "permutation", feeds: Texts = (), axes: str | None = None,
    width: int | None = None, rotary: int | None = None, base: str | None = None, sections: str | None = None,
    track: Callable[[Sequence[str]], Iterator[str]] = iter, jobs: int | None = 1,
) -> Classes:
    """Sort the catalogue into classes of layouts that are equal under `relation`.

    `likes`: specs to be sorted in too; the first gives all layouts its width, rotary width, base and sections, which
    may also be given by themselves. `track` goes around the specs that are read, then around those that are proved,
    for progress. `jobs`: in how many processes, as many as there are cores if None; several import the caller's main
    module: a script then needs `if __name__ == "__main__"`.
    """
    from prover.processes import prepare, usual_jobs

    if jobs is not None and (not isinstance(jobs, int) or jobs < 1):
        raise InputError(f"expected a whole number from 1 on, got {str(jobs)[:40]}", where="jobs")
    jobs = jobs or usual_jobs()
    if jobs > 1:
        prepare("prover.verdicts.classes")
    from prover.reports.classes_report import classes_json, classes_text
    from prover.reports.documents.classes import classes_document
    from prover.verdicts.classes import certificates_of, sort_catalogue

    given = {"width": width, "rotary": rotary, "base": base, "sections": sections}
    roles = {role: str(value) for role, value in given.items() if value is not None}
    specs = tuple(map(spec_of, several(likes)))
    found = sort_catalogue(
        specs, relation_of(relation), several(feeds), axes or "", roles, track, jobs,
    )
    return Classes(
        EXIT_OK, lambda: classes_json(found), lambda _: classes_text(found),
        tuple(tuple(member.spec for member in members) for members in found.classes), tuple(certificates_of(found)),
        _document=lambda _: classes_document(classes_json(found)),
    )
