// Whoever speaks for others by an account of their own can be had by taking that account first: then a chain of weak
// recoveries leads to a strong one. Told of each account that is reached through another: how short the chain is, and
// the weakest account on it; of each account that speaks for others: whether it falls with less than a signature; and
// which accounts help to recover each other.
#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/proof/observing.h"
#include "core/prover/evaluate.h"
#include "core/prover/hardness.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using prover::Antichain;
using prover::AtomSet;
using prover::Index;

constexpr std::string_view control = "control@";

class Chains {
 public:
  explicit Chains(Observing& o) : o_(o) {
    for (Index n = 0; n < o.model().nodes.size(); ++n)
      if (o.model().nodes[n].name.starts_with(control)) relies_on_[n] = relied_on(n);
    count_links();
  }

  void tell() {
    std::set<Index> speaking;
    for (const auto& account : o_.compiled().accounts) {
      const auto target = o_.in_model(account).target;
      if (relies_on_.at(target).empty()) continue;
      tell_chain(account, target);
      const auto all = reached_from(target);
      speaking.insert(all.begin(), all.end());
    }
    std::set<std::string> told;
    for (const auto* forms : {&o_.compiled().others, &o_.compiled().accounts})
      for (const auto& account : *forms) tell_signature(account, speaking, told);
    tell_circles();
    if (std::ranges::all_of(relies_on_, [](const auto& account) { return account.second.empty(); }))
      o_.tell("chains", "", "no recovery rests on control of another account: approvers sign with what no reset gives",
              false);
  }

 private:
  [[nodiscard]] std::string_view name_of(Index target) const {
    return std::string_view(o_.model().nodes[target].name).substr(control.size());
  }
  [[nodiscard]] bool is_control(Index n) const { return o_.model().nodes[n].name.starts_with(control); }

  // Accounts of others that this one names before any other account: with none between.
  [[nodiscard]] std::set<Index> relied_on(Index target) const {
    std::set<Index> out;
    std::vector<bool> seen(o_.model().nodes.size());
    for (std::vector<Index> left{target}; !left.empty();) {
      const auto n = left.back();
      left.pop_back();
      if (seen[n]) continue;
      seen[n] = true;
      if (n != target && is_control(n)) out.insert(n);
      else left.insert(left.end(), o_.order().rests_on[n].begin(), o_.order().rests_on[n].end());
    }
    return out;
  }
  [[nodiscard]] std::set<Index> reached_from(Index target) const {
    std::set<Index> out;
    for (std::vector<Index> left{target}; !left.empty();) {
      const auto n = left.back();
      left.pop_back();
      for (const auto other : relies_on_.at(n))
        if (other != target && out.insert(other).second) left.push_back(other);
    }
    return out;
  }

  // In rounds: who has an account speaks only once it has been taken in an earlier round. What is taken in the first
  // round takes no account of others, however much else it takes.
  void count_links() {
    auto model = o_.model();
    const auto never = model.formulas.size();
    model.formulas.emplace_back();
    const auto always = model.formulas.size();
    model.formulas.emplace_back().op = prover::Operator::always;
    std::map<Index, Index> account_of;  // what somebody with an account says, and that account
    for (Index n = 0; n < model.nodes.size(); ++n) {
      if (!model.nodes[n].name.starts_with("acts:") && !model.nodes[n].name.starts_with("attests:")) continue;
      for (const auto below : o_.order().rests_on[n])
        if (is_control(below)) account_of[n] = below;
    }
    for (std::size_t round = 0;; ++round) {
      for (const auto& [says, account] : account_of)
        model.nodes[says].formula = links_.contains(account) ? always : never;
      prover::Work work;
      const auto truths = prover::evaluate(model, o_.order(), std::vector<bool>(model.atoms.size(), true), false, work);
      bool more = false;
      for (const auto& [target, others] : relies_on_)
        if (truths[target]) more = links_.emplace(target, round).second || more;
      if (!more) return;
    }
  }

  // The accounts of others that fall one after the other, the last just before this one. Empty: no chain begins.
  [[nodiscard]] std::vector<Index> shortest(Index target) const {
    std::vector<Index> out;
    for (auto at = target;;) {
      std::optional<Index> next;
      for (const auto other : relies_on_.at(at))
        if (links_.contains(other) && (!next || links_.at(other) < links_.at(*next))) next = other;
      if (!next) return {};
      out.insert(out.begin(), *next);
      if (links_.at(*next) == 0) return out;
      at = *next;
    }
  }

