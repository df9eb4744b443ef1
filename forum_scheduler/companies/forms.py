"""Forms of the room companies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from babel import Locale
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    EmailField,
    Field,
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

from forum_scheduler.accounts.consent import TEXT
from forum_scheduler.companies.inviting import Guest
from forum_scheduler.companies.services import (
    CONSORTIUM_ROLES,
    COUNTRIES,
    INTERESTS,
    MAX_DESCRIPTION,
    PROGRAMMES,
    SIZES,
    DelegateDetails,
    Profile,
)
from forum_scheduler.forums.models import Capability, Side
from forum_scheduler.spelling import alphabetical

DESCRIPTION = "description_"
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
    """Codes and names in the reader's language, sorted; first an empty one, last those without a name."""
    english, known = Locale("en").territories, _locale().territories
    names = {code: str(known.get(code) or english[code]) for code in COUNTRIES}
    return [("", "—"), *sorted(names.items(), key=lambda item: (item[0] not in known, alphabetical(item[1])))]


def _row(value: str | int) -> int:
    """A row's id; 0 for the empty choice."""
    return int(value or 0)


def language_name(code: str) -> str:
    """The language's name in the reader's language."""
    return str(_locale().languages.get(code, code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Boxes that stand together. ``top``: the name of the entry above them, "" for none; it is one of them.

    ``chosen``: whether one is ticked.
    """

    top: str
    options: tuple[Field, ...]
    chosen: bool


class CapabilityList(CheckList):
    """``tops``: ids of the entries that have others below them."""

    tops: frozenset[int | None] = frozenset()

    def branches(self) -> Iterator[Branch]:
        """The boxes in their order, a new branch at each entry that has others below it."""
        parts: list[tuple[str, list[Field]]] = [("", [])]
        for option in self:
            if option.data in self.tops:
                parts.append((str(option.label.text), []))
            parts[-1][1].append(option)
        for top, options in parts:
            if options:
                chosen = any(option.checked for option in options)
                yield Branch(top=top, options=tuple(options), chosen=chosen)


def in_tree_order(capabilities: Sequence[Capability]) -> list[Capability]:
    """Each entry followed by those below it."""
    below: dict[int | None, list[Capability]] = {}
    for each in capabilities:
        below.setdefault(each.parent_id, []).append(each)

    def walk(parent: int | None) -> Iterator[Capability]:
        for each in below.get(parent, ()):
            yield each
            yield from walk(each.id)

    return list(walk(None))


class ProfileForm(FlaskForm):
    name = StringField(_l("Company name"), validators=[InputRequired(), Length(max=200)])
    side_id = SelectField(_l("Side"), coerce=_row, validators=[InputRequired(_l("Choose a side."))])
    country = SelectField(_l("Country"), validators=[InputRequired(_l("Choose a country."))])
    website = URLField(_l("Website"), validators=[Optional(), Length(max=300)])
    size = SelectField(_l("People in the company"))
    # What you do, in each language of the forum: description_en, description_uk ... (``in_languages``)
    offers = CapabilityList(_l("You offer"), coerce=int)
    needs = CapabilityList(_l("You need"), coerce=int)
    programmes = CheckList(
        _l("Programmes that interest you"), choices=[SelectChoice(each) for each in PROGRAMMES]
    )
    consortium_roles = CheckList(
        _l("Roles that you seek in a consortium"),
        choices=[SelectChoice(code, word) for code, word in CONSORTIUM_ROLES.items()],
    )
    topics = TextAreaField(
        _l("Topics and calls that interest you"), validators=[Optional(), Length(max=2000)]
    )
    interests = CheckList(
        _l("You are interested in"),
        choices=[SelectChoice(code, word) for code, word in INTERESTS.items()],
    )
    certificates = TextAreaField(_l("Certificates"), validators=[Optional(), Length(max=2000)])
    logo = FileField(_l("Logo"))

    def descriptions(self) -> list[TextAreaField]:
        """A field for each language, in their order."""
        return [field for field in self if field.name.startswith(DESCRIPTION)]

    def offer_choices(
        self, *, sides: Sequence[Side], capabilities: Sequence[Capability], locale: str
    ) -> None:
        """Fill the lists from the forum's own."""
        self.side_id.choices = [SelectChoice(side.id, side.name) for side in sides]
        self.country.choices = [SelectChoice(*each) for each in country_choices()]
        self.size.choices = [SelectChoice("", "—"), *(SelectChoice(size) for size in SIZES)]
        ordered = in_tree_order(capabilities)
        for field in (self.offers, self.needs):
            field.choices = [SelectChoice(each.id, each.name(locale)) for each in ordered]
            field.tops = frozenset(each.parent_id for each in capabilities)

    def profile(self) -> Profile:
        """What was typed, as the service takes it."""
        return Profile(
            name=self.name.data or "",
            side_id=self.side_id.data or 0,
            country=self.country.data or "",
            website=self.website.data or "",
            size=self.size.data or "",
            description={
                field.name.removeprefix(DESCRIPTION): field.data or "" for field in self.descriptions()
            },
            offers=self.offers.data or (),
            needs=self.needs.data or (),
            programmes=self.programmes.data or (),
            consortium_roles=self.consortium_roles.data or (),
            topics=(self.topics.data or "").splitlines(),
            interests=self.interests.data or (),
            certificates=(self.certificates.data or "").splitlines(),
        )


class JoinForm(ProfileForm):
    person_name = StringField(_l("Your name"), validators=[InputRequired(), Length(max=200)])
    email = EmailField(_l("Your e-mail address"), validators=[InputRequired(), Length(max=254)])
    consent = BooleanField(TEXT, validators=[InputRequired(_l("Without this you can't take part."))])

    def offer_choices(
        self, *, sides: Sequence[Side], capabilities: Sequence[Capability], locale: str
    ) -> None:
        """As for a profile. Where there are several sides, none is chosen beforehand.

        Whoever chose the country only would land on the forum's first side, and could ask nobody.
        """
        super().offer_choices(sides=sides, capabilities=capabilities, locale=locale)
        if len(sides) > 1:
            known = [SelectChoice(side.id, side.name) for side in sides]
            self.side_id.choices = [SelectChoice("", "—"), *known]


Form = TypeVar("Form", bound=ProfileForm)


def in_languages(form: type[Form], codes: Sequence[str]) -> type[Form]:
    """The form with a description in English, in Ukrainian, and in the forum's other languages."""
    known = {"en": _l("What you do, in English"), "uk": _l("What you do, in Ukrainian")}
    languages = dict.fromkeys([*known, *codes])
    fields = {
        f"{DESCRIPTION}{code}": TextAreaField(
            known.get(code) or _l("What you do, in: %(language)s", language=LazyString(language_name, code)),
            validators=[Optional(), Length(max=MAX_DESCRIPTION)],
        )
        for code in languages
    }
    return cast("type[Form]", type(form.__name__, (form,), fields))


class DelegateForm(FlaskForm):
    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=200)])
    email = EmailField(_l("E-mail address"), validators=[Optional(), Length(max=254)])
    role = StringField(_l("Role"), validators=[Optional(), Length(max=120)])
    languages = CheckList(_l("Languages for meetings"))
    max_per_day = IntegerField(_l("Most meetings a day"), validators=[Optional(), NumberRange(min=1, max=50)])
    fixed_table = BooleanField(_l("Needs to stay at one table"))
    picture = FileField(_l("Photo"))
    without_photo = BooleanField(_l("Take the photo away"))

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


class InvitationForm(FlaskForm):
    company_name = StringField(_l("Company"), validators=[InputRequired(), Length(max=200)])
    email = EmailField(_l("E-mail address"), validators=[InputRequired(), Length(max=254)])
    person_name = StringField(_l("Contact person"), validators=[Optional(), Length(max=200)])
    side_id = SelectField(_l("Side"), coerce=int)
    country = SelectField(_l("Country"))
    locale = SelectField(_l("Language of the mail"), choices=[("en", "English"), ("uk", "Українська")])

    def guest(self) -> Guest:
        """What was typed, as the service takes it."""
        return Guest(
            company_name=self.company_name.data or "",
            email=self.email.data or "",
            person_name=self.person_name.data or "",
            side_id=self.side_id.data or None,
            country=self.country.data or "",
            locale=self.locale.data or "en",
        )


class GuestListForm(FlaskForm):
    rows = TextAreaField(_l("Rows from your spreadsheet"))
    file = FileField(_l("or the file"))


class BlockForm(FlaskForm):
    one = SelectField(_l("Company"), coerce=int, validators=[InputRequired()])
    other = SelectField(_l("Other company"), coerce=int, validators=[InputRequired()])
    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=500)])
