#include "core/drills/recovery.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/text.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"
#include "core/policy/trial.h"
#include "core/proof/catalogue.h"

namespace sallyport::drills {
namespace {

using proof::PeopleKind;

constexpr std::array<std::string_view, 3> bound_by_invitation{"passkey", "totp", "recovery_code"};
// Whoever is told to ask in another way does.
constexpr std::array<std::string_view, 3> channels_from_afar{"phone", "chat", "mail"};
constexpr std::array<std::string_view, 3> channels_on_site{"walk_in", "phone", "chat"};
constexpr std::size_t sets_tried_max = 20'000;
constexpr std::uint64_t ms_per_minute = 60'000;
constexpr std::uint64_t minutes_of_age = 60;  // an authenticator that has just come of age is used an hour later

bool one_of(std::string_view name, const auto& names) { return std::ranges::find(names, name) != names.end(); }
bool any_given(const auto& names) {
  return std::ranges::any_of(names, [](auto n) { return !n.empty(); });
}

// How a signal of the policy can be given here.
struct Offer {
  std::size_t signal = 0;
  bool attested = false;
  bool invited = false;  // bound anew by an operator's invitation, and then waited for
};

class Honest {
 public:
  Honest(const Ground& ground, const HonestCase& honest, std::size_t account)
      : ground_(ground), policy_(ground.policy), honest_(honest), account_(ground.population.accounts[account]) {
    for (const auto& kind : ground.population.people)
      spare_.push_back(kind.count - (account_.held_by == kind.name ? 1 : 0));
  }

  Recovery run() {
    Recovery out;
    out.account = account_.name;
    out.restored = Restored::does_not_apply;
    if (!honest_.wanted) {
      out.why = "no action of the policy language does that";
      return out;
    }
    if (!policy_.actions().contains(*honest_.wanted)) {
      out.why = concat("the policy names no ", wanted());
      return out;
    }
    opener_ = opener();
    if (honest_.vendor_desk && opener_ == nullptr) {
      out.why = "the organization has no third party that opens cases";
      return out;
    }
    return best();
  }

 private:
  [[nodiscard]] std::string wanted() const { return std::string(to_string(*honest_.wanted)); }

  // Who opens the case: not one who is needed to approve, where there is a choice.
  const PeopleKind* opener() {
    const PeopleKind* found = nullptr;
    for (const auto& kind : ground_.population.people) {
      const bool fits = honest_.vendor_desk ? kind.third_party : kind.agent;
      if (fits && kind.count > 0 && (found == nullptr || kind.seats.size() < found->seats.size())) found = &kind;
    }
    if (found != nullptr) --spare_[index_of(*found)];
    return found;
  }
  [[nodiscard]] std::size_t index_of(const PeopleKind& kind) const {
    return static_cast<std::size_t>(&kind - ground_.population.people.data());
  }

  [[nodiscard]] bool is_lost(std::string_view thing) const {
    if (any_given(honest_.left) && !one_of(thing, honest_.left)) return true;
    return std::ranges::any_of(
        honest_.lost, [&](std::string_view lost) { return !lost.empty() && one_of(thing, proof::lost_with(lost)); });
  }

  // -- what can be given ---------------------------------------------------------------------------
  [[nodiscard]] bool enrolled(std::size_t i) const {
    return !account_.enrolled || ((*account_.enrolled >> i) & 1U) != 0;
  }
  [[nodiscard]] bool somebody(const auto& fits) const {
    for (const auto& kind : ground_.population.people)
      if (spare_[index_of(kind)] > 0 && fits(kind)) return true;
    return false;
  }

