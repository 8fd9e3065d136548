// Cases of the past, decided again under another policy: whom would a draft have stopped, kept waiting or let through?
//
// Reads a ledger's entries in order and believes them: whoever does not has them audited first (core/ledger). Nothing
// is signed or checked here, so a million cases take a minute. What people would have done otherwise under another
// policy nobody knows: a case is given the same evidence, the same approvals and the same moments.
//
//   Replay replay(draft, since);
//   for (...) replay.feed(entry);
//   const auto report = replay.finish();
//
// Pure. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/cases/state.h"
#include "core/ledger/entry.h"
#include "core/organization/organization.h"
#include "core/policy/policy.h"

namespace sallyport::replay {

enum class Change : std::uint8_t {
  let_through,  // was not permitted, and what it had would have sufficed
  asks_less,    // permitted then and now, and the draft asks for less
  same,
  asks_more,    // permitted then and now, and had more than it was asked for
  waits,        // permitted then; the hold would have lasted longer
  lacks,        // permitted then; something would have been missing
  refused,      // permitted then; would not have been opened
};
inline constexpr std::size_t change_count = 7;
[[nodiscard]] std::string_view to_string(Change change) noexcept;  // "let_through", ...
[[nodiscard]] std::string_view words_for(Change change) noexcept;

struct Example {
  CaseId id;
  Action action = Action::unlock;
  ClassName was_class, is_class;
  Instant opened_at;
  std::string why;  // what is missing, how much longer it waits, which rule refuses
};

struct Group {
  Action action = Action::unlock;
  ClassName account_class;  // under the policy that was in force
  std::array<std::uint64_t, change_count> cases{};
};

[[nodiscard]] Duration to_the_minute(Duration d) noexcept;  // rounded up: what people read

inline constexpr std::size_t examples_max = 5;  // of each change

struct Report {
  std::uint64_t entries = 0;
  std::uint64_t cases = 0;     // opened since
  std::uint64_t earlier = 0;   // and before, which were not asked about
  std::uint64_t permitted = 0; // of those asked about
  std::array<std::uint64_t, change_count> changes{};
  std::array<std::vector<Example>, change_count> examples;  // the first of each
  std::vector<Group> groups;                                // by action and class
  Duration longer;                                          // that all who would have waited would have waited
  [[nodiscard]] std::uint64_t of(Change change) const { return changes[static_cast<std::size_t>(change)]; }
};

class Replay {
 public:
  Replay(const Policy& draft, Instant since) : draft_(draft), since_(since) {}  // `draft` outlives it
  // `invalid`: an entry that does not follow the ones before it.
  [[nodiscard]] Result<void> feed(const LedgerEntry& entry);
  [[nodiscard]] Report finish();

 private:
  struct Followed {
    CaseState state;
    bool decided = false;  // when it was permitted
  };
  void decide_again(const CaseState& state, bool permitted, Instant at);

  const Policy& draft_;
  Instant since_;
  OrganizationState organization_;
  std::unordered_map<std::string, Followed> cases_;  // by stream; closed ones are dropped
  std::map<std::pair<Action, std::string>, Group> groups_;
  Report report_;
};

}  // namespace sallyport::replay
