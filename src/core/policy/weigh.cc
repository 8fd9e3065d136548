#include "core/policy/weigh.h"

#include <algorithm>
#include <bit>
#include <compare>

#include "base/assert.h"
#include "core/policy/independent.h"

namespace sallyport {
namespace {

// Why this piece alone does not count. Missing data is never good enough (R17).
EvidenceFinding finding_on(const Policy& policy, const Needs& needs, const Evidence& e,
                           std::optional<std::uint8_t> number, Instant now) noexcept {
  EvidenceFinding out{e.number, Objection::none, {}, {}};
  const auto object = [&](Objection why, Duration is = {}, Duration asked = {}) {
    out.objection = why;
    out.is = is;
    out.asked = asked;
    return out;
  };
  if (e.result != EvidenceResult::passed) return object(Objection::failed);
  if (!number) return object(Objection::not_in_policy);
  if (((needs.allow >> *number) & 1U) == 0) return object(Objection::not_allowed);
  const auto& rule = policy.signals()[*number];
  if (e.rests_on_account) return object(Objection::rests_on_account);
  if (e.at > now) return object(Objection::in_the_future);
  if (rule.fresh && now - e.at > *rule.fresh) return object(Objection::too_old, now - e.at, *rule.fresh);
  const auto stood = [&](const std::optional<Instant>& since, const std::optional<Duration>& asked, Objection unknown,
                         Objection lately) {
    if (!asked || (since && e.at - *since >= *asked)) return false;
    if (since) (void)object(lately, e.at - *since, *asked);
    else (void)object(unknown, {}, *asked);
    return true;
  };
  if (stood(e.enrolled_at, rule.enrolled_for, Objection::binding_unknown, Objection::bound_lately)) return out;
  if (stood(e.unchanged_since, rule.unchanged_for, Objection::change_unknown, Objection::changed_lately)) return out;
  if (!rule.valid_for) return out;
  if (!e.data_at || *e.data_at > e.at) return object(Objection::data_age_unknown, {}, *rule.valid_for);
  if (e.at - *e.data_at > *rule.valid_for) return object(Objection::data_too_old, e.at - *e.data_at, *rule.valid_for);
  return out;
}

// How good a set is, best first: requirement met, then inclusions, strong ones, size.
struct Score {
  bool satisfied = false;
  int included = 0, strong = 0, size = 0;
  friend auto operator<=>(const Score&, const Score&) = default;
};

// Of two sets that are equally good: the one with the earlier piece of evidence, where they first differ.
constexpr bool comes_first(SignalSet a, SignalSet b) noexcept {
  const auto differs = a ^ b;
  return (a & differs & (~differs + 1)) != 0;
}

// Looks at every set of independent candidates that nothing can be added to: adding makes no set worse. Bit i of a set
// is the candidate i here, in the order of evidence.
class Search {
 public:
  Search(const Policy& policy, const Needs& needs, std::span<const std::uint8_t> candidates) noexcept
      : needs_(needs), candidates_(candidates) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& rule = policy.signals()[candidates[i]];
      if (rule.strong) strong_ |= SignalSet{1} << i;
      if (((needs.include >> candidates[i]) & 1U) != 0) include_ |= SignalSet{1} << i;
      for (std::size_t j = 0; j < candidates.size(); ++j)
        if (((rule.shares >> candidates[j]) & 1U) != 0) shares_[i] |= SignalSet{1} << j;
    }
  }

  // In the policy's numbers.
  SignalSet best() noexcept {
    each_full_set(shares_, 0, (SignalSet{1} << candidates_.size()) - 1, [this](SignalSet set) noexcept {
      const auto s = score(set);
      if (s < best_score_ || (s == best_score_ && !comes_first(set, best_))) return;
      best_score_ = s;
      best_ = set;
    });
    SignalSet out = 0;
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      if (((best_ >> i) & 1U) != 0) out |= SignalSet{1} << candidates_[i];
    return out;
  }

 private:
  [[nodiscard]] Score score(SignalSet chosen) const noexcept {
    Score s;
    s.included = size_of(chosen & include_);
    s.strong = size_of(chosen & strong_);
    s.size = size_of(chosen);
    s.satisfied = s.size >= needs_.signals && s.strong >= needs_.strong && s.included == size_of(needs_.include);
    return s;
  }

  const Needs& needs_;
  std::span<const std::uint8_t> candidates_;
  std::array<SignalSet, signals_max> shares_{};
  SignalSet strong_ = 0, include_ = 0, best_ = 0;
  Score best_score_;
};

// Signals that might count, in the order of the newest piece of each: a second one of the same signal adds nothing.
class Candidates {
 public:
  void add(std::uint8_t signal, std::size_t piece) noexcept {
    if (((set_ >> signal) & 1U) != 0) {
      (void)std::ranges::remove(all(), signal);
      --count_;
    }
    order_[count_++] = signal;
    set_ |= SignalSet{1} << signal;
    newest_[signal] = piece;
  }
  [[nodiscard]] SignalSet set() const noexcept { return set_; }
  [[nodiscard]] std::span<std::uint8_t> all() noexcept { return std::span(order_).first(count_); }
  [[nodiscard]] std::size_t newest(std::size_t signal) const noexcept { return newest_[signal]; }

