#!/usr/bin/env python3
"""Makes the made-up organization "Alder & Finch Ltd" from people.tsv.

    make_seed.py DIR

Writes into DIR, each readable by its owner only, because starting passwords are in them:
    passwords.tsv       login, starting password (new in every run)
    organization.ldif   for OpenLDAP (passwords in clear: the server hashes them)
    locks.ldif          lock states, to be applied with the relax control
    embedded_seed.json  for Sallyport's embedded directory
"""
import base64
import csv
import json
import os
import secrets
import sys

BASE = "dc=alderfinch,dc=example"
PERMANENT_LOCK = "000001010000Z"  # ppolicy's word for "until an administrator says otherwise"


def line(name, value):
    """One LDIF line; base64 for what RFC 2849 calls unsafe."""
    safe = value.isascii() and value == value.strip() and not value.startswith((":", "<"))
    return f"{name}: {value}\n" if safe else f"{name}:: {base64.b64encode(value.encode()).decode()}\n"


def entry(dn, *pairs):
    return line("dn", dn) + "".join(line(name, value) for name, value in pairs if value) + "\n"


def person_dn(person):
    return f"uid={person['uid']},ou=people,{BASE}"


def organization(people, passwords, service_password):
    yield entry(BASE, ("objectClass", "organization"), ("objectClass", "dcObject"), ("dc", "alderfinch"),
                ("o", "Alder & Finch Ltd"))
    for unit in ("people", "groups", "services", "policies"):
        yield entry(f"ou={unit},{BASE}", ("objectClass", "organizationalUnit"), ("ou", unit))
    yield entry(f"cn=default,ou=policies,{BASE}", ("objectClass", "device"), ("objectClass", "pwdPolicy"),
                ("cn", "default"), ("pwdAttribute", "userPassword"), ("pwdLockout", "TRUE"), ("pwdMaxFailure", "3"),
                ("pwdLockoutDuration", "0"), ("pwdMinLength", "12"), ("pwdInHistory", "3"), ("pwdCheckQuality", "2"),
                ("pwdMustChange", "TRUE"), ("pwdAllowUserChange", "TRUE"))
    yield entry(f"cn=sallyport,ou=services,{BASE}", ("objectClass", "applicationProcess"),
                ("objectClass", "simpleSecurityObject"), ("cn", "sallyport"), ("userPassword", service_password))
    for person in people:
        yield entry(person_dn(person), ("objectClass", "inetOrgPerson"), ("uid", person["uid"]),
                    ("cn", f"{person['given']} {person['surname']}"), ("givenName", person["given"]),
                    ("sn", person["surname"]), ("mail", person["mail"]), ("employeeNumber", person["employee_number"]),
                    ("employeeType", person["employment"]), ("title", person["title"]),
                    ("userPassword", passwords[person["uid"]]))
    for group in sorted({g for person in people for g in person["groups"]}):
        members = [("member", person_dn(p)) for p in people if group in p["groups"]]
        yield entry(f"cn={group},ou=groups,{BASE}", ("objectClass", "groupOfNames"), ("cn", group), *members)


def locks(people):
    times = {"locked": "20260102030405Z", "disabled": PERMANENT_LOCK}
    for person in people:
        if person["lock"]:
            yield entry(person_dn(person), ("changetype", "modify"), ("add", "pwdAccountLockedTime"),
                        ("pwdAccountLockedTime", times[person["lock"]]))


def embedded(people, passwords):
    return {"accounts": [{
        "login": p["uid"], "display_name": f"{p['given']} {p['surname']}", "mail": p["mail"],
        "employee_number": p["employee_number"], "groups": p["groups"], "employment": p["employment"],
        "password": passwords[p["uid"]], "locked": p["lock"] != "", "active": p["lock"] != "disabled",
    } for p in people]}


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_seed.py DIR")
    out = sys.argv[1]
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "people.tsv"), encoding="utf-8") as tsv:
        people = list(csv.DictReader(tsv, delimiter="\t"))
    for person in people:
        person["groups"] = person["groups"].split(";")
    passwords = {p["uid"]: secrets.token_urlsafe(15) for p in people}
    service_password = secrets.token_urlsafe(24)
    write_private(f"{out}/bind.pw", service_password)
    write_private(f"{out}/passwords.tsv", "".join(f"{login}\t{word}\n" for login, word in passwords.items()))
    write_private(f"{out}/organization.ldif", "".join(organization(people, passwords, service_password)))
    write_private(f"{out}/locks.ldif", "".join(locks(people)))
    write_private(f"{out}/embedded_seed.json", json.dumps(embedded(people, passwords), ensure_ascii=False, indent=1))


main()
