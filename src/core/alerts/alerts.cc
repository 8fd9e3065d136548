#include "core/alerts/alerts.h"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

struct Row {
  Alert alert;
  std::string_view name;
  AlertWords words;
};

constexpr std::array<Row, 27> table{{
    {Alert::holder_objected,
     "holder_objected",
     {"the account holder says that it was not them",
      "call them back on a number that you have, and ask what else they noticed",
      "that whoever asked is known, or that the account is safe now"}},
    {Alert::objected_after_effect,
     "objected_after_effect",
     {"the account holder says that it was not them, and it is done already",
      "treat the account as taken: end its sessions, recover it with its holder in person",
      "that Sallyport has undone it"}},
    {Alert::approver_said_no,
     "approver_said_no",
     {"somebody who was asked to approve said no", "ask them why, before the same is asked of somebody else",
      "that the claimant is an impostor: a no may be a misunderstanding"}},
    {Alert::tries_exhausted,
     "tries_exhausted",
     {"a signal was tried until no try was left", "ask the account holder on another way whether it was them",
      "that somebody guessed right: nothing more was accepted"}},
    {Alert::code_replayed,
     "code_replayed",
     {"a code that was used already was given again",
      "ask whether the claimant typed it twice; else somebody reads along", "that it was accepted a second time"}},
    {Alert::target_velocity,
     "target_velocity",
     {"it is the third case or a later one on this account within a day",
      "look at the earlier ones together, and at who opened them", "that any of them was granted"}},
    {Alert::agent_velocity,
     "agent_velocity",
     {"one agent opened more than twenty cases within an hour", "ask them, and whether their session is theirs",
      "that they do wrong: an outage brings everybody to the telephone"}},
    {Alert::surge,
     "surge",
     {"more than a hundred cases were opened within an hour",
      "find out whether something is broken, or whether it hides one that matters",
      "an attack: an update that breaks phones looks the same"}},
    {Alert::agent_bypass_attempt,
     "agent_bypass_attempt",
     {"somebody asked for what the case is not about, or is not theirs",
      "ask what they wanted to do, and who told them to", "that it was done: it was refused"}},
    {Alert::separation_of_duties,
     "separation_of_duties",
     {"somebody wanted to take a second part in a case", "ask them why, and whether there are too few approvers",
      "that one person decided it alone: it was refused"}},
    {Alert::approval_not_genuine,
     "approval_not_genuine",
     {"an approval was refused: it was not signed over this case with their passkey, on the gateway's page",
      "ask the approver what they saw when they signed; look at the device and at the page",
      "that the approver did it: their name stands on it, their signature does not"}},
    {Alert::approver_out_of_place,
     "approver_out_of_place",
     {"somebody approved to whom the policy gives no seat in this case",
      "see who asked them to, and whether their seats are what they should be", "that their yes was counted"}},
    {Alert::approver_recently_recovered,
     "approver_recently_recovered",
     {"an approver whose own account was recovered a short time ago wanted to approve",
      "make sure with the approver in person that their recovery was theirs", "that their account was taken"}},
    {Alert::approval_flood,
     "approval_flood",
     {"an approver was asked for more approvals than the policy lets anybody give in an hour",
      "find out who asks so often, and give them a rest", "that they approved without looking"}},
    {Alert::requester_has_left,
     "requester_has_left",
     {"a case went on whose agent is not on the staff any more", "let another agent open it anew, with the claimant",
      "that the claimant had to do with why they left"}},
    {Alert::account_changed,
     "account_changed",
     {"the account was not any more as it was when this was decided",
      "see in the directory who changed it, and open a new case", "that Sallyport changed it, or acted on it"}},
    {Alert::outcome_unknown,
     "outcome_unknown",
     {"nobody knows whether the directory did it",
      "wait for the executor to find out; if it says that somebody else wrote, look at the account",
      "that it happened, or that it did not"}},
    {Alert::case_stalled,
     "case_stalled",
     {"a case ran out of time before it was decided", "ask the claimant what became of them",
      "that anybody gave up an attack: most have found their phone"}},
    {Alert::staff_recovered,
     "staff_recovered",
     {"the account of somebody who works with Sallyport was recovered",
      "tell them in person; what they approve in the next days deserves a second look",
      "that their passkey was touched: Sallyport holds no passkeys"}},
    {Alert::change_rejected,
     "change_rejected",
     {"an operator rejected a change of the organization or of its policy",
      "read the reason in the ledger, and talk with both", "that the change was an attack"}},
    {Alert::clock_jump,
     "clock_jump",
     {"something was refused because somebody had set the gateway's clock",
      "see who answers for the time service, and set the clock right", "that anything was decided by a false time"}},
    {Alert::list_out_of_bounds,
     "list_out_of_bounds",
     {"somebody signed a list with a case on it that has to be looked at alone",
      "look at that case, and ask who made the list", "that any of them was approved: none was"}},
    {Alert::alarm_missing,
     "alarm_missing",
     {"a case was held back because nobody could be told of it by a way that the proof does not need",
      "put another way to reach the holder on file, and ask them in person", "that the proofs were forged"}},
    {Alert::review_doubtful,
     "review_doubtful",
     {"whoever reviewed a case found it doubtful", "follow the reviewer's ticket; suspend the account if in doubt",
      "that anything was undone"}},
    {Alert::review_overdue,
     "review_overdue",
     {"a case was done and nobody reviewed it in time", "review it now, and see why nobody did",
      "that there is something wrong with it"}},
    {Alert::speaker_recently_recovered,
     "speaker_recently_recovered",
     {"somebody whose own account was recovered a short time ago wanted to give their word or to review",
      "make sure with them in person that their recovery was theirs", "that their account was taken"}},
    {Alert::suspend_repeat,
     "suspend_repeat",
     {"an account was to be suspended for the second time within a day",
      "ask the holder in person: somebody may want to keep them out", "that either time was wrong: thieves come back"}},
}};

