"""HPKE (RFC 9180) base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""

import hashlib
import hmac

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM = b"KEM" + (0x0010).to_bytes(2, "big")
SUITE = b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (0x0010, 0x0001, 0x0002))


def _extract(suite, salt, label, material):
    return hmac.new(salt, b"HPKE-v1" + suite + label + material, hashlib.sha256).digest()


def _expand(suite, key, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block, n = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([n]), hashlib.sha256).digest()
        out, n = out + block, n + 1
    return out[:length]


def _point(key):
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _key_and_nonce(shared_point_x, enc, recipient, info):
    secret = _extract(KEM, b"", b"eae_prk", shared_point_x)
    shared = _expand(KEM, secret, b"shared_secret", enc + recipient, 32)
    context = b"\0" + _extract(SUITE, b"", b"psk_id_hash", b"") + _extract(SUITE, b"", b"info_hash", info)
    secret = _extract(SUITE, shared, b"secret", b"")
    return _expand(SUITE, secret, b"key", context, 32), _expand(SUITE, secret, b"base_nonce", context, 12)


def seal(recipient, info, aad, plaintext):
    """Returns (enc, ciphertext). `recipient` is an uncompressed point."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient)
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    enc = _point(ephemeral.public_key())
    key, nonce = _key_and_nonce(ephemeral.exchange(ec.ECDH(), public), enc, recipient, info)
    return enc, AESGCM(key).encrypt(nonce, plaintext, aad)


def open_sealed(private, enc, info, aad, ciphertext):
    """The other side, for checking `seal` against vectors. `private` is an EllipticCurvePrivateKey."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enc)
    key, nonce = _key_and_nonce(private.exchange(ec.ECDH(), public), enc, _point(private.public_key()), info)
    return AESGCM(key).decrypt(nonce, ciphertext, aad)


def derive_key_pair(ikm):
    """RFC 9180 section 7.1.3."""
    secret = _extract(KEM, b"", b"dkp_prk", ikm)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for counter in range(256):
        scalar = int.from_bytes(_expand(KEM, secret, b"candidate", bytes([counter]), 32), "big")
        if 0 < scalar < order:
            return ec.derive_private_key(scalar, ec.SECP256R1())
    raise ValueError("no key")
