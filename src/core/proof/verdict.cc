#include "core/proof/verdict.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/text.h"
#include "core/proof/certificate.h"
#include "core/proof/replay.h"
#include "core/prover/hardness.h"
#include "core/prover/order.h"
#include "core/prover/prove.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using Names = std::vector<std::string>;
using prover::Index;

Names names_in(const Json& list) {
  Names out;
  for (const auto& item : list.as_array()) out.push_back(item.as_string());
  return out;
}

std::string people_text(std::int64_t number) { return number == 1 ? "1 person" : concat(number, " people"); }

class Judge {
 public:
  Judge(const Policy& policy, const Population& population, Proof& proof)
      : policy_(policy), population_(population), compiled_(proof.technical), proof_(proof) {}

  void run() {
    const auto& accounts = *proof_.answers.find("accounts");
    for (const auto& account : compiled_.accounts) {
      const auto* answer = accounts.find(account.name);
      judge_class(account);
      judge_dominance(account, *answer);
      judge_people(account, *answer);
      judge_alone(account, *answer);
      judge_lockout(account, *answer);
    }
    // Broken ones first, and otherwise as they came.
    std::vector<Finding> sorted;
    for (const bool holds : {false, true})
      for (auto& f : proof_.findings)
        if ((f.standing == Standing::holds) == holds) sorted.push_back(std::move(f));
    proof_.findings = std::move(sorted);
  }

 private:
  [[nodiscard]] const ClassName& class_of(const AccountForms& account) const {
    return policy_.classes()[account.account_class].name;
  }
  [[nodiscard]] Finding finding(std::string_view guarantee, const AccountForms& account, std::string about = {}) const {
    Finding out;
    out.guarantee = std::string(guarantee);
    out.line = policy_.guarantees().lines.at(out.guarantee);
    out.account = account.name;
    out.about = std::move(about);
    return out;
  }
  void tell(Finding& out, const std::vector<Names>& sets, const AccountForms& account) {
    for (const auto& set : sets) {
      if (out.stories.size() == stories_max) break;
      out.stories.push_back(story_of(compiled_, set, concat("control@", account.name), account.name));
    }
    out.more = sets.size() - out.stories.size();
  }
  static std::vector<Names> sets_in(const Json& list) {
    std::vector<Names> out;
    for (const auto& set : list.as_array()) out.push_back(names_in(set));
    return out;
  }
  [[nodiscard]] int level_of(const std::string& atom) const {
    const auto found = std::ranges::lower_bound(compiled_.model.atoms, atom, {}, &prover::Atom::name);
    return found->level;
  }
  // Does the front door itself fall to attacks that are taken to succeed?
  [[nodiscard]] bool door_is_ambient(const Json& answer) const {
    return std::ranges::any_of(sets_in(*answer.find("front")), [&](const Names& way) {
      return std::ranges::all_of(way, [&](const auto& a) { return level_of(a) <= compiled_.model.ambient_level; });
    });
  }
  [[nodiscard]] std::string front_in_words(const Json& answer) const {
    std::string out;
    for (const auto& way : sets_in(*answer.find("front")))
      out += concat(out.empty() ? "" : ", or ", capabilities_in_words(capabilities(compiled_, way)));
    return out;
  }

  // A condition that no longer matches moves accounts into a class with other guarantees, and every guarantee goes on
  // holding.
  void judge_class(const AccountForms& account) {
    const auto kind = std::ranges::find(population_.accounts, account.name, &AccountKind::name);
    if (!kind->meant_for) return;
    Finding out;
    out.guarantee = "class";
    out.account = account.name;
    out.about = kind->meant_for->text();
    const auto meant = std::ranges::find(policy_.classes(), *kind->meant_for, &AccountClass::name);
    out.line = meant->line;
    for (auto line = meant->line; line <= meant->last_line; ++line) out.lines.push_back(line);
    if (class_of(account) == *kind->meant_for) {
      out.why = "the policy finds the class that the account is meant for";
    } else {
      out.standing = Standing::broken;
      out.why = concat("it is meant for the class ", out.about, ", and the policy finds ", class_of(account).text());
    }
    proof_.findings.push_back(std::move(out));
  }

