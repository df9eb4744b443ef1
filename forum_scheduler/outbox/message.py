"""One mail as it goes over the wire: the same row always gives the same bytes."""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from itertools import groupby

from markupsafe import Markup, escape

from forum_scheduler.outbox.models import Mail

POLICY = SMTP.clone(max_line_length=200)
URL = re.compile(r"https?://[^\s<>\"]+")
LABEL = re.compile(r"(?P<label>[^:]{1,60}): (?P<url>https?://[^\s<>\"]+)")  # a whole line
PAGE = Markup("""<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body style="margin:0;padding:16px;font:16px/1.5 system-ui,'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:36em;overflow-wrap:anywhere;word-break:break-word">
{}
</div></body></html>
""")
TITLE = "— "  # begins the paragraph that heads a piece of news
PARAGRAPH = Markup("<p>{}</p>")
HEADING = Markup(
    '<p style="margin:24px 0 0;padding-top:16px;border-top:1px solid #8a8f98;font-weight:bold">{}</p>'
)
BUTTON = Markup(
    '<a href="{}" style="display:inline-block;margin:4px 8px 4px 0;padding:8px 14px;'
    'border:1px solid #8a8f98;border-radius:4px;text-decoration:none;font-weight:bold">{}</a>'
)
# Where one says which mails come at all: at the foot of most mails, and never what they are about.
ASIDE = "/notices/mail"
SMALL = Markup('<a href="{}" style="font-size:14px">{}</a>')
POINT = "- "  # begins each line of a list
LEAD = Markup('<p style="margin-bottom:4px">{}</p>')  # what stands over a list, close to it
POINTS = Markup('<ul style="margin:0;padding-left:20px">\n{}\n</ul>')
ITEM = Markup('<li style="margin:4px 0">{}</li>')


def compose(mail: Mail, *, mail_from: str, base_url: str = "") -> EmailMessage:
    """The message of a row: text, HTML and, where there is one, a calendar object, as alternatives.

    ``base_url``: of this site, whose addresses may stand behind words (see :func:`as_html`).
    The Message-ID comes from the row's key, so that a mail which did arrive twice is seen as one by mail
    servers and programs.
    """
    message = EmailMessage(policy=POLICY)
    sender_name, sender = parseaddr(mail_from)
    digest = _digest(mail.key)
    message["From"] = _address(sender_name, sender)
    message["To"] = _address(mail.to_name, mail.to_email)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{reference_of(mail.key)}@{sender.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(
        mail.html or as_html(mail.text, base_url=base_url), subtype="html", cte="quoted-printable"
    )
    if mail.calendar is not None and mail.calendar_method is not None:
        # As text, since programs look for a text part with a method, not for an attachment.
        message.add_alternative(
            mail.calendar.decode(),
            subtype="calendar",
            params={"method": mail.calendar_method},
            cte="base64",
        )
    message.set_boundary(f"=_{digest[32:]}")  # Python's own would be a new one with every try
    return message


def reference_of(key: str) -> str:
    """What stands before the @ of a mail's Message-ID: by it a mail that came back is found."""
    return _digest(key)[:32]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def sender_address(mail_from: str) -> str:
    """The bare address of ``Name <address>``."""
    return parseaddr(mail_from)[1]


def as_html(text: str, *, base_url: str = "") -> str:
    """Paragraphs of plain text as HTML that fits a phone; addresses as links.

    A line "Accept: ADDRESS" becomes a button, if the address is one of ``base_url``: people write into mails
    too, and theirs must be seen for what they are. Lines that begin with a dash become a list.
    """
    paragraphs = [_paragraph(paragraph, base_url) for paragraph in text.strip().split("\n\n")]
    return str(PAGE.format(Markup("\n").join(paragraphs)))


def _paragraph(text: str, base_url: str) -> Markup:
    lines = text.split("\n")
    buttons = [_button(line, base_url) for line in lines]
    if all(buttons):
        return PARAGRAPH.format(Markup("\n").join(each for each in buttons if each))
    kind = HEADING if text.startswith(TITLE) else PARAGRAPH
    over = LEAD if kind is PARAGRAPH and any(line.startswith(POINT) for line in lines[1:]) else kind
    parts: list[Markup] = []
    for listed, group in groupby(lines, key=lambda line: line.startswith(POINT)):
        if listed:
            items = (ITEM.format(_link(line.removeprefix(POINT))) for line in group)
            parts.append(POINTS.format(Markup("\n").join(items)))
        else:
            parts.append(over.format(Markup("<br>\n").join(_link(line) for line in group)))
    return Markup("\n").join(parts)


def _button(line: str, base_url: str) -> Markup | None:
    found = LABEL.fullmatch(line)
    if found is None or not base_url or not found["url"].startswith(f"{base_url.rstrip('/')}/"):
        return None
    style = SMALL if found["url"].endswith(ASIDE) else BUTTON
    return style.format(found["url"], found["label"])


def _link(line: str) -> Markup:
    parts: list[Markup] = []
    position = 0
    for found in URL.finditer(line):
        url = found[0].rstrip(".,;:!?)")
        parts += [escape(line[position : found.start()]), Markup('<a href="{0}">{0}</a>').format(url)]
        position = found.start() + len(url)
    return Markup("").join([*parts, escape(line[position:])])


def _address(name: str, email: str) -> Address:
    return Address(display_name=name, addr_spec=email)
