#include "../tests/harness/memory_site.h"

#include "app/projection.h"
#include "base/assert.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport::harness {
namespace {

template <typename T>
T certain(Result<T> result) {
  SALLYPORT_ASSERT(result.has_value());
  return *std::move(result);
}

SecretBytes key_material(std::uint8_t fill) { return SecretBytes::take(Bytes(32, fill)); }

std::unique_ptr<MemoryEventStore> opened_store(Instant at, const StaffMember& root, const HpkePublicKey& executor_key) {
  LedgerOpened opened;
  opened.origin = "ledger.example.org/stories";
  opened.environment = Environment::demo;
  opened.rp_id = "example.org";
  opened.origins = {std::string(Stage::origin)};
  opened.root = root;
  opened.executor_key.assign(executor_key.begin(), executor_key.end());
  auto store = certain(MemoryEventStore::create(opened.origin, key_material(1)));
  const LedgerEntry entry{std::string(organization_stream), 0, at, OrganizationEvent(opened)};
  const auto written = answer_of<Result<Appended>>(
      [&](auto done) { store->append({entry.stream, 0, {encode_entry(entry)}, project(entry), {}}, std::move(done)); });
  SALLYPORT_ASSERT(written.has_value());
  return store;
}

Digest genesis_of(const EventReader& store) {
  return hash_leaf(view_of(certain(store.read_entries(0, 1)).front().bytes));
}

WriteResult not_done(Refusal refusal, std::string detail) {
  return {WriteOutcome::not_done, refusal, std::move(detail)};
}

}  // namespace

Result<Bytes> CountedEntropy::bytes(std::size_t count) {
  Bytes out;
  while (out.size() < count) {
    const auto block = sha256(view_of(concat("entropy ", counter_++)));
    out.insert(out.end(), block.bytes.begin(), block.bytes.end());
  }
  out.resize(count);
  return out;
}

bool AtOnce::run(std::move_only_function<void()> work) {
  work();
  return true;
}

Result<void> Mailbox::send(const Mail& mail) {
  newest_[mail.to] = mail.text;
  return {};
}

std::string Mailbox::code_for(std::string_view address) const {
  static constexpr std::string_view before = "The code is ";
  const auto found = newest_.find(address);
  if (found == newest_.end()) return "";
  const auto at = found->second.find(before);
  if (at == std::string::npos) return "";
  const auto code = found->second.substr(at + before.size());
  return code.substr(0, code.find('\n'));
}

// -- the directory ------------------------------------------------------------------------------
Result<AccountRecord> MemoryDirectory::find_by_login(std::string_view login, Instant now) {
  const auto found = accounts.find(login);
  if (found == accounts.end()) return fault(FaultKind::not_found, "the directory has no such account");
  const auto& held = found->second;
  AccountRecord record;
  record.facts = held.facts;
  record.facts.state_token = concat("state-", held.state, "-of-", login);
  record.facts.read_at = now;
  record.login = login;
  record.display_name = concat("Made-up ", login);
  record.mail = held.mail;
  record.marker = held.marker;
  return record;
}

Result<AccountRecord> MemoryDirectory::find_by_id(const AccountId& account, Instant now) {
  return find_by_login(account.text(), now);
}

Result<Observation> MemoryDirectory::observe(const AccountId& account) {
  const auto found = accounts.find(account.text());
  if (found == accounts.end()) return fault(FaultKind::not_found, "the directory has no such account");
  if (mood == Mood::is_silent) return fault(FaultKind::unavailable, "the directory does not answer");
  return Observation{found->second.marker, found->second.facts.locked, std::to_string(found->second.state)};
}

WriteResult MemoryDirectory::act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                 const SecretBytes* secret) {
  const auto found = accounts.find(action.account().text());
  if (found == accounts.end()) return not_done(Refusal::no_such_account, "no such account");
  auto& [name, held] = *found;
  const auto token = concat("state-", held.state, "-of-", name);
  if (held.marker != from || action.state_token() != token) return not_done(Refusal::state_changed, "changed");
  if (mood == Mood::is_silent) return {WriteOutcome::unknown, Refusal::none, "no answer"};
  if (mood == Mood::refuses) return not_done(Refusal::password_rejected, "refused as told");
  if (needs_sealed_secret(action.action()) != (secret != nullptr)) return not_done(Refusal::other, "no password");
  held.marker = to;
  ++writes;
  held.lasts = action.lasts();
  if (secret != nullptr) held.password = text_of(secret->reveal());
  const bool unlocks = action.action() == Action::unlock || action.action() == Action::admin_unlock;
  if (unlocks) held.facts.locked = false;
  else if (action.action() == Action::suspend) held.facts.locked = true;
  else ++held.state;  // as pwdChangedTime does in a real one
  return {WriteOutcome::done, Refusal::none, ""};
}

