#include "core/organization/organization.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "core/organization/cooldown.h"
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

// Null: of an exercise that opens by itself.
const ChangeSignature* signature_of(const OrganizationChange& change) {
  return std::visit(Overloaded{[](const ExerciseOpened& c) { return c.signature ? &*c.signature : nullptr; },
                               [](const auto& c) { return &c.signature; }},
                    change);
}

// Anybody on the staff may propose a policy (it does nothing until two operators have approved it), take back what they
// asked for, and go.
bool takes_an_operator(const OrganizationChange& change) {
  return std::visit(
      Overloaded{[](const ProposePolicy&) { return false; }, [](const ChangeWithdrawn&) { return false; },
                 [](const StaffRemoved& c) { return c.staff != c.signature.by; }, [](const auto&) { return true; }},
      change);
}

Ruling<void> may_change(const OrganizationState& state, const OrganizationChange& change, Instant now) {
  const auto* given = signature_of(change);
  if (given == nullptr) return {};  // nobody asks for it: check() says when
  const auto& signature = *given;
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

// Whom one operator removes alone: who is no operator, and before the first policy anybody. Who goes by themselves asks
// nobody.
bool removed_at_once(const OrganizationState& state, const StaffRemoved& change, Instant now) {
  return change.staff == change.signature.by || state.policy == nullptr ||
         !serves_as_operator(state, change.staff, now);
}

// May this operator go, or stop being one? With fewer than two nobody could be given power any more.
Ruling<void> enough_operators_without(const OrganizationState& state, const StaffId& gone, Instant now) {
  if (!serves_as_operator(state, gone, now)) return {};
  const auto left = std::ranges::count_if(state.staff, [&](const auto& entry) {
    return entry.first != gone && serves_as_operator(state, entry.first, now);
  });
  if (static_cast<std::size_t>(left) >= operators_min) return {};
  return deny(DenialCode::operators_too_few,
              concat("without `", gone.text(), "` there would be fewer than ", operators_min, " operators"),
              "appoint another operator first: with one alone nobody could be appointed any more");
}

// What gives power, or takes an operator's away, is not begun or approved by whoever was recovered a moment ago.
bool waits_for_cooldown(const OrganizationState& state, const OrganizationChange& change, Instant now) {
  return std::visit(Overloaded{[](const StaffEnrolled&) { return true; }, [](const ProposePolicy&) { return true; },
                               [](const ChangeApproved&) { return true; },
                               [&](const StaffRemoved& c) { return !removed_at_once(state, c, now); },
                               [](const auto&) { return false; }},
                    change);
}

std::vector<StaffMember> staff_with(const OrganizationState& state, const StaffMember* newcomer) {
  std::vector<StaffMember> out;
  for (const auto& [id, member] : state.staff)
    if (newcomer == nullptr || id != newcomer->id) out.push_back(member);
  if (newcomer != nullptr) out.push_back(*newcomer);
  return out;
}

// Whom a change is about; null: a policy is about nobody.
const StaffId* staff_about(const ChangeMatter& what) {
  return std::visit(Overloaded{[](const StaffMember& m) { return &m.id; }, [](const Removal& r) { return &r.staff; },
                               [](const PolicyInProposal&) -> const StaffId* { return nullptr; }},
                    what);
}
const PersonId* person_about(const ChangeMatter& what) {
  return std::visit(
      Overloaded{[](const StaffMember& m) { return &m.person; }, [](const Removal& r) { return &r.person; },
                 [](const PolicyInProposal&) -> const PersonId* { return nullptr; }},
      what);
}

// Of the same person for the same: the newer takes the place of the older.
bool replaces(const OpenChange& older, const StaffId& by, const ChangeMatter& what) {
  if (older.by != by || older.what.index() != what.index()) return false;
  const auto* id = staff_about(what);
  return id == nullptr || *staff_about(older.what) == *id;
}

Ruling<void> there_is_room(const OrganizationState& state, const StaffId& by, const ChangeMatter& what, Instant now) {
  std::size_t open = 0;
  std::size_t own = 0;
  for (const auto& [number, change] : state.open) {
    if (change.until <= now || replaces(change, by, what)) continue;
    ++open;
    if (change.by == by) ++own;
  }
  if (own >= open_changes_of_one_max)
    return deny(DenialCode::limit_reached,
                concat(open_changes_of_one_max, " changes that `", by.text(), "` asked for wait for approval already"),
                "withdraw some of them, have them approved, or wait until they end",
                Json::object({{"limit", open_changes_of_one_max}}));
  if (open < open_changes_max) return {};
  return deny(DenialCode::limit_reached, concat(open_changes_max, " changes wait for approval already"),
              "have some of them approved or rejected, or wait until they end",
              Json::object({{"limit", open_changes_max}}));
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
      state.policy != nullptr && former != nullptr && (!m.has(StaffRole::operator_) || m.ends_at < former->ends_at))
    if (auto ok = enough_operators_without(state, m.id, now); !ok) return ok;
  return state.proved_for
             ? check_staff_is_in(*state.proved_for, staff_with(state, &m), state.opened.root.organization, now)
             : Ruling<void>{};
}

