"""The sheets Companies and Delegates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.accounts.users import ensure_users
from forum_scheduler.companies.models import (
    Company,
    CompanyCapability,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.companies.names import name_key
from forum_scheduler.companies.words import learn, searched
from forum_scheduler.extensions import db
from forum_scheduler.importing.batch import Batch, assign
from forum_scheduler.importing.cells import Cells
from forum_scheduler.importing.columns import Listed
from forum_scheduler.importing.profiles import check_languages, company_values
from forum_scheduler.spelling import fold


def read_companies(batch: Batch, listed: Listed) -> None:
    """Make and change companies, by name; what a cell leaves empty stays as it is."""
    check_languages(batch, listed)
    links = _Links(batch)
    seen: dict[str, int] = {}
    for row in listed.rows:
        cells = Cells(listed, row, batch.mistakes)
        name = cells.text("name", required=True)
        key = name_key(name)
        if name and not key:
            cells.wrong("name", _("a name needs letters or digits"))
        elif key in seen:
            cells.wrong("name", _("the company stands in row %(row)s already", row=seen[key]))
        seen.setdefault(key, row.number)
        values = company_values(batch, cells)
        links.read(cells)
        if not cells.sound:
            batch.unsound.add(key)
            continue
        company = batch.companies.get(key)
        made = company is None
        if company is not None and "description" in values:
            values["description"] = {**company.description, **values["description"]}
        if company is None:
            company = Company(forum_id=batch.forum.id, name=name, name_key=key, status=CompanyStatus.APPROVED)
            batch.companies[key] = company
        changed = assign(company, values)
        batch.note(changed)
        company.search_text = searched(company)
        if made:
            db.session.add(company)
        links.keep(company, made=made, changed=bool(changed))
    db.session.flush()
    learn(
        db.session(), forum_id=batch.forum.id, texts=[each.search_text for each in batch.companies.values()]
    )
    links.store()


class _Links:
    """What hangs on companies: offers and needs, booth, representative. Stored once all have their ids."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._row: dict[str, Any] = {}
        self._kept: list[tuple[Company, dict[str, Any], bool, bool]] = []
        self._booths: dict[str, int] = {}

    def read(self, cells: Cells) -> None:
        self._row = {
            Seeks.OFFER: self._capabilities(cells, "offers"),
            Seeks.NEED: self._capabilities(cells, "needs"),
            "booth": self._booth(cells),
            "contact": (cells.email("contact_email"), cells.text("contact_name")),
        }
        if self._row["contact"][1] and not cells.has("contact_email"):
            cells.wrong("contact_email", _("a contact needs an e-mail address to sign in with"))

    def keep(self, company: Company, *, made: bool, changed: bool) -> None:
        self._kept.append((company, self._row, made, changed))

    def store(self) -> None:
        capabilities, representatives = self._stored()
        contacts = [row["contact"] for _company, row, _made, _changed in self._kept]
        users = ensure_users({email: name for email, name in contacts if email is not None})
        for company, row, made, changed in self._kept:
            linked: set[str] = set()
            for kind in Seeks:
                for capability_id in row[kind]:
                    place = (company.id, capability_id, kind.value)
                    if place not in capabilities:
                        capabilities.add(place)
                        db.session.add(
                            CompanyCapability(company_id=company.id, capability_id=capability_id, kind=kind)
                        )
                        linked.add(f"{kind.value}s")
            if self._store_booth(company, row["booth"]):
                linked.add("booth")
            email, _name = row["contact"]
            if email is not None and (company.id, users[email]) not in representatives:
                representatives.add((company.id, users[email]))
                db.session.add(Representative(company_id=company.id, user_id=users[email]))
                linked.add("contact_email")
            self._batch.note(linked)
            self._batch.count("companies", made=made, changed=changed or bool(linked))
        db.session.flush()

    def _store_booth(self, company: Company, label: str | None) -> bool:
        if label is None:
            return False
        table = self._batch.tables[label]
        if table.host_company_id == company.id:
            return False
        table.host_company_id = company.id
        return True

    def _stored(self) -> tuple[set[tuple[int, int, str]], set[tuple[int, int]]]:
        ids = select(Company.id).where(Company.forum_id == self._batch.forum.id)
        capabilities = db.session.execute(
            select(
                CompanyCapability.company_id, CompanyCapability.capability_id, CompanyCapability.kind
            ).where(CompanyCapability.company_id.in_(ids))
        )
        representatives = db.session.execute(
            select(Representative.company_id, Representative.user_id).where(
                Representative.company_id.in_(ids)
            )
        )
        return {(a, b, c) for a, b, c in capabilities}, {(a, b) for a, b in representatives}

    def _capabilities(self, cells: Cells, key: str) -> list[int]:
        found: list[int] = []
        for text in cells.listed(key):
            capability = self._batch.capabilities.get(fold(text))
            if capability is None:
                cells.wrong(key, _("%(text)s is not on the forum's capability list", text=repr(text)))
            elif capability.id not in found:
                found.append(capability.id)
        return found

    def _booth(self, cells: Cells) -> str | None:
        label = cells.text("booth", most=40).casefold()
        if not label:
            return None
        table = self._batch.tables.get(label)
        key = name_key(cells.text("name"))
        host = self._batch.companies.get(key)
        if table is None:
            cells.wrong("booth", _("there is no table %(label)s", label=repr(label)))
            return None
        taken = table.host_company_id is not None and (host is None or table.host_company_id != host.id)
        if taken or label in self._booths:
            cells.wrong("booth", _("table %(label)s is another company's booth", label=repr(label)))
        self._booths.setdefault(label, 1)
        return label


