#include "core/proof/compensation.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "core/policy/explain.h"

namespace sallyport::proof {
namespace {

constexpr std::uint32_t approvers_that_compensate = 2;  // one who is talked over is not enough

bool asks_for(const Needs& needs, Compensation compensation) {
  switch (compensation) {
    case Compensation::approvers: {
      std::uint32_t people = 0;  // every seat is filled by another person
      for (std::size_t i = 0; i < needs.seat_kinds; ++i) people += needs.seats[i].at_least;
      return people >= approvers_that_compensate;
    }
    case Compensation::hold: return std::min(needs.hold_with_strong, needs.hold_without_strong) > Duration{};
    case Compensation::alarm: return needs.alarm;
    case Compensation::lasts: return needs.lasts < forever;
  }
  return false;
}

bool asks_for(const AccountForms& account, Compensation compensation) {
  return std::ranges::all_of(account.asks, [&](const Ask& ask) { return asks_for(ask.needs, compensation); });
}

}  // namespace

std::vector<Compensation> compensations_of(const AccountForms& account) {
  std::vector<Compensation> out;
  for (const auto one : all_compensations)
    if (asks_for(account, one)) out.push_back(one);
  return out;
}

std::vector<Compensation> common(const std::vector<Compensation>& a, const std::vector<Compensation>& b) {
  std::vector<Compensation> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

std::vector<NotCompensated> not_compensated(const Policy& policy, const Compiled& compiled) {
  std::vector<NotCompensated> out;
  for (const auto& accepted : policy.acceptances())
    for (const auto& account : compiled.accounts) {
      if (policy.classes()[account.account_class].name != accepted.account_class) continue;
      for (const auto one : accepted.compensated_by)
        if (!asks_for(account, one)) out.push_back({&accepted, account.name, one});
    }
  return out;
}

std::string in_words(const NotCompensated& missing) {
  return concat("line ", missing.accepted->line, " of the policy says that ",
                in_words(std::vector{missing.compensation}),
                " makes up for people who are talked over, and there is a way to recover ", missing.account,
                " of which it is not asked");
}

std::map<ClassName, std::set<std::string>> classes_talked_over(const Policy& policy, const Proof& proof) {
  std::map<ClassName, std::set<std::string>> out;
  for (const auto& account : proof.technical.accounts) {
    const auto* verdict = proof.pessimistic.find(account.name);
    if (verdict != nullptr && (verdict->as_string() == "violated" || verdict->as_string() == "incomparable"))
      out[policy.classes()[account.account_class].name].insert(account.name);
  }
  return out;
}

}  // namespace sallyport::proof
