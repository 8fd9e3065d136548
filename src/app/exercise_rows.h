// Where the plan of a sealed exercise is kept: two secret rows (docs/ledger_format.md, "Private material"), one for the
// desk that opens it, one for the executor, which asks for itself whether a case is real and believes nobody. Both go
// when the exercise is opened: from then on its plan stands in the ledger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/sealed_rows.h"
#include "core/organization/exercise.h"
#include "crypto/hpke.h"
#include "ports/entropy.h"
#include "ports/event_store.h"

namespace sallyport {

inline constexpr std::string_view exercise_plan_info = "sallyport/exercise-plan/v1";

[[nodiscard]] std::string exercise_row(std::uint64_t exercise);  // under the store's key
[[nodiscard]] std::string exercise_row_of_executor(std::uint64_t exercise);  // to the executor's

[[nodiscard]] Result<std::string> seal_plan_to_executor(ByteView executor_key, std::uint64_t exercise,
                                                        const ExercisePlan& plan, Entropy& entropy);
// A row that is missing is a fault as well.
[[nodiscard]] Result<ExercisePlan> read_plan_as_executor(const EventReader& reader, const HpkePrivateKey& key,
                                                         std::uint64_t exercise);

}  // namespace sallyport
