#include "core/proof/observe.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "core/policy/explain.h"
#include "core/proof/account_prover.h"
#include "core/proof/catalogue.h"
#include "core/proof/easiest.h"
#include "core/prover/evaluate.h"
#include "core/prover/order.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using prover::Index;

class Observer {
 public:
  Observer(const Policy& policy, const Population& population, const Proof& proof)
      : policy_(policy),
        population_(population),
        compiled_(proof.technical),
        model_(proof.technical.model),
        order_(prover::order_of(model_)),
        prover_(model_) {}

  std::vector<Observation> run() {
    for (const auto& account : compiled_.accounts) {
      independent_signals(account);
      if (!guarded(account)) continue;
      two_people(account);
      phishable_only(account);
    }
    self_action();
    safe_direction();
    break_glass();
    impact_ladder();
    blast_radius();
    governance();
    alarm();
    freshness();
    chains();
    accepted_ways();
    refused_actions();
    std::vector<Observation> sorted;
    for (const bool concern : {true, false})
      for (auto& o : out_)
        if (o.concern == concern) sorted.push_back(std::move(o));
    return sorted;
  }

 private:
  void tell(std::string_view property, std::string about, std::string words, bool concern, Lines lines = {}) {
    out_.push_back({std::string(property), std::move(about), std::move(words), concern, std::move(lines)});
  }
  [[nodiscard]] const AccountClass& class_of(const AccountForms& account) const {
    return policy_.classes()[account.account_class];
  }
  // A class of which the policy says that it takes two people or more.
  [[nodiscard]] bool guarded(const AccountForms& account) const {
    const auto& needed = policy_.guarantees().people_needed;
    const auto found = needed.find(class_of(account).name);
    return found != needed.end() && found->second >= 2;
  }
  [[nodiscard]] std::optional<Index> node(std::string_view name) const {
    const auto found = std::ranges::lower_bound(model_.nodes, name, {}, &prover::Node::name);
    if (found == model_.nodes.end() || found->name != name) return std::nullopt;
    return static_cast<Index>(found - model_.nodes.begin());
  }
  [[nodiscard]] std::vector<bool> truths(std::vector<bool> atoms) const {
    prover::Work work;
    return prover::evaluate(model_, order_, std::move(atoms), false, work);
  }
  static bool is_person(const prover::Atom& atom) { return atom.name.starts_with("person:"); }

  void independent_signals(const AccountForms& account) {
    const auto& signals = policy_.signals();
    for (Index a = 0; a < model_.atoms.size(); ++a) {
      if (!model_.atoms[a].name.ends_with(concat("@", account.name))) continue;
      std::vector<bool> atoms(model_.atoms.size());
      atoms[a] = true;
      const auto nodes = truths(std::move(atoms));
      for (std::size_t i = 0; i < signals.size(); ++i)
        for (std::size_t j = i + 1; j < signals.size(); ++j) {
          if (((signals[i].shares >> j) & 1U) != 0) continue;
          const auto first = node(concat("signal:", signals[i].name.text(), "@", account.name));
          const auto second = node(concat("signal:", signals[j].name.text(), "@", account.name));
          if (!first || !second || !nodes[*first] || !nodes[*second]) continue;
          tell("independent_signals", account.name,
               concat(signals[i].name.text(), " and ", signals[j].name.text(),
                      " count as independent, and one thing gives both: ", compiled_.atoms[a]),
               true, {signals[i].line, signals[j].line});
        }
    }
  }

  // All machine evidence is forged and everybody else is honest: is one person's yes enough?
  void two_people(const AccountForms& account) {
    std::set<std::string> told;
    for (Index p = 0; p < model_.persons.size(); ++p) {
      std::vector<bool> atoms;
      for (const auto& atom : model_.atoms) atoms.push_back(!is_person(atom) || atom.owner == p);
      const auto nodes = truths(std::move(atoms));
      for (std::size_t i = 0; i < account.asks.size(); ++i) {
        const auto form = node(account.nodes[i]);
        if (!form || !nodes[*form] || !told.insert(account.nodes[i]).second) continue;
        tell("two_people", account.name,
             concat(to_string(account.asks[i].action),
                    " needs one person only once its signals are forged: ", model_.persons[p].name),
             true, compiled_.nodes[*form].lines);
      }
    }
  }

