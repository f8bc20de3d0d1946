"""The pages: a module and a template for each. A new one is listed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.ui.pages import ask, collection, collections, item, map_page, reports

if TYPE_CHECKING:
    from pgrecall.ui.pages.page import Page

PAGES: tuple[Page, ...] = (
    collections.PAGE,
    collection.PAGE,
    ask.PAGE,
    item.PAGE,
    map_page.PAGE,
    reports.PAGE,
)
"""Every page, in the order of the navigation."""
