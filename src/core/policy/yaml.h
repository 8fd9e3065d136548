// Reads the part of YAML 1.2 in which policies and configurations are written, and nothing more:
// block and flow mappings and sequences, plain and quoted scalars on one line, comments. Anchors,
// aliases, tags, block scalars, several documents, tabs as indentation and duplicate keys are
// refused, each with line and column and what would be right. Whatever this accepts, a full YAML 1.2
// parser reads the same way (tests/reference/yaml_twin.py holds it against another parser).
//
// Why our own: the policy decides who gets in, an auditor must be able to read it again with the
// core alone, and the common library keeps the first of two equal keys without a word
// (docs/decisions/0003-own-yaml-subset.md). Pure; input of any kind gives a value or a fault.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sallyport {

struct YamlMember;

struct YamlNode {
  enum class Kind : std::uint8_t { scalar, mapping, sequence };
  Kind kind = Kind::scalar;
  std::size_t line = 1;    // of its first character, from 1
  std::size_t column = 1;  // in bytes, from 1
  std::string text;        // scalar: its value; a value left empty is the plain scalar ""
  bool quoted = false;
  std::vector<YamlMember> members;  // mapping, in the order written; keys are scalars
  std::vector<YamlNode> items;      // sequence

  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

struct YamlMember {
  YamlNode key;
  YamlNode value;
};

// Where a text stopped being YAML of this kind: the first such place, for what follows cannot be trusted.
struct YamlProblem {
  std::size_t line = 1;
  std::size_t column = 1;
  std::string what;
  std::string next_step;
};
[[nodiscard]] std::expected<YamlNode, YamlProblem> read_yaml(std::string_view text);

// The same with a fault. `source` names the text in it: "policy.yaml:12:3: ...".
[[nodiscard]] Result<YamlNode> parse_yaml(std::string_view text, std::string_view source);

// The fault for a node that parsed but does not mean what it should.
[[nodiscard]] std::unexpected<Fault> yaml_fault(std::string_view source, const YamlNode& at, std::string what,
                                                std::string next_step);

}  // namespace sallyport
