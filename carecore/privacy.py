"""What keeps personal data private: encrypted columns, blind indexes, keyed digests, masks.

SM4-GCM and SM3 are the national ciphers (GB/T 32907, GB/T 32905).
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

NONCE_BYTES = 12
TAG_BYTES = 16
KEY_ID_DIGITS = 8


class DecryptionError(Exception):
    """A stored value that the keys at hand do not open: another key wrote it, or it was changed."""


def _key_id(key: bytes) -> str:
    name = hashes.Hash(hashes.SM3())
    name.update(b"carecore field key" + key)
    return name.finalize().hex()[:KEY_ID_DIGITS]


def _keys() -> dict[str, bytes]:
    return {_key_id(key): key for key in (settings.CARE_FIELD_KEY, *settings.CARE_FIELD_KEYS_OLD)}


def encrypt(text: str, label: str) -> str:
    """Return ``<key id>:<base64>`` of a text, bound to the label of the column that holds it."""
    key, nonce = settings.CARE_FIELD_KEY, os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(label.encode())
    sealed = nonce + encryptor.update(text.encode()) + encryptor.finalize() + encryptor.tag
    return f"{_key_id(key)}:{base64.b64encode(sealed).decode()}"


def decrypt(stored: str, label: str) -> str:
    """Return the text that encrypt() sealed under the same label; raises DecryptionError."""
    key_id, _, body = stored.partition(":")
    key = _keys().get(key_id)
    if key is None:
        raise DecryptionError(
            f"{label}: encrypted with key {key_id[:KEY_ID_DIGITS]}, which is neither CARE_FIELD_KEY "
            "nor one of CARE_FIELD_KEYS_OLD"
        )
    try:
        sealed = base64.b64decode(body, validate=True)
        nonce, text, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(label.encode())
        return (decryptor.update(text) + decryptor.finalize()).decode()
    except (InvalidTag, ValueError):
        raise DecryptionError(f"{label}: the stored value was changed outside the application") from None


class EncryptedTextField(models.TextField):
    """A text encrypted in the database and plain in Python; searched only through a blind index beside it."""

    description = "Encrypted text"

    @property
    def label(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value, self.label) if value else value

    def get_prep_value(self, value: object) -> str | None:
        text = super().get_prep_value(value)
        return encrypt(text, self.label) if text else text

    def get_lookup(self, lookup_name: str) -> type[models.Lookup] | None:
        """Return the lookup, of which only isnull has a meaning; raises FieldError for every other."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.label} is encrypted: look it up by its blind index")
        return super().get_lookup(lookup_name)


def _keyed_hash(purpose: str, value: str) -> str:
    mac = hmac.HMAC(settings.CARE_INDEX_KEY, hashes.SM3())
    mac.update(f"{purpose}\0{value}".encode())
    return mac.finalize().hex()


def blind_index(value: str, purpose: str) -> str:
    """Return 64 hexadecimal digits that are equal for equal values of one purpose, and tell nothing else."""
    return _keyed_hash(f"index:{purpose}", value)


def digest(value: object) -> str:
    """Return the keyed digest that an audit event shows for a sensitive value; empty for None or ''."""
    return "" if value in (None, "") else _keyed_hash("audit", str(value))


def _mask(text: str, head: int, tail: int) -> str:
    """Keep the first and last characters; a text too short to hide anything is hidden whole."""
    hidden = len(text) - head - tail
    return "*" * len(text) if hidden <= 0 else text[:head] + "*" * hidden + text[len(text) - tail :]


def mask_id(number: str) -> str:
    """Return an ID number with its first three and last four characters: 379***********2890."""
    return _mask(number, 3, 4)


def mask_phone(number: str) -> str:
    """Return a telephone number with its first three and last four digits: 139****3860."""
    return _mask(number, 3, 4)


def mask_name(name: str) -> str:
    """Return a name for publication: 张三 as 张*, 欧阳修远 as 欧**远."""
    return name[:1] + "*" if len(name) <= 2 else _mask(name, 1, 1)
