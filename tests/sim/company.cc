#include "../tests/sim/company.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "../tests/support/small_world.h"
#include "base/assert.h"
#include "base/text.h"

namespace sallyport::sim {
namespace {

std::string text_of_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  SALLYPORT_ASSERT(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

KnownPolicy proved(std::string name, std::string text) {
  KnownPolicy out{std::move(name), {std::move(text), "", "", {}, nullptr}};
  auto answer = prove_for_proposal(out.proposal.text, "");
  SALLYPORT_ASSERT(answer.has_value() && answer->has_value());
  out.proposal.certificate = (*answer)->certificate;
  out.proposal.checked = (*answer)->checked;
  return out;
}

// The same rules in another text: a policy that was in force before does not come back.
std::string revised(const std::string& text) { return text + "# Revised.\n"; }

std::set<std::string> seats_of(const Policy& policy) {
  std::set<std::string> out;
  for (const auto& selector : policy.selectors())
    if (selector.role) out.insert(selector.role->text());
  return out;
}

Person person(std::string name, std::vector<StaffRole> roles) {
  Person out;
  out.natural_person = concat("person.", name);
  out.name = std::move(name);
  out.roles = std::move(roles);
  return out;
}

AccountFacts facts_of(const std::string& name, const std::string& holder) {
  AccountFacts facts;
  facts.directory = *DirectoryId::parse("corp");
  facts.account = *AccountId::parse(name);
  facts.holder = *PersonId::parse(holder);
  facts.organization = *OrganizationId::parse("home");
  facts.active = true;
  facts.employment = "employee";
  return facts;
}

void hire(Company& company, const std::set<std::string>& seats, Seeded& seeded) {
  const std::vector<std::string> all_seats(seats.begin(), seats.end());
  company.people.push_back(person("agent-1", {StaffRole::agent}));
  company.people.push_back(person("agent-2", {StaffRole::agent}));
  company.people.back().seats = all_seats;  // and is no approver
  company.people.push_back(person("agent-3", {StaffRole::agent, StaffRole::approver}));
  company.people.back().team = "security";
  company.people.back().seats = all_seats;
  auto foreign = person("agent-away", {StaffRole::agent});
  foreign.organization = "partner";
  foreign.team = "partner_desk";
  company.people.push_back(foreign);
  for (int i = 1; i <= 5; ++i) {
    auto approver = person(concat("approver-", i), {StaffRole::approver});
    approver.team = i <= 2 ? "help_desk" : "security";
    for (const auto& seat : all_seats)
      if (i >= 4 || !seeded.one_in(4)) approver.seats.push_back(seat);
    company.people.push_back(approver);
  }
  auto visitor = person("approver-away", {StaffRole::approver});
  visitor.organization = "partner";
  visitor.team = "partner_desk";
  visitor.seats = all_seats;
  company.people.push_back(visitor);
  // An approver's second account, which the gateway does not take: one person has one place on the staff.
  auto twice = person("approver-4-again", {StaffRole::approver});
  twice.natural_person = "person.approver-4";
  twice.team = "security";
  twice.seats = all_seats;
  company.people.push_back(twice);
  company.people.push_back(person("reviewer-1", {StaffRole::reviewer}));
  company.people.push_back(person("reviewer-2", {StaffRole::reviewer, StaffRole::approver}));
  company.people.back().seats = all_seats;
  company.people.push_back(person("voucher-1", {StaffRole::voucher}));
  company.people.push_back(person("voucher-2", {StaffRole::voucher, StaffRole::approver}));
  company.people.back().seats = all_seats;
  for (auto& p : company.people) {
    std::ranges::sort(p.seats);
    p.temperament = seeded.one_in(2) ? Temperament::honest : all_temperaments[seeded.below(all_temperaments.size())];
  }
}

void furnish(Company& company, Seeded& seeded) {
  const auto add = [&](const std::string& name, const std::string& holder, auto change) {
    auto facts = facts_of(name, holder);
    change(facts);
    if (seeded.one_in(3)) facts.manager = *PersonId::parse("person.voucher-1");
    facts.locked = seeded.one_in(2);
    // One in six mailboxes is opened with the account that is to be recovered.
    company.accounts.push_back({facts, concat(name, seeded.one_in(6) ? "@own.example" : "@post.example")});
  };
  add("ada", "person.ada", [](AccountFacts&) {});
  add("bob", "person.bob", [](AccountFacts&) {});
  add("shared-desk", "person.cora", [](AccountFacts& f) { f.groups = {"Shared"}; });
  add("contractor", "person.dan", [](AccountFacts& f) { f.employment = "contractor"; });
  add("boss", "person.eva", [](AccountFacts& f) { f.executive = true; });
  add("admin", "person.fay", [](AccountFacts& f) { f.admin = true; });
  add("root-admin", "person.gus", [](AccountFacts& f) {
    f.admin = true;
    f.groups = {"Domain Admins"};
  });
  add("approver-3", "person.approver-3", [](AccountFacts&) {});
  add("agent-2", "person.agent-2", [](AccountFacts&) {});
  add("leaver", "person.hal", [](AccountFacts& f) { f.employment = "leaver"; });
}

}  // namespace

std::string_view to_string(Temperament temperament) noexcept {
  switch (temperament) {
    case Temperament::honest: return "honest";
    case Temperament::hurried: return "hurried";
    case Temperament::absent: return "absent";
    case Temperament::duped: return "duped";
    case Temperament::colluding: return "colluding";
    case Temperament::malicious: return "malicious";
  }
  return "";
}

bool Person::is(StaffRole role) const { return std::ranges::find(roles, role) != roles.end(); }

Policies::Policies(std::string_view folder) {
  const auto of_file = [&](const std::string& path) {
    const auto text = text_of_file(concat(folder, "/", path));
    const auto name = path.substr(path.rfind('/') + 1);
    pairs_.push_back({proved(name, text), proved(concat(name, ", revised"), revised(text))});
  };
  of_file("tests/stories/rp-1.yaml");
  of_file("examples/policies/demo.yaml");
  // Whatever the others do not name is done here.
  std::string small(small_policy);
  const std::string_view last = "  mfa_reset: guarded\n";
  small.insert(small.find(last) + last.size(), "  lockout_disable: guarded\n  service_secret_rotate: vault\n");
  pairs_.push_back({proved("small_world", small), proved("small_world, revised", revised(small))});
}

Company company_of(const Policies& policies, Seeded& seeded) {
  Company out;
  // The reference policy knows every action and every signal, so half of the companies have it.
  const auto& pair = policies.pairs()[seeded.one_in(2) ? 0 : seeded.below(policies.pairs().size())];
  out.policy = &pair.first;
  if (seeded.one_in(3)) out.next_policy = &pair.next;
  out.operators = {"operator-1", "operator-2", "operator-3"};
  const auto compiled = Policy::compile(pair.first.proposal.text, pair.first.name, PolicyReading::in_force);
  SALLYPORT_ASSERT(compiled.has_value());
  hire(out, seats_of(*compiled), seeded);
  furnish(out, seeded);
  return out;
}

}  // namespace sallyport::sim