  void find_offers() {
    for (std::size_t i = 0; i < policy_.signals().size(); ++i) {
      const auto& signal = policy_.signals()[i];
      const std::string_view name = signal.name.text();
      if (one_of(name, honest_.broken)) continue;
      const auto mailed = std::ranges::find(signal.rests_on, "mailbox") != signal.rests_on.end();
      if (account_.mailbox_of_account && mailed) continue;
      Offer offer{i, false, false};
      bool can = true;
      bool things_lost = !enrolled(i);
      for (const auto& thing : signal.rests_on) {
        const auto who = proof::attester_of(thing);
        if (!who) things_lost = things_lost || is_lost(thing);
        if (!who) continue;
        offer.attested = true;
        can = can && !(*who == proof::Attester::agent && honest_.remote) &&
              !(*who == proof::Attester::manager && honest_.managers_asleep) &&
              somebody([&](const PeopleKind& k) { return attests(k, signal, account_); });
      }
      if (things_lost) {
        offer.invited = one_of(name, bound_by_invitation) && !is_lost("mailbox") && !account_.mailbox_of_account &&
                        somebody([](const PeopleKind& k) { return k.invites; });
        can = can && offer.invited;
      }
      if (can) offers_.push_back(offer);
    }
  }

  // -- the request -----------------------------------------------------------------------------------
  [[nodiscard]] Duration wait_of(const std::vector<Offer>& chosen) const {
    Duration out;
    for (const auto& offer : chosen)
      if (offer.invited) out = std::max(out, policy_.signals()[offer.signal].enrolled_for.value_or(Duration{}));
    return out;
  }
  static bool invites(const std::vector<Offer>& chosen) { return std::ranges::any_of(chosen, &Offer::invited); }

  // What the runtime knows of the account and of an ordinary request. Attributes without a source stay unknown.
  [[nodiscard]] TrialFacts facts_of(const std::vector<Offer>& chosen) const {
    auto facts = account_.facts;
    const auto home = organization_of(account_).value_or(std::string(proof::home_organization));
    facts.set_boolean(Attribute::account_active, true);
    facts.set_boolean(Attribute::account_locked, honest_.wanted == Action::unlock);
    facts.set_text(Attribute::account_organization, home);
    facts.set_number(
        Attribute::account_recovery_factor_age,
        (invites(chosen) ? wait_of(chosen) + minutes(static_cast<std::int64_t>(minutes_of_age)) : days(400))
            .milliseconds);
    facts.set_text(Attribute::agent_organization,
                   opener_ != nullptr && opener_->organization ? opener_->organization->text() : home);
    if (opener_ != nullptr && opener_->team) facts.set_text(Attribute::agent_team, opener_->team->text());
    facts.set_text(Attribute::request_channel, std::string(channel_));
    for (const auto counted : {Attribute::request_cases_24h, Attribute::request_cases_1h, Attribute::agent_cases_1h,
                               Attribute::request_overdue_reviews})
      facts.set_number(counted, 0);
    facts.set_boolean(Attribute::request_objected_24h, false);
    facts.set_text(Attribute::action, wanted());
    return facts;
  }

  Recovery best() {
    find_offers();
    std::string why;
    for (const auto channel : honest_.remote ? channels_from_afar : channels_on_site) {
      channel_ = channel;
      if (auto found = easiest()) return *std::move(found);
      if (why.empty()) why = why_not();
    }
    Recovery out;
    out.account = account_.name;
    out.why = std::move(why);
    return out;
  }

  // The easiest way that is permitted, when asked in this way.
  std::optional<Recovery> easiest() {
    std::optional<Recovery> found;
    std::size_t tried = 0;
    const auto deepest = std::max(asked_with({}), asked_with(offers_));
    std::vector<Offer> chosen;
    const auto extend = [&](auto&& self, std::size_t next) -> void {
      if (++tried > sets_tried_max) return;
      if (auto done = with(chosen);
          done && (!found || std::tuple(done->minutes, done->people, done->signals.size()) <
                                 std::tuple(found->minutes, found->people, found->signals.size())))
        found = std::move(done);
      for (auto i = next; i < offers_.size() && chosen.size() < deepest; ++i) {
        chosen.push_back(offers_[i]);
        self(self, i + 1);
        chosen.pop_back();
      }
    };
    extend(extend, 0);
    return found;
  }

