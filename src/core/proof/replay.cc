#include "core/proof/replay.h"

#include <algorithm>

#include "base/text.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"
#include "core/policy/trial.h"
#include "core/proof/catalogue.h"

namespace sallyport::proof {
namespace {

const PeopleKind* kind_of(const Population& population, std::string_view person) {
  for (const auto& kind : population.people)
    if (kind.name == person || (kind.count > 1 && person.starts_with(concat(kind.name, "-")) &&
                                person.substr(kind.name.size() + 1).find_first_not_of("0123456789") == person.npos))
      return &kind;
  return nullptr;
}

const AccountForms& forms_of(const Compiled& compiled, std::string_view account) {
  const auto found = std::ranges::find(compiled.accounts, account, &AccountForms::name);
  if (found != compiled.accounts.end()) return *found;
  return *std::ranges::find(compiled.others, account, &AccountForms::name);
}

// Does the story take all of some other way to forge it for this account?
bool forged(const Story& story, std::string_view account, std::string_view signal) {
  const auto taken = [&](std::string_view what) {
    return std::ranges::find(story.takes, concat(what, "@", account), &Capability::atom) != story.takes.end();
  };
  return std::ranges::any_of(other_ways_to_forge(signal),
                             [&](const auto& way) { return std::ranges::all_of(way, taken); });
}

bool gives(const PeopleKind& kind, Attester who) { return who == Attester::manager ? kind.vouches : kind.agent; }

}  // namespace

Result<void> replay(const Policy& policy, const Population& population, const Compiled& compiled, const Story& story) {
  for (const auto& opened : story.cases) {
    const auto& ask = forms_of(compiled, opened.account).asks[opened.ask];
    Trial trial;
    trial.action = ask.action;
    trial.facts = ask.facts;
    trial.waited = std::max(ask.needs.hold_with_strong, ask.needs.hold_without_strong);
    const auto at = Trial::now - *trial.waited;
    for (const auto& signal : policy.signals()) {
      bool given = std::ranges::find(opened.signals, signal.name.text()) != opened.signals.end();
      const bool attested =
          std::ranges::any_of(signal.rests_on, [](const auto& t) { return attester_of(t).has_value(); });
      given = given || (attested && forged(story, opened.account, signal.name.text()));
      for (const auto& thing : signal.rests_on) {
        const auto who = attester_of(thing);
        if (!who) continue;
        given = given || std::ranges::any_of(opened.attest, [&](const auto& p) {
                  const auto* kind = kind_of(population, p);
                  return kind != nullptr && gives(*kind, *who);
                });
      }
      if (given)
        trial.evidence.push_back(
            passed_evidence(signal.name, static_cast<std::uint32_t>(trial.evidence.size() + 1), at));
    }
    const auto view = trial.facts.view();
    std::optional<std::string> home;
    if (view.knows(Attribute::account_organization)) home = std::string(view.text(Attribute::account_organization));
    else trial.facts.set_text(Attribute::account_organization, std::string(home_organization));
    for (const auto& person : opened.people) {
      const auto* kind = kind_of(population, person);
      const auto id = PersonId::parse(person);
      if (kind == nullptr || !id)
        return fault(FaultKind::corrupt, concat("the story tells of `", person, "`, a nobody"));
      trial.approvals.push_back(approver_of(*kind, *id, home));
    }
    DecisionDesk desk(policy);
    const TrialInput given(trial);
    const auto& decision = desk.decide(given.input());
    if (decision.verdict == Verdict::permit) continue;
    return fault(FaultKind::corrupt,
                 concat("the prover tells of ", to_string(ask.action), " of ", opened.account,
                        ", and the gateway would not permit it: ", explain(policy, decision, given.input())),
                 "please report this with the policy: nothing it says of this policy can be believed");
  }
  return {};
}

Evidence passed_evidence(const SignalName& signal, std::uint32_t number, Instant at) {
  Evidence out;
  out.number = number;
  out.signal = signal;
  out.result = EvidenceResult::passed;
  out.at = at;
  out.enrolled_at = at - days(20'000);
  out.unchanged_since = at - days(20'000);
  out.data_at = at;
  return out;
}

}  // namespace sallyport::proof
