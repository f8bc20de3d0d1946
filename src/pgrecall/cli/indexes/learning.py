"""``pgrecall tune --questions``: the weight of the vectors, learned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall.cli.shared import embedders
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import cell, console, print_json
from pgrecall.cli.shared.progress import count_bar
from pgrecall.evaluation import read_questions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pgrecall.evaluation import FusionReport


def learn(
    collection: str,
    questions: Path | None,
    *,
    reset: bool,
    tried: Mapping[str, bool],
    embed: str | None,
    tenant: str,
    as_json: bool,
    dsn: str | None,
    schema: str,
) -> None:
    """Learn how much the vectors count in hybrid searches, or forget it, and tell."""
    asked = None if questions is None else read_questions(questions)
    named = None if embed is None else embedders.named(embed)
    with opened(dsn, schema, tenant) as store:
        described = found(store, tenant, collection)
        if asked is None:
            report = store.tune_fusion(tenant, collection, reset=True)
        else:
            model = named or embedders.of_collection(described)
            with count_bar("Asking", len(asked)) as progress:
                report = store.tune_fusion(
                    tenant,
                    collection,
                    asked,
                    **tried,
                    embed=None if model is None else model.embed_questions,
                    progress=progress,
                )
            if reset and report.pinned and not report.changed:
                usual = store.tune_fusion(tenant, collection, reset=True)
                report = replace(
                    report,
                    alpha=usual.alpha,
                    candidates=usual.candidates,
                    title_weight=usual.title_weight,
                    pinned=usual.pinned,
                )
    if as_json:
        print_json(_plain(report))
        return
    out = console()
    out.print(cell(str(report), lines=True))
    if report.changed:
        out.print(cell("pinned: every client follows within 30 seconds", "dim"))
    if report.missing:
        some = ", ".join(map(repr, report.missing_ids[:3]))
        out.print(cell(f"not stored: {report.missing:,} of the relevant items: {some}"))


def _plain(report: FusionReport) -> dict[str, Any]:
    gain = {name: None if one != one else one for name, one in report.gain._asdict().items()}  # noqa: PLR0124  # NaN
    return {
        "alpha": report.alpha,
        "candidates": report.candidates,
        "title_weight": report.title_weight,
        "pinned": report.pinned,
        "changed": report.changed,
        "gain": gain,
        "questions": report.questions,
        "curve": {f"{alpha:g}": value for alpha, value in report.curve.items()},
        "ways": [
            {"candidates": candidates, "title_weight": weight, "ndcg": value}
            for (candidates, weight), value in report.ways.items()
        ],
        "unjudged": report.unjudged,
        "missing": report.missing,
        "missing_ids": list(report.missing_ids),
    }
