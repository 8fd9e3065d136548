#include "../tests/sim/outside.h"

#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "core/cases/event.h"

namespace sallyport::sim {
namespace {

constexpr std::string_view ledger_origin = "ledger.example.org/simulated";

std::unique_ptr<MemoryEventStore> empty_store(const SecretBytes& seed) {
  auto made = MemoryEventStore::create(std::string(ledger_origin), seed);
  SALLYPORT_ASSERT(made.has_value());
  return *std::move(made);
}

Fault no_room() { return {FaultKind::unavailable, "the disk takes nothing", "make room"}; }
Fault process_is_dead() { return {FaultKind::unavailable, "the process is dead", ""}; }

WriteResult not_done(Refusal refusal, std::string_view detail) {
  return {WriteOutcome::not_done, refusal, std::string(detail)};
}
WriteResult unknown() { return {WriteOutcome::unknown, Refusal::none, "no answer"}; }

}  // namespace

// -- the disk -------------------------------------------------------------------------------------
Disk::Disk(const SecretBytes& signing_seed)
    : seed_(SecretBytes::copy_of(signing_seed.reveal())), store_(empty_store(signing_seed)) {}

void Disk::append(Batch batch, Callback on_durable) {
  if (broken_) return on_durable(std::unexpected(no_room()));
  queue_.push_back({std::move(batch), std::move(on_durable), true_time ? true_time() : Instant{}});
}

Result<Appended> Disk::write(const Batch& batch, Instant appended_at) {
  std::optional<Result<Appended>> answer;
  store_->append(batch, [&](Result<Appended> result) { answer = std::move(result); });
  SALLYPORT_ASSERT(answer.has_value());
  if (!*answer) return *std::move(answer);
  durable_.push_back(batch);
  if (on_entry)
    for (std::size_t i = 0; i < batch.entries.size(); ++i)
      on_entry((*answer)->first_index + i, batch.entries[i], appended_at);
  return *std::move(answer);
}

void Disk::flush() {
  while (!queue_.empty()) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    if (failure_ != Failure::none) broken_ = true;
    if (broken_) {
      if (failure_ == Failure::fsync_fails && kept_ > 0) {
        --kept_;
        (void)write(next.batch, next.at);  // it is there, and nobody is told
      } else {
        kept_ = 0;
      }
      next.done(std::unexpected(no_room()));
      continue;
    }
    next.done(write(next.batch, next.at));
  }
  if (failure_ == Failure::fsync_fails && broken_) failure_ = Failure::none;
}

void Disk::fail(Failure failure, std::size_t kept) {
  failure_ = failure;
  kept_ = kept;
}

void Disk::lose_power(std::size_t kept) {
  while (!queue_.empty()) {
    const auto next = std::move(queue_.front());
    queue_.pop_front();
    if (kept == 0 || broken_ || failure_ == Failure::full) continue;
    --kept;
    (void)write(next.batch, next.at);
  }
}

void Disk::put_back(std::size_t batches) {
  SALLYPORT_ASSERT(queue_.empty());
  auto kept = std::move(durable_);
  kept.resize(std::min(batches, kept.size()));
  durable_ = std::move(kept);
  store_ = empty_store(seed_);
  for (const auto& batch : durable_)
    store_->append(batch, [](const Result<Appended>& result) { SALLYPORT_ASSERT(result.has_value()); });
}

Result<std::vector<StoredEntry>> Disk::read_stream(const std::string& stream, std::uint64_t from_version) const {
  return store_->read_stream(stream, from_version);
}
Result<std::vector<StoredEntry>> Disk::read_entries(std::uint64_t from_index, std::size_t count) const {
  return store_->read_entries(from_index, count);
}
Result<std::vector<Digest>> Disk::read_leaf_hashes(std::uint64_t from_index, std::size_t count) const {
  return store_->read_leaf_hashes(from_index, count);
}
Result<Digest> Disk::read_node(unsigned height, std::uint64_t number) const {
  return store_->read_node(height, number);
}
Result<std::string> Disk::latest_checkpoint() const { return store_->latest_checkpoint(); }
Result<std::optional<std::string>> Disk::read_view(const std::string& key) const { return store_->read_view(key); }
Result<std::vector<Row>> Disk::list_view(const std::string& prefix, const std::string& after, std::size_t limit) const {
  return store_->list_view(prefix, after, limit);
}
Result<std::optional<std::string>> Disk::read_secret(const std::string& key) const { return store_->read_secret(key); }

