// A policy: one YAML text, checked and compiled. A floor for every action, a floor for classes of
// accounts, joined; and nothing that lowers (docs/policy_language.md).
//
//   SP_TRY(auto policy, Policy::compile(text, "policy.yaml"));
//   auto required = policy.required(account, Action::password_reset);   // or a Denial
//
// A compiled policy is immutable and may be read by many threads. compile() is pure: any text gives
// a policy or a fault with file, line, column and what would be right.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "core/model/account.h"
#include "core/model/action.h"
#include "core/model/denial.h"
#include "core/model/ids.h"
#include "core/policy/condition.h"
#include "core/policy/requirement.h"

namespace sallyport {

// A way to verify. What it rests on decides independence: two signals that rest on a common thing
// count once.
struct SignalRule {
  SignalName name;
  std::vector<std::string> rests_on;      // sorted
  std::optional<Duration> fresh;          // evidence counts for this long while door one is open
  std::optional<Duration> enrolled_for;   // the authenticator was bound at least this long before
  std::optional<Duration> unchanged_for;  // the address or number on file was not changed for this long
  std::optional<Duration> valid_for;      // how old proofing data may be
  bool strong = false;
  bool issued = false;  // a code that we send
};

struct AccountClass {
  ClassName name;
  std::optional<Condition> when;  // absent: every account
  std::optional<TierName> floor;
};

struct Limits {
  std::uint32_t cases_per_account_24h = 3;
  std::uint32_t tries_per_signal = 5;
  Duration case_lifetime = hours(4);
  Duration verified_for = hours(1);  // how long a shut door one stands, beside the hold
};

// What a case of this account and action needs, and why.
struct Required {
  ClassName account_class;
  TierName action_tier;
  std::optional<TierName> class_tier;
  Requirement requirement;
  std::vector<std::string> reasons;  // readable: "password_reset has the floor standard"
};

class Policy {
 public:
  [[nodiscard]] static Result<Policy> compile(std::string_view text, std::string_view source);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }  // SHA-256 of the text
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] const std::vector<SignalRule>& signals() const noexcept { return signals_; }
  [[nodiscard]] const SignalRule* signal(const SignalName& name) const;
  [[nodiscard]] Ruling<Required> required(const AccountFacts& account, Action action) const;

 private:
  friend class PolicyLoader;
  std::string name_;
  std::string text_;
  Digest digest_;
  Limits limits_;
  std::vector<SignalRule> signals_;
  std::vector<AccountClass> classes_;
  std::map<TierName, Requirement> tiers_;
  std::map<Action, TierName> actions_;
};

}  // namespace sallyport
