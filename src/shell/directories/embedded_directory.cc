#include "shell/directories/embedded_directory.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "shell/directories/password_text.h"

namespace sallyport {
namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t compaction_bytes_min = 64ULL << 20;  // below it, reading the file at start is quick
constexpr std::uint64_t compaction_growth = 4;               // so that rewriting costs little of all writing

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool any_of(const std::vector<std::string>& groups, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(groups, [&](const auto& group) {
    return std::ranges::any_of(wanted, [&](const auto& name) { return folded(group) == folded(name); });
  });
}

WriteResult not_done(Refusal refusal, std::string detail) {
  return {WriteOutcome::not_done, refusal, std::move(detail)};
}

std::string lines_of(const std::vector<EmbeddedAccount>& accounts) {
  std::string out;
  for (const auto& account : accounts) out += concat(to_text(to_json(account)), '\n');
  return out;
}

Result<std::vector<EmbeddedAccount>> accounts_of(std::string_view lines) {
  std::vector<EmbeddedAccount> accounts;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == lines.npos) return fault(FaultKind::corrupt, "a stored account is cut off");
    SP_TRY(const auto json, parse_json(lines.substr(0, end)));
    SP_TRY(auto account, embedded_account_from_json(json));
    accounts.push_back(std::move(account));
    lines.remove_prefix(end + 1);
  }
  return accounts;
}

// RFC 9562 version 4, from our own source of randomness.
Result<AccountId> new_account_id(Entropy& entropy) {
  SP_TRY(auto bytes, entropy.bytes(16));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  auto text = to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return *AccountId::parse(text);
}

std::optional<std::string> own_rule_refusal(const SecretBytes& password, const std::string& login) {
  if (auto refused = password_text_refusal(password)) return refused;
  if (password.size() < embedded_password_bytes_min) return "the directory refuses this password: it is too short";
  if (password.equals_constant_time(view_of(login))) return "the directory refuses this password: it is the login";
  return std::nullopt;
}

}  // namespace

EmbeddedDirectory::EmbeddedDirectory(EmbeddedConfig config, Entropy& entropy, std::unique_ptr<FrameLog> log)
    : config_(std::move(config)), entropy_(entropy), log_(std::move(log)) {}

Result<std::unique_ptr<EmbeddedDirectory>> EmbeddedDirectory::open(EmbeddedConfig config, Entropy& entropy) {
  if (config.directory.empty() || config.organization.empty() || config.path.empty())
    return fault(FaultKind::invalid, "the embedded directory needs an id, an organization and a path");
  if (config.kdf_iterations == 0 || config.kdf_iterations > kdf_iterations_max)
    return fault(FaultKind::invalid, "kdf_iterations is out of range");
  auto opened = FrameLog::open(config.path);
  if (!opened) return with_context("opening the embedded directory", std::move(opened).error());
  std::unique_ptr<EmbeddedDirectory> directory;
  directory = std::unique_ptr<EmbeddedDirectory>(new EmbeddedDirectory(config, entropy, std::move(opened->log)));
  for (const auto& payload : opened->payloads) {
    auto accounts = accounts_of(payload);
    if (!accounts) return with_context("reading the embedded directory", std::move(accounts).error());
    for (auto& account : *accounts) directory->show(std::move(account));
  }
  directory->writer_ = std::thread([raw = directory.get()] { raw->write_loop(); });
  return directory;
}

EmbeddedDirectory::~EmbeddedDirectory() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void EmbeddedDirectory::show(EmbeddedAccount account) {
  by_login_[folded(account.login)] = account.id;
  const auto id = account.id;
  accounts_.insert_or_assign(id, std::move(account));
}

