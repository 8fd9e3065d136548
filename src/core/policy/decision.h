// The whole decision on a case at a moment: permit, deny, or pending with what is missing and who can
// supply it; with everything that led to it. Allocates nothing: the spans live in the DecisionDesk.
//
//   DecisionDesk desk(policy);
//   const auto& d = desk.decide({facts, action, evidence, approvers, now});
//   show(explain(policy, d, ...));
//
// Tools know of no notices that were sent: they take it that the holder is told in every way of the policy, at once.
//
// The runtime decides with the same parts: Policy::demand (what is needed), weigh_evidence and fill_seats
// (what there is). This puts them together for tools that try a policy on a case.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/policy/policy.h"
#include "core/policy/weigh.h"

namespace sallyport {

enum class Verdict : std::uint8_t { permit, pending, deny };
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

struct DecisionInput {
  const Facts& facts;
  Action action;
  std::span<const Evidence> evidence;  // at most evidence_per_case_max: more are not looked at
  std::span<const ApproverFacts> approvers;  // none of them claimant, requester or voucher; at most persons_max
  Instant now;
  std::optional<Instant> verified_at;  // when door one shut: evidence is judged then, and the hold runs from then
};

struct Decision {
  Verdict verdict = Verdict::deny;
  Demand demand;
  Weighed identity;
  std::span<const EvidenceFinding> evidence;
  std::span<const SeatObjection> approvers;  // one for each of the input
  std::span<const std::uint8_t> open_seats;  // one for each kind of seat of demand.needs
  Duration hold_left;
  bool alarm = true;  // the holder can be told by a way that the proof does not need, or nobody asks for it
};

class DecisionDesk {
 public:
  explicit DecisionDesk(const Policy& policy) : policy_(policy), space_(policy) {}  // `policy` outlives the desk
  // Valid until the next call.
  [[nodiscard]] const Decision& decide(const DecisionInput& input) noexcept;

 private:
  const Policy& policy_;
  DecisionSpace space_;
  std::array<EvidenceFinding, evidence_per_case_max> evidence_{};
  std::array<EvidenceFinding, evidence_per_case_max> beside_{};  // a way to tell the holder
  std::array<SeatObjection, persons_max> approvers_{};
  std::array<SeatDemand, seat_kinds_max> demands_{};
  std::array<std::uint8_t, seat_kinds_max> open_{};
  Decision decision_;
};

}  // namespace sallyport