def read_delegates(batch: Batch, listed: Listed) -> None:
    """Make and change delegates, by company and e-mail address, or name where there is no address."""
    people = batch.people()
    seen: dict[tuple[int, str], int] = {}
    kept: list[tuple[Delegate, dict[str, Any], bool]] = []
    for row in listed.rows:
        cells = Cells(listed, row, batch.mistakes)
        company = batch.company(cells, "company")
        values = _delegate_values(cells)
        if company is None:
            continue
        email, name = values["email"], values["name"]
        key = (company.id, email or fold(name))
        if key in seen and name:
            cells.wrong("email" if email else "name",
                        _("this delegate stands in row %(row)s already", row=seen[key]))  # fmt: skip
        seen.setdefault(key, row.number)
        if not cells.sound:
            continue
        delegate = _find(people[company.id], email=email, name=name)
        made = delegate is None
        if delegate is None:
            delegate = Delegate(forum_id=batch.forum.id, company_id=company.id)
            people[company.id].append(delegate)
            # So that the next rows find them.
            delegate.name, delegate.email = name, email
        kept.append((delegate, values, made))
    _store_delegates(batch, kept)


def _store_delegates(batch: Batch, kept: Sequence[tuple[Delegate, dict[str, Any], bool]]) -> None:
    """Fill the columns in that the rows have, with the users who sign in as the delegates."""
    wanted = {values["email"]: values["name"] for _delegate, values, _made in kept if values["email"]}
    users = ensure_users(wanted)
    for delegate, values, made in kept:
        if values["email"] is not None:
            values["user_id"] = users[values["email"]]
        changed = bool(assign(delegate, {name: value for name, value in values.items() if value is not None}))
        if made:
            db.session.add(delegate)
        if made or changed:
            batch.touched.add(delegate.company_id)
        batch.count("delegates", made=made, changed=changed)
    db.session.flush()


def _delegate_values(cells: Cells) -> dict[str, Any]:
    languages = cells.languages("languages")
    return {
        "name": cells.text("name", required=True),
        "email": cells.email("email"),
        "role": cells.text("role", most=120) or None,
        "languages": languages or None,
        "max_per_day": cells.number("max_per_day", least=1, most=100),
        "fixed_table": cells.yes("fixed_table") if cells.has("fixed_table") else None,
    }


def _find(delegates: list[Delegate], *, email: str | None, name: str) -> Delegate | None:
    if email is not None:
        found = next((each for each in delegates if each.email == email), None)
        if found is not None:
            return found
    # Somebody entered without an address who has one now; with another address it is somebody else.
    return next(
        (each for each in delegates if fold(each.name) == fold(name) and (email is None or not each.email)),
        None,
    )
