#include "core/proof/graph.h"

#include <array>
#include <set>

#include "base/text.h"

namespace sallyport::proof {
namespace {

using prover::Index;
using prover::Operator;

// From light to dark: the harder to get, the darker; and each says its level, for colour is not seen by everybody.
constexpr std::array<std::string_view, 6> shades{"#ffffff", "#fde0dd", "#fcc5c0", "#c7d9f0", "#9ebcda", "#8ca0c0"};

void names_in(const prover::Model& model, Index formula, std::set<std::string>& out) {
  const auto& f = model.formulas[formula];
  if (f.op == Operator::atom) out.insert(model.atoms[f.index].name);
  if (f.op == Operator::node) out.insert(model.nodes[f.index].name);
  for (const auto part : f.parts) names_in(model, part, out);
  for (const auto& slot : f.slots)
    for (const auto& candidate : slot) names_in(model, candidate.formula, out);
  for (const auto& signal : f.signals) names_in(model, signal.formula, out);
}

// In a DOT string; an id and words of a policy may hold anything.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c != '\n' && c != '\r') out += c;
  }
  return out + "\"";
}

}  // namespace

std::string graph_dot(const Compiled& compiled) {
  const auto& model = compiled.model;
  std::string out = concat("digraph ", quoted(model.name), " {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
  for (Index i = 0; i < model.atoms.size(); ++i) {
    const auto& a = model.atoms[i];
    out += concat("  ", quoted(a.name), " [shape=box, style=filled, fillcolor=\"",
                  shades[static_cast<std::size_t>(a.level)],
                  "\", label=", quoted(concat(compiled.atoms[i], " (level ", a.level, ")")), "];\n");
  }
  for (Index i = 0; i < model.nodes.size(); ++i) {
    const auto& n = model.nodes[i];
    out += concat("  ", quoted(n.name), " [shape=", n.name.starts_with("control@") ? "doubleoctagon" : "ellipse",
                  ", label=", quoted(n.name), "];\n");
  }
  for (const auto& n : model.nodes) {
    std::set<std::string> from;
    names_in(model, n.formula, from);
    for (const auto& name : from) out += concat("  ", quoted(name), " -> ", quoted(n.name), ";\n");
  }
  return out + "}\n";
}

Json graph_json(const Compiled& compiled) {
  const auto& model = compiled.model;
  Json nodes = Json::array();
  Json edges = Json::array();
  for (Index i = 0; i < model.atoms.size(); ++i)
    nodes.push(Json::object({{"id", model.atoms[i].name},
                             {"kind", "atom"},
                             {"level", model.atoms[i].level},
                             {"words", compiled.atoms[i]}}));
  for (Index i = 0; i < model.nodes.size(); ++i) {
    Json lines = Json::array();
    for (const auto line : compiled.nodes[i].lines) lines.push(line);
    nodes.push(Json::object({{"id", model.nodes[i].name},
                             {"kind", "derived"},
                             {"words", compiled.nodes[i].words},
                             {"lines", std::move(lines)}}));
    std::set<std::string> from;
    names_in(model, model.nodes[i].formula, from);
    for (const auto& name : from) edges.push(Json::object({{"from", name}, {"to", model.nodes[i].name}}));
  }
  return Json::object({{"nodes", std::move(nodes)}, {"edges", std::move(edges)}});
}

}  // namespace sallyport::proof
