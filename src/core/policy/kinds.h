// The kinds of request that a policy can tell apart: for every attribute that its conditions read, a value for each
// answer they can give. What two policies do with every kind is what they do with every request (compare.h); what an
// attacker can ask for is one of them as well (core/proof).
//
// Everything is known in them: what is not known only tightens (docs/policy_language.md, section 3).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/policy/policy.h"
#include "core/policy/trial.h"

namespace sallyport {

// One attribute, and a value for each kind that conditions can tell apart.
struct Axis {
  Attribute attribute = Attribute::action;
  std::vector<std::string> texts;                   // text
  std::vector<std::int64_t> numbers;                // numbers; booleans as 0 and 1
  std::vector<std::vector<std::string>> groups;
  [[nodiscard]] std::size_t size() const { return texts.size() + numbers.size() + groups.size(); }
};
[[nodiscard]] std::string value_text(const Axis& axis, std::size_t choice);
void set_value(TrialFacts& facts, const Axis& axis, std::size_t choice);

inline constexpr std::size_t groups_all_max = 5;  // all 2^5 sets of them; of more, sets of at most two

class KindsOfRequest {
 public:
  void take(const Policy& policy);
  void take(const Policy& policy, const Condition& condition);  // what this one can tell apart
  void take_actions(const Policy& policy);
  void take_frame(const Policy& policy);  // what is asked of every request, whatever the conditions
  // `few_groups` becomes true when sets of more than two groups are left out.
  [[nodiscard]] std::vector<Axis> axes(bool& few_groups) const;

 private:
  [[nodiscard]] std::set<Attribute> compared_with(Attribute attribute) const;

  std::set<Attribute> booleans_;
  std::map<Attribute, std::set<std::int64_t>> numbers_;
  std::map<Attribute, std::set<std::string>> texts_;
  std::set<std::pair<Attribute, Attribute>> compared_;  // with each other, both ways
  std::set<std::string> groups_;
};

}  // namespace sallyport
