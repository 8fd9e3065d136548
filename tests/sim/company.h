// The company of a simulated seed: its policy, its people with a temperament each, its accounts. All of it follows from
// the seed. Policies are proved once for all seeds of a run.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "../tests/support/seeded.h"
#include "core/model/account.h"
#include "core/model/staff.h"
#include "core/organization/policy_proposal.h"

namespace sallyport::sim {

// What somebody is like. People are the parts that fail.
enum class Temperament : std::uint8_t {
  honest,  // does their part
  hurried,  // does it too early, twice, without the PIN
  absent,  // does it late or never
  duped,  // helps whoever asks
  colluding,  // helps an accomplice, with a second account if they have one
  malicious,  // tries what is not theirs
};
inline constexpr std::array<Temperament, 6> all_temperaments{Temperament::honest,    Temperament::hurried,
                                                             Temperament::absent,    Temperament::duped,
                                                             Temperament::colluding, Temperament::malicious};
[[nodiscard]] std::string_view to_string(Temperament temperament) noexcept;

struct Person {
  std::string name;
  std::string natural_person;  // two accounts of one person have the same
  std::vector<StaffRole> roles;
  std::vector<std::string> seats;
  std::string team = "help_desk";
  std::string organization = "home";
  Temperament temperament = Temperament::honest;
  [[nodiscard]] bool is(StaffRole role) const;
};

struct HeldAccount {
  AccountFacts facts;
  std::string mail;
};

struct KnownPolicy {
  std::string name;  // of its file
  ProposePolicy proposal;  // with its proof
};

struct Company {
  const KnownPolicy* policy = nullptr;
  const KnownPolicy* next_policy = nullptr;  // that may be proposed later; null: none
  std::vector<std::string> operators;
  std::vector<Person> people;
  std::vector<HeldAccount> accounts;
};

// The policies of this repository that can be proved without an organization file. REQUIRES: `folder` is the source
// folder of this repository; what cannot be read there is an assertion.
class Policies {
 public:
  explicit Policies(std::string_view folder);
  struct Pair {
    KnownPolicy first, next;
  };
  [[nodiscard]] const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  std::vector<Pair> pairs_;
};

[[nodiscard]] Company company_of(const Policies& policies, Seeded& seeded);

}  // namespace sallyport::sim