void EmbeddedDirectory::write_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto batch = std::exchange(queue_, {});
    lock.unlock();
    std::string payload;
    for (const auto& pending : batch) payload += lines_of(pending->accounts);
    const bool stored = log_->append(payload).has_value();
    lock.lock();
    broken_ = broken_ || !stored;
    for (const auto& pending : batch) {
      for (auto& account : pending->accounts) {
        busy_.erase(account.id);
        if (stored) show(std::move(account));
      }
      pending->state = stored ? Pending::State::stored : Pending::State::failed;
    }
    if (stored) compact_if_large();
    settled_.notify_all();
  }
}

// Under the lock: everybody waits, seldom and for well under a second.
void EmbeddedDirectory::compact_if_large() {
  if (log_->size() < compaction_bytes_min) return;
  std::vector<EmbeddedAccount> all;
  for (const auto& [id, account] : accounts_) all.push_back(account);
  const auto lines = lines_of(all);
  if (log_->size() < compaction_growth * lines.size()) return;
  broken_ = !log_->rewrite(lines).has_value();  // a disk that cannot take a copy is full or ill: stop here
}

// A write that failed is in the file, torn in it, or not; and what a failed flush left behind may never reach the disk,
// whatever a later one says. So the file is read again and written anew, whole, under the name it has. Under the lock.
bool EmbeddedDirectory::mend() {
  const auto payloads = log_->read_again();
  if (!payloads) return false;
  std::vector<EmbeddedAccount> read;
  for (const auto& payload : *payloads) {
    auto accounts = accounts_of(payload);
    if (!accounts) return false;
    std::ranges::move(*accounts, std::back_inserter(read));
  }
  for (auto& account : read) show(std::move(account));
  std::vector<EmbeddedAccount> all;
  for (const auto& [id, account] : accounts_) all.push_back(account);
  if (!log_->rewrite(lines_of(all))) return false;
  broken_ = false;
  return true;
}

WriteResult EmbeddedDirectory::store(std::unique_lock<std::mutex>& lock, std::vector<EmbeddedAccount> accounts,
                                     steady_clock::time_point deadline) {
  auto pending = std::make_shared<Pending>();
  for (const auto& account : accounts) busy_.insert(account.id);
  pending->accounts = std::move(accounts);
  queue_.push_back(pending);
  work_.notify_one();
  settled_.wait_until(lock, deadline, [&] { return pending->state != Pending::State::waiting; });
  if (pending->state == Pending::State::stored) return {WriteOutcome::done, Refusal::none, ""};
  return {WriteOutcome::unknown, Refusal::none, "it is not known whether the change reached the disk"};
}

WriteResult EmbeddedDirectory::commit(const AccountId& id, const Change& change) {
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(config_.deadline.milliseconds);
  std::unique_lock lock(mutex_);
  const bool free = settled_.wait_until(
      lock, deadline, [&] { return broken_ || (!busy_.contains(id) && queue_.size() < embedded_queue_max); });
  if (broken_) {
    const bool idle = settled_.wait_until(lock, deadline, [&] { return busy_.empty(); });
    if (broken_ && !(idle && mend()))
      return not_done(Refusal::unavailable, "the directory's file could not be written");
  }
  if (!free) return not_done(Refusal::unavailable, "the directory is too slow: nothing was written");
  const auto at = accounts_.find(id);
  if (at == accounts_.end()) return not_done(Refusal::no_such_account, "the directory has no such account");
  auto changed = at->second;
  if (auto refused = change(changed)) return std::move(*refused);
  ++changed.version;
  return store(lock, {std::move(changed)}, deadline);
}

Result<std::size_t> EmbeddedDirectory::import_seed(const Json& seed) {
  SP_TRY(auto seeds, seed_from_json(seed));
  if (seeds.size() > embedded_accounts_max) return fault(FaultKind::invalid, "the seed has too many accounts");
  std::vector<EmbeddedAccount> accounts;
  std::set<std::string> logins;
  for (auto& [account, password] : seeds) {
    if (!logins.insert(folded(account.login)).second)
      return fault(FaultKind::invalid, concat("the seed has the login \"", account.login, "\" twice"));
    SP_TRY(account.id, new_account_id(entropy_));
    SP_TRY(auto hash, hash_password(password, config_.kdf_iterations, entropy_));
    account.passwords = {std::move(hash)};
    accounts.push_back(std::move(account));
  }
  const auto count = accounts.size();
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(config_.deadline.milliseconds);
  std::unique_lock lock(mutex_);
  if (!accounts_.empty() || !busy_.empty())
    return fault(FaultKind::conflict, "the directory already has accounts", "import into an empty one");
  if (const auto stored = store(lock, std::move(accounts), deadline); stored.outcome != WriteOutcome::done)
    return fault(FaultKind::unknown, stored.detail);
  return count;
}

