#include "core/drills/drill.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport::drills {
namespace {

bool is_of_vendors(Role role) { return role == Role::vendor || role == Role::vendor_agent; }

Result<IncidentResult> drilled(const Ground& ground, const Incident& incident) {
  IncidentResult out;
  out.incident = &incident;
  const bool vendors = std::ranges::any_of(ground.population.people, &proof::PeopleKind::third_party);
  if (!vendors && std::ranges::any_of(incident.people, is_of_vendors)) {
    out.does_not_apply = "the organization has no third parties";
    return out;
  }
  for (const auto account : ground.aimed_at(incident.aim)) {
    SP_TRY(auto attack, run_attack(ground, incident, account));
    out.attacks.push_back(std::move(attack));
  }
  // Nobody to play it, and nothing else that they had: then nothing was stopped.
  const auto roles =
      static_cast<std::size_t>(std::ranges::count_if(incident.people, [](Role role) { return role != Role::nobody; }));
  const bool things = std::ranges::any_of(incident.things, [](const auto& thing) { return !thing.empty(); });
  if (!things && roles > 0 && std::ranges::all_of(out.attacks, [&](const Attack& attack) {
        return attack.outcome == Outcome::stopped && attack.absent.size() == roles;
      })) {
    out.does_not_apply = "nobody in the organization has the part of those who were talked over or bribed";
    out.attacks.clear();
  }
  return out;
}

// Of the assumed kinds of account one is the leavers', where the policy tells them apart: none of them asks honestly.
// Who writes an organization file says which kinds there are.
bool nobody_honest_holds(const Ground& ground, std::size_t account) {
  const auto facts = ground.population.accounts[account].facts.view();
  return ground.population.assumed && facts.knows(Attribute::account_employment) &&
         facts.text(Attribute::account_employment) == "leaver";
}

HonestResult drilled(const Ground& ground, const HonestCase& honest) {
  HonestResult out;
  out.honest = &honest;
  for (const auto account : ground.aimed_at(honest.aim))
    if (!nobody_honest_holds(ground, account)) out.recoveries.push_back(run_honest(ground, honest, account));
  if (out.recoveries.empty())
    out.does_not_apply = concat("the organization has no account for it: ", to_string(honest.aim));
  return out;
}

// Which one line would have stopped those who got in, without refusing anybody honest if any such line is among them.
class OneLine {
 public:
  OneLine(const Policy& policy, const proof::Population& population, Drill& drill)
      : policy_(policy), population_(population), drill_(drill) {}

  Result<void> search() {
    for (auto& result : drill_.incidents)
      for (auto& attack : result.attacks)
        if (attack.outcome == Outcome::got_in) open_.push_back({result.incident, &attack, false});
    if (open_.empty()) return {};
    const auto edits = proof::one_line_edits(policy_);
    drill_.edits_there = edits.size();
    for (const auto& edit : edits) {
      if (drill_.edits_tried == edits_tried_max || std::ranges::all_of(open_, &Open::settled)) break;
      SP_CHECK(attempt(edit));
    }
    return {};
  }

 private:
  struct Open {
    const Incident* incident = nullptr;
    Attack* attack = nullptr;
    bool settled = false;  // by a line that refuses nobody honest
  };

  Result<void> attempt(const proof::OneLineEdit& edit) {
    const auto checked = Policy::check(edit.text);
    if (!checked.policy) return {};
    ++drill_.edits_tried;
    bool few_groups = false;
    auto population =
        population_.assumed ? proof::assumed(*checked.policy, few_groups) : Result<proof::Population>(population_);
    if (!population) return {};
    auto ground = Ground::prepare(*checked.policy, *population);
    if (!ground) return {};
    bool asked = false;
    std::vector<std::string> shut_out;
    for (auto& open : open_) {
      if (open.settled) continue;
      const auto account = std::ranges::find(population->accounts, open.attack->account, &proof::AccountKind::name);
      if (account == population->accounts.end()) continue;  // an assumed one, that the edit makes another
      SP_TRY(const auto outcome,
             outcome_of(*ground, *open.incident, static_cast<std::size_t>(account - population->accounts.begin())));
      if (outcome != Outcome::stopped) continue;
      if (!asked) shut_out = shut_out_by(*ground);
      asked = true;
      if (open.attack->one_line && !shut_out.empty()) continue;  // the narrower one was first
      open.attack->one_line = edit.edit;
      open.attack->shuts_out = shut_out;
      open.settled = shut_out.empty();
    }
    return {};
  }

  std::vector<std::string> shut_out_by(const Ground& ground) const {
    std::vector<std::string> out;
    for (const auto& before : drill_.honest) {
      if (before.worst() != Restored::yes) continue;
      if (drilled(ground, *before.honest).worst() == Restored::no) out.emplace_back(before.honest->id);
    }
    return out;
  }

