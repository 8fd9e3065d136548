#include "core/policy/condition.h"

#include <algorithm>

namespace sallyport {
namespace {

using Test = Condition::Test;
using Kind = Condition::Test::Kind;
using Comparison = Condition::Comparison;

Truth truth_of(const Test& t, const ResolvedFacts& in) noexcept {
  const auto& f = in.facts;
  bool truth = false;
  switch (t.kind) {
    case Kind::constant: truth = t.number != 0; break;
    case Kind::boolean:
      if (!f.knows(t.left)) return Truth::error;
      truth = f.boolean(t.left);
      break;
    case Kind::text_is:
      if (!f.knows(t.left)) return Truth::error;
      truth = in.symbols[static_cast<std::size_t>(t.left)] == t.symbol;
      break;
    case Kind::same:
      if (!f.knows(t.left) || !f.knows(t.right)) return Truth::error;
      truth = info_of(t.left).type == AttributeType::text ? f.text(t.left) == f.text(t.right)
                                                          : f.boolean(t.left) == f.boolean(t.right);
      break;
    case Kind::group:
      if (!f.knows(Attribute::account_groups)) return Truth::error;
      truth = std::ranges::find(in.groups, t.symbol) != in.groups.end();
      break;
    case Kind::text_is_group:
      if (!f.knows(t.left) || !f.knows(Attribute::account_groups)) return Truth::error;
      truth = std::ranges::find(f.groups(), f.text(t.left)) != f.groups().end();
      break;
    case Kind::number:
      if (!in.knows(t.left)) return Truth::error;
      truth = compares(in.number(t.left), t.comparison, t.number);
      break;
    case Kind::numbers:
      if (!in.knows(t.left) || !in.knows(t.right)) return Truth::error;
      truth = compares(in.number(t.left), t.comparison, in.number(t.right));
      break;
    case Kind::known: truth = in.knows(t.left); break;
  }
  return truth != t.negated ? Truth::yes : Truth::no;
}

}  // namespace

bool compares(std::int64_t a, Comparison c, std::int64_t b) noexcept {
  switch (c) {
    case Comparison::equal: return a == b;
    case Comparison::unequal: return a != b;
    case Comparison::less: return a < b;
    case Comparison::less_equal: return a <= b;
    case Comparison::greater: return a > b;
    case Comparison::greater_equal: return a >= b;
  }
  return false;
}

Truth evaluate(bool all, std::span<const Test> tests, const ResolvedFacts& facts) noexcept {
  const auto ends_it = all ? Truth::no : Truth::yes;
  bool all_known = true;
  for (const auto& test : tests) {
    const auto part = truth_of(test, facts);
    if (part == ends_it) return part;
    all_known = all_known && part != Truth::error;
  }
  if (!all_known) return Truth::error;
  return all ? Truth::yes : Truth::no;
}

std::optional<Condition::Flat> Condition::flat() const {
  const auto& root = nodes_[root_];
  Flat out;
  if (root.kind == Node::Kind::test) {
    out.tests.push_back(tests_[root.first]);
    return out;
  }
  out.all = root.kind == Node::Kind::all;
  for (std::uint32_t i = 0; i < root.count; ++i) {
    const auto& child = nodes_[children_[root.first + i]];
    if (child.kind != Node::Kind::test) return std::nullopt;
    out.tests.push_back(tests_[child.first]);
  }
  return out;
}

Truth Condition::evaluate(std::uint32_t node, const ResolvedFacts& facts) const noexcept {
  const auto& n = nodes_[node];
  if (n.kind == Node::Kind::test) return sallyport::evaluate(true, std::span(tests_).subspan(n.first, 1), facts);
  const bool all = n.kind == Node::Kind::all;
  Truth out = all ? Truth::yes : Truth::no;
  for (std::uint32_t i = 0; i < n.count; ++i) {
    const auto part = evaluate(children_[n.first + i], facts);
    out = all ? std::min(out, part) : std::max(out, part);
    if (out == (all ? Truth::no : Truth::yes)) break;
  }
  return out;
}

// -- guards -------------------------------------------------------------------------------------
struct Condition::Choice {
  std::vector<Guard> guards;  // empty: none
  std::size_t weight = 0;
};

Condition::Choice Condition::choose(std::uint32_t node, const std::map<Guard, std::size_t>& weight) const {
  const auto& n = nodes_[node];
  if (n.kind == Node::Kind::test) {
    const auto& t = tests_[n.first];
    if (t.negated || (t.kind != Kind::text_is && t.kind != Kind::group)) return {};
    const Guard guard{t.kind == Kind::group ? Attribute::account_groups : t.left, t.symbol};
    const auto found = weight.find(guard);
    return {{guard}, found == weight.end() ? 1 : found->second};
  }
  Choice out;
  for (std::uint32_t i = 0; i < n.count; ++i) {
    auto part = choose(children_[n.first + i], weight);
    if (n.kind == Node::Kind::all) {  // any one part will do: the rarest
      if (!part.guards.empty() && (out.guards.empty() || part.weight < out.weight)) out = std::move(part);
      continue;
    }
    if (part.guards.empty()) return {};  // this part may hold without any guard
    out.guards.insert(out.guards.end(), part.guards.begin(), part.guards.end());
    out.weight += part.weight;
  }
  return out;
}

std::vector<Guard> Condition::guards(const std::map<Guard, std::size_t>& weight) const {
  return choose(root_, weight).guards;
}

}  // namespace sallyport