Ruling<void> check(const OrganizationState& state, const StaffEnrolled& change, Instant now) {
  if (auto ok = check_appointment(state, change.member, now); !ok) return ok;
  return appoints_alone(state, change.signature.by) ? Ruling<void>{}
                                                    : there_is_room(state, change.signature.by, change.member, now);
}

Ruling<void> check(const OrganizationState& state, const StaffRemoved& change, Instant now) {
  const auto& by = change.signature.by;
  const auto* gone = state.member(change.staff);
  if (gone == nullptr)
    return deny(DenialCode::staff_unknown, concat("`", change.staff.text(), "` is not on the staff"), "check the name");
  // Before there is a policy whoever opened the ledger may begin anew, but not leave it to nobody.
  if (state.policy != nullptr || change.staff == by)
    if (auto ok = enough_operators_without(state, change.staff, now); !ok) return ok;
  return removed_at_once(state, change, now) ? Ruling<void>{}
                                             : there_is_room(state, by, Removal{gone->id, gone->person}, now);
}

// What the prover could not judge is accepted for a while, and not for ever.
Ruling<void> check_acceptances(const Policy& policy, Instant now) {
  for (const auto& accepted : policy.acceptances()) {
    if (accepted.until > now && accepted.until <= now + acceptance_max) continue;
    const bool over = accepted.until <= now;
    return deny(DenialCode::acceptance_ended,
                concat("line ", accepted.line, " of the policy accepts ",
                       accepted.is_of_a_way() ? "a way" : "that people may be talked over", " until ",
                       accepted.until_day, over ? ", which is past" : ", and that is longer than a year"),
                "write a day within a year from now", Json::object({{"until", accepted.until_day}}));
  }
  return {};
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
  const auto policy = Policy::compile(change.text, "policy", PolicyReading::in_force);  // drafts: prove_for_proposal()
  if (!policy) return deny(DenialCode::action_not_in_policy, policy.error().what, policy.error().next_step);
  if (auto ok = check_not_former(state, *policy); !ok) return ok;
  if (auto ok = check_acceptances(*policy, now); !ok) return ok;
  if (auto ok = there_is_room(state, change.signature.by, PolicyInProposal{}, now); !ok) return ok;
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
  if (const auto* proposed = std::get_if<PolicyInProposal>(&change.what)) {
    if (auto ok = check_not_former(state, *proposed->policy); !ok) return ok;
    if (auto ok = check_acceptances(*proposed->policy, now); !ok) return ok;
    if (!proposed->population) return {};
    return check_staff_is_in(*proposed->population, staff_with(state, nullptr), state.opened.root.organization, now);
  }
  if (!serves_as_operator(state, change.by, now))
    return deny(DenialCode::role_missing, concat("`", change.by.text(), "`, who asked for it, is no operator any more"),
                "an operator asks for it anew");
  if (const auto* removal = std::get_if<Removal>(&change.what))
    return enough_operators_without(state, removal->staff, now);
  return check_appointment(state, std::get<StaffMember>(change.what), now);
}

Ruling<const OpenChange*> open_change(const OrganizationState& state, std::uint64_t number, Instant now) {
  const auto found = state.open.find(number);
  if (found != state.open.end() && found->second.until > now) return &found->second;
  if (const auto ended = state.ended.find(number); ended != state.ended.end())
    return deny(DenialCode::change_not_open, how_it_ended(number, ended->second),
                "what is wanted all the same has to be asked for anew");
  return deny(DenialCode::change_not_open, concat("no change ", number, " waits for approval"),
              "see what is open with `sallyport change list`; what is not approved in a week has to be asked for anew");
}

// Whoever is captured must not be able to keep themselves in office.
std::unexpected<Denial> decides_on_themselves(const OpenChange& open) {
  return deny(DenialCode::subject_may_not_decide, concat("nobody decides on their own ", kind_of_change(open.what)),
              "another operator than the one it is about decides");
}

