// Is this case real, or is it part of an exercise? Asked right before anything is done, and by a type: authorize()
// (readjudicate.h) and whatever else moves something in a directory take a LiveCase, and only the look-up below makes
// one. For a case of an exercise it makes an ExerciseCase, which nothing takes (tests/compile_fail/).
//
//   SP_TRY(const auto found, ExerciseRegister::look_up(id, std::move(entries), organization, read_plan));
//   if (const auto* live = std::get_if<LiveCase>(&found)) authorize(*live, organization, now);
//
// What is asked is the ledger alone: that an exercise was sealed stands in the organization's stream, signed. A plan
// that is sealed still comes from its keeper and has to fit what was signed. Where a plan that might be about the case
// cannot be read, or is another one, there is a fault and no answer: nobody takes such a case for a live one.
// Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "core/model/ids.h"
#include "core/organization/organization.h"

namespace sallyport {

// With the entries that were looked at: what is authorized is what was asked about.
class LiveCase {
 public:
  [[nodiscard]] const CaseId& id() const noexcept { return id_; }
  [[nodiscard]] const std::vector<std::string>& entries() const noexcept { return entries_; }

 private:
  friend class ExerciseRegister;
  LiveCase(CaseId id, std::vector<std::string> entries) : id_(std::move(id)), entries_(std::move(entries)) {}
  CaseId id_;
  std::vector<std::string> entries_;
};

class ExerciseCase {
 public:
  [[nodiscard]] const CaseId& id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t exercise() const noexcept { return exercise_; }

 private:
  friend class ExerciseRegister;
  ExerciseCase(CaseId id, std::uint64_t exercise) : id_(std::move(id)), exercise_(exercise) {}
  CaseId id_;
  std::uint64_t exercise_ = 0;
};

// The plan of a sealed exercise, from whoever keeps it.
using PlanReader = std::function<Result<ExercisePlan>(std::uint64_t exercise)>;

// The only maker of LiveCase.
class ExerciseRegister {
 public:
  [[nodiscard]] static Result<std::variant<LiveCase, ExerciseCase>> look_up(const CaseId& id,
                                                                            std::vector<std::string> entries,
                                                                            const OrganizationState& organization,
                                                                            const PlanReader& plan_of);
};

}  // namespace sallyport
