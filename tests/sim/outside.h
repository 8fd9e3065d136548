// What lies outside the two programs, and fails: the disk, the directory, the post, and the line between a process and
// everything else, which is cut when the process dies. Every fault is asked for by the simulation; nothing here draws
// numbers of its own.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/directory.h"
#include "ports/executor.h"
#include "ports/mailer.h"
#include "shell/store/memory_event_store.h"

namespace sallyport::sim {

// -- the disk -------------------------------------------------------------------------------------
// The ledger's store under its contract (ports/event_store.h): what is appended waits for the writer, is durable in the
// order of appending, and is answered then. What lies beneath the contract (pages that are torn, writes out of order)
// is the database's and is tested there.
class Disk final : public EventStore {
 public:
  explicit Disk(const SecretBytes& signing_seed);

  void append(Batch batch, Callback on_durable) override;
  // The writer comes to it: everything that waits is written, or, once the disk has failed, nothing any more.
  void flush();
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

  enum class Failure {
    none,
    full,  // it takes nothing
    fsync_fails,  // it may have taken some of what it was given, and says that it did not
  };
  // What the next flush meets; `kept`: how many of the waiting batches a failed fsync leaves there all the same.
  void fail(Failure failure, std::size_t kept);
  // The process died: what waited is lost, but for the first `kept` batches, which nobody was told of.
  void lose_power(std::size_t kept);
  // Another process opened it. A full disk stays full until somebody makes room.
  void reopen() { broken_ = false; }
  void make_room() { failure_ = Failure::none; }
  [[nodiscard]] bool broken() const { return broken_; }

  // Backups: what was there when so many batches were durable. Checkpoints signed since then are out in the world.
  [[nodiscard]] std::size_t batches() const { return durable_.size(); }
  void put_back(std::size_t batches);

  // Told of every entry when it is durable, with the true time at which it was appended.
  std::function<void(std::uint64_t index, const std::string& bytes, Instant appended_at)> on_entry;
  std::function<Instant()> true_time;

  [[nodiscard]] const MemoryEventStore& store() const { return *store_; }
  [[nodiscard]] Result<std::vector<StoredEntry>> read_stream(const std::string& stream,
                                                             std::uint64_t from_version) const override;
  [[nodiscard]] Result<std::vector<StoredEntry>> read_entries(std::uint64_t from_index,
                                                              std::size_t count) const override;
  [[nodiscard]] Result<std::vector<Digest>> read_leaf_hashes(std::uint64_t from_index,
                                                             std::size_t count) const override;
  [[nodiscard]] Result<Digest> read_node(unsigned height, std::uint64_t number) const override;
  [[nodiscard]] Result<std::string> latest_checkpoint() const override;
  [[nodiscard]] Result<std::optional<std::string>> read_view(const std::string& key) const override;
  [[nodiscard]] Result<std::vector<Row>> list_view(const std::string& prefix, const std::string& after,
                                                   std::size_t limit) const override;
  [[nodiscard]] Result<std::optional<std::string>> read_secret(const std::string& key) const override;

 private:
  struct Waiting {
    Batch batch;
    Callback done;
    Instant at;
  };
  [[nodiscard]] Result<Appended> write(const Batch& batch, Instant appended_at);

  SecretBytes seed_;
  std::unique_ptr<MemoryEventStore> store_;
  std::deque<Waiting> queue_;
  std::vector<Batch> durable_;
  Failure failure_ = Failure::none;
  std::size_t kept_ = 0;
  bool broken_ = false;
};

// -- the directory --------------------------------------------------------------------------------
// What changed in the directory, as the directory saw it.
struct DirectoryWrite {
  enum class By { action, fence, outsider };
  By by = By::action;
  std::string account, marker_from, marker_to;
  std::string state_token;  // before it
  std::string action;
  std::uint64_t place = 0;  // in the directory's history
};

class FaultyDirectory final : public Directory {
 public:
  struct Held {
    AccountFacts facts;
    std::string mail;
    Marker marker;
    std::string password;
    std::uint64_t state = 1;
    std::optional<Duration> lasts;
    friend bool operator==(const Held&, const Held&) = default;
  };
  // What comes of the next request to write, and of the next look.
  enum class Write {
    works,
    refuses,  // the password breaks a rule of the directory's
    cannot_be_reached,  // nothing was sent
    request_is_lost,  // nothing happens, and nobody says so
    answer_is_lost,  // it happens, and nobody says so
    comes_late,  // nobody says so, and it happens later, or fails then
    comes_twice,  // it happens, and is repeated later
    lies_done,  // says that it did and did not
    lies_refused,  // says that it did not and did
  };
  enum class Look { works, cannot_be_reached, is_stale, shows_nonsense };

