"""Names that a careless server or client would take for something else."""

ODD = (
    "/",
    "//",
    "/a",
    "a/",
    "a//b",
    "..",
    ".",
    "a/../b",
    "%2F",
    "%",
    "?",
    "#",
    "&after=",
    "+",
    ";",
    "😀",
    "Zoë",
    "'",
    "\\",
)