  [[nodiscard]] const prover::Account& in_model(const AccountForms& account) const {
    return *std::ranges::find(model_.accounts, account.name, &prover::Account::name);
  }
  [[nodiscard]] std::vector<Capability> capabilities_of(const prover::AtomSet& set) const {
    std::vector<std::string> names;
    set.each([&](std::size_t atom) { names.push_back(model_.atoms[atom].name); });
    return capabilities(compiled_, names);
  }

  void phishable_only(const AccountForms& account) {
    const std::vector<bool> nobody(model_.persons.size());
    if (!prover_.falls_to(in_model(account), nobody)) return;
    const auto needs = capabilities_of(prover_.way_of(in_model(account), nobody));
    tell("phishable_only", account.name, concat("falls to attacks from afar: ", capabilities_in_words(needs)), true,
         {class_of(account).line});
  }

  // Whoever has what the holder has, or speaks for them, is no other person in the holder's case.
  void self_action() {
    for (std::size_t i = 0; i < population_.accounts.size(); ++i) {
      const auto& account = population_.accounts[i];
      for (const auto& shared : account.shared) {
        const auto& kind = *std::ranges::find(population_.people, shared.people, &PeopleKind::name);
        bool counts = false;
        for (const auto& ask : compiled_.accounts[i].asks) {
          const auto facts = account.facts.view();
          std::optional<std::string> home;
          if (facts.knows(Attribute::account_organization)) home = facts.text(Attribute::account_organization);
          for (std::size_t k = 0; k < ask.needs.seat_kinds; ++k)
            counts = counts || may_sit(kind, policy_.selectors()[ask.needs.seats[k].selector], home);
          for (const auto& signal : policy_.signals())
            if (const auto who = attester_of(signal))
              counts = counts || (*who == Attester::agent ? kind.agent : kind.vouches);
        }
        tell("self_action", account.name,
             concat(kind.name,
                    shared.with == "word" ? std::string(" speaks for the holder")
                                          : concat(" has the holder's ", shared.with),
                    counts ? ", and yet counts as another person in their cases"
                           : ", and counts for nobody in their cases"),
             counts);
      }
    }
  }

  // Keeping everybody out must not be harder than letting somebody in.
  void safe_direction() {
    if (!policy_.actions().contains(Action::suspend)) return;
    const Lines line{policy_.action_line(Action::suspend)};
    for (const auto& account : compiled_.accounts) {
      if (account.suspending.empty()) {
        tell("safe_direction", account.name, "suspending the account is refused, whoever asks", true, line);
        continue;
      }
      const auto easier = [&](const Ask& ask) {
        return std::ranges::none_of(account.suspending, [&](const Ask& s) { return at_most(s.needs, ask.needs); });
      };
      if (const auto ask = std::ranges::find_if(account.asks, easier); ask != account.asks.end())
        tell("safe_direction", account.name,
             concat("suspending the account asks for something that ", to_string(ask->action), " does not"), true,
             line);
    }
  }

  void break_glass() {
    const auto tier = policy_.actions().find(Action::emergency_access);
    if (tier == policy_.actions().end()) return;
    const auto& asked = policy_.tiers().at(tier->second).requirement;
    const auto line = policy_.action_line(Action::emergency_access);
    if (!asked.lasts)
      tell("break_glass", "emergency_access", "emergency access has no end: give its tier `lasts`", true, {line});
    if (!asked.review)
      tell("break_glass", "emergency_access", "nobody reviews emergency access: give its tier `review`", true, {line});
    for (const auto& account : compiled_.accounts) {
      const auto n = node(concat("emergency_access@", account.name));
      if (!n) continue;
      const auto people = people_for(*n);
      if (!people) continue;
      tell("break_glass", model_.nodes[*n].name,
           concat("emergency access takes ", *people, *people == 1 ? " person" : " people", " at the least"),
           *people < 2, {line});
    }
  }

