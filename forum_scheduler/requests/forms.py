"""Forms of the room requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from forum_scheduler.companies.forms import CheckList, language_name
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Priority
from forum_scheduler.requests.replying import Reply
from forum_scheduler.requests.wishes import MAX_MESSAGE, Wish
from forum_scheduler.requests.wording import minutes_of, pair_words

PRIORITY_LABELS = {
    Priority.MUST: _l("Must: we come for this meeting"),
    Priority.HIGH: _l("High: we would be sorry to miss it"),
    Priority.NORMAL: _l("Normal"),
}
DERIVED, NOBODY = "derived", "none"  # values of ``interpret`` besides pairs such as "fr-uk"
MOST_SLOTS = 3


class PriorityForm(FlaskForm):
    """How much, and what for: all that is needed to ask one company or many."""

    priority = RadioField(
        _l("How much do you want this meeting?"),
        default=Priority.NORMAL.value,
        validators=[InputRequired()],
    )
    message = TextAreaField(_l("Message"), validators=[Optional(), Length(max=MAX_MESSAGE)])

    def __init__(self, *args: Any, left: Mapping[Priority, int], **kwargs: Any) -> None:
        """``left``: priority -> how many more the company may send, where that is limited."""
        super().__init__(*args, **kwargs)
        self.priority.choices = [
            SelectChoice(each.value, _with_left(label, left.get(each)))
            for each, label in PRIORITY_LABELS.items()
        ]


def _with_left(label: object, number: int | None) -> str:
    if number is None:
        return str(label)
    if number == 0:
        return str(_("%(priority)s (none left: lower another request first)", priority=label))
    return str(_("%(priority)s (%(number)s left)", priority=label, number=number))


class AskForm(PriorityForm):
    our_ids = CheckList(_l("Who comes from us?"), coerce=int)
    their_ids = CheckList(_l("Whom do we want to meet?"), coerce=int)
    length_slots = SelectField(_l("Length"), coerce=int, default=1, validators=[InputRequired()])
    interpret = SelectField(_l("Interpreter"), default=DERIVED)
    revision = HiddenField(default="0")

    def offer(
        self,
        *,
        forum: Forum,
        mine: Company,
        other: Company,
        pairs: Iterable[Sequence[str]],
        derived: Sequence[str] | None,
    ) -> None:
        """Fill the lists: delegates, lengths in minutes, language pairs that somebody interprets.

        ``derived``: the pair that the delegates' languages ask for.
        """
        self.our_ids.choices = [
            SelectChoice(each.id, _person(each)) for each in mine.delegates if not each.forgotten
        ]
        self.their_ids.choices = [
            SelectChoice(each.id, _person(each)) for each in other.delegates if not each.forgotten
        ]
        self.length_slots.choices = _lengths(forum, self.length_slots.data)
        self.interpret.choices = _interpreters(pairs, derived=derived, chosen=self.interpret.data)

    def wish(self) -> Wish:
        """What was typed, as the service takes it."""
        return Wish(
            priority=Priority(self.priority.data),
            message=self.message.data or "",
            delegate_ids=[*(self.our_ids.data or ()), *(self.their_ids.data or ())],
            length_slots=self.length_slots.data or 1,
            interpret=_wanted(self.interpret.data),
        )


class ReplyForm(PriorityForm):
    """A yes with all that can be said with it."""

    our_ids = CheckList(_l("Who comes from us?"), coerce=int)
    length_slots = SelectField(_l("Length"), coerce=int, default=1, validators=[InputRequired()])
    interpret = SelectField(_l("Interpreter"), default=DERIVED)
    seen = HiddenField()

    def offer(
        self,
        *,
        forum: Forum,
        mine: Company,
        length_slots: int,
        pairs: Iterable[Sequence[str]],
        derived: Sequence[str] | None,
    ) -> None:
        """As ``AskForm.offer``; ``length_slots``: of the request so far."""
        self.length_slots.choices = _lengths(forum, length_slots)
        self.our_ids.choices = [
            SelectChoice(each.id, _person(each)) for each in mine.delegates if not each.forgotten
        ]
        self.interpret.choices = _interpreters(pairs, derived=derived, chosen=self.interpret.data)

    def reply(self) -> Reply:
        """What was typed, as the service takes it."""
        return Reply(
            priority=Priority(self.priority.data),
            message=self.message.data or "",
            delegate_ids=self.our_ids.data or (),
            interpret=_wanted(self.interpret.data),
            length_slots=self.length_slots.data,
        )


def interpreter_choice(interpret: Sequence[str] | None) -> str:
    """The value of the field ``interpret`` for what a request says."""
    return DERIVED if interpret is None else "-".join(sorted(interpret)) or NOBODY


def _lengths(forum: Forum, chosen: int | None) -> list[SelectChoice]:
    """Those that one may choose, and the one that a request has already."""
    slots = sorted({*range(1, MOST_SLOTS + 1), chosen or 1})
    return [SelectChoice(each, _("%(number)s minutes", number=minutes_of(forum, each))) for each in slots]


def _interpreters(
    pairs: Iterable[Sequence[str]], *, derived: Sequence[str] | None, chosen: object
) -> list[SelectChoice]:
    return [
        SelectChoice(DERIVED, _by_itself(derived)),
        SelectChoice(NOBODY, _("None of the forum’s: we need none, or bring our own")),
        *(
            SelectChoice("-".join(pair), pair_words(pair))
            for pair in sorted({tuple(sorted(each)) for each in pairs} | _set(chosen))
        ),
    ]


def _wanted(chosen: object) -> tuple[str, ...] | None:
    if chosen in (None, DERIVED):
        return None
    return () if chosen == NOBODY else tuple(str(chosen).split("-"))


def _people(company: Company) -> list[SelectChoice]:
    return [SelectChoice(each.id, _person(each)) for each in company.delegates if not each.forgotten]


def _person(delegate: Delegate) -> str:
    languages = ", ".join(language_name(code) for code in delegate.languages)
    role = f", {delegate.role}" if delegate.role else ""
    return f"{delegate.name}{role} · {languages}"


def _by_itself(derived: Sequence[str] | None) -> str:
    if derived is None:
        return str(_("By the delegates’ languages: none needed"))
    return str(_("By the delegates’ languages: %(pair)s", pair=pair_words(derived)))


def _set(value: object) -> set[tuple[str, ...]]:
    """The pair that a request has already, though the forum's interpreters may have changed."""
    parts = tuple(str(value).split("-"))
    return {parts} if len(parts) == 2 and all(len(each) == 2 for each in parts) else set()
