// Conditions: a subset of the Common Expression Language (CEL). Literals (true, false, whole numbers,
// strings), attributes of the account, `==` `!=`, `in`, `&&`, `||`, `!`, parentheses and `has()`.
// What parses here means the same in any CEL implementation. Types are checked when the policy
// loads.
//
// A condition that cannot be evaluated (a missing attribute) gives Truth::error, and its user takes
// error for "holds": conditions only ever raise or deny, so an error can only tighten.
// As in CEL, `true || error` is true and `false && error` is false.
//
//   SP_TRY(auto condition, Condition::parse("'Finance' in account.groups"));
//   if (condition.evaluate(account) != Truth::no) ...
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/model/account.h"
#include "core/model/action.h"

namespace sallyport {

enum class Truth : std::uint8_t { no, yes, error };

struct ConditionInput {
  const AccountFacts& account;
  Action action;
};

class Condition {
 public:
  // The fault's text names the column (in bytes, from 1) inside the condition.
  [[nodiscard]] static Result<Condition> parse(std::string_view text);
  [[nodiscard]] Truth evaluate(const ConditionInput& input) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  struct Node;  // the checked tree; shared, immutable

 private:
  Condition(std::string text, std::shared_ptr<const Node> root) : text_(std::move(text)), root_(std::move(root)) {}
  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace sallyport
