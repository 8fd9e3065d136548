// Property: whatever people and processes ask of a case, in whatever order and with whatever facts, is refused by name
// or happens; and what was written down is found sound by the auditor, who rules on each step again. Nothing acts
// before it was permitted, and no case acts twice.
//
// Input: four bytes a step: what is asked, of which case and by whom, with which detail, and how much time goes by.
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "base/assert.h"
#include "base/text.h"
#include "company.h"
#include "core/stories/stage.h"
#include "crypto/hash.h"

namespace {

using namespace sallyport;
using fuzz::company;
using fuzz::id;

constexpr std::array<std::string_view, 6> people = {"ann", "abe", "lea", "leo", "lyn", "nobody"};
constexpr std::array<std::string_view, 4> cases = {"c-1", "c-2", "c-3", "c-4"};
constexpr std::array<std::string_view, 4> accounts = {"paul", "root", "lea", "ann"};
constexpr std::array<std::string_view, 5> signals = {"passkey", "totp", "mail_code", "recovery_code", "callback"};

struct Step {
  std::uint8_t what, who, detail, time;
  [[nodiscard]] std::string_view in_case() const { return cases[who % cases.size()]; }
  [[nodiscard]] std::string_view person() const { return people[(who / 4U) % people.size()]; }
};

RecordEvidence evidence(const Step& step, Instant now) {
  RecordEvidence out;
  out.signal = id<SignalName>(signals[step.detail % signals.size()]);
  out.result = step.detail % 8 == 7 ? EvidenceResult::failed : EvidenceResult::passed;
  const std::array ages{days(400), days(3), hours(1), Duration{}};
  const auto age = ages[(step.detail / 8U) % ages.size()];
  if (step.detail < 200) out.enrolled_at = out.unchanged_since = out.data_at = now - age;
  out.rests_on_account = step.detail % 64 == 63;
  out.detail = "fuzzed";
  return out;
}

// What is asked. A case that is not there is asked as well.
void ask(Stage& stage, const Step& step) {
  const auto name = step.in_case();
  const auto by = id<StaffId>(step.person());
  const auto tell = [&](const CaseCommand& command) {
    const auto ruling = stage.tell(name, command);
    if (!ruling) SALLYPORT_ASSERT(!ruling.error().detail.empty() && !ruling.error().next_step.empty());
  };
  const bool open = stage.state(name).exists();
  switch (step.what % 16) {
    case 0: {
      auto account = stage.account_of(accounts[step.detail % accounts.size()], id<OrganizationId>("north"));
      account.admin = account.account.text() == "root";
      account.active = step.detail < 240;
      const auto action = all_actions[(step.detail / 4U) % all_actions.size()];
      return tell(stage.opening_of(action, by, account));
    }
    case 1: return tell(JoinClaimant{sha256(view_of(name)), sha256(view_of("token"))});
    case 2: return tell(RequestSignal{id<SignalName>(signals[step.detail % signals.size()]), minutes(step.detail)});
    case 3:
    case 4:
    case 5: return tell(evidence(step, stage.now));
    case 6: return tell(SealSecret{sha256(view_of("sealed"))});
    case 7:
    case 8:
      if (open) return tell(stage.approval(step.person(), name, {Stage::origin, step.detail % 16 != 0}));
      return tell(Approve{by, {}, 0, {}});
    case 9: return step.detail % 2 == 0 ? tell(DenyCase{by, "no"}) : tell(CancelCase{by, "stop"});
    case 10: return tell(RequestExecution{by, all_actions[step.detail % all_actions.size()]});
    case 11: return step.detail % 2 == 0 ? tell(Proceed{}) : tell(ExpireCase{});
    case 12:
      if (open) tell(stage.intent(name));
      return;
    case 13: {
      if (!open) return;
      const std::array outcomes{Outcome::done, Outcome::not_done, Outcome::unknown};
      const auto outcome = outcomes[step.detail % outcomes.size()];
      return tell(stage.outcome_of(name, outcome, outcome == Outcome::not_done ? "password_rejected" : "none"));
    }
    case 14: return tell(Object{step.detail % 2 == 0 ? std::optional(by) : std::nullopt, "callback"});
    default:
      if (!open || !stage.state(name).closed) return tell(ReviewCase{by, ReviewVerdict::proper, "", {}});
      for (const auto& review :
           stage.reviews(step.person(), {std::string(name)},
                         step.detail % 2 == 0 ? ReviewVerdict::proper : ReviewVerdict::doubtful, step.detail % 4 < 2))
        tell(review);
  }
}

// By kind, in the order of the ledger: no deed without a permit before it, and one deed at the most that was done.
void look_at(const Stage& stage) {
  std::set<std::string> permitted, done;
  for (const auto& bytes : stage.ledger) {
    const auto entry = decode_entry(bytes);
    SALLYPORT_ASSERT(entry.has_value());
    const auto* event = std::get_if<CaseEvent>(&entry->event);
    if (event == nullptr) continue;
    if (std::holds_alternative<ActionPermitted>(*event)) permitted.insert(entry->stream);
    if (std::holds_alternative<IntentRecorded>(*event))
      SALLYPORT_ASSERT(permitted.contains(entry->stream) && !done.contains(entry->stream));
    if (const auto* outcome = std::get_if<OutcomeRecorded>(event);
        outcome != nullptr && outcome->outcome == Outcome::done)
      SALLYPORT_ASSERT(done.insert(entry->stream).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t steps_max = 60;
  auto stage = company();
  for (std::size_t i = 0; i + 3 < size && i / 4 < steps_max; i += 4) {
    const Step step{data[i], data[i + 1], data[i + 2], data[i + 3]};
    const std::array spans{Duration{}, Duration{1}, seconds(20), minutes(5), minutes(31), hours(2), hours(30), days(8)};
    stage.now = stage.now + spans[step.time % spans.size()];
    ask(stage, step);
  }
  look_at(stage);
  const auto report = stage.audit();
  SALLYPORT_ASSERT(report.findings_total == 0);
  return 0;
}