std::size_t EmbeddedDirectory::account_count() const {
  const std::scoped_lock lock(mutex_);
  return accounts_.size();
}

Result<SignIn> EmbeddedDirectory::verify_password(std::string_view login, const SecretBytes& password) {
  EmbeddedAccount account;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = by_login_.find(folded(login));
    if (at == by_login_.end()) return SignIn::no_such_account;
    account = accounts_.at(at->second);
  }
  if (!account.active) return SignIn::disabled;
  if (account.locked) return SignIn::locked;
  SP_TRY(const bool matches, password_matches(password, account.passwords.front()));
  {
    const std::scoped_lock lock(mutex_);
    auto& failures = failures_[account.id];
    failures = matches ? 0 : failures + 1;
    if (matches) return SignIn::accepted;
    if (config_.lockout_after == 0 || failures < config_.lockout_after) return SignIn::wrong_password;
    failures = 0;
  }
  const auto locked = commit(account.id, [](EmbeddedAccount& changed) -> std::optional<WriteResult> {
    changed.locked = true;
    return std::nullopt;
  });
  if (locked.outcome != WriteOutcome::done) return fault(FaultKind::unavailable, locked.detail);
  return SignIn::wrong_password;
}

Result<AccountRecord> EmbeddedDirectory::find_by_login(std::string_view login, Instant now) {
  const std::scoped_lock lock(mutex_);
  const auto at = by_login_.find(folded(login));
  if (at == by_login_.end()) return fault(FaultKind::not_found, "the directory has no such account");
  return record_of(accounts_.at(at->second), now);
}

Result<AccountRecord> EmbeddedDirectory::find_by_id(const AccountId& id, Instant now) {
  const std::scoped_lock lock(mutex_);
  const auto at = accounts_.find(id);
  if (at == accounts_.end()) return fault(FaultKind::not_found, "the directory has no such account");
  return record_of(at->second, now);
}

Result<AccountRecord> EmbeddedDirectory::record_of(const EmbeddedAccount& account, Instant now) const {
  AccountRecord record;
  record.facts.directory = config_.directory;
  record.facts.account = account.id;
  record.facts.organization = config_.organization;
  const auto holder = PersonId::parse(folded(account.employee_number));
  if (!holder)
    return fault(FaultKind::rejected, "the directory does not say whose account this is",
                 "give it an employee number of a-z 0-9 - _ . (at most 64)");
  record.facts.holder = *holder;
  record.facts.state_token = state_token_of(account);
  record.facts.active = account.active;
  record.facts.locked = account.locked;
  record.facts.admin = any_of(account.groups, config_.admin_groups);
  record.facts.executive = any_of(account.groups, config_.executive_groups);
  record.facts.employment = account.employment;
  record.facts.groups = account.groups;
  record.facts.read_at = now;
  record.login = account.login;
  record.display_name = account.display_name;
  record.mail = account.mail;
  record.marker = account.marker;
  return record;
}

Result<Observation> EmbeddedDirectory::observe(const AccountId& id) {
  const std::scoped_lock lock(mutex_);
  const auto at = accounts_.find(id);
  if (at == accounts_.end()) return fault(FaultKind::not_found, "the directory has no such account");
  const auto& account = at->second;
  return Observation{account.marker, account.locked, concat('v', account.version)};
}

