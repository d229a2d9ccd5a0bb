"""Descriptions as their authors meant them: Markdown in, safe markup or plain words out."""

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

# Headings would break the outline of the page, pictures its content policy, raw HTML its safety.
READER = MarkdownIt("commonmark", {"html": False, "breaks": False}).enable(["table", "strikethrough"])
READER.disable(["heading", "lheading", "image", "html_block", "html_inline"])
# One line that begins with a letter and has nothing that Markdown could mean something by.
UNMARKED = re.compile(r"[^\W\d_](?:[^\W_]|[ ,.;:?()'\"/%=+-])*")
TAGS = {"p", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "br", "hr", "a"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}


@lru_cache(maxsize=2048)
def html(text):
    """The markup of a Markdown text, safe to print as it is."""
    return nh3.clean(
        READER.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noreferrer",
    )


@lru_cache(maxsize=8192)
def plain(text):
    """The first paragraph of a Markdown text as words without marks: what fits into a row of a table."""
    if UNMARKED.fullmatch(text):
        return text.strip()
    tokens = READER.parse(text)
    for at, token in enumerate(tokens):
        if token.type == "inline" and tokens[at - 1].type in ("paragraph_open", "th_open", "td_open"):
            said = "".join(
                " " if part.type in ("softbreak", "hardbreak") else part.content
                for part in token.children or ()
            )
            if said.strip():
                return said.strip()
    return text.strip()
