#include "base/invariant.h"

#include <array>
#include <charconv>
#include <exception>
#include <string_view>

namespace sallyport {
namespace {

class InvariantViolated final : public std::exception {
 public:
  explicit InvariantViolated(unsigned number) noexcept {
    constexpr std::string_view before = "invariant ";
    constexpr std::string_view after = " does not hold";
    auto* to = before.copy(text_.data(), before.size()) + text_.data();
    to = std::to_chars(to, to + 10, number).ptr;
    after.copy(to, after.size());
  }
  [[nodiscard]] const char* what() const noexcept override { return text_.data(); }

 private:
  std::array<char, 48> text_{};
};

[[noreturn]] void say(unsigned number) { throw InvariantViolated(number); }

}  // namespace

// Nobody can catch it: it ends here, and the C++ library's last word is what() on the standard error. So base says
// something and stays free of every stream.
void invariant_violated(unsigned number) noexcept { say(number); }

}  // namespace sallyport