// -- the directory --------------------------------------------------------------------------------
Result<AccountRecord> FaultyDirectory::find_by_login(std::string_view login, Instant now) {
  const auto found = accounts.find(login);
  if (found == accounts.end()) return fault(FaultKind::not_found, "the directory has no such account");
  const auto how = look();
  if (is_away || how == Look::cannot_be_reached) return fault(FaultKind::unavailable, "the directory does not answer");
  const auto before = before_.find(login);
  const auto& held = how == Look::is_stale && before != before_.end() ? before->second : found->second;
  AccountRecord record;
  record.facts = held.facts;
  record.facts.state_token = concat("state-", held.state, "-of-", login);
  record.facts.read_at = now;
  record.login = login;
  record.display_name = concat("Made-up ", login);
  record.mail = held.mail;
  record.marker = how == Look::shows_nonsense ? Marker("nonsense") : held.marker;
  return record;
}

Result<AccountRecord> FaultyDirectory::find_by_id(const AccountId& account, Instant now) {
  auto record = find_by_login(account.text(), now);
  if (record && on_look) on_look(record->facts, record->marker);
  return record;
}

Result<Observation> FaultyDirectory::observe(const AccountId& account) {
  const auto record = find_by_login(account.text(), Instant{});
  if (!record) return std::unexpected(record.error());
  return Observation{record->marker, record->facts.locked, record->facts.state_token};
}

WriteResult FaultyDirectory::apply(const Request& request) {
  const auto found = accounts.find(request.account);
  if (found == accounts.end()) return not_done(Refusal::no_such_account, "no such account");
  auto& held = found->second;
  const auto token = concat("state-", held.state, "-of-", request.account);
  if (held.marker != request.from || (!request.fence && request.state_token != token))
    return not_done(Refusal::state_changed, "changed");
  before_[request.account] = held;
  held.marker = request.to;
  if (!request.fence) {
    held.lasts = request.lasts;
    if (request.password) held.password = *request.password;
    const bool unlocks = request.action == Action::unlock || request.action == Action::admin_unlock;
    if (unlocks) held.facts.locked = false;
    else if (request.action == Action::suspend) held.facts.locked = true;
    else ++held.state;
  }
  if (on_write)
    on_write({request.fence ? DirectoryWrite::By::fence : DirectoryWrite::By::action, request.account, request.from,
              request.to, token, request.fence ? "" : std::string(to_string(request.action)), places_});
  ++places_;
  return {WriteOutcome::done, Refusal::none, ""};
}

WriteResult FaultyDirectory::handle(const Request& request, Write weather) {
  if (is_away) return unknown();
  switch (weather) {
    case Write::works: return apply(request);
    case Write::refuses: return not_done(Refusal::password_rejected, "too short for this directory");
    case Write::cannot_be_reached: return not_done(Refusal::unavailable, "no connection");
    case Write::request_is_lost: return unknown();
    case Write::answer_is_lost: (void)apply(request); return unknown();
    case Write::comes_late: late_.push_back(request); return unknown();
    case Write::comes_twice: late_.push_back(request); return apply(request);
    case Write::lies_done: return {WriteOutcome::done, Refusal::none, ""};
    case Write::lies_refused: (void)apply(request); return not_done(Refusal::other, "no");
  }
  return unknown();
}

WriteResult FaultyDirectory::act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                 const SecretBytes* secret) {
  Request request{false, action.account().text(), action.state_token(), action.action(), from, to, {}, action.lasts()};
  if (needs_sealed_secret(action.action()) != (secret != nullptr)) return not_done(Refusal::other, "no password");
  if (secret != nullptr) request.password = text_of(secret->reveal());
  return handle(request, std::exchange(next_write, Write::works));
}

