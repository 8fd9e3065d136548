// Attacks that are stopped under a small policy and get in under a weakened one; people who are restored, or told why
// not; a page in which a file's text stays text.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "core/drills/drill.h"
#include "core/drills/page.h"
#include "core/drills/words.h"

namespace sallyport::drills {
namespace {

constexpr std::string_view strong = R"(policy: small
language: 1
signals:
  passkey:       {rests_on: [device], strength: strong}
  totp:          {rests_on: [handset]}
  mail_code:     {rests_on: [mailbox], kind: issued}
  recovery_code: {rests_on: [code_sheet]}
  vouch:         {rests_on: [voucher]}
  on_site:       {rests_on: [proofing_agent], strength: strong}
tiers:
  light:   {signals: 1}
  guarded: {signals: 2, approvers: [{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}], hold: {for: 30m}}
  vault:   {signals: 2, strong: 1, approvers: [{at_least: 2, role: guardian}]}
classes:
  - {name: admins, when: "account.admin", floor: vault}
  - {name: staff}
front_door:
  admins: [[security_key]]
  staff:  [[security_key]]
actions:
  unlock: light
  password_reset: guarded
  mfa_reset: guarded
)";

constexpr std::string_view people = R"(organization: few
people:
  agent:    {count: 4, team: help_desk, agent: true}
  lead:     {count: 2, team: help_desk, seats: [lead]}
  guardian: {count: 3, team: security, seats: [guardian]}
  manager:  {count: 5, team: business, vouches: true}
  supplier: {count: 5, team: supplier_desk, organization: supplier, agent: true, third_party: true}
  operator: {count: 2, team: security, operator: true}
accounts:
  root: {count: 1, class: admins, facts: {account.admin: true, account.executive: false}}
  chief: {count: 1, class: staff, facts: {account.admin: false, account.executive: true}}
  desk: {count: 9, class: staff, facts: {account.admin: false, account.executive: false}}
)";

