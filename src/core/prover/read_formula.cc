#include "core/prover/read_formula.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport::prover {
namespace {

constexpr std::string_view all_forms =
    R"(true, false, a name, or one of {"and": [..]}, {"or": [..]}, {"atleast": [k, [..]]}, )"
    R"({"distinct": {"slots": [..]}}, {"indep": {"k": n, "signals": [..]}})";

constexpr std::size_t reads_kept = 4;

}  // namespace

const Formula* FormulaReader::known(const std::vector<Read>& kept, const Spot& at, std::size_t depth) {
  for (const auto& read : kept)
    if (read.depth == depth && *read.json == *at) return &read.formula;
  return nullptr;
}

void FormulaReader::keep(std::vector<Read>& kept, const Spot& at, std::size_t depth, const Formula& formula) {
  if (kept.size() == reads_kept) kept.erase(kept.begin());
  kept.push_back({&*at, depth, formula});
}

Index FormulaReader::read(const Spot& at) {
  if (!at->is_object() || complaints_.full()) return read(at, 0);
  if (const auto* before = known(wholes_, at, 0); before != nullptr && pool_.size() < formulas_max) {
    pool_.push_back(*before);
    return pool_.size() - 1;
  }
  const auto complaints = complaints_.size();
  const auto out = read(at, 0);
  if (complaints_.size() == complaints) keep(wholes_, at, 0, pool_[out]);
  return out;
}

Index FormulaReader::read(const Spot& at, std::size_t depth) {
  Formula out;
  if (complaints_.full()) return 0;
  if (depth > formula_depth_max) {
    complaints_.add(at, concat("a formula is nested more than ", formula_depth_max, " deep"),
                    "give parts of it a node");
  } else if (at->is_bool()) {
    out.op = at->as_bool() ? Operator::always : Operator::never;
  } else if (at->is_string()) {
    out = by_name(at);
  } else if (at->is_object()) {
    out = by_operator(at, depth);
  } else {
    complaints_.add(at, "this is no formula", concat("write ", all_forms));
  }
  if (pool_.size() >= formulas_max) {
    complaints_.add(at, concat("the model has more than ", formulas_max, " formulas"), "prove it in parts");
    return 0;
  }
  pool_.push_back(std::move(out));
  return pool_.size() - 1;
}

Formula FormulaReader::by_name(const Spot& at) {
  const auto& name = at->as_string();
  Formula out;
  if (const auto atom = names_.atoms->find(name)) {
    out.op = Operator::atom;
    out.index = *atom;
  } else if (const auto node = names_.nodes->find(name)) {
    out.op = Operator::node;
    out.index = *node;
  } else {
    complaints_.add(at, concat("`", name, "` is not known"),
                    suggestion(name, {&names_.atoms->all(), &names_.nodes->all()}, concat("name ", names_.kinds)));
  }
  return out;
}

Formula FormulaReader::by_operator(const Spot& at, std::size_t depth) {
  const Json::Member* found = nullptr;
  std::size_t number = 0;
  for (const auto& member : at->as_object())
    if (member.first != "note") {
      found = &member;
      ++number;
    }
  if (number != 1) {
    complaints_.add(at, concat("an operator is expected, and here are ", number), concat("write ", all_forms));
    return {};
  }
  const auto value = at.member(*found);
  const auto& name = found->first;
  Formula out;
  if (name == "and" || name == "or") {
    out.op = name == "and" ? Operator::all_of : Operator::any_of;
    out.parts = parts(value, depth);
    return out;
  }
  if (name == "atleast") return at_least(value, depth);
  if (name == "distinct") return distinct(value, depth);
  if (name == "indep") return independent(value, depth);
  const std::vector<std::string> operators{"and", "or", "atleast", "distinct", "indep"};
  complaints_.add(value, concat("`", name, "` is no operator"),
                  suggestion(name, {&operators}, concat("write ", all_forms)));
  return out;
}

std::vector<Index> FormulaReader::parts(const Spot& at, std::size_t depth) {
  std::vector<Index> out;
  if (!complaints_.list(at, "the parts of a formula", formulas_max)) return out;
  for (std::size_t i = 0; i < at->as_array().size(); ++i) out.push_back(read(at.item(i), depth + 1));
  return out;
}

