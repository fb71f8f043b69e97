"""A page as its reader meets it: what is written on it, and which forms he can send."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_VOID = {"meta", "link", "input"}


@dataclass
class Button:
    """A button; `name` is what assistive software calls it."""

    name: str
    fields: dict[str, str]


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def send(self, client: FlaskClient, button: str, **typed: str) -> TestResponse:
        """Send it by a button, as a browser of our own origin does, without following what comes back."""
        (pressed,) = [each for each in self.buttons if each.name == button]
        fields = {**self.fields, **typed, **pressed.fields}
        return client.post(self.action, data=fields, headers={"Sec-Fetch-Site": "same-origin"})


class Page(HTMLParser):
    """The parts of a page that the tests look at."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.names: list[str] = []
        self.links: dict[str, str] = {}
        self.linked: list[str] = []
        self.forms: list[Form] = []
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(re.sub(r"<!--# if .*?<!--# endif -->", "", response.text, flags=re.DOTALL))  # as NGINX does
        assert self._open == [], "an element was never closed"

    def form(self, button: str) -> Form:
        """The form that holds a button."""
        (found,) = [form for form in self.forms if button in [each.name for each in form.buttons]]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.attributes += attrs
        self.linked += [value for name, value in attrs if name in ("href", "src") and value]
        if tag not in _VOID:
            self._open.append((tag, attributes))
        if tag == "li":
            self.names.append("")
        elif tag == "form":
            assert attributes["method"] == "post"
            self.forms.append(Form(str(attributes["action"])))
        elif tag == "input":
            name = str(attributes["name"])
            self.forms[-1].fields[name] = attributes.get("value") or ""
            self.inputs[name] = attributes
        elif tag == "button":
            fields = {str(attributes["name"]): str(attributes["value"])} if "name" in attributes else {}
            self.forms[-1].buttons.append(Button(attributes.get("aria-label") or "", fields))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for tag, attributes in self._open:
            for key in (tag, attributes.get("id"), attributes.get("role")):
                if key:
                    self.texts[key] = self.texts.get(key, "") + data
        tags = [tag for tag, _ in self._open]
        if tags[-2:] == ["li", "bdi"]:
            self.names[-1] += data
        elif "a" in tags:
            self.links[data] = str(self._open[-1][1]["href"])
        elif "button" in tags and "aria-label" not in dict(self._open)["button"]:
            self.forms[-1].buttons[-1].name += data


def shown_after(client: FlaskClient, response: TestResponse) -> Page:
    """The page that a browser shows after a form's answer that sends it on."""
    assert response.status_code == 303
    return Page(client.get(response.headers["Location"]))
