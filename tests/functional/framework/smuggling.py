"""Requests that two servers could read in two ways, and what a strict reader does with each (RFC 9112).

A vector ends with a whole request for /healthz, where one reader takes it for a body and another for a request.
`answers` is how many requests there are for a reader who goes by RFC 9112: none if it is to be refused.
"""

import dataclasses

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATH = b"/v1/no-such-thing"


@dataclasses.dataclass(frozen=True)
class Vector:
    name: str
    data: bytes
    answers: int  # 0: refused, with one answer and the end of the connection


def request(*headers, line=b"POST " + PATH + b" HTTP/1.1", host=b"Host: localhost", body=b"", eol=b"\r\n"):
    head = [line] + ([host] if host else []) + list(headers)
    return eol.join(head) + eol + eol + body


def lengths():
    n = str(len(HIDDEN)).encode()
    wrong = [
        b"+" + n, b"-" + n, b"-0", b"+0", b"0x10", b"0X10", n + b".0", n + b"e0", n + b";", n + b",", b"," + n,
        n + b" " + n,
        n + b"," + n, n + b", 0", b"0, " + n, b'"' + n + b'"', b"'" + n + b"'", b"", b" ", b"a", n + b"a", b"a" + n,
        b"1_0",
        n + b"\x00", b"\x00" + n, n + b"\x0b", b"\x0b" + n, n + b"\x0c", n + b"\x85", n + b"\xa0", b"\xa0" + n,
        b"99999999999999999999", b"18446744073709551616", b"18446744073709551615", b"9223372036854775808",
        b"4294967296",
        "٤١".encode(), "４１".encode(), b"NaN", b"inf", b"null", b"true", b"0b101", b"0o51", b"--1", b"++1",
        n + b"%20", n + b"\r",
    ]  # fmt: skip
    for value in wrong:
        yield Vector(f"Content-Length: {value!r}", request(b"Content-Length: " + value, body=HIDDEN), 0)
    for first, second in ((b"0", n), (n, b"0"), (n, n), (n, b"1"), (b"0", b"0x10"), (n, b""), (b"", n)):
        yield Vector(
            f"two lengths, {first!r} and {second!r}",
            request(b"Content-Length: " + first, b"Content-Length: " + second, body=HIDDEN),
            0,
        )
        yield Vector(
            f"two lengths in two cases, {first!r} and {second!r}",
            request(b"Content-Length: " + first, b"X: y", b"content-LENGTH: " + second, body=HIDDEN),
            0,
        )


def encodings():
    values = [
        b"chunked", b"Chunked", b"CHUNKED", b"cHuNkEd", b" chunked", b"\tchunked", b"chunked ", b"chunked\t",
        b"xchunked",
        b"chunkedx", b"x chunked", b"chunked x", b"identity", b"identity, chunked", b"chunked, identity",
        b"chunked, chunked",
        b"chunked,chunked", b"gzip", b"gzip, chunked", b"chunked, gzip", b"deflate", b"compress", b"chunked;q=1",
        b"chunked;a=b",
        b'"chunked"', b"'chunked'", b"chunked,", b",chunked", b",", b"", b" ", b"chunk", b"chunked\x00",
        b"\x00chunked",
        b"\x0bchunked", b"chunked\x0b", b"chunked\x0c", b"\x0cchunked", b"chunked\xa0", b"\xff chunked",
        b"chunked\r", b"trailers",
        b"chun\tked", b"chunked\x85", b"cow", b"null", b"false", b"[chunked]", b"chunked/1", b"%63hunked", b"chunKed",
        "chun\u212aed".encode(),  # the Kelvin sign, which lower-cases to k
    ]  # fmt: skip
    for value in values:
        body = b"0\r\n\r\n" + HIDDEN
        yield Vector(f"Transfer-Encoding: {value!r}", request(b"Transfer-Encoding: " + value, body=body), 0)
    for value in values[:24]:
        length = b"Content-Length: " + str(len(HIDDEN) + 5).encode()
        encoding = b"Transfer-Encoding: " + value
        body = b"0\r\n\r\n" + HIDDEN
        yield Vector(f"a length, then Transfer-Encoding: {value!r}", request(length, encoding, body=body), 0)
        yield Vector(f"Transfer-Encoding: {value!r}, then a length", request(encoding, length, body=body), 0)
    for one, two in ((b"chunked", b"identity"), (b"identity", b"chunked"), (b"chunked", b"x"), (b"x", b"chunked")):
        yield Vector(
            f"two encodings, {one!r} and {two!r}",
            request(b"Transfer-Encoding: " + one, b"Transfer-Encoding: " + two, body=b"0\r\n\r\n" + HIDDEN),
            0,
        )


