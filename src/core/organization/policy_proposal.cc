#include "core/organization/policy_proposal.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "core/proof/certificate.h"
#include "core/proof/fit.h"
#include "core/proof/verdict.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::string_view assumed_organization = "assumed";

std::unexpected<Denial> unproved(const Fault& why) {
  return deny(DenialCode::policy_unproved, why.what,
              why.next_step.empty() ? "see what is wrong with `sallyport policy prove`" : why.next_step);
}

Denial not_kept(const proof::Proof& proof) {
  Json findings = Json::array();
  for (const auto& f : proof.findings)
    if (f.standing != proof::Standing::holds) findings.push(to_json(f));
  const auto& first = proof.findings.front();  // broken ones stand first
  std::string detail = "the policy promises nothing";
  if (!findings.as_array().empty())
    detail = concat(first.guarantee, first.about.empty() ? "" : concat(" ", first.about), " (line ", first.line,
                    ") does not hold for ", first.account, ": ", first.why);
  return {DenialCode::policy_unproved, std::move(detail),
          "see the whole story, and the smallest repair, with `sallyport policy prove`",
          Json::object({{"findings", std::move(findings)}})};
}

// May a kind of people of the organization file be these? It has to have every right that they have.
bool covers(const proof::PeopleKind& kind, const StaffMember& member, const std::set<std::string>& own) {
  if (kind.team != member.team) return false;
  if (kind.organization ? *kind.organization != member.organization : !own.contains(member.organization.text()))
    return false;
  if (member.has(StaffRole::agent) && !kind.agent) return false;
  if (member.has(StaffRole::operator_) && !kind.invites) return false;
  if (member.has(StaffRole::voucher) && !kind.vouches) return false;
  return !member.has(StaffRole::approver) || std::ranges::all_of(member.seats, [&](const RoleName& seat) {
    return std::ranges::find(kind.seats, seat) != kind.seats.end();
  });
}

bool has_power(const StaffMember& member) {
  return member.has(StaffRole::agent) || member.has(StaffRole::approver) || member.has(StaffRole::operator_) ||
         member.has(StaffRole::voucher);
}

}  // namespace

std::string organization_digest(std::string_view organization) {
  return organization.empty() ? std::string(assumed_organization) : to_hex(sha256(view_of(organization)));
}

Result<std::shared_ptr<const proof::Population>> population_of(const Policy& policy, std::string_view organization,
                                                               PolicyReading reading) {
  if (organization.empty()) return std::shared_ptr<const proof::Population>();
  auto population = proof::read_population(organization, policy, reading);
  if (population) return std::make_shared<const proof::Population>(*std::move(population));
  const auto& first = population.error().front();
  return fault(FaultKind::invalid, concat("the organization file, line ", first.line, ": ", first.what),
               first.next_step);
}

namespace {

// The same, made where it is assumed: that takes a while for a policy that tells many kinds of account apart.
Result<std::shared_ptr<const proof::Population>> population_to_prove(const Policy& policy,
                                                                     std::string_view organization,
                                                                     PolicyReading reading) {
  if (!organization.empty()) return population_of(policy, organization, reading);
  bool few_groups = false;  // the prover tells; a proof for fewer groups is a proof all the same
  SP_TRY(auto population, proof::assumed(policy, few_groups));
  return std::make_shared<const proof::Population>(std::move(population));
}

}  // namespace

bool CheckedProof::is_of(const Policy& policy, std::string_view organization, std::string_view certificate) const {
  return policy_ == policy.digest() && organization_ == organization_digest(organization) &&
         certificate_ == sha256(view_of(certificate));
}

Ruling<std::shared_ptr<const CheckedProof>> check_proposal(const Policy& policy, std::string_view organization,
                                                           std::string_view certificate) {
  if (!policy.guarantees().dominance_for_all)
    return deny(DenialCode::policy_unproved,
                "the policy does not promise that recovery is never easier than signing in",
                "put `recovery_not_weaker_than_sign_in: all` under its `guarantees`");
  if (certificate.size() > certificate_in_ledger_bytes_max)
    return deny(DenialCode::limit_reached,
                concat("the certificate is larger than ", certificate_in_ledger_bytes_max / 1024, " KiB"),
                "prove it for fewer kinds of accounts");
  const auto parsed = parse_json(certificate);
  if (!parsed) return unproved(with_context("the certificate", Fault(parsed.error())).error());
  auto population = population_to_prove(policy, organization, PolicyReading::in_force);
  if (!population) return unproved(population.error());
  if (!(*population)->levels.empty())
    return deny(DenialCode::policy_unproved, "the organization file has `levels` of its own",
                "a policy goes live by the catalogue's levels; try others with `sallyport policy prove`");
  if (const auto ok = proof::check_proof(policy, **population, organization_digest(organization), *parsed); !ok)
    return unproved(ok.error());
  std::shared_ptr<CheckedProof> out(new CheckedProof);
  out->policy_ = policy.digest();
  out->organization_ = organization_digest(organization);
  out->certificate_ = sha256(view_of(certificate));
  out->population_ = *std::move(population);
  return out;
}

