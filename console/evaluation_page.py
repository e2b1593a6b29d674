"""The report of a measurement as one page: no script, nothing fetched, every text escaped, a strict policy inside."""

import base64
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from console import charts, evaluation_table
from pipelines.evaluation.report import Report

_TEMPLATE = "evaluation.html"
_STYLE = "evaluation.css"
_AS_TABLE = 200  # labels; of a larger taxonomy only those that occur are listed


def page(found: Report, file: str) -> str:
    """Return the page for a report on this file."""
    pages = Environment(
        loader=PackageLoader("console", "pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = pages.get_template(_STYLE).render()
    codes = [part.code for part in found.labels]
    labels = [part for part in found.labels if part.rows] if len(codes) > _AS_TABLE else found.labels
    return pages.get_template(_TEMPLATE).render(
        found=found,
        file=file,
        headline=evaluation_table.headline(found),
        named=evaluation_table.named,
        review=evaluation_table.review(found),
        labels=labels,
        shown=evaluation_table.shown,
        interval=charts.interval,
        confusion=charts.confusion(codes, found.confusion),
        reliability=charts.reliability(found.bins),
        risk=charts.risk_coverage(found.curve, found.review.wished, found.review.chosen.threshold),
        style=style,
        # only this very style sheet may work, and no script at all: a title that slipped through could do nothing
        policy=f"default-src 'none'; style-src 'sha256-{_sha256(style)}'; base-uri 'none'; form-action 'none'",
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
