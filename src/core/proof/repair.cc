#include "core/proof/repair.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/policy/yaml.h"

namespace sallyport::proof {
namespace {

using Node = YamlNode;

// One insertion or replacement in the text.
struct Candidate {
  std::size_t line = 0;
  std::size_t at = 0;      // byte of the text
  std::size_t length = 0;  // bytes replaced
  std::string put;
  std::string words;
};

class Candidates {
 public:
  Candidates(const Policy& policy, const Node& root) : policy_(policy), text_(policy.text()), root_(root) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i)
      if (text_[i] == '\n') starts_.push_back(i + 1);
  }

  // The narrowest first: a floor for one class, one action's tier, what a tier asks for.
  std::vector<Candidate> all() {
    floors();
    actions();
    tiers();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::size_t offset(const Node& n) const { return starts_[n.line - 1] + n.column - 1; }
  [[nodiscard]] bool in_flow(const Node& n) const {
    const auto at = offset(n);
    return at < text_.size() && (text_[at] == '{' || text_[at] == '[');
  }
  void replace(const Node& scalar, std::string put, std::string words) {
    if (!scalar.quoted)
      out_.push_back({scalar.line, offset(scalar), scalar.text.size(), std::move(put), std::move(words)});
  }
  void insert(std::size_t line, std::size_t at, std::string put, std::string words) {
    out_.push_back({line, at, 0, std::move(put), std::move(words)});
  }
  [[nodiscard]] bool stricter(const TierName& than, const TierName& tier) const {
    const auto& a = policy_.tiers().at(than).requirement;
    const auto& b = policy_.tiers().at(tier).requirement;
    return tier != than && join(a, b) == join(b, b);
  }

  void floors() {
    const auto* classes = root_.find("classes");
    for (std::size_t i = 0; i < classes->items.size(); ++i) {
      const auto& item = classes->items[i];
      const auto& known = policy_.classes()[i];
      const auto* floor = item.find("floor");
      for (const auto& [tier, unused] : policy_.tiers()) {
        const auto words =
            concat("let every action on ", known.name.text(), " ask for at least the tier ", tier.text());
        if (floor != nullptr && known.floor && stricter(*known.floor, tier)) replace(*floor, tier.text(), words);
        if (floor == nullptr && in_flow(item))
          insert(item.line, offset(item) + 1, concat("floor: ", tier.text(), ", "), words);
      }
    }
  }

  void actions() {
    for (const auto& [key, value] : root_.find("actions")->members) {
      const auto action = action_from_text(key.text);
      if (!action || !restores(*action)) continue;
      for (const auto& [tier, unused] : policy_.tiers())
        if (stricter(policy_.actions().at(*action), tier))
          replace(value, tier.text(), concat("let ", key.text, " ask for the tier ", tier.text()));
    }
  }

  void tiers() {
    std::string team = "help_desk";
    for (const auto& name : policy_.guarantees().never_alone)
      if (name != "third_party") team = name;
    for (const auto& [key, value] : root_.find("tiers")->members) {
      const auto another = concat("{at_least: 1, outside: ", team, "}");
      const auto words = concat("let the tier ", key.text, " ask for somebody outside ", team);
      if (const auto* approvers = value.find("approvers")) {
        for (const auto& item : approvers->items)
          if (const auto* least = item.find("at_least");
              least != nullptr && least->text.size() == 1 && least->text < "8")
            replace(*least, std::string(1, static_cast<char>(least->text[0] + 1)),
                    concat("let the tier ", key.text, " ask for one approver more"));
        if (in_flow(*approvers) && !approvers->items.empty()) {
          insert(approvers->line, offset(*approvers) + 1, concat(another, ", "), words);
          insert(approvers->line, offset(*approvers) + 1, "{at_least: 1, from: account.organization}, ",
                 concat("let the tier ", key.text, " ask for somebody of the account's own organization"));
        }
      } else if (in_flow(value)) {
        insert(value.line, offset(value) + 1, concat("approvers: [", another, "], "), words);
      }
      if (const auto* signals = value.find("signals");
          signals != nullptr && signals->text.size() == 1 && signals->text < "8")
        replace(*signals, std::string(1, static_cast<char>(signals->text[0] + 1)),
                concat("let the tier ", key.text, " ask for one signal more"));
    }
  }

  const Policy& policy_;
  const std::string& text_;
  const Node& root_;
  std::vector<std::size_t> starts_;
  std::vector<Candidate> out_;
};

std::string line_of(std::string_view text, std::size_t number) {
  for (std::size_t i = 1; i < number; ++i) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return std::string(text.substr(0, text.find('\n')));
}

class Search {
 public:
  Search(const Policy& policy, const Population& population, const Proof& proof)
      : policy_(policy), population_(population), broken_(broken_of(proof)) {}