Ruling<void> check(const OrganizationState& state, const ChangeApproved& change, Instant now) {
  const auto& by = change.signature.by;
  const auto found = open_change(state, change.change, now);
  if (!found) return std::unexpected(found.error());
  const auto& open = **found;
  const auto& person = state.member(by)->person;  // may_change() found them
  if (person == open.person)
    return deny(DenialCode::requester_may_not_approve, concat("`", by.text(), "` asked for change ", change.change),
                "another operator must approve it");
  if (const auto* member = std::get_if<StaffMember>(&open.what); member != nullptr && member->person == person)
    return deny(DenialCode::holder_may_not_approve, "nobody approves their own appointment",
                "ask for it yourself and have another operator approve it, or have a third one approve this");
  if (const auto* about = person_about(open.what); about != nullptr && *about == person)
    return decides_on_themselves(open);
  const auto standing = approvals_that_count(state, open, now);
  if (std::ranges::find(standing, by) != standing.end())
    return deny(DenialCode::already_approved, concat("`", by.text(), "` has approved change ", change.change),
                "another operator must approve it");
  return check_again(state, open, now);
}

// Also by one who has approved it: they may have learnt something since.
Ruling<void> check(const OrganizationState& state, const ChangeRejected& change, Instant now) {
  const auto& by = change.signature.by;
  if (change.reason.find_first_not_of(" \t\r\n") == change.reason.npos)
    return deny(DenialCode::reason_missing, "the rejection gives no reason", "say why, for those who asked");
  if (change.reason.size() > reason_length_max)
    return deny(DenialCode::limit_reached, concat("the reason is longer than ", reason_length_max, " bytes"),
                "shorten it", Json::object({{"limit", reason_length_max}}));
  const auto found = open_change(state, change.change, now);
  if (!found) return std::unexpected(found.error());
  const auto& open = **found;
  const auto& person = state.member(by)->person;
  if (person == open.person)
    return deny(DenialCode::requester_may_not_reject, concat("`", by.text(), "` asked for change ", change.change),
                "withdraw it with `sallyport change withdraw`");
  if (const auto* about = person_about(open.what); about != nullptr && *about == person)
    return decides_on_themselves(open);
  return {};
}

Ruling<void> check(const OrganizationState& state, const ChangeWithdrawn& change, Instant now) {
  const auto found = open_change(state, change.change, now);
  if (!found) return std::unexpected(found.error());
  if ((*found)->by == change.signature.by) return {};
  return deny(DenialCode::not_your_change,
              concat("change ", change.change, " was asked for by `", (*found)->by.text(), "`"),
              "they can withdraw it; an operator can reject it with `sallyport change reject`");
}

Ruling<void> check(const OrganizationState& state, const ExerciseSealed& change, Instant now) {
  if (change.ends_at <= now || change.ends_at > now + exercise_ahead_max)
    return deny(DenialCode::limit_reached,
                concat("an exercise ends within ", to_string(exercise_ahead_max), " from now, and not before"),
                "choose an earlier or a later window", Json::object({{"ends_at", to_rfc3339(change.ends_at)}}));
  const auto sealed = std::ranges::count_if(state.exercises, [](const auto& e) { return !e.second.opened; });
  if (static_cast<std::size_t>(sealed) < exercises_sealed_max) return {};
  return deny(DenialCode::limit_reached, concat(exercises_sealed_max, " exercises are sealed already"),
              "open some of them with `sallyport drill open`", Json::object({{"limit", exercises_sealed_max}}));
}

// The plan itself says whether it is the one that was sealed: that takes nobody's word. Before its end a person has to
// want it opened, for that ends it.
Ruling<void> check(const OrganizationState& state, const ExerciseOpened& change, Instant now) {
  const auto found = state.exercises.find(change.exercise);
  if (found == state.exercises.end() || found->second.opened)
    return deny(
        DenialCode::exercise_not_sealed,
        concat("no exercise ", change.exercise, found == state.exercises.end() ? " was sealed" : " is sealed any more"),
        "see them with `sallyport drill exercises`", Json::object({{"exercise", Json(change.exercise)}}));
  const auto& sealed = found->second;
  if (!change.signature && now < sealed.ends_at + exercise_opens_itself_after)
    return deny(DenialCode::exercise_not_over,
                concat("exercise ", change.exercise, " opens by itself ", to_string(exercise_opens_itself_after),
                       " after its end, at ", to_rfc3339(sealed.ends_at + exercise_opens_itself_after)),
                "an operator can open it before", Json::object({{"ends_at", to_rfc3339(sealed.ends_at)}}));
  if (commitment_of(change.plan) != sealed.commitment)
    return deny(DenialCode::exercise_differs, "the plan is not the one that was sealed", "look at the server",
                Json::object({{"sealed", to_hex(sealed.commitment)}}));
  if (change.plan.until != sealed.ends_at)
    return deny(DenialCode::exercise_differs, "the plan's window does not end when its seal says", "look at the server",
                Json::object({{"until", to_rfc3339(change.plan.until)}, {"ends_at", to_rfc3339(sealed.ends_at)}}));
  if (auto ok = check_plan(change.plan); !ok) return ok;
  if (change.cases.size() > exercise_cases_max ||
      std::ranges::adjacent_find(change.cases, std::ranges::greater_equal()) != change.cases.end())
    return deny(DenialCode::exercise_differs, concat("its cases are not in order, or more than ", exercise_cases_max),
                "look at the server");
  return {};
}