  // How many people can make this node true together, at the least.
  [[nodiscard]] std::optional<std::size_t> people_for(Index n) const {
    for (std::size_t most = 1; most <= model_.persons.size(); most *= 2) {
      prover::Work work;
      prover::Solver gang(model_, order_, gang_below(model_, most + 1), work);
      gang.solve(std::span(&n, 1));
      if (work.exhausted()) return std::nullopt;
      if (!gang.of_node(n).empty()) return gang.of_node(n).front().size();  // the smallest comes first
    }
    return std::nullopt;
  }

  // Classes stand in the policy with the most protected first.
  void impact_ladder() {
    std::set<std::string> told;
    for (const auto& high : compiled_.accounts)
      for (const auto& low : compiled_.accounts) {
        if (high.account_class >= low.account_class) continue;
        for (const auto& ask : high.asks) {
          bool any = false;
          bool less = false;
          for (const auto& other : low.asks)
            if (other.action == ask.action) {
              any = true;
              less = less || at_most(other.needs, ask.needs);
            }
          if (!any || less) continue;
          const auto words = concat(to_string(ask.action), " asks something of ", class_of(low).name.text(),
                                    " that it does not ask of ", class_of(high).name.text(), ", which stands above it");
          if (told.insert(words).second)
            tell("impact_ladder", high.name, words, true, {class_of(high).line, policy_.action_line(ask.action)});
        }
      }
  }