consteval bool table_is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].alert) != i) return false;
  return true;
}
static_assert(table_is_in_order());

const Row& row_of(Alert alert) noexcept { return table[static_cast<std::size_t>(alert)]; }

// What a refusal in a case says to those who look afterwards. Most say nothing: people mistype, and are early.
constexpr std::array<std::pair<DenialCode, Alert>, 23> by_refusal{{
    {DenialCode::signal_tries_exhausted, Alert::tries_exhausted},
    {DenialCode::code_replayed, Alert::code_replayed},
    {DenialCode::action_differs_from_case, Alert::agent_bypass_attempt},
    {DenialCode::not_your_case, Alert::agent_bypass_attempt},
    {DenialCode::role_missing, Alert::agent_bypass_attempt},
    {DenialCode::requester_may_not_approve, Alert::separation_of_duties},
    {DenialCode::holder_may_not_approve, Alert::separation_of_duties},
    {DenialCode::attester_not_allowed, Alert::separation_of_duties},
    {DenialCode::attester_may_not_approve, Alert::separation_of_duties},
    {DenialCode::already_approved, Alert::separation_of_duties},
    {DenialCode::statement_differs, Alert::approval_not_genuine},
    {DenialCode::signature_invalid, Alert::approval_not_genuine},
    {DenialCode::credential_unknown, Alert::approval_not_genuine},
    {DenialCode::approver_has_no_seat, Alert::approver_out_of_place},
    {DenialCode::approver_in_cooldown, Alert::approver_recently_recovered},
    {DenialCode::staff_in_cooldown, Alert::speaker_recently_recovered},
    {DenialCode::approver_over_budget, Alert::approval_flood},
    {DenialCode::requester_has_left, Alert::requester_has_left},
    {DenialCode::account_changed, Alert::account_changed},
    {DenialCode::clock_not_believed, Alert::clock_jump},
    {DenialCode::reviewer_was_involved, Alert::separation_of_duties},
    {DenialCode::list_not_allowed, Alert::list_out_of_bounds},
    {DenialCode::alarm_missing, Alert::alarm_missing},
}};

std::optional<Alert> alert_of(DenialCode code) {
  const auto found = std::ranges::find(by_refusal, code, [](const auto& row) { return row.first; });
  if (found == by_refusal.end()) return std::nullopt;
  return found->second;
}

bool gives_the_account(Action action) {
  return action != Action::unlock && action != Action::admin_unlock && !only_takes_away(action);
}

}  // namespace

std::string_view to_string(Alert alert) noexcept { return row_of(alert).name; }
const AlertWords& words_of(Alert alert) noexcept { return row_of(alert).words; }

constinit const std::array<Alert, 27> EnumValues<Alert>::all = [] {
  std::array<Alert, 27> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = table[i].alert;
  return out;
}();

void AlertWatch::raise(Alert alert, std::uint64_t index, Instant at, const CaseId& id) {
  const auto found = open_.find(id);
  if (found != open_.end()) {
    if (const auto known = found->second.alerts.find(alert); known != found->second.alerts.end()) {
      auto& entries = raised_[known->second].entries;
      if (entries.size() < alert_entries_max) entries.push_back(index);
      return;
    }
  }
  ++total_;
  if (raised_.size() >= alerts_max) return;
  if (found != open_.end()) found->second.alerts[alert] = raised_.size();
  raised_.push_back({alert, at, id, {index}});
}

void AlertWatch::raise_hourly(Alert alert, std::optional<Instant>& last, std::uint64_t index, Instant at,
                              const CaseId& id) {
  if (last && at < *last + hours(1)) return;
  last = at;
  raise(alert, index, at, id);
}