  // How many signals are asked for when these are given.
  [[nodiscard]] std::size_t asked_with(const std::vector<Offer>& chosen) const {
    DecisionSpace space(policy_);
    const auto facts = facts_of(chosen);
    const auto needs = policy_.demand(facts.view(), *honest_.wanted, space).needs;
    return std::max<std::size_t>(needs.signals, included(needs));
  }

  [[nodiscard]] std::vector<std::string> names_in(const std::vector<Offer>& offers) const {
    std::vector<std::string> out;
    out.reserve(offers.size());
    for (const auto& offer : offers) out.push_back(policy_.signals()[offer.signal].name.text());
    return out;
  }

  // People for the attestations first (from the largest kinds), then as many for each kind of seat as it asks for.
  [[nodiscard]] std::vector<ApproverFacts> approvers(const std::vector<Offer>& chosen, const Needs& needs) const {
    auto spare = spare_;
    const auto take = [&](const auto& fits) {
      std::size_t most = spare.size();
      for (std::size_t k = 0; k < spare.size(); ++k)
        if (spare[k] > 0 && fits(ground_.population.people[k]) && (most == spare.size() || spare[k] > spare[most]))
          most = k;
      if (most < spare.size()) --spare[most];
    };
    for (const auto& offer : chosen)
      if (offer.attested)
        take([&](const PeopleKind& k) { return attests(k, policy_.signals()[offer.signal], account_); });
    std::vector<ApproverFacts> out;
    const auto home = organization_of(account_);
    for (std::size_t k = 0; k < spare.size(); ++k) {
      const auto& kind = ground_.population.people[k];
      std::uint32_t seats = 0;
      for (std::size_t i = 0; i < needs.seat_kinds; ++i)
        if (may_sit(kind, policy_.selectors()[needs.seats[i].selector], home)) seats += needs.seats[i].at_least;
      for (std::uint32_t n = 1; n <= std::min(seats, spare[k]) && out.size() < persons_max; ++n)
        if (const auto id = PersonId::parse(concat(kind.name, "-", n))) out.push_back(approver_of(kind, *id, home));
    }
    return out;
  }

  Trial trial_of(const std::vector<Offer>& chosen, const Demand& demand) const {
    Trial trial;
    trial.action = *honest_.wanted;
    trial.facts = facts_of(chosen);
    trial.waited = std::max(demand.needs.hold_with_strong, demand.needs.hold_without_strong);
    const auto at = Trial::now - *trial.waited;
    for (const auto& offer : chosen) {
      Evidence evidence;
      evidence.number = static_cast<std::uint32_t>(trial.evidence.size() + 1);
      evidence.signal = policy_.signals()[offer.signal].name;
      evidence.result = EvidenceResult::passed;
      evidence.at = at;
      evidence.enrolled_at =
          offer.invited ? at - policy_.signals()[offer.signal].enrolled_for.value_or(Duration{}) : at - days(400);
      evidence.unchanged_since = at - days(400);
      evidence.data_at = at;
      trial.evidence.push_back(std::move(evidence));
    }
    trial.approvals = approvers(chosen, demand.needs);
    return trial;
  }

  // Nothing when this is not permitted.
  std::optional<Recovery> with(const std::vector<Offer>& chosen) const {
    DecisionSpace space(policy_);
    const auto facts = facts_of(chosen);
    const auto demand = policy_.demand(facts.view(), *honest_.wanted, space);
    if (demand.refusal != PolicyRefusal::none) return std::nullopt;
    if (chosen.size() != std::max<std::size_t>(demand.needs.signals, included(demand.needs))) return std::nullopt;
    const auto trial = trial_of(chosen, demand);
    DecisionDesk desk(policy_);
    const TrialInput given(trial);
    const auto& decision = desk.decide(given.input());
    if (decision.verdict != Verdict::permit) return std::nullopt;
    return told(chosen, decision);
  }
  static std::size_t included(const Needs& needs) {
    return static_cast<std::size_t>(std::popcount(static_cast<std::uint64_t>(needs.include)));
  }

