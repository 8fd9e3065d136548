"""Why a story cannot be played over HTTP. It is played line by line, or not at all."""

import datetime
import re

import yaml

from . import story as told

TAKEN = ("totp", "mail_code", "recovery_code")  # the signals that the gateway takes (docs/policy_language.md)
OTHERS_MAX = 60  # accounts of which nothing else is told: each stands in OpenLDAP
CARRIED_OUT = ("unlock", "admin_unlock", "password_reset", "suspend")  # the actions that the LDAP adapter carries out


def policy_of(story):
    return (story.file.parent / story.policy).resolve()


def text_for_real(policy):
    """The policy of this file without its `alarm`: for real the gateway has no way to tell anybody (policy_language.md,
    "notices"), so whatever asks for an alarm would never be done. The rule stands in a line of its own."""
    return re.sub(r"^.*\balarm: independent\b.*\n", "", policy.read_text(), flags=re.MULTILINE)


def obstacles(story):
    """Why this story cannot be played over HTTP; nothing: it can."""
    if story.pending:
        return [f"pending: {story.pending}"]
    signals = yaml.safe_load(policy_of(story).read_text())["signals"]
    found = []
    for account in story.accounts:
        if account.organization != told.HOME:
            found.append("needs an account of another organization: a directory serves one")
        if account.disguised:
            found.append("needs a directory that is two-faced: gateway and executor read the same")
        if account.reached_by is not None:
            found.append("needs the channel: a notice")
        if account.manager:
            found.append("needs a directory that names managers: the LDAP adapter reads none")
    if story.others() > OTHERS_MAX:
        found.append("needs hundreds of accounts")
    for line in story.lines:
        if isinstance(line.deed, told.Gives):
            found += _obstacle_of_signal(line, signals)
            found += _obstacle_of_binding(story, line)
            found += _obstacle_of_clock(story, line)
        elif isinstance(line.deed, told.Objects) and not line.deed.heard_by:
            found.append("needs the channel: a notice that the holder answers")
        elif isinstance(line.deed, told.LedgerStops):
            found.append("needs a store that takes nothing any more")
        elif isinstance(line.deed, told.Forges):
            found.append("needs a hand on the server's disk")
        elif isinstance(line.deed, told.CarriesOut) and not line.refused:
            action = story.opening(line.case).action
            if action not in CARRIED_OUT:
                found.append(f"needs a directory that carries out: {action}")
            elif line.deed.outcome == "unknown":
                found.append("needs an answer of the directory that is lost")
            elif line.deed.outcome == "not_done" and action != "password_reset":
                found.append(f"needs a directory that refuses: {action}")
    return sorted(set(found))


def _obstacle_of_signal(line, signals):
    gives = line.deed
    if gives.signal not in signals and line.refused == "signal_not_in_policy":
        return []  # whatever is typed, there is no such signal
    if gives.signal not in TAKEN:
        return [f"needs the channel: {gives.signal}"]
    if line.refused or not gives.passes:
        return []  # what is known of the authenticator plays no part
    rule = signals.get(gives.signal, {})
    out = []
    if gives.bound == told.UNKNOWN:
        out.append("needs an authenticator bound at an unknown time: the gateway binds them itself")
    if "valid_for" in rule:
        out.append(f"needs to know how old the data is behind: {gives.signal}")
    if gives.own_mailbox and gives.signal != "mail_code":
        out.append(f"needs a {gives.signal} that rests on the account")
    return out


def _obstacle_of_binding(story, line):
    """One invitation binds an address, an app and a sheet of codes."""
    account = story.opening(line.case).account
    others = [
        other.deed
        for other in story.lines
        if isinstance(other.deed, told.Gives) and story.opening(other.case).account == account
    ]
    changed = isinstance(line.deed.unchanged, datetime.timedelta)
    if changed and any(other.signal == "totp" and other.passes for other in others):
        return ["needs an address that changed after an app was bound: one invitation binds both"]
    return []


def _obstacle_of_clock(story, line):
    """What the claimant has at home keeps the right time, and what was bound was bound by a clock that was right."""
    before = (other.deed for other in story.lines if other.number < line.number)
    off = sum((deed.by for deed in before if isinstance(deed, told.SetsClock)), datetime.timedelta())
    if not off or line.refused or not line.deed.passes:
        return []
    told_times = [t for t in (line.deed.bound, line.deed.unchanged) if isinstance(t, datetime.timedelta)]
    if line.deed.signal == "totp" or told_times:
        return ["needs a claimant whose clock is off as the gateway's is"]
    return []
