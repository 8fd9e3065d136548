#include "core/proof/repair.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/policy/yaml.h"
#include "core/proof/account_prover.h"
#include "core/proof/catalogue.h"
#include "core/prover/evaluate.h"
#include "core/prover/order.h"

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

  // Those, and what only a proof asks for: a front door that falls by itself made stronger, and signals that stories
  // give no longer taken. What the stories name comes first.
  std::vector<Candidate> all_beside(const Proof& proof, const std::set<std::size_t>& lines,
                                    const Population& population) {
    front_doors(proof, population);
    const auto doors = out_.size();
    floors();
    actions();
    tiers();
    signals(proof);
    std::stable_partition(out_.begin() + static_cast<std::ptrdiff_t>(doors), out_.end(),
                          [&](const Candidate& c) { return lines.contains(c.line); });
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

  // Up to the bracket that closes what opens here; nothing when that stands on another line.
  [[nodiscard]] std::optional<std::size_t> length_in_line(const Node& n) const {
    std::size_t depth = 0;
    for (auto at = offset(n); at < text_.size() && text_[at] != '\n' && text_[at] != '#'; ++at) {
      if (text_[at] == '[' || text_[at] == '{') ++depth;
      if ((text_[at] == ']' || text_[at] == '}') && --depth == 0) return at + 1 - offset(n);
    }
    return std::nullopt;
  }

  // Where people are promised and signing in needs nobody, no recovery is at fault.
  void front_doors(const Proof& proof, const Population& population) {
    std::set<ClassName> weak;
    AccountProver prover(proof.technical.model);
    for (const auto& f : proof.findings) {
      if (f.standing == Standing::holds || !f.guarantee.starts_with("people_needed")) continue;
      const auto& accounts = proof.technical.accounts;
      const auto& forms = *std::ranges::find(accounts, f.account, &AccountForms::name);
      const auto& model = proof.technical.model;
      if (prover.door_is_ambient(*std::ranges::find(model.accounts, f.account, &prover::Account::name)))
        weak.insert(policy_.classes()[forms.account_class].name);
    }
    const auto* doors = root_.find("front_door");
    if (weak.empty() || doors == nullptr) return;
    for (const auto& [key, value] : doors->members) {
      const auto door =
          std::ranges::find(policy_.front_doors(), key.text, [](const FrontDoor& d) { return d.account_class.text(); });
      const auto length = in_flow(value) ? length_in_line(value) : std::nullopt;
      if (door == policy_.front_doors().end() || !weak.contains(door->account_class) || !length) continue;
      std::string kept;
      for (const auto& way : door->ways) {
        if (falls_from_afar(way, population, proof.technical.model.ambient_level)) continue;
        std::string names;
        for (const auto& name : way) names += concat(names.empty() ? "" : ", ", name);
        kept += concat(kept.empty() ? "" : ", ", "[", names, "]");
      }
      const auto words = concat("let ", key.text,
                                kept.empty() ? " sign in with a passkey, which cannot be phished"
                                             : " no longer sign in with what falls to attacks from afar");
      out_.push_back(
          {value.line, offset(value), *length, kept.empty() ? "[[passkey]]" : concat("[", kept, "]"), words});
    }
  }
  static bool falls_from_afar(const std::vector<std::string>& way, const Population& population, int ambient) {
    const auto level = [&](std::string_view what) {
      const auto given = std::ranges::find(population.levels, what, &ThingLevel::thing);
      if (given != population.levels.end()) return given->level;
      const auto* known = thing_named(what);
      return known != nullptr ? known->level : unknown_thing_level;
    };
    return std::ranges::all_of(way, [&](const std::string& authenticator) {
      return std::ranges::any_of(ways_to_use(authenticator), [&](const auto& things) {
        return std::ranges::all_of(things, [&](std::string_view what) { return level(what) <= ambient; });
      });
    });
  }

  // A tier that no longer takes a signal by which somebody gets through.
  void signals(const Proof& proof) {
    std::set<std::string> given;
    for (const auto& f : proof.findings)
      for (const auto& story : f.stories)
        for (const auto& opened : story.cases) given.insert(opened.signals.begin(), opened.signals.end());
    const auto from = [&](const Node& asks, std::string_view what) {
      for (const auto& signal : given) {
        const auto words = concat("let ", what, " no longer take ", signal);
        if (const auto* allow = asks.find("allow")) {
          const auto length = in_flow(*allow) ? length_in_line(*allow) : std::nullopt;
          std::string left;
          bool takes = false;
          for (const auto& item : allow->items) {
            if (item.text == signal) takes = true;
            else left += concat(left.empty() ? "" : ", ", item.text);
          }
          if (takes && length && !left.empty())
            out_.push_back({allow->line, offset(*allow), *length, concat("[", left, "]"), words});
        } else if (in_flow(asks)) {
          std::string left;
          for (const auto& known : policy_.signals())
            if (known.name.text() != signal) left += concat(left.empty() ? "" : ", ", known.name.text());
          if (!left.empty()) insert(asks.line, offset(asks) + 1, concat("allow: [", left, "], "), words);
        }
      }
    };
    for (const auto& [key, value] : root_.find("tiers")->members) from(value, concat("the tier ", key.text));
    if (const auto* rules = root_.find("rules"))
      for (const auto& rule : rules->items)
        if (rule.find("allow") != nullptr && rule.find("id") != nullptr)
          from(rule, concat("the rule ", rule.find("id")->text));
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

std::set<std::size_t> lines_of(const Proof& proof) {
  std::set<std::size_t> out;
  for (const auto& f : proof.findings) {
    if (f.standing == Standing::holds) continue;
    out.insert(f.lines.begin(), f.lines.end());
    for (const auto& story : f.stories) out.insert(story.lines.begin(), story.lines.end());
  }
  return out;
}

// Looks for edits that close every way that is open: one, two, three of them. What each leaves open by itself says
// which to try together first (a hitting set of what is open); what opens only after an edit, the lines of its stories.
// Every set is proved.
class Search {
 public:
  Search(const Policy& policy, const Population& population, const Proof& proof)
      : policy_(policy), population_(population), proof_(proof), open_(open_in(proof)) {}

  std::optional<Repair> run() {
    const auto root = read_yaml(policy_.text());
    if (!root) return std::nullopt;
    const auto candidates = Candidates(policy_, *root).all_beside(proof_, lines_of(proof_), population_);
    std::vector<Tried> ones;
    for (const auto& c : candidates) {
      if (tried_ == ones_tried_max) break;
      auto one = after({&c});
      if (!one) continue;
      if (one->left.empty()) return repair({&c});
      if (!locks_out(one->left)) ones.push_back(*std::move(one));
    }
    std::vector<Tried> sets;
    std::ranges::copy_if(ones, std::back_inserter(sets), [&](const Tried& one) { return helps(one); });
    for (const auto most : {twos_tried_max, threes_tried_max}) {
      std::vector<Tried> larger;
      for (const auto& next : joined(sets, ones)) {
        if (tried_ >= most) break;
        auto set = after(next);
        if (!set) continue;
        if (set->left.empty()) return repair(without_spare(next));
        larger.push_back(*std::move(set));
      }
      sets = std::move(larger);
    }
    return std::nullopt;
  }

 private:
  using Open = std::set<std::string>;
  using Edits = std::vector<const Candidate*>;
  struct Tried {
    Edits edits;
    Open left;  // what is still open
    std::set<std::size_t> lines;  // of its stories
  };

  // Of each guarantee that does not hold each way, by each action that it completes: it is closed when all of them are.
  // Of ways that are not told only the number is known.
  static Open open_in(const Proof& proof) {
    Open out;
    const auto& model = proof.technical.model;
    const auto order = prover::order_of(model);
    for (const auto& f : proof.findings) {
      if (f.standing == Standing::holds) continue;
      const auto guarantee = concat(f.guarantee, "/", f.account, "/", f.about, "/");
      if (f.stories.empty()) out.insert(guarantee);
      for (const auto& story : f.stories) {
        std::vector<bool> atoms(model.atoms.size());
        auto way = guarantee;
        for (prover::Index a = 0; a < atoms.size(); ++a) {
          atoms[a] = std::ranges::find(story.takes, model.atoms[a].name, &Capability::atom) != story.takes.end();
          if (atoms[a]) way += concat(model.atoms[a].name, " ");
        }
        prover::Work work;
        const auto truths = prover::evaluate(model, order, std::move(atoms), false, work);
        bool by_action = false;
        for (prover::Index n = 0; n < truths.size(); ++n) {
          if (!truths[n] || !model.nodes[n].recovery || !model.nodes[n].name.contains('#')) continue;
          out.insert(concat(way, model.nodes[n].name));
          by_action = true;
        }
        if (!by_action) out.insert(way);
      }
      for (std::size_t i = 0; i < std::min(f.more, ways_counted_max); ++i) out.insert(concat(guarantee, "+", i));
    }
    return out;
  }

  [[nodiscard]] bool helps(const Tried& tried) const { return !std::ranges::includes(tried.left, open_); }
  // Whom an edit locks out, no other that asks for more lets in again.
  [[nodiscard]] bool locks_out(const Open& left) const {
    return std::ranges::any_of(left, [&](const std::string& way) {
      return !open_.contains(way) && (way.starts_with("no_lockout/") || way.starts_with("class/"));
    });
  }

  // Each of these sets with one edit more that helps, or is about what the set leaves open; those first of which least
  // can be left.
  [[nodiscard]] std::vector<Edits> joined(const std::vector<Tried>& sets, const std::vector<Tried>& ones) const {
    struct Next {
      std::size_t left = 0;
      Edits edits;
    };
    std::vector<Next> out;
    std::set<std::set<const Candidate*>> known;
    for (const auto& some : sets)
      for (const auto& one : ones) {
        const auto* edit = one.edits.front();
        if (!helps(one) && !some.lines.contains(edit->line)) continue;
        if (std::ranges::any_of(some.edits, [&](const Candidate* c) { return c->at == edit->at; })) continue;
        auto edits = some.edits;
        edits.push_back(edit);
        if (!known.insert({edits.begin(), edits.end()}).second) continue;
        const auto left =
            std::ranges::count_if(some.left,
                                  [&](const auto& way) { return !open_.contains(way) || one.left.contains(way); }) +
            std::ranges::count_if(one.left, [&](const auto& way) { return !open_.contains(way); });
        out.push_back({static_cast<std::size_t>(left), std::move(edits)});
      }
    std::ranges::stable_sort(out, {}, &Next::left);
    std::vector<Edits> sorted;
    for (auto& next : out) sorted.push_back(std::move(next.edits));
    return sorted;
  }

  // Of three that were tried before all pairs were, two may do.
  Edits without_spare(const Edits& edits) {
    for (const auto* spare : edits) {
      if (edits.size() < 3) break;
      auto fewer = edits;
      std::erase(fewer, spare);
      if (const auto set = after(fewer); set && set->left.empty()) return fewer;
    }
    return edits;
  }

  [[nodiscard]] std::string edited(Edits edits) const {
    std::ranges::sort(edits, std::greater(), &Candidate::at);
    auto text = policy_.text();
    for (const auto* e : edits) text.replace(e->at, e->length, e->put);
    return text;
  }

  // Nothing when the edited text is no policy, or is not to be tried any more.
  std::optional<Tried> after(const Edits& edits) {
    if (++tried_ > repairs_tried_max) return std::nullopt;
    const auto checked = Policy::check(edited(edits));
    if (!checked.policy) return std::nullopt;
    bool few_groups = false;
    auto population = population_.assumed ? assumed(*checked.policy, few_groups) : Result<Population>(population_);
    if (!population) return std::nullopt;
    const auto proof = prove_policy(*checked.policy, *population, {.pessimistic = false});
    if (!proof) return std::nullopt;
    return Tried{edits, open_in(*proof), lines_of(*proof)};
  }

  [[nodiscard]] Repair repair(const std::vector<const Candidate*>& edits) const {
    Repair out;
    out.text = edited(edits);
    for (const auto* e : edits)
      out.edits.push_back({e->line, e->words, line_of(policy_.text(), e->line), line_of(out.text, e->line)});
    std::ranges::sort(out.edits, {}, &Edit::line);
    return out;
  }

  static constexpr std::size_t ones_tried_max = 90, twos_tried_max = 125, threes_tried_max = repairs_tried_max - 3;
  static constexpr std::size_t ways_counted_max = 50;  // of those that no story tells

  const Policy& policy_;
  const Population& population_;
  const Proof& proof_;
  Open open_;
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
