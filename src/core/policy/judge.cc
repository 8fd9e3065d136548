#include "core/policy/judge.h"

#include <algorithm>
#include <tuple>

#include "base/limits.h"
#include "base/text.h"

namespace sallyport {
namespace {

bool contains(const auto& list, const auto& value) { return std::ranges::find(list, value) != list.end(); }

// "12m", "3d": the two largest units would read better than they decide; one is enough.
std::string age_text(Duration age) {
  const auto ms = age.milliseconds;
  if (ms >= days(2).milliseconds) return concat(ms / days(1).milliseconds, "d");
  if (ms >= hours(2).milliseconds) return concat(ms / hours(1).milliseconds, "h");
  if (ms >= minutes(2).milliseconds) return concat(ms / minutes(1).milliseconds, "m");
  return concat(ms / 1000, "s");
}

// Why this piece alone does not count, or empty. Missing data is never old enough (R17).
std::string objection(const Policy& policy, const Requirement& requirement, const Evidence& e, Instant now) {
  if (e.result != EvidenceResult::passed) return "it failed";
  const auto* rule = policy.signal(e.signal);
  if (rule == nullptr) return concat(e.signal.text(), " is not a signal of the policy");
  if (requirement.allow && !contains(*requirement.allow, e.signal))
    return concat(e.signal.text(), " is not allowed for this action");
  if (e.rests_on_account) return concat(e.signal.text(), " rests on the account that is being recovered");
  if (e.at > now) return "it lies in the future";
  if (rule->fresh && now - e.at > *rule->fresh)
    return concat(e.signal.text(), " evidence is ", age_text(now - e.at), " old, the policy accepts ",
                  to_string(*rule->fresh));
  if (rule->enrolled_for && (!e.enrolled_at || e.at - *e.enrolled_at < *rule->enrolled_for))
    return e.enrolled_at ? concat("the authenticator was bound ", age_text(e.at - *e.enrolled_at),
                                  " before, the policy asks ", to_string(*rule->enrolled_for))
                         : std::string("it is not known when the authenticator was bound");
  if (rule->unchanged_for && (!e.unchanged_since || e.at - *e.unchanged_since < *rule->unchanged_for))
    return e.unchanged_since ? concat("the address on file changed ", age_text(e.at - *e.unchanged_since),
                                      " before, the policy asks ", to_string(*rule->unchanged_for))
                             : std::string("it is not known when the address on file last changed");
  if (rule->valid_for) return concat("the age of the data behind ", e.signal.text(), " is not known");
  return {};
}

struct Candidate {
  const Evidence* evidence;
  const SignalRule* rule;
};

bool independent(const Candidate& a, const Candidate& b) {
  return std::ranges::none_of(a.rule->rests_on, [&](const auto& thing) { return contains(b.rule->rests_on, thing); });
}

// How good a set is, best first: requirement met, then inclusions, strong ones, size.
struct Score {
  bool satisfied = false;
  std::size_t included = 0, strong = 0, size = 0;
  friend auto operator<=>(const Score&, const Score&) = default;
};

class Search {
 public:
  Search(const Requirement& requirement, std::vector<Candidate> candidates)
      : requirement_(requirement), candidates_(std::move(candidates)) {}

  std::vector<Candidate> best() {
    extend(0);
    return best_;
  }

 private:
  Score score() const {
    Score s;
    for (const auto& name : requirement_.include)
      s.included += std::ranges::any_of(chosen_, [&](const auto& c) { return c.rule->name == name; }) ? 1U : 0U;
    for (const auto& c : chosen_) s.strong += c.rule->strong ? 1U : 0U;
    s.size = chosen_.size();
    s.satisfied =
        s.size >= requirement_.signals && s.strong >= requirement_.strong && s.included == requirement_.include.size();
    return s;
  }

  void extend(std::size_t from) {
    if (const auto s = score(); s > best_score_) {
      best_score_ = s;
      best_ = chosen_;
    }
    for (std::size_t i = from; i < candidates_.size(); ++i) {
      const auto& next = candidates_[i];
      if (!std::ranges::all_of(chosen_, [&](const auto& c) { return independent(c, next); })) continue;
      chosen_.push_back(next);
      extend(i + 1);
      chosen_.pop_back();
    }
  }