  struct Weakest {
    Index account;
    AtomSet takes;
  };
  // Of all accounts that this one rests on, directly or not, the one that falls most easily with less than every way
  // to sign in here. `not_told`: of some it could not be found out.
  [[nodiscard]] std::optional<Weakest> weakest(const AccountForms& account, Index target, bool& not_told) {
    const auto front = o_.prover().front(o_.in_model(account));
    if (front.empty()) return std::nullopt;
    std::vector<prover::Hardness> doors;
    for (const auto& door : front) doors.push_back(prover::hardness_of(door, o_.model().atoms));
    std::ranges::sort(doors);
    std::optional<Weakest> out;
    for (const auto other : reached_from(target)) {
      auto [known, fresh] = weaker_.try_emplace({doors, other});
      if (fresh) known->second = easiest_below(front, other);
      const auto& takes = known->second.takes;
      not_told = not_told || known->second.too_many_ways;
      if (takes && (!out || hardness(*takes) < hardness(out->takes))) out = {other, *takes};
    }
    return out;
  }
  [[nodiscard]] prover::Hardness hardness(const AtomSet& set) const {
    return prover::hardness_of(set, o_.model().atoms);
  }
  struct Easiest {
    std::optional<AtomSet> takes;
    bool too_many_ways = false;  // so it is not known
  };
  [[nodiscard]] Easiest easiest_below(const Antichain& front, Index other) {
    auto reading = attacker_beside(o_.model(), front);
    reading.keep.size_max = front.front().size();  // what is easier than all has no more parts than the shortest
    return easiest(other, std::move(reading),
                   [&](const Antichain& ways) { return prover::compare(front, ways, o_.model().atoms).weaker; });
  }
  [[nodiscard]] Easiest easiest(Index target, prover::Reading reading, auto&& of_these) {
    auto work = o_.work_for_a_question();
    prover::Solver attacker(o_.model(), o_.order(), std::move(reading), work);
    attacker.solve(std::span(&target, 1));
    if (o_.gave_up(work)) return {std::nullopt, true};
    const auto ways = of_these(attacker.of_node(target));
    if (ways.empty()) return {};
    return {*std::ranges::min_element(ways, {}, [&](const AtomSet& set) { return hardness(set); }), false};
  }

  void tell_chain(const AccountForms& account, Index target) {
    const auto through = shortest(target);
    if (through.empty()) return;
    std::string names;
    Json list = Json::array();
    for (const auto link : through) {
      names += concat(names.empty() ? "" : ", then ", name_of(link));
      list.push(name_of(link));
    }
    auto words = concat("recovery of ", account.name, " can go through accounts of others; the shortest chain has ",
                        through.size(), " of them", ": ", names);
    auto data = Json::object({{"length", through.size()}, {"through", std::move(list)}, {"weakest", Json()}});
    bool not_told = false;
    const auto weak = weakest(account, target, not_told);
    if (weak) {
      const auto takes = o_.capabilities_of(weak->takes);
      words += concat("; the weakest, ", name_of(weak->account), ", falls with less than every way to sign in to ",
                      account.name, ": ", capabilities_in_words(takes));
      data.set("weakest", Json::object({{"account", name_of(weak->account)}, {"takes", to_json(takes)}}));
    }
    if (not_told)
      words += "; what the accounts before it fall to is not told of each: some have more ways than can be listed";
    o_.tell("chains", account.name, std::move(words), weak.has_value(), {o_.class_of(account).line}, std::move(data));
  }

  // A concern where taking the account is easier than having the person.
  void tell_signature(const AccountForms& account, const std::set<Index>& speaking, std::set<std::string>& told) {
    const auto target = o_.control_of(account.name);
    if (!speaking.contains(target)) return;
    const auto at = account.name.find('~');
    const auto person =
        at == account.name.npos ? o_.model().persons[o_.in_model(account).owner].name : account.name.substr(at + 1);
    if (!told.insert(person.substr(0, person.find_last_of('-'))).second) return;  // the others are in the same place
    auto reading = prover::as_attacker(o_.model());
    reading.keep.safe = [this](const AtomSet& set) {
      bool hard = false;
      set.each([&](std::size_t atom) { hard = hard || o_.model().atoms[atom].level >= person_level; });
      return hard;
    };
    const auto found = easiest(target, std::move(reading), [](const Antichain& ways) { return ways; });
    const auto& takes = found.takes;
    auto words = concat(person, " speaks for others by an account (", o_.kind_of(account).name, ")");
    if (takes)
      words +=
          concat(" that falls with less than their own signature: ", capabilities_in_words(o_.capabilities_of(*takes)));
    if (found.too_many_ways)
      words += "; whether it falls with less than their own signature is not told: it has more ways than can be listed";
    o_.tell("chains", account.name, std::move(words), takes.has_value(), {o_.class_of(account).line});
  }

  void tell_circles() {
    std::set<std::string_view> mutual;
    for (const auto& group : o_.order().groups) {
      std::set<std::string_view> accounts;
      for (const auto n : group.nodes)
        if (is_control(n)) accounts.insert(name_of(n));
      if (accounts.size() > 1) mutual.insert(accounts.begin(), accounts.end());
    }
    std::string names;
    for (const auto name : mutual) names += concat(names.empty() ? "" : ", ", name);
    if (!names.empty()) o_.tell("chains", "", concat("each of these helps to recover the others: ", names), false);
  }

  Observing& o_;
  std::map<Index, std::set<Index>> relies_on_;  // of each account's control
  std::map<Index, std::size_t> links_;  // accounts of others that fall before it, at the least
  std::map<std::pair<std::vector<prover::Hardness>, Index>, Easiest> weaker_;
};

}  // namespace

void observe_chains(Observing& o) { Chains(o).tell(); }

}  // namespace sallyport::proof
