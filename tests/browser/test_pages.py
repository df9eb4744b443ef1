"""Every page, as somebody who may see it, on a desktop and on a phone: it fits, axe finds nothing, a picture
is kept. A page that is not in the list fails ``test_every_page_is_looked_at``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import (
    Site,
    assert_accessible,
    assert_fits,
    assert_untroubled,
    new_window,
    open_page,
    screenshot,
    speak,
)

pytestmark = pytest.mark.browser

# endpoint -> (role, address)
PAGES: dict[str, tuple[str | None, str]] = {
    "accounts.sign_in": (None, "/sign-in"),
    "accounts.sign_in_sent": (None, "/sign-in/sent"),
    "accounts.profile": ("representative", "/profile"),
    "accounts.audit": ("organiser", "/f/{slug}/audit"),
    "forums.index": (None, "/"),
    "forums.new": ("operator", "/new"),
    "forums.new_from_file": ("operator", "/new/file?like={slug}&name=Next+Days&first_day=2028-05-10"),
    "forums.home": ("representative", "/f/{slug}/"),
    "forums.settings": ("organiser", "/f/{slug}/settings"),
    "forums.programme": ("organiser", "/f/{slug}/settings/programme"),
    "forums.edit_programme": ("organiser", "/f/{slug}/settings/programme/{programme_id}"),
    "notices.page": ("representative", "/notices"),
    "notices.choices": ("representative", "/notices/mail"),
    "forums.days": ("organiser", "/f/{slug}/settings/days"),
    "forums.zones": ("organiser", "/f/{slug}/settings/zones"),
    "forums.tables": ("organiser", "/f/{slug}/settings/tables"),
    "forums.table": ("organiser", "/f/{slug}/settings/tables/{table_id}"),
    "forums.interpreters": ("organiser", "/f/{slug}/settings/interpreters"),
    "forums.roster": ("organiser", "/f/{slug}/settings/interpreters/{interpreter_id}"),
    "forums.sides": ("organiser", "/f/{slug}/settings/sides"),
    "forums.window": ("organiser", "/f/{slug}/settings/requests"),
    "forums.people": ("organiser", "/f/{slug}/settings/people"),
    "forums.see_as": ("organiser", "/f/{slug}/see-as"),
    "forums.delegation": ("co-organiser", "/f/{slug}/delegation"),
    "forums.capabilities": ("organiser", "/f/{slug}/settings/capabilities"),
    "forums.capability_list": ("organiser", "/f/{slug}/settings/capabilities/list"),
    "forums.texts": ("organiser", "/f/{slug}/settings/texts"),
    "forums.text": ("organiser", "/f/{slug}/settings/texts/agenda/uk"),
    "forums.limits": ("organiser", "/f/{slug}/settings/schedules"),
    "importing.upload": ("organiser", "/f/{slug}/import"),
    "companies.join": (None, "/f/{slug}/join"),
    "companies.joined": (None, "/f/{slug}/joined"),
    "companies.accept_invitation": (None, "/f/{slug}/invited/token-of-the-stage"),
    "companies.invitations": ("organiser", "/f/{slug}/invitations"),
    "privacy.mine": ("representative", "/my-data"),
    "privacy.delete": ("representative", "/my-data/delete"),
    "privacy.gone": (None, "/my-data/gone"),
    "companies.directory": ("representative", "/f/{slug}/companies"),
    "companies.show": ("representative", "/f/{slug}/companies/{asked_id}"),
    "companies.edit": ("representative", "/f/{slug}/companies/{company_id}/edit"),
    "companies.delegates": ("representative", "/f/{slug}/companies/{company_id}/delegates"),
    "companies.edit_delegate": ("representative", "/f/{slug}/delegates/{delegate_id}/edit"),
    "companies.vetting": ("organiser", "/f/{slug}/vetting"),
    "companies.blocked": ("organiser", "/f/{slug}/blocked"),
    "requests.ask": ("representative", "/f/{slug}/companies/{asked_id}/ask"),
    "requests.reply": ("representative", "/f/{slug}/companies/{asked_id}/answer"),
    "requests.ask_many": ("representative", "/f/{slug}/requests/new"),
    "requests.mine": ("representative", "/f/{slug}/requests"),
    "requests.table": ("representative", "/f/{slug}/requests/table"),
    "requests.suggested": ("representative", "/f/{slug}/suggestions"),
    "requests.inbox": ("representative", "/f/{slug}/inbox"),
    "requests.availability": ("representative", "/f/{slug}/delegates/{delegate_id}/availability"),
    "requests.overview": ("organiser", "/f/{slug}/organise/requests"),
    "scheduling.runs": ("organiser", "/f/{slug}/runs"),
    "scheduling.capacity": ("organiser", "/f/{slug}/capacity"),
    "scheduling.run": ("organiser", "/f/{slug}/runs/{run_id}"),
    "scheduling.schedule": ("organiser", "/f/{slug}/schedules/{schedule_id}"),
    "scheduling.unplaced": ("organiser", "/f/{slug}/schedules/{schedule_id}/unplaced"),
    "scheduling.remedies": ("organiser", "/f/{slug}/schedules/{other_board_id}/unplaced/{meeting_id}"),
    "scheduling.worth": ("organiser", "/f/{slug}/schedules/{schedule_id}/worth"),
    "scheduling.what_if": ("organiser", "/f/{slug}/what-if/{tried_id}"),
    "scheduling.board": ("organiser", "/f/{slug}/schedules/{board_id}/board?day=all"),
    "scheduling.board_meeting": ("organiser", "/f/{slug}/schedules/{board_id}/board/meetings/{meeting_id}"),
    "publishing.meetings": ("organiser", "/f/{slug}/schedules/{schedule_id}/meetings"),
    "publishing.compare": ("organiser", "/f/{slug}/schedules/{schedule_id}/compare"),
    "publishing.prepare": ("organiser", "/f/{slug}/schedules/{schedule_id}/publish"),
    "publishing.notice": ("organiser", "/f/{slug}/schedules/{other_board_id}/publish/notice"),
    "publishing.versions": ("organiser", "/f/{slug}/versions"),
    "publishing.outbox": ("organiser", "/f/{slug}/mails"),
    "publishing.mail": ("organiser", "/f/{slug}/mails/{mail_id}"),
    "agendas.mine": ("delegate", "/f/{slug}/agenda"),
    "agendas.desk": ("desk", "/f/{slug}/desk?q=а"),
    "agendas.delegate": ("representative", "/f/{slug}/delegates/{delegate_id}/agenda"),
    "agendas.take_along": ("representative", "/f/{slug}/delegates/{delegate_id}/take-along"),
    "agendas.company_take_along": ("representative", "/f/{slug}/companies/{company_id}/take-along"),
    "agendas.interpreter_take_along": ("interpreter", "/f/{slug}/interpreters/{interpreter_id}/take-along"),
    "agendas.table_take_along": ("organiser", "/f/{slug}/tables/{table_id}/take-along"),
    "agendas.calendars": ("organiser", "/f/{slug}/calendars"),
    "agendas.company": ("representative", "/f/{slug}/companies/{company_id}/agenda"),
    "agendas.interpreter": ("interpreter", "/f/{slug}/interpreters/{interpreter_id}/agenda"),
    "agendas.table": ("organiser", "/f/{slug}/tables/{table_id}/schedule"),
    "agendas.pack": ("organiser", "/f/{slug}/print"),
    "security.login": (None, "/account/login"),
    "security.verify": ("organiser", "/account/verify"),
    "security.change_password": ("organiser", "/account/change"),
    "security.two_factor_setup": ("organiser", "/account/tf-setup"),
    "security.mf_recovery_codes": ("organiser", "/account/mf-recovery-codes"),
    "security.wan_register": ("organiser", "/account/wan-register"),
    "security.wan_signin": (None, "/account/wan-signin"),
    "security.wan_verify": ("organiser", "/account/wan-verify"),
}
# Addresses that answer GET with something else than a page of ours.
NO_PAGES = {
    "static",
    "security.static",
    "healthz",
    "scheduling.what_if_live",
    "companies.logo",
    "companies.photo",
    "privacy.download",
    "accounts.audit_csv",
    "forums.frame",
    "accounts.sign_in_link",  # needs a fresh link: test_journeys.py opens one
    "scheduling.run_live",
    "scheduling.board_fits",
    "scheduling.board_changes",
    "agendas.feed",
    "notices.follow",
    "notices.stop",  # needs somebody's secret: tests/notices opens one
    "agendas.stop_mails",  # needs somebody's secret: test_take_along.py opens one
    "requests.answer_link",  # needs the token of a mail: test_asking.py opens one
    *(
        "agendas.pack_live",
        "agendas.pack_zip",
        "agendas.reprint",
        "agendas.schedule_csv",
        "agendas.schedule_json",
    ),
    "agendas.pack_file",
    "agendas.workbook",
    "importing.template",
    *(f"agendas.{who}_{kind}" for who in ("delegate", "company", "interpreter") for kind in ("ics", "pdf")),
    "agendas.table_pdf",
    *("agendas.delegate_badge", "agendas.interpreter_badge"),
    # Only in the middle of signing in with a second factor; tests/accounts walks through them.
    "security.tf_select",
    "security.two_factor_rescue",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.wan_delete",  # leads back to the list of passkeys
}


# Pages that show another first screen to somebody else: name -> (role, address).
FIRST_PAGES = {
    f"home-{role or 'visitor'}": (role, "/f/{slug}/")
    for role in (None, "organiser", "co-organiser", "desk", "reader", "delegate", "interpreter")
}


def test_every_page_is_looked_at(site: Site) -> None:
    pages = {
        rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or set())
    } - NO_PAGES
    assert pages == set(PAGES)


# On a desktop in the light in English, and on a phone in the dark in Ukrainian.
LOOKS = {
    "desktop": {"phone": False, "color_scheme": "light", "locale": "en"},
    "phone": {"phone": True, "color_scheme": "dark", "locale": "uk"},
}


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """One for each look, for all pages: styles and scripts are fetched once, as by any visitor."""
    contexts = {look: new_window(browser, **options) for look, options in LOOKS.items()}
    for context in contexts.values():
        context.new_page()  # keeps the window: each page is a tab in it, where a window costs twice as much
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize("name", sorted(PAGES | FIRST_PAGES))
def test_a_page_fits_and_is_accessible(windows: dict[str, BrowserContext], site: Site, name: str) -> None:
    role, path = (PAGES | FIRST_PAGES)[name]
    troubles: list[str] = []
    for look, window in windows.items():
        speak(site, str(LOOKS[look]["locale"]))
        window.clear_cookies()
        page = open_page(window, site, role=role, troubles=troubles)
        answer = page.goto(site.url(path))
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        assert_fits(page)
        assert_accessible(page)
        screenshot(page, f"{name}-{look}")
        page.close()
    assert_untroubled(troubles)
