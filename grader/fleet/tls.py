"""Mutual TLS for a fleet: one key and certificate that every process with the same secret can make itself.

The key follows from a secret that all of them hold, and an Ed25519 signature is deterministic, so the
certificate is the same everywhere: none has to be handed over, and none expires. A process without the secret
is refused during the handshake, before it can send anything.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import blake2b

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate, CertificateBuilder, Name, NameAttribute
from cryptography.x509.oid import NameOID
from distributed import Security

BYTES = 32  # of an Ed25519 key
NAME = Name([NameAttribute(NameOID.COMMON_NAME, "under500 fleet")])
# Constants, so that the certificate is the same everywhere; RFC 5280 has this end for "does not expire".
# The beginning is that of a machine whose clock was never set.
SERIAL, BEGIN, END = 1, datetime(1970, 1, 1), datetime(9999, 12, 31, 23, 59, 59)


def of_secret(secret: bytes) -> Security:
    """Return the settings that all machines with the course's secret share."""
    return _security(blake2b(secret, digest_size=BYTES, person=b"under500 fleet").digest())


def of_this_run() -> Security:
    """Return settings with a new key that is only in the memory of this process and its children."""
    return _security(secrets.token_bytes(BYTES))


def _security(key: bytes) -> Security:
    private = Ed25519PrivateKey.from_private_bytes(key)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    certificate = _certificate(private).public_bytes(Encoding.PEM).decode()
    roles = ("client", "scheduler", "worker")
    return Security(
        require_encryption=True,
        tls_ca_file=certificate,
        **{f"tls_{role}_key": pem for role in roles},
        **{f"tls_{role}_cert": certificate for role in roles},
    )


def _certificate(private: Ed25519PrivateKey) -> Certificate:
    builder = CertificateBuilder(NAME, NAME, private.public_key(), SERIAL, BEGIN, END)
    return builder.sign(private, algorithm=None)
