#include "core/organization/cooldown.h"

#include "base/text.h"
#include "core/policy/weigh.h"

namespace sallyport {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

Speech speech_of(ChangeSignature& signature) noexcept { return {&signature.by, &signature.since_recovery}; }

}  // namespace

std::optional<Speech> speech_in(OrganizationChange& change) noexcept {
  return std::visit(
      Overloaded{[](ExerciseOpened& c) { return c.signature ? std::optional(speech_of(*c.signature)) : std::nullopt; },
                 [](auto& c) { return std::optional(speech_of(c.signature)); }},
      change);
}

std::optional<Speech> speech_in(EnrolmentEvent& event) noexcept {
  auto* invited = std::get_if<EnrolmentInvited>(&event);
  return invited == nullptr ? std::nullopt : std::optional(Speech{&invited->by, &invited->since_recovery});
}

Ruling<void> may_speak(const OrganizationState& state, const StaffId& who,
                       const std::optional<Duration>& since_recovery) {
  if (!state.policy || !in_cooldown(state.policy->limits(), since_recovery.value_or(forever))) return {};
  const auto cooldown = *state.policy->limits().cooldown_after_own_recovery;
  return deny(DenialCode::staff_in_cooldown,
              concat("an account of `", who.text(), "` was recovered less than ", to_string(cooldown), " ago"),
              "somebody else does it",
              Json::object({{"staff", who.text()},
                            {"since_recovery", to_string(since_recovery.value_or(Duration{}))},
                            {"cooldown", to_string(cooldown)}}));
}

}  // namespace sallyport