  std::optional<Repair> run() {
    const auto root = read_yaml(policy_.text());
    if (!root) return std::nullopt;
    const auto candidates = Candidates(policy_, *root).all();
    std::vector<const Candidate*> helpful;  // mend something and break nothing
    for (const auto& c : candidates) {
      const auto left = broken_after({&c});
      if (!left) continue;
      if (left->empty()) return repair({&c});
      if (left->size() < broken_.size() && std::ranges::includes(broken_, *left)) helpful.push_back(&c);
    }
    for (std::size_t i = 0; i < helpful.size(); ++i)
      for (std::size_t j = i + 1; j < helpful.size(); ++j)
        if (const auto left = broken_after({helpful[i], helpful[j]}); left && left->empty())
          return repair({helpful[i], helpful[j]});
    return std::nullopt;
  }

 private:
  using Broken = std::set<std::string>;
  static Broken broken_of(const Proof& proof) {
    Broken out;
    for (const auto& f : proof.findings)
      if (f.standing != Standing::holds) out.insert(concat(f.guarantee, "/", f.account, "/", f.about));
    return out;
  }

  [[nodiscard]] std::string edited(std::vector<const Candidate*> edits) const {
    std::ranges::sort(edits, std::greater(), &Candidate::at);
    auto text = policy_.text();
    for (const auto* e : edits) text.replace(e->at, e->length, e->put);
    return text;
  }

  // Nothing when the edited text is no policy, or is not to be tried any more.
  std::optional<Broken> broken_after(const std::vector<const Candidate*>& edits) {
    if (edits.size() == 2 && edits[0]->at == edits[1]->at) return std::nullopt;
    if (++tried_ > repairs_tried_max) return std::nullopt;
    const auto checked = Policy::check(edited(edits));
    if (!checked.policy) return std::nullopt;
    bool few_groups = false;
    auto population = population_.assumed ? assumed(*checked.policy, few_groups) : Result<Population>(population_);
    if (!population) return std::nullopt;
    const auto proof = prove_policy(*checked.policy, *population, {.pessimistic = false});
    if (!proof) return std::nullopt;
    return broken_of(*proof);
  }

  [[nodiscard]] Repair repair(const std::vector<const Candidate*>& edits) const {
    Repair out;
    out.text = edited(edits);
    for (const auto* e : edits)
      out.edits.push_back({e->line, e->words, line_of(policy_.text(), e->line), line_of(out.text, e->line)});
    std::ranges::sort(out.edits, {}, &Edit::line);
    return out;
  }

  const Policy& policy_;
  const Population& population_;
  Broken broken_;
  std::size_t tried_ = 0;
};

}  // namespace

std::vector<OneLineEdit> one_line_edits(const Policy& policy) {
  std::vector<OneLineEdit> out;
  const auto root = read_yaml(policy.text());
  if (!root) return out;
  for (const auto& c : Candidates(policy, *root).all()) {
    auto text = policy.text();
    text.replace(c.at, c.length, c.put);
    Edit edit{c.line, c.words, line_of(policy.text(), c.line), line_of(text, c.line)};
    out.push_back({std::move(edit), std::move(text)});
  }
  return out;
}

std::optional<Repair> smallest_repair(const Policy& policy, const Population& population, const Proof& proof) {
  return Search(policy, population, proof).run();
}

Json to_json(const Repair& repair) {
  Json edits = Json::array();
  for (const auto& e : repair.edits)
    edits.push(Json::object({{"line", e.line}, {"words", e.words}, {"before", e.before}, {"after", e.after}}));
  return Json::object({{"edits", std::move(edits)}, {"text", repair.text}});
}

}  // namespace sallyport::proof
