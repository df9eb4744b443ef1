"""A device that holds passkeys, in Python: real keys and signatures (ES256), as WebAuthn level 2 has them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One passkey on one device. ``verifies``: it asked for finger, face or PIN."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(16))
    user: bytes = b""
    uses: int = 0

    def create(self, options: dict[str, Any]) -> str:
        """The answer to the options of a registration."""
        self.user = decode(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(HAS_KEY) + credential}
        return self._answer(
            {
                "clientDataJSON": encode(self._client("webauthn.create", options)),
                "attestationObject": encode(cbor2.dumps(told)),
                "transports": ["internal"],
            },
            extensions="{}",
        )

    def get(self, options: dict[str, Any]) -> str:
        """The answer to the options of a sign-in."""
        self.uses += 1
        data, client = self._data(), self._client("webauthn.get", options)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": encode(client),
                "authenticatorData": encode(data),
                "signature": encode(signed),
                "userHandle": encode(self.user),
            }
        )

    def _data(self, flags: int = 0) -> bytes:
        seen = PRESENT | (VERIFIED if self.verifies else 0) | flags
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([seen]) + self.uses.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, Any], **more: str) -> str:
        name = encode(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response, **more})