  const Requirement& requirement_;
  std::vector<Candidate> candidates_;
  std::vector<Candidate> chosen_, best_;
  Score best_score_;
};

std::string or_list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += concat(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  return out;
}

std::vector<Missing> missing_identity(const Policy& policy, const Requirement& requirement,
                                      const std::vector<Candidate>& counted) {
  std::vector<Missing> out;
  const auto has = [&](const SignalName& name) {
    return std::ranges::any_of(counted, [&](const auto& c) { return c.rule->name == name; });
  };
  for (const auto& name : requirement.include)
    if (!has(name)) out.push_back({concat("the signal ", name.text()), "claimant"});
  std::vector<std::string> helpful;
  std::vector<std::string> helpful_strong;
  for (const auto& rule : policy.signals()) {
    const Candidate candidate{nullptr, &rule};
    if (requirement.allow && !contains(*requirement.allow, rule.name)) continue;
    if (!std::ranges::all_of(counted, [&](const auto& c) { return independent(c, candidate); })) continue;
    helpful.push_back(rule.name.text());
    if (rule.strong) helpful_strong.push_back(rule.name.text());
  }
  std::uint32_t strong = 0;
  for (const auto& c : counted) strong += c.rule->strong ? 1U : 0U;
  if (counted.size() < requirement.signals)
    out.push_back({concat(requirement.signals, " independent signals, ", counted.size(),
                          " given so far; of use now: ", helpful.empty() ? std::string("none") : or_list(helpful)),
                   "claimant"});
  if (strong < requirement.strong)
    out.push_back({concat(requirement.strong, " of them strong, ", strong, " given so far; of use now: ",
                          helpful_strong.empty() ? std::string("none") : or_list(helpful_strong)),
                   "claimant"});
  return out;
}

// One seat of a constraint.
bool fits(const ApproverConstraint& c, const AccountFacts& account, const ApproverFacts& approver) {
  if (c.role && !contains(approver.seats, *c.role)) return false;
  if (c.outside && approver.team == *c.outside) return false;
  if (!c.from) return true;
  const bool from_account = c.from->text() == "account.organization";
  return approver.organization == (from_account ? account.organization : *c.from);
}

std::string describe(const ApproverConstraint& c) {
  std::string out;
  if (c.role) out += concat(" with the role ", c.role->text());
  if (c.outside) out += concat(" from outside ", c.outside->text());
  if (c.from) out += concat(" from ", c.from->text());
  return out;
}

// Augmenting paths over seats (Kuhn): can `seat` get a person, moving others aside where they fit
// elsewhere? Sizes are tiny (limits.h).
class Seating {
 public:
  Seating(const Requirement& requirement, const AccountFacts& account, std::span<const ApproverFacts> approvers)
      : account_(account), approvers_(approvers), holder_(approvers.size(), none) {
    for (const auto& c : requirement.approvers)
      for (std::uint32_t i = 0; i < c.at_least; ++i) seats_.push_back(&c);
  }

  // The constraints that still have empty seats, with how many.
  std::vector<std::pair<const ApproverConstraint*, std::uint32_t>> fill() {
    std::vector<std::pair<const ApproverConstraint*, std::uint32_t>> empty;
    for (std::size_t seat = 0; seat < seats_.size(); ++seat) {
      std::vector<bool> asked(approvers_.size(), false);
      if (place(seat, asked)) continue;
      if (!empty.empty() && empty.back().first == seats_[seat]) ++empty.back().second;
      else empty.emplace_back(seats_[seat], 1U);
    }
    return empty;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  bool place(std::size_t seat, std::vector<bool>& asked) {
    for (std::size_t p = 0; p < approvers_.size(); ++p) {
      if (asked[p] || !fits(*seats_[seat], account_, approvers_[p])) continue;
      asked[p] = true;
      if (holder_[p] == none || place(holder_[p], asked)) {
        holder_[p] = seat;
        return true;
      }
    }
    return false;
  }

  const AccountFacts& account_;
  std::span<const ApproverFacts> approvers_;
  std::vector<const ApproverConstraint*> seats_;
  std::vector<std::size_t> holder_;  // by approver: the seat they hold
};

}  // namespace

IdentityJudgement judge_identity(const Policy& policy, const Requirement& requirement,
                                 std::span<const Evidence> evidence, Instant now) {
  IdentityJudgement out;
  std::vector<Candidate> candidates;
  for (const auto& e : evidence) {
    auto why = objection(policy, requirement, e, now);
    // A second piece of the same signal adds nothing, so only the newest is a candidate: this also
    // keeps the search below small.
    if (why.empty()) {
      const auto same = [&](const auto& c) { return c.rule->name == e.signal; };
      std::erase_if(candidates, same);
      candidates.push_back({&e, policy.signal(e.signal)});
    }
    out.verdicts.push_back({e.number, false, std::move(why)});
  }
  const auto counted = Search(requirement, std::move(candidates)).best();
  for (const auto& c : counted) {
    out.counted.push_back(c.evidence->number);
    out.strong = out.strong || c.rule->strong;
  }
  std::ranges::sort(out.counted);
  for (auto& verdict : out.verdicts) {
    verdict.counts = contains(out.counted, verdict.number);
    if (verdict.counts) verdict.why = "counts";
    if (verdict.why.empty()) verdict.why = "it rests on the same thing as evidence that counts, or repeats it";
  }
  out.missing = missing_identity(policy, requirement, counted);
  out.satisfied = out.missing.empty();
  return out;
}

ApprovalJudgement judge_approvals(const Requirement& requirement, const AccountFacts& account,
                                  std::span<const ApproverFacts> approvers) {
  std::vector<ApproverFacts> persons;
  for (const auto& a : approvers)
    if (std::ranges::none_of(persons, [&](const auto& p) { return p.person == a.person; })) persons.push_back(a);
  ApprovalJudgement out;
  for (const auto& [constraint, count] : Seating(requirement, account, persons).fill())
    out.missing.push_back(
        {concat(count, count == 1 ? " approval" : " approvals", " by someone", describe(*constraint)), "approver"});
  out.satisfied = out.missing.empty();
  return out;
}

bool fits_a_seat(const Requirement& requirement, const AccountFacts& account, const ApproverFacts& approver) {
  return std::ranges::any_of(requirement.approvers, [&](const auto& c) { return fits(c, account, approver); });
}

}  // namespace sallyport