void AlertWatch::feed(std::uint64_t index, const LedgerEntry& entry) {
  for (auto due = reviews_.begin(); due != reviews_.end() && due->first < entry.at; due = reviews_.erase(due)) {
    raise(Alert::review_overdue, index, entry.at, due->second);
    due_.erase(due->second);
  }
  if (const auto* event = std::get_if<CaseEvent>(&entry.event)) {
    if (const auto id = case_of_stream(entry.stream)) on_case(index, entry.at, *id, *event);
  } else if (const auto* change = std::get_if<OrganizationEvent>(&entry.event)) {
    on_organization(index, entry.at, *change);
  }
}

void AlertWatch::on_opened(std::uint64_t index, Instant at, const CaseId& id, const CaseOpened& opened) {
  auto& held = open_[id];
  held.holder = opened.account.holder;
  held.action = opened.action;
  if (opened.requirement.review) held.review_within = opened.requirement.review->within;
  if (opened.cases_24h >= target_velocity_cases_24h) raise(Alert::target_velocity, index, at, id);
  if (only_takes_away(opened.action) && opened.cases_24h > 0) raise(Alert::suspend_repeat, index, at, id);
  if (opened.request.agent_cases_1h >= agent_velocity_cases_1h)
    raise_hourly(Alert::agent_velocity, hasty_[opened.requested_by], index, at, id);
  if (opened.request.cases_1h >= surge_cases_1h) raise_hourly(Alert::surge, surged_, index, at, id);
}

void AlertWatch::on_case(std::uint64_t index, Instant at, const CaseId& id, const CaseEvent& event) {
  if (const auto* opened = std::get_if<CaseOpened>(&event)) return on_opened(index, at, id, *opened);
  const auto found = open_.find(id);
  const bool is_open = found != open_.end();
  if (const auto* refusal = std::get_if<RefusalRecorded>(&event)) {
    if (const auto alert = alert_of(refusal->code)) raise(*alert, index, at, id);
  } else if (std::holds_alternative<HolderObjected>(event)) {
    raise(Alert::holder_objected, index, at, id);
    if (!is_open || found->second.acting) raise(Alert::objected_after_effect, index, at, id);
  } else if (std::holds_alternative<IntentRecorded>(event)) {
    if (is_open) found->second.acting = true;
  } else if (const auto* outcome = std::get_if<OutcomeRecorded>(&event)) {
    if (outcome->outcome == Outcome::unknown) raise(Alert::outcome_unknown, index, at, id);
    if (outcome->refusal == "state_changed") raise(Alert::account_changed, index, at, id);
    if (outcome->outcome == Outcome::not_done && is_open) found->second.acting = false;
    if (outcome->outcome == Outcome::done && is_open && gives_the_account(found->second.action) &&
        staff_.contains(found->second.holder))
      raise(Alert::staff_recovered, index, at, id);
  } else if (const auto* closed = std::get_if<CaseClosed>(&event)) {
    if (closed->result == CaseResult::denied && closed->by != holder_of_account)
      raise(Alert::approver_said_no, index, at, id);
    if (closed->result == CaseResult::expired) raise(Alert::case_stalled, index, at, id);
    if (closed->result == CaseResult::done && is_open && found->second.review_within) {
      reviews_.emplace(at + *found->second.review_within, id);
      due_[id] = at + *found->second.review_within;
    }
    open_.erase(id);
  } else if (const auto* reviewed = std::get_if<CaseReviewed>(&event)) {
    if (reviewed->verdict == ReviewVerdict::doubtful) raise(Alert::review_doubtful, index, at, id);
    if (const auto due = due_.find(id); due != due_.end()) {
      reviews_.erase({due->second, id});
      due_.erase(due);
    }
  }
}

void AlertWatch::on_organization(std::uint64_t index, Instant at, const OrganizationEvent& event) {
  const auto add = [this](const StaffMember& member) { staff_[member.person] = member.id; };
  if (const auto* opened = std::get_if<LedgerOpened>(&event)) add(opened->root);
  if (const auto* enrolled = std::get_if<StaffEnrolled>(&event)) add(enrolled->member);
  if (const auto* removed = std::get_if<StaffRemoved>(&event))
    std::erase_if(staff_, [&](const auto& known) { return known.second == removed->staff; });
  if (std::holds_alternative<ChangeRejected>(event)) raise(Alert::change_rejected, index, at, {});
}

std::vector<RaisedAlert> alerts_in(const std::vector<std::string>& entries) {
  AlertWatch watch;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (const auto entry = decode_entry(entries[i])) watch.feed(i, *entry);
  return watch.raised();
}

}  // namespace sallyport
