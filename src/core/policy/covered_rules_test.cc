// Which rules could be left out; and that leaving them out changes nothing, asked of every request.
#include "core/policy/covered_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "../tests/support/files_for_tests.h"
#include "base/text.h"
#include "core/policy/trial.h"

namespace sallyport {
namespace {

constexpr std::string_view around = R"(policy: covered
language: 1
signals:
  totp: {rests_on: [handset]}
  mail_code: {rests_on: [mailbox], kind: issued}
tiers:
  light: {signals: 1}
  standard: {signals: 2}
  guarded: {signals: 2, approvers: [{at_least: 1, role: lead}]}
classes:
  - {name: admins, when: "account.admin", floor: guarded}
  - {name: staff}
actions: {unlock: light, password_reset: standard, mfa_reset: guarded}
)";
constexpr std::size_t first_rule = 15;  // its line

std::string with_rules(const std::vector<std::string>& rules) {
  std::string out(around);
  if (!rules.empty()) out += "rules:\n";
  for (std::size_t i = 0; i < rules.size(); ++i) out += concat("  - {id: r", i, ", ", rules[i], "}\n");
  return out;
}

std::vector<std::string> told(const std::vector<std::string>& rules) {
  const auto policy = Policy::compile(with_rules(rules), "p.yaml");
  EXPECT_TRUE(policy) << policy.error().what;
  std::vector<std::string> out;
  for (const auto& p : covered_rules(*policy)) {
    EXPECT_TRUE(p.warning);
    out.push_back(concat(p.line, ": ", p.what));
  }
  return out;
}

using Told = std::vector<std::string>;

TEST(CoveredRules, ask_for_what_floors_ask_anyway) {
  EXPECT_EQ(told({"when: \"action == 'mfa_reset'\", raise: standard"}),
            Told{"15: the rule `r0` changes no decision: whenever it holds, the floors of action and class ask for as "
                 "much: `guarded` (line 9)"});
  EXPECT_EQ(told({"when: \"account.admin\", raise: guarded"}).size(), 1U);
  EXPECT_EQ(told({"when: \"account.admin\", raise: guarded, hold: {for: 1m}"}), Told{});
  EXPECT_EQ(told({"when: \"action == 'mfa_reset' || action == 'unlock'\", raise: standard"}), Told{});
}

TEST(CoveredRules, are_implied_by_another) {
  const std::string wide = "when: \"request.cases_24h >= 1\", raise: guarded";
  const auto by_wide = Told{
      "16: the rule `r1` changes no decision: whenever it holds, the rule `r0` (line 15) holds, and with the "
      "floors asks for as much"};
  EXPECT_EQ(told({wide, "when: \"request.cases_24h >= 2\", raise: guarded"}), by_wide);
  EXPECT_EQ(told({wide, "when: \"request.cases_24h > 0 && request.channel == 'phone'\", raise: standard"}), by_wide);
  EXPECT_EQ(told({wide, "when: \"request.cases_24h >= 0\", raise: guarded"}).front().substr(0, 19),
            "15: the rule `r0` c");  // the other way round
  EXPECT_EQ(told({wide, "when: \"request.cases_24h >= 1\", raise: guarded"}), by_wide);  // of two alike the later
  EXPECT_EQ(told({wide, "when: \"request.cases_24h >= 2 || account.executive\", raise: guarded"}), Told{});
  EXPECT_EQ(told({wide, "when: \"request.cases_24h >= 2\", raise: guarded, hold: {for: 1m}"}), Told{});
}

TEST(CoveredRules, are_covered_by_several_together) {
  EXPECT_EQ(
      told({"when: \"request.channel == 'phone'\", raise: guarded",
            "when: \"request.channel != 'phone'\", raise: guarded", "when: \"account.executive\", raise: standard"}),
      Told{"17: the rule `r2` changes no decision: whenever it holds, one of the rules `r0` (line 15), `r1` (line "
           "16) refuses, or they and the floors ask for as much"});
  EXPECT_EQ(
      told({"when: \"request.channel == 'phone'\", raise: guarded",
            "when: \"request.channel == 'chat'\", raise: guarded", "when: \"account.executive\", raise: standard"}),
      Told{});
}

TEST(CoveredRules, of_what_is_refused_nothing_more_is_asked) {
  const std::string refuses = "when: \"account.employment == 'leaver'\", deny: gone";
  EXPECT_EQ(told({refuses, "when: \"account.employment == 'leaver' && account.executive\", raise: guarded"}),
            Told{"16: the rule `r1` changes no decision: whenever it holds, the rule `r0` (line 15) refuses"});
  EXPECT_EQ(told({refuses, "when: \"account.employment == 'leaver' && account.executive\", deny: gone too"}).size(),
            1U);
  EXPECT_EQ(told({"when: \"!account.active\", deny: not in use"}),
            Told{"15: the rule `r0` changes no decision: whenever it holds, the request is refused anyway"});
  EXPECT_EQ(told({refuses, "when: \"account.executive\", deny: no"}), Told{});
  EXPECT_EQ(told({"when: \"account.employment == 'leaver'\", raise: guarded", refuses}).size(), 1U);  // the raise
}

// With everything known the two hold alike; where the channel is not known, the first alone does.
TEST(CoveredRules, what_is_not_known_counts) {
  const std::string admins = "when: \"account.executive\", raise: guarded";
  EXPECT_EQ(told({admins, "when: \"account.executive && request.channel == 'phone'\", raise: guarded"}).size(), 1U);
  EXPECT_EQ(told({admins,
                  "when: \"account.executive || (request.channel == 'phone' && request.channel == 'chat')\", "
                  "raise: guarded"})
                .front()
                .substr(0, 19),
            "15: the rule `r0` c");
}

// In whatever two attributes are alike, a third may name it.
TEST(CoveredRules, attributes_are_alike_in_what_either_is_held_against) {
  const std::string own = "when: \"agent.organization == account.organization\", raise: guarded";
  EXPECT_EQ(
      told({own, "when: \"agent.organization == 'clinic' && account.organization == 'clinic'\", raise: guarded"}),
      Told{"16: the rule `r1` changes no decision: whenever it holds, the rule `r0` (line 15) holds, and with the "
           "floors asks for as much"});
  EXPECT_EQ(
      told({"when: \"agent.organization == account.organization && account.organization != 'clinic'\", raise: "
            "guarded",
            own}),
      Told{"15: the rule `r0` changes no decision: whenever it holds, the rule `r1` (line 16) holds, and with the "
           "floors asks for as much"});  // and not the other way round
}

TEST(CoveredRules, of_what_cannot_be_looked_at_nothing_is_said) {
  EXPECT_EQ(told({"when: \"!has(account.admin)\", raise: light"}), Told{});
  std::string many;
  for (int i = 0; i < 9; ++i) many += concat(i == 0 ? "" : " || ", "'G", i, "' in account.groups");
  EXPECT_EQ(told({concat("when: \"", many, "\", raise: light")}), Told{});
}

TEST(CoveredRules, the_shipped_policies_have_none) {
  for (const auto* name : {"demo", "small-company", "regulated-enterprise", "managed-service-provider"}) {
    const auto policy = Policy::compile(repository_file(concat("examples/policies/", name, ".yaml")), name);
    ASSERT_TRUE(policy);
    for (const auto& p : covered_rules(*policy)) ADD_FAILURE() << name << ":" << p.line << ": " << p.what;
  }
}

// -- against asking every request -----------------------------------------------------------------
// All that the drawn rules can tell apart, with what is not known.
class EveryRequest {
 public:
  bool same(const Policy& a, const Policy& b) const {
    DecisionSpace space_a(a), space_b(b);
    TrialFacts facts;
    return each(0, facts, [&](Action action) {
      const auto view = facts.view();
      const auto x = a.demand(view, action, space_a);
      const auto y = b.demand(view, action, space_b);
      const bool refused = x.refusal != PolicyRefusal::none;
      if (refused != (y.refusal != PolicyRefusal::none)) return false;
      return refused || a.requirement_of(x.needs) == b.requirement_of(y.needs);
    });
  }