  std::map<std::string, Held, std::less<>> accounts;
  Write next_write = Write::works;  // each is used up by one request
  Write next_fence = Write::works;
  Look next_look = Look::works;
  bool is_away = false;  // answers nothing at all

  std::function<void(const DirectoryWrite&)> on_write;
  std::function<void(const AccountFacts& facts, const Marker& marker)> on_look;  // of the executor, at an account

  // Requests under way arrive: the first, if there is one.
  bool deliver_late();
  [[nodiscard]] std::size_t under_way() const { return late_.size(); }
  // Somebody else writes: counts as a change of the account's guarded state, or leaves another marker.
  void change_by_outsider(const std::string& account);
  void mark_by_outsider(const std::string& account, const Marker& marker);
  void keep_backup() { backup_ = accounts; }
  [[nodiscard]] bool has_backup() const { return !backup_.empty(); }
  // It was stopped for that, so requests that were under way have lost their connection.
  void put_back() {
    accounts = backup_;
    late_.clear();
  }
  [[nodiscard]] std::uint64_t writes() const { return places_; }

  [[nodiscard]] Result<AccountRecord> find_by_login(std::string_view login, Instant now) override;
  [[nodiscard]] Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override;
  [[nodiscard]] Result<Observation> observe(const AccountId& account) override;
  [[nodiscard]] WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                const SecretBytes* secret) override;
  [[nodiscard]] WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) override;

 private:
  struct Request {
    bool fence = false;
    std::string account, state_token;
    Action action = Action::unlock;
    Marker from, to;
    std::optional<std::string> password;
    std::optional<Duration> lasts;
  };
  [[nodiscard]] WriteResult apply(const Request& request);
  [[nodiscard]] WriteResult handle(const Request& request, Write weather);
  [[nodiscard]] Look look() { return std::exchange(next_look, Look::works); }

  std::map<std::string, Held, std::less<>> backup_;
  std::map<std::string, Held, std::less<>> before_;  // each account as it was before its latest write
  std::deque<Request> late_;
  std::uint64_t places_ = 0;
};

// -- the post -------------------------------------------------------------------------------------
class Post final : public Mailer {
 public:
  enum class Fate { arrives, is_lost, is_refused, comes_late };
  Fate next = Fate::arrives;
  [[nodiscard]] Result<void> send(const Mail& mail) override;
  // The code in the newest mail that came to the address; empty: none.
  [[nodiscard]] std::string code_for(std::string_view address) const;
  bool deliver_late();

 private:
  std::map<std::string, std::string, std::less<>> newest_;
  std::deque<Mail> late_;
};

// -- a process's line to the world ----------------------------------------------------------------
// A process that dies stops in the middle of what it does: nothing leaves it any more, and nothing reaches it. Whoever
// runs it is asked at each boundary, before and after each call, whether it dies there.
class Lifeline {
 public:
  std::function<void(std::string_view boundary)> at;  // may call cut()
  void cut() { cut_ = true; }
  [[nodiscard]] bool is_cut() const { return cut_; }
  // Is the process still alive there?
  [[nodiscard]] bool passes(std::string_view boundary) {
    if (!cut_ && at) at(boundary);
    return !cut_;
  }

 private:
  bool cut_ = false;
};

class DirectoryOnLine final : public Directory {
 public:
  DirectoryOnLine(Directory& behind, Lifeline& line) : behind_(behind), line_(line) {}
  [[nodiscard]] Result<AccountRecord> find_by_login(std::string_view login, Instant now) override;
  [[nodiscard]] Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override;
  [[nodiscard]] Result<Observation> observe(const AccountId& account) override;
  [[nodiscard]] WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                const SecretBytes* secret) override;
  [[nodiscard]] WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) override;

 private:
  Directory& behind_;
  Lifeline& line_;
};

class RecorderOnLine final : public CaseRecorder {
 public:
  RecorderOnLine(CaseRecorder& behind, Lifeline& line) : behind_(behind), line_(line) {}
  [[nodiscard]] Result<void> record_intent(const CaseId& id, const IntentRecorded& intent) override;
  [[nodiscard]] Result<void> record_outcome(const CaseId& id, const OutcomeRecorded& outcome) override;

 private:
  CaseRecorder& behind_;
  Lifeline& line_;
};

}  // namespace sallyport::sim
