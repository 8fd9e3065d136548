"""RFC 6238: six digits, thirty seconds, SHA-1."""

import base64
import hashlib
import hmac
import time


def totp(base32, step=None):
    step = int(time.time()) // 30 if step is None else step
    seed = base64.b32decode(base32 + "=" * (-len(base32) % 8))
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1_000_000:06}"
