#include "core/proof/story.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"

namespace sallyport::proof {
namespace {

using prover::Index;
using prover::Operator;
constexpr auto never = std::numeric_limits<std::size_t>::max();

// The least fixpoint in rounds: a node's rank is the round in which it becomes true, so whatever made it true has a
// lower one, and a derivation read off in the order of ranks never goes round in a circle.
class Derivation {
 public:
  Derivation(const prover::Model& model, std::set<Index> atoms) : model_(model), atoms_(std::move(atoms)) {
    ranks_.assign(model.nodes.size(), never);
    for (std::size_t round = 1; grown(round);) ++round;
  }

  // What made the node true: nodes and, for each, the atoms that it took directly.
  void trace(Index node) {
    if (used_.contains(node) || ranks_[node] == never) return;
    Used now;
    collect(model_.nodes[node].formula, ranks_[node], now.atoms, now.nodes);
    used_[node] = now;
    for (const auto n : now.nodes) trace(n);
  }

  struct Used {
    std::set<Index> atoms, nodes;
  };
  [[nodiscard]] std::vector<std::pair<Index, Used>> in_order() const {
    std::vector<std::pair<Index, Used>> out(used_.begin(), used_.end());
    std::ranges::sort(out, {}, [&](const auto& used) { return std::pair(ranks_[used.first], used.first); });
    return out;
  }

 private:
  bool grown(std::size_t round) {
    std::vector<Index> now;
    for (Index n = 0; n < model_.nodes.size(); ++n)
      if (ranks_[n] == never && is_true(model_.nodes[n].formula, round)) now.push_back(n);
    for (const auto n : now) ranks_[n] = round;
    return !now.empty();
  }

  // With what was true before this round.
  [[nodiscard]] bool is_true(Index formula, std::size_t round) const {
    const auto& f = model_.formulas[formula];
    const auto part_is_true = [&](Index part) { return is_true(part, round); };
    switch (f.op) {
      case Operator::always: return true;
      case Operator::never: return false;
      case Operator::atom: return atoms_.contains(f.index) || model_.atoms[f.index].free;
      case Operator::node: return ranks_[f.index] < round;
      case Operator::all_of: return std::ranges::all_of(f.parts, part_is_true);
      case Operator::any_of: return std::ranges::any_of(f.parts, part_is_true);
      case Operator::at_least: return std::cmp_greater_equal(std::ranges::count_if(f.parts, part_is_true), f.count);
      case Operator::distinct: return !seated(f, round).empty() || f.slots.empty();
      case Operator::independent: break;  // compile() writes none
    }
    return false;
  }

  // A candidate's formula for each slot, no person twice; empty when there is no such choice.
  [[nodiscard]] std::vector<Index> seated(const prover::Formula& f, std::size_t round) const {
    std::vector<Index> chosen;
    std::vector<Index> persons;
    if (!seat(f, round, persons, chosen)) chosen.clear();
    return chosen;
  }
  bool seat(const prover::Formula& f, std::size_t round, std::vector<Index>& persons,
            std::vector<Index>& chosen) const {
    if (chosen.size() == f.slots.size()) return true;
    for (const auto& [person, formula] : f.slots[chosen.size()]) {
      if (std::ranges::find(persons, person) != persons.end() || !is_true(formula, round)) continue;
      persons.push_back(person);
      chosen.push_back(formula);
      if (seat(f, round, persons, chosen)) return true;
      persons.pop_back();
      chosen.pop_back();
    }
    return false;
  }

  void collect(Index formula, std::size_t round, std::set<Index>& atoms, std::set<Index>& nodes) const {
    const auto& f = model_.formulas[formula];
    switch (f.op) {
      case Operator::always:
      case Operator::never:
      case Operator::independent: return;
      case Operator::atom: atoms.insert(f.index); return;
      case Operator::node: nodes.insert(f.index); return;
      case Operator::all_of:
      case Operator::at_least:
        for (const auto part : f.parts)
          if (is_true(part, round)) collect(part, round, atoms, nodes);
        return;
      case Operator::any_of:
        for (const auto part : f.parts)
          if (is_true(part, round)) return collect(part, round, atoms, nodes);
        return;
      case Operator::distinct:
        for (const auto part : seated(f, round)) collect(part, round, atoms, nodes);
        return;
    }
  }

