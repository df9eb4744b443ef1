"""DKIM: mails signed with the key of the sender's domain, where the operator set one."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import parseaddr

import dkim

from forum_scheduler.config import Config, ConfigError

# Not what servers on the way may add or change; List-Unsubscribe must be signed to count (RFC 8058).
SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
    *(b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post"),
)


def sign(message: EmailMessage, *, config: Config) -> EmailMessage:
    """The message with a DKIM-Signature; as it was where no key is set. Raises ConfigError for a bad key."""
    if config.dkim_key is None:
        return message
    domain = parseaddr(config.mail_from)[1].rpartition("@")[2]
    present = [name for name in SIGNED if name.decode() in message]
    try:
        line = dkim.sign(
            bytes(message),
            selector=config.dkim_selector.encode(),
            domain=domain.encode(),
            privkey=config.dkim_key.read_bytes(),
            include_headers=present,
        )
    except (dkim.DKIMException, OSError, ValueError) as error:
        raise ConfigError(f"FORUM_DKIM_KEY: mails can't be signed with {config.dkim_key}: {error}") from error
    value = re.sub(r"\s+", " ", line.decode().partition(":")[2]).strip()
    message["DKIM-Signature"] = value
    return message


def check_key(config: Config) -> None:
    """Sign an empty mail, so that a key that can't be used is found at start-up. Raises ConfigError."""
    if config.dkim_key is not None:
        probe = EmailMessage()
        probe["From"] = config.mail_from
        sign(probe, config=config)
