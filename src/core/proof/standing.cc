#include "core/proof/standing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace sallyport::proof {
namespace {

std::string text_of(const Needs& n) {
  std::string out =
      concat(int{n.signals}, ",", int{n.strong}, ",", n.include, ",", n.allow, ",", n.hold_with_strong.milliseconds,
             ",", n.hold_without_strong.milliseconds, n.alarm ? ",a" : "");
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

Result<StandingProof::Asked> StandingProof::asked_of(const AccountKind& kind) {
  Asked out;
  const auto facts = kind.facts.view();
  for (const auto& [action, tier] : policy_.actions()) {
    if (!restores(action)) continue;
    SP_TRY(const auto asks, easiest(policy_, space_, action, kind.facts, contexts_));
    std::vector<std::string> texts;
    for (const auto& ask : asks) {
      out.forms[action].push_back(ask.needs);
      texts.push_back(text_of(ask.needs));
    }
    std::ranges::sort(texts);
    out.text += concat("|", to_string(action));
    for (const auto& text : texts) out.text += concat(" ", text);
  }
  const auto home =
      facts.knows(Attribute::account_organization) ? facts.text(Attribute::account_organization) : std::string_view();
  const bool by_home = std::ranges::any_of(policy_.selectors(), [](const auto& c) { return c.from.has_value(); });
  out.beside = concat(policy_.demand(facts, Action::unlock, space_).account_class, "|",
                      kind.mailbox_of_account ? "m" : "", "|", kind.meant_for ? kind.meant_for->text() : std::string(),
                      "|", kind.held_by.value_or(""), "|", kind.manager.value_or(""), "|", by_home ? home : "");
  out.text += concat("|", out.beside);
  return out;
}

bool StandingProof::asks_at_least(const Asked& more, const Asked& less) {
  return std::ranges::all_of(more.forms, [&](const auto& action) {
    const auto there = less.forms.find(action.first);
    return there != less.forms.end() && std::ranges::all_of(action.second, [&](const Needs& needs) {
             return std::ranges::any_of(there->second, [&](const Needs& n) { return at_most(n, needs); });
           });
  });
}

// Whatever answers this answers that of which less is asked, all else being equal: each way to take the account
// contains one to take the other. Of these all are as hard as signing in, and what contains a hard way is no easier.
bool StandingProof::holds_for_less(const Asked& asked) const {
  const auto least = least_.find(asked.beside);
  return least != least_.end() &&
         std::ranges::any_of(least->second, [&](const Asked& less) { return asks_at_least(asked, less); });
}

bool StandingProof::by_way() const { return std::ranges::any_of(policy_.acceptances(), &Acceptance::is_of_a_way); }

std::optional<bool> StandingProof::attacks_known(const Asked& asked) const {
  if (by_way()) return false;
  if (holds_for_less(asked)) return true;
  if (const auto known = with_everything_.find(asked.text); known != with_everything_.end()) return known->second;
  return std::nullopt;
}

// What an attacker can do to an account with less enrolled they can do to one with everything. An acceptance is of one
// way and no other, and with less enrolled another way may be the smallest: then each account is looked at by itself.
Result<bool> StandingProof::no_attack_breaks_with_everything(const Asked& asked, Population one) {
  one.accounts.front().enrolled.reset();
  bool holds = false;
  if (depth_ == Depth::weaker_only) {
    SP_TRY(const auto weaker, weaker_than_sign_in(policy_, one));
    holds = !weaker.front();
  } else if (const auto proof = prove_policy(
                 policy_, one, {.pessimistic = false, .only = one.accounts.front().name, .ways_back = false})) {
    holds = std::ranges::all_of(proof->findings, [&](const Finding& f) {
      return f.standing == Standing::holds || f.account != one.accounts.front().name;
    });
    largest_family_ = std::max(largest_family_, proof->largest_family);
  }  // a fault: perhaps too large with everything
  with_everything_.emplace(asked.text, holds);
  if (holds) {
    auto& least = least_[asked.beside];
    std::erase_if(least, [&](const Asked& more) { return asks_at_least(more, asked); });
    least.push_back(asked);
  }
  return holds;
}

// A way back that is left to an account with less enrolled, of which more is asked, is left to this one: it has all
// that the way needs, and what is lost with a thing is lost to both.
bool StandingProof::a_way_back_is_known(const Asked& asked, SignalSet enrolled) const {
  const auto known = ways_back_.find(asked.beside);
  return known != ways_back_.end() && std::ranges::any_of(known->second, [&](const WayBack& way) {
           return (way.enrolled & ~enrolled) == 0 && asks_at_least(way.asked, asked);
         });
}

// First with what everybody has: what is shown so settles all who are asked no more. People are honest here, whoever
// else may have their accounts, so that these are not in the model.
Result<bool> StandingProof::ways_back_are_left(const Asked& asked, const AccountKind& kind) {
  if (policy_.guarantees().after_losing.empty() || asked.forms.empty()) return true;  // refused: on purpose
  constexpr auto everything = static_cast<SignalSet>(~SignalSet{0});
  const auto enrolled = kind.enrolled.value_or(everything);
  const auto by_all = enrolled_by_all_.try_emplace(asked.beside, everything).first->second &= enrolled;
  if (a_way_back_is_known(asked, enrolled)) return true;
  auto& too_few = not_enough_[asked.text];
  auto one = alone(kind);
  for (auto& people : one.people) people.account.reset();
  for (const auto candidate : {by_all, enrolled}) {
    if (too_few && (candidate & ~*too_few) == 0) continue;
    one.accounts.front().enrolled = candidate;
    if (candidate == everything) one.accounts.front().enrolled.reset();
    SP_TRY(const bool left, ways_back_are_left(one));
    if (left) {
      auto& known = ways_back_[asked.beside];
      std::erase_if(known, [&](const WayBack& way) {
        return (candidate & ~way.enrolled) == 0 && asks_at_least(asked, way.asked);
      });
      known.push_back({asked, candidate});
      return true;
    }
    too_few = candidate;
  }
  return false;
}

Result<bool> StandingProof::ways_back_are_left(const Population& one) const {
  SP_TRY(const auto compiled, compile(policy_, one, Reading::technical));
  if (compiled.accounts.front().asks.empty()) return false;  // not what was asked of it: it is looked at by itself
  AccountProver prover(compiled.model);
  const auto& account = *std::ranges::find(compiled.model.accounts, one.accounts.front().name, &prover::Account::name);
  const bool left = std::ranges::all_of(
      account.losses, [&](const prover::Loss& loss) { return prover.ways_left(account, loss.atoms).value_or(1) > 0; });
  return left && !prover.exhausted();
}

Population StandingProof::alone(const AccountKind& kind) const {
  Population one;
  one.name = people_.name;
  one.people = people_.people;
  one.levels = people_.levels;
  one.governance = people_.governance;
  one.accounts.push_back(kind);
  return one;
}

Result<Population> StandingProof::population_of(const AccountKind& kind) const {
  auto one = alone(kind);
  SP_CHECK(add_accounts_of_people(one));
  return one;
}

// The accounts by which people speak for others are in the model; what they are promised is not asked here. Of those
// who only vouch, and for others than this one and than those who speak for it, nothing is needed.
Result<void> StandingProof::add_accounts_of_people(Population& one) const {
  const auto& target = one.accounts.front().name;
  const bool any_may_sit = std::ranges::any_of(policy_.selectors(), [](const auto& seat) { return !seat.role; });
  std::vector<bool> speaks(one.people.size());
  for (std::size_t next = 0; next < one.accounts.size(); ++next) {
    const auto manager = one.accounts[next].manager;
    for (std::size_t k = 0; k < one.people.size(); ++k) {
      const auto& kind = one.people[k];
      const bool vouches = kind.vouches && (!manager || *manager == kind.name);
      const bool governs = std::ranges::any_of(one.governance, [&](const Governor& governor) {
        return std::ranges::find(governor.of, kind.name) != governor.of.end();
      });
      if (speaks[k] || (!vouches && !any_may_sit && kind.seats.empty() && !kind.agent && !kind.invites && !governs))
        continue;
      speaks[k] = true;
      if (!kind.account) continue;
      if (*kind.account == target)
        return fault(FaultKind::invalid,
                     concat("an account is called `", target, "`, like a kind of the organization file"),
                     "give the kind another name");
      if (std::ranges::find(one.accounts, *kind.account, &AccountKind::name) == one.accounts.end())
        one.accounts.push_back(*std::ranges::find(people_.accounts, *kind.account, &AccountKind::name));
    }
  }
  for (std::size_t k = 0; k < one.people.size(); ++k) {
    if (speaks[k]) continue;
    one.people[k].account.reset();
    one.people[k].vouches = false;
  }
  return {};
}

Result<void> StandingProof::prove(const std::string& shape, const Asked& asked, const AccountKind& kind) {
  if (shapes_.contains(shape)) return {};
  Shape out;
  out.asked = asked;
  out.example = kind;
  const auto known = attacks_known(asked);
  bool holds = known.value_or(false);
  if (!known) {
    SP_TRY(auto one, population_of(kind));
    SP_TRY(holds, no_attack_breaks_with_everything(asked, std::move(one)));
  }
  if (holds && depth_ == Depth::guarantees) {
    SP_TRY(holds, ways_back_are_left(asked, kind));
  }
  if (!holds) SP_CHECK(prove_by_itself(out));
  shapes_.emplace(shape, std::move(out));
  return {};
}

Result<void> StandingProof::prove_by_itself(Shape& shape) {
  SP_TRY(const auto one, population_of(shape.example));
  if (depth_ == Depth::weaker_only) {
    SP_TRY(const auto weaker, weaker_than_sign_in(policy_, one));
    shape.weaker = weaker.front();
    return {};
  }
  const auto& name = shape.example.name;
  SP_TRY(const auto proof, prove_policy(policy_, one, {.pessimistic = false, .only = name}));
  for (const auto& f : proof.findings) {
    if (f.standing == Standing::holds || f.account != name) continue;
    shape.weaker =
        shape.weaker || (f.guarantee == "recovery_not_weaker_than_sign_in" && f.standing == Standing::broken);
    shape.broken.push_back(f);
  }
  largest_family_ = std::max(largest_family_, proof.largest_family);
  return {};
}

Result<std::string> StandingProof::kind_of(const AccountRecord& account) {
  auto key = grouping_.key_of(account);
  if (kinds_.contains(key)) return key;
  const auto kind = grouping_.kinds({account}).front();
  SP_TRY(const auto asked, asked_of(kind));
  auto shape = concat(asked.text, "|", kind.enrolled ? std::to_string(*kind.enrolled) : std::string("all"));
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

std::uint32_t StandingProof::places(const Policy& policy, const Asked& asked, const PeopleKind& kind,
                                    const AccountKind& account) {
  std::uint32_t out = 0;
  for (const auto& [action, forms] : asked.forms)
    for (const auto& needs : forms) out = std::max(out, places_for(policy, kind, account, needs));
  return out;
}

// Of two of which one asks at least what the other does, it has no smaller number.
std::int64_t StandingProof::least_asked(const Asked& asked) {
  constexpr std::int64_t refused = 1'000'000;
  std::int64_t out = 0;
  for (const auto action : all_actions) {
    auto least = refused;
    if (const auto forms = asked.forms.find(action); forms != asked.forms.end())
      for (const auto& needs : forms->second) {
        std::int64_t people = 0;
        for (std::size_t i = 0; i < needs.seat_kinds; ++i) people += needs.seats[i].at_least;
        least = std::min(least, people + needs.signals + needs.strong + (needs.alarm ? 1 : 0) +
                                    (needs.hold_without_strong > Duration{} ? 1 : 0));
      }
    out += least;
  }
  return out;
}

// A model has as many of a kind as one case has places for, or all there are. So it is the same one before and after,
// unless there are, or were, fewer than that.
Result<std::vector<std::string>> StandingProof::touched_by(const PeopleKind& kind, std::uint32_t before,
                                                           std::uint32_t now) {
  std::uint32_t beside = kind.invites ? 2 : 0;  // operators, who govern by twos
  for (const auto& governor : people_.governance)
    if (std::ranges::find(governor.of, kind.name) != governor.of.end()) beside = std::max(beside, governor.at_least);
  for (const auto& account : people_.accounts) {  // by which people speak for others
    SP_TRY(const auto asked, asked_of(account));
    beside = std::max(beside, places(policy_, asked, kind, account));
  }
  std::vector<std::string> out;
  const std::string* text = nullptr;  // of the shape before: shapes that differ in what is enrolled stand together
  bool touched = false;
  for (const auto& [name, shape] : shapes_) {
    if (text == nullptr || *text != shape.asked.text) {
      const auto most = std::max(beside, places(policy_, shape.asked, kind, shape.example)) + 1;  // whoever holds it
      touched = std::min(before, most) != std::min(now, most);
      text = &shape.asked.text;
    }
    if (touched) out.push_back(name);
  }
  return out;
}

void StandingProof::sort_by_asked(std::vector<std::string>& shapes, int sign) const {
  std::vector<std::pair<std::int64_t, std::string>> keyed;
  keyed.reserve(shapes.size());
  for (auto& shape : shapes) {
    const auto asked = least_asked(shapes_.at(shape).asked);
    keyed.emplace_back(sign * asked, std::move(shape));
  }
  std::ranges::stable_sort(keyed, {}, &std::pair<std::int64_t, std::string>::first);
  for (std::size_t i = 0; i < keyed.size(); ++i) shapes[i] = std::move(keyed[i].second);
}

// With fewer people an attacker has fewer ways, and the front door, which opens to nobody but its holder, has the same:
// what held against attackers holds. With more, whoever had a way back has it still.
Result<std::size_t> StandingProof::people_are(std::string_view name, std::uint32_t count) {
  auto& kind = *std::ranges::find(people_.people, name, &PeopleKind::name);
  const auto before = std::exchange(kind.count, count);
  SP_TRY(auto again, touched_by(kind, before, count));
  const auto number = again.size();
  if (number == 0) return number;
  not_enough_.clear();
  if (count < before) {
    ways_back_.clear();
    std::erase_if(with_everything_, [](const auto& known) { return !known.second; });
    // Whoever is asked most first: the ways that are left to them are left to most of the others.
    sort_by_asked(again, -1);
    std::vector<std::string> broken;
    for (auto& shape : again) {
      const auto& s = shapes_.at(shape);
      bool holds = s.broken.empty() && !s.weaker && !by_way();
      if (holds && depth_ == Depth::guarantees) {
        SP_TRY(holds, ways_back_are_left(s.asked, s.example));
      }
      if (!holds) broken.push_back(std::move(shape));
    }
    again = std::move(broken);
  } else {
    with_everything_.clear();
    least_.clear();
  }
  // Whoever is asked least first: what holds for them settles most of the others.
  sort_by_asked(again, 1);
  for (const auto& shape : again) {
    const auto& s = shapes_.at(shape);
    if (count > before && s.broken.empty() && !s.weaker && attacks_known(s.asked) == true) continue;
    const auto was = std::move(shapes_.extract(shape).mapped());
    SP_CHECK(prove(shape, was.asked, was.example));
    shapes_.at(shape).accounts = was.accounts;
  }
  return number;
}

StandingProof::Totals StandingProof::totals() const {
  Totals out;
  out.accounts = key_of_account_.size();
  out.kinds = kinds_.size();
  out.shapes = shapes_.size();
  out.largest_family = largest_family_;
  for (const auto& [shape, s] : shapes_) {
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
