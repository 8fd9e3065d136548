// The recovery marker: what Sallyport leaves on an account with every change, so that the account itself
// tells which execution was the last, and a second or a late one fails (docs/architecture.md, "Acting once").
//
// Its text is "e<fence token>:<execution id>", or "f<fence token>:<execution id>" for an execution that was
// fenced; an account that Sallyport never touched has none (empty). Fence tokens of one account count up
// from 1 without a gap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/ids.h"

namespace sallyport {

using Marker = std::string;
inline constexpr std::uint64_t fence_token_max = INT64_MAX;  // a ledger's whole numbers end there

[[nodiscard]] Marker marker_of_execution(std::uint64_t fence_token, const ExecutionId& execution);
[[nodiscard]] Marker marker_of_fence(std::uint64_t fence_token, const ExecutionId& execution);
[[nodiscard]] std::optional<std::uint64_t> fence_token_of(const Marker& marker);  // empty marker: 0

}  // namespace sallyport
