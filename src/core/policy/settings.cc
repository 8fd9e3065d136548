#include "core/policy/settings.h"

#include <algorithm>

#include "base/text.h"
#include "core/policy/explain.h"

namespace sallyport {
namespace {

constexpr std::string_view absent = "(nothing)";

std::string text_of(const std::optional<Duration>& span) { return span ? to_string(*span) : std::string(absent); }
std::string text_of(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : std::string(absent);
}
std::string text_of(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += concat(out.empty() ? "" : ", ", name);
  return out.empty() ? std::string(absent) : out;
}

// Of two sets that differ: is the second one larger, smaller, or another?
template <typename T>
Direction direction_of_sets(std::vector<T> was, std::vector<T> is, Direction when_more) {
  std::ranges::sort(was);
  std::ranges::sort(is);
  const auto when_less = when_more == Direction::easier ? Direction::harder : Direction::easier;
  if (std::ranges::includes(is, was)) return when_more;
  if (std::ranges::includes(was, is)) return when_less;
  return Direction::both;
}

class Comparer {
 public:
  std::vector<SettingChange> out;

  // The larger, the easier or the harder. What is absent is `nothing_is`: the loosest a setting can be or the tightest.
  template <typename T>
  void number(std::string where, const std::optional<T>& was, const std::optional<T>& is, Direction when_more,
              T nothing_is) {
    if (was == is) return;
    const bool more = was.value_or(nothing_is) < is.value_or(nothing_is);
    const auto when_less = when_more == Direction::easier ? Direction::harder : Direction::easier;
    tell(more ? when_more : when_less, std::move(where), text_of(was), text_of(is));
  }
  void at_most(std::string where, const std::optional<Duration>& was, const std::optional<Duration>& is) {
    number(std::move(where), was, is, Direction::easier, forever);
  }
  void at_least(std::string where, const std::optional<Duration>& was, const std::optional<Duration>& is) {
    number(std::move(where), was, is, Direction::harder, Duration{});
  }
  void names(std::string where, const std::vector<std::string>& was, const std::vector<std::string>& is,
             Direction when_more) {
    if (was != is) tell(direction_of_sets(was, is, when_more), std::move(where), text_of(was), text_of(is));
  }
  void flag(std::string where, bool was, bool is, Direction when_set) {
    const auto otherwise = when_set == Direction::easier ? Direction::harder : Direction::easier;
    if (was != is) tell(is ? when_set : otherwise, std::move(where), was ? "yes" : "no", is ? "yes" : "no");
  }
  void tell(Direction direction, std::string where, std::string was, std::string is) {
    out.push_back({direction, std::move(where), std::move(was), std::move(is)});
  }