  Recovery told(const std::vector<Offer>& chosen, const Decision& decision) const {
    Recovery out;
    out.account = account_.name;
    out.restored = Restored::yes;
    out.signals = names_in(chosen);
    const auto& needs = decision.demand.needs;
    std::uint64_t time = minutes_open;
    if (invites(chosen)) {
      const auto wait = static_cast<std::uint64_t>(wait_of(chosen).milliseconds) / ms_per_minute;
      time += minutes_invitation + wait;
      ++out.people;
      out.steps.push_back(concat("an operator has a new authenticator bound, with a code mailed to the address on file",
                                 wait == 0 ? "" : concat(", and it comes of age in ", to_string(wait_of(chosen)))));
    }
    out.steps.push_back(
        concat(honest_.vendor_desk ? "a third party's agent" : "an agent", " opens the case, asked by ", channel_));
    for (const auto& offer : chosen) {
      const auto& name = policy_.signals()[offer.signal].name.text();
      time += minutes_of(name);
      if (offer.attested) ++out.people;
      out.steps.push_back(concat(offer.attested ? "somebody attests " : "the holder gives ", name));
    }
    std::uint64_t seats = 0;
    for (std::size_t i = 0; i < needs.seat_kinds; ++i) {
      auto seat = policy_.selectors()[needs.seats[i].selector];
      seats += needs.seats[i].at_least;
      out.steps.push_back(words_for_seats(needs.seats[i].at_least, seat));
    }
    out.people += static_cast<std::uint32_t>(seats);
    const auto hold = decision.identity.strong ? needs.hold_with_strong : needs.hold_without_strong;
    if (hold != Duration{}) out.steps.push_back(concat("the hold of ", to_string(hold), " ends"));
    time += std::max(static_cast<std::uint64_t>(hold.milliseconds) / ms_per_minute,
                     seats == 0 ? std::uint64_t{0} : std::uint64_t{minutes_approval});
    out.steps.push_back(concat(wanted(), " is carried out"));
    out.minutes = time + minutes_finish;
    return out;
  }

  // Invitations that only make the request look fresher are left out of the explanation.
  [[nodiscard]] std::string why_not() const {
    std::vector<Offer> own;
    for (const auto& offer : offers_)
      if (!offer.invited) own.push_back(offer);
    DecisionSpace space(policy_);
    const auto facts = facts_of(own);
    const auto demand = policy_.demand(facts.view(), *honest_.wanted, space);
    if (demand.refusal != PolicyRefusal::none) return denial_of(policy_, demand, facts.view(), *honest_.wanted).detail;
    const auto trial = trial_of(own, demand);
    DecisionDesk desk(policy_);
    const TrialInput given(trial);
    const auto& decision = desk.decide(given.input());
    std::string out;
    for (const auto& m : missing_of(policy_, decision)) out += concat(out.empty() ? "missing: " : "; ", m.what);
    std::string have;
    for (const auto& name : names_in(own)) have += concat(have.empty() ? "" : ", ", name);
    return concat(out.empty() ? "whoever attests is needed to approve as well" : out, "; the holder can give ",
                  have.empty() ? "nothing" : have);
  }

  const Ground& ground_;
  const Policy& policy_;
  const HonestCase& honest_;
  const proof::AccountKind& account_;
  std::vector<std::uint32_t> spare_;  // people of each kind who are free
  std::vector<Offer> offers_;
  const PeopleKind* opener_ = nullptr;
  std::string_view channel_;
};

}  // namespace

std::string_view to_string(Restored restored) noexcept {
  switch (restored) {
    case Restored::yes: return "restored";
    case Restored::no: return "refused";
    case Restored::does_not_apply: return "does_not_apply";
  }
  return "";
}

Recovery run_honest(const Ground& ground, const HonestCase& honest, std::size_t account) {
  return Honest(ground, honest, account).run();
}

}  // namespace sallyport::drills
