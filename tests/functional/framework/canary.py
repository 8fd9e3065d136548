"""A secret that is looked for where it must not stand."""

import base64
import json


class Canary:
    """A secret and the forms in which it could leak."""

    def __init__(self, name, text):
        self.name, plain = name, text.encode()
        forms = {
            plain,
            plain.replace(b"-", b""),
            plain.replace(b" ", b""),
            plain.hex().encode(),
            json.dumps(text)[1:-1].encode(),
        }
        for shift in range(3):  # the letters that do not depend on where in a longer text the secret begins
            encoded = base64.b64encode(b"\0" * shift + plain)
            inner = encoded[4 if shift else 0 : len(encoded) - 4]
            if len(inner) >= 12:
                forms |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
        self.forms = {form for form in forms if len(form) >= 6}

    def found_in(self, data):
        """A short number could stand anywhere by chance: it must stand alone to count."""
        for form in self.forms:
            at = data.find(form)
            while at >= 0:
                around = data[max(0, at - 1) : at] + data[at + len(form) : at + len(form) + 1]
                if len(form) >= 10 or not any(chr(c).isalnum() for c in around):
                    return True
                at = data.find(form, at + 1)
        return False