  // Each of both that has the same name is compared; one that is there in one policy alone is a way more, or less.
  template <typename Part, typename Compare>
  void each(std::string_view section, const std::vector<Part>& was, const std::vector<Part>& is,
            const Compare& compare) {
    for (const auto& part : was) {
      const auto now = std::ranges::find(is, part.name, &Part::name);
      const auto where = concat(section, ".", part.name.text());
      if (now == is.end()) tell(Direction::harder, where, text_of(part.rests_on), std::string(absent));
      else compare(where, part, *now);
    }
    for (const auto& part : is)
      if (std::ranges::find(was, part.name, &Part::name) == was.end())
        tell(Direction::easier, concat(section, ".", part.name.text()), std::string(absent), text_of(part.rests_on));
  }
};

void compare_ways(Comparer& c, const Policy& before, const Policy& after) {
  // Resting on more, it is independent of fewer others: what counts beside it is less.
  c.each(
      "signals", before.signals(), after.signals(),
      [&](const std::string& where, const SignalRule& was, const SignalRule& is) {
        c.names(concat(where, ".rests_on"), was.rests_on, is.rests_on, Direction::harder);
        c.at_most(concat(where, ".fresh"), was.fresh, is.fresh);
        c.at_least(concat(where, ".enrolled_for"), was.enrolled_for, is.enrolled_for);
        c.at_least(concat(where, ".unchanged_for"), was.unchanged_for, is.unchanged_for);
        c.at_most(concat(where, ".valid_for"), was.valid_for, is.valid_for);
        c.flag(concat(where, ".strong"), was.strong, is.strong, Direction::easier);
        if (was.issued != is.issued)  // it then counts when the gateway sent it, and is sent to whoever has the address
          c.tell(Direction::both, concat(where, ".issued"), was.issued ? "yes" : "no", is.issued ? "yes" : "no");
      });
  c.each("notices", before.notices(), after.notices(),
         [&](const std::string& where, const NoticeRule& was, const NoticeRule& is) {
           c.names(concat(where, ".rests_on"), was.rests_on, is.rests_on, Direction::harder);
           c.at_least(concat(where, ".unchanged_for"), was.unchanged_for, is.unchanged_for);
         });
}

void compare_limits(Comparer& c, const Limits& was, const Limits& is) {
  constexpr auto any_number = ~std::uint32_t{0};
  const auto count = [&](std::string_view name, std::optional<std::uint32_t> old, std::optional<std::uint32_t> now) {
    c.number(concat("limits.", name), old, now, Direction::easier, any_number);
  };
  count("cases_per_account_24h", was.cases_per_account_24h, is.cases_per_account_24h);
  count("tries_per_signal", was.tries_per_signal, is.tries_per_signal);
  count("approvals_per_approver_1h", was.approvals_per_approver_1h, is.approvals_per_approver_1h);
  c.at_least("limits.cooldown_after_own_recovery", was.cooldown_after_own_recovery, is.cooldown_after_own_recovery);
  c.at_most("limits.case_lifetime", was.case_lifetime, is.case_lifetime);
  c.at_most("limits.verified_for", was.verified_for, is.verified_for);
}

std::vector<std::string> ways_of(const FrontDoor* door) {
  std::vector<std::string> out;
  if (door != nullptr)
    for (const auto& way : door->ways) {
      auto& text = out.emplace_back();
      for (const auto& authenticator : way) text += concat(text.empty() ? "" : " and ", authenticator);
    }
  return out;
}

// What recovery is measured against: one way more to sign in, and recovery may be as easy as that.
void compare_front_doors(Comparer& c, const Policy& before, const Policy& after) {
  const auto door = [](const Policy& policy, const ClassName& name) -> const FrontDoor* {
    const auto found = std::ranges::find(policy.front_doors(), name, &FrontDoor::account_class);
    return found == policy.front_doors().end() ? nullptr : &*found;
  };
  for (const auto& was : before.front_doors())
    c.names(concat("front_door.", was.account_class.text()), ways_of(&was), ways_of(door(after, was.account_class)),
            Direction::easier);
  for (const auto& is : after.front_doors())
    if (door(before, is.account_class) == nullptr)
      c.names(concat("front_door.", is.account_class.text()), {}, ways_of(&is), Direction::easier);
}

void compare_promises(Comparer& c, const Policy& before, const Policy& after) {
  const auto& was = before.guarantees();
  const auto& is = after.guarantees();
  const auto classes = [](const Guarantees& g) {
    std::vector<std::string> out;
    for (const auto& name : g.dominance) out.push_back(name.text());
    return out;
  };
  const std::string dominance = "guarantees.recovery_not_weaker_than_sign_in";
  c.flag(concat(dominance, " for all"), was.dominance_for_all, is.dominance_for_all, Direction::harder);
  if (!was.dominance_for_all && !is.dominance_for_all) c.names(dominance, classes(was), classes(is), Direction::harder);
  const auto people = [&](std::string_view guarantee, std::map<ClassName, std::uint32_t> Guarantees::* promised) {
    const auto number = [&](const Guarantees& g, const ClassName& name) -> std::optional<std::uint32_t> {
      const auto found = (g.*promised).find(name);
      return found == (g.*promised).end() ? std::nullopt : std::optional(found->second);
    };
    auto asked = was.*promised;
    asked.insert((is.*promised).begin(), (is.*promised).end());
    for (const auto& [name, unused] : asked)
      c.number(concat("guarantees.", guarantee, ".", name.text()), number(was, name), number(is, name),
               Direction::harder, std::uint32_t{0});
  };
  people("people_needed", &Guarantees::people_needed);
  people("people_needed_with_governance", &Guarantees::people_needed_with_governance);
  c.names("guarantees.never_alone", was.never_alone, is.never_alone, Direction::harder);
  c.names("guarantees.no_lockout", was.after_losing, is.after_losing, Direction::harder);
  const auto accepted = [](const Policy& policy) {
    std::vector<std::string> out;
    for (const auto& a : policy.acceptances())
      out.push_back(
          concat(a.account_class.text(), ": ",
                 a.is_of_a_way() ? text_of(a.way) : concat("people talked over, for ", in_words(a.compensated_by)),
                 " until ", a.until_day));
    return out;
  };
  c.names("acceptances", accepted(before), accepted(after), Direction::easier);
}

std::string text_of(const std::optional<Condition>& when) { return when ? when->text() : std::string(); }

}  // namespace

std::vector<SettingChange> compare_settings(const Policy& before, const Policy& after) {
  Comparer c;
  compare_ways(c, before, after);
  compare_limits(c, before.limits(), after.limits());
  compare_front_doors(c, before, after);
  compare_promises(c, before, after);
  return std::move(c.out);
}

bool ask_the_same(const Policy& before, const Policy& after) {
  const auto tier_asks = [](const Policy& policy, const std::optional<TierName>& name) {
    return name ? std::optional(policy.tiers().at(*name).requirement) : std::nullopt;
  };
  const bool classes = std::ranges::equal(before.classes(), after.classes(), [&](const auto& a, const auto& b) {
    return a.name == b.name && text_of(a.when) == text_of(b.when) &&
           tier_asks(before, a.floor) == tier_asks(after, b.floor);
  });
  const bool actions = std::ranges::equal(before.actions(), after.actions(), [&](const auto& a, const auto& b) {
    return a.first == b.first && tier_asks(before, a.second) == tier_asks(after, b.second);
  });
  const bool rules = std::ranges::equal(before.rules(), after.rules(), [](const auto& a, const auto& b) {
    return a.when.text() == b.when.text() && a.deny.has_value() == b.deny.has_value() && a.raises == b.raises;
  });
  const bool points = std::ranges::equal(before.risk_points(), after.risk_points(), [](const auto& a, const auto& b) {
    return a.add == b.add && a.when.text() == b.when.text();
  });
  const bool levels = std::ranges::equal(before.risk_levels(), after.risk_levels(), [](const auto& a, const auto& b) {
    return a.name == b.name && a.at_least == b.at_least;
  });
  return classes && actions && rules && points && levels &&
         before.limits().cases_per_account_24h == after.limits().cases_per_account_24h;
}

}  // namespace sallyport