  const Policy& policy_;
  const proof::Population& population_;
  Drill& drill_;
  std::vector<Open> open_;
};

Json list_of(const auto& texts) {
  Json out = Json::array();
  for (const auto& text : texts)
    if (!text.empty()) out.push(text);
  return out;
}

Json json_of(const Attack& attack) {
  Json had = Json::array();
  for (const auto& c : attack.had) had.push(Json::object({{"atom", c.atom}, {"level", c.level}, {"words", c.words}}));
  Json lines = Json::array();
  for (const auto line : attack.lines) lines.push(line);
  Json edit;
  if (attack.one_line)
    edit = Json::object({{"line", attack.one_line->line},
                         {"words", attack.one_line->words},
                         {"before", attack.one_line->before},
                         {"after", attack.one_line->after},
                         {"shuts_out", list_of(attack.shuts_out)}});
  return Json::object({{"account", attack.account},
                       {"outcome", to_string(attack.outcome)},
                       {"had", std::move(had)},
                       {"absent", list_of(attack.absent)},
                       {"done", list_of(attack.done)},
                       {"closest", attack.closest},
                       {"given", attack.given},
                       {"missing", attack.missing},
                       {"short_by", attack.short_by},
                       {"lines", std::move(lines)},
                       {"story", attack.outcome == Outcome::got_in ? to_json(attack.story) : Json()},
                       {"one_line", std::move(edit)}});
}

Json json_of(const IncidentResult& result) {
  Json attacks = Json::array();
  for (const auto& attack : result.attacks) attacks.push(json_of(attack));
  const auto& incident = *result.incident;
  Json people = Json::array();
  for (const auto role : incident.people)
    if (role != Role::nobody) people.push(to_string(role));
  return Json::object({{"id", incident.id},
                       {"name", incident.name},
                       {"source", incident.source},
                       {"pretext", incident.pretext},
                       {"aim", to_string(incident.aim)},
                       {"things", list_of(incident.things)},
                       {"assumed", list_of(had_by_everybody)},
                       {"people", std::move(people)},
                       {"outcome", result.does_not_apply.empty() ? to_string(result.worst()) : "does_not_apply"},
                       {"why", result.does_not_apply},
                       {"accounts", std::move(attacks)}});
}

Json json_of(const HonestResult& result) {
  Json recoveries = Json::array();
  for (const auto& r : result.recoveries)
    recoveries.push(Json::object({{"account", r.account},
                                  {"outcome", to_string(r.restored)},
                                  {"why", r.why},
                                  {"signals", list_of(r.signals)},
                                  {"steps", list_of(r.steps)},
                                  {"people", r.people},
                                  {"minutes", r.minutes}}));
  const auto& honest = *result.honest;
  return Json::object({{"id", honest.id},
                       {"words", honest.words},
                       {"aim", to_string(honest.aim)},
                       {"action", honest.wanted ? Json(to_string(*honest.wanted)) : Json()},
                       {"lost", list_of(honest.lost)},
                       {"left", list_of(honest.left)},
                       {"outcome", to_string(result.worst())},
                       {"why", result.does_not_apply},
                       {"accounts", std::move(recoveries)}});
}

}  // namespace

Outcome IncidentResult::worst() const {
  auto out = Outcome::stopped;
  for (const auto& attack : attacks) {
    if (attack.outcome == Outcome::got_in) return Outcome::got_in;
    if (attack.outcome == Outcome::front_door) out = Outcome::front_door;
  }
  return out;
}

Restored HonestResult::worst() const {
  auto out = Restored::does_not_apply;
  for (const auto& r : recoveries) {
    if (r.restored == Restored::no) return Restored::no;
    if (r.restored == Restored::yes) out = Restored::yes;
  }
  return out;
}

Tally Drill::tally() const {
  Tally out;
  for (const auto& result : incidents) {
    if (!result.does_not_apply.empty()) ++out.attacks_that_do_not_apply;
    else if (result.worst() == Outcome::stopped) ++out.stopped;
    else if (result.worst() == Outcome::got_in) ++out.got_in;
    else ++out.front_door;
  }
  for (const auto& result : honest) {
    if (result.worst() == Restored::yes) ++out.restored;
    else if (result.worst() == Restored::no) ++out.refused;
    else ++out.recoveries_that_do_not_apply;
  }
  return out;
}

bool Drill::passed() const {
  const auto t = tally();
  return t.got_in == 0 && t.refused == 0;
}

Result<Drill> run_drill(const Policy& policy, const proof::Population& population) {
  SP_TRY(const auto ground, Ground::prepare(policy, population));
  Drill out;
  out.notes = ground.compiled.notes;
  for (const auto& incident : all_incidents()) {
    SP_TRY(auto result, drilled(ground, incident));
    out.incidents.push_back(std::move(result));
  }
  for (const auto& honest : all_honest_cases()) out.honest.push_back(drilled(ground, honest));
  SP_CHECK(OneLine(policy, population, out).search());
  return out;
}

Json to_json(const Drill& drill) {
  Json incidents = Json::array();
  for (const auto& result : drill.incidents) incidents.push(json_of(result));
  Json honest = Json::array();
  for (const auto& result : drill.honest) honest.push(json_of(result));
  const auto t = drill.tally();
  return Json::object({{"passed", drill.passed()},
                       {"summary", Json::object({{"stopped", t.stopped},
                                                 {"got_in", t.got_in},
                                                 {"front_door", t.front_door},
                                                 {"attacks_that_do_not_apply", t.attacks_that_do_not_apply},
                                                 {"restored", t.restored},
                                                 {"refused", t.refused},
                                                 {"recoveries_that_do_not_apply", t.recoveries_that_do_not_apply}})},
                       {"attacks", std::move(incidents)},
                       {"recoveries", std::move(honest)},
                       {"notes", list_of(drill.notes)},
                       {"edits_tried", drill.edits_tried}});
}

}  // namespace sallyport::drills
