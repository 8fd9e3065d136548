// Times one decision, from a request's facts to the explained answer, at several sizes of policy; and
// loading. Prints JSON. The same policies and requests go to peers (tests/bench/peers.mjs): `--emit` measures
// nothing and writes them, with what we answer, into a folder.
//
//   bench_decide [--emit DIR]
//
// The policy: an account's class, two floors, and N rules of a provider with many clients: each rule is of
// one client and one action, and some look at groups as well. A request meets one of them. The
// request's facts are set up anew for each decision, from strings; nothing is looked up before.
#include <algorithm>
#include <array>
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

constexpr std::array<std::size_t, 3> sizes{50, 500, 5000};  // in rules

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

// Requests that meet what those above do not: every class, risk points, and the rules that look at groups.
std::vector<Request> checks_for(std::size_t rules) {
  auto out = requests_for(rules);
  out.resize(256);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto client = i * (rules / 2) / out.size();
    auto& r = out[i];
    r.account.organization = *OrganizationId::parse(concat("client-", client));
    if (i % 3 != 0) r.account.groups[1] = concat("Team-", (client * 2 + 1) % 97);
    if (i % 8 == 1) r.account.groups.emplace_back("Domain Admins");
    r.account.admin = i % 8 == 2;
    r.request.recovery_factor_changed_at = Instant{} + days(40 - static_cast<int>(i % 14));
  }
  return out;
}

Json known_facts(const Facts& facts) {
  Json out = Json::object();
  for (const auto& info : all_attributes) {
    const auto a = info.attribute;
    if (!facts.knows(a)) continue;
    switch (info.type) {
      case AttributeType::boolean: out.set(info.name, facts.boolean(a)); break;
      case AttributeType::integer: out.set(info.name, facts.number(a)); break;
      case AttributeType::duration: out.set(info.name, Json::object({{"ms", facts.number(a)}})); break;
      case AttributeType::text: out.set(info.name, facts.text(a)); break;
      case AttributeType::list_of_text: {
        Json groups = Json::array();
        for (const auto& group : facts.groups()) groups.push(group);
        out.set(info.name, std::move(groups));
        break;
      }
    }
  }
  return out;
}

// Each request's facts beside what they lead to: its class, its risk points and the rules that fire.
Json answered(const Policy& policy, const std::vector<Request>& requests, Instant now) {
  Json out = Json::array();
  DecisionDesk desk(policy);
  for (const auto& r : requests) {
    const auto facts = facts_of({r.account, Action::password_reset, r.request, "phone", 0, now});
    const auto& demand = desk.decide({facts, Action::password_reset, {}, {}, now, std::nullopt}).demand;
    Json fired = Json::array();
    for (const auto& rule : demand.rules) fired.push(policy.rules()[rule.index].id.text());
    out.push(Json::object({{"facts", known_facts(facts)},
                           {"class", policy.classes()[demand.account_class].name.text()},
                           {"points", demand.risk_points},
                           {"rules", std::move(fired)}}));
  }
  return out;
}

// The conditions of a policy, requests to measure with and requests to compare alone. What the rules then ask for
// (tiers, evidence, approvers) no peer can say.
Json for_peers(const Policy& policy, Instant now) {
  const auto rule_count = policy.rules().size();
  Json classes = Json::array(), levels = Json::object(), points = Json::array(), rules = Json::array();
  for (const auto& c : policy.classes()) {
    Json one = Json::object({{"name", c.name.text()}});
    if (c.when) one.set("when", c.when->text());
    classes.push(std::move(one));
  }
  for (const auto& level : policy.risk_levels()) levels.set(level.name, level.at_least);
  for (const auto& p : policy.risk_points()) points.push(Json::object({{"add", p.add}, {"when", p.when.text()}}));
  for (const auto& rule : policy.rules())
    rules.push(Json::object({{"id", rule.id.text()}, {"when", rule.when.text()}}));

  return Json::object({{"classes", std::move(classes)},
                       {"levels", std::move(levels)},
                       {"points", std::move(points)},
                       {"rules", std::move(rules)},
                       {"requests", answered(policy, requests_for(rule_count), now)},
                       {"checks", answered(policy, checks_for(rule_count), now)}});
}

bool write(const std::string& path, std::string_view text) {
  return static_cast<bool>(std::ofstream(path) << text << std::flush);
}

// policy-N.yaml and peers-N.json for each size N.
int emit(const std::string& folder, Instant now) {
  for (const auto rules : sizes) {
    const auto text = policy_of(rules);
    const auto policy = Policy::compile(text, "bench.yaml");
    if (!policy) return 1;
    const auto json = to_text(for_peers(*policy, now));
    if (!write(concat(folder, "/policy-", rules, ".yaml"), text) ||
        !write(concat(folder, "/peers-", rules, ".json"), concat(json, "\n"))) {
      std::cerr << "bench_decide: writing into `" << folder << "`: not possible\n";
      return 1;
    }
  }
  return 0;
}

double percentile(std::vector<double>& sorted, double p) {
  return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int count, char** words) {
  const Instant now = Instant{} + days(40);
  if (count == 3 && std::string_view(words[1]) == "--emit") return emit(words[2], now);
  const auto signal = [](const char* name) { return *SignalName::parse(name); };
  std::vector<Evidence> evidence(2);
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
  for (const auto rules : sizes) {
    const auto text = policy_of(rules);
    const auto requests = requests_for(rules);
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
