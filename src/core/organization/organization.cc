#include "core/organization/organization.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/software_authenticator.h"
#include "crypto/webauthn.h"

namespace sallyport {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

// Ours, or one that no manufacturer vouched for. The flag alone would be the word of whoever set it.
bool made_of_software(const Passkey& passkey) {
  return passkey.software || passkey.attestation != "packed_certificate" ||
         std::ranges::equal(passkey.aaguid, software_authenticator_aaguid);
}

const ChangeSignature& signature_of(const OrganizationChange& change) {
  return std::visit([](const auto& c) -> const ChangeSignature& { return c.signature; }, change);
}

Ruling<void> may_change(const OrganizationState& state, const OrganizationChange& change, Instant now) {
  const auto& signature = signature_of(change);
  const auto* signer = state.member(signature.by);
  if (signer == nullptr)
    return deny(DenialCode::staff_unknown, concat("`", signature.by.text(), "` is not on the staff"),
                "sign with the passkey of an enrolled operator");
  if (!signer->has(StaffRole::operator_))
    return deny(DenialCode::role_missing, concat("`", signature.by.text(), "` is no operator"),
                "ask an operator to make this change");
  if (signer->ends_at <= now)
    return deny(DenialCode::appointment_ended, concat("the appointment of `", signature.by.text(), "` has ended"),
                "another operator can renew it");
  if (signature.number != state.changes + 1)
    return deny(DenialCode::organization_moved_on,
                concat("the change was signed as number ", signature.number, ", the next is ", state.changes + 1),
                "look at what changed meanwhile, and sign again",
                Json::object({{"signed", signature.number}, {"next", state.changes + 1}}));
  return check_assertion(state, *signer, signature.assertion, change_domain, change_statement(state, change));
}

Ruling<void> check(const OrganizationState& state, const StaffEnrolled& change, Instant now) {
  const auto& m = change.member;
  if (state.staff.size() >= staff_max)
    return deny(DenialCode::limit_reached, "the staff list is full", "remove those who have left",
                Json::object({{"limit", staff_max}}));
  const auto same_credential = state.member_with_credential(m.passkey.credential_id);
  if (same_credential != nullptr && same_credential->id != m.id)
    return deny(DenialCode::staff_exists, concat("this passkey belongs to `", same_credential->id.text(), "`"),
                "bind another passkey (WebAuthn: one credential, one person)");
  if (const auto* former = state.member(m.id); former != nullptr && former->person != m.person)
    return deny(DenialCode::staff_exists, concat("`", m.id.text(), "` is another person's name on the staff"),
                "choose another id");
  for (const auto& [id, other] : state.staff)
    if (id != m.id && other.person == m.person)
      return deny(DenialCode::staff_exists, concat("the person is on the staff already, as `", id.text(), "`"),
                  "one person has one place on the staff: renew or remove that one");
  if (state.opened.environment == Environment::production && made_of_software(m.passkey))
    return deny(DenialCode::software_key_in_production, "a software passkey was offered to a production ledger",
                "bind a passkey on a security key or platform authenticator");
  if (m.ends_at <= now)
    return deny(DenialCode::appointment_ended, "the appointment would have ended already", "give a date in the future");
  if (m.roles.empty())
    return deny(DenialCode::role_missing, "the appointment names no role",
                "give at least one of agent, approver, reviewer, operator");
  if (!Es256PublicKey::from_coordinates(m.passkey.public_key))
    return deny(DenialCode::signature_invalid, "the passkey's public key is not a point on P-256",
                "enrol the passkey again");
  return {};
}

Ruling<void> check(const OrganizationState& state, const StaffRemoved& change, Instant /*now*/) {
  if (state.member(change.staff) == nullptr)
    return deny(DenialCode::staff_unknown, concat("`", change.staff.text(), "` is not on the staff"), "check the name");
  if (change.staff == change.signature.by)
    return deny(DenialCode::role_missing, "an operator cannot remove themselves", "another operator can");
  return {};
}

Ruling<void> check(const OrganizationState& /*state*/, const PolicyActivated& change, Instant /*now*/) {
  if (to_text(Json(change.text)).size() > policy_in_force_bytes_max)
    return deny(
        DenialCode::limit_reached,
        concat("the policy is larger than ", policy_in_force_bytes_max / 1024, " KiB, written as a JSON string"),
        "a policy stands whole in one ledger entry; shorten its comments");
  const auto policy = Policy::compile(change.text, "policy");
  if (policy) return {};
  return deny(DenialCode::action_not_in_policy, policy.error().what, policy.error().next_step);
}

Result<void> add(OrganizationState& state, const StaffMember& member) {
  auto key = Es256PublicKey::from_coordinates(member.passkey.public_key);
  if (!key) return with_context("the ledger's staff entry", std::move(key).error());
  state.keys.insert_or_assign(member.id, *std::move(key));
  state.staff.insert_or_assign(member.id, member);
  return {};
}

}  // namespace

