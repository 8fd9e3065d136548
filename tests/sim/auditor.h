// A second opinion on everything the gateway and the executor do: the invariants of docs/testing.md, each by its
// number, checked as entries become durable and as the directory changes. It reads the bytes of the ledger and the
// directory's history, and nothing else. It shares with the product the reader of JSON and the reader of policies;
// nothing of decide(), evolve() or readjudicate(), and no event's type.
//
//   Auditor auditor;
//   auditor.entry(index, bytes, true_time);   auditor.wrote(write);   auditor.end();
//   for (const auto& violation : auditor.violations()) ...
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../tests/sim/outside.h"
#include "base/json.h"

namespace sallyport::sim {

inline constexpr unsigned invariants_max = 45;

struct Violation {
  unsigned number = 0;
  std::string what;
  friend bool operator==(const Violation&, const Violation&) = default;
};

// What the simulator holds of the invariants: how, or why not yet.
struct InvariantInfo {
  unsigned number = 0;
  bool checked = false;
  std::string_view text;
};
[[nodiscard]] const std::array<InvariantInfo, invariants_max>& invariants();

class Auditor {
 public:
  // `clock_right_at`: a moment at which the wall clock was right, from which on it is held against the true time.
  explicit Auditor(Instant clock_right_at);
  ~Auditor();
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;

  // `true_time`: when the entry was written, which may be some time before it was durable.
  void entry(std::uint64_t index, std::string_view bytes, Instant true_time);
  void looked(const AccountFacts& facts, const Marker& marker);
  void wrote(const DirectoryWrite& write);
  void canary(std::string secret);  // must never stand in the ledger
  // Somebody put a backup back: of the ledger's entries so many are left, or of the directory's writes.
  void ledger_put_back(std::uint64_t entries);
  void directory_put_back(std::uint64_t writes, const std::map<std::string, Marker>& markers);
  // The world was set right, and the executor looked at everything three times.
  void end();
  // For checks that the simulation makes itself.
  void expect(bool holds, unsigned number, std::string_view what);

  [[nodiscard]] const std::vector<Violation>& violations() const;
  [[nodiscard]] const std::array<std::uint64_t, invariants_max + 1>& checks() const;  // made, by number

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::sim