Result<Ruling<ProvedPolicy>> prove_for_proposal(const std::string& text, const std::string& organization) {
  SP_TRY(const auto policy, Policy::compile(text, "policy"));
  if (policy.guarantees().lines.empty())
    return Ruling<ProvedPolicy>(deny(DenialCode::policy_unproved,
                                     "the policy has no `guarantees`, so it promises nothing",
                                     "write what it has to keep (docs/prover.md, \"Guarantees\")"));
  SP_TRY(const auto population, population_to_prove(policy, organization, PolicyReading::draft));
  if (const auto problems = proof::misfits(policy, *population); proof::has_errors(problems))
    return fault_of(problems, "policy");
  SP_TRY(const auto proof, proof::prove_policy(policy, *population, {.pessimistic = false}));
  if (!proof.holds()) return Ruling<ProvedPolicy>(std::unexpected(not_kept(proof)));
  SP_TRY(const auto certificate, proof::certificate_of(policy, proof, organization_digest(organization)));
  ProvedPolicy out{to_text(certificate), nullptr};
  auto checked = check_proposal(policy, organization, out.certificate);
  if (!checked) return Ruling<ProvedPolicy>(std::unexpected(std::move(checked).error()));
  out.checked = *std::move(checked);
  return Ruling<ProvedPolicy>(std::move(out));
}

namespace {

// People whom the same kinds could be: which of them sits where makes no difference.
struct Alike {
  std::vector<std::size_t> kinds;
  std::vector<const StaffMember*> members;
};

// The organizations of the accounts.
std::set<std::string> own_organizations(const proof::Population& population, const OrganizationId& home) {
  std::set<std::string> out;
  for (const auto& account : population.accounts) {
    const auto& facts = account.facts.view();
    const bool says = std::ranges::find(account.said, Attribute::account_organization) != account.said.end() &&
                      facts.knows(Attribute::account_organization);
    out.insert(says ? std::string(facts.text(Attribute::account_organization)) : home.text());
  }
  return out;
}

std::vector<Alike> alike(const proof::Population& population, const std::vector<StaffMember>& staff,
                         const std::set<std::string>& own, Instant now) {
  std::map<std::vector<std::size_t>, std::vector<const StaffMember*>> groups;
  for (const auto& member : staff) {
    if (!has_power(member) || member.ends_at <= now) continue;
    std::vector<std::size_t> kinds;
    for (std::size_t k = 0; k < population.people.size(); ++k)
      if (covers(population.people[k], member, own)) kinds.push_back(k);
    groups[kinds].push_back(&member);
  }
  std::vector<Alike> out;
  for (auto& [kinds, members] : groups) out.push_back({kinds, std::move(members)});
  return out;
}

// Seats everybody among the kinds of people, each kind for as many as it counts (a flow, one person at a time).
class Seating {
 public:
  Seating(const proof::Population& population, const std::vector<Alike>& groups)
      : groups_(groups), seated_(groups.size(), std::vector<std::uint32_t>(population.people.size())) {
    for (const auto& kind : population.people) room_.push_back(kind.count);
  }
  [[nodiscard]] bool seat_one(std::size_t group) {
    std::vector<bool> seen(room_.size());
    return seat(group, seen);
  }

 private:
  bool seat(std::size_t group, std::vector<bool>& seen) {
    for (const auto k : groups_[group].kinds) {
      if (seen[k]) continue;
      seen[k] = true;
      if (room_[k] > 0) {
        --room_[k];
        ++seated_[group][k];
        return true;
      }
      for (std::size_t other = 0; other < groups_.size(); ++other) {
        if (other == group || seated_[other][k] == 0 || !seat(other, seen)) continue;
        --seated_[other][k];
        ++seated_[group][k];
        return true;
      }
    }
    return false;
  }

  const std::vector<Alike>& groups_;
  std::vector<std::uint32_t> room_;
  std::vector<std::vector<std::uint32_t>> seated_;  // by group and kind
};

}  // namespace

Ruling<void> check_staff_is_in(const proof::Population& population, const std::vector<StaffMember>& staff,
                               const OrganizationId& home, Instant now) {
  if (population.assumed) return {};  // whose people are nobody in particular (docs/decisions/0011)
  const auto groups = alike(population, staff, own_organizations(population, home), now);
  Seating seating(population, groups);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const auto* member : groups[g].members) {
      if (seating.seat_one(g)) continue;
      return deny(DenialCode::staff_not_in_proof,
                  groups[g].kinds.empty()
                      ? concat("the policy is not proved for people like `", member->id.text(), "` (team ",
                               member->team.text(), ", organization ", member->organization.text(), ")")
                      : concat("there are more people like `", member->id.text(),
                               "` on the staff than the policy is proved for"),
                  "put them under `people` of the organization file, and prove and propose the policy with it");
    }
  return {};
}

Result<void> check_proof_in_force(const OrganizationState& state) {
  if (!state.policy || !state.proof) return {};
  const auto checked = check_proposal(*state.policy, state.proof->organization, state.proof->certificate);
  if (checked) return {};
  return fault(FaultKind::corrupt, concat("the policy in force is not proved: ", checked.error().detail),
               "audit the ledger with `sallyport-audit verify`");
}

std::vector<ProofPart> parts_of(std::string_view certificate) {
  std::vector<ProofPart> out;
  while (!certificate.empty()) {
    auto size = std::min(certificate.size(), proof_part_bytes);
    // A byte of the form 10xxxxxx goes on with a character (RFC 3629, section 3).
    while (size < certificate.size() && size > 1 && (static_cast<unsigned char>(certificate[size]) & 0xC0U) == 0x80U)
      --size;
    out.push_back({std::string(certificate.substr(0, size))});
    certificate.remove_prefix(size);
  }
  return out;
}

}  // namespace sallyport
