"""An HTTP client that trusts one authority, and holds every refusal against RFC 9457."""

import http.client
import json
import ssl


class Unreachable(Exception):
    """No answer: whether it happened is not known."""


class Answer:
    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data
        self.text = data.decode(errors="replace")
        kind = headers.get("Content-Type", "")
        self.json = json.loads(self.text) if "json" in kind else None

    @property
    def code(self):
        """The last part of a problem's type: `token_missing`, `invalid`, `case_closed`, ..."""
        return self.json["type"].rsplit(":", 1)[1] if self.status >= 400 else None

    def __getitem__(self, key):
        return self.json[key]

    def __repr__(self):
        return f"<{self.status} {self.text[:500]}>"


def check_problem(answer):
    assert answer.headers.get("Content-Type", "").startswith("application/problem+json"), answer
    problem = answer.json
    assert problem["status"] == answer.status, answer
    assert problem["type"].startswith("urn:sallyport:"), answer
    for member in ("type", "title", "detail"):
        assert isinstance(problem[member], str) and problem[member], answer


class Client:
    def __init__(self, port, ca, token=None, transcript=None):
        self.port, self.token, self.transcript = port, token, transcript
        self._context = ssl.create_default_context(cafile=ca)

    def as_(self, token, transcript=None):
        other = Client.__new__(Client)
        other.port, other.token, other._context = self.port, token, self._context
        other.transcript = transcript if transcript is not None else self.transcript
        return other

    def send(self, method, path, data=None, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self._context)
        try:
            connection.request(method, path, data, headers)
            got = connection.getresponse()
            answer = Answer(got.status, got.headers, got.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        if self.transcript is not None:
            self.transcript.append(answer.text)
        if answer.status >= 400 and method != "HEAD":
            check_problem(answer)
        return answer

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, body=None):
        return self.send(
            "POST", path, json.dumps({} if body is None else body).encode(), {"Content-Type": "application/json"}
        )

    def get_ok(self, path, status=200):
        answer = self.get(path)
        assert answer.status == status, answer
        return answer

    def post_ok(self, path, body=None, status=200):
        answer = self.post(path, body)
        assert answer.status == status, answer
        return answer