Result<void> add(OrganizationState& state, const StaffMember& member) {
  auto key = Es256PublicKey::from_coordinates(member.passkey.public_key);
  if (!key) return with_context("the ledger's staff entry", std::move(key).error());
  state.keys.insert_or_assign(member.id, *std::move(key));
  state.staff.insert_or_assign(member.id, member);
  return {};
}

}  // namespace

std::string_view to_string(ChangeEnd end) noexcept {
  switch (end) {
    case ChangeEnd::approved: return "approved";
    case ChangeEnd::rejected: return "rejected";
    case ChangeEnd::withdrawn: return "withdrawn";
  }
  return "?";
}

std::string_view kind_of_change(const ChangeMatter& what) noexcept {
  return std::visit(Overloaded{[](const StaffMember&) -> std::string_view { return "appointment"; },
                               [](const Removal&) -> std::string_view { return "removal"; },
                               [](const PolicyInProposal&) -> std::string_view { return "policy"; }},
                    what);
}

std::string how_it_ended(std::uint64_t number, const EndedChange& ended) {
  auto out = concat("change ", number, " was ", to_string(ended.end), " by `", ended.by.text(), "`");
  if (ended.end == ChangeEnd::rejected) out += concat(": `", ended.reason, "`");
  return out;
}

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

namespace {

// An open change, by what its proposer signed: nobody answers to another than they were shown.
Json what_was_asked(const OrganizationState& state, std::uint64_t number) {
  const auto open = state.open.find(number);
  const auto what = open == state.open.end() ? std::string() : open->second.statement;
  return Json::object({{"change", Json(number)}, {"statement", to_hex(sha256(view_of(what)))}});
}

}  // namespace