 private:
  SignalSet set_ = 0;
  std::size_t count_ = 0;
  std::array<std::uint8_t, signals_max> order_{};
  std::array<std::size_t, signals_max> newest_;  // by signal of the set: the place among the evidence
};

SignalSet best_of(const Policy& policy, const Needs& needs, Candidates& candidates) noexcept {
  const auto apart = [&](std::uint8_t signal) {
    return (policy.signals()[signal].shares & candidates.set()) == SignalSet{1} << signal;
  };
  if (std::ranges::all_of(candidates.all(), apart)) return candidates.set();  // as mostly
  return Search(policy, needs, candidates.all()).best();
}

}  // namespace

Weighed weigh_evidence(const Policy& policy, const Needs& needs, std::span<const Evidence> evidence, Instant now,
                       std::span<EvidenceFinding> findings) noexcept {
  SALLYPORT_ASSERT(findings.size() >= evidence.size());
  Candidates candidates;
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    const auto number = policy.signal_number(evidence[i].signal);
    findings[i] = finding_on(policy, needs, evidence[i], number, now);
    if (findings[i].objection != Objection::none) continue;
    candidates.add(*number, i);
    findings[i].objection = Objection::not_independent;  // unless it is chosen
  }
  Weighed out;
  out.counted = best_of(policy, needs, candidates);
  SignalSet taken = 0;
  for (auto rest = out.counted; rest != 0; rest &= rest - 1) {
    const auto signal = static_cast<std::size_t>(std::countr_zero(rest));
    const auto& rule = policy.signals()[signal];
    findings[candidates.newest(signal)].objection = Objection::none;
    taken |= rule.shares;
    ++out.count;
    if (rule.strong) ++out.strong_count;
  }
  out.strong = out.strong_count > 0;
  out.satisfied = out.count >= needs.signals && out.strong_count >= needs.strong && (needs.include & ~out.counted) == 0;
  out.usable = needs.allow & ~taken & ((SignalSet{1} << policy.signals().size()) - 1);
  return out;
}

// -- approvers ------------------------------------------------------------------------------------
bool fits(const ApproverConstraint& c, std::string_view home, const ApproverFacts& approver) noexcept {
  if (c.role && std::ranges::find(approver.seats, *c.role) == approver.seats.end()) return false;
  if (c.outside && approver.team == *c.outside) return false;
  if (!c.from) return true;
  const bool from_account = c.from->text() == "account.organization";
  return !approver.organization.empty() &&
         approver.organization.text() == (from_account ? home : std::string_view(c.from->text()));
}

bool in_cooldown(const Limits& limits, const std::optional<Duration>& since_recovery) noexcept {
  const auto& cooldown = limits.cooldown_after_own_recovery;
  return cooldown && (!since_recovery || *since_recovery < *cooldown);
}

SeatObjection objection_to(const Limits& limits, const ApproverFacts& a) noexcept {
  if (limits.approvals_per_approver_1h && (!a.approvals_1h || *a.approvals_1h >= *limits.approvals_per_approver_1h))
    return SeatObjection::over_budget;
  return in_cooldown(limits, a.since_recovery) ? SeatObjection::in_cooldown : SeatObjection::none;
}

namespace {

// Augmenting paths (Kuhn): can `demand` get one more person, moving others aside where they fit elsewhere?
class Seating {
 public:
  explicit Seating(std::span<const SeatDemand> demands) noexcept : demands_(demands) { holder_.fill(nobody); }

  bool one_more(std::uint8_t demand) noexcept {
    asked_ = 0;
    return place(demand);
  }

 private:
  static constexpr std::uint8_t nobody = 0xFF;

  bool place(std::uint8_t demand) noexcept {
    for (auto open = demands_[demand].fits & ~asked_; open != 0; open = demands_[demand].fits & ~asked_) {
      const auto person = static_cast<std::size_t>(std::countr_zero(open));
      asked_ |= std::uint64_t{1} << person;
      if (holder_[person] != nobody && !place(holder_[person])) continue;
      holder_[person] = demand;
      return true;
    }
    return false;
  }

  std::span<const SeatDemand> demands_;
  std::array<std::uint8_t, persons_max> holder_{};  // by person: the demand whose seat they hold
  std::uint64_t asked_ = 0;
};

}  // namespace

bool fill_seats(std::span<const SeatDemand> demands, std::span<std::uint8_t> open) noexcept {
  SALLYPORT_ASSERT(open.size() >= demands.size() && demands.size() < 0xFF);
  Seating seating(demands);
  bool all = true;
  for (std::size_t d = 0; d < demands.size(); ++d) {
    open[d] = 0;
    for (std::uint8_t seat = 0; seat < demands[d].seats; ++seat)
      if (!seating.one_more(static_cast<std::uint8_t>(d))) ++open[d];
    all = all && open[d] == 0;
  }
  return all;
}

}  // namespace sallyport
