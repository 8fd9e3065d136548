// Proves a policy of 200 rules for an organization of 100,000 accounts, and proves it again after one of them changed.
// Prints JSON. One thread.
//
//   bench_prove [ACCOUNTS [RULES [flat]]]      flat: anybody vouches for anybody
// Managers are a tree of five levels: whoever is on one vouches for the level below, with a passkey that is recovered
// like the account of a colleague at their own level.
//
// The policy has the twenty signals of the language, five groups of approvers, and rules that look at teams, at who
// opens the case, by which channel and how often. The accounts are drawn: of six classes, in at most two of a hundred
// teams, with 40 profiles of what is enrolled (each signal with even odds beside four that everybody has); every tenth
// differs from its profile in one signal. The directory's own file is not read here.
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "core/proof/standing.h"

namespace {

using namespace sallyport;
using proof::AccountRecord;
using Clock = std::chrono::steady_clock;

constexpr std::size_t teams = 100;
constexpr std::size_t signals = 20;
constexpr std::size_t common = 4;  // the first ones: with these everybody can be helped

std::string policy_of(std::size_t rules) {
  std::string out =
      "policy: bench\nlanguage: 1\nsignals:\n"
      "  totp: {rests_on: [handset]}\n  mail_code: {rests_on: [mailbox]}\n  vouch: {rests_on: [voucher]}\n"
      "  on_site: {rests_on: [proofing_agent], strength: strong}\n"  // these four everybody has: `common`
      "  passkey: {rests_on: [device], strength: strong}\n  synced_passkey: {rests_on: [sync_account, handset]}\n"
      "  security_key: {rests_on: [security_key], strength: strong}\n"
      "  smart_card: {rests_on: [smart_card], strength: strong}\n  push: {rests_on: [handset]}\n"
      "  sms_code: {rests_on: [number, handset]}\n  voice_code: {rests_on: [number, handset]}\n"
      "  callback: {rests_on: [number, handset]}\n  desk_callback: {rests_on: [desk_line]}\n"
      "  post_code: {rests_on: [post]}\n  recovery_code: {rests_on: [code_sheet]}\n"
      "  federated: {rests_on: [federated]}\n  digital_id: {rests_on: [wallet], strength: strong}\n"
      "  proofing: {rests_on: [document], strength: strong}\n  peer_vouch: {rests_on: [peer]}\n"
      "  video_call: {rests_on: [agent]}\n"
      "tiers:\n  light: {signals: 1}\n  standard: {signals: 2, approvers: [{at_least: 1, role: lead}]}\n"
      "  raised: {signals: 2, approvers: [{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}]}\n"
      "  guarded: {signals: 2, strong: 1, approvers: [{at_least: 1, role: lead}, {at_least: 1, role: officer}],\n"
      "            hold: {for: 30m}}\n"
      "  vault: {signals: 2, strong: 1, approvers: [{at_least: 2, role: guardian}, {at_least: 1, role: officer}],\n"
      "          hold: {for: 2h}}\n"
      "classes:\n  - {name: tier0, when: \"'Domain Admins' in account.groups\", floor: vault}\n"
      "  - {name: admins, when: \"account.admin\", floor: guarded}\n"
      "  - {name: executives, when: \"account.executive\", floor: guarded}\n"
      "  - {name: finance, when: \"'Finance' in account.groups\", floor: raised}\n"
      "  - {name: contractors, when: \"account.employment == 'contractor'\"}\n  - {name: staff}\n"
      "front_door:\n  tier0: [[security_key]]\n  admins: [[passkey]]\n  executives: [[passkey]]\n"
      "  finance: [[password, totp]]\n  contractors: [[password, totp]]\n  staff: [[password, totp], [passkey]]\n"
      "actions: {password_reset: standard, mfa_reset: standard, recovery_factor_change: standard, unlock: light}\n"
      "guarantees:\n  - recovery_not_weaker_than_sign_in: all\n  - people_needed: {tier0: 3, admins: 2}\n"
      "  - never_alone: [help_desk]\n  - no_lockout: {after_losing: [handset, mailbox]}\nrules:\n";
  static constexpr const char* asks[] = {"raise: raised", "raise: guarded", "hold: {for: 1h}",
                                         "approvers: [{at_least: 1, role: auditor}]", "signals: 2"};
  for (std::size_t i = 0; i < rules; ++i) {
    const auto team = concat("'Team-", i % teams, "' in account.groups");
    const auto more = i % 3 == 0 ? "request.channel != 'walk_in'" : i % 3 == 1 ? "request.cases_24h >= 1" : "true";
    out += concat("  - {id: r", i, ", when: \"", team, " && ", more, "\", ", asks[i % 5], "}\n");
  }
  return out;
}

constexpr std::string_view people_text =
    "organization: bench\npeople:\n  agent: {count: 80, team: help_desk}\n"
    "  lead: {count: 12, team: help_desk, seats: [lead]}\n  officer: {count: 6, team: security, seats: [officer]}\n"
    "  guardian: {count: 6, team: security, seats: [guardian]}\n  auditor: {count: 4, team: audit, seats: [auditor]}\n"
    "  desk: {count: 40, team: reception, agent: true}\n  colleague: {count: 9000, team: business, vouches: true}\n"
    "  manager1: {count: 8000, team: business, vouches: true, account: manages1}\n"
    "  manager2: {count: 1000, team: business, vouches: true, account: manages2}\n"
    "  manager3: {count: 120, team: business, vouches: true, account: manages3}\n"
    "  manager4: {count: 15, team: business, vouches: true, account: manages4}\n"
    "  manager5: {count: 2, team: business, vouches: true}\n"
    "accounts:\n"
    "  manages1: {count: 8000, manager: manager2, facts: {account.admin: false, account.executive: false, "
    "account.groups: [], account.employment: employee}, enrolled: [totp, mail_code, vouch, on_site, passkey]}\n"
    "  manages2: {count: 1000, manager: manager3, facts: {account.admin: false, account.executive: false, "
    "account.groups: [], account.employment: employee}, enrolled: [totp, mail_code, vouch, on_site, passkey]}\n"
    "  manages3: {count: 120, manager: manager4, facts: {account.admin: false, account.executive: true, "
    "account.groups: [], account.employment: employee}, enrolled: [totp, mail_code, vouch, on_site, passkey]}\n"
    "  manages4: {count: 15, manager: manager5, facts: {account.admin: false, account.executive: true, "
    "account.groups: [], account.employment: employee}, enrolled: [totp, mail_code, vouch, on_site, passkey]}\n";

std::vector<AccountRecord> accounts_of(std::size_t number) {
  std::mt19937 dice(17);
  const auto below = [&](std::size_t n) { return dice() % n; };
  std::vector<SignalSet> profiles;
  for (int i = 0; i < 40; ++i)
    profiles.push_back(static_cast<SignalSet>(((1U << common) - 1) | below(std::size_t{1} << signals)));
  std::vector<AccountRecord> out(number);
  for (std::size_t i = 0; i < number; ++i) {
    auto& a = out[i];
    a.id = concat("account-", i);
    std::vector<std::string> groups;
    for (std::size_t n = below(3); n > 0; --n) groups.push_back(concat("Team-", below(teams)));
    const auto kind = below(1000);
    if (kind < 2) groups.emplace_back("Domain Admins");
    if (kind >= 40 && kind < 80) groups.emplace_back("Finance");
    a.facts.set_boolean(Attribute::account_active, true);
    a.facts.set_boolean(Attribute::account_admin, kind < 20);
    a.facts.set_boolean(Attribute::account_executive, kind >= 20 && kind < 40);
    a.facts.set_text(Attribute::account_employment, kind >= 80 && kind < 200 ? "contractor" : "employee");
    a.facts.set_groups(std::move(groups));
    a.manager = concat("manager", kind < 40 ? 3 + below(3) : 1 + below(2));
    a.enrolled = profiles[below(profiles.size())];
    if (below(10) == 0) *a.enrolled ^= SignalSet{1} << (common + below(signals - common));
  }
  return out;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::int64_t to_us(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }
std::int64_t median_us(const std::vector<double>& sorted) {
  return sorted.empty() ? 0 : to_us(sorted[sorted.size() / 2]);
}

[[noreturn]] void stop(const std::string& what) {
  std::cerr << "bench_prove: " << what << '\n';
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t number = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  const std::size_t rules = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 200;
  const auto policy = Policy::compile(policy_of(rules), "bench");
  if (!policy) stop(policy.error().what);
  auto people = proof::read_population(people_text, *policy);
  if (!people) stop(people.error().front().what);
  auto accounts = accounts_of(number);
  const bool flat = argc > 3 && std::string_view(argv[3]) == "flat";
  if (flat)
    for (auto& account : accounts) account.manager.reset();
  if (flat) std::erase_if(people->people, [](const auto& kind) { return kind.name.starts_with("manager"); });

  proof::StandingProof standing(*policy, *people);
  const auto start = Clock::now();
  if (const auto ok = standing.take(accounts); !ok) stop(ok.error().what);
  const auto whole = seconds_since(start);
  const auto totals = standing.totals();

  proof::StandingProof weaker(*policy, *people, proof::StandingProof::Depth::weaker_only);
  const auto start_weaker = Clock::now();
  if (const auto ok = weaker.take(accounts); !ok) stop(ok.error().what);
  const auto only_weaker = seconds_since(start_weaker);
  if (weaker.totals().weaker != totals.weaker) stop("the two proofs do not agree");

  // Each of a hundred accounts moves into another team, one after the other: a new kind, often a new shape.
  std::vector<double> again;
  for (std::size_t i = 0; i < 100 && i < accounts.size(); ++i) {
    accounts[i].facts.set_groups({concat("Team-", i % teams), concat("Team-", (i * 7 + 3) % teams), "Finance"});
    const auto before = Clock::now();
    if (const auto ok = standing.change(accounts[i]); !ok) stop(ok.error().what);
    again.push_back(seconds_since(before));
  }
  std::ranges::sort(again);

  // Each of a hundred others gets another manager.
  std::vector<double> managed;
  for (std::size_t i = 100; !flat && i < 200 && i < accounts.size(); ++i) {
    accounts[i].manager = accounts[i].manager == "manager1" ? "manager2" : "manager1";
    const auto before = Clock::now();
    if (const auto ok = standing.change(accounts[i]); !ok) stop(ok.error().what);
    managed.push_back(seconds_since(before));
  }
  std::ranges::sort(managed);

  // One of six guardians leaves; of three, so that those who are left are just enough for a case of tier 0 and not for
  // a guardian's own; and the last but one of the desk leads, who sit in every case, and comes back.
  const auto leaves = [&](std::string_view kind, std::uint32_t left) {
    const auto before = Clock::now();
    const auto proved = standing.people_are(kind, left);
    if (!proved) stop(proved.error().what);
    return Json::object({{"shapes_proved_again", static_cast<std::int64_t>(*proved)},
                         {"us", static_cast<std::int64_t>(seconds_since(before) * 1e6)}});
  };
  const auto of_many = leaves("guardian", 5);
  (void)leaves("guardian", 3);
  const auto of_few = leaves("guardian", 2);
  (void)leaves("lead", 2);
  const auto of_all = leaves("lead", 1);
  const auto into_all = leaves("lead", 2);
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::cout << to_pretty_text(
                   Json::object({{"accounts", totals.accounts},
                                 {"rules", rules},
                                 {"kinds", totals.kinds},
                                 {"shapes", totals.shapes},
                                 {"largest_family", totals.largest_family},
                                 {"accounts_broken", totals.broken},
                                 {"accounts_weaker_than_sign_in", totals.weaker},
                                 {"proof_ms", static_cast<std::int64_t>(whole * 1000)},
                                 {"weaker_only_ms", static_cast<std::int64_t>(only_weaker * 1000)},
                                 {"change_us_median", static_cast<std::int64_t>(again[again.size() / 2] * 1e6)},
                                 {"change_us_worst", static_cast<std::int64_t>(again.back() * 1e6)},
                                 {"manager_us_median", median_us(managed)},
                                 {"manager_us_worst", managed.empty() ? 0 : to_us(managed.back())},
                                 {"approver_of_many_left", of_many},
                                 {"approver_of_few_left", of_few},
                                 {"approver_of_every_case_left", of_all},
                                 {"approver_of_every_case_came", into_all},
                                 {"peak_memory_kib", static_cast<std::int64_t>(usage.ru_maxrss)}}))
            << '\n';
  return 0;
}