  void judge_dominance(const AccountForms& account, const Json& answer) {
    const auto& g = policy_.guarantees();
    if (!g.dominance_for_all && std::ranges::find(g.dominance, class_of(account)) == g.dominance.end()) return;
    auto out = finding("recovery_not_weaker_than_sign_in", account);
    const auto& verdict = answer.find("dominance")->as_string();
    if (verdict == "proved" || verdict == "no-recovery") {
      out.why = verdict == "proved" ? "every way through recovery is at least as hard as some way to sign in"
                                    : "no recovery gives this account to anybody";
    } else if (verdict == "violated") {
      out.standing = Standing::broken;
      out.why = concat("the account can be taken with less than its front door, which needs: ", front_in_words(answer));
      tell(out, sets_in(*answer.find("weaker")), account);
    } else if (verdict == "incomparable") {
      out.standing = Standing::incomparable;
      out.why =
          concat("these ways are neither easier nor as hard as signing in, which needs: ", front_in_words(answer));
      tell(out, sets_in(*answer.find("incomparable")), account);
    } else {
      out.standing = Standing::broken;
      out.why = "nobody can sign in by the front door, and recovery gives the account";
      tell(out, sets_in(*answer.find("recovery_only")), account);
    }
    proof_.findings.push_back(std::move(out));
  }

  // The atoms that a gang of these persons has, and those that anybody is taken to have, as far as they are needed.
  [[nodiscard]] std::vector<Names> takeovers_by(const Json& answer, const std::set<std::string>& persons) const {
    std::vector<Names> out;
    for (const auto& set : sets_in(*answer.find("takeover")))
      if (std::ranges::all_of(set, [&](const auto& name) {
            const auto found = std::ranges::lower_bound(compiled_.model.atoms, name, {}, &prover::Atom::name);
            return found->level <= compiled_.model.ambient_level ||
                   (found->owner && persons.contains(compiled_.model.persons[*found->owner].name));
          }))
        out.push_back(set);
    return out;
  }

  void judge_people(const AccountForms& account, const Json& answer) {
    const auto wanted = policy_.guarantees().people_needed.find(class_of(account));
    if (wanted == policy_.guarantees().people_needed.end()) return;
    auto out = finding("people_needed", account);
    const auto& k = *answer.find("collusion")->find("k");
    if (k.is_null()) {
      out.why = "no number of people is enough";
    } else if (k.as_int() >= wanted->second) {
      out.why = concat(people_text(k.as_int()), " must work together; ", wanted->second, " are promised");
    } else {
      out.standing = Standing::broken;
      if (k.as_int() == 0)
        out.why = door_is_ambient(answer)
                      ? "nobody has to help: signing in itself falls to attacks from afar. A front door that cannot be "
                        "phished comes first"
                      : "nobody has to help: attacks from afar are enough";
      else out.why = concat(people_text(k.as_int()), " can do it; ", wanted->second, " are promised");
      for (const auto& gang : sets_in(*answer.find("collusion")->find("sets"))) {
        if (std::cmp_greater(gang.size(), k.as_int())) break;
        const auto ways = takeovers_by(answer, {gang.begin(), gang.end()});
        if (ways.empty()) continue;
        if (out.stories.size() < stories_max) tell_one(out, ways.front(), account);
        else ++out.more;
      }
    }
    proof_.findings.push_back(std::move(out));
  }
  void tell_one(Finding& out, const Names& set, const AccountForms& account) {
    out.stories.push_back(story_of(compiled_, set, concat("control@", account.name), account.name));
  }

  void judge_alone(const AccountForms& account, const Json& answer) {
    for (const auto& name : policy_.guarantees().never_alone) {
      auto out = finding("never_alone", account, name);
      const bool third = name == "third_party";
      const auto* groups = answer.find("group_alone");
      const auto* falls = third ? answer.find("third_party_alone") : groups->find(name);
      std::set<std::string> members;
      for (const auto& person : compiled_.model.persons)
        if (third ? person.third_party : std::ranges::find(person.groups, name) != person.groups.end())
          members.insert(person.name);
      if (falls == nullptr || !falls->as_bool()) {
        out.why = members.empty() ? "nobody is of it" : "together they cannot take the account";
      } else if (door_is_ambient(answer)) {
        out.why = "they add nothing: signing in itself falls to attacks from afar";
      } else {
        out.standing = Standing::broken;
        out.why = third ? "third parties can take the account without anybody of the organization"
                        : concat("people of ", name, " can take the account without anybody else");
        tell(out, takeovers_by(answer, members), account);
      }
      proof_.findings.push_back(std::move(out));
    }
  }

  // What is asked of the account, and what can be given for it.
  [[nodiscard]] Lines lines_of_recovery(const AccountForms& account) const {
    std::set<std::size_t> lines;
    for (Index n = 0; n < compiled_.model.nodes.size(); ++n) {
      const auto& name = compiled_.model.nodes[n].name;
      if (name.starts_with("signal:") ? name.ends_with(concat("@", account.name))
                                      : std::ranges::find(account.nodes, name) != account.nodes.end())
        lines.insert(compiled_.nodes[n].lines.begin(), compiled_.nodes[n].lines.end());
    }
    return {lines.begin(), lines.end()};
  }