Formula FormulaReader::at_least(const Spot& at, std::size_t depth) {
  Formula out;
  if (!at->is_array() || at->as_array().size() != 2) {
    complaints_.add(at, "`atleast` takes a number and a list", R"(write {"atleast": [2, ["a", "b", "c"]]})");
    return out;
  }
  out.op = Operator::at_least;
  out.count = static_cast<std::size_t>(complaints_.number(at.item(0), 0, count_max));
  out.parts = parts(at.item(1), depth);
  return out;
}

std::optional<Index> FormulaReader::person(const Spot& at) {
  const auto name = complaints_.name(at, "a person");
  const auto found = names_.persons->find(name);
  if (!found && at->is_string())
    complaints_.add(at, concat("the person `", name, "` is not known"),
                    suggestion(name, {&names_.persons->all()}, "list them among `persons`"));
  return found;
}

Formula FormulaReader::distinct(const Spot& at, std::size_t depth) {
  if (const auto* before = known(seats_, at, depth)) return *before;
  const auto complaints = complaints_.size();
  auto out = read_distinct(at, depth);
  if (complaints_.size() == complaints) keep(seats_, at, depth, out);
  return out;
}

Formula FormulaReader::read_distinct(const Spot& at, std::size_t depth) {
  Formula out;
  if (!complaints_.object(at, "`distinct`")) return out;
  complaints_.only_keys(at, {"slots", "exclude"});
  std::vector<bool> excluded(names_.persons->size());
  if (const auto list = at.find("exclude"); list && complaints_.list(*list, "excluded persons", persons_max))
    for (std::size_t i = 0; i < (*list)->as_array().size(); ++i)
      if (const auto who = person(list->item(i))) excluded[*who] = true;
  const auto slots = at.find("slots");
  if (!slots) {
    complaints_.add(at, "`slots` is missing", R"(write "slots": [[["bob", FORMULA], ["carol", FORMULA]], ..])");
    return out;
  }
  if (!complaints_.list(*slots, "slots", slots_max)) return out;
  out.op = Operator::distinct;
  for (std::size_t i = 0; i < (*slots)->as_array().size(); ++i)
    out.slots.push_back(slot(slots->item(i), excluded, depth));
  return out;
}

std::vector<Candidate> FormulaReader::slot(const Spot& at, const std::vector<bool>& excluded, std::size_t depth) {
  std::vector<Candidate> out;
  if (!complaints_.list(at, "the candidates of a slot", persons_max)) return out;
  for (std::size_t i = 0; i < at->as_array().size(); ++i) {
    const auto candidate = at.item(i);
    if (!candidate->is_array() || candidate->as_array().size() != 2) {
      complaints_.add(candidate, "a candidate is a person and a formula", R"(write ["bob", "person:bob"])");
      continue;
    }
    const auto who = person(candidate.item(0));
    const auto formula = read(candidate.item(1), depth + 1);
    if (who && !excluded[*who]) out.push_back({*who, formula});
  }
  return out;
}

Formula FormulaReader::independent(const Spot& at, std::size_t depth) {
  Formula out;
  if (!complaints_.object(at, "`indep`")) return out;
  complaints_.only_keys(at, {"k", "signals"});
  out.count = static_cast<std::size_t>(complaints_.number_at(at, "k", 0, count_max, std::nullopt));
  const auto signals = at.find("signals");
  if (!signals) {
    complaints_.add(at, "`signals` is missing", R"(write "signals": [{"f": FORMULA, "domains": ["telephone"]}, ..])");
    return out;
  }
  if (!complaints_.list(*signals, "signals", signals_max)) return out;
  out.op = Operator::independent;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < (*signals)->as_array().size(); ++i) {
    const auto signal = signals->item(i);
    if (!complaints_.object(signal, "a signal")) continue;
    complaints_.only_keys(signal, {"f", "domains"});
    Signal read_signal;
    if (const auto f = signal.find("f")) read_signal.formula = read(*f, depth + 1);
    else complaints_.add(signal, "`f` is missing", "give the signal's formula");
    const auto domains = signal.find("domains");
    if (!domains) complaints_.add(signal, "`domains` is missing", "list what the signal fails with; [] if nothing");
    if (domains && complaints_.list(*domains, "domains", domains_max))
      for (std::size_t d = 0; d < (*domains)->as_array().size(); ++d) {
        auto label = complaints_.name(domains->item(d), "a domain");
        const auto known = std::ranges::find(labels, label);
        read_signal.domains.push_back(static_cast<Index>(known - labels.begin()));
        if (known == labels.end()) labels.push_back(std::move(label));
      }
    out.signals.push_back(std::move(read_signal));
  }
  return out;
}

}  // namespace sallyport::prover
