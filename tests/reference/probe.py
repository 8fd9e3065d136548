"""Asks tests/reference/policy_probe.cc, many questions at a time."""

import json
import subprocess


def ask(probe, questions):
    lines = "".join(json.dumps(q) + "\n" for q in questions)
    done = subprocess.run([probe], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers
