// Times one decision, from a request's facts to the explained answer, at several sizes of policy; and
// loading. Prints JSON. The same policies and requests go to peers (tests/bench/peers.mjs, when it is there):
// `bench_decide --emit DIR` writes them.
//
//   bench_decide [--emit DIR]
//
// The policy: an account's class, two floors, and N rules of a provider with many clients: each rule is of
// one client and one action, and some look at groups as well. A request meets two or three of them. The
// request's facts are set up anew for each decision, from strings; nothing is looked up before.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/text.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"

namespace {

std::uint64_t allocations = 0;  // in this program

}  // namespace

// Counts every allocation: a decision makes none.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

using namespace sallyport;
using Clock = std::chrono::steady_clock;

std::string policy_of(std::size_t rules) {
  std::string out =
      "policy: bench\nlanguage: 1\nsignals:\n"
      "  passkey: {rests_on: [device], fresh: 30m, enrolled_for: 3d, strength: strong}\n"
      "  totp: {rests_on: [handset], fresh: 5m}\n  mail_code: {rests_on: [mailbox], fresh: 24h}\n"
      "tiers:\n  standard: {signals: 2}\n  guarded: {signals: 2, approvers: [{at_least: 1, role: lead}]}\n"
      "  vault: {signals: 2, strong: 1, approvers: [{at_least: 2, role: chief}], hold: {for: 1h}}\n"
      "classes:\n  - {name: tier0, when: \"'Domain Admins' in account.groups\", floor: vault}\n"
      "  - {name: privileged, when: \"account.admin || account.executive\", floor: guarded}\n  - {name: workforce}\n"
      "actions: {unlock: standard, password_reset: standard, mfa_reset: guarded}\n"
      "risk:\n  points:\n    - {add: 40, when: \"account.recovery_factor_age < duration('168h')\", because: \"new\"}\n"
      "  levels: {high: 40}\n"
      "rules:\n";
  for (std::size_t i = 0; i < rules; ++i) {
    const auto client = concat("client-", i / 2);
    out += i % 2 == 0 ? concat("  - {id: r", i, ", when: \"account.organization == '", client,
                               "' && action == 'password_reset'\", raise: guarded}\n")
                      : concat("  - {id: r", i, ", when: \"account.organization == '", client, "' && 'Team-", i % 97,
                               "' in account.groups && risk.points >= risk.high\", deny: \"too risky\"}\n");
  }
  return out;
}

struct Request {
  AccountFacts account;
  RequestFacts request;
};

std::vector<Request> requests_for(std::size_t rules) {
  std::vector<Request> out;
  std::uint64_t random = 1;
  for (int i = 0; i < 1024; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    Request r;
    r.account.active = true;
    r.account.employment = "employee";
    r.account.organization = *OrganizationId::parse(concat("client-", (random >> 33U) % (rules / 2)));
    r.account.groups = {"Everyone", concat("Team-", (random >> 40U) % 97), "VPN"};
    r.account.executive = i % 16 == 0;
    r.request.agent_organization = *OrganizationId::parse("provider");
    r.request.agent_team = *TeamId::parse("desk");
    r.request.recovery_factor_changed_at = Instant{} + days(i % 30);
    out.push_back(std::move(r));
  }
  return out;
}

double percentile(std::vector<double>& sorted, double p) {
  return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int count, char** words) {
  const std::string folder = count == 3 && std::string_view(words[1]) == "--emit" ? words[2] : "";
  const auto signal = [](const char* name) { return *SignalName::parse(name); };
  std::vector<Evidence> evidence(2);
  const Instant now = Instant{} + days(40);
  evidence[0].number = 1;
  evidence[0].signal = signal("totp");
  evidence[1].number = 2;
  evidence[1].signal = signal("mail_code");
  for (auto& e : evidence) {
    e.result = EvidenceResult::passed;
    e.at = now;
  }
  ApproverFacts lea;
  lea.person = *PersonId::parse("lea");
  lea.seats = {*RoleName::parse("lead")};
  const std::vector<ApproverFacts> approvers{lea};

  Json rows = Json::array();
  for (const std::size_t rules : {50, 500, 5000}) {
    const auto text = policy_of(rules);
    const auto requests = requests_for(rules);
    if (!folder.empty()) std::ofstream(concat(folder, "/policy-", rules, ".yaml")) << text;
    std::vector<double> loads;
    for (int i = 0; i < 5; ++i) {
      const auto began = Clock::now();
      if (!Policy::compile(text, "bench.yaml")) return 1;
      loads.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    std::ranges::sort(loads);
    const auto policy = *Policy::compile(text, "bench.yaml");
    DecisionDesk desk(policy);
    constexpr int batch = 64;  // a clock call costs as much as a sixth of a decision
    std::vector<double> times;
    times.reserve(20'000);
    std::uint64_t permitted = 0, fired = 0, decisions = 0;
    const auto before = allocations;
    for (int round = 0; round < 20'000; ++round) {
      const auto began = Clock::now();
      for (int i = 0; i < batch; ++i) {
        const auto& r = requests[static_cast<std::size_t>(round * batch + i) % requests.size()];
        const auto facts = facts_of({r.account, Action::password_reset, r.request, "phone", 0, now});
        const auto& d = desk.decide({facts, Action::password_reset, evidence, approvers, now, std::nullopt});
        permitted += d.verdict == Verdict::permit ? 1 : 0;
        fired += d.demand.rules.size();
        ++decisions;
      }
      times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - began).count() / batch);
    }
    const auto made = allocations - before;
    std::ranges::sort(times);
    // The same with the answer in words, as JSON: what a screen is sent.
    std::vector<double> told;
    std::size_t bytes = 0;
    for (int round = 0; round < 4'000; ++round) {
      const auto& r = requests[static_cast<std::size_t>(round) % requests.size()];
      const auto began = Clock::now();
      const auto facts = facts_of({r.account, Action::password_reset, r.request, "phone", 0, now});
      const DecisionInput input{facts, Action::password_reset, evidence, approvers, now, std::nullopt};
      bytes += to_text(explain_json(policy, desk.decide(input), input)).size();
      told.push_back(std::chrono::duration<double, std::nano>(Clock::now() - began).count());
    }
    std::ranges::sort(told);
    const auto ns = [](double x) { return static_cast<std::int64_t>(x + 0.5); };
    rows.push(Json::object({{"rules", rules},
                            {"p50_ns", ns(percentile(times, 0.5))},
                            {"p99_ns", ns(percentile(times, 0.99))},
                            {"told_p50_ns", ns(percentile(told, 0.5))},
                            {"told_bytes", bytes / told.size()},
                            {"load_us", ns(loads[2] * 1000)},
                            {"allocations", made},
                            {"decisions", decisions},
                            {"permitted", permitted},
                            {"rules_fired", fired}}));
  }
  std::cout << to_text(rows) << '\n';
  return 0;
}
