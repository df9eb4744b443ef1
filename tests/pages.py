"""A client that behaves like a browser and checks every page that it gets.

    page = client.page(f"/f/{forum.slug}/companies")       # GET; 200 unless status= says otherwise
    page = client.press(page, "Send", message="Hello")     # fills in the form that has the button
    page = client.send(url, {"name": "Kvant"})             # POST -> redirect -> the page where it leads
    page = client.send(url, {"name": ""}, status=422)      # POST that answers with a page
    assert "Kvant" in page.text and page.links["Companies"] == ...

Each page is checked: status, type, valid HTML5, language, title, one h1, unique ids, labels and ARIA
references that lead somewhere, CSP with nonce and nothing inline, links that the app knows.
``client.get``/``client.post`` are Flask's and check nothing. POSTs carry a valid CSRF token unless
``csrf=False``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextvars import copy_context
from functools import cached_property
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask.globals import _cv_app
from flask.testing import FlaskClient
from html5lib.html5parser import ParseError
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect
from werkzeug.test import TestResponse

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db

INLINE = re.compile(r"^on[a-z]+$")
REFERENCES = ("for", "form", "list", "aria-describedby", "aria-labelledby", "aria-controls", "aria-details")
HIDDEN = ("script", "style", "template", "head")


class Page:
    """One HTML page and what is on it. Made by :class:`Visitor`, which has checked it."""

    def __init__(self, response: TestResponse, *, routes: MapAdapter) -> None:
        self.response = response
        self.status = response.status_code
        self.url = response.request.full_path.rstrip("?")
        self.html = response.get_data(as_text=True)
        self._routes = routes

    @cached_property
    def tree(self) -> Element:
        """The document (xml.etree, no namespaces). AssertionError names the first mistake in the HTML."""
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        try:
            tree = parser.parse(self.html)
        except ParseError as error:
            (line, _column), code, values = parser.errors[-1]
            near = "\n".join(self.html.splitlines()[max(0, line - 3) : line + 1])
            raise AssertionError(f"{self.url}: invalid HTML: {code} {values}\n{near}") from error
        assert isinstance(tree, Element)
        return tree

    def elements(self, tag: str, **attributes: str) -> list[Element]:
        """All elements of a tag with these attributes (``class_`` for ``class``: one of its words)."""
        return [element for element in self.tree.iter(tag) if _matches(element, attributes)]

    def by_id(self, id_: str) -> Element:
        """The element with that id; AssertionError where there is none."""
        found = [element for element in self.tree.iter() if element.get("id") == id_]
        assert found, f"{self.url}: no element #{id_}"
        return found[0]

    @property
    def title(self) -> str:
        return text_of(self.tree.find("head/title"))

    @property
    def h1(self) -> str:
        return text_of(next(self.tree.iter("h1"), None))

    @cached_property
    def text(self) -> str:
        """All words of the page that can be seen (also those for screen readers), spaces folded."""
        return text_of(self.tree.find("body"))

    @property
    def main(self) -> str:
        """The words of the page's own content, without navigation and footer."""
        return text_of(next(self.tree.iter("main"), None))

    @property
    def links(self) -> dict[str, str]:
        """Words of each link -> its address."""
        return {text_of(link): link.get("href", "") for link in self.tree.iter("a")}

    @property
    def flashes(self) -> list[str]:
        """The messages at the top."""
        return [text_of(flash.find("p")) for flash in self.elements("div", class_="flash")]

    @property
    def forms(self) -> list[Element]:
        return list(self.tree.iter("form"))

    @property
    def rows(self) -> list[list[str]]:
        """The words of all table cells, row by row, heads left out."""
        rows = [row for body in self.tree.iter("tbody") for row in body.iter("tr")]
        return [[text_of(cell) for cell in row if cell.tag in ("td", "th")] for row in rows]

    def fields(self, form: Element) -> dict[str, Any]:
        """What a browser would send of a form as it stands, without its buttons."""
        return _fields([form, *self._outside(form)])

    def names(self, form: Element) -> set[str]:
        """The names of a form's fields."""
        return _names([form, *self._outside(form)])

    def _outside(self, form: Element) -> list[Element]:
        """Controls that stand elsewhere and name the form."""
        name = form.get("id")
        return [each for each in self.tree.iter() if name and each.get("form") == name]

    def form_with(self, button: str) -> tuple[Element, Element]:
        """The form that has a button with these words, and the button."""
        for form in self.forms:
            for candidate in form.iter("button"):
                if text_of(candidate) == button:
                    return form, candidate
        words = sorted(text_of(one) for one in self.tree.iter("button"))
        raise AssertionError(f"{self.url}: no button {button!r}, only {words}")

    def check(self) -> None:
        """Everything that holds for every page of the product."""
        headers = self.response.headers
        assert self.response.mimetype == "text/html", f"{self.url}: {self.response.mimetype}"
        policy = headers.get("Content-Security-Policy", "")
        nonce = re.search(r"script-src [^;]*'nonce-([^']+)'", policy)
        assert nonce, f"{self.url}: no nonce in the content security policy {policy!r}"
        assert "unsafe-inline" not in policy
        assert headers.get("X-Content-Type-Options") == "nosniff"
        self._check_head()
        self._check_ids()
        self._check_nothing_inline(nonce[1])
        self._check_links()

    def _check_head(self) -> None:
        assert self.html.lstrip().lower().startswith("<!doctype html>"), f"{self.url}: no doctype"
        assert self.tree.get("lang"), f"{self.url}: no language"
        assert self.title, f"{self.url}: no title"
        heads = [text_of(head) for head in self.tree.iter("h1")]
        assert len(heads) == 1, f"{self.url}: one h1 wanted, not {heads}"
        assert heads[0], f"{self.url}: the h1 is empty"

    def _check_ids(self) -> None:
        counted = Counter(id_ for element in self.tree.iter() if (id_ := element.get("id")) is not None)
        assert all(id_ and not re.search(r"\s", id_) for id_ in counted), f"{self.url}: an id is empty"
        double = [id_ for id_, times in counted.items() if times > 1]
        assert not double, f"{self.url}: ids that are not unique: {double}"
        for element in self.tree.iter():
            for name in REFERENCES:
                for id_ in element.get(name, "").split():
                    assert id_ in counted, f"{self.url}: <{element.tag} {name}> leads to no #{id_}"
        for link in self.tree.iter("a"):
            target = link.get("href", "")
            if target.startswith("#") and target != "#":
                assert target[1:] in counted, f"{self.url}: a link leads to no {target}"

    def _check_nothing_inline(self, nonce: str) -> None:
        for element in self.tree.iter():
            assert "style" not in element.attrib, f"{self.url}: inline style on <{element.tag}>"
            handlers = [name for name in element.attrib if INLINE.match(name)]
            assert not handlers, f"{self.url}: inline handlers {handlers}"
            if element.tag == "script" and element.get("type") != "application/json":
                allowed = element.get("src", "").startswith("/static/") or element.get("nonce") == nonce
                assert allowed, f"{self.url}: a script that the policy refuses"
            assert element.tag != "style", f"{self.url}: an inline style sheet"

    def _check_links(self) -> None:
        for link in self.tree.iter("a"):
            self._check_address(link.get("href", ""), "GET")
        for form in self.forms:
            self._check_address(form.get("action", ""), form.get("method", "get").upper())

    def _check_address(self, address: str, method: str) -> None:
        path = urlsplit(address).path
        if not address.startswith("/") or address.startswith("//"):
            return
        try:
            self._routes.match(path, method=method)
        except RequestRedirect:
            pass
        except (NotFound, MethodNotAllowed) as error:
            raise AssertionError(f"{self.url}: {method} {address} leads nowhere") from error


