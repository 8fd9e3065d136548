#include "core/proof/verdict.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/text.h"
#include "core/proof/account_prover.h"
#include "core/proof/certificate.h"
#include "core/proof/compensation.h"
#include "core/proof/replay.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using Names = std::vector<std::string>;
using prover::Index;

std::vector<std::string> called(const Compiled& compiled, const prover::AtomSet& way) {
  std::vector<std::string> out;
  way.each([&](std::size_t atom) { out.push_back(compiled.called[atom]); });
  std::ranges::sort(out);
  return out;
}

std::string way_to_accept(const Compiled& compiled, const prover::AtomSet& way) {
  std::string out;
  for (const auto& name : called(compiled, way)) out += concat(out.empty() ? "" : ", ", name);
  return concat("way: [", out, "]");
}

const Acceptance* acceptance_of(const Policy& policy, const Compiled& compiled, const AccountForms& account,
                                const prover::AtomSet& way) {
  const auto& name = policy.classes()[account.account_class].name;
  const auto parts = called(compiled, way);
  const auto found = std::ranges::find_if(policy.acceptances(), [&](const Acceptance& accepted) {
    return accepted.is_of_a_way() && accepted.account_class == name && accepted.way == parts;
  });
  return found == policy.acceptances().end() ? nullptr : &*found;
}

std::string people_text(std::size_t number) { return number == 1 ? "1 person" : concat(number, " people"); }

class Judge {
 public:
  Judge(const Policy& policy, const Population& population, const ProofOptions& options, Proof& proof)
      : policy_(policy),
        population_(population),
        options_(options),
        compiled_(proof.technical),
        proof_(proof),
        prover_(compiled_.model) {}

