// A trial: a request made up to try a policy with, and what its author expects of the decision. A file of
// trials is kept beside the policy (`sallyport policy test`); docs/policy_language.md, section 9, has its form.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/decision.h"
#include "core/policy/policy.h"

namespace sallyport {

// Facts that own their texts.
class TrialFacts {
 public:
  [[nodiscard]] Facts view() const;  // of this object: must not outlive or survive a change of it

  void set_boolean(Attribute a, bool value);
  void set_number(Attribute a, std::int64_t value);  // durations in milliseconds
  void set_text(Attribute a, std::string value);
  void set_groups(std::vector<std::string> groups);
  void forget(Attribute a) { at(a).known = false; }
  // The value as a policy would write it: "true", "3d", "employee"; lists with commas. False when it is not of
  // the attribute's type. "unknown" forgets.
  [[nodiscard]] bool set_from_text(Attribute a, std::string_view value);

 private:
  struct Value {
    bool known = false;
    std::int64_t number = 0;
    std::string text;
  };
  [[nodiscard]] Value& at(Attribute a) { return values_[static_cast<std::size_t>(a)]; }
  std::array<Value, attribute_count> values_;
  std::vector<std::string> groups_;
};

struct Trial {
  std::string name;
  std::size_t line = 0;
  Action action = Action::unlock;
  TrialFacts facts;
  std::vector<Evidence> evidence;
  std::vector<ApproverFacts> approvals;
  std::optional<Duration> waited;  // since door one shut
  Verdict expect = Verdict::deny;
  std::optional<std::string> expect_class;
  std::optional<std::string> expect_rule;     // that refuses or fires
  std::optional<std::string> expect_missing;  // occurs in what is missing

  static constexpr Instant now{1'800'000'000'000};  // every trial's moment; only spans matter
};

struct TrialFile {
  std::string policy;  // path, relative to the file
  std::vector<Trial> trials;
};

// Every problem that can be found at once.
[[nodiscard]] std::expected<TrialFile, std::vector<PolicyProblem>> read_trials(std::string_view text);

// The input of a decision on this trial. A view of it.
class TrialInput {
 public:
  explicit TrialInput(const Trial& trial);
  [[nodiscard]] const DecisionInput& input() const noexcept { return input_; }
  TrialInput(const TrialInput&) = delete;
  TrialInput& operator=(const TrialInput&) = delete;

 private:
  Facts facts_;
  DecisionInput input_;
};

// What of the decision is not as expected, in words; empty: all is.
[[nodiscard]] std::string difference(const Policy& policy, const Trial& trial, const Decision& decision);

}  // namespace sallyport
