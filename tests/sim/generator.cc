#include "../tests/sim/generator.h"

#include <algorithm>

#include "base/assert.h"

namespace sallyport::sim {

std::int64_t Generator::somebody(StaffRole role) {
  std::vector<std::int64_t> may;
  for (std::size_t i = 0; i < world_.company.people.size(); ++i) {
    const auto& person = world_.company.people[i];
    if (person.is(role) && (!world_.gone.contains(person.name) || seeded_.one_in(8)))
      may.push_back(static_cast<std::int64_t>(i));
  }
  return may.empty() ? 0 : seeded_.pick(may);
}

Step Generator::next() {
  wake_.reset();
  auto out = [&] {
    // What fails for long stops everything else, and shows no more than what fails for a while.
    if (clock_off_ && seeded_.one_in(12)) return repaired(clock_off_, StepKind::clock_repaired);
    if (away_ && seeded_.one_in(10)) return repaired(away_, StepKind::directory_back);
    if (full_ && seeded_.one_in(6)) return repaired(full_, StepKind::disk_has_room);
    if (seeded_.one_in(11)) return failure();
    if (seeded_.one_in(8)) return step(StepKind::commit);
    if (seeded_.one_in(9)) return step(StepKind::tick);
    std::vector<std::int64_t> open, closed;
    for (std::size_t i = 1; i < world_.cases.size(); ++i) {
      const auto number = static_cast<std::int64_t>(i);
      const auto state = world_.state_of(number);
      if (state) (state->closed ? closed : open).push_back(number);
    }
    const bool may_open = world_.cases.size() <= cases_max_;
    if (may_open && (open.size() < 3 || (open.size() < 7 && seeded_.one_in(12)))) return opening();
    if (!closed.empty() && (open.empty() || seeded_.one_in(14))) {
      const auto number = seeded_.pick(closed);
      auto review =
          step(StepKind::reviews, number, somebody(seeded_.one_in(6) ? StaffRole::approver : StaffRole::reviewer),
               seeded_.one_in(5) ? 1 : 0);
      review.d = seeded_.one_in(4) ? 1 : 0;
      return seeded_.one_in(4) ? odd(number, *world_.state_of(number)) : review;
    }
    if (open.empty()) return step(StepKind::commit);
    const auto number = seeded_.pick(open);
    return of_case(number, *world_.state_of(number));
  }();
  out.seed = seeded_.next();
  let_time_pass(out);
  return out;
}

void Generator::let_time_pass(Step& out) {
  const auto now = world_.site->true_time();
  auto by = Duration{static_cast<std::int64_t>(seeded_.below(20'000))};
  if (seeded_.one_in(25)) by = minutes(1 + number_below(20));
  if (seeded_.one_in(400)) by = hours(1 + number_below(30));
  out.at = now + by;
  if (wake_ && *wake_ > out.at && *wake_ - now < hours(26)) out.at = *wake_;
}

Step Generator::repaired(bool& what, StepKind by) {
  what = false;
  return step(by);
}

Step Generator::opening() {
  const auto policy = world_.site->adjudicator().organization()->policy;
  auto out = step(StepKind::opens, static_cast<std::int64_t>(world_.cases.size()), somebody(StaffRole::agent),
                  number_below(world_.company.accounts.size()));
  if (seeded_.one_in(30)) out.b = number_below(world_.company.people.size());
  if (seeded_.one_in(3)) out.c = number_below(3);  // accounts that many cases are about
  std::vector<Action> actions;
  for (const auto& [action, tier] : policy->actions()) actions.push_back(action);
  out.d = static_cast<std::int64_t>(seeded_.one_in(40) ? Action::service_secret_rotate : seeded_.pick(actions));
  out.e = seeded_.one_in(3) ? number_below(6) : 0;
  return out;
}

Step Generator::of_case(std::int64_t number, const CaseState& state) {
  const auto& agent = world_.company.people[world_.cases[static_cast<std::size_t>(number)].agent];
  const std::size_t oddly = agent.temperament == Temperament::honest   ? 14
                            : agent.temperament == Temperament::absent ? 6
                                                                       : 5;
  return seeded_.one_in(oddly) ? odd(number, state) : useful(number, state);
}

Step Generator::useful(std::int64_t number, const CaseState& state) {
  const auto& o = state.opened;
  if (state.intent) return execution(number, StepKind::reconciles);
  if (state.permit) return execution(number, StepKind::executes);
  if (!state.joined && seeded_.one_in(2)) return step(StepKind::joins, number);
  const bool told = o.requirement.alarm.value_or(false);
  if (told && state.notices.size() < 4 && !seeded_.one_in(3)) return step(StepKind::is_told, number, number_below(4));
  const auto now = world_.site->adjudicator().now();
  if (!state.identity || now >= state.identity->expires_at) return evidence(number, state);
  if (needs_sealed_secret(o.action) && !state.secret) return step(StepKind::seals, number);
  if (state.identity->hold_until > now && (o.requirement.approvers.empty() || seeded_.one_in(3))) {
    wake_ = state.identity->hold_until + Duration{number_below(120'000)};
    return step(StepKind::tick);
  }
  if (o.requirement.approvers.empty()) {
    if (seeded_.one_in(2)) return step(StepKind::tick);
    auto asks =
        step(StepKind::asks, number, static_cast<std::int64_t>(world_.cases[static_cast<std::size_t>(number)].agent));
    asks.d = static_cast<std::int64_t>(o.action);
    return asks;
  }
  return approval(number, state);
}

Step Generator::evidence(std::int64_t number, const CaseState& state) {
  const auto& home = world_.cases[static_cast<std::size_t>(number)];
  const auto policy = world_.site->adjudicator().organization()->policy;
  std::vector<std::int64_t> wanted;
  for (std::size_t s = 1; s < simulated_signals.size(); ++s) {
    const auto name = SignalName::parse(simulated_signals[s]);
    if (policy->signal(*name) == nullptr) continue;
    const bool given = std::ranges::any_of(
        state.evidence, [&](const Evidence& e) { return e.signal == *name && e.result == EvidenceResult::passed; });
    const auto& include = state.opened.requirement.include;
    const auto place = static_cast<std::int64_t>(s);
    if (!given || state.identity) wanted.push_back(place);
    if (!given && std::ranges::find(include, *name) != include.end()) wanted.insert(wanted.end(), 5, place);
    if (!given && state.opened.requirement.strong > 0 && policy->signal(*name)->strong)
      wanted.insert(wanted.end(), 2, place);
  }
  if (wanted.empty() || seeded_.one_in(40)) wanted = {number_below(simulated_signals.size() - 1) + 1};
  const auto signal = seeded_.pick(wanted);
  const auto name = std::string(simulated_signals[static_cast<std::size_t>(signal)]);
  if (name == "mail_code") {
    const auto asked = std::ranges::count(state.requests, *SignalName::parse("mail_code"), &SignalRequested::signal);
    const auto given = std::ranges::count(state.evidence, *SignalName::parse("mail_code"), &Evidence::signal);
    if (asked <= given) return step(StepKind::asks_for_mail, number);
  }
  auto how = home.can_pass.contains(name) ? Given::right : Given::wrong;
  if (seeded_.one_in(16)) how = static_cast<Given>(seeded_.below(5));
  return step(StepKind::gives, number, signal, static_cast<std::int64_t>(how));
}

// Approvers who have had a part in the case already, by this account or by another one of theirs.
std::vector<std::int64_t> Generator::involved_approvers(const CaseState& state) const {
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < world_.company.people.size(); ++i) {
    const auto& person = world_.company.people[i];
    const auto id = PersonId::parse(person.natural_person);
    if (person.is(StaffRole::approver) && std::ranges::find(state.involved, *id) != state.involved.end())
      out.push_back(static_cast<std::int64_t>(i));
  }
  return out;
}

Step Generator::approval(std::int64_t number, const CaseState& state) {
  auto by = somebody(StaffRole::approver);
  if (seeded_.one_in(4))
    if (const auto involved = involved_approvers(state); !involved.empty()) by = seeded_.pick(involved);
  const auto& person = world_.company.people[static_cast<std::size_t>(by)];
  auto how = Signed::well;
  if (person.temperament == Temperament::hurried && seeded_.one_in(3)) how = Signed::by_touch_alone;
  if (person.temperament == Temperament::duped && seeded_.one_in(4)) how = Signed::on_another_page;
  if (person.temperament == Temperament::malicious && seeded_.one_in(3)) how = Signed::another_statement;
  if (person.temperament == Temperament::honest && seeded_.one_in(20)) return step(StepKind::denies, number, by);
  if (state.opened.requirement.lists.value_or(1) > 1 && world_.cases.size() > 2 && seeded_.one_in(3))
    return step(StepKind::approves_list, number, by, 1 + number_below(world_.cases.size() - 1));
  return step(StepKind::approves, number, by, static_cast<std::int64_t>(how));
}

Step Generator::execution(std::int64_t number, StepKind kind) {
  auto out = step(kind, number, number_below(executors));
  constexpr std::size_t weathers = 9;
  if (seeded_.one_in(3)) out.c = number_below(weathers);
  if (seeded_.one_in(6)) out.d = 1 + number_below(8);
  return out;
}

// What people like these do as well: too early, twice, in somebody else's place, or to stop it.
Step Generator::odd(std::int64_t number, const CaseState& state) {
  const auto anybody = number_below(world_.company.people.size());
  switch (seeded_.below(16)) {
    case 0: return step(StepKind::approves, number, anybody);
    case 1: return step(StepKind::approves, number, somebody(StaffRole::approver), number_below(4));
    case 2: return execution(number, StepKind::executes);
    case 3: return execution(number, StepKind::reconciles);
    case 4: {
      auto asks = step(StepKind::asks, number, somebody(StaffRole::agent));
      asks.d = seeded_.one_in(2) ? static_cast<std::int64_t>(state.opened.action) : number_below(10);
      return asks;
    }
    case 5: return step(StepKind::joins, number);
    case 6: return step(StepKind::gives, number, 1 + number_below(simulated_signals.size() - 1), number_below(5));
    case 7: return step(StepKind::seals, number);
    case 8: return seeded_.one_in(3) ? step(StepKind::denies, number, anybody) : step(StepKind::commit);
    case 9: return seeded_.one_in(3) ? step(StepKind::cancels, number, anybody) : step(StepKind::commit);
    case 10:
      return seeded_.one_in(3) ? step(StepKind::objects, number, seeded_.one_in(2) ? -1 : anybody)
                               : step(StepKind::commit);
    case 11: return step(StepKind::reviews, number, anybody);
    case 12: return step(StepKind::signs_in, 0, anybody);
    case 13: return step(StepKind::approves_list, number, anybody, 1 + number_below(world_.cases.size()));
    case 14: return evidence(number, state);
    default: return step(StepKind::gives, number, 4, static_cast<std::int64_t>(Given::again));
  }
}

Step Generator::failure() {
  const auto account = number_below(seeded_.one_in(2) ? 3 : world_.company.accounts.size());
  switch (seeded_.below(26)) {
    case 0: return step(StepKind::executor_dies, 0, number_below(executors));
    case 1:
    case 2: return step(StepKind::gateway_dies, 0, 0, number_below(4));
    case 3: full_ = true; return step(StepKind::disk_is_full);
    case 4: return step(StepKind::fsync_fails, 0, 0, number_below(3));
    case 5:
    case 6: return step(StepKind::disk_has_room);
    case 7:
      return seeded_.one_in(6) ? step(StepKind::ledger_put_back, 0, 0, 1 + number_below(20)) : step(StepKind::commit);
    case 8: away_ = !away_; return step(away_ ? StepKind::directory_away : StepKind::directory_back);
    case 9: return step(StepKind::directory_back);
    case 10: kept_ = true; return step(StepKind::directory_kept);
    case 11: return kept_ && seeded_.one_in(3) ? step(StepKind::directory_put_back) : step(StepKind::commit);
    case 12: return step(StepKind::outsider_changes, 0, 0, account);
    case 13: return seeded_.one_in(3) ? step(StepKind::outsider_marks, 0, 0, account) : step(StepKind::commit);
    case 14: return step(StepKind::marker_repaired, 0, 0, account);
    case 15: {
      auto becomes = step(StepKind::account_becomes, 0, 0, account);
      becomes.d = number_below(4);
      return seeded_.one_in(3) ? becomes : step(StepKind::commit);
    }
    case 16:
    case 17: return step(StepKind::late_arrives);
    case 18: return step(StepKind::next_look, 0, 0, 1 + number_below(3));
    case 19: {
      static constexpr std::array<std::int64_t, 10> by{1'500,   -1'500,    4'000,      -4'000,     30'000,
                                                       -30'000, 3'600'000, -3'600'000, 86'400'000, 31'536'000'000};
      clock_off_ = true;
      return step(StepKind::clock_set, 0, 0, by[seeded_.below(by.size())]);
    }
    case 20: clock_off_ = true; return step(StepKind::clock_freezes);
    case 21:
    case 22: return step(StepKind::clock_repaired);
    case 23: return step(StepKind::mail_fate, 0, 0, 1 + number_below(3));
    case 24: return step(StepKind::mail_arrives);
    default:
      if (seeded_.one_in(4)) return step(StepKind::leaves, 0, number_below(world_.company.people.size()));
      if (!world_.proposed && seeded_.one_in(3)) return step(StepKind::proposes_policy);
      return step(StepKind::agrees, 0, number_below(3));
  }
}

}  // namespace sallyport::sim