  const prover::Model& model_;
  std::set<Index> atoms_;
  std::vector<std::size_t> ranks_;
  std::map<Index, Used> used_;
};

template <typename Named>
std::optional<Index> index_of(const std::vector<Named>& list, std::string_view name) {
  const auto found = std::ranges::lower_bound(list, name, {}, &Named::name);
  if (found == list.end() || found->name != name) return std::nullopt;
  return static_cast<Index>(found - list.begin());
}

bool is_a_person(std::string_view node) { return node.starts_with("acts:") || node.starts_with("attests:"); }

// Which form of a request of which account this node is.
std::optional<StoryCase> case_of(const Compiled& compiled, std::string_view node) {
  for (const auto* accounts : {&compiled.accounts, &compiled.others})
    for (const auto& forms : *accounts)
      if (const auto found = std::ranges::find(forms.nodes, node); found != forms.nodes.end())
        return StoryCase{forms.name, static_cast<std::size_t>(found - forms.nodes.begin()), {}, {}, {}};
  return std::nullopt;
}

}  // namespace

std::vector<Capability> capabilities(const Compiled& compiled, const std::vector<std::string>& atoms) {
  std::vector<Capability> out;
  for (const auto& name : atoms)
    if (const auto i = index_of(compiled.model.atoms, name))
      out.push_back({name, compiled.model.atoms[*i].level, compiled.atoms[*i]});
  std::ranges::sort(out, {}, [](const Capability& c) { return std::pair(-c.level, std::string_view(c.atom)); });
  return out;
}

std::string capabilities_in_words(const std::vector<Capability>& list) {
  std::string out;
  for (const auto& c : list) out += concat(out.empty() ? "" : "; ", c.words, " (level ", c.level, ")");
  return out.empty() ? "nothing at all" : out;
}

Story story_of(const Compiled& compiled, const std::vector<std::string>& atoms, std::string_view node,
               std::string account) {
  Story out;
  out.account = std::move(account);
  out.takes = capabilities(compiled, atoms);
  std::set<Index> had;
  for (const auto& name : atoms)
    if (const auto i = index_of(compiled.model.atoms, name)) had.insert(*i);
  Derivation derivation(compiled.model, std::move(had));
  if (const auto target = index_of(compiled.model.nodes, node)) derivation.trace(*target);
  std::set<std::size_t> lines;
  for (const auto& [n, used] : derivation.in_order()) {
    const auto& about = compiled.nodes[n];
    lines.insert(about.lines.begin(), about.lines.end());
    if (auto opened = case_of(compiled, compiled.model.nodes[n].name)) {
      for (const auto used_node : used.nodes) {
        const std::string_view name = compiled.model.nodes[used_node].name;
        if (name.starts_with("signal:")) opened->signals.emplace_back(name.substr(7, name.find('@') - 7));
        if (name.starts_with("acts:")) opened->people.emplace_back(name.substr(5));
        if (name.starts_with("attests:")) opened->attest.emplace_back(name.substr(8));
      }
      out.cases.push_back(*std::move(opened));
    }
    if (about.words.empty()) continue;
    std::string words = about.words;
    std::string by;
    for (const auto a : used.atoms) by += concat(by.empty() ? "" : "; ", compiled.atoms[a]);
    if (!by.empty() && !is_a_person(compiled.model.nodes[n].name)) words += concat(" (", by, ")");
    out.steps.push_back({std::move(words), about.lines});
  }
  out.lines.assign(lines.begin(), lines.end());
  return out;
}

std::string lines_in_words(const Lines& lines) {
  std::string out = lines.size() == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < lines.size();) {
    auto last = i;
    while (last + 1 < lines.size() && lines[last + 1] == lines[last] + 1) ++last;
    out += concat(i == 0 ? "" : ", ", lines[i]);
    if (last > i) out += concat("-", lines[last]);
    i = last + 1;
  }
  return out;
}

std::vector<std::string> told(const Story& story) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    const auto& step = story.steps[i];
    out.push_back(
        concat(i + 1, " ", step.words, step.lines.empty() ? "" : concat("  [", lines_in_words(step.lines), "]")));
  }
  return out;
}

Json to_json(const Story& story) {
  Json takes = Json::array();
  for (const auto& c : story.takes)
    takes.push(Json::object({{"atom", c.atom}, {"level", c.level}, {"words", c.words}}));
  Json steps = Json::array();
  const auto numbers = [](const Lines& lines) {
    Json out = Json::array();
    for (const auto line : lines) out.push(line);
    return out;
  };
  for (const auto& step : story.steps)
    steps.push(Json::object({{"words", step.words}, {"lines", numbers(step.lines)}}));
  return Json::object({{"account", story.account},
                       {"takes", std::move(takes)},
                       {"steps", std::move(steps)},
                       {"lines", numbers(story.lines)}});
}

}  // namespace sallyport::proof
