"""Forms of the room companies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    EmailField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from forum_scheduler.companies.services import (
    CONSORTIUM_ROLES,
    COUNTRIES,
    MAX_DESCRIPTION,
    PROGRAMMES,
    SIZES,
    DelegateDetails,
    Profile,
)
from forum_scheduler.forums.models import Capability, Side

# Languages that meetings of European forums are held in; a delegate may tick several.
LANGUAGE_CODES = (
    "en", "uk", "fr", "de", "pl", "es", "it", "nl", "cs", "ro", "pt", "sv", "da", "fi", "et", "lv", "lt",
    "bg", "hr", "el", "hu", "sk", "sl", "no",
)  # fmt: skip


class CheckList(SelectMultipleField):
    """Several choices as a list of boxes: plain HTML, usable on a phone."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _locale() -> Locale:
    return get_locale() or Locale("en")


def country_choices() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, by name, with an empty first one."""
    names = {code: str(_locale().territories.get(code, code)) for code in COUNTRIES}
    return [("", "—"), *sorted(names.items(), key=lambda item: item[1])]


def language_name(code: str) -> str:
    """The language's name in the reader's language."""
    return str(_locale().languages.get(code, code))


class ProfileForm(FlaskForm):
    name = StringField(_l("Company name"), validators=[InputRequired(), Length(max=200)])
    side_id = SelectField(_l("Side"), coerce=int, validators=[InputRequired()])
    country = SelectField(_l("Country"), validators=[InputRequired(_l("Choose a country."))])
    website = URLField(_l("Website"), validators=[Optional(), Length(max=300)])
    size = SelectField(_l("People in the company"))
    description_en = TextAreaField(
        _l("What you do, in English"), validators=[Optional(), Length(max=MAX_DESCRIPTION)]
    )
    description_uk = TextAreaField(
        _l("What you do, in Ukrainian"), validators=[Optional(), Length(max=MAX_DESCRIPTION)]
    )
    offers = CheckList(_l("You offer"), coerce=int)
    needs = CheckList(_l("You need"), coerce=int)
    programmes = CheckList(
        _l("Programmes that interest you"), choices=[SelectChoice(each) for each in PROGRAMMES]
    )
    consortium_roles = CheckList(
        _l("Roles that you seek in a consortium"),
        choices=[SelectChoice(code, word) for code, word in CONSORTIUM_ROLES.items()],
    )
    logo = FileField(_l("Logo"))

    def offer_choices(
        self, *, sides: Sequence[Side], capabilities: Sequence[Capability], locale: str
    ) -> None:
        """Fill the lists from the forum's own."""
        self.side_id.choices = [SelectChoice(side.id, side.name) for side in sides]
        self.country.choices = [SelectChoice(*each) for each in country_choices()]
        self.size.choices = [SelectChoice("", "—"), *(SelectChoice(size) for size in SIZES)]
        for field in (self.offers, self.needs):
            field.choices = [SelectChoice(each.id, each.name(locale)) for each in capabilities]

    def profile(self) -> Profile:
        """What was typed, as the service takes it."""
        return Profile(
            name=self.name.data or "",
            side_id=self.side_id.data or 0,
            country=self.country.data or "",
            website=self.website.data or "",
            size=self.size.data or "",
            description={"en": self.description_en.data or "", "uk": self.description_uk.data or ""},
            offers=self.offers.data or (),
            needs=self.needs.data or (),
            programmes=self.programmes.data or (),
            consortium_roles=self.consortium_roles.data or (),
        )


class JoinForm(ProfileForm):
    person_name = StringField(_l("Your name"), validators=[InputRequired(), Length(max=200)])
    email = EmailField(_l("Your e-mail address"), validators=[InputRequired(), Length(max=254)])


class DelegateForm(FlaskForm):
    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=200)])
    email = EmailField(_l("E-mail address"), validators=[Optional(), Length(max=254)])
    role = StringField(_l("Role"), validators=[Optional(), Length(max=120)])
    languages = CheckList(_l("Languages for meetings"))
    max_per_day = IntegerField(_l("Most meetings a day"), validators=[Optional(), NumberRange(min=1, max=50)])
    fixed_table = BooleanField(_l("Needs to stay at one table"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages.choices = [SelectChoice(code, language_name(code)) for code in LANGUAGE_CODES]

    def details(self) -> DelegateDetails:
        """What was typed, as the service takes it."""
        return DelegateDetails(
            name=self.name.data or "",
            email=self.email.data or None,
            role=self.role.data or "",
            languages=self.languages.data or (),
            max_per_day=self.max_per_day.data,
            fixed_table=bool(self.fixed_table.data),
        )


class RepresentativeForm(FlaskForm):
    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=200)])
    email = EmailField(_l("E-mail address"), validators=[InputRequired(), Length(max=254)])


class BlockForm(FlaskForm):
    one = SelectField(_l("Company"), coerce=int)
    other = SelectField(_l("Other company"), coerce=int)
    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=500)])
