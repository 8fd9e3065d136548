"""A passkey made of software: WebAuthn Level 3, ES256, attestation format "none"."""

import hashlib
import json
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .encoding import b64url

AAGUID = b"sallyport-softkey"[:16]  # what a production site refuses
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40

APPROVAL = "sallyport/approval/v1"
APPROVALS = "sallyport/approvals/v1"  # over a list of cases
REVIEW, REVIEWS = "sallyport/review/v1", "sallyport/reviews/v1"
CHANGE = "sallyport/organization-change/v1"
SIGN_IN = "sallyport/sign-in/v1"
REGISTRATION = "sallyport/registration/v1"


def tree_root(leaves):
    """RFC 9162, section 2.1.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_root(leaves[:half]) + tree_root(leaves[half:])).digest()


def list_statement(statements):
    """What is signed for several cases at once (docs/ledger_format.md, "Statements")."""
    root = tree_root([s.encode() for s in statements]).hex()
    return json.dumps({"cases": len(statements), "root": root}, separators=(",", ":"), sort_keys=True)


def challenge_of(domain, statement):
    return hashlib.sha256(domain.encode() + b"\0" + statement.encode()).digest()


class Passkey:
    def __init__(self, staff, rp_id, origin):
        self.staff, self.rp_id, self.origin = staff, rp_id, origin
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self._x, self._y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        self.credential_id = hashlib.sha256(b"sallyport software credential" + self._x + self._y).digest()

    def _client_data(self, kind, challenge, origin=None):
        return json.dumps(
            {"type": kind, "challenge": b64url(challenge), "origin": origin or self.origin, "crossOrigin": False},
            separators=(",", ":"),
        ).encode()

    def _authenticator_data(self, flags, count):
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, count)

    def registration(self):
        cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + self._x + b"\x22\x58\x20" + self._y
        data = (
            self._authenticator_data(PRESENT | VERIFIED | ATTESTED, 0)
            + AAGUID
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + cose
        )
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
        client = self._client_data("webauthn.create", challenge_of(REGISTRATION, self.staff))
        return {"attestation_object": b64url(attestation), "client_data_json": b64url(client)}

    def sign(self, domain, statement, *, flags=PRESENT | VERIFIED, origin=None, kind="webauthn.get"):
        client = self._client_data(kind, challenge_of(domain, statement), origin)
        data = self._authenticator_data(flags, 0)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "credential_id": b64url(self.credential_id),
            "authenticator_data": b64url(data),
            "client_data_json": b64url(client),
            "signature": b64url(signature),
        }

    def key_file(self):
        """What `sallyport --key` reads."""
        scalar = self._key.private_numbers().private_value.to_bytes(32, "big")
        return (
            json.dumps(
                {
                    "format": "sallyport-passkey/1",
                    "origin": self.origin,
                    "rp_id": self.rp_id,
                    "scalar": b64url(scalar),
                    "staff": self.staff,
                }
            )
            + "\n"
        )
