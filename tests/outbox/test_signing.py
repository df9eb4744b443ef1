"""DKIM: what a receiver checks with the public key from the name service."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from forum_scheduler.app import create_app
from forum_scheduler.config import Config, ConfigError, from_environment
from forum_scheduler.outbox.message import compose
from forum_scheduler.outbox.signing import sign
from tests.outbox.test_delivery import the_mail
from tests.outbox.test_services import queue

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return path


def name_service(key: Path) -> Callable[..., bytes]:
    """Answers with the public key, whoever asks."""
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    return lambda name, timeout=5: record if name.startswith(b"forum._domainkey.example.org") else b""


def test_a_signed_mail_is_believed_and_a_changed_one_is_not(app: Flask, config: Config, key: Path) -> None:
    queue(subject="Зустріч " * 20, text="Привіт\n.крапка\n" * 30, unsubscribe_url="https://x.org/" + "a" * 80)
    config = replace(config, dkim_key=key)
    content = bytes(sign(compose(the_mail(), mail_from=config.mail_from), config=config))
    assert dkim.verify(content, dnsfunc=name_service(key))
    changed = content.replace(b"aaaaaaaa", b"bbbbbbbb", 1)
    assert changed != content
    assert not dkim.verify(changed, dnsfunc=name_service(key))


def test_without_a_key_nothing_is_signed(app: Flask, config: Config) -> None:
    queue()
    assert sign(compose(the_mail(), mail_from=config.mail_from), config=config)["DKIM-Signature"] is None


def test_a_key_that_can_t_be_used_is_found_at_start_up(config: Config, tmp_path: Path) -> None:
    broken = tmp_path / "key.pem"
    broken.write_text("no key")
    with pytest.raises(ConfigError, match="FORUM_DKIM_KEY"):
        create_app(replace(config, dkim_key=broken))
    with pytest.raises(ConfigError, match="FORUM_DKIM_KEY"):
        from_environment({"FORUM_INSTANCE": str(tmp_path), "FORUM_DKIM_KEY": str(tmp_path / "missing")})
