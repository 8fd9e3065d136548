// A table of every state of a case against every command, drawn at random from a seed: each cell
// gives events or a named denial, never an assertion, and what decide() gives, evolve() and the
// auditor accept.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "../tests/support/seeded.h"
#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : random_(seed) {}

  void step() {
    if (cases_ == 0 || random_.one_in(25)) open();
    const auto id = concat("c-", cases_ - random_.below(std::min<std::size_t>(cases_, 3)));
    move_clock(id);
    const auto before = world_.state(id);
    const auto command = draw(id);
    const auto cell = std::pair(std::string(to_string(phase_of(before))), std::string(name_of(command)));
    const auto ruling = world_.tell(id, command);  // records, and evolve() must accept
    ++cells_[cell];
    if (!ruling) {
      ASSERT_FALSE(to_string(ruling.error().code).empty());
      ASSERT_FALSE(ruling.error().next_step.empty());
      ASSERT_EQ(world_.state(id).version, before.version);
      return;
    }
    check(before, world_.state(id), *ruling);
  }

  const std::map<std::pair<std::string, std::string>, int>& cells() const { return cells_; }
  SmallWorld& world() { return world_; }

 private:
  void open() {
    const std::vector<Action> actions{Action::unlock, Action::password_reset, Action::password_reset,
                                      Action::mfa_reset};
    auto opening =
        world_.opening(random_.pick(actions), random_.one_in(4) ? "abe" : "ann", random_.one_in(6) ? "lea" : "paul");
    if (random_.one_in(12)) opening.account.groups = {"Domain Admins"};
    if (random_.one_in(10)) opening.account.employment.clear();
    EXPECT_TRUE(world_.tell(concat("c-", ++cases_), opening).has_value());
  }

  void move_clock(const std::string& id) {
    // Mostly on, sometimes to the moments at which something ends.
    const std::vector<Duration> spans{Duration{0}, Duration{0}, Duration{1}, seconds(20), minutes(1)};
    world_.wait(random_.one_in(60) ? minutes(31) : random_.pick(spans));
    const auto& s = world_.state(id);
    const auto to = [&](Instant at) { world_.now = std::max(world_.now, at); };
    if (s.identity && random_.one_in(12)) to(s.identity->hold_until);
    if (s.identity && random_.one_in(40)) to(s.identity->expires_at);
    if (random_.one_in(60)) to(s.opened.expires_at);
    for (const auto* name :
         {"olga", "ann", "abe", "lea", "leo", "vera", "vito", "sam"}) {  // appointments are renewed in time
      const auto* m = world_.organization.member(id_of<StaffId>(name));
      if (m->ends_at - world_.now < days(7)) {
        auto renewed = *m;
        renewed.ends_at = world_.now + days(80);
        world_.appoint(renewed);
      }
    }
  }

  CaseCommand draw(const std::string& id) {
    const std::vector<std::string_view> people{"olga", "ann", "abe", "lea", "leo", "vera", "vito", "sam", "nobody"};
    const std::vector<std::string_view> signals{"passkey", "totp", "mail_code", "recovery_code", "callback", "vouch"};
    const auto& s = world_.state(id);
    if (random_.one_in(3)) return sensible(id);
    switch (random_.below(20)) {
      case 0:
        return JoinClaimant{random_.one_in(3) ? sha256(view_of("x")) : s.opened.join_code, sha256(view_of("token"))};
      case 1:
        return RequestSignal{id_of<SignalName>(random_.one_in(4) ? random_.pick(signals) : "mail_code"), minutes(20)};
      case 2:
      case 3:
      case 4:
      case 5:
      case 6: {
        auto evidence = SmallWorld::evidence(random_.pick(signals),
                                             random_.one_in(4) ? EvidenceResult::failed : EvidenceResult::passed);
        if (random_.one_in(8)) evidence.enrolled_at.reset();
        if (random_.one_in(8)) evidence.rests_on_account = true;
        return evidence;
      }
      case 7:
      case 8: return SealSecret{sha256(view_of("sealed"))};
      case 9:
      case 10:
      case 11: {
        auto approval = world_.approval(random_.pick(people), id);
        if (random_.one_in(6)) approval.assertion.signature.back() ^= 1;
        return approval;
      }
      case 12:
        return RequestExecution{id_of<StaffId>(random_.pick(people)),
                                random_.one_in(5) ? Action::unlock : s.opened.action};
      case 13:
      case 14: return Proceed{};
      case 15:
      case 16: {
        auto intent = world_.intent(id);
        if (random_.one_in(6)) intent.intent.account = id_of<AccountId>("mallory");
        return intent;
      }
      case 17: {
        const std::vector<Outcome> outcomes{Outcome::done, Outcome::not_done, Outcome::unknown};
        return world_.outcome_of(id, random_.pick(outcomes), random_.one_in(2) ? "password_rejected" : "denied");
      }
      case 18:
        if (random_.one_in(2)) return ExpireCase{};
        return world_.opening(Action::unlock);
      default:
        if (random_.one_in(4)) return CancelCase{id_of<StaffId>(random_.pick(people)), "cancelled"};
        if (random_.one_in(4)) return DenyCase{id_of<StaffId>(random_.pick(people)), "denied"};
        return Proceed{};
    }
  }

  // Cases without end on the same two accounts.
  static std::string unlimited_policy() {
    std::string text(small_policy);
    constexpr std::string_view limit = "cases_per_account_24h: 3";
    text.replace(text.find(limit), limit.size(), "cases_per_account_24h: 1000");
    return text;
  }

  // What people would do next, so that the walk gets through both doors now and then.
  CaseCommand sensible(const std::string& id) {
    const auto& s = world_.state(id);
    switch (phase_of(s)) {
      case CasePhase::verifying:
        return SmallWorld::evidence(random_.pick(std::vector<std::string_view>{"passkey", "totp", "recovery_code"}));
      case CasePhase::approving:
        if (needs_sealed_secret(s.opened.action) && !s.secret) return SealSecret{sha256(view_of("sealed"))};
        return world_.approval(random_.pick(std::vector<std::string_view>{"lea", "leo", "vera", "vito", "sam"}), id);
      case CasePhase::permitted: return world_.intent(id);
      case CasePhase::executing: return world_.outcome_of(id, random_.one_in(2) ? Outcome::unknown : Outcome::done);
      case CasePhase::unknown:
        if (random_.one_in(4)) return world_.outcome_of(id, Outcome::done);
        return Proceed{};
      case CasePhase::closed: break;
    }
    return Proceed{};
  }

  void check(const CaseState& before, const CaseState& after, const std::vector<CaseEvent>& events) {
    ASSERT_EQ(after.version, before.version + events.size());
    ASSERT_TRUE(!before.closed || events.empty()) << "a closed case stays closed";
    for (const auto& event : events) {
      if (const auto* permitted = std::get_if<ActionPermitted>(&event)) {
        const auto& requirement = after.opened.requirement;
        ASSERT_TRUE(after.identity && world_.now >= after.identity->hold_until &&
                    world_.now < after.identity->expires_at);
        ASSERT_GE(after.identity->evidence.size(), requirement.signals);
        std::size_t seats = 0;
        for (const auto& c : requirement.approvers) seats += c.at_least;
        ASSERT_GE(std::set(permitted->approvers.begin(), permitted->approvers.end()).size(), seats);
        for (const auto& by : permitted->approvers) {
          ASSERT_NE(world_.organization.member(by)->person, after.opened.requester);
          ASSERT_NE(world_.organization.member(by)->person, after.opened.account.holder);
        }
      }
      ASSERT_TRUE(!std::holds_alternative<IntentRecorded>(event) || before.permit) << "no intent without a permit";
      const auto* outcome = std::get_if<OutcomeRecorded>(&event);
      ASSERT_TRUE(outcome == nullptr || outcome->outcome != Outcome::done || after.closed) << "an action is done once";
    }
  }

  SmallWorld world_{unlimited_policy()};
  Seeded random_;
  std::size_t cases_ = 0;
  std::map<std::pair<std::string, std::string>, int> cells_;
};

TEST(CaseWalk, twenty_thousand_commands_never_lead_outside_the_rules) {
  std::map<std::pair<std::string, std::string>, int> cells;
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    SCOPED_TRACE(concat("seed ", seed));
    Walk walk(seed);
    for (int i = 0; i < 5000; ++i) {
      walk.step();
      if (testing::Test::HasFatalFailure()) return;
    }
    for (const auto& [cell, count] : walk.cells()) cells[cell] += count;
    const auto report = walk.world().audit();
    EXPECT_EQ(report.findings_total, 0U) << report.findings.front().entry << ": " << report.findings.front().text;
    EXPECT_GT(report.executed, 10U);
    EXPECT_GT(report.signatures, 60U);
  }
  // The table is full: each phase has met each command.
  for (const auto* phase : {"verifying", "approving", "permitted", "executing", "unknown", "closed"})
    for (const auto* command : {"open", "join", "request_signal", "give_signal", "seal_secret", "approve", "deny",
                                "execute", "proceed", "record_intent", "record_outcome", "cancel", "expire"})
      EXPECT_GT((cells[{phase, command}]), 0) << phase << " x " << command;
}

}  // namespace
}  // namespace sallyport
