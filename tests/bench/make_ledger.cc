// bench_make_ledger OUT ENTRIES [--tamper KIND] [--log-key N]: a ledger file of real cases, for measuring
// sallyport-audit and for testing it. Every event went through decide(), every approval carries an ES256
// signature of a software passkey, every checkpoint an Ed25519 signature.
//
// The same arguments give the same cases, people, times and keys; only the passkeys' signatures differ
// from run to run, for ECDSA draws a number (crypto/software_authenticator.h).
//
// --tamper does to the ledger what somebody with the server and its log key could do: history is
// changed, streams are numbered anew, everything is hashed and signed again. It is found by ruling
// again, or not at all.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>

#include "../tests/support/small_world.h"
#include "core/ledger/ledger_file.h"

namespace sallyport {
namespace {

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "bench_make_ledger: %s\n", why.c_str());
  std::exit(1);
}

Ed25519SigningKey log_key(std::uint8_t number) {
  auto key = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, number)));
  if (!key) stop(key.error().what);
  return *std::move(key);
}

// -- the stories ------------------------------------------------------------------------------
// Each case is a list of steps; several cases go on at once, as at a desk.
class Desk {
 public:
  // Until at least `count` entries stand in the ledger, handing them on as they come.
  void run(std::size_t count, const std::function<void(std::string)>& take) {
    std::size_t given = 0;
    while (given < count) {
      while (open_.size() < 5) begin();
      turn();
      for (auto& entry : world_.ledger) {
        if (given == count) break;
        ++given;
        take(std::move(entry));
      }
      world_.ledger.clear();
    }
  }

 private:
  struct Story {
    std::string id;
    std::deque<std::function<bool()>> steps;
  };

  void turn() {
    world_.wait(Duration{700});
    auto& story = open_[turn_++ % open_.size()];
    if (!story.steps.front()()) stop(concat("case ", story.id, " went another way than its story"));
    story.steps.pop_front();
    if (!story.steps.empty()) return;
    world_.cases.erase(story.id);
    std::swap(story, open_.back());
    open_.pop_back();
    if (number_ % 1000 == 0) renew();
  }

  void begin() {
    const auto n = number_++;
    const auto kind = n % 10;
    Story story{concat("c-", n), {}};
    const auto id = story.id;
    const auto add = [&](auto step) { story.steps.emplace_back(step); };
    const auto ok = [](const auto& denial) { return denial == std::nullopt; };
    const auto action = kind == 6 ? Action::unlock : kind == 7 ? Action::mfa_reset : Action::password_reset;
    add([=, this] {
      auto opening = world_.opening(action, n % 2 ? "ann" : "abe", concat("account-", n % accounts));
      auto& times = opened_24h_[n % accounts];
      std::erase_if(times, [&](Instant at) { return at < world_.now - hours(24); });
      opening.cases_24h = static_cast<std::uint32_t>(times.size());  // those that ended are forgotten elsewhere
      times.push_back(world_.now);
      return ok(world_.told(id, opening));
    });
    add([=, this] {
      return ok(world_.told(id, JoinClaimant{world_.state(id).opened.join_code, sha256(view_of(id))}));
    });
    if (kind == 9) {  // a voice that somebody did not like
      add([=, this] {
        return ok(world_.told(id, DenyCase{id_of<StaffId>("lea"), "the voice is another one than last week"}));
      });
      open_.push_back(std::move(story));
      return;
    }
    if (kind == 8) {  // a wrong code, and a refusal on the record
      add([=, this] { return ok(world_.give(id, "totp", EvidenceResult::failed)); });
      add([=, this] {
        world_.record(id, RefusalRecorded{"execute password_reset", "ann", DenialCode::identity_not_verified,
                                          "still missing: 2 independent signals (0 given)"});
        return true;
      });
    }
    add([=, this] { return ok(world_.give(id, action == Action::mfa_reset ? "passkey" : "totp")); });
    if (action != Action::unlock) {
      add([=, this] { return ok(world_.give(id, "recovery_code")); });
      add([=, this] { return ok(world_.approve(n % 3 ? "lea" : "leo", id)); });
    }
    if (action == Action::password_reset) add([=, this] { return ok(world_.seal(id)); });
    add([=, this] { return ok(world_.intend(id)); });
    add([=, this] { return ok(world_.conclude(id, n % 50 == 3 ? Outcome::not_done : Outcome::done)); });
    open_.push_back(std::move(story));
  }