  void judge_lockout(const AccountForms& account, const Json& answer) {
    const auto* lockout = answer.find("lockout");
    if (policy_.guarantees().after_losing.empty() || lockout == nullptr) return;
    for (const auto& lost : policy_.guarantees().after_losing) {
      auto out = finding("no_lockout", account, lost);
      const auto* paths = lockout->find("after_loss")->find(lost);
      if (account.asks.empty()) {
        out.why = "the policy refuses every recovery of such an account, on purpose";
      } else if (paths == nullptr || (paths->is_int() && paths->as_int() < 1)) {
        out.standing = Standing::broken;
        out.lines = lines_of_recovery(account);
        out.why = concat("whoever loses their ", lost, " has no way left: neither to sign in nor to be recovered");
      } else {
        out.why = paths->is_null() ? "there is a way that needs nothing of one's own"
                                   : concat("after it is lost, ", paths->as_int(), " ways are left that share nothing");
      }
      proof_.findings.push_back(std::move(out));
    }
  }

  const Policy& policy_;
  const Population& population_;
  const Compiled& compiled_;
  Proof& proof_;
};

}  // namespace

std::string_view to_string(Standing standing) noexcept {
  switch (standing) {
    case Standing::holds: return "holds";
    case Standing::broken: return "broken";
    case Standing::incomparable: return "incomparable";
  }
  return "";
}

bool Proof::holds() const {
  return std::ranges::all_of(findings, [](const Finding& f) { return f.standing == Standing::holds; });
}

Result<Proof> prove_policy(const Policy& policy, const Population& population, ProofOptions options) {
  Proof out;
  SP_TRY(out.technical, compile(policy, population, Reading::technical));
  SP_TRY(out.answers, prover::prove(out.technical.model));
  out.notes = out.technical.notes;
  for (const auto& name : classes_without_accounts(policy, out.technical))
    out.notes.push_back(concat("no account is in the class ", name.text(),
                               ", so nothing is proved of it, and the policy cannot be proposed"));
  Judge(policy, population, out).run();
  for (const auto& finding : out.findings)
    for (const auto& story : finding.stories) SP_CHECK(replay(policy, population, out.technical, story));
  out.pessimistic = Json::object();
  if (options.pessimistic) {
    SP_TRY(const auto second, compile(policy, population, Reading::pessimistic));
    SP_TRY(const auto answers, prover::prove(second.model));
    for (const auto& [account, answer] : answers.find("accounts")->as_object())
      out.pessimistic.set(account, *answer.find("dominance"));
  }
  return out;
}

Result<std::vector<bool>> weaker_than_sign_in(const Policy& policy, const Population& population) {
  SP_TRY(const auto compiled, compile(policy, population, Reading::technical));
  const auto& model = compiled.model;
  const auto order = prover::order_of(model);
  std::vector<bool> out;
  for (const auto& account : compiled.accounts) {
    const auto in_model = std::ranges::find(model.accounts, account.name, &prover::Account::name);
    prover::Work work;
    prover::Solver door(model, order, prover::at_front_door(model), work);
    door.solve(std::span(&in_model->target, 1));
    const auto& front = door.of_node(in_model->target);
    auto reading = prover::as_attacker(model);
    reading.keep.size_max = front.empty() ? 0 : front.front().size();  // the shortest comes first
    prover::Solver attacker(model, order, std::move(reading), work);
    attacker.solve(std::span(&in_model->target, 1));
    if (work.exhausted())
      return fault(FaultKind::invalid, "the model has more ways than can be listed", "prove it in parts");
    prover::Antichain recovery_only;
    for (const auto& set : attacker.of_node(in_model->target))
      if (!prover::holds(front, set)) recovery_only.push_back(set);
    out.push_back(!prover::compare(front, recovery_only, model.atoms).weaker.empty());
  }
  return out;
}

Json to_json(const Finding& finding) {
  Json stories = Json::array();
  for (const auto& story : finding.stories) stories.push(to_json(story));
  Json lines = Json::array();
  for (const auto line : finding.lines) lines.push(line);
  return Json::object({{"guarantee", finding.guarantee},
                       {"line", finding.line},
                       {"lines", std::move(lines)},
                       {"account", finding.account},
                       {"about", finding.about},
                       {"standing", to_string(finding.standing)},
                       {"why", finding.why},
                       {"stories", std::move(stories)},
                       {"more", finding.more}});
}

}  // namespace sallyport::proof