WriteResult FaultyDirectory::fence(const AccountId& account, const Marker& from, const Marker& to) {
  return handle({true, account.text(), "", Action::unlock, from, to, {}, {}}, std::exchange(next_fence, Write::works));
}

bool FaultyDirectory::deliver_late() {
  if (late_.empty() || is_away) return false;
  const auto request = std::move(late_.front());
  late_.pop_front();
  (void)apply(request);
  return true;
}

void FaultyDirectory::change_by_outsider(const std::string& account) {
  auto& held = accounts.find(account)->second;
  before_[account] = held;
  ++held.state;
}

void FaultyDirectory::mark_by_outsider(const std::string& account, const Marker& marker) {
  auto& held = accounts.find(account)->second;
  before_[account] = held;
  const auto from = std::exchange(held.marker, marker);
  if (on_write)
    on_write({DirectoryWrite::By::outsider, account, from, marker, concat("state-", held.state, "-of-", account), "",
              places_});
  ++places_;
}

// -- the post -------------------------------------------------------------------------------------
Result<void> Post::send(const Mail& mail) {
  switch (std::exchange(next, Fate::arrives)) {
    case Fate::arrives: newest_[mail.to] = mail.text; return {};
    case Fate::is_lost: return {};
    case Fate::is_refused: return fault(FaultKind::rejected, "the mail was refused");
    case Fate::comes_late: late_.push_back(mail); return {};
  }
  return {};
}

bool Post::deliver_late() {
  if (late_.empty()) return false;
  newest_[late_.front().to] = late_.front().text;
  late_.pop_front();
  return true;
}

std::string Post::code_for(std::string_view address) const {
  static constexpr std::string_view before = "The code is ";
  const auto found = newest_.find(address);
  if (found == newest_.end()) return "";
  const auto at = found->second.find(before);
  if (at == std::string::npos) return "";
  const auto code = found->second.substr(at + before.size());
  return code.substr(0, code.find('\n'));
}

// -- a process's line to the world ----------------------------------------------------------------
Result<AccountRecord> DirectoryOnLine::find_by_login(std::string_view login, Instant now) {
  if (line_.is_cut()) return std::unexpected(process_is_dead());
  return behind_.find_by_login(login, now);
}

Result<AccountRecord> DirectoryOnLine::find_by_id(const AccountId& account, Instant now) {
  if (!line_.passes("before the look")) return std::unexpected(process_is_dead());
  auto found = behind_.find_by_id(account, now);
  if (!line_.passes("after the look")) return std::unexpected(process_is_dead());
  return found;
}

Result<Observation> DirectoryOnLine::observe(const AccountId& account) {
  if (!line_.passes("before the read-back")) return std::unexpected(process_is_dead());
  auto seen = behind_.observe(account);
  if (!line_.passes("after the read-back")) return std::unexpected(process_is_dead());
  return seen;
}

WriteResult DirectoryOnLine::act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                 const SecretBytes* secret) {
  if (!line_.passes("before the act")) return unknown();
  auto result = behind_.act(action, from, to, secret);
  if (!line_.passes("after the act")) return unknown();
  return result;
}

WriteResult DirectoryOnLine::fence(const AccountId& account, const Marker& from, const Marker& to) {
  if (!line_.passes("before the fence")) return unknown();
  auto result = behind_.fence(account, from, to);
  if (!line_.passes("after the fence")) return unknown();
  return result;
}

Result<void> RecorderOnLine::record_intent(const CaseId& id, const IntentRecorded& intent) {
  if (!line_.passes("before the intent")) return std::unexpected(process_is_dead());
  auto ok = behind_.record_intent(id, intent);
  if (!line_.passes("after the intent")) return std::unexpected(process_is_dead());
  return ok;
}

Result<void> RecorderOnLine::record_outcome(const CaseId& id, const OutcomeRecorded& outcome) {
  if (!line_.passes("before the outcome")) return std::unexpected(process_is_dead());
  auto ok = behind_.record_outcome(id, outcome);
  if (!line_.passes("after the outcome")) return std::unexpected(process_is_dead());
  return ok;
}

}  // namespace sallyport::sim
