#include "core/proof/observe.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"
#include "core/policy/explain.h"
#include "core/proof/compensation.h"
#include "core/proof/easiest.h"
#include "core/proof/observing.h"

namespace sallyport::proof {
namespace {

// Keeping everybody out must not be harder than letting somebody in.
void safe_direction(Observing& o) {
  const auto& policy = o.policy();
  if (!policy.actions().contains(Action::suspend)) return;
  const Lines line{policy.action_line(Action::suspend)};
  for (const auto& account : o.compiled().accounts) {
    if (account.suspending.empty()) {
      o.tell("safe_direction", account.name, "suspending the account is refused, whoever asks", true, line);
      continue;
    }
    const auto easier = [&](const Ask& ask) {
      return std::ranges::none_of(account.suspending, [&](const Ask& s) { return at_most(s.needs, ask.needs); });
    };
    if (const auto ask = std::ranges::find_if(account.asks, easier); ask != account.asks.end())
      o.tell("safe_direction", account.name,
             concat("suspending the account asks for something that ", to_string(ask->action), " does not"), true,
             line);
  }
}

// Classes stand in the policy with the most protected first.
void impact_ladder(Observing& o) {
  const auto& policy = o.policy();
  std::set<std::string> told;
  for (const auto& high : o.compiled().accounts)
    for (const auto& low : o.compiled().accounts) {
      if (high.account_class >= low.account_class) continue;
      for (const auto& ask : high.asks) {
        bool any = false;
        bool less = false;
        for (const auto& other : low.asks)
          if (other.action == ask.action) {
            any = true;
            less = less || at_most(other.needs, ask.needs);
          }
        if (!any || less) continue;
        const auto words = concat(to_string(ask.action), " asks something of ", o.class_of(low).name.text(),
                                  " that it does not ask of ", o.class_of(high).name.text(), ", which stands above it");
        if (told.insert(words).second)
          o.tell("impact_ladder", high.name, words, true, {o.class_of(high).line, policy.action_line(ask.action)});
      }
    }
}

// Whoever is told beforehand can object. Without an alarm a hold gives other people time, and the holder none.
void alarm(Observing& o) {
  const auto& policy = o.policy();
  bool any = false;
  bool alarmed = false;
  for (const auto& account : o.compiled().accounts)
    for (const auto& ask : account.asks) {
      any = any || (o.guarded(account) && !ask.needs.alarm);
      alarmed = alarmed || ask.needs.alarm;
    }
  if (any)
    o.tell("alarm", "holders", "the holder hears of a recovery only afterwards: its tiers ask for no `alarm`", true);
  if (alarmed)
    o.tell("alarm", "ways",
           "what waits for an alarm is never done in this version: the gateway has no way to tell holders", true);
  for (const auto& [name, tier] : policy.tiers())
    if (tier.needs.hold_without_strong > tier.needs.hold_with_strong)
      o.tell("alarm", name.text(), concat("a strong signal shortens the hold of the tier ", name.text()), false,
             {tier.line});
}

// Where people can be talked into saying yes, somebody has to judge what makes up for it.
void talked_over(Observing& o) {
  const auto& policy = o.policy();
  const auto weaker = classes_talked_over(policy, o.proof());
  for (const auto& of_class : policy.classes()) {
    const auto accounts = weaker.find(of_class.name);
    if (accounts == weaker.end()) continue;
    const bool accepted = std::ranges::any_of(policy.acceptances(), [&](const Acceptance& a) {
      return !a.is_of_a_way() && a.account_class == of_class.name;
    });
    std::optional<std::vector<Compensation>> all;
    Json names = Json::array();
    for (const auto& account : o.compiled().accounts) {
      if (!accounts->second.contains(account.name)) continue;
      names.push(account.name);
      all = all ? common(*all, compensations_of(account)) : compensations_of(account);
    }
    const auto makes_up = std::move(all).value_or(std::vector<Compensation>{});
    Json made_up_by = Json::array();
    std::string keys;
    for (const auto one : makes_up) {
      made_up_by.push(to_string(one));
      keys += concat(keys.empty() ? "" : ", ", to_string(one));
    }
    auto words = concat("once people can be talked over, recovering an account of ", of_class.name.text(),
                        " is not as hard as signing in; ");
    if (makes_up.empty())
      words += "nothing makes up for it: no two approvers, hold, alarm or effect that ends is asked for of every form";
    else if (accepted) words += concat("what is asked for and makes up for it: ", in_words(makes_up));
    else
      words += concat("asked for and unjudged: ", in_words(makes_up),
                      "; if that is enough, accept it for a while: {class: ", of_class.name.text(),
                      ", reading: pessimistic, compensated_by: [", keys, "], until: DAY, because: ...}");
    o.tell("talked_over", of_class.name.text(), std::move(words), !accepted, {of_class.line},
           Json::object(
               {{"accounts", std::move(names)}, {"compensated_by", std::move(made_up_by)}, {"accepted", accepted}}));
  }
}

// A guarantee that holds because somebody accepted a way holds otherwise than one that is proved.
void accepted_ways(Observing& o) {
  const auto& policy = o.policy();
  for (const auto& accepted : policy.acceptances())
    o.tell("acceptance", accepted.account_class.text(), in_words(accepted), true, {accepted.line});
}

void refused_actions(Observing& o) {
  const auto& policy = o.policy();
  std::string names;
  for (const auto action : all_actions)
    if (!policy.actions().contains(action)) names += concat(names.empty() ? "" : ", ", to_string(action));
  if (!names.empty())
    o.tell("refused_actions", "", concat("always refused, because no floor is given: ", names), false);
}

}  // namespace

std::vector<Observation> observe(const Policy& policy, const Population& population, const Proof& proof,
                                 ObserveOptions options) {
  Observing o(policy, population, proof, options);
  observe_people(o);
  observe_attacks(o);
  observe_signals(o);
  observe_chains(o);
  observe_selves(o);
  observe_absences(o);
  observe_expiry(o);
  safe_direction(o);
  impact_ladder(o);
  observe_governance(o);
  alarm(o);
  talked_over(o);
  accepted_ways(o);
  refused_actions(o);
  auto told = o.take_told();
  std::vector<Observation> sorted;
  for (const bool concern : {true, false})
    for (auto& one : told)
      if (one.concern == concern) sorted.push_back(std::move(one));
  return sorted;
}

Json to_json(const Observation& o) {
  Json lines = Json::array();
  for (const auto line : o.lines) lines.push(line);
  return Json::object({{"property", o.property},
                       {"about", o.about},
                       {"words", o.words},
                       {"concern", o.concern},
                       {"lines", std::move(lines)},
                       {"data", o.data}});
}

}  // namespace sallyport::proof
