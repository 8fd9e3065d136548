#include "core/replay/replay.h"

#include <optional>

#include "base/text.h"
#include "core/cases/assess.h"

namespace sallyport::replay {
namespace {

std::string listed(const std::vector<Missing>& missing) {
  std::string out;
  for (const auto& m : missing) out += concat(out.empty() ? "" : "; ", m.what);
  return out;
}

// What the draft says to a case with what it had.
struct Answer {
  bool refused = false, lacks = false, waits = false;
  ClassName account_class;
  Requirement requirement;
  std::string why;
  Duration longer;
};

Answer answer_of(const Policy& draft, const CaseState& state, const OrganizationState& organization, Instant at) {
  Answer out;
  const auto& o = state.opened;
  const auto required = draft.required(question_of(o, o.account, state.opened_at));
  if (!required) {
    out.refused = true;
    out.why = required.error().detail;
    return out;
  }
  out.account_class = required->account_class;
  out.requirement = required->requirement;
  // Door one shuts, or would have shut, when a signal is given.
  const auto verified_at = state.identity ? state.identity->at : state.evidence.empty() ? at : state.evidence.back().at;
  const auto identity = judge_identity(draft, out.requirement, state.evidence, verified_at);
  auto missing = identity.missing;
  std::vector<ApproverFacts> approvers;
  for (const auto& approval : state.approvals) {
    const auto* member = organization.member(approval.by);
    if (member == nullptr || !may_approve(state, *member, out.requirement, at)) continue;
    const ApproverFacts facts{member->person, member->organization,  member->team,
                              member->seats,  approval.approvals_1h, approval.since_recovery.value_or(forever)};
    if (within_limits(draft.limits(), facts)) approvers.push_back(facts);
  }
  const auto approvals = judge_approvals(out.requirement, o.account, approvers);
  missing.insert(missing.end(), approvals.missing.begin(), approvals.missing.end());
  if (!missing.empty()) {
    out.lacks = true;
    out.why = concat("missing: ", listed(missing));
    return out;
  }
  const auto hold_until =
      verified_at + (identity.strong ? out.requirement.hold_with_strong : out.requirement.hold_without_strong);
  if (at >= hold_until) return out;
  out.waits = true;
  out.longer = hold_until - at;
  out.why = concat("waits ", to_string(to_the_minute(out.longer)), " longer");
  return out;
}

bool suffices(const Answer& answer) { return !answer.refused && !answer.lacks && !answer.waits; }

// `then`: under the policy of its time. What was not permitted although door one, door two and the hold were done with
// lacked something that no policy asks for (the new password), and would have lacked it again.
Change change_of(const Answer& now, const std::optional<Answer>& then, const Requirement& was, bool permitted) {
  if (!permitted) return suffices(now) && !(then && suffices(*then)) ? Change::let_through : Change::same;
  if (now.refused) return Change::refused;
  if (now.lacks) return Change::lacks;
  if (now.waits) return Change::waits;
  const auto both = join(was, now.requirement);
  const bool more = both != join(was, was);
  const bool less = both != join(now.requirement, now.requirement);
  if (more) return Change::asks_more;
  return less ? Change::asks_less : Change::same;
}

}  // namespace

Duration to_the_minute(Duration d) noexcept { return minutes((d.milliseconds + 59'999) / 60'000); }

std::string_view to_string(Change change) noexcept {
  switch (change) {
    case Change::let_through: return "let_through";
    case Change::asks_less: return "asks_less";
    case Change::same: return "same";
    case Change::asks_more: return "asks_more";
    case Change::waits: return "waits";
    case Change::lacks: return "lacks";
    case Change::refused: return "refused";
  }
  return "";
}

std::string_view words_for(Change change) noexcept {
  switch (change) {
    case Change::let_through: return "would have been permitted, and was not";
    case Change::asks_less: return "would have been asked for less";
    case Change::same: return "as it was";
    case Change::asks_more: return "would have been asked for more, and had it";
    case Change::waits: return "would have waited longer";
    case Change::lacks: return "would have lacked something";
    case Change::refused: return "would have been refused at once";
  }
  return "";
}

Result<void> Replay::feed(const LedgerEntry& entry) {
  ++report_.entries;
  if (const auto* change = std::get_if<OrganizationEvent>(&entry.event))
    return evolve(organization_, *change, entry.at);
  const auto* event = std::get_if<CaseEvent>(&entry.event);
  if (event == nullptr) return {};
  // A closed case was decided upon; what follows (a refusal, an objection) changes nothing of it.
  const bool opens = std::holds_alternative<CaseOpened>(*event);
  if (!opens && !cases_.contains(entry.stream)) return {};
  auto& followed = cases_[entry.stream];
  auto& state = followed.state;
  if (opens) {
    const auto id = case_of_stream(entry.stream);
    if (!id || state.exists()) return fault(FaultKind::invalid, concat("`", entry.stream, "` is opened twice"));
    state.id = *id;
  }
  const bool permits = std::holds_alternative<ActionPermitted>(*event);
  const bool closes = std::holds_alternative<CaseClosed>(*event);
  if ((permits || closes) && !followed.decided) {
    decide_again(state, permits, entry.at);
    followed.decided = true;
  }
  SP_CHECK(evolve(state, *event, entry.at));
  if (closes) cases_.erase(entry.stream);
  return {};
}

void Replay::decide_again(const CaseState& state, bool permitted, Instant at) {
  if (state.opened_at < since_) {
    ++report_.earlier;
    return;
  }
  ++report_.cases;
  if (permitted) ++report_.permitted;
  const auto& o = state.opened;
  const auto now = answer_of(draft_, state, organization_, at);
  std::optional<Answer> then;
  if (!permitted && organization_.policy && organization_.policy->digest() == o.policy)
    then = answer_of(*organization_.policy, state, organization_, at);
  const auto change = change_of(now, then, o.requirement, permitted);
  const auto place = static_cast<std::size_t>(change);
  ++report_.changes[place];
  if (change == Change::waits) report_.longer = report_.longer + now.longer;
  auto& group = groups_[{o.action, o.account_class.text()}];
  group.action = o.action;
  group.account_class = o.account_class;
  ++group.cases[place];
  if (change == Change::same || report_.examples[place].size() >= examples_max) return;
  report_.examples[place].push_back({state.id, o.action, o.account_class, now.account_class, state.opened_at, now.why});
}

Report Replay::finish() {
  for (const auto& [stream, followed] : cases_)
    if (!followed.decided && followed.state.exists()) decide_again(followed.state, false, followed.state.last_at);
  cases_.clear();
  for (auto& [key, group] : groups_) report_.groups.push_back(group);
  return report_;
}

}  // namespace sallyport::replay
