"""What one import works with: the forum's rows as they stand, counts, mistakes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.companies.names import name_key
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Forum, Side, Slot, Table
from forum_scheduler.importing.cells import Cells
from forum_scheduler.importing.columns import COMPANIES
from forum_scheduler.importing.mistakes import Mistakes
from forum_scheduler.spelling import fold

OnProgress = Callable[[int, int, str], None]
KINDS = {
    "companies": _l("companies"),
    "delegates": _l("delegates"),
    "requests": _l("requests"),
    "availability": _l("times of absence"),
}


@dataclass(slots=True)
class Count:
    """Rows of one kind: made, changed, and those that stood there already."""

    made: int = 0
    changed: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did, or with ``dry_run`` would do. ``counts``: kind ("companies", ...) -> numbers."""

    forum: str
    counts: dict[str, Count] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)  # of companies: title -> how many it changes
    notes: tuple[str, ...] = ()  # sentences on what was passed over
    forum_made: bool = False
    dry_run: bool = False

    @property
    def changes(self) -> int:
        """How many rows were made or changed."""
        return sum(count.made + count.changed for count in self.counts.values()) + self.forum_made

    def sentence(self) -> str:
        """For people: what came of it."""
        parts = [
            _("%(kind)s: %(made)s new, %(changed)s changed, %(same)s as they were",
              kind=KINDS.get(kind, kind), made=count.made, changed=count.changed, same=count.same)
            for kind, count in self.counts.items()
        ]  # fmt: skip
        if self.forum_made:
            parts.insert(0, _("new forum %(name)s", name=repr(self.forum)))
        what = "; ".join(parts) or _("nothing new")
        if self.dry_run and self.columns:
            named = ", ".join(f"{title} {number}" for title, number in self.columns.items())
            what = _("%(what)s; of companies: %(columns)s", what=what, columns=named)
        if self.dry_run:
            told = _("Nothing was stored, as this was a dry run. The file would bring: %(what)s.", what=what)
        else:
            told = _("Done: %(what)s.", what=what)
        return " ".join((str(told), *self.notes))


class Batch:
    """The state of one import into ``forum``."""

    def __init__(self, forum: Forum, mistakes: Mistakes) -> None:
        self.forum = forum
        self.mistakes = mistakes
        self.counts: dict[str, Count] = defaultdict(Count)
        self.changed: Counter[str] = Counter()  # keys of columns of companies -> how many they change
        self.notes: list[str] = []
        self.companies: dict[str, Company] = {}  # name_key -> company
        self.unsound: set[str] = set()  # name_keys of companies whose own row has a mistake
        self.touched: set[int] = set()  # ids of companies whose delegates changed
        forum_id = forum.id
        for company in db.session.scalars(select(Company).where(Company.forum_id == forum_id)):
            self.companies[company.name_key] = company
        self.sides = list(db.session.scalars(select(Side).where(Side.forum_id == forum_id).order_by(Side.id)))
        self.tables = {
            table.label.casefold(): table
            for table in db.session.scalars(select(Table).where(Table.forum_id == forum_id, Table.live()))
        }
        self.slots = list(
            db.session.scalars(
                select(Slot).where(Slot.forum_id == forum_id, Slot.live()).order_by(Slot.starts_at)
            )
        )
        self.capabilities: dict[str, Capability] = {}
        for capability in db.session.scalars(select(Capability).where(Capability.forum_id == forum_id)):
            for word in (*capability.names.values(), capability.code):
                self.capabilities[fold(word)] = capability

    def company(self, cells: Cells, key: str) -> Company | None:
        """The company named in the column; an unknown one is a mistake of the cell."""
        name = cells.text(key, required=True)
        if not name:
            return None
        company = self.companies.get(name_key(name))
        if company is None:
            if name_key(name) not in self.unsound:
                cells.wrong(
                    key,
                    _(
                        "there is no company %(name)s: add it to the sheet Companies, or spell it as there",
                        name=repr(name),
                    ),
                )
            cells.sound = False
        return company

    def people(self) -> dict[int, list[Delegate]]:
        """Company id -> its delegates."""
        found: dict[int, list[Delegate]] = defaultdict(list)
        rows = select(Delegate).where(Delegate.forum_id == self.forum.id).order_by(Delegate.id)
        for delegate in db.session.scalars(rows):
            found[delegate.company_id].append(delegate)
        return found

    def note(self, keys: Iterable[str]) -> None:
        """Note what a row changes of its company; ``side_id`` is the column "side"."""
        self.changed.update(key.removesuffix("_id") for key in keys)

    def report(self, *, forum_made: bool, dry_run: bool) -> Report:
        """What came of the file."""
        return Report(
            forum=self.forum.name,
            counts=dict(self.counts),
            notes=tuple(self.notes),
            columns={
                each.title: self.changed[each.key] for each in COMPANIES.columns if self.changed[each.key]
            },
            forum_made=forum_made,
            dry_run=dry_run,
        )

    def count(self, kind: str, *, made: bool, changed: bool) -> None:
        """Note what came of one row."""
        count = self.counts[kind]
        if made:
            count.made += 1
        elif changed:
            count.changed += 1
        else:
            count.same += 1


def assign(row: object, values: dict[str, object]) -> tuple[str, ...]:
    """Set what differs; the names of what did."""
    changed = tuple(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed
