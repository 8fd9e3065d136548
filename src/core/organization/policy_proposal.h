// What a policy has to bring along before anybody may approve it: a proof that it keeps its promises, among them that
// no recovery is easier than signing in, for an organization that has the people who are on the staff.
//
// Pure. Checking a certificate takes milliseconds to minutes: its steps are counted and bounded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/denial.h"
#include "core/organization/organization.h"
#include "core/proof/population.h"

namespace sallyport {

inline constexpr std::size_t certificate_in_ledger_bytes_max = std::size_t{1024} * 1024;
inline constexpr std::size_t proof_part_bytes = 30'000;  // of JSON text: escaped it is twice as long at the most

// How a certificate names whom it is for: the digest of the organization file's text, or `assumed` for the empty text.
[[nodiscard]] std::string organization_digest(std::string_view organization);
// Null for the empty text. What is in force is read as it was when it went live.
[[nodiscard]] Result<std::shared_ptr<const proof::Population>> population_of(
    const Policy& policy, std::string_view organization, PolicyReading reading = PolicyReading::in_force);

// That check_proposal() said yes to exactly these texts. Nothing else makes one, so a server can have the long check
// made before it begins to decide.
class CheckedProof {
 public:
  [[nodiscard]] bool is_of(const Policy& policy, std::string_view organization, std::string_view certificate) const;
  [[nodiscard]] const Digest& certificate() const { return certificate_; }
  [[nodiscard]] const proof::Population& population() const { return *population_; }

 private:
  CheckedProof() = default;
  friend Ruling<std::shared_ptr<const CheckedProof>> check_proposal(const Policy&, std::string_view, std::string_view);
  Digest policy_, certificate_;
  std::string organization_;
  std::shared_ptr<const proof::Population> population_;
};

// Does the certificate prove the policy, and the policy promise what every policy has to?
[[nodiscard]] Ruling<std::shared_ptr<const CheckedProof>> check_proposal(const Policy& policy,
                                                                         std::string_view organization,
                                                                         std::string_view certificate);

struct ProvedPolicy {
  std::string certificate;
  std::shared_ptr<const CheckedProof> checked;
};
// The same texts give the same certificate on every machine, so whoever proposes or approves makes their own and signs
// its digest. The denial names the first promise that is not kept, and how. A fault: the text is no policy or no
// organization file, the one names what the other has not (core/proof/fit.h), or the model is too large to be solved.
// May take a minute and more.
[[nodiscard]] Result<Ruling<ProvedPolicy>> prove_for_proposal(const std::string& text, const std::string& organization);

// Whoever has a right and whom the policy was not proved for: a proof says nothing of people it leaves out. Kinds of
// people without an organization are of the accounts' own: of one that an account kind names, or of `home` where one
// names none. `now`: an appointment that has ended gives no right.
[[nodiscard]] Ruling<void> check_staff_is_in(const proof::Population& population, const std::vector<StaffMember>& staff,
                                             const OrganizationId& home, Instant now);

// The proof of the policy in force, when the organization was read with ProofCheck::later.
[[nodiscard]] Result<void> check_proof_in_force(const OrganizationState& state);

// The certificate's text in parts that fit into entries; none is cut within a character.
[[nodiscard]] std::vector<ProofPart> parts_of(std::string_view certificate);

}  // namespace sallyport
