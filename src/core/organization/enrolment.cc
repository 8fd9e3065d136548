#include "core/organization/enrolment.h"

#include "base/text.h"
#include "core/organization/cooldown.h"

namespace sallyport {
namespace {

// A member of staff at this moment.
Ruling<const StaffMember*> serving(const OrganizationState& state, const StaffId& id, Instant at) {
  const auto* member = state.member(id);
  if (member == nullptr)
    return deny(DenialCode::staff_unknown, concat("`", id.text(), "` is not on the staff"), "check the name");
  if (member->ends_at <= at)
    return deny(DenialCode::appointment_ended, concat("the appointment of `", id.text(), "` has ended"),
                "an operator can renew it");
  return member;
}

Ruling<void> check(const OrganizationState& state, const TokenIssued& e, Instant at) {
  const auto member = serving(state, e.staff, at);
  if (!member) return std::unexpected(member.error());
  if (e.expires_at > at + token_valid_for || e.expires_at > (*member)->ends_at)
    return deny(DenialCode::limit_reached, "the token lives longer than it may", "sign in again");
  return check_assertion(state, **member, e.assertion, sign_in_domain, sign_in_statement(state, e.staff, e.nonce));
}

Ruling<void> check(const OrganizationState& state, const EnrolmentInvited& e, Instant at) {
  const auto member = serving(state, e.by, at);
  if (!member) return std::unexpected(member.error());
  if (!(*member)->has(StaffRole::operator_))
    return deny(DenialCode::role_missing, concat("`", e.by.text(), "` is no operator"), "ask an operator");
  if (e.expires_at > at + invitation_valid_for)
    return deny(DenialCode::limit_reached, "the invitation lives longer than it may", "invite again");
  return may_speak(state, e.by, e.since_recovery);
}

// Giving up a right needs none, and what an invitation was good for its stream tells.
Ruling<void> check(const OrganizationState& /*state*/, const TokenRevoked& /*e*/, Instant /*at*/) { return {}; }
Ruling<void> check(const OrganizationState& /*state*/, const SignalEnrolled& /*e*/, Instant /*at*/) { return {}; }

}  // namespace

std::string sign_in_statement(const OrganizationState& state, const StaffId& staff, std::string_view nonce) {
  return to_text(Json::object({{"ledger", state.opened.origin}, {"sign_in", staff.text()}, {"nonce", nonce}}));
}

Ruling<void> check_enrolment(const OrganizationState& state, const EnrolmentEvent& event, Instant at) {
  return std::visit([&](const auto& e) { return check(state, e, at); }, event);
}

}  // namespace sallyport