std::string changed(std::string_view from, std::string_view to, std::string_view text = strong) {
  std::string out(text);
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

// Whatever is asked for, one signal is enough.
std::string open_door() {
  return changed("mfa_reset: guarded", "mfa_reset: light",
                 changed("floor: vault", "floor: light", changed("password_reset: guarded", "password_reset: light")));
}

Policy policy_of(std::string_view text) {
  auto out = Policy::compile(text, "p.yaml");
  EXPECT_TRUE(out) << out.error().what;
  return *std::move(out);
}

proof::Population population_of(const Policy& policy, std::string_view text = people) {
  auto out = proof::read_population(text, policy);
  EXPECT_TRUE(out) << out.error().front().what;
  return *std::move(out);
}

Drill drill_of(std::string_view text, std::string_view whom = people) {
  const auto policy = policy_of(text);
  auto out = run_drill(policy, population_of(policy, whom));
  EXPECT_TRUE(out) << out.error().what;
  return *std::move(out);
}

const IncidentResult& incident(const Drill& drill, std::string_view id) {
  return *std::ranges::find_if(drill.incidents, [&](const auto& r) { return r.incident->id == id; });
}
const HonestResult& honest(const Drill& drill, std::string_view id) {
  return *std::ranges::find_if(drill.honest, [&](const auto& r) { return r.honest->id == id; });
}

TEST(Drills, the_library_names_each_once_and_says_where_it_is_from) {
  for (const auto& i : all_incidents()) {
    EXPECT_TRUE(i.source.starts_with("https://")) << i.id;
    EXPECT_TRUE(i.pretext.ends_with(".")) << i.id;
    EXPECT_EQ(std::ranges::count(all_incidents(), i.id, &Incident::id), 1) << i.id;
  }
  for (const auto& h : all_honest_cases())
    EXPECT_EQ(std::ranges::count(all_honest_cases(), h.id, &HonestCase::id), 1) << h.id;
}

TEST(Drills, a_policy_that_asks_enough_stops_every_attack_and_restores_everybody) {
  const auto drill = drill_of(strong);
  for (const auto& r : drill.incidents)
    EXPECT_EQ(r.worst(), Outcome::stopped) << r.incident->id << ": " << in_words(r.attacks.front());
  for (const auto& r : drill.honest)
    EXPECT_NE(r.worst(), Restored::no) << r.honest->id << ": " << in_words(r.recoveries.front());
  EXPECT_TRUE(drill.passed());
  EXPECT_EQ(drill.edits_tried, 0U);
}

// A test that cannot fail is none: each of them gets in where one mailed code is enough.
TEST(Drills, every_incident_gets_in_where_one_signal_is_enough) {
  const auto drill = drill_of(open_door());
  for (const auto& r : drill.incidents) {
    EXPECT_EQ(r.worst(), Outcome::got_in) << r.incident->id;
    for (const auto& attack : r.attacks) EXPECT_FALSE(attack.story.steps.empty()) << r.incident->id;
  }
  EXPECT_FALSE(drill.passed());
}

// And what each had besides the mailbox counts: without mailed codes each of these ways is open by itself.
TEST(Drills, what_an_incident_had_is_what_lets_it_in) {
  const auto only = [](std::string_view signal, std::string_view rests_on) {
    auto text = open_door();
    text = changed("  mail_code:     {rests_on: [mailbox], kind: issued}\n", "", text);
    text = changed("light:   {signals: 1", concat("light:   {signals: 1, include: [", signal, "]"), text);
    if (!rests_on.empty()) text = changed("recovery_code: {rests_on: [code_sheet]}", rests_on, text);
    return drill_of(text);
  };
  const auto by_agent = only("on_site", "");
  for (const auto* id : {"mgm", "caesars", "clorox", "m-and-s", "coinbase", "ea", "okta-admins", "hc3", "lapsus"})
    EXPECT_EQ(incident(by_agent, id).worst(), Outcome::got_in) << id;
  const auto by_code = only("totp", "");
  for (const auto* id : {"twilio", "retool", "storm-2949", "mail-bomb", "approver-first"})
    EXPECT_EQ(incident(by_code, id).worst(), Outcome::got_in) << id;
  EXPECT_EQ(incident(by_code, "mgm").worst(), Outcome::stopped);
  const auto by_manager = only("vouch", "");
  EXPECT_EQ(incident(by_manager, "arup").worst(), Outcome::got_in);
  EXPECT_EQ(incident(by_manager, "sim-swap").worst(), Outcome::stopped);
  const auto by_number = only("callback", "callback: {rests_on: [number]}");
  for (const auto* id : {"sim-swap", "complete-case"})
    EXPECT_EQ(incident(by_number, id).worst(), Outcome::got_in) << id;
  const auto by_face = only("proofing", "proofing: {rests_on: [document]}");
  EXPECT_EQ(incident(by_face, "false-face").worst(), Outcome::got_in);
  const auto by_prompt = only("proofing", "proofing: {rests_on: [push_fatigue]}");
  for (const auto* id : {"uber", "lapsus", "storm-2949"})
    EXPECT_EQ(incident(by_prompt, id).worst(), Outcome::got_in) << id;
  const auto by_session = only("proofing", "proofing: {rests_on: [federated]}");
  EXPECT_EQ(incident(by_session, "okta-support").worst(), Outcome::got_in);
  const auto by_invitation = only("recovery_code", "");
  EXPECT_EQ(incident(by_invitation, "operator").worst(), Outcome::got_in);
  EXPECT_EQ(incident(by_invitation, "mgm").worst(), Outcome::stopped);
}

TEST(Drills, an_approver_whose_own_account_is_weak_lets_the_chain_through) {
  const auto text = changed("vault:   {signals: 2, strong: 1, approvers: [{at_least: 2, role: guardian}]}",
                            "vault:   {signals: 2, approvers: [{at_least: 1, role: guardian}]}",
                            changed("mfa_reset: guarded", "mfa_reset: light"));
  const auto own = changed("guardian: {count: 3,", "guardian: {count: 3, account: desk,", people);
  EXPECT_EQ(incident(drill_of(text), "approver-first").worst(), Outcome::stopped);
  EXPECT_EQ(incident(drill_of(text, own), "approver-first").worst(), Outcome::got_in);
}

TEST(Drills, the_one_line_that_is_named_stops_it_and_refuses_nobody) {
  const auto text = changed("mfa_reset: guarded", "mfa_reset: light");
  const auto drill = drill_of(text);
  const auto& mgm = incident(drill, "clorox");
  ASSERT_EQ(mgm.worst(), Outcome::got_in);
  const auto attack = std::ranges::find(mgm.attacks, "desk", &Attack::account);
  ASSERT_NE(attack, mgm.attacks.end());
  ASSERT_TRUE(attack->one_line);
  EXPECT_TRUE(attack->shuts_out.empty());
  const auto mended = drill_of(changed(attack->one_line->before, attack->one_line->after, text));
  const auto& now = incident(mended, "clorox");
  EXPECT_EQ(std::ranges::find(now.attacks, "desk", &Attack::account)->outcome, Outcome::stopped);
}

TEST(Drills, a_front_door_that_falls_by_itself_is_told_apart) {
  const auto drill = drill_of(changed("staff:  [[security_key]]", "staff:  [[password]]"));
  const auto& r = incident(drill, "ea");
  EXPECT_EQ(r.worst(), Outcome::front_door);
  EXPECT_TRUE(drill.passed());
}

TEST(Drills, what_stopped_it_is_said_with_what_was_given) {
  const auto drill = drill_of(strong);
  const auto& arup = incident(drill, "arup").attacks.front();
  EXPECT_EQ(arup.account, "root");
  EXPECT_NE(arup.given.find("vouch"), std::string::npos) << arup.given;
  EXPECT_NE(arup.missing.find("2 approvals by someone with the role guardian"), std::string::npos) << arup.missing;
  EXPECT_FALSE(arup.lines.empty());
}

TEST(Drills, without_third_parties_a_vendor_cannot_be_bribed) {
  const auto alone =
      changed("  supplier: {count: 5, team: supplier_desk, organization: supplier, agent: true, third_party: true}\n",
              "", people);
  const auto drill = drill_of(open_door(), alone);
  EXPECT_FALSE(incident(drill, "coinbase").does_not_apply.empty());
  EXPECT_EQ(honest(drill, "L-14").worst(), Restored::does_not_apply);
}

TEST(Drills, a_leaver_of_an_assumed_organization_is_nobody_honest_and_one_of_a_file_is) {
  const auto refuses = concat(strong,
                              "rules:\n"
                              "  - {id: gone, when: \"account.employment == 'leaver'\", deny: \"has left\"}\n");
  const auto policy = policy_of(refuses);
  bool few_groups = false;
  const auto assumed = *proof::assumed(policy, few_groups);
  const auto leaves = [](const proof::AccountKind& kind) { return kind.told; };
  const auto is_told = [](const std::vector<std::string>& told) {
    return std::ranges::any_of(told, [](const std::string& t) { return t.contains("leaver"); });
  };
  ASSERT_TRUE(std::ranges::any_of(assumed.accounts, is_told, leaves));  // an attacker may still go for such an account
  const auto drill = *run_drill(policy, assumed);
  EXPECT_EQ(honest(drill, "L-01").worst(), Restored::yes) << in_words(honest(drill, "L-01").recoveries[0]);

  const auto filed = drill_of(refuses, concat(people,
                                              "  gone: {count: 1, class: staff, facts: {account.admin: false, "
                                              "account.executive: false, account.employment: leaver}}\n"));
  EXPECT_EQ(honest(filed, "L-01").worst(), Restored::no);
}

TEST(Drills, a_lost_phone_takes_two_people_and_the_hold) {
  const auto drill = drill_of(strong);
  const auto& r = honest(drill, "L-01").recoveries.back();
  EXPECT_EQ(r.account, "desk");
  EXPECT_EQ(r.restored, Restored::yes);
  EXPECT_EQ(r.signals, (std::vector<std::string>{"passkey", "recovery_code"}));
  EXPECT_EQ(r.people, 2U);
  EXPECT_EQ(r.minutes, minutes_open + 1U + 2U + 30U + minutes_finish);
}

TEST(Drills, nobody_attests_for_one_who_is_far_away_or_while_the_manager_sleeps) {
  const auto attested = changed("guarded: {signals: 2,", "guarded: {signals: 2, include: [on_site],");
  EXPECT_EQ(honest(drill_of(attested), "L-01").worst(), Restored::no);
  EXPECT_EQ(honest(drill_of(attested), "L-03").worst(), Restored::yes);
  const auto vouched = changed("guarded: {signals: 2,", "guarded: {signals: 2, include: [vouch],");
  EXPECT_EQ(honest(drill_of(vouched), "L-08").worst(), Restored::no);
  EXPECT_EQ(honest(drill_of(vouched), "L-01").worst(), Restored::yes);
}

TEST(Drills, whoever_is_refused_is_told_what_is_missing) {
  const auto drill = drill_of(changed("{at_least: 1, role: lead}", "{at_least: 3, role: lead}"));
  const auto& r = honest(drill, "L-01").recoveries.back();
  EXPECT_EQ(r.restored, Restored::no);
  EXPECT_NE(r.why.find("1 approval by someone with the role lead"), std::string::npos) << r.why;
  EXPECT_FALSE(drill.passed());
}

TEST(Drills, an_action_that_the_policy_does_not_name_does_not_apply) {
  const auto drill = drill_of(changed("  mfa_reset: guarded\n", ""));
  EXPECT_EQ(honest(drill, "L-01").worst(), Restored::does_not_apply);
  EXPECT_EQ(honest(drill, "L-18").recoveries.front().why, "no action of the policy language does that");
}

TEST(Drills, an_authenticator_bound_by_invitation_is_waited_for) {
  const auto text =
      changed("recovery_code: {rests_on: [code_sheet]}", "recovery_code: {rests_on: [code_sheet], enrolled_for: 1d}",
              changed("  vouch:         {rests_on: [voucher]}\n", "",
                      changed("passkey:       {rests_on: [device], strength: strong}",
                              "passkey:       {rests_on: [device], enrolled_for: 2d, strength: strong}",
                              changed("totp:          {rests_on: [handset]}",
                                      "totp:          {rests_on: [handset], enrolled_for: 3d}"))));
  const auto& r = honest(drill_of(text), "L-04").recoveries.back();
  ASSERT_EQ(r.restored, Restored::yes) << r.why;
  EXPECT_GE(r.minutes, 24U * 60U);
  EXPECT_EQ(r.people, 3U);
}

TEST(Drills, time_is_told_in_its_largest_units) {
  EXPECT_EQ(time_in_words(0), "0m");
  EXPECT_EQ(time_in_words(59), "59m");
  EXPECT_EQ(time_in_words(60), "1h");
  EXPECT_EQ(time_in_words(255), "4h 15m");
  EXPECT_EQ(time_in_words(24 * 60 + 61), "1d 1h");
}

TEST(Page, text_from_files_stays_text) {
  EXPECT_EQ(escaped("<b a=\"x\" c='y'>&\x01\n"), "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;\uFFFD ");
  const auto drill = drill_of(open_door());
  const auto page = page_of(drill, {"<script>alert(1)</script>", "a & b", "0123", "2026-01-01"});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(page.find("a &amp; b"), std::string::npos);
  EXPECT_NE(page.find("<html lang=\"en\">"), std::string::npos);
}

TEST(Page, nothing_in_it_is_fetched) {
  const auto page = page_of(drill_of(strong), {"p", "", "0123", "2026-01-01"});
  for (const auto* const part : {"src=", "url(", "@import", "<script", "<link", "<iframe", "<img"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  for (auto at = page.find("href="); at != std::string::npos; at = page.find("href=", at + 1))
    EXPECT_EQ(page.substr(at - 3, 17), "<a href=\"https://") << "a source, for who clicks on it";
}

}  // namespace
}  // namespace sallyport::drills
