"""Who a User-Agent header says it is, in plain Python: words that are looked for, in order."""

from __future__ import annotations

BROWSERS = {
    "edge": ("Edge/", "Edg/"),
    "opera": ("Opera", "OPR/"),
    "ie": ("MSIE ", "Trident/"),
    "firefox": ("Firefox/", "FxiOS/", "Iceweasel/"),
    "chrome": ("Chrome/", "Chromium/", "CriOS/"),
    "safari": ("Safari/",),
}
"""The newer ones first: each calls itself by the names of those before it."""

_SEARCH = "googlebot bingbot msnbot slurp baiduspider yandex sogou duckduckbot exabot naverbot yeti/"
_SEO = "ahrefs mj12bot ezooms semrush dotbot blexbot spbot rogerbot seokicks"
_TOOL = "curl wget python java/ ruby perl libwww go-http httpclient okhttp puppet ansible"
BOTS = {
    "search": tuple(_SEARCH.split()),
    "feed": ("rss/", "feed", "newsblur", "netvibes", "bloglovin", "planet"),
    "seo": tuple(_SEO.split()),
    "archive": ("archive.org", "ia_archiver", "heritrix"),
    "tool": (*_TOOL.split(), "chef client"),
    "other": ("bot", "crawl", "spider", "fetch", "scan", "monitor", "http://", "https://"),
}


def bot(agent: str | None) -> str | None:
    """The kind of program; None for browsers and where there is no agent."""
    if agent is None:
        return None
    small = agent.lower()
    for kind, words in BOTS.items():
        if any(word in small for word in words) or (kind == "feed" and _begins_a_word("rss", small)):
            return kind
    return None


def browser(agent: str | None) -> str | None:
    """The family; None for programs and where there is no agent."""
    if agent is None or bot(agent):
        return None
    return next((f for f, words in BROWSERS.items() if any(word in agent for word in words)), "other")


def _begins_a_word(word: str, text: str) -> bool:
    at = text.find(word)
    while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at = text.find(word, at + 1)
    return at >= 0
