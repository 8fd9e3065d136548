#include "core/policy/condition.h"

#include <algorithm>

namespace sallyport {
namespace {

using Test = Condition::Test;
using Kind = Condition::Test::Kind;
using Comparison = Condition::Comparison;

// The test with everything it needs known; nullopt-free: `known` says whether it is.
struct Outcome {
  bool known = false;
  bool truth = false;
};

Outcome outcome_of(const Test& t, const ResolvedFacts& in) noexcept {
  const auto& f = in.facts;
  switch (t.kind) {
    case Kind::constant: return {true, t.number != 0};
    case Kind::boolean: return {f.knows(t.left), f.boolean(t.left)};
    case Kind::text_is: return {f.knows(t.left), in.symbols[static_cast<std::size_t>(t.left)] == t.symbol};
    case Kind::same:
      if (!f.knows(t.left) || !f.knows(t.right)) return {};
      return {true, info_of(t.left).type == AttributeType::text ? f.text(t.left) == f.text(t.right)
                                                                : f.boolean(t.left) == f.boolean(t.right)};
    case Kind::group:
      return {f.knows(Attribute::account_groups), std::ranges::find(in.groups, t.symbol) != in.groups.end()};
    case Kind::text_is_group:
      if (!f.knows(t.left) || !f.knows(Attribute::account_groups)) return {};
      return {true, std::ranges::find(f.groups(), f.text(t.left)) != f.groups().end()};
    case Kind::number: return {f.knows(t.left), compares(f.number(t.left), t.comparison, t.number)};
    case Kind::numbers:
      return {f.knows(t.left) && f.knows(t.right), compares(f.number(t.left), t.comparison, f.number(t.right))};
    case Kind::known: return {true, f.knows(t.left)};
  }
  return {};
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

Truth evaluate(const Test& test, const ResolvedFacts& facts) noexcept {
  const auto [known, truth] = outcome_of(test, facts);
  if (!known) return Truth::error;
  return truth != test.negated ? Truth::yes : Truth::no;
}

Truth evaluate(bool all, std::span<const Test> tests, const ResolvedFacts& facts) noexcept {
  const auto ends_it = all ? Truth::no : Truth::yes;
  Truth out = all ? Truth::yes : Truth::no;
  for (const auto& test : tests) {
    const auto part = evaluate(test, facts);
    out = all ? std::min(out, part) : std::max(out, part);
    if (out == ends_it) break;
  }
  return out;
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
  if (n.kind == Node::Kind::test) return sallyport::evaluate(tests_[n.first], facts);
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