def names():
    """Names of the two headers that a lenient reader takes for them."""
    spoiled = [
        b"%s :", b"%s\t:", b" %s:", b"\t%s:", b"%s\x00:", b"\x00%s:", b"%s\x0b:", b"%s\r:", b"%s\xa0:", b"%s\x85:",
        b"%s(:", b"%s@:",
        b"%s[:", b'%s":', b"%s/:", b"%s,:", b"%s;:", b"%s=:", b"%s\\:", b"%s{:", b"%s<:", b"%s?:", b"%s\x7f:",
        b"%s\xff:", b"(%s:",
        b"%s", b"%s \x0b:", b"%s  :", b"\r%s:", b"%s\x1f:", b"%s\x08:",
    ]  # fmt: skip
    for header, value in ((b"Content-Length", str(len(HIDDEN)).encode()), (b"Transfer-Encoding", b"chunked")):
        body = HIDDEN if header == b"Content-Length" else b"0\r\n\r\n" + HIDDEN
        for form in spoiled:
            spelled = form % header + b" " + value
            yield Vector(f"{spelled!r}", request(b"X: y", spelled, body=body), 0)
        for between in (b"\n", b"\r", b"\n\r", b"\r\r\n", b"\x0b", b"\x00\r\n"):
            spelled = b"X: y" + between + header + b": " + value
            if between == b"\x0b":  # a vertical tab in a value
                yield Vector(f"{spelled!r}", request(spelled, body=body), 0)
                continue
            yield Vector(f"{spelled!r}", request(spelled, body=body), 0)
        for fold in (b"\r\n ", b"\r\n\t", b"\r\n  "):
            yield Vector(f"folded by {fold!r}: {header!r}", request(header + b":" + fold + value, body=body), 0)
            yield Vector(f"{header!r} in a fold by {fold!r}", request(b"X: y" + fold + header + b": " + value,
                body=body), 0)


def lines():
    spoiled = [
        b"POST  /a HTTP/1.1", b"POST /a  HTTP/1.1", b"POST\t/a HTTP/1.1", b"POST /a\tHTTP/1.1", b" POST /a HTTP/1.1",
        b"POST /a HTTP/1.1 ",
        b"POST /a HTTP/1.1\t", b"post /a HTTP/1.1", b"Post /a HTTP/1.1", b"PO ST /a HTTP/1.1",
        b"POST\x00 /a HTTP/1.1",
        b"POST /a\x00 HTTP/1.1", b"POST /a b HTTP/1.1", b"POST /a HTTP/1.1x", b"POST /a HTTP/1.10",
        b"POST /a HTTP/01.1", b"POST /a HTTP/1,1",
        b"POST /a HTTP/1", b"POST /a HTTP/", b"POST /a", b"POST /a http/1.1", b"POST /a HTTP/0.9",
        b"POST /a HTTP/1.0", b"POST /a HTTP/2.0",
        b"POST /a HTTP/1.2", b"POST /a HTTP/9.9", b"POST /a HTTP /1.1", b"POST /a H\x00TTP/1.1",
        b"POST http://localhost/a HTTP/1.1",
        b"POST //localhost/a HTTP/1.1", b"POST localhost:80 HTTP/1.1", b"POST * HTTP/1.1", b"OPTIONS * HTTP/1.1",
        b"CONNECT localhost:80 HTTP/1.1",
        b"TRACE /a HTTP/1.1", b"BREW /a HTTP/1.1", b"POST a HTTP/1.1", b"POST \\a HTTP/1.1", b"POST /a\\b HTTP/1.1",
        b"POST /a/../b HTTP/1.1",
        b"POST /a/%2e%2e/b HTTP/1.1", b"POST /a%2fb HTTP/1.1", b"POST /a%5cb HTTP/1.1", b"POST /a%00b HTTP/1.1",
        b"POST /a% HTTP/1.1",
        b"POST /a%zz HTTP/1.1", b"POST /a#b HTTP/1.1", b"POST /a\x7f HTTP/1.1", b"POST /a\x80 HTTP/1.1",
        b"POST /a\xff HTTP/1.1",
        b"POST /a|b HTTP/1.1", b'POST /a"b HTTP/1.1', b"POST /a<b HTTP/1.1", b"POST /a^b HTTP/1.1",
        b"POST /a`b HTTP/1.1", b"POST /a{b HTTP/1.1",
        b"POST /a//b HTTP/1.1", b"POST /a?k=1&k=2 HTTP/1.1", b"POST /a?=1 HTTP/1.1", b"POST ? HTTP/1.1",
        b"PRI * HTTP/2.0", b"\x16\x03\x01",
        b"HTTP/1.1 200 OK", b"", b"\x00", b"POST /a HTTP/1.1\rX: y", b"POST /a HTTP/1.1\nX: y", b"\nPOST /a HTTP/1.1",
    ]  # fmt: skip
    length = b"Content-Length: " + str(len(HIDDEN)).encode()
    for line in spoiled:
        if line == b"":
            continue  # an empty line before a request may be skipped (RFC 9112 section 2.2)
        yield Vector(f"{line!r}", request(length, line=line, body=HIDDEN), 0)


