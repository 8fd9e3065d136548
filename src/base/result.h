// Result<T>: a value, or the fault that kept us from it. A fault is the world failing (a file, a
// socket, a directory, somebody's malformed bytes); it is not a refusal (core/cases/denial.h) and
// not a bug (base/assert.h). It is made where the failure happens and gains context on the way up.
//
//   Result<Bytes> read_key(const std::string& path);
//   SP_TRY(auto key, read_key(path));          // returns the fault to our caller
//   SP_CHECK(store.append(batch));             // same, for Result<void>
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

enum class FaultKind {
  invalid,      // bytes or values that are not what they should be; trying again will not help
  not_found,    // the thing named does not exist
  conflict,     // somebody else was first: the expected version is not the stored one
  unavailable,  // the other side is down, slow or full; it may be well later
  rejected,     // the other side answered, and said no
  corrupt,      // stored data contradicts itself: stop and look
  unknown,      // we asked and did not hear; it may or may not have happened
};

[[nodiscard]] std::string_view to_string(FaultKind kind) noexcept;

// `what` is one lower-case sentence without a full stop, and never holds a secret.
// `next_step` tells a person what to do about it; it may be empty.
struct Fault {
  FaultKind kind = FaultKind::invalid;
  std::string what;
  std::string next_step = {};

  friend bool operator==(const Fault&, const Fault&) = default;
};

template <typename T>
using Result = std::expected<T, Fault>;

[[nodiscard]] inline std::unexpected<Fault> fault(FaultKind kind, std::string what, std::string next_step = {}) {
  return std::unexpected(Fault{kind, std::move(what), std::move(next_step)});
}

// "opening the ledger: no such file": what was being done stands before what went wrong.
[[nodiscard]] inline std::unexpected<Fault> with_context(std::string_view doing, Fault f) {
  f.what = std::string(doing) + ": " + f.what;
  return std::unexpected(std::move(f));
}

}  // namespace sallyport

#define SP_CONCAT_INNER(a, b) a##b
#define SP_CONCAT(a, b) SP_CONCAT_INNER(a, b)
#define SP_TRY(declaration, expression) SP_TRY_AS(SP_CONCAT(sp_try_, __LINE__), declaration, expression)
#define SP_TRY_AS(name, declaration, expression)              \
  auto name = (expression);                                   \
  if (!name) return std::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
#define SP_CHECK(expression)                                      \
  do {                                                            \
    if (auto sp_check_result = (expression); !sp_check_result)    \
      return std::unexpected(std::move(sp_check_result).error()); \
  } while (false)
