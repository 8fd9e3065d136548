// What forging each of the twenty signals takes, and a proof of a policy that has them all.
#include "core/proof/catalogue.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "core/policy/signals.h"
#include "core/proof/replay.h"
#include "core/proof/standing.h"
#include "core/proof/verdict.h"
#include "core/prover/evaluate.h"
#include "core/prover/order.h"

namespace sallyport::proof {
namespace {

constexpr std::string_view all_twenty = R"(policy: all
language: 1
signals:
  passkey:        {rests_on: [device], strength: strong}
  synced_passkey: {rests_on: [sync_account, handset]}
  security_key:   {rests_on: [security_key], strength: strong}
  smart_card:     {rests_on: [smart_card], strength: strong}
  totp:           {rests_on: [handset]}
  push:           {rests_on: [handset]}
  sms_code:       {rests_on: [number, handset]}
  voice_code:     {rests_on: [number, handset]}
  callback:       {rests_on: [number, handset]}
  desk_callback:  {rests_on: [desk_line]}
  mail_code:      {rests_on: [mailbox]}
  post_code:      {rests_on: [post]}
  recovery_code:  {rests_on: [code_sheet]}
  federated:      {rests_on: [federated]}
  digital_id:     {rests_on: [wallet], strength: strong}
  proofing:       {rests_on: [document], strength: strong}
  on_site:        {rests_on: [proofing_agent], strength: strong}
  vouch:          {rests_on: [voucher]}
  peer_vouch:     {rests_on: [peer]}
  video_call:     {rests_on: [agent]}
tiers:
  light:  {signals: 1}
  strict: {signals: 2, strong: 1, approvers: [{at_least: 1, role: lead}]}
classes: [{name: staff}]
front_door: {staff: [[password, totp]]}
actions: {password_reset: strict}
guarantees:
  - recovery_not_weaker_than_sign_in: all
  - no_lockout: {after_losing: [device]}
)";

std::string changed(std::string_view from, std::string_view to, std::string_view text = all_twenty) {
  std::string out(text);
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

std::string words_of(const Alternatives& ways) {
  std::string out;
  for (const auto& way : ways) {
    out += out.empty() ? "" : " | ";
    for (const auto what : way) out += concat(what == way.front() ? "" : " and ", what);
  }
  return out;
}

Proof proof_of(std::string_view text) {
  const auto policy = Policy::compile(text, "p.yaml");
  EXPECT_TRUE(policy) << policy.error().what;
  bool few_groups = false;
  const auto population = assumed(*policy, few_groups);
  auto out = prove_policy(*policy, *population);
  EXPECT_TRUE(out) << out.error().what;
  return *std::move(out);
}

// Is the account taken by whoever has these things?
bool falls_to(const Proof& proof, const std::vector<std::string>& things) {
  const auto& model = proof.technical.model;
  std::vector<bool> atoms;
  for (const auto& atom : model.atoms) atoms.push_back(std::ranges::find(things, atom.name) != things.end());
  prover::Work work;
  const auto target = std::ranges::find(model.accounts, "staff", &prover::Account::name)->target;
  return prover::evaluate(model, prover::order_of(model), std::move(atoms), false, work)[target];
}

TEST(Catalogue, says_of_each_signal_how_else_it_is_forged) {
  std::string all;
  for (const auto name : signal_names)
    if (const auto ways = other_ways_to_forge(name); !ways.empty()) all += concat(name, ": ", words_of(ways), "\n");
  EXPECT_EQ(all,
            "synced_passkey: handset | sync_account\n"
            "security_key: security_key\n"
            "smart_card: smart_card\n"
            "totp: relay\n"
            "push: handset | push_fatigue\n"
            "sms_code: number | handset | relay\n"
            "voice_code: number | handset | relay\n"
            "callback: number | handset\n"
            "desk_callback: desk_line\n"
            "post_code: post\n"
            "federated: federated\n"
            "digital_id: wallet\n"
            "on_site: presence\n"
            "video_call: face_clone\n");
}

TEST(Catalogue, knows_everything_that_it_mentions) {
  for (const auto name : signal_names)
    for (const auto& way : other_ways_to_forge(name))
      for (const auto what : way) EXPECT_NE(thing_named(what), nullptr) << what;
  const auto policy = Policy::compile(all_twenty, "p.yaml");
  ASSERT_TRUE(policy) << policy.error().what;
  ASSERT_EQ(policy->signals().size(), signal_kinds.size());
  for (const auto& signal : policy->signals())
    for (const auto& what : signal.rests_on)
      EXPECT_NE(thing_named(what) != nullptr, attester_of(what).has_value()) << what;  // a thing, or a person
  for (const auto what : {"relay", "push_fatigue", "face_clone"}) EXPECT_FALSE(thing_named(what)->of_holder);
  for (const auto what : {"desk_line", "sync_account", "post", "wallet"}) EXPECT_TRUE(thing_named(what)->of_holder);
  EXPECT_EQ(thing_named("desk_line")->level, 3);
  EXPECT_EQ(thing_named("wallet")->level, 4);
  EXPECT_EQ(lost_with("handset"), (std::vector<std::string_view>{"handset", "number"}));
  EXPECT_EQ(lost_with("sync_account"), std::vector<std::string_view>{"sync_account"});
}

TEST(Catalogue, a_proof_of_all_twenty_signals_is_made_and_its_stories_are_played) {
  const auto proof = proof_of(all_twenty);
  EXPECT_TRUE(proof.holds());
  for (const auto& note : proof.notes) EXPECT_EQ(note.find("is not in the catalogue"), std::string::npos) << note;
  // Two signals from afar, and the yes of a lead who was taken in: not without a strong one.
  EXPECT_FALSE(falls_to(proof, {"number@staff", "face_clone@staff", "person:lead-1", "relay@staff"}));
  EXPECT_TRUE(falls_to(proof, {"wallet@staff", "face_clone@staff", "person:lead-1", "relay@staff"}));
  EXPECT_TRUE(falls_to(proof, {"presence@staff", "desk_line@staff", "person:lead-1", "relay@staff"}));
  EXPECT_FALSE(falls_to(proof, {"presence@staff", "person:lead-1", "relay@staff"}) &&
               falls_to(proof, {"presence@staff", "person:lead-1"}));
}

// A new security key for whoever is recognized in a video call.
std::string by_video_alone() {
  return changed("[[password, totp]]", "[[security_key]]",
                 changed("{password_reset: strict}", "{mfa_reset: light}",
                         changed("light:  {signals: 1}", "light:  {signals: 1, allow: [video_call]}")));
}

TEST(Catalogue, a_false_face_gives_a_video_call_and_is_played_to_the_gateway) {
  const auto proof = proof_of(by_video_alone());
  EXPECT_FALSE(proof.holds());
  EXPECT_TRUE(falls_to(proof, {"face_clone@staff"}));
  EXPECT_FALSE(falls_to(proof, {"presence@staff", "number@staff", "wallet@staff"}));
}

TEST(Replay, of_what_is_attested_takes_only_the_forgery_of_that_very_signal) {
  const auto policy = Policy::compile(by_video_alone(), "p.yaml");
  ASSERT_TRUE(policy) << policy.error().what;
  bool few_groups = false;
  const auto population = assumed(*policy, few_groups);
  const auto proof = prove_policy(*policy, *population);
  ASSERT_TRUE(proof) << proof.error().what;
  auto story = story_of(proof->technical, {"face_clone@staff"}, "control@staff", "staff");
  ASSERT_EQ(story.cases.size(), 1U);
  EXPECT_TRUE(replay(*policy, *population, proof->technical, story));
  story.takes.front().atom = "presence@staff";  // forges on_site, which is not allowed here
  EXPECT_FALSE(replay(*policy, *population, proof->technical, story));
}

TEST(Assumed, each_word_that_is_given_is_somebody_elses) {
  const auto managers = [](std::string_view text) {
    const auto policy = Policy::compile(text, "p.yaml");
    EXPECT_TRUE(policy) << policy.error().what;
    bool few_groups = false;
    const auto population = assumed(*policy, few_groups);
    for (const auto& kind : population->people)
      if (kind.vouches) return kind.count;
    return 0U;
  };
  EXPECT_EQ(managers(all_twenty), 2U);
  EXPECT_EQ(managers(changed("  peer_vouch:     {rests_on: [peer]}\n", "")), 1U);
  EXPECT_EQ(managers(changed("  peer_vouch:     {rests_on: [peer]}\n  vouch: ", "  vouch: ",
                             changed("  vouch:          {rests_on: [voucher]}\n  peer_vouch:     {rests_on: [peer]}\n",
                                     "  peer_vouch:     {rests_on: [peer]}\n  vouch:          {rests_on: [badge]}\n"))),
            0U);
}

TEST(Compile, more_ways_to_verify_than_can_be_listed_are_refused_before_they_are) {
  // Any eight of twenty that rest on nothing common: 125,970 sets.
  std::string signals = "signals:\n";
  for (const auto name : signal_names) signals += concat("  ", name, ": {rests_on: [its-", name, "]}\n");
  const auto policy =
      Policy::compile(concat("policy: many\nlanguage: 1\n", signals,
                             "tiers: {most: {signals: 8}}\nclasses: [{name: all}]\nactions: {mfa_reset: most}\n"),
                      "p.yaml");
  ASSERT_TRUE(policy) << policy.error().what;
  bool few_groups = false;
  const auto population = assumed(*policy, few_groups);
  const auto refused = compile(*policy, *population, Reading::technical);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "there are more than 100000 ways to verify all");
}

}  // namespace
}  // namespace sallyport::proof