def heads():
    length = b"Content-Length: " + str(len(HIDDEN)).encode()
    spoiled = [
        (b"nonsense",), (b": y",), (b":",), (b" ",), (b"X\x00: y",), (b"X: \x00",), (b"X: a\x00b",), (b"X: a\rb",), (
        b"X: a\nb",), (b"X y: z",),
        (b"X\xc3\xa9: y",), (b"(X): y",), (b"X: y\x0bz",), (b"X: \x08",), (b"X: \x7f",), (b"X: \x1b[2J",), (
        b"Host: other",), (b"host: other",),
        (b"HOST:",), (b"Authorization: a", b"Authorization: b"), (b"authorization: a", b"Authorization: a"),
        (b"Idempotency-Key: a", b"Idempotency-Key: b"), (b"Content-Type: a", b"Content-Type: b"), (
        b"Expect: 100-continue",), (b"Expect: x",),
        (b"Authorization: \xff",), (b"Idempotency-Key: \xc3\xa9",), (b"Content-Type: a\x01",),
    ]  # fmt: skip
    for headers in spoiled:
        yield Vector(f"{headers!r}", request(length, *headers, body=HIDDEN), 0)
        yield Vector(f"first {headers!r}", request(*headers, length, body=HIDDEN), 0)
    yield Vector("no Host", request(length, host=b"", body=HIDDEN), 0)
    for host in (b"Host: a b", b"Host: a\x00", b"Host : localhost", b" Host: localhost", b"Host\t: localhost",
        b"Host: a\xff"):
        if host in (b"Host: a b",):
            continue  # one name that nobody has; the daemon looks at no Host
        yield Vector(f"{host!r}", request(length, host=host, body=HIDDEN), 0)
    for eol in (b"\n", b"\r", b"\n\r", b"\r\r\n"):
        yield Vector(f"lines that end with {eol!r}", request(length, eol=eol, body=HIDDEN) + b"\r\n\r\n", 0)
    yield Vector("a head too large", request(length, *[b"X: " + b"y" * 200] * 100, body=HIDDEN), 0)
    yield Vector("a target too long", request(length, line=b"POST /" + b"a" * 2100 + b" HTTP/1.1", body=HIDDEN), 0)
    yield Vector("a body too large", request(b"Content-Length: 70000", body=HIDDEN), 0)


def fine():
    """What looks odd, has one meaning all the same, and must have it everywhere."""
    n = str(len(HIDDEN)).encode()
    # The hidden request is a body.
    for spelled in (b"Content-Length:" + n, b"Content-Length:   " + n, b"content-length: " + n + b"  ",
        b"Content-Length:\t" + n):
        yield Vector(f"{spelled!r}", request(spelled, body=HIDDEN), 1)
    for more in (b"X:", b"X: ", b"X: \xc3\xa9", b"!#$%&'*+-.^_`|~09: y", b"Upgrade: h2c", b"Upgrade: websocket",
        b"TE: chunked", b"X-Transfer-Encoding: chunked"):
        yield Vector(f"beside {more!r}", request(b"Content-Length: " + n, more, body=HIDDEN), 1)
    # It is a second request: what looks like a length is another header.
    for more in (b"Content_Length: " + n, b"Content-Lengt: " + n, b"X-Content-Length: " + n, b"ContentLength: " + n,
        b"Content-Length-X: " + n):
        yield Vector(f"only {more!r}", request(b"Content-Length: 0", more, body=HIDDEN), 2)
    yield Vector("a length of nothing", request(b"Content-Length: 0", body=HIDDEN), 2)
    yield Vector("no length", request(line=b"GET " + PATH + b" HTTP/1.1", body=HIDDEN), 2)


def all_vectors():
    """Each bytes once, by the first name that they got."""
    found = {}
    for part in (lengths, encodings, names, lines, heads, fine):
        for vector in part():
            found.setdefault(vector.data, vector)
    return list(found.values())
