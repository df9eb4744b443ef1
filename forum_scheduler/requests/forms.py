"""Forms of the room requests."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from forum_scheduler.companies.forms import CheckList
from forum_scheduler.companies.models import Delegate
from forum_scheduler.requests.models import Priority
from forum_scheduler.requests.services import MAX_MESSAGE, Wish

PRIORITY_LABELS = {
    Priority.MUST: _l("Must: we come for this meeting"),
    Priority.HIGH: _l("High: we would be sorry to miss it"),
    Priority.NORMAL: _l("Normal"),
}


class AskForm(FlaskForm):
    priority = RadioField(
        _l("How much do you want this meeting?"),
        choices=[SelectChoice(each.value, label) for each, label in PRIORITY_LABELS.items()],
        default=Priority.NORMAL.value,
        validators=[InputRequired()],
    )
    message = TextAreaField(_l("Message"), validators=[Optional(), Length(max=MAX_MESSAGE)])
    delegate_ids = CheckList(_l("Who should be there?"), coerce=int)
    length_slots = SelectField(
        _l("Length"),
        coerce=int,
        choices=[SelectChoice(1, _l("One slot")), SelectChoice(2, _l("Two slots"))],
        default=1,
        validators=[InputRequired()],
    )
    revision = HiddenField(default="0")

    def offer_delegates(self, delegates: Sequence[tuple[str, Delegate]]) -> None:
        """Fill the list of delegates of both companies: (company's name, delegate)."""
        self.delegate_ids.choices = [
            SelectChoice(each.id, f"{each.name} ({company})") for company, each in delegates
        ]

    def wish(self) -> Wish:
        """What was typed, as the service takes it."""
        return Wish(
            priority=Priority(self.priority.data),
            message=self.message.data or "",
            delegate_ids=self.delegate_ids.data or (),
            length_slots=self.length_slots.data or 1,
        )