std::string_view to_string(Environment environment) noexcept {
  return environment == Environment::demo ? "demo" : "production";
}

const StaffMember* OrganizationState::member(const StaffId& id) const {
  const auto found = staff.find(id);
  return found == staff.end() ? nullptr : &found->second;
}

const StaffMember* OrganizationState::member_with_credential(const Bytes& credential_id) const {
  const auto found =
      std::ranges::find_if(staff, [&](const auto& s) { return s.second.passkey.credential_id == credential_id; });
  return found == staff.end() ? nullptr : &found->second;
}

std::string change_statement(const OrganizationState& state, const OrganizationChange& change) {
  Json statement = Json::object({{"ledger", state.opened.origin},
                                 {"number", Json(signature_of(change).number)},
                                 {"by", signature_of(change).by.text()}});
  std::visit(Overloaded{[&](const StaffEnrolled& c) { statement.set("enrol", record_to_json(c.member)); },
                        [&](const StaffRemoved& c) { statement.set("remove", c.staff.text()); },
                        [&](const PolicyActivated& c) { statement.set("policy", to_hex(sha256(view_of(c.text)))); }},
             change);
  return to_text(statement);
}

Bytes challenge_of(std::string_view domain, std::string_view statement) {
  const std::uint8_t separator = 0;  // no statement (JSON text) and no domain contains it
  const auto digest = sha256({view_of(domain), {&separator, 1}, view_of(statement)});
  return {digest.bytes.begin(), digest.bytes.end()};
}

Ruling<void> check_assertion(const OrganizationState& state, const StaffMember& signer,
                             const SignedAssertion& assertion, std::string_view domain, std::string_view statement) {
  if (assertion.credential_id != signer.passkey.credential_id)
    return deny(DenialCode::credential_unknown,
                concat("the signature was not made with the passkey of `", signer.id.text(), "`"),
                "use the passkey that was enrolled");
  if (state.opened.environment == Environment::production && made_of_software(signer.passkey))
    return deny(DenialCode::software_key_in_production, "a software passkey signed for a production ledger",
                "bind a passkey on a security key or platform authenticator");
  const auto key = state.keys.find(signer.id);
  if (key == state.keys.end())
    return deny(DenialCode::credential_unknown, concat("no key is known for `", signer.id.text(), "`"),
                "enrol them again");
  const AssertionExpectation expected{state.opened.rp_id, state.opened.origins, challenge_of(domain, statement), true};
  const auto facts = verify_assertion(
      key->second, Assertion{assertion.authenticator_data, assertion.client_data_json, assertion.signature}, expected);
  if (!facts)
    return deny(DenialCode::signature_invalid, facts.error().what, "fetch the statement anew and sign exactly that");
  return {};
}

Ruling<OrganizationEvent> decide(const OrganizationState& state, const OrganizationChange& change, Instant now) {
  if (const auto ok = may_change(state, change, now); !ok) return std::unexpected(ok.error());
  const auto ok = std::visit([&](const auto& c) { return check(state, c, now); }, change);
  if (!ok) return std::unexpected(ok.error());
  return std::visit([](const auto& c) { return OrganizationEvent(c); }, change);
}

Result<void> evolve(OrganizationState& state, const OrganizationEvent& event) {
  if ((state.version == 0) != std::holds_alternative<LedgerOpened>(event))
    return fault(FaultKind::corrupt, "a ledger is opened once, by its first entry");
  SP_CHECK(std::visit(Overloaded{[&](const LedgerOpened& e) -> Result<void> {
                                   state.opened = e;
                                   return add(state, e.root);
                                 },
                                 [&](const StaffEnrolled& e) -> Result<void> { return add(state, e.member); },
                                 [&](const StaffRemoved& e) -> Result<void> {
                                   state.staff.erase(e.staff);
                                   state.keys.erase(e.staff);
                                   return {};
                                 },
                                 [&](const PolicyActivated& e) -> Result<void> {
                                   SP_TRY(auto policy, Policy::compile(e.text, "policy"));
                                   state.policy = std::make_shared<const Policy>(std::move(policy));
                                   return {};
                                 }},
                      event));
  if (state.version > 0) ++state.changes;
  ++state.version;
  return {};
}

}  // namespace sallyport
