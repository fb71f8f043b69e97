"""Which names are stored, and as what."""

import pytest

from application.names import NAME_LENGTH, InvalidNameError, clean

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bob", "Bob"),
        ("  Bob\t\n", "Bob"),
        ("\u3000Bob\u00a0", "Bob"),
        ("Mary  Ann", "Mary  Ann"),
        ("Zoe\u0308", "Zoë"),
        ("\u212b", "Å"),
        ("李小龍", "李小龍"),
        (FAMILY, FAMILY),
        ("a" * NAME_LENGTH, "a" * NAME_LENGTH),
        ("e\u0301" * NAME_LENGTH, "é" * NAME_LENGTH),
        (f" {'a' * NAME_LENGTH} ", "a" * NAME_LENGTH),
    ],
)
def test_a_name_is_trimmed_and_composed(text: str, name: str) -> None:
    assert clean(text) == name
    assert clean(name) == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The name is empty; it needs at least one character that can be seen."),
        (" \u3000\n", "The name is empty; it needs at least one character that can be seen."),
        ("\u200b\u200d", "The name is empty; it needs at least one character that can be seen."),
        ("\u200b \u2060", "The name is empty; it needs at least one character that can be seen."),
        ("a" * 51, "The name has 51 characters; at most 50 are allowed."),
        ("a\nb", "The name holds a control character; only characters of text are allowed."),
        ("a\x00", "The name holds a control character; only characters of text are allowed."),
        ("a\x85b", "The name holds a control character; only characters of text are allowed."),
        ("a\u2028b", "The name holds a line separator; only characters of text are allowed."),
        ("a\u2029b", "The name holds a paragraph separator; only characters of text are allowed."),
        ("a\ud800", "The name holds half of a surrogate pair; only characters of text are allowed."),
    ],
)
def test_what_is_no_name_is_told_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(InvalidNameError) as raised:
        clean(text)
    assert str(raised.value) == says
