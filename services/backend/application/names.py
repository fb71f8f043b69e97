"""What a user may be called."""

from unicodedata import category, normalize

NAME_LENGTH = 50
"""The longest name, in characters (code points)."""

# Unicode's general categories.
_REFUSED = {
    "Cc": "a control character",
    "Cs": "half of a surrogate pair",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_INVISIBLE = {"Cf", "Zs"}


class InvalidNameError(ValueError):
    """Nobody may be called so. The message is one sentence for whoever chose the name."""


def clean(text: str) -> str:
    """Return the name that is stored for what somebody typed: without white space at its ends, in Unicode's form NFC.

    So a name that looks the same is the same, however a keyboard composed its accents. Any script may be used, and
    emoji, joiners included. To clean a name that is clean changes nothing.

    Raises:
        InvalidNameError: nothing visible is left, it is longer than `NAME_LENGTH`, or it holds a character that is
            no text.
    """
    name = normalize("NFC", text.strip())
    if len(name) > NAME_LENGTH:
        raise InvalidNameError(f"The name has {len(name)} characters; at most {NAME_LENGTH} are allowed.")
    categories = {category(character) for character in name}
    for refused in sorted(categories & _REFUSED.keys()):
        raise InvalidNameError(f"The name holds {_REFUSED[refused]}; only characters of text are allowed.")
    if categories <= _INVISIBLE:
        raise InvalidNameError("The name is empty; it needs at least one character that can be seen.")
    return name