WriteResult MemoryDirectory::fence(const AccountId& account, const Marker& from, const Marker& to) {
  const auto found = accounts.find(account.text());
  if (found == accounts.end()) return not_done(Refusal::no_such_account, "no such account");
  if (mood == Mood::is_silent) return {WriteOutcome::unknown, Refusal::none, "no answer"};
  if (found->second.marker != from) return not_done(Refusal::state_changed, "changed");
  found->second.marker = to;
  return {WriteOutcome::done, Refusal::none, ""};
}

// -- the two processes --------------------------------------------------------------------------
Result<void> AdjudicatorAsRecorder::record_intent(const CaseId& id, const IntentRecorded& intent) {
  return submit(id, RecordIntent{intent});
}

Result<void> AdjudicatorAsRecorder::record_outcome(const CaseId& id, const OutcomeRecorded& outcome) {
  return submit(id, RecordOutcome{outcome});
}

Result<void> AdjudicatorAsRecorder::submit(const CaseId& id, CaseCommand command) {
  const auto answer = answer_of<CaseAnswer>(
      [&](auto done) { adjudicator_.submit(id, std::move(command), "executor", {}, std::move(done)); });
  if (!answer) return std::unexpected(answer.error());
  if (!*answer)
    return fault(FaultKind::rejected, concat(to_string(answer->error().code), ": ", answer->error().detail));
  return {};
}

Result<AccountRecord> WaitingExecutor::find_account(std::string_view login) {
  return directory_.find_by_login(login, clock_.now());
}

Result<void> WaitingExecutor::execute(const CaseId& /*id*/) {
  return fault(FaultKind::unavailable, "the story has not come to that");
}

// -- pages of the ledger, which nobody reads here -------------------------------------------------
Result<std::string> NoLedgerPages::checkpoint() const { return fault(FaultKind::unavailable, "no pages here"); }
Result<std::vector<StoredEntry>> NoLedgerPages::entries(std::uint64_t /*from*/, std::size_t /*count*/) const {
  return fault(FaultKind::unavailable, "no pages here");
}
Result<std::vector<Digest>> NoLedgerPages::inclusion(std::uint64_t /*index*/, std::uint64_t /*size*/) const {
  return fault(FaultKind::unavailable, "no pages here");
}
Result<std::vector<Digest>> NoLedgerPages::consistency(std::uint64_t /*from*/, std::uint64_t /*size*/) const {
  return fault(FaultKind::unavailable, "no pages here");
}

// -- the site -----------------------------------------------------------------------------------
MemorySite::MemorySite(Instant at, const StaffMember& root)
    : clock([&] {
        SetClock set;
        set.at = at;
        return set;
      }()),
      key(certain(HpkePrivateKey::derive(key_material(2)))),
      store(opened_store(at, root, key.public_key())),
      adjudicator(certain(Adjudicator::open(*store, gateways_clock))),
      rows(key_material(3), entropy),
      desk(*adjudicator, *store, rows, entropy, mail, background, {{std::string(own_mail_domain)}, "Stories"}),
      staff(*adjudicator, *store, rows, entropy),
      exercises(*adjudicator, *store, rows, entropy),
      waiting(directory, executors_clock),
      api({*adjudicator, desk, staff, prover, exercises, *store, pages, rows, waiting, background, entropy, "",
           genesis_of(*store)}),
      recorder(*adjudicator),
      executor(
          {*store, recorder, {{*DirectoryId::parse("corp"), &directory}}, key, executors_clock, genesis_of(*store)}) {}

std::vector<std::string> MemorySite::ledger() const {
  constexpr std::size_t page = 1000;
  std::vector<std::string> out;
  while (true) {
    auto entries = certain(store->read_entries(out.size(), page));
    for (auto& entry : entries) out.push_back(std::move(entry.bytes));
    if (entries.size() < page) return out;
  }
}

}  // namespace sallyport::harness