std::string change_statement(const OrganizationState& state, const OrganizationChange& change) {
  Json statement = Json::object({{"ledger", state.opened.origin}});
  if (const auto* signature = signature_of(change))
    statement.set("number", Json(signature->number)).set("by", signature->by.text());
  std::visit(Overloaded{[&](const StaffEnrolled& c) { statement.set("enrol", record_to_json(c.member)); },
                        [&](const StaffRemoved& c) { statement.set("remove", c.staff.text()); },
                        [&](const ProposePolicy& c) {
                          statement.set("propose",
                                        Json::object({{"policy", to_hex(sha256(view_of(c.text)))},
                                                      {"organization", organization_digest(c.organization)},
                                                      {"certificate", to_hex(sha256(view_of(c.certificate)))}}));
                        },
                        [&](const ChangeApproved& c) { statement.set("approve", what_was_asked(state, c.change)); },
                        [&](const ChangeRejected& c) {
                          statement.set("reject", what_was_asked(state, c.change).set("reason", c.reason));
                        },
                        [&](const ChangeWithdrawn& c) { statement.set("withdraw", what_was_asked(state, c.change)); },
                        [&](const ExerciseSealed& c) {
                          statement.set("seal_exercise", Json::object({{"commitment", to_hex(c.commitment)},
                                                                       {"ends_at", to_rfc3339(c.ends_at)}}));
                        },
                        [&](const ExerciseOpened& c) {
                          statement.set("open_exercise", Json::object({{"exercise", Json(c.exercise)},
                                                                       {"commitment", to_hex(commitment_of(c.plan))}}));
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

bool is_signed(const OrganizationEvent& event) noexcept {
  return std::visit(
      Overloaded{[](const LedgerOpened&) { return false; }, [](const ProofPart&) { return false; },
                 [](const ExerciseOpened& e) { return e.signature.has_value(); }, [](const auto&) { return true; }},
      event);
}

std::optional<std::uint64_t> exercise_of(const OrganizationState& state, const CaseId& id) {
  for (const auto& [number, exercise] : state.exercises)
    if (exercise.opened && std::ranges::binary_search(exercise.opened->cases, id)) return number;
  return std::nullopt;
}

std::size_t approvals_needed(const OpenChange& change) noexcept {
  return std::visit(Overloaded{[](const StaffMember&) { return appointment_approvals_needed; },
                               [](const Removal&) { return removal_approvals_needed; },
                               [](const PolicyInProposal&) { return policy_approvals_needed; }},
                    change.what);
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
  if (waits_for_cooldown(state, change, now)) {
    const auto& signature = *signature_of(change);
    if (auto ok = may_speak(state, signature.by, signature.since_recovery); !ok) return std::unexpected(ok.error());
  }
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
                        [&](const StaffRemoved& c) {
                          if (removed_at_once(state, c, now)) out.emplace_back(c);
                          else out.emplace_back(RemovalProposed{c.staff, c.signature});
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

// Nobody escapes a removal by being appointed anew: it is void only once they are gone.
void remove(OrganizationState& state, const StaffId& id) {
  state.staff.erase(id);
  state.keys.erase(id);
  forget(state, id);
  std::erase_if(state.open, [&](const auto& entry) {
    const auto* removal = std::get_if<Removal>(&entry.second.what);
    return entry.second.by == id || (removal != nullptr && removal->staff == id);
  });
}

// Makes a change that has been approved.
class Effect {
 public:
  explicit Effect(OrganizationState& state) : s_(state) {}

  Result<void> operator()(const StaffMember& member) const { return appoint(s_, member); }

  Result<void> operator()(const Removal& removal) const {
    remove(s_, removal.staff);
    return {};
  }

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
    remove(s_, e.staff);
    return {};
  }
  Result<void> operator()(const RemovalProposed& e) {
    const auto* gone = s_.member(e.staff);
    if (gone == nullptr) return fault(FaultKind::corrupt, "a removal names somebody who is not on the staff");
    open(e.signature, Removal{e.staff, gone->person}, change_statement(s_, StaffRemoved{e.staff, e.signature}));
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
    SP_TRY(auto policy, Policy::compile(e.text, "policy", PolicyReading::in_force));
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
    SP_TRY(const auto change, close(e.change, ChangeEnd::approved, e.signature.by, ""));
    return std::visit(Effect(s_), change.what);
  }
  Result<void> operator()(const ChangeRejected& e) {
    SP_CHECK(close(e.change, ChangeEnd::rejected, e.signature.by, e.reason));
    return {};
  }
  Result<void> operator()(const ChangeWithdrawn& e) {
    SP_CHECK(close(e.change, ChangeEnd::withdrawn, e.signature.by, ""));
    return {};
  }
  Result<void> operator()(const ExerciseSealed& e) {
    s_.exercises.insert_or_assign(e.signature.number, SealedExercise{e.commitment, e.signature.by, at_, e.ends_at, {}});
    return {};
  }
  Result<void> operator()(const ExerciseOpened& e) {
    const auto found = s_.exercises.find(e.exercise);
    if (found == s_.exercises.end() || found->second.opened)
      return fault(FaultKind::corrupt, concat("exercise ", e.exercise, " was opened, but is not sealed"));
    found->second.opened =
        OpenedExercise{e.plan, e.cases, e.signature ? std::optional(e.signature->by) : std::nullopt, at_};
    std::ranges::sort(found->second.opened->cases);
    return {};
  }

 private:
  Result<OpenChange> close(std::uint64_t number, ChangeEnd end, const StaffId& by, std::string reason) {
    const auto found = s_.open.find(number);
    if (found == s_.open.end())
      return fault(FaultKind::corrupt, concat("change ", number, " was ", to_string(end), ", but is not open"));
    auto change = std::move(found->second);
    s_.open.erase(found);
    const auto* policy = std::get_if<PolicyInProposal>(&change.what);
    EndedChange ended{std::string(kind_of_change(change.what)),
                      policy != nullptr ? policy->policy->name() : staff_about(change.what)->text(),
                      change.by,
                      end,
                      by,
                      std::move(reason),
                      at_};
    s_.ended.insert_or_assign(number, std::move(ended));
    if (s_.ended.size() > ended_changes_max) s_.ended.erase(s_.ended.begin());
    return change;
  }

  void open(const ChangeSignature& signature, ChangeMatter what, std::string statement) {
    std::erase_if(s_.open, [&](const auto& entry) {
      return entry.second.until <= at_ || replaces(entry.second, signature.by, what);
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
  if (is_signed(event)) ++state.changes;
  ++state.version;
  return {};
}

}  // namespace sallyport