 private:
  static bool each(std::size_t i, TrialFacts& facts, const std::function<bool(Action)>& look) {
    static const std::vector<std::pair<Attribute, std::vector<std::string>>> values{
        {Attribute::account_admin, {"true", "false", "unknown"}},
        {Attribute::account_executive, {"true", "false", "unknown"}},
        {Attribute::account_active, {"true", "false"}},
        {Attribute::request_channel, {"phone", "chat", "mail", "unknown"}},
        {Attribute::request_cases_24h, {"0", "1", "3", "unknown"}},
        {Attribute::agent_organization, {"clinic", "bank", "inn", "unknown"}},
        {Attribute::account_organization, {"clinic", "bank", "unknown"}},
    };
    if (i == values.size()) {
      for (const auto action : {Action::unlock, Action::password_reset, Action::mfa_reset}) {
        facts.set_text(Attribute::action, std::string(to_string(action)));
        if (!look(action)) return false;
      }
      return true;
    }
    for (const auto& value : values[i].second) {
      if (!facts.set_from_text(values[i].first, value)) std::abort();
      if (!each(i + 1, facts, look)) return false;
    }
    return true;
  }
};

TEST(CoveredRules, leaving_them_out_changes_nothing_and_leaving_others_out_does) {
  constexpr std::array conditions{"account.admin",
                                  "!account.admin",
                                  "account.executive",
                                  "request.channel == 'phone'",
                                  "request.channel != 'phone'",
                                  "request.cases_24h >= 1",
                                  "agent.organization == account.organization",
                                  "agent.organization != account.organization",
                                  "account.organization == 'clinic'",
                                  "action == 'mfa_reset'",
                                  "action != 'unlock'",
                                  "account.active",
                                  "risk.points >= 10"};
  constexpr std::array asks{
      "raise: light", "raise: standard", "raise: guarded", "hold: {for: 5m}", "approvers: [{at_least: 1, role: lead}]",
      "deny: no"};
  std::mt19937 dice(5);
  const auto pick = [&](const auto& list) { return std::string(list[dice() % list.size()]); };
  const EveryRequest requests;
  std::size_t covered = 0, others = 0;
  for (int round = 0; round < 150; ++round) {
    std::vector<std::string> rules;
    for (auto n = 2 + dice() % 4; n > 0; --n) {
      auto when = pick(conditions);
      for (auto more = dice() % 3; more > 0; --more)
        when += concat(dice() % 3 == 0 ? " || " : " && ", pick(conditions));
      rules.push_back(concat("when: \"", when, "\", ", dice() % 5 == 0 ? "deny: no" : pick(asks)));
    }
    const auto compiled = [&](const std::vector<std::size_t>& left_out) {
      std::string text(around);
      text += "risk: {points: [{add: 10, when: \"request.channel != 'chat'\", because: x}]}\nrules:\n";
      for (std::size_t i = 0; i < rules.size(); ++i)
        if (std::ranges::find(left_out, i) == left_out.end()) text += concat("  - {id: r", i, ", ", rules[i], "}\n");
      if (left_out.size() == rules.size()) text.resize(text.rfind("rules:\n"));
      auto out = Policy::compile(text, "p");
      EXPECT_TRUE(out) << out.error().what << text;
      return *std::move(out);
    };
    const auto policy = compiled({});
    std::vector<std::size_t> out;
    for (const auto& p : covered_rules(policy)) out.push_back(p.line - first_rule - 1);
    const auto without = compiled(out);
    ASSERT_TRUE(requests.same(policy, without)) << policy.text();
    covered += out.size();
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (std::ranges::find(out, i) != out.end()) continue;
      auto more = out;
      more.push_back(i);
      if (requests.same(without, compiled(more))) {
        // What never holds with everything known is no covered rule, but a dead one (without_effect.h).
        EXPECT_NE(rules[i].find("&&"), std::string::npos) << i << '\n' << policy.text();
        continue;
      }
      ++others;
    }
  }
  EXPECT_GT(covered, 100U);
  EXPECT_GT(others, 100U);
}

}  // namespace
}  // namespace sallyport
