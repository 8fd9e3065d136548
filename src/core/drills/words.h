// A drill's answers in sentences, for a terminal and for a page.
#pragma once

#include <string>

#include "core/drills/drill.h"

namespace sallyport::drills {

[[nodiscard]] std::string in_words(const Attack& attack);
[[nodiscard]] std::string in_words(const Recovery& recovery);
[[nodiscard]] std::string summary_of(const Drill& drill);
[[nodiscard]] std::string time_in_words(std::uint64_t minutes);  // "2h 15m", "3d 4h"
[[nodiscard]] std::string listed(const std::vector<std::string>& texts, std::string_view between);

}  // namespace sallyport::drills