class Visitor(FlaskClient):
    """Somebody with a browser; see the module's docstring."""

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        """As Flask's, but in an app context of its own, as on a server, and with a CSRF token."""
        if csrf and str(kwargs.get("method", "GET")).upper() not in ("GET", "HEAD", "OPTIONS"):
            headers = dict(kwargs.pop("headers", None) or {})
            kwargs["headers"] = {"X-CSRFToken": self._csrf_token(), **headers}
        kwargs.setdefault("buffered", True)  # read to its end, so that files are closed
        db.session.commit()
        try:
            response: TestResponse = apart(super().open, *args, **kwargs)
        finally:
            db.session.rollback()
            db.session.expire_all()
        return response

    def _csrf_token(self) -> str:
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", hashlib.sha1(os.urandom(64)).hexdigest())
        serializer = URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token")
        return str(serializer.dumps(raw))

    def sign_in(self, user: User) -> None:
        """As if ``user`` had just signed in."""
        with self.session_transaction() as session:
            session["_user_id"] = user.fs_uniquifier
            session["_fresh"] = True

    def page(self, url: str, *, status: int = 200) -> Page:
        """GET a page and check it."""
        return self._checked(self.get(url), status)

    def send(self, url: str, data: Mapping[str, Any] | None = None, *, status: int | None = None) -> Page:
        """POST. Without ``status`` the answer must be a redirect, which is followed; else a page."""
        response = self.post(url, data=dict(data or {}))
        if status is not None:
            return self._checked(response, status)
        assert response.status_code in (302, 303), f"POST {url}: {response.status_code}, no redirect\n" + (
            _words(response)
        )
        return self.follow(response)

    def follow(self, response: TestResponse) -> Page:
        """The page where redirects lead, all within the app."""
        for _ in range(5):
            parts = urlsplit(urljoin("http://localhost/", response.headers["Location"]))
            assert parts.netloc == "localhost", f"a redirect leads outside: {response.headers['Location']}"
            response = self.get(parts.path + (f"?{parts.query}" if parts.query else ""))
            if response.status_code not in (301, 302, 303, 307, 308):
                return self._checked(response, 200)
        raise AssertionError(f"redirects in a circle: {response.headers['Location']}")

    def press(self, page: Page, button: str, *, status: int | None = None, **fields: Any) -> Page:
        """Fill in ``fields`` of the form with this button and press it. A value None leaves a field out."""
        form, element = page.form_with(button)
        data = page.fields(form)
        unknown = set(fields) - page.names(form)
        assert not unknown, f"{page.url}: no fields {sorted(unknown)} in the form of {button!r}"
        data |= fields
        if name := element.get("name"):
            data[name] = element.get("value", "")
        data = {name: value for name, value in data.items() if value is not None}
        url = urldefrag(urljoin(page.url, form.get("action") or page.url)).url
        if form.get("method", "get").lower() == "get":
            return self._checked(self.get(url, query_string=data), status or 200)
        return self.send(url, data, status=status)

    def _checked(self, response: TestResponse, status: int) -> Page:
        page = Page(response, routes=self.application.url_map.bind("localhost"))
        where = f"{response.request.method} {page.url}"
        assert response.status_code == status, (
            f"{where}: {response.status_code} instead of {status} "
            f"{response.headers.get('Location', '')}\n{_words(response)}"
        )
        page.check()
        return page