// The new list of hashes. Hashing is slow on purpose, so it happens without the lock; the state
// token, compared again under it, tells whether the list was still the same.
Result<std::vector<std::string>> EmbeddedDirectory::hashes_with(const SecretBytes& password,
                                                                const EmbeddedAccount& account,
                                                                std::optional<std::string>& refusal) {
  refusal = own_rule_refusal(password, account.login);
  if (refusal) return std::vector<std::string>();
  for (const auto& old : account.passwords) {
    SP_TRY(const bool same, password_matches(password, old));
    if (!same) continue;
    refusal = "the directory refuses this password: it was used before";
    return std::vector<std::string>();
  }
  SP_TRY(auto hash, hash_password(password, config_.kdf_iterations, entropy_));
  std::vector<std::string> hashes{std::move(hash)};
  for (const auto& old : account.passwords)
    if (hashes.size() <= password_history_length) hashes.push_back(old);
  return hashes;
}

WriteResult EmbeddedDirectory::act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                   const SecretBytes* secret) {
  if (action.directory() != config_.directory) return not_done(Refusal::other, "the decision is for another directory");
  if (to.empty() || to == from) return not_done(Refusal::other, "the new marker is empty or not new");
  const bool unlocks = action.action() == Action::unlock || action.action() == Action::admin_unlock;
  const bool suspends = action.action() == Action::suspend;
  if (!unlocks && !suspends && action.action() != Action::password_reset)
    return not_done(Refusal::not_supported, concat("this directory cannot do ", to_string(action.action())));
  if (action.lasts())
    return not_done(Refusal::not_supported, "this directory cannot end an effect by itself, as the policy asks");
  if (needs_sealed_secret(action.action()) != (secret != nullptr))
    return not_done(Refusal::other, secret ? "this action takes no secret" : "the new password is missing");

  const auto objection = [&](const EmbeddedAccount& account) -> std::optional<WriteResult> {
    if (account.marker != from) return not_done(Refusal::state_changed, "the account's marker is not the expected one");
    if (state_token_of(account) != action.state_token())
      return not_done(Refusal::state_changed, "the account is not as it was when this was decided");
    if (!account.active)
      return not_done(Refusal::not_permitted, "an administrator disabled this account; recovery does not enable it");
    return std::nullopt;
  };

  std::vector<std::string> hashes;
  if (secret) {
    EmbeddedAccount account;
    {
      const std::scoped_lock lock(mutex_);
      const auto at = accounts_.find(action.account());
      if (at == accounts_.end()) return not_done(Refusal::no_such_account, "the directory has no such account");
      account = at->second;
    }
    if (auto objected = objection(account)) return std::move(*objected);
    std::optional<std::string> refusal;
    auto made = hashes_with(*secret, account, refusal);
    if (!made) return not_done(Refusal::other, made.error().what);
    if (refusal) return not_done(Refusal::password_rejected, std::move(*refusal));
    hashes = std::move(*made);
  }

  bool was_locked = true;
  auto result = commit(action.account(), [&](EmbeddedAccount& account) -> std::optional<WriteResult> {
    if (auto objected = objection(account)) return objected;
    was_locked = account.locked;
    account.locked = suspends;
    account.marker = to;
    if (!secret) return std::nullopt;
    account.passwords = std::move(hashes);
    ++account.password_version;
    return std::nullopt;
  });
  if (result.outcome != WriteOutcome::done) return result;
  if (unlocks && !was_locked) result.detail = "the account was not locked";
  const std::scoped_lock lock(mutex_);
  failures_.erase(action.account());
  return result;
}

WriteResult EmbeddedDirectory::fence(const AccountId& id, const Marker& from, const Marker& to) {
  if (to.empty() || to == from) return not_done(Refusal::other, "the new marker is empty or not new");
  return commit(id, [&](EmbeddedAccount& account) -> std::optional<WriteResult> {
    if (account.marker != from) return not_done(Refusal::state_changed, "the account's marker is not the expected one");
    account.marker = to;
    return std::nullopt;
  });
}

}  // namespace sallyport
