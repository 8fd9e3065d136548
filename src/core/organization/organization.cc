#include "core/organization/organization.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "core/organization/policy_proposal.h"
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

// Anybody on the staff may propose a policy: it does nothing until two operators have approved it.
bool takes_an_operator(const OrganizationChange& change) { return !std::holds_alternative<ProposePolicy>(change); }

Ruling<void> may_change(const OrganizationState& state, const OrganizationChange& change, Instant now) {
  const auto& signature = signature_of(change);
  const auto* signer = state.member(signature.by);
  if (signer == nullptr)
    return deny(DenialCode::staff_unknown, concat("`", signature.by.text(), "` is not on the staff"),
                "sign with the passkey of an enrolled operator");
  if (takes_an_operator(change) && !signer->has(StaffRole::operator_))
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

bool serves_as_operator(const OrganizationState& state, const StaffId& id, Instant at) {
  const auto* member = state.member(id);
  return member != nullptr && member->has(StaffRole::operator_) && member->ends_at > at;
}

// Without a policy nothing can be recovered, so there is nothing yet that whoever opened the ledger could take.
bool appoints_alone(const OrganizationState& state, const StaffId& by) {
  return state.policy == nullptr && by == state.opened.root.id;
}

// May this operator go, or stop being one? With fewer than two nobody could be given power any more.
Ruling<void> enough_operators_without(const OrganizationState& state, const StaffId& gone, Instant now) {
  if (state.policy == nullptr || !serves_as_operator(state, gone, now)) return {};
  const auto left = std::ranges::count_if(state.staff, [&](const auto& entry) {
    return entry.first != gone && serves_as_operator(state, entry.first, now);
  });
  if (static_cast<std::size_t>(left) >= operators_min) return {};
  return deny(DenialCode::operators_too_few,
              concat("without `", gone.text(), "` there would be fewer than ", operators_min, " operators"),
              "appoint another operator first: with one alone nobody could be appointed any more");
}

std::vector<StaffMember> staff_with(const OrganizationState& state, const StaffMember* newcomer) {
  std::vector<StaffMember> out;
  for (const auto& [id, member] : state.staff)
    if (newcomer == nullptr || id != newcomer->id) out.push_back(member);
  if (newcomer != nullptr) out.push_back(*newcomer);
  return out;
}

// Of the same person for the same: the newer takes the place of the older.
bool replaces(const OpenChange& older, const StaffId& by, const StaffMember* member) {
  const auto* of_staff = std::get_if<StaffMember>(&older.what);
  if (older.by != by || (of_staff == nullptr) != (member == nullptr)) return false;
  return member == nullptr || of_staff->id == member->id;
}

Ruling<void> there_is_room(const OrganizationState& state, const StaffId& by, const StaffMember* member, Instant now) {
  std::size_t open = 0;
  std::size_t own = 0;
  for (const auto& [number, change] : state.open) {
    if (change.until <= now || replaces(change, by, member)) continue;
    ++open;
    if (change.by == by) ++own;
  }
  if (own >= open_changes_of_one_max)
    return deny(DenialCode::limit_reached,
                concat(open_changes_of_one_max, " changes that `", by.text(), "` asked for wait for approval already"),
                "have some of them approved, or wait until they end",
                Json::object({{"limit", open_changes_of_one_max}}));
  if (open < open_changes_max) return {};
  return deny(DenialCode::limit_reached, concat(open_changes_max, " changes wait for approval already"),
              "have some of them approved, or wait until they end", Json::object({{"limit", open_changes_max}}));
}

// Asked when an appointment is made, and again when it is approved.
Ruling<void> check_appointment(const OrganizationState& state, const StaffMember& m, Instant now) {
  if (state.staff.size() >= staff_max && state.member(m.id) == nullptr)
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
  // An operator who is appointed to something else, or for less long.
  if (const auto* former = state.member(m.id);
      former != nullptr && (!m.has(StaffRole::operator_) || m.ends_at < former->ends_at))
    if (auto ok = enough_operators_without(state, m.id, now); !ok) return ok;
  return state.proved_for
             ? check_staff_is_in(*state.proved_for, staff_with(state, &m), state.opened.root.organization, now)
             : Ruling<void>{};
}

Ruling<void> check(const OrganizationState& state, const StaffEnrolled& change, Instant now) {
  if (auto ok = check_appointment(state, change.member, now); !ok) return ok;
  return appoints_alone(state, change.signature.by) ? Ruling<void>{}
                                                    : there_is_room(state, change.signature.by, &change.member, now);
}

Ruling<void> check(const OrganizationState& state, const StaffRemoved& change, Instant now) {
  if (state.member(change.staff) == nullptr)
    return deny(DenialCode::staff_unknown, concat("`", change.staff.text(), "` is not on the staff"), "check the name");
  if (change.staff == change.signature.by)
    return deny(DenialCode::role_missing, "an operator cannot remove themselves", "another operator can");
  return enough_operators_without(state, change.staff, now);
}

Ruling<void> check_not_former(const OrganizationState& state, const Policy& policy) {
  if (!state.former.contains(policy.digest())) return {};
  return deny(DenialCode::policy_was_in_force,
              concat("the policy `", policy.name(), "` (", to_hex(policy.digest()), ") was in force before"),
              "an older policy does not come back; if it is wanted, say in a comment why, and propose that");
}

Ruling<void> check(const OrganizationState& state, const ProposePolicy& change, Instant now, ProofCheck when) {
  const auto size = to_text(Json(change.text)).size() + to_text(Json(change.organization)).size();
  if (size > policy_in_force_bytes_max)
    return deny(DenialCode::limit_reached,
                concat("the policy and its organization file are larger than ", policy_in_force_bytes_max / 1024,
                       " KiB, written as JSON strings"),
                "both stand whole in one ledger entry; shorten their comments");
  const auto policy = Policy::compile(change.text, "policy");
  if (!policy) return deny(DenialCode::action_not_in_policy, policy.error().what, policy.error().next_step);
  if (auto ok = check_not_former(state, *policy); !ok) return ok;
  if (auto ok = there_is_room(state, change.signature.by, nullptr, now); !ok) return ok;
  if (const auto times = state.proposed_24h.find(change.signature.by);
      times != state.proposed_24h.end() &&
      static_cast<std::size_t>(std::ranges::count_if(
          times->second, [&](Instant at) { return at > now - hours(24); })) >= proposals_of_one_24h_max)
    return deny(
        DenialCode::limit_reached,
        concat("`", change.signature.by.text(), "` has proposed ", proposals_of_one_24h_max, " policies in a day"),
        "wait, or have somebody else propose it", Json::object({{"limit", proposals_of_one_24h_max}}));
  if (when == ProofCheck::later) {
    const auto population = population_of(*policy, change.organization);
    if (!population) return deny(DenialCode::policy_unproved, population.error().what, population.error().next_step);
    return *population
               ? check_staff_is_in(**population, staff_with(state, nullptr), state.opened.root.organization, now)
               : Ruling<void>{};
  }
  auto proof = change.checked;
  if (!proof || !proof->is_of(*policy, change.organization, change.certificate)) {
    auto checked = check_proposal(*policy, change.organization, change.certificate);
    if (!checked) return std::unexpected(checked.error());
    proof = *std::move(checked);
  }
  return check_staff_is_in(proof->population(), staff_with(state, nullptr), state.opened.root.organization, now);
}

// What was right when it was proposed has to be right when it takes effect.
Ruling<void> check_again(const OrganizationState& state, const OpenChange& change, Instant now) {
  if (const auto* member = std::get_if<StaffMember>(&change.what)) {
    if (!serves_as_operator(state, change.by, now))
      return deny(DenialCode::role_missing,
                  concat("`", change.by.text(), "`, who asked for it, is no operator any more"),
                  "an operator asks for it anew");
    return check_appointment(state, *member, now);
  }
  const auto& proposed = std::get<PolicyInProposal>(change.what);
  if (auto ok = check_not_former(state, *proposed.policy); !ok) return ok;
  if (!proposed.population) return {};
  return check_staff_is_in(*proposed.population, staff_with(state, nullptr), state.opened.root.organization, now);
}

Ruling<void> check(const OrganizationState& state, const ChangeApproved& change, Instant now) {
  const auto& by = change.signature.by;
  const auto found = state.open.find(change.change);
  if (found == state.open.end() || found->second.until <= now)
    return deny(
        DenialCode::change_not_open, concat("no change ", change.change, " waits for approval"),
        "see what is open with `sallyport change list`; what is not approved in a week has to be asked for anew");
  const auto& open = found->second;
  const auto& person = state.member(by)->person;  // may_change() found them
  if (person == open.person)
    return deny(DenialCode::requester_may_not_approve, concat("`", by.text(), "` asked for change ", change.change),
                "another operator must approve it");
  if (const auto* member = std::get_if<StaffMember>(&open.what); member != nullptr && member->person == person)
    return deny(DenialCode::holder_may_not_approve, "nobody approves their own appointment",
                "ask for it yourself and have another operator approve it, or have a third one approve this");
  const auto standing = approvals_that_count(state, open, now);
  if (std::ranges::find(standing, by) != standing.end())
    return deny(DenialCode::already_approved, concat("`", by.text(), "` has approved change ", change.change),
                "another operator must approve it");
  return check_again(state, open, now);
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
                        [&](const ProposePolicy& c) {
                          statement.set("propose",
                                        Json::object({{"policy", to_hex(sha256(view_of(c.text)))},
                                                      {"organization", organization_digest(c.organization)},
                                                      {"certificate", to_hex(sha256(view_of(c.certificate)))}}));
                        },
                        [&](const ChangeApproved& c) {
                          const auto open = state.open.find(c.change);
                          const auto what = open == state.open.end() ? std::string() : open->second.statement;
                          statement.set("approve", Json::object({{"change", Json(c.change)},
                                                                 {"statement", to_hex(sha256(view_of(what)))}}));
                        }},
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

std::size_t approvals_needed(const OpenChange& change) noexcept {
  return std::holds_alternative<StaffMember>(change.what) ? appointment_approvals_needed : policy_approvals_needed;
}

std::vector<StaffId> approvals_that_count(const OrganizationState& state, const OpenChange& change, Instant at) {
  std::vector<StaffId> out;
  for (const auto& id : change.approved_by)
    if (serves_as_operator(state, id, at)) out.push_back(id);
  return out;
}

Ruling<std::vector<OrganizationEvent>> decide(const OrganizationState& state, const OrganizationChange& change,
                                              Instant now, ProofCheck proof) {
  if (const auto ok = may_change(state, change, now); !ok) return std::unexpected(ok.error());
  const auto ok = std::visit(Overloaded{[&](const ProposePolicy& c) { return check(state, c, now, proof); },
                                        [&](const auto& c) { return check(state, c, now); }},
                             change);
  if (!ok) return std::unexpected(ok.error());
  std::vector<OrganizationEvent> out;
  std::visit(Overloaded{[&](const ProposePolicy& c) {
                          for (auto& part : parts_of(c.certificate)) out.emplace_back(std::move(part));
                          out.emplace_back(
                              PolicyProposed{c.text, c.organization, sha256(view_of(c.certificate)), c.signature});
                        },
                        [&](const auto& c) { out.emplace_back(c); }},
             change);
  return out;
}

namespace {

// What was asked of somebody before they were appointed anew or removed is void, and so is what they approved.
void forget(OrganizationState& state, const StaffId& id) {
  std::erase_if(state.open, [&](const auto& entry) {
    const auto* member = std::get_if<StaffMember>(&entry.second.what);
    return member != nullptr && member->id == id;
  });
  for (auto& [number, change] : state.open) std::erase(change.approved_by, id);
}

Result<void> appoint(OrganizationState& state, const StaffMember& member) {
  forget(state, member.id);
  return add(state, member);
}

// Makes a change that has been approved.
class Effect {
 public:
  explicit Effect(OrganizationState& state) : s_(state) {}

  Result<void> operator()(const StaffMember& member) const { return appoint(s_, member); }

  Result<void> operator()(const PolicyInProposal& proposed) const {
    s_.proved_for = proposed.population;
    if (s_.policy && s_.policy->digest() != proposed.policy->digest()) s_.former.insert(s_.policy->digest());
    s_.policy = proposed.policy;
    s_.proof = proposed.proof;
    // What was proposed in the place of the former policy has to be thought over.
    std::erase_if(s_.open,
                  [](const auto& entry) { return std::holds_alternative<PolicyInProposal>(entry.second.what); });
    return {};
  }

 private:
  OrganizationState& s_;
};

class Evolution {
 public:
  Evolution(OrganizationState& state, Instant at) : s_(state), at_(at) {}

  Result<void> operator()(const LedgerOpened& e) {
    s_.opened = e;
    return add(s_, e.root);
  }
  Result<void> operator()(const StaffEnrolled& e) {
    if (appoints_alone(s_, e.signature.by)) return appoint(s_, e.member);
    open(e.signature, e.member, change_statement(s_, e));
    return {};
  }
  Result<void> operator()(const StaffRemoved& e) {
    s_.staff.erase(e.staff);
    s_.keys.erase(e.staff);
    forget(s_, e.staff);
    std::erase_if(s_.open, [&](const auto& entry) { return entry.second.by == e.staff; });
    return {};
  }
  Result<void> operator()(const ProofPart& e) {
    if (s_.proof_parts.size() + e.text.size() > certificate_in_ledger_bytes_max)
      return fault(FaultKind::corrupt, "a certificate is longer than any that is taken");
    s_.proof_parts += e.text;
    return {};
  }
  Result<void> operator()(const PolicyProposed& e) {
    auto certificate = std::exchange(s_.proof_parts, {});
    if (sha256(view_of(certificate)) != e.certificate)
      return fault(FaultKind::corrupt, "the certificate is not the one that the proposal names");
    SP_TRY(auto policy, Policy::compile(e.text, "policy"));
    const auto statement = change_statement(s_, ProposePolicy{e.text, e.organization, certificate, e.signature});
    auto& times = s_.proposed_24h[e.signature.by];
    std::erase_if(times, [&](Instant t) { return t <= at_ - hours(24); });
    times.push_back(at_);
    SP_TRY(auto population, population_of(policy, e.organization));
    auto proof = std::make_shared<const PolicyProof>(PolicyProof{e.organization, std::move(certificate)});
    open(e.signature,
         PolicyInProposal{std::make_shared<const Policy>(std::move(policy)), std::move(population), std::move(proof)},
         statement);
    return {};
  }
  Result<void> operator()(const ChangeApproved& e) {
    const auto found = s_.open.find(e.change);
    if (found == s_.open.end()) return fault(FaultKind::corrupt, "an approval names a change that is not open");
    std::erase(found->second.approved_by, e.signature.by);
    found->second.approved_by.push_back(e.signature.by);
    if (approvals_that_count(s_, found->second, at_).size() < approvals_needed(found->second)) return {};
    const auto change = std::move(found->second);
    s_.open.erase(found);
    return std::visit(Effect(s_), change.what);
  }

 private:
  void open(const ChangeSignature& signature, std::variant<StaffMember, PolicyInProposal> what, std::string statement) {
    const auto* member = std::get_if<StaffMember>(&what);
    std::erase_if(s_.open, [&](const auto& entry) {
      return entry.second.until <= at_ || replaces(entry.second, signature.by, member);
    });
    const auto* by = s_.member(signature.by);
    OpenChange change{std::move(what),       std::move(statement),
                      signature.by,          by == nullptr ? PersonId() : by->person,
                      at_ + change_open_for, {}};
    s_.open.insert_or_assign(signature.number, std::move(change));
  }

  OrganizationState& s_;
  Instant at_;
};

}  // namespace

Result<void> evolve(OrganizationState& state, const OrganizationEvent& event, Instant at) {
  if ((state.version == 0) != std::holds_alternative<LedgerOpened>(event))
    return fault(FaultKind::corrupt, "a ledger is opened once, by its first entry");
  const bool is_part = std::holds_alternative<ProofPart>(event);
  if (!state.proof_parts.empty() && !is_part && !std::holds_alternative<PolicyProposed>(event))
    return fault(FaultKind::corrupt, "parts of a certificate stand without the proposal that they belong to");
  SP_CHECK(std::visit(Evolution(state, at), event));
  state.last_at = std::max(state.last_at, at);
  if (state.version > 0 && !is_part) ++state.changes;
  ++state.version;
  return {};
}

}  // namespace sallyport
