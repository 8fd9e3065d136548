// Ledgers and bundles, and what somebody could do to them: each kind of damage, drawn from a seed. What was done is
// told, so that a test can ask whether it was found there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../tests/support/seeded.h"
#include "core/ledger/bundle.h"
#include "core/ledger/entry.h"

namespace sallyport::damage {

// What an auditor has in hand, and what they may know beforehand.
struct Specimen {
  std::string file;  // a ledger or a bundle
  std::optional<Checkpoint> since;
};

struct Damaged {
  Specimen specimen;
  // The entries among which a finding has to stand; empty: the damage is at no entry.
  std::optional<std::uint64_t> from, to;
};

enum class Kind : std::uint8_t {
  // By somebody with the file alone.
  ledger_bit,
  ledger_byte,
  entry_removed,
  entry_added,
  entries_swapped,
  entry_changed,
  // By somebody with the log's key as well: everything is numbered, hashed and signed again.
  history_forked,  // a later history that does not begin with the one that was seen
  history_mixed,  // an old checkpoint over another history
  store_rolled_back,
  approval_unsigned,  // by somebody who did not give it
  approval_moved,  // signed, for another case
  approval_missing,
  activation_unproved,  // the certificate is missing, or another one
  policy_back_dated,  // a case judged by rules that were not in force
  entry_missing,  // left out of the middle of its stream
  // The same of a bundle.
  bundle_bit,
  bundle_byte,
  bundle_entry_missing,
  bundle_entry_changed,
  bundle_proofs_swapped,
  bundle_of_two_cases,
  bundle_page_rewritten,
  bundle_too_old,
  bundle_approval_unsigned,
};
inline constexpr std::size_t kinds = static_cast<std::size_t>(Kind::bundle_approval_unsigned) + 1;
[[nodiscard]] std::string_view name_of(Kind kind) noexcept;

class Workshop {
 public:
  Workshop();

  [[nodiscard]] const VerifierKey& trusted() const noexcept { return trusted_; }
  [[nodiscard]] const Digest& genesis() const noexcept { return genesis_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] Specimen honest_ledger() const;
  [[nodiscard]] Specimen honest_bundle(std::size_t number) const;
  [[nodiscard]] std::size_t bundles() const noexcept { return bundles_.size(); }

  [[nodiscard]] Damaged damaged(Kind kind, Seeded& seed) const;

 private:
  using Entries = std::vector<std::string>;
  [[nodiscard]] std::string written(const Entries& entries, const std::vector<std::string>& notes) const;
  [[nodiscard]] std::string signed_again(const Entries& entries) const;
  [[nodiscard]] std::string note_of(const Entries& entries, std::size_t size) const;
  [[nodiscard]] Bundle bundle_of(const Entries& entries, const CaseId& id) const;
  [[nodiscard]] static Entries renumbered(const std::vector<LedgerEntry>& entries);
  [[nodiscard]] std::vector<std::size_t> all_of(std::string_view kind) const;
  [[nodiscard]] std::optional<std::uint64_t> owner_in_ledger(std::size_t byte) const;
  [[nodiscard]] static std::optional<std::uint64_t> owner_in_bundle(std::string_view text, const Bundle& bundle,
                                                                    std::size_t byte);
  [[nodiscard]] bool has_later_in_stream(std::size_t place) const;
  [[nodiscard]] std::size_t next_in_stream(std::size_t place) const;

  [[nodiscard]] Damaged at_file(Kind kind, Seeded& seed) const;
  [[nodiscard]] Damaged with_key(Kind kind, Seeded& seed) const;
  [[nodiscard]] Damaged at_bundle(Kind kind, Seeded& seed) const;
  [[nodiscard]] std::vector<LedgerEntry> with_unsigned_approval(std::size_t place) const;
  [[nodiscard]] Damaged back_dated(Seeded& seed) const;
  [[nodiscard]] Damaged unproved(Seeded& seed) const;

  Ed25519SigningKey key_;
  VerifierKey trusted_;
  Digest genesis_;
  Entries entries_;
  std::vector<LedgerEntry> decoded_;
  std::vector<std::string> notes_;  // earlier checkpoints, and the last
  std::string file_;
  std::vector<std::optional<std::uint64_t>> owners_;  // of each byte of the file
  std::vector<Bundle> bundles_;
  std::vector<std::string> texts_;  // of the bundles
};

}  // namespace sallyport::damage