def apart(call: Any, *args: Any, **kwargs: Any) -> Any:
    """Call without the test's own app context, so that ``g`` and the session are the request's own."""

    def run() -> Any:
        _cv_app.set(None)  # type: ignore[arg-type]  # what an unset variable gives, too
        return call(*args, **kwargs)

    return copy_context().run(run)


def text_of(element: Element | None) -> str:
    """The words of an element, spaces folded; "" for none."""
    return " ".join("".join(_texts(element)).split()) if element is not None else ""


def _texts(element: Element) -> Iterator[str]:
    if element.tag in HIDDEN or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""
        if child.tag not in ("a", "b", "em", "strong", "span", "kbd", "time", "abbr", "code"):
            yield " "


def _matches(element: Element, attributes: Mapping[str, str]) -> bool:
    for name, value in attributes.items():
        actual = element.get(name.rstrip("_").replace("_", "-"))
        if actual is None or (value not in actual.split() if name == "class_" else actual != value):
            return False
    return True


def _controls(parts: Iterable[Element]) -> list[Element]:
    return [
        control for part in parts for tag in ("input", "select", "textarea") for control in part.iter(tag)
    ]


def _names(parts: Iterable[Element]) -> set[str]:
    return {name for control in _controls(parts) if (name := control.get("name"))}


def _fields(parts: Iterable[Element]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for control in _controls(parts):
        name = control.get("name")
        if not name or control.get("disabled") is not None:
            continue
        for value in _values(control):
            data[name] = value if name not in data else [*_as_list(data[name]), value]
    return data


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _values(control: Element) -> list[str]:
    if control.tag == "textarea":
        return [(control.text or "").removeprefix("\n")]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        if not chosen and control.get("multiple") is None:
            chosen = options[:1]
        return [option.get("value", text_of(option)) for option in chosen]
    kind = control.get("type", "text")
    if kind in ("submit", "button", "image", "reset", "file"):
        return []
    if kind in ("checkbox", "radio"):
        return [control.get("value", "on")] if control.get("checked") is not None else []
    return [control.get("value", "")]


def _words(response: TestResponse) -> str:
    """What to show of an answer that was not the expected one."""
    text = response.get_data(as_text=True)
    if response.mimetype == "text/html" and "<main" in text:
        text = " ".join(re.sub(r"<[^>]*>", " ", text[text.index("<main") :]).split())
    return text[:1000]
