"""The documents of the repository, read as Markdown: their links, their anchors, and the commands that they show."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from subprocess import run

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pymdownx.slugs import slugify

ROOT = Path(__file__).parents[2]
SHELL = ("sh", "bash", "console", "shell")
PROGRAMS = (
    r"(sudo )?(make|cdk|aws|kubectl|git|pytest|python -m|curl|java|ansible-playbook|docker|podman|npx|ci/[\w-]+)\b.* .*"
)
"""What a piece of code in a sentence begins with when it is a command: one with arguments, or a target of make."""

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_slug = slugify(case="lower")


def documents() -> list[str]:
    """Return the paths of all Markdown files but those that are parts of another one."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in listed if not path.startswith("tests/")]


def tokens(document: str) -> Iterator[Token]:
    """Yield what a document consists of, also within its paragraphs, as GitHub reads it."""
    for token in _MARKDOWN.parse((ROOT / document).read_text("utf-8")):
        yield token
        yield from token.children or []


def links(document: str) -> list[str]:
    """Return where the links and pictures of a document lead."""
    found = (token.attrGet("href") or token.attrGet("src") for token in tokens(document))
    return [str(link) for link in found if link]


def anchors(document: str) -> list[str]:
    """Return the anchors of a document's headings, as GitHub and the site name them."""
    parsed = _MARKDOWN.parse((ROOT / document).read_text("utf-8"))
    headings = [after for token, after in pairwise(parsed) if token.type == "heading_open"]
    texts = ("".join(part.content for part in heading.children or []) for heading in headings)
    return [_slug(text, "-") for text in texts]


def blocks(document: str) -> list[str]:
    """Return the blocks for the shell that a document has."""
    return [token.content for token in tokens(document) if token.type == "fence" and token.info in SHELL]


def commands(document: str) -> set[str]:
    """Return the commands that a document shows, each as one line: of blocks for the shell, and within sentences."""
    found: set[str] = set()
    for block in blocks(document):
        found.update(_of_block(block))
    for token in tokens(document):
        if token.type == "code_inline" and re.fullmatch(PROGRAMS, text := " ".join(token.content.split())):
            found.add(text)
    return found


def _of_block(block: str) -> Iterator[str]:
    """Yield the commands of a block; one goes on where a quote, a document or a backslash does."""
    pending = ""
    for line in block.splitlines():
        pending = f"{pending}\n{line}" if pending else line.removeprefix("$ ")
        here = re.search(r"<<'?(\w+)'?", pending)
        if here and not pending.endswith(f"\n{here[1]}"):
            continue
        text = pending.split("\n")[0] if here else pending
        try:
            words = shlex.split(text, comments=True)
        except ValueError:  # an open quote
            continue
        if not text.endswith("\\"):
            pending = ""
            if words:
                yield re.sub(r"\s+#\s.*$", "", " ".join(text.replace("\\\n", " ").split()))