  void blast_radius() {
    const auto fallen = [&](std::optional<Index> person) {
      std::vector<bool> persons(model_.persons.size());
      if (person) persons[*person] = true;
      const auto nodes = truths(prover::atoms_of(model_, persons));
      std::uint64_t out = 0;
      for (std::size_t i = 0; i < model_.accounts.size(); ++i) {
        const auto& account = model_.accounts[i];
        if (!nodes[account.target] || (person && account.owner == *person)) continue;
        const auto kind = std::ranges::find(population_.accounts, account.name, &AccountKind::name);
        out += kind == population_.accounts.end() ? 1 : kind->count;
      }
      return out;
    };
    const auto nobody = fallen(std::nullopt);
    std::vector<std::pair<std::uint64_t, std::string>> radii;
    for (Index p = 0; p < model_.persons.size(); ++p) {
      if (model_.persons[p].name.starts_with("holder@")) continue;
      if (const auto more = fallen(p); more > nobody) radii.emplace_back(more - nobody, model_.persons[p].name);
    }
    std::ranges::sort(radii, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (radii.size() > blast_radii_max) radii.resize(blast_radii_max);
    for (const auto& [number, name] : radii)
      tell("blast_radius", name,
           concat(name, " alone can take ", number, number == 1 ? " account" : " accounts",
                  " that attacks from afar do not reach"),
           false);
    if (nobody > 0)
      tell("blast_radius", "nobody",
           concat(nobody, nobody == 1 ? " account falls" : " accounts fall", " to attacks from afar by themselves"),
           false);
  }

  // What gives power takes two operators (core/organization), and some need not ask the gateway at all
  // (docs/decisions/0017). What each takes, and which promises that goes below.
  void governance() {
    std::uint64_t operators = 0;
    for (const auto& kind : population_.people) operators += kind.invites ? kind.count : 0;
    if (const auto people = people_for(*node("activate_policy")))
      tell("governance", "activate_policy",
           concat(*people, " operators together appoint whom they like, and so put a policy of their own in force"),
           false);
    else if (!population_.assumed && operators < 2)
      tell("governance", "operators", "no policy can be put in force: it takes two operators, and there are fewer",
           true);
    std::string not_said;
    for (const auto& [name, words] : governed_from_outside) {
      const auto said = std::ranges::find(population_.governance, name, &Governor::what);
      if (said == population_.governance.end()) {
        not_said += concat(not_said.empty() ? "" : ", ", name);
        continue;
      }
      if (const auto people = people_for(*node(name)))
        tell("governance", std::string(name),
             concat(words, " takes ", *people, *people == 1 ? " person" : " people", ", and no case"), false);
    }
    if (!not_said.empty())
      tell(
          "governance", "organization",
          concat("who needs nobody's leave is not said (`governance` in the organization file), and not counted here: ",
                 not_said),
          !population_.assumed);
    for (const auto& account : compiled_.accounts) below_promise(account);
  }

  // The people who are promised are needed in cases; those who govern open none. Who is not said is taken for nobody
  // here, or nothing could be told of the others.
  void below_promise(const AccountForms& account) {
    const auto& promised = policy_.guarantees().people_needed;
    const auto wanted = promised.find(class_of(account).name);
    const auto& known = in_model(account);
    if (wanted == promised.end() || !prover_.gangs(known, wanted->second - 1).empty()) return;  // that is a finding
    const auto anyhow = *node(concat("anyhow@", account.name));
    auto reading = gang_below(model_, wanted->second);
    for (Index i = 0; i < model_.atoms.size(); ++i)
      if (model_.atoms[i].name.starts_with("anybody:")) reading.atoms[i] = {};
    prover::Work work;
    prover::Solver gang(model_, order_, std::move(reading), work);
    gang.solve(std::span(&anyhow, 1));
    for (const auto& people : gang.of_node(anyhow)) {  // the smallest comes first
      if (work.exhausted() || people.contains(known.owner)) continue;
      std::string names;
      people.each([&](std::size_t p) { names += concat(names.empty() ? "" : ", ", model_.persons[p].name); });
      return tell("governance", account.name,
                  concat(wanted->second, " people are promised for ", class_of(account).name.text(), ", and ",
                         people.size(), people.size() == 1 ? " who governs takes" : " who govern take",
                         " such an account (", governing(people), "): ", names),
                  true, {policy_.guarantees().lines.at("people_needed")});
    }
  }
  // By which ways these people do; of those who are not said nothing is.
  [[nodiscard]] std::string governing(const prover::AtomSet& people) const {
    std::vector<bool> persons(model_.persons.size());
    people.each([&](std::size_t p) { persons[p] = true; });
    const auto nodes = truths(prover::atoms_of(model_, persons));
    std::string out;
    const auto add = [&](std::string_view name) {
      if (nodes[*node(name)]) out += concat(out.empty() ? "" : ", ", name);
    };
    add("activate_policy");
    for (const auto& governor : population_.governance) add(governor.what);
    return out;
  }

  // Whoever is told beforehand can object. Without an alarm a hold gives other people time, and the holder none.
  void alarm() {
    bool any = false;
    bool alarmed = false;
    for (const auto& account : compiled_.accounts)
      for (const auto& ask : account.asks) {
        any = any || (guarded(account) && !ask.needs.alarm);
        alarmed = alarmed || ask.needs.alarm;
      }
    if (any)
      tell("alarm", "holders", "the holder hears of a recovery only afterwards: its tiers ask for no `alarm`", true);
    if (alarmed)
      tell("alarm", "ways",
           "what waits for an alarm is never done in this version: the gateway has no way to tell holders", true);
    for (const auto& [name, tier] : policy_.tiers())
      if (tier.needs.hold_without_strong > tier.needs.hold_with_strong)
        tell("alarm", name.text(), concat("a strong signal shortens the hold of the tier ", name.text()), false,
             {tier.line});
  }

  void freshness() {
    for (const auto& signal : policy_.signals())
      if (!signal.fresh)
        tell("freshness", signal.name.text(),
             concat(signal.name.text(), " has no `fresh`: once given it counts for as long as the case is open"), false,
             {signal.line});
  }

  // Whoever speaks for others by an account of their own can be had by taking that account first. A concern where that
  // is easier than having the person: then a chain of weak recoveries leads to a strong one.
  void chains() {
    std::set<std::string> told;
    for (const auto& other : compiled_.others) {
      const auto kind =
          std::ranges::find(population_.accounts, other.name.substr(0, other.name.find('~')), &AccountKind::name);
      const auto person = other.name.substr(other.name.find('~') + 1);
      const auto target = node(concat("control@", other.name));
      auto reading = prover::as_attacker(model_);
      reading.keep.safe = [&](const prover::AtomSet& set) {
        bool hard = false;
        set.each([&](std::size_t atom) { hard = hard || model_.atoms[atom].level >= person_level; });
        return hard;
      };
      prover::Work work;
      prover::Solver attacker(model_, order_, std::move(reading), work);
      attacker.solve(std::span(&*target, 1));
      const auto& ways = attacker.of_node(*target);
      if (work.exhausted()) continue;
      const bool less = !ways.empty();
      const auto whose = person.substr(0, person.find_last_of('-'));
      if (!told.insert(whose).second) continue;  // the others of their kind are in the same place
      std::string words = concat(person, " speaks for others by an account (", kind->name, ")");
      if (less)
        words += concat(" that falls with less than their own signature: ",
                        capabilities_in_words(capabilities_of(easiest(ways))));
      tell("chains", other.name, std::move(words), less, {class_of(other).line});
    }
    std::set<std::string> mutual;
    for (const auto& group : order_.groups) {
      std::set<std::string> accounts;
      for (const auto n : group.nodes)
        if (model_.nodes[n].name.starts_with("control@")) accounts.insert(model_.nodes[n].name.substr(8));
      if (accounts.size() > 1) mutual.insert(accounts.begin(), accounts.end());
    }
    std::string names;
    for (const auto& name : mutual) names += concat(names.empty() ? "" : ", ", name);
    if (!names.empty()) tell("chains", "", concat("each of these helps to recover the others: ", names), false);
    if (compiled_.others.empty())
      tell("chains", "", "no recovery rests on control of another account: approvers sign with what no reset gives",
           false);
  }
  [[nodiscard]] const prover::AtomSet& easiest(const prover::Antichain& ways) const {
    return *std::ranges::min_element(
        ways, {}, [&](const prover::AtomSet& set) { return prover::hardness_of(set, model_.atoms); });
  }

  // A guarantee that holds because somebody accepted a way holds otherwise than one that is proved.
  void accepted_ways() {
    for (const auto& accepted : policy_.acceptances())
      tell("acceptance", accepted.account_class.text(), in_words(accepted), true, {accepted.line});
  }

  void refused_actions() {
    std::string names;
    for (const auto action : all_actions)
      if (!policy_.actions().contains(action)) names += concat(names.empty() ? "" : ", ", to_string(action));
    if (!names.empty())
      tell("refused_actions", "", concat("always refused, because no floor is given: ", names), false);
  }

  const Policy& policy_;
  const Population& population_;
  const Compiled& compiled_;
  const prover::Model& model_;
  prover::Order order_;
  AccountProver prover_;
  std::vector<Observation> out_;
};

}  // namespace

std::vector<Observation> observe(const Policy& policy, const Population& population, const Proof& proof) {
  return Observer(policy, population, proof).run();
}

Json to_json(const Observation& o) {
  Json lines = Json::array();
  for (const auto line : o.lines) lines.push(line);
  return Json::object({{"property", o.property},
                       {"about", o.about},
                       {"words", o.words},
                       {"concern", o.concern},
                       {"lines", std::move(lines)}});
}

}  // namespace sallyport::proof
