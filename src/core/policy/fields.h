// Reads the fields of a policy's YAML and collects what is wrong with them, so that one look at a
// policy finds every mistake. A reader that meets a wrong value says so and gives nothing; what follows
// from the value is then not complained about.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "core/policy/policy.h"
#include "core/policy/yaml.h"

namespace sallyport {

// "a, b, c"; and the name in a list that a mistyped one was meant to be, if one is close enough.
[[nodiscard]] std::string comma_list(std::span<const std::string_view> names);
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view typed,
                                                           std::span<const std::string_view> names);

class PolicyFields {
 public:
  using Node = YamlNode;
  using Reader = std::function<void(const Node&)>;
  struct Member {
    std::string_view name;
    Reader read;
  };

  explicit PolicyFields(PolicyReading reading = PolicyReading::draft) : reading_(reading) {}

  void wrong(const Node& at, std::string what, std::string next_step);
  // The policy loads all the same, and somebody should look.
  void warn(const Node& at, std::string what, std::string next_step);
  // Wrong in a draft, and read past in what is in force (PolicyReading).
  void slip(const Node& at, std::string what, std::string next_step);
  [[nodiscard]] std::size_t mistakes() const noexcept { return mistakes_; }  // without warnings; also those not kept
  [[nodiscard]] bool failed() const noexcept { return mistakes_ > 0; }
  [[nodiscard]] std::vector<PolicyProblem> take_problems();  // in the order of the text

  // Calls each member's reader in the order given here, whatever the order in the text. False when the
  // node is no mapping or lacks something required.
  // `others` are known as well, and read by the caller.
  bool members(const Node& node, std::string_view what, const std::vector<Member>& known,
               std::initializer_list<std::string_view> required, std::initializer_list<std::string_view> others = {});
  // `what` is not known here; the nearest of `names` is offered.
  void unknown(const Node& at, std::string what, std::span<const std::string_view> names, std::string_view they_are);

  [[nodiscard]] std::optional<std::string> scalar(const Node& node, std::string_view what);
  [[nodiscard]] std::optional<std::uint32_t> count(const Node& node, std::string_view what, std::uint32_t least,
                                                   std::uint32_t most);
  [[nodiscard]] std::optional<Duration> duration(const Node& node, std::string_view what);
  // The same, where none at all is a slip: `instead` says what to write for it.
  [[nodiscard]] std::optional<Duration> some_time(const Node& node, std::string_view what, std::string instead);
  // A list in which a name stands twice is a slip.
  void each_once(const Node& list, std::string_view what);
  [[nodiscard]] std::optional<bool> boolean(const Node& node, std::string_view what);
  // true when the text is `only`, the one word that may stand there.
  [[nodiscard]] bool word(const Node& node, std::string_view what, std::string_view only);
  template <typename Id>
  [[nodiscard]] std::optional<Id> id(const Node& node, std::string_view what) {
    const auto text = scalar(node, what);
    if (!text) return std::nullopt;
    auto out = Id::parse(*text);
    if (!out) not_a_name(node, what, *text);
    return out;
  }

 private:
  void not_a_name(const Node& node, std::string_view what, std::string_view text);
  PolicyReading reading_;
  std::vector<PolicyProblem> problems_;  // the first mistakes and the first warnings
  std::size_t mistakes_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace sallyport
