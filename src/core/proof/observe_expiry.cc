// What is left in ninety days if nothing is renewed: everything that has an age was new today. What the organization
// file does not tell (how old things are today, when appointments end) is named, and not guessed.
#include <algorithm>

#include "base/text.h"
#include "core/proof/observing.h"

namespace sallyport::proof {
namespace {

constexpr Duration ahead = days(90);
constexpr std::string_view property = "in_90_days";

// As the gateway will find it: data that had to be younger no longer counts, and whoever was proofed or enrolled today
// was so ninety days ago.
Population in_90_days(const Policy& policy, Population population) {
  SignalSet stale = 0;
  for (std::size_t i = 0; i < policy.signals().size(); ++i)
    if (policy.signals()[i].valid_for && *policy.signals()[i].valid_for < ahead) stale |= SignalSet{1} << i;
  for (auto& account : population.accounts) {
    const auto all = (SignalSet{1} << policy.signals().size()) - 1;
    account.enrolled = account.enrolled.value_or(all) & ~stale;
    for (const auto attribute : {Attribute::account_proofed_age, Attribute::account_recovery_factor_age}) {
      account.facts.set_number(attribute, ahead.milliseconds);
      account.said.push_back(attribute);
    }
  }
  return population;
}

void what_expires(Observing& o) {
  for (const auto& signal : o.policy().signals()) {
    if (!signal.valid_for) continue;
    const auto name = signal.name.text();
    if (*signal.valid_for < ahead)
      o.tell(property, name,
             concat(name, " does not count in 90 days unless the data behind it is renewed: it is valid for ",
                    to_string(*signal.valid_for)),
             false, {signal.line}, Json::object({{"signal", name}}));
    else
      o.tell(property, name,
             concat(name, " does not count in 90 days where the data behind it is older than ",
                    to_string(Duration{signal.valid_for->milliseconds - ahead.milliseconds}),
                    " today; the organization file does not tell its age"),
             false, {signal.line});
  }
}

// Nothing lost, or one of what may be lost: who is let in now, and not then?
void who_is_locked_out(Observing& o, const Compiled& then) {
  AccountProver later(then.model);
  const auto things = o.policy().guarantees().after_losing;
  for (const auto& account : o.compiled().accounts) {
    const auto& now = o.in_model(account);
    const auto& soon = *std::ranges::find(then.model.accounts, account.name, &prover::Account::name);
    std::string words;
    Json lost = Json::array();
    const auto ask = [&](std::string_view thing, const std::vector<prover::Index>& gone_now,
                         const std::vector<prover::Index>& gone_then) {
      if (o.prover().ways_left(now, gone_now).value_or(1) == 0) return;
      if (later.ways_left(soon, gone_then).value_or(1) > 0) return;
      lost.push(thing);
      if (!thing.empty()) words += concat(words.empty() ? "" : ", ", thing);
    };
    ask("", {}, {});
    const bool nobody = !lost.as_array().empty();
    for (const auto& thing : things) {
      if (nobody) break;
      ask(thing, std::ranges::find(now.losses, thing, &prover::Loss::name)->atoms,
          std::ranges::find(soon.losses, thing, &prover::Loss::name)->atoms);
    }
    if (lost.as_array().empty()) continue;
    o.tell(property, account.name,
           nobody ? std::string("in 90 days without renewal nobody gets in any more, even with everything they have")
                  : concat("in 90 days without renewal, whoever loses one of these is locked out: ", words),
           true, {}, Json::object({{"lost", std::move(lost)}}));
  }
}

}  // namespace

void observe_expiry(Observing& o) {
  what_expires(o);
  o.tell(property, "",
         "not looked at for 90 days from now, because the organization file does not tell: how old data and "
         "authenticators are today, when appointments end, and which day today is, beside which acceptances end",
         false);
  const auto population = in_90_days(o.policy(), o.population());
  const auto then = compile(o.policy(), population, Reading::technical);
  if (!then)
    return o.tell(property, "", concat("who is locked out in 90 days is not told: ", then.error().what), false);
  who_is_locked_out(o, *then);
}

}  // namespace sallyport::proof