  void renew() {
    for (const auto* name : {"olga", "otis", "otto", "ann", "abe", "lea", "leo"}) {
      auto member = *world_.organization.member(id_of<StaffId>(name));
      if (member.ends_at - world_.now > days(30)) continue;
      member.ends_at = world_.now + days(80);
      world_.appoint(member);
    }
  }

  SmallWorld world_;
  std::map<std::size_t, std::vector<Instant>> opened_24h_;  // by account
  static constexpr std::size_t accounts = 20'000;  // so that none has more cases in a day than the policy allows
  std::vector<Story> open_;
  std::size_t number_ = 0;
  std::size_t turn_ = 0;
};

// -- the file ---------------------------------------------------------------------------------
class LedgerFile {
 public:
  LedgerFile(const char* path, std::uint64_t entries, Ed25519SigningKey key)
      : fd_(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
        checkpoint_after_(std::max<std::uint64_t>(entries / 16, 1)),
        key_(std::move(key)) {
    if (fd_ < 0) stop(concat("cannot write `", path, "`"));
    write(view_of(ledger_file_first_line));
  }
  ~LedgerFile() { ::close(fd_); }
  LedgerFile(const LedgerFile&) = delete;
  LedgerFile& operator=(const LedgerFile&) = delete;

  void add(std::string_view entry) {
    const auto leaf = hash_leaf(view_of(entry));
    if (tree_.size() == 0) genesis_ = leaf;
    block_.add(entry, leaf);
    tree_.append(leaf);
    if (!block_.full()) return;
    flush();
    if (tree_.size() - signed_ >= checkpoint_after_) checkpoint();
  }
  void finish() {
    flush();
    if (signed_ < tree_.size()) checkpoint();
    write(encode_ledger_end(tree_.size()));
    const auto trusted = verifier_key_of(origin, key_);
    if (!trusted) stop(trusted.error().what);
    std::printf("vkey %s\ngenesis %s\nentries %llu\n", to_string(*trusted).c_str(), to_hex(genesis_).c_str(),
                static_cast<unsigned long long>(tree_.size()));
  }

 private:
  static constexpr std::string_view origin = "ledger.example.org/test";  // SmallWorld's

  void flush() {
    if (block_.count() > 0) write(block_.finish());
    block_ = LedgerBlockWriter(tree_.size());
  }
  void checkpoint() {
    signed_ = tree_.size();
    write(encode_ledger_checkpoint(signed_, sign_checkpoint(origin, signed_, tree_.root(), key_)));
  }
  void write(ByteView bytes) const {
    while (!bytes.empty()) {
      const auto put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0) stop("the disk does not take the file");
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }

  int fd_;
  std::uint64_t checkpoint_after_;
  Ed25519SigningKey key_;
  LedgerBlockWriter block_{0};
  Frontier tree_;
  Digest genesis_;
  std::uint64_t signed_ = 0;
};

// -- tampering --------------------------------------------------------------------------------
using Entries = std::vector<LedgerEntry>;

template <typename Event>
Entries::iterator find_event(Entries& entries) {
  const auto found = std::ranges::find_if(entries, [](const LedgerEntry& entry) {
    const auto* event = std::get_if<CaseEvent>(&entry.event);
    return event != nullptr && std::holds_alternative<Event>(*event);
  });
  if (found == entries.end()) stop("the ledger is too short for this");
  return found;
}

template <typename Event>
Event& event_of(LedgerEntry& entry) {
  return std::get<Event>(std::get<CaseEvent>(entry.event));
}

// Says at which entry the first thing is wrong.
std::size_t tamper(Entries& entries, std::string_view kind) {
  const auto place = [&](Entries::iterator at) { return static_cast<std::size_t>(at - entries.begin()); };
  if (kind == "drop_approval") {
    const auto approval = find_event<ApprovalRecorded>(entries);
    const auto stream = approval->stream;
    auto after = entries.erase(approval);
    while (after->stream != stream) ++after;
    if (std::holds_alternative<SecretSealed>(std::get<CaseEvent>(after->event)))
      after = std::find_if(after + 1, entries.end(), [&](const LedgerEntry& e) { return e.stream == stream; });
    return place(after);  // the permit that it gave
  }
  if (kind == "forge_approval") {
    const auto approval = find_event<ApprovalRecorded>(entries);
    auto& forged = event_of<ApprovalRecorded>(*approval);
    forged.by = id_of<StaffId>(forged.by.text() == "leo" ? "lea" : "leo");  // who could have, and did not
    forged.person = id_of<PersonId>(concat("person.", forged.by.text()));
    return place(approval);
  }
  if (kind == "forge_outcome") {
    const auto outcome = find_event<OutcomeRecorded>(entries);
    event_of<OutcomeRecorded>(*outcome).marker = "m7";
    return place(outcome);
  }
  if (kind == "swap_account") {
    const auto intent = find_event<IntentRecorded>(entries);
    event_of<IntentRecorded>(*intent).account = id_of<AccountId>("mallory");
    return place(intent);
  }
  if (kind == "reorder") {  // the intent before its permit
    const auto intent = find_event<IntentRecorded>(entries);
    auto permit = intent;
    do --permit;
    while (permit->stream != intent->stream);
    std::swap(permit->event, intent->event);
    return place(permit);
  }
  if (kind == "appoint_mallory") {  // with olga's signature for somebody else
    auto appointment = entries.begin() + 3;
    auto& event = std::get<StaffEnrolled>(std::get<OrganizationEvent>(appointment->event));
    event.member.roles.push_back(StaffRole::operator_);
    return place(appointment);
  }
  stop(concat("unknown: --tamper ", kind));
}

void write_tampered(LedgerFile& file, Entries entries, std::string_view kind) {
  const auto first = tamper(entries, kind);
  std::map<std::string, std::uint64_t> versions;
  for (auto& entry : entries) {
    entry.version = versions[entry.stream]++;
    file.add(encode_entry(entry));
  }
  std::printf("tampered %zu\n", first);
}

int make(int argc, char** argv) {
  if (argc < 3) stop("usage: bench_make_ledger OUT ENTRIES [--tamper KIND] [--log-key N]");
  const std::string_view number = argv[2];
  std::size_t count = 0;
  if (std::from_chars(number.data(), number.data() + number.size(), count).ec != std::errc{} || count == 0)
    stop("ENTRIES is a number above 0");
  std::string_view kind;
  std::uint8_t key = 1;
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--tamper") kind = argv[i + 1];
    else if (option == "--log-key") key = static_cast<std::uint8_t>(std::atoi(argv[i + 1]));
    else stop(concat("unknown: ", option));
  }
  LedgerFile file(argv[1], count, log_key(key));
  Desk desk;
  if (kind.empty()) {
    desk.run(count, [&](std::string entry) { file.add(entry); });
  } else {
    Entries entries;
    desk.run(count, [&](const std::string& bytes) { entries.push_back(decode_entry(bytes).value()); });
    write_tampered(file, std::move(entries), kind);
  }
  file.finish();
  return testing::UnitTest::GetInstance()->Failed() ? 1 : 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) { return sallyport::make(argc, argv); }
