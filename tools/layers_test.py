"""tools/layers.py: each edge that is allowed, and the nearest one that is not."""
import json
import pathlib

import pytest

from layers import Layers, folder_of

POLICY = {
    "folders": {
        "base": {"may_include": []},
        "crypto": {"may_include": ["base"]},
        "core/model": {"may_include": ["base"], "pure": True},
        "core/cases": {"may_include": ["base", "core/model"], "pure": True},
        "ports": {"may_include": ["core", "crypto/secret.h"]},
        "shell/wiring": {"may_include": ["base", "ports", "core"]},
        "bin": {"may_include": ["shell/wiring"]},
        "bin/audit": {"may_include": ["core"]},
    },
    "test_may_include": ["../tests/support"],
    "pure_std_banned": ["chrono", "thread"],
    "libraries": [
        {"headers": ["openssl/"], "folders": ["crypto"]},
        {"headers": ["unistd.h"], "folders": ["shell"]},
        {"headers": ["gtest/"], "folders": ["*_test.cc"]},
    ],
}


def tree(tmp_path, files, policy=None):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(Layers(policy or POLICY).check_tree(tmp_path))


@pytest.mark.parametrize("source, include, allowed", [
    ("crypto/a.cc", '"base/b.h"', True),
    ("base/a.cc", '"crypto/secret.h"', False),
    ("core/cases/a.cc", '"core/model/m.h"', True),
    ("core/model/a.cc", '"core/cases/c.h"', False),
    ("core/model/a.cc", '"ports/p.h"', False),
    ("ports/a.h", '"crypto/secret.h"', True),
    ("ports/a.h", '"crypto/sign.h"', False),
    ("bin/server.cc", '"shell/wiring/w.h"', True),
    ("bin/audit.cc", '"shell/wiring/w.h"', False),
    ("bin/audit/main.cc", '"core/model/m.h"', True),
    ("bin/audit/main.cc", '"shell/wiring/w.h"', False),
    ("crypto/a.cc", "<openssl/evp.h>", True),
    ("core/model/a.cc", "<openssl/evp.h>", False),
    ("shell/wiring/a.cc", "<unistd.h>", True),
    ("core/model/a.cc", "<unistd.h>", False),
    ("core/model/a.cc", "<vector>", True),
    ("core/model/a.cc", "<thread>", False),
    ("base/a.cc", "<chrono>", True),
    ("base/a_test.cc", "<gtest/gtest.h>", True),
    ("base/a.cc", "<gtest/gtest.h>", False),
    ("base/a_test_support.h", "<gtest/gtest.h>", True),
    ("base/a_test.cc", '"base/b_test_support.h"', True),
    ("base/a.cc", '"base/b_test_support.h"', False),
    ("base/a_test.cc", '"../tests/support/t.h"', True),
    ("base/a.cc", '"../tests/support/t.h"', False),
    ("base/a.cc", "<unheard/of.h>", False),
    ("base/a.cc", '"base/missing.h"', False),
    ("shell/new/a.cc", "<vector>", False),
])
def test_an_include_is_an_allowed_edge_or_an_error(tmp_path, source, include, allowed):
    headers = {h: "" for h in ("base/b.h", "crypto/secret.h", "crypto/sign.h", "core/model/m.h", "core/cases/c.h",
                               "ports/p.h", "shell/wiring/w.h", "base/b_test_support.h", "../tests/support/t.h")}
    errors = tree(tmp_path / "src", {**headers, source: f"// x\n#include {include}\n"})
    assert (errors == []) == allowed, errors
    if not allowed:
        assert len(errors) == 1 and errors[0].startswith(f"src/{source}:")


def test_the_error_names_line_edge_and_what_is_allowed(tmp_path):
    errors = tree(tmp_path, {"ports/p.h": "", "core/cases/a.cc": '\n\n#include "ports/p.h"\n'})
    assert errors == ['src/core/cases/a.cc:3: core/cases -> ports is no allowed edge ("ports/p.h"); '
                      'core/cases may include: base, core/model']


def test_a_circle_in_the_policy_is_an_error():
    policy = json.loads(json.dumps(POLICY))
    policy["folders"]["base"]["may_include"] = ["core"]
    assert any("circle" in e for e in Layers(policy).policy_errors())


def test_an_unknown_name_in_the_policy_is_an_error():
    policy = json.loads(json.dumps(POLICY))
    policy["folders"]["base"]["may_include"] = ["cellar"]
    assert any("`cellar`" in e for e in Layers(policy).policy_errors())


def test_the_longest_folder_owns_a_file():
    assert folder_of("bin/audit/main.cc", POLICY["folders"]) == "bin/audit"
    assert folder_of("bin/audit.cc", POLICY["folders"]) == "bin/audit"
    assert folder_of("bin/auditor.cc", POLICY["folders"]) == "bin"


def test_our_own_policy_is_sound_and_its_graph_leaves_out_implied_edges():
    source = pathlib.Path(__file__).resolve().parent.parent / "src" / "layers.json"
    layers = Layers(json.loads(source.read_text()))
    assert list(layers.policy_errors()) == []
    drawn = layers.draw()
    assert "crypto --> base" in drawn
    assert "core_ledger --> core_cases" in drawn and "core_ledger --> base" not in drawn
