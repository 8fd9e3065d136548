// A directory's accounts as kinds: those that the policy cannot tell apart, and for which the same signals are
// enrolled, are one kind with a number. A hundred thousand accounts are some hundred kinds, and only kinds are proved.
//
// A text that no condition compares with a literal or with another attribute makes no difference, nor do groups that no
// condition names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/proof/population.h"

namespace sallyport::proof {

struct AccountRecord {
  std::string id;
  TrialFacts facts;  // account.… only; what is absent is not known
  std::optional<SignalSet> enrolled;
  bool mailbox_of_account = false;
  std::optional<ClassName> meant_for;
  std::optional<std::string> held_by, manager;  // kinds of people
};

class Grouping {
 public:
  explicit Grouping(const Policy& policy);

  // What the policy sees of the account; equal keys are one kind.
  [[nodiscard]] std::string key_of(const AccountRecord& account) const;
  // In the order of their keys; named after the first account of each.
  [[nodiscard]] std::vector<AccountKind> kinds(const std::vector<AccountRecord>& accounts) const;

 private:
  struct Seen {
    Attribute attribute;
    bool whole = false;  // compared with another attribute: its very text matters
    std::vector<std::string> values;  // texts and groups that are named
    std::vector<std::int64_t> bounds;  // numbers, rising
  };
  std::vector<Seen> seen_;
};

}  // namespace sallyport::proof