  Result<void> run() {
    for (const auto& account : compiled_.accounts) {
      if (!options_.only.empty() && account.name != options_.only) continue;
      const auto& in_model = *std::ranges::find(compiled_.model.accounts, account.name, &prover::Account::name);
      judge_class(account);
      judge_dominance(account, in_model);
      judge_people(account, in_model);
      judge_people_with_governance(account, in_model);
      judge_alone(account, in_model);
      if (options_.ways_back) judge_lockout(account, in_model);
      if (prover_.exhausted())
        return fault(FaultKind::invalid,
                     concat("the ways to take the account `", account.name, "` are more than can be listed"),
                     "prove it for fewer kinds of people, or put fewer alternatives side by side");
    }
    for (const auto& accepted : policy_.acceptances())
      if (accepted.is_of_a_way() && !used_.contains(accepted.line))
        proof_.notes.push_back(concat("line ", accepted.line, " accepts a way that no account of the class ",
                                      accepted.account_class.text(), " has: take it out"));
    judge_compensations();
    // Broken ones first, and otherwise as they came.
    std::vector<Finding> sorted;
    for (const bool holds : {false, true})
      for (auto& f : proof_.findings)
        if ((f.standing == Standing::holds) == holds) sorted.push_back(std::move(f));
    proof_.findings = std::move(sorted);
    return {};
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
  [[nodiscard]] Names names_of(const prover::AtomSet& set) const {
    Names out;
    set.each([&](std::size_t atom) { out.push_back(compiled_.model.atoms[atom].name); });
    return out;
  }
  void tell(Finding& out, const prover::Antichain& sets, const AccountForms& account) {
    for (const auto& set : sets) {
      if (out.stories.size() == stories_max) break;
      tell_one(out, set, account);
    }
    out.more = sets.size() - out.stories.size();
  }
  void tell_one(Finding& out, const prover::AtomSet& set, const AccountForms& account) {
    out.stories.push_back(story_of(compiled_, names_of(set), concat("control@", account.name), account.name));
  }
  [[nodiscard]] std::string in_words(const prover::Antichain& ways) const {
    std::string out;
    for (const auto& way : ways)
      out += concat(out.empty() ? "" : ", or ", capabilities_in_words(capabilities(compiled_, names_of(way))));
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

  void judge_dominance(const AccountForms& account, const prover::Account& in_model) {
    const auto& g = policy_.guarantees();
    if (!g.dominance_for_all && std::ranges::find(g.dominance, class_of(account)) == g.dominance.end()) return;
    auto out = finding("recovery_not_weaker_than_sign_in", account);
    const auto answer = prover_.dominance(in_model);
    proof_.largest_family = std::max(proof_.largest_family, answer.largest_family);
    switch (answer.verdict) {
      case Dominance::proved:
        out.why = account.asks.empty() ? "no recovery gives this account to anybody"
                                       : "every way through recovery is at least as hard as some way to sign in";
        break;
      case Dominance::violated:
        out.standing = Standing::broken;
        out.why =
            concat("the account can be taken with less than its front door, which needs: ", in_words(answer.front));
        tell(out, answer.weaker, account);
        break;
      case Dominance::incomparable: judge_incomparable(out, answer, account); break;
      case Dominance::no_front:
        out.standing = Standing::broken;
        out.why = "nobody can sign in by the front door, and recovery gives the account";
        tell_one(out, answer.without_front, account);
        break;
    }
    proof_.findings.push_back(std::move(out));
  }

  // What is accepted is told by no story, and holds the guarantee until its day.
  void judge_incomparable(Finding& out, const DominanceAnswer& answer, const AccountForms& account) {
    prover::Antichain open;
    std::set<std::string> days;
    for (const auto& way : answer.incomparable) {
      const auto* accepted = acceptance_of(policy_, compiled_, account, way);
      if (accepted == nullptr) {
        open.push_back(way);
        continue;
      }
      days.insert(accepted->until_day);
      used_.insert(accepted->line);
      for (auto line = accepted->line; line <= accepted->last_line; ++line) out.lines.push_back(line);
    }
    if (open.empty()) {
      out.why = concat("what is neither easier nor as hard as signing in is accepted until ", *days.begin());
      std::ranges::sort(out.lines);
      out.lines.erase(std::ranges::unique(out.lines).begin(), out.lines.end());
      return;
    }
    out.lines.clear();
    out.standing = Standing::incomparable;
    out.why = concat("these ways are neither easier nor as hard as signing in, which needs: ", in_words(answer.front),
                     "; make them harder, or have them accepted for a while (docs/policy_language.md, acceptances): ",
                     way_to_accept(compiled_, open.front()));
    tell(out, open, account);
  }

  // What is said to make up for people who are talked over has to be asked for, whoever accepted it.
  void judge_compensations() {
    for (const auto& missing : not_compensated(policy_, compiled_)) {
      Finding out;
      out.guarantee = "acceptances";
      out.line = missing.accepted->line;
      out.account = missing.account;
      out.about = to_string(missing.compensation);
      out.standing = Standing::broken;
      out.why = proof::in_words(missing);
      proof_.findings.push_back(std::move(out));
    }
  }

  void judge_people(const AccountForms& account, const prover::Account& in_model) {
    const auto wanted = policy_.guarantees().people_needed.find(class_of(account));
    if (wanted == policy_.guarantees().people_needed.end()) return;
    auto out = finding("people_needed", account);
    const auto gangs = prover_.gangs(in_model, wanted->second);
    const auto least = gangs.empty() ? std::size_t{wanted->second} + 1 : gangs.front().size();  // the smallest first
    if (gangs.empty()) {
      out.why = concat(people_text(wanted->second), " working together are not enough");
    } else if (least >= wanted->second) {
      out.why = concat(people_text(least), " must work together; ", wanted->second, " are promised");
    } else {
      out.standing = Standing::broken;
      if (least == 0)
        out.why = prover_.door_is_ambient(in_model)
                      ? "nobody has to help: signing in itself falls to attacks from afar. A front door that cannot be "
                        "phished comes first"
                      : "nobody has to help: attacks from afar are enough";
      else out.why = concat(people_text(least), " can do it; ", wanted->second, " are promised");
      for (const auto& gang : gangs) {
        if (gang.size() > least) break;
        if (out.stories.size() == stories_max) {
          ++out.more;
          continue;
        }
        std::vector<bool> persons(compiled_.model.persons.size());
        gang.each([&](std::size_t person) { persons[person] = true; });
        tell_one(out, prover_.way_of(in_model, std::move(persons)), account);
      }
    }
    proof_.findings.push_back(std::move(out));
  }

  [[nodiscard]] std::string names_of_people(const prover::AtomSet& gang) const {
    std::string out;
    gang.each([&](std::size_t p) { out += concat(out.empty() ? "" : ", ", compiled_.model.persons[p].name); });
    return out;
  }

  // Of what a case takes there is a story; that those who govern do not need a case is told in a sentence.
  void judge_people_with_governance(const AccountForms& account, const prover::Account& in_model) {
    const auto& promised = policy_.guarantees().people_needed_with_governance;
    const auto wanted = promised.find(class_of(account));
    if (wanted == promised.end()) return;
    auto out = finding("people_needed_with_governance", account);
    const auto nodes = governed(account);
    const auto gangs = prover_.gangs(nodes.anyhow, in_model.owner, wanted->second);
    const auto least = gangs.empty() ? std::size_t{wanted->second} + 1 : gangs.front().size();  // the smallest first
    if (least >= wanted->second) {
      out.why = concat("fewer than ", people_text(wanted->second), " are not enough, those who govern among them");
    } else {
      out.standing = Standing::broken;
      if (least > 0)
        out.why = concat(people_text(least), " can take it, by its doors or by governing (",
                         names_of_people(gangs.front()), "); ", wanted->second, " are promised");
      else if (!nodes.not_said.empty())
        out.why = concat("the organization file does not say who they are (`governance`: ", nodes.not_said,
                         "), so it may be anybody");
      else out.why = "nobody has to help: attacks from afar are enough";
    }
    proof_.findings.push_back(std::move(out));
  }

  struct Governed {
    Index anyhow = 0;
    std::string not_said;
  };
  [[nodiscard]] Governed governed(const AccountForms& account) const {
    const auto& model = compiled_.model;
    Governed out;
    const auto name = concat("anyhow@", account.name);
    out.anyhow = static_cast<Index>(std::ranges::find(model.nodes, name, &prover::Node::name) - model.nodes.begin());
    for (const auto& outside : governed_from_outside)
      if (std::ranges::find(population_.governance, outside.name, &Governor::what) == population_.governance.end())
        out.not_said += concat(out.not_said.empty() ? "" : ", ", outside.name);
    return out;
  }

  void judge_alone(const AccountForms& account, const prover::Account& in_model) {
    for (const auto& name : policy_.guarantees().never_alone) {
      auto out = finding("never_alone", account, name);
      const bool third = name == "third_party";
      std::vector<bool> members;
      for (const auto& person : compiled_.model.persons)
        members.push_back(third ? person.third_party : std::ranges::find(person.groups, name) != person.groups.end());
      if (!prover_.falls_to(in_model, members)) {
        out.why = std::ranges::find(members, true) == members.end() ? why_absent(population_, name)
                                                                    : "together they cannot take the account";
      } else if (prover_.door_is_ambient(in_model)) {
        out.why = "they add nothing: signing in itself falls to attacks from afar";
      } else {
        out.standing = Standing::broken;
        out.why = third ? "third parties can take the account without anybody of the organization"
                        : concat("people of ", name, " can take the account without anybody else");
        tell_one(out, prover_.way_of(in_model, members), account);
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

  void judge_lockout(const AccountForms& account, const prover::Account& in_model) {
    for (const auto& lost : policy_.guarantees().after_losing) {
      auto out = finding("no_lockout", account, lost);
      if (account.asks.empty()) {
        out.why = "the policy refuses every recovery of such an account, on purpose";
        proof_.findings.push_back(std::move(out));
        continue;
      }
      const auto loss = std::ranges::find(in_model.losses, lost, &prover::Loss::name);
      const auto ways = prover_.ways_left(in_model, loss->atoms);
      if (ways && *ways == 0) {
        out.standing = Standing::broken;
        out.lines = lines_of_recovery(account);
        out.why = concat("whoever loses their ", lost, " has no way left: neither to sign in nor to be recovered");
      } else {
        out.why = ways ? concat("after it is lost, ", *ways, " ways are left that share nothing")
                       : "there is a way that needs nothing of one's own";
      }
      proof_.findings.push_back(std::move(out));
    }
  }

  const Policy& policy_;
  const Population& population_;
  const ProofOptions& options_;
  const Compiled& compiled_;
  Proof& proof_;
  AccountProver prover_;
  std::set<std::size_t> used_;  // lines of acceptances
};

constexpr const char* more_ways = "the model has more ways than can be listed";

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

Result<Proof> prove_policy(const Policy& policy, const Population& population, const ProofOptions& options) {
  Proof out;
  SP_TRY(out.technical, compile(policy, population, Reading::technical));
  out.notes = out.technical.notes;
  for (const auto& name : classes_without_accounts(policy, out.technical))
    out.notes.push_back(concat("no account is in the class ", name.text(),
                               ", so nothing is proved of it, and the policy cannot be proposed"));
  SP_CHECK(Judge(policy, population, options, out).run());
  for (const auto& finding : out.findings)
    for (const auto& story : finding.stories) SP_CHECK(replay(policy, population, out.technical, story));
  out.pessimistic = Json::object();
  if (options.pessimistic) {
    SP_TRY(const auto second, compile(policy, population, Reading::pessimistic));
    AccountProver prover(second.model);
    for (const auto& account : second.model.accounts)
      out.pessimistic.set(account.name, to_string(prover.dominance(account).verdict));
    if (prover.exhausted()) return fault(FaultKind::invalid, more_ways, "prove it in parts");
    const auto weaker = classes_talked_over(policy, out);
    for (const auto& accepted : policy.acceptances())
      if (!accepted.is_of_a_way() && !weaker.contains(accepted.account_class))
        out.notes.push_back(concat("line ", accepted.line, " accepts that people may be talked over, and recovery of ",
                                   accepted.account_class.text(), " is as hard as signing in then: take it out"));
  }
  return out;
}

Result<std::vector<AccountStanding>> standings(const Policy& policy, const Population& population) {
  SP_TRY(const auto compiled, compile(policy, population, Reading::technical));
  AccountProver prover(compiled.model);
  std::vector<AccountStanding> out;
  for (const auto& account : compiled.model.accounts) {
    AccountStanding now;
    now.account = account.name;
    now.dominance = prover.dominance(account).verdict;
    if (prover.falls_to(account, std::vector<bool>(compiled.model.persons.size(), true)))
      for (std::size_t most = 2; !now.people && !prover.exhausted(); most *= 2)
        if (const auto gangs = prover.gangs(account, most); !gangs.empty()) now.people = gangs.front().size();
    now.ways = prover.ways_left(account, {});
    out.push_back(std::move(now));
  }
  if (prover.exhausted()) return fault(FaultKind::invalid, more_ways, "prove it in parts");
  return out;
}

Result<std::vector<bool>> weaker_than_sign_in(const Policy& policy, const Population& population) {
  SP_TRY(const auto compiled, compile(policy, population, Reading::technical));
  const auto& model = compiled.model;
  AccountProver prover(model);
  std::vector<bool> out;
  for (const auto& account : compiled.accounts) {
    const auto& in_model = *std::ranges::find(model.accounts, account.name, &prover::Account::name);
    const auto front = prover.front(in_model);
    auto reading = attacker_beside(model, front);
    reading.keep.size_max = front.empty() ? 0 : front.front().size();  // the shortest comes first
    prover::Work work;
    prover::Solver attacker(model, prover.order(), std::move(reading), work);
    attacker.solve(std::span(&in_model.target, 1));
    if (work.exhausted() || prover.exhausted()) return fault(FaultKind::invalid, more_ways, "prove it in parts");
    out.push_back(!prover::compare(front, attacker.of_node(in_model.target), model.atoms).weaker.empty());
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
