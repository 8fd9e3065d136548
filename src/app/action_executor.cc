#include "app/action_executor.h"

#include <algorithm>
#include <charconv>

#include "app/claimant_desk.h"
#include "app/exercise_rows.h"
#include "app/projection.h"
#include "base/invariant.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/cases/assess.h"
#include "core/model/salted_digest.h"
#include "core/organization/policy_proposal.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::size_t password_bytes_max = 512;  // 128 characters of four bytes each

// Marks an account as busy for as long as it lives.
class Turn {
 public:
  Turn(std::mutex& mutex, std::set<std::string>& busy, std::string account)
      : mutex_(mutex), busy_(busy), account_(std::move(account)) {
    const std::lock_guard lock(mutex_);
    taken_ = busy_.insert(account_).second;
  }
  ~Turn() {
    if (!taken_) return;
    const std::lock_guard lock(mutex_);
    busy_.erase(account_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool taken() const noexcept { return taken_; }

 private:
  std::mutex& mutex_;
  std::set<std::string>& busy_;
  std::string account_;
  bool taken_ = false;
};

std::unexpected<Denial> busy() {
  return deny(DenialCode::execution_in_progress, "an execution on this account is under way", "wait for its outcome");
}

Outcome as_outcome(WriteOutcome written) {
  switch (written) {
    case WriteOutcome::done: return Outcome::done;
    case WriteOutcome::not_done: return Outcome::not_done;
    case WriteOutcome::unknown: return Outcome::unknown;
  }
  return Outcome::unknown;
}

Result<std::vector<CaseId>> listed(const EventReader& ledger, const std::string& prefix) {
  SP_TRY(const auto rows, ledger.list_view(prefix, "", 1000));
  std::vector<CaseId> ids;
  for (const auto& row : rows)
    if (const auto id = CaseId::parse(std::string_view(row.key).substr(prefix.size()))) ids.push_back(*id);
  return ids;
}

}  // namespace

Result<std::vector<CaseId>> ActionExecutor::unresolved() const { return listed(parts_.ledger, "executing/"); }
Result<std::vector<CaseId>> ActionExecutor::waiting() const { return listed(parts_.ledger, "permitted/"); }

Directory* ActionExecutor::directory(const DirectoryId& id) const {
  const auto found = parts_.directories.find(id);
  return found == parts_.directories.end() ? nullptr : found->second;
}

bool ActionExecutor::has_checked_proof_of(const OrganizationState& organization) const {
  if (!organization.policy || !organization.proof) return false;
  return std::ranges::any_of(parts_.checked, [&](const auto& known) {
    return known->is_of(*organization.policy, organization.proof->organization, organization.proof->certificate);
  });
}

// Reads on from where it stands, checking every change's signature.
Result<std::shared_ptr<const OrganizationState>> ActionExecutor::organization() {
  const std::lock_guard lock(mutex_);
  SP_TRY(const auto entries, parts_.ledger.read_stream(std::string(organization_stream), organization_->version));
  if (entries.empty()) return organization_;
  auto next = std::make_shared<OrganizationState>(*organization_);
  for (const auto& stored : entries) {
    if (next->version == 0 && (stored.index != 0 || hash_leaf(view_of(stored.bytes)) != parts_.genesis))
      return fault(FaultKind::corrupt, "the ledger does not begin with the entry this executor was set up for",
                   "compare `genesis` in the executor's configuration with the ledger's");
    SP_TRY(const auto entry, decode_entry(stored.bytes));
    const auto* event = std::get_if<OrganizationEvent>(&entry.event);
    if (event == nullptr || entry.stream != organization_stream || entry.version != next->version)
      return fault(FaultKind::corrupt, "the stream of the organization holds something else");
    const auto told = parts_.clock.tell();  // an honest ledger may be by either, when they differ
    if (entry.at > std::max(told.now, told.shown()) + clock_step_back_max)
      return fault(FaultKind::unavailable, "the organization's last change lies in the future", "set the clock right");
    SP_CHECK(readjudicate(*next, *event, entry.at, ProofCheck::later));
  }
  if (next->proof != organization_->proof && !has_checked_proof_of(*next)) SP_CHECK(check_proof_in_force(*next));
  organization_ = std::move(next);
  return organization_;
}

Result<std::vector<std::string>> ActionExecutor::entries_of(const CaseId& id) const {
  SP_TRY(auto stored, parts_.ledger.read_stream(case_stream(id), 0));
  std::vector<std::string> entries;
  for (auto& entry : stored) entries.push_back(std::move(entry.bytes));
  return entries;
}

Result<Ruling<LiveCase>> ActionExecutor::live_case(const CaseId& id, const OrganizationState& organization) const {
  SP_TRY(auto entries, entries_of(id));
  SP_TRY(auto found, ExerciseRegister::look_up(id, std::move(entries), organization, [this](std::uint64_t exercise) {
           return read_plan_as_executor(parts_.ledger, parts_.key, exercise);
         }));
  if (auto* live = std::get_if<LiveCase>(&found)) return Ruling<LiveCase>(std::move(*live));
  return Ruling<LiveCase>(deny(DenialCode::case_is_exercise, "the case is an exercise's", "nothing to do"));
}

Result<CaseState> ActionExecutor::state_of(const CaseId& id) const {
  SP_TRY(const auto entries, entries_of(id));
  CaseState state;
  state.id = id;
  for (const auto& bytes : entries) {
    SP_TRY(const auto entry, decode_entry(bytes));
    const auto* event = std::get_if<CaseEvent>(&entry.event);
    if (event == nullptr) return fault(FaultKind::corrupt, "a case's stream holds something else");
    SP_CHECK(evolve(state, *event, entry.at));
  }
  return state;
}

Result<CaseState> ActionExecutor::ruled_state_of(const CaseId& id) {
  SP_CHECK(organization());  // the ledger begins where it should, and every change since is signed
  const auto indexed = [this](const std::string& stream) -> Result<std::vector<IndexedEntry>> {
    SP_TRY(auto stored, parts_.ledger.read_stream(stream, 0));
    std::vector<IndexedEntry> entries;
    for (auto& entry : stored) entries.push_back({entry.index, std::move(entry.bytes)});
    return entries;
  };
  SP_TRY(const auto changes, indexed(std::string(organization_stream)));
  SP_TRY(const auto entries, indexed(case_stream(id)));
  if (changes.empty() || hash_leaf(view_of(changes.front().bytes)) != parts_.genesis)
    return fault(FaultKind::corrupt, "the ledger does not begin with the entry this executor was set up for",
                 "compare `genesis` in the executor's configuration with the ledger's");
  return replay_as_it_was(id, changes, entries);
}

Result<SecretBytes> ActionExecutor::open_secret(const CaseId& id, const Digest& expected) const {
  SP_TRY(const auto row, parts_.ledger.read_secret(sealed_secret_row(id)));
  if (!row) return fault(FaultKind::not_found, "the sealed password is gone", "the claimant chooses it again");
  if (sha256(view_of(*row)) != expected)
    return fault(FaultKind::corrupt, "the sealed password is not the one in the ledger", "look at the server");
  SP_TRY(const auto json, parse_json(*row));
  SP_TRY(const auto enc_text, json.string_at("enc"));
  SP_TRY(const auto ciphertext_text, json.string_at("ciphertext"));
  const auto enc = from_base64url(enc_text);
  const auto ciphertext = from_base64url(ciphertext_text);
  if (!enc || !ciphertext)
    return fault(FaultKind::invalid, "the sealed password is damaged", "the claimant chooses it again");
  SP_TRY(auto secret, hpke_open(parts_.key, *enc, view_of(sealed_secret_info), view_of(id.text()), *ciphertext));
  if (secret.empty() || secret.size() > password_bytes_max || !is_valid_utf8(text_of(secret.reveal())))
    return fault(FaultKind::invalid, "the new password is empty, too long or not text", "the claimant chooses another");
  return secret;
}

Result<Ruling<void>> ActionExecutor::recognise(const Authorization& authorization,
                                               const OrganizationState& organization,
                                               const AccountRecord& account) const {
  if (auto ok = is_as_recorded(authorization.opened, authorization.opened_at, account.facts, organization); !ok)
    return Ruling<void>(std::unexpected(std::move(ok).error()));
  // Approvers are shown a name and sign its digest: it must be the name of this account.
  SP_TRY(const auto salt, parts_.ledger.read_secret(salt_row(authorization.action.case_id())));
  if (!salt || holder_digest(*salt, account.login, account.display_name) != authorization.opened.holder)
    return Ruling<void>(deny(DenialCode::account_changed, "the directory shows another `name` than was approved",
                             "open a new case; if nobody renamed the account, look at the server"));
  return Ruling<void>();
}

// An execution whose outcome is open has the account's marker in its hands.
Result<bool> ActionExecutor::has_open_intent(const DirectoryId& directory, const AccountId& account) const {
  SP_TRY(const auto open, unresolved());
  for (const auto& id : open) {
    SP_TRY(const auto state, state_of(id));
    if (state.intent && state.intent->directory == directory && state.intent->account == account) return true;
  }
  return false;
}

Result<std::uint64_t> ActionExecutor::last_fence_token(const AuthorizedAction& action) const {
  SP_TRY(const auto row, parts_.ledger.read_view(fence_row(action.directory(), action.account())));
  std::uint64_t known = 0;
  if (row) (void)std::from_chars(row->data(), row->data() + row->size(), known);
  return known;
}

Result<Ruling<IntentRecorded>> ActionExecutor::intend(const Authorization& authorization,
                                                      const OrganizationState& organization, Directory& directory,
                                                      bool& changed) {
  const auto& action = authorization.action;
  // Counted before the look: whatever another executor begins on the account from here on makes this intent's token one
  // that the ledger has already, and so the daemon does not take it (app/adjudicator.cc).
  SP_TRY(const auto known, last_fence_token(action));
  SP_TRY(const auto before, directory.find_by_id(action.account(), parts_.clock.now()));
  // An account that has changed ends the case (execute() sends nothing). One that has not, and yet is not as
  // the case says, was never what was decided upon.
  changed = before.facts.state_token != action.state_token();
  if (!changed) {
    SP_TRY(const auto recognised, recognise(authorization, organization, before));
    if (!recognised) return Ruling<IntentRecorded>(std::unexpected(recognised.error()));
  }
  SP_TRY(const bool open, has_open_intent(action.directory(), action.account()));
  if (open) return Ruling<IntentRecorded>(busy());
  const auto token = fence_token_of(before.marker);
  if (!token) return fault(FaultKind::corrupt, "the account's marker is not one of ours", "find out who wrote it");
  // The directory must not know of executions that the ledger does not: then the ledger lost history.
  if (*token > known) {
    SP_TRY(const auto meanwhile, last_fence_token(action));
    if (*token <= meanwhile) return Ruling<IntentRecorded>(busy());  // another executor's, since we counted
    return fault(FaultKind::corrupt,
                 concat("the directory has seen execution ", *token, " of this account, the ledger ", meanwhile),
                 "the ledger was rolled back or replaced: restore the newest copy");
  }
  if (known >= fence_token_max)
    return fault(FaultKind::corrupt, "the account's fence token is at its end", "look at the server");
  const auto next = known + 1;
  SALLYPORT_INVARIANT(21, *token < next);
  IntentRecorded intent;
  intent.execution = action.execution();
  intent.attempt = authorization.attempt;
  intent.action = action.action();
  intent.directory = action.directory();
  intent.account = action.account();
  intent.state_token = action.state_token();
  intent.marker_from = before.marker;
  intent.marker_to = marker_of_execution(next, action.execution());
  intent.fence_token = next;
  intent.deadline = parts_.clock.now() + intent_deadline;
  intent.lasts = action.lasts();
  return Ruling<IntentRecorded>(std::move(intent));
}

// The recorder says that the intent is durable; believe the ledger, not the recorder. What stands there.
Result<IntentRecorded> ActionExecutor::confirm_intent(const CaseId& id, const Authorization& authorization,
                                                      const IntentRecorded& intent) const {
  SP_TRY(const auto entries, parts_.ledger.read_stream(case_stream(id), authorization.version));
  for (const auto& stored : entries) {
    SP_TRY(const auto entry, decode_entry(stored.bytes));
    const auto* event = std::get_if<CaseEvent>(&entry.event);
    if (event != nullptr &&
        (std::holds_alternative<RefusalRecorded>(*event) || std::holds_alternative<NoticeSent>(*event)))
      continue;  // others may be told no meanwhile, and the holder may be told
    const auto* recorded = event == nullptr ? nullptr : std::get_if<IntentRecorded>(event);
    if (recorded != nullptr && record_to_json(*recorded) == record_to_json(intent)) return *recorded;
    return fault(FaultKind::corrupt, "the ledger holds something else than the intent", "look at the server");
  }
  return fault(FaultKind::corrupt, "the intent is not in the ledger", "look at the server");
}

OutcomeRecorded ActionExecutor::find_out(const LiveCase& /*live*/, const IntentRecorded& intent,
                                         Directory& directory) const {
  OutcomeRecorded out;
  out.execution = intent.execution;
  out.refusal = to_string(Refusal::none);
  out.reconciled = true;
  const auto fenced = marker_of_fence(intent.fence_token, intent.execution);
  // Two looks: the fence may lose against the very write it is meant to stop.
  for (int look = 0; look < 2; ++look) {
    const auto seen = directory.observe(intent.account);
    if (!seen) {
      out.outcome = Outcome::unknown;
      out.detail = concat("the directory cannot be read: ", seen.error().what);
      return out;
    }
    out.marker = seen->marker;
    out.version = seen->version;
    if (seen->marker == intent.marker_to) {
      out.outcome = Outcome::done;
      return out;
    }
    if (seen->marker == fenced) {
      out.outcome = Outcome::not_done;
      out.detail = "the execution was interrupted; it did not happen and cannot happen any more";
      return out;
    }
    if (seen->marker != intent.marker_from) {
      out.outcome = Outcome::unknown;
      out.detail = "the account's marker was written by someone else; a person must look";
      return out;
    }
    (void)directory.fence(intent.account, intent.marker_from, fenced);  // whatever it says, the next look tells
  }
  out.outcome = Outcome::unknown;
  out.detail = "the execution could not be fenced";
  return out;
}

OutcomeRecorded ActionExecutor::outcome_of(const LiveCase& live, const IntentRecorded& intent,
                                           const WriteResult& written, Directory& directory) const {
  if (written.outcome == WriteOutcome::unknown) return find_out(live, intent, directory);
  OutcomeRecorded out;
  out.execution = intent.execution;
  out.outcome = as_outcome(written.outcome);
  out.refusal = to_string(written.refusal);
  out.detail = written.detail;
  const auto seen = directory.observe(intent.account);
  if (seen) {
    out.marker = seen->marker;
    out.version = seen->version;
  }
  // Done is said only of what was seen to be done.
  if (out.outcome == Outcome::done && (!seen || seen->marker != intent.marker_to)) {
    out.outcome = Outcome::unknown;
    out.detail = seen ? "the directory accepted the change but does not show it"
                      : concat("the directory cannot be read: ", seen.error().what);
  }
  SALLYPORT_INVARIANT(17, out.outcome != Outcome::done || out.marker == intent.marker_to);
  return out;
}

Result<Ruling<Outcome>> ActionExecutor::execute(const CaseId& id) {
  const auto told = parts_.clock.tell();
  if (!told.believed()) return Ruling<Outcome>(std::unexpected(clock_not_believed(told)));
  SP_TRY(const auto organization, this->organization());
  SP_TRY(const auto live, live_case(id, *organization));
  if (!live) return Ruling<Outcome>(std::unexpected(live.error()));
  auto authorization = authorize(*live, *organization, parts_.clock.now());
  if (!authorization) return Ruling<Outcome>(std::unexpected(std::move(authorization).error()));
  const auto& action = authorization->action;
  auto* target = directory(action.directory());
  if (target == nullptr)
    return fault(FaultKind::not_found, concat("directory `", action.directory().text(), "` is not configured"),
                 "add it to the executor");
  const Turn turn(mutex_, busy_, concat(action.directory().text(), "/", action.account().text()));
  if (!turn.taken()) return Ruling<Outcome>(busy());

  SecretBytes secret;
  std::optional<std::string> unusable;  // what the claimant sealed, if it is no password
  if (authorization->sealed) {
    auto opened = open_secret(id, *authorization->sealed);
    if (!opened && opened.error().kind != FaultKind::invalid) return std::unexpected(std::move(opened).error());
    if (opened) secret = *std::move(opened);
    else unusable = std::move(opened).error().what;
  }
  bool changed = false;
  SP_TRY(const auto intended, intend(*authorization, *organization, *target, changed));
  if (!intended) return Ruling<Outcome>(std::unexpected(intended.error()));
  const auto& intent = *intended;
  SP_CHECK(parts_.recorder.record_intent(id, intent));
  SP_TRY(const auto durable, confirm_intent(id, *authorization, intent));
  std::optional<WriteResult> nothing_sent;
  const auto then = parts_.clock.tell();
  if (changed)
    nothing_sent = {WriteOutcome::not_done, Refusal::state_changed,
                    "the account is not as it was when this was decided"};
  else if (unusable) nothing_sent = {WriteOutcome::not_done, Refusal::password_rejected, *unusable};
  else if (!then.believed())
    nothing_sent = {WriteOutcome::not_done, Refusal::other, "somebody set the clock before anything was sent"};
  else if (then.now >= intent.deadline || then.now >= action.expires_at())
    nothing_sent = {WriteOutcome::not_done, Refusal::other, "the time for this had run out before anything was sent"};
  if (nothing_sent) {
    SP_CHECK(parts_.recorder.record_outcome(id, outcome_of(*live, intent, *nothing_sent, *target)));
    return Ruling<Outcome>(Outcome::not_done);
  }
  SALLYPORT_INVARIANT(1, durable.execution == action.execution());
  SALLYPORT_INVARIANT(2, durable.state_token == action.state_token());
  SALLYPORT_INVARIANT(15, !changed);
  SALLYPORT_INVARIANT(16, durable.marker_from == intent.marker_from && durable.marker_to == intent.marker_to);
  SALLYPORT_INVARIANT(34, then.now < durable.deadline && then.now < action.expires_at());
  const auto written =
      target->act(action, intent.marker_from, intent.marker_to, authorization->sealed ? &secret : nullptr);
  const auto outcome = outcome_of(*live, intent, written, *target);
  SP_CHECK(parts_.recorder.record_outcome(id, outcome));
  return Ruling<Outcome>(outcome.outcome);
}

Result<Ruling<Outcome>> ActionExecutor::reconcile(const CaseId& id) {
  SP_TRY(const auto seen, state_of(id));
  if (!seen.intent) return Ruling<Outcome>(Outcome::done);
  const Turn turn(mutex_, busy_, concat(seen.intent->directory.text(), "/", seen.intent->account.text()));
  if (!turn.taken()) return Ruling<Outcome>(busy());
  // Read again: the execution that held the turn may have ended meanwhile. And ruled upon again: an intent
  // that nobody was entitled to moves nothing in the directory.
  SP_TRY(const auto state, ruled_state_of(id));
  if (!state.intent || state.intent->execution != seen.intent->execution) return Ruling<Outcome>(Outcome::done);
  SP_TRY(const auto organization, this->organization());
  SP_TRY(const auto live, live_case(id, *organization));
  if (!live) return Ruling<Outcome>(std::unexpected(live.error()));
  const auto& intent = *state.intent;
  auto* target = directory(intent.directory);
  if (target == nullptr)
    return fault(FaultKind::not_found, concat("directory `", intent.directory.text(), "` is not configured"),
                 "add it to the executor");
  const auto outcome = find_out(*live, intent, *target);
  if (outcome.outcome == Outcome::unknown && state.last_outcome)
    return Ruling<Outcome>(Outcome::unknown);  // said already
  SP_CHECK(parts_.recorder.record_outcome(id, outcome));
  return Ruling<Outcome>(outcome.outcome);
}

}  // namespace sallyport
