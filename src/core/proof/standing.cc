#include "core/proof/standing.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/proof/quick.h"

namespace sallyport::proof {
namespace {

std::string text_of(const Needs& n) {
  std::string out = concat(int{n.signals}, ",", int{n.strong}, ",", n.include, ",", n.allow, ",",
                           n.hold_with_strong.milliseconds, ",", n.hold_without_strong.milliseconds);
  std::vector<std::pair<SelectorNumber, std::uint8_t>> seats;
  for (std::size_t i = 0; i < n.seat_kinds; ++i) seats.emplace_back(n.seats[i].selector, n.seats[i].at_least);
  std::ranges::sort(seats);
  for (const auto& [selector, least] : seats) out += concat(",", selector, "x", int{least});
  return out;
}

}  // namespace

StandingProof::StandingProof(const Policy& policy, const Population& people, Depth depth)
    : policy_(policy), people_(people), depth_(depth), grouping_(policy), space_(policy) {
  KindsOfRequest kinds;
  kinds.take(policy);
  bool few_groups = false;
  std::set<std::string> agents;
  bool known = true;
  for (const auto& kind : people.people) {
    if (!kind.agent) continue;
    if (kind.organization) agents.insert(kind.organization->text());
    else known = false;  // of whatever organization the account is
  }
  for (auto& axis : kinds.axes(few_groups)) {
    if (axis.attribute == Attribute::action || belongs_to_account(axis.attribute)) continue;
    if (axis.attribute == Attribute::agent_organization && known && !agents.empty())
      axis.texts.assign(agents.begin(), agents.end());
    contexts_.push_back(std::move(axis));
  }
}

Result<std::string> StandingProof::asked_of(const AccountKind& kind) {
  const auto facts = kind.facts.view();
  std::string out = std::to_string(policy_.demand(facts, Action::unlock, space_).account_class);
  for (const auto& [action, tier] : policy_.actions()) {
    if (!restores(action)) continue;
    SP_TRY(const auto asks, easiest(policy_, space_, action, kind.facts, contexts_));
    std::vector<std::string> texts;
    for (const auto& ask : asks) texts.push_back(text_of(ask.needs));
    std::ranges::sort(texts);
    out += concat("|", to_string(action));
    for (const auto& text : texts) out += concat(" ", text);
  }
  const auto home =
      facts.knows(Attribute::account_organization) ? facts.text(Attribute::account_organization) : std::string_view();
  const bool by_home = std::ranges::any_of(policy_.selectors(), [](const auto& c) { return c.from.has_value(); });
  return concat(out, "|", kind.mailbox_of_account ? "m" : "", "|",
                kind.meant_for ? kind.meant_for->text() : std::string(), "|", kind.held_by.value_or(""), "|",
                by_home ? home : "");
}

Result<bool> StandingProof::holds_with_everything_enrolled(const std::string& asked, Population one) {
  if (const auto known = with_everything_.find(asked); known != with_everything_.end()) return known->second;
  one.accounts.front().enrolled.reset();
  bool holds = false;
  if (depth_ == Depth::weaker_only) {
    SP_TRY(const auto weaker, weaker_than_sign_in(policy_, one));
    holds = !weaker.front();
  } else {
    SP_TRY(holds, no_attack_breaks(policy_, one));
  }
  with_everything_.emplace(asked, holds);
  return holds;
}

Result<void> StandingProof::prove(const std::string& shape, const std::string& asked, const AccountKind& kind) {
  if (shapes_.contains(shape)) return {};
  Population one;
  one.name = people_.name;
  one.people = people_.people;
  one.levels = people_.levels;
  one.accounts.push_back(kind);
  Shape out;
  SP_TRY(auto holds, holds_with_everything_enrolled(asked, one));
  if (depth_ == Depth::weaker_only) {
    if (!holds) {
      SP_TRY(const auto weaker, weaker_than_sign_in(policy_, one));
      out.weaker = weaker.front();
    }
    shapes_.emplace(shape, std::move(out));
    return {};
  }
  if (!holds) {
    SP_TRY(holds, no_attack_breaks(policy_, one));
  }
  if (holds) {
    SP_TRY(holds, ways_back_are_left(policy_, one));
  }
  if (holds) {
    shapes_.emplace(shape, std::move(out));
    return {};
  }
  SP_TRY(const auto proof, prove_policy(policy_, one, {.pessimistic = false}));
  for (const auto& f : proof.findings) {
    if (f.standing == Standing::holds) continue;
    out.weaker = out.weaker || (f.guarantee == "recovery_not_weaker_than_sign_in" && f.standing == Standing::broken);
    out.broken.push_back(f);
  }
  out.family = proof.answers.find("accounts")->find(kind.name)->find("takeover")->as_array().size();
  shapes_.emplace(shape, std::move(out));
  return {};
}

Result<std::string> StandingProof::kind_of(const AccountRecord& account) {
  auto key = grouping_.key_of(account);
  if (kinds_.contains(key)) return key;
  const auto kind = grouping_.kinds({account}).front();
  SP_TRY(const auto asked, asked_of(kind));
  auto shape = concat(asked, "|", kind.enrolled ? std::to_string(*kind.enrolled) : std::string("all"));
  SP_CHECK(prove(shape, asked, kind));
  kinds_[key].shape = std::move(shape);
  return key;
}

Result<void> StandingProof::take(const std::vector<AccountRecord>& accounts) {
  for (const auto& account : accounts) SP_CHECK(change(account));
  return {};
}

Result<void> StandingProof::change(const AccountRecord& account) {
  SP_TRY(auto key, kind_of(account));
  auto [known, fresh] = key_of_account_.try_emplace(account.id, key);
  if (!fresh) {
    auto& before = kinds_.at(known->second);
    --before.accounts;
    --shapes_.at(before.shape).accounts;
  }
  auto& kind = kinds_.at(key);
  ++kind.accounts;
  ++shapes_.at(kind.shape).accounts;
  known->second = std::move(key);
  return {};
}

StandingProof::Totals StandingProof::totals() const {
  Totals out;
  out.accounts = key_of_account_.size();
  out.kinds = kinds_.size();
  out.shapes = shapes_.size();
  for (const auto& [shape, s] : shapes_) {
    out.largest_family = std::max(out.largest_family, s.family);
    if (!s.broken.empty()) out.broken += s.accounts;
    if (s.weaker) out.weaker += s.accounts;
  }
  return out;
}

std::vector<std::pair<Finding, std::uint64_t>> StandingProof::broken() const {
  std::vector<std::pair<Finding, std::uint64_t>> out;
  for (const auto& [shape, s] : shapes_)
    for (const auto& finding : s.broken)
      if (s.accounts > 0) out.emplace_back(finding, s.accounts);
  return out;
}

}  // namespace sallyport::proof
