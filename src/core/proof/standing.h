// A proof that is kept up with a directory: a hundred thousand accounts, of which one changes. Accounts that the
// policy cannot tell apart are one kind (grouping.h); kinds of which it asks the same, and for which the same can be
// given, are one shape; each shape is proved once. What no attack breaks for an account with every signal enrolled,
// none breaks for one with fewer, nor for one of which the policy asks more; whoever has a way back keeps it with more
// enrolled, and when less is asked. So most shapes need no proof of their own. Whoever leaves takes no guarantee
// against attackers along: they have one fewer to work with.
//
//   StandingProof standing(policy, people);
//   SP_CHECK(standing.take(accounts));
//   standing.totals().broken;                       // accounts for which a guarantee does not hold
//   SP_CHECK(standing.change(account));             // proves at most one shape more
//   SP_TRY(const auto again, standing.people_are("officer", 5));   // one of six left: mostly nothing is proved again
//
// Holds no account for which it could not say what it is asked. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/proof/easiest.h"
#include "core/proof/grouping.h"
#include "core/proof/verdict.h"

namespace sallyport::proof {

class StandingProof {
 public:
  // All guarantees, or only whether an account is recovered with less than it takes to sign in: that is sooner known.
  enum class Depth : std::uint8_t { guarantees, weaker_only };
  // `people`: of an organization file; its accounts are not proved, but people may speak for others by one of them.
  // The policy outlives this.
  StandingProof(const Policy& policy, const Population& people, Depth depth = Depth::guarantees);

  [[nodiscard]] Result<void> take(const std::vector<AccountRecord>& accounts);
  // An account as it is now, known by its id or new.
  [[nodiscard]] Result<void> change(const AccountRecord& account);
  // Somebody came or left: so many of this kind there are now. Looks again at those shapes that have places for more of
  // them than there are, or were, and says how many. REQUIRES: the kind is one of the people.
  [[nodiscard]] Result<std::size_t> people_are(std::string_view kind, std::uint32_t count);

  struct Totals {
    std::uint64_t accounts = 0;
    std::size_t kinds = 0;  // that the policy tells apart
    std::size_t shapes = 0;  // that were proved
    std::size_t largest_family = 0;  // ways to one node of one of them that are not as hard as signing in
    std::uint64_t broken = 0;  // accounts with a guarantee that does not hold
    std::uint64_t weaker = 0;  // of these: easier to recover than to sign in
  };
  [[nodiscard]] Totals totals() const;
  // Findings that do not hold, one of each shape, with how many accounts are like it.
  [[nodiscard]] std::vector<std::pair<Finding, std::uint64_t>> broken() const;

 private:
  // All that decides what is proved of an account, but for what is enrolled.
  struct Asked {
    std::map<Action, std::vector<Needs>> forms;  // the easiest of each action that is not refused
    std::string beside;  // its class, and all else: compared as it is
    std::string text;  // both
  };
  struct Shape {
    std::vector<Finding> broken;
    bool weaker = false;
    std::uint64_t accounts = 0;
    Asked asked;  // what it was proved for
    AccountKind example;
  };
  struct Kind {
    std::string shape;
    std::uint64_t accounts = 0;
  };
  // Can each form of `more` be answered only by what answers a form of `less`?
  [[nodiscard]] static bool asks_at_least(const Asked& more, const Asked& less);
  [[nodiscard]] Result<std::string> kind_of(const AccountRecord& account);
  [[nodiscard]] Result<Asked> asked_of(const AccountKind& kind);
  [[nodiscard]] bool by_way() const;  // does the policy accept ways, each of which some account may not have?
  [[nodiscard]] bool holds_for_less(const Asked& asked) const;
  // What is known without a proof.
  [[nodiscard]] std::optional<bool> attacks_known(const Asked& asked) const;
  [[nodiscard]] Result<bool> no_attack_breaks_with_everything(const Asked& asked, Population one);
  [[nodiscard]] Population alone(const AccountKind& kind) const;
  [[nodiscard]] Result<Population> population_of(const AccountKind& kind) const;  // with whose account speaks for it
  [[nodiscard]] Result<void> add_accounts_of_people(Population& one) const;
  [[nodiscard]] bool a_way_back_is_known(const Asked& asked, SignalSet enrolled) const;
  [[nodiscard]] Result<bool> ways_back_are_left(const Asked& asked, const AccountKind& kind);
  [[nodiscard]] Result<bool> ways_back_are_left(const Population& one) const;
  [[nodiscard]] Result<void> prove(const std::string& shape, const Asked& asked, const AccountKind& kind);
  [[nodiscard]] Result<void> prove_by_itself(Shape& shape);
  [[nodiscard]] static std::int64_t least_asked(const Asked& asked);
  void sort_by_asked(std::vector<std::string>& shapes, int sign) const;  // -1: whoever is asked most comes first
  [[nodiscard]] static std::uint32_t places(const Policy& policy, const Asked& asked, const PeopleKind& kind,
                                            const AccountKind& account);
  [[nodiscard]] Result<std::vector<std::string>> touched_by(const PeopleKind& kind, std::uint32_t before,
                                                            std::uint32_t now);

  const Policy& policy_;
  Population people_;
  Depth depth_;
  Grouping grouping_;
  DecisionSpace space_;
  std::vector<Axis> contexts_;
  std::map<std::string, Kind> kinds_;  // by key
  std::map<std::string, Shape> shapes_;
  std::map<std::string, bool, std::less<>> with_everything_;  // by Asked::text: does no attack break anything?
  std::map<std::string, std::vector<Asked>, std::less<>> least_;  // by Asked::beside: where none does, the least asked
  // Who has ways back: what they are asked, and what they have enrolled.
  struct WayBack {
    Asked asked;
    SignalSet enrolled = 0;
  };
  std::map<std::string, std::vector<WayBack>, std::less<>> ways_back_;  // by Asked::beside
  std::map<std::string, SignalSet, std::less<>> enrolled_by_all_;  // by Asked::beside
  std::map<std::string, std::optional<SignalSet>, std::less<>> not_enough_;  // by Asked::text: no way is left with
  std::map<std::string, std::string, std::less<>> key_of_account_;
  std::size_t largest_family_ = 0;
};

}  // namespace sallyport::proof
