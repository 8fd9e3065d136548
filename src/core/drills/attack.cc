#include "core/drills/attack.h"

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"
#include "core/policy/trial.h"
#include "core/proof/catalogue.h"
#include "core/proof/replay.h"

namespace sallyport::drills {
namespace {

// One choice of people in the incident's roles, and everything that they had together.
struct Band {
  std::vector<Somebody> people;
  std::vector<std::string> atoms;
};

std::vector<Band> bands_of(const Ground& ground, const Incident& incident, std::size_t account,
                           std::vector<std::string>& absent) {
  std::vector<Band> out{Band{}};
  for (const auto role : incident.people) {
    if (role == Role::nobody) continue;
    const auto choices = ground.in_role(role, account);
    if (choices.empty()) absent.emplace_back(to_string(role));
    if (choices.empty()) continue;
    std::vector<Band> more;
    for (const auto& band : out)
      for (const auto& choice : choices) {
        auto& with = more.emplace_back(band);
        std::ranges::copy(choice, std::back_inserter(with.people));
      }
    out = std::move(more);
  }
  if (incident.approver_too) {  // one band for each of those whose account speaks for them
    std::vector<Band> more;
    for (const auto& choice : ground.in_role(Role::approver, account)) {
      if (!choice.front().kind->account) continue;
      const auto whose = concat(*choice.front().kind->account, "~", choice.front().name);
      for (auto band : out) {
        for (const auto thing : had_by_everybody) band.atoms.push_back(concat(thing, "@", whose));
        for (const auto thing : incident.things)
          if (!thing.empty()) band.atoms.push_back(concat(thing, "@", whose));
        more.push_back(std::move(band));
      }
    }
    if (!more.empty()) out = std::move(more);
  }
  const auto& name = ground.population.accounts[account].name;
  for (auto& band : out) {
    for (const auto thing : had_by_everybody) band.atoms.push_back(concat(thing, "@", name));
    for (const auto thing : incident.things)
      if (!thing.empty()) band.atoms.push_back(concat(thing, "@", name));
    for (const auto& person : band.people) band.atoms.push_back(concat("person:", person.name));
    std::erase_if(band.atoms, [&](const std::string& atom) { return !ground.atom(atom); });
  }
  return out;
}

// -- got in ----------------------------------------------------------------------------------------

// Without what is not needed, hardest first.
Result<std::vector<std::string>> smallest(const Ground& ground, std::size_t account, std::vector<std::string> atoms,
                                          const std::string& target) {
  std::ranges::sort(atoms, {}, [&](const std::string& name) {
    return std::pair(-ground.compiled.model.atoms[*ground.atom(name)].level, std::string_view(name));
  });
  for (std::size_t i = 0; i < atoms.size();) {
    auto fewer = atoms;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    SP_TRY(const auto nodes, ground.what_follows(account, fewer, false));
    if (ground.is_true(nodes, target)) atoms = std::move(fewer);
    else ++i;
  }
  return atoms;
}

// -- stopped ---------------------------------------------------------------------------------------

struct Closest {
  std::size_t missing = 0;  // signals and seats
  std::string action, given, missing_words;
  proof::Lines lines;
};

// What the runtime's own decision would say of this request, with all that the band can give.
class Attempt {
 public:
  Attempt(const Ground& ground, std::size_t account, const Band& band, const std::vector<bool>& nodes)
      : ground_(ground), account_(ground.population.accounts[account]), band_(band), nodes_(nodes) {}

  std::optional<Closest> of(const proof::Ask& ask, std::string_view node) const {
    Trial trial;
    trial.action = ask.action;
    trial.facts = ask.facts;
    trial.waited = std::max(ask.needs.hold_with_strong, ask.needs.hold_without_strong);
    const auto home = organization_of(account_);
    if (!home) trial.facts.set_text(Attribute::account_organization, std::string(proof::home_organization));
    std::vector<std::string> busy;  // whoever attests approves nothing in the same case
    for (const auto& signal : ground_.policy.signals())
      if (gives(signal, busy))
        trial.evidence.push_back(proof::passed_evidence(
            signal.name, static_cast<std::uint32_t>(trial.evidence.size() + 1), Trial::now - *trial.waited));
    for (const auto& person : band_.people) {
      const auto id = PersonId::parse(person.name);
      if (!id || trial.approvals.size() == persons_max || std::ranges::find(busy, person.name) != busy.end()) continue;
      trial.approvals.push_back(proof::approver_of(*person.kind, *id, home));
    }
    DecisionDesk desk(ground_.policy);
    const TrialInput given(trial);
    const auto& decision = desk.decide(given.input());
    if (decision.verdict != Verdict::pending) return std::nullopt;
    return told(ask, node, decision);
  }

 private:
  bool gives(const SignalRule& signal, std::vector<std::string>& busy) const {
    const auto node = concat("signal:", signal.name.text(), "@", account_.name);
    const auto is_attested = [](const std::string& thing) { return proof::attester_of(thing).has_value(); };
    if (std::ranges::none_of(signal.rests_on, is_attested)) return ground_.is_true(nodes_, node);
    if (!std::ranges::all_of(signal.rests_on, is_attested) && !ground_.is_true(nodes_, node)) return false;
    const Somebody* best = nullptr;
    for (const auto& person : band_.people)
      if (attests(*person.kind, signal, account_) && std::ranges::find(busy, person.name) == busy.end() &&
          (best == nullptr || best->kind->seats.size() > person.kind->seats.size()))
        best = &person;
    if (best != nullptr) busy.push_back(best->name);
    return best != nullptr;
  }

  Closest told(const proof::Ask& ask, std::string_view node, const Decision& d) const {
    const auto short_of = [](std::size_t wanted, std::size_t is) { return wanted > is ? wanted - is : 0; };
    Closest out;
    out.action = to_string(ask.action);
    const auto included = std::popcount(static_cast<std::uint64_t>(ask.needs.include & ~d.identity.counted));
    out.missing = std::max({short_of(ask.needs.signals, d.identity.count),
                            short_of(ask.needs.strong, d.identity.strong_count), static_cast<std::size_t>(included)});
    for (const auto open : d.open_seats) out.missing += open;
    for (const auto& name : names_of(ground_.policy, d.identity.counted))
      out.given += concat(out.given.empty() ? "" : ", ", name);
    for (const auto& m : missing_of(ground_.policy, d))
      out.missing_words += concat(out.missing_words.empty() ? "" : "; ", m.what);
    if (const auto n = ground_.node(node)) out.lines = ground_.compiled.nodes[*n].lines;
    return out;
  }

  const Ground& ground_;
  const proof::AccountKind& account_;
  const Band& band_;
  const std::vector<bool>& nodes_;
};

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::stopped: return "stopped";
    case Outcome::got_in: return "got_in";
    case Outcome::front_door: return "front_door";
  }
  return "";
}

Result<Outcome> outcome_of(const Ground& ground, const Incident& incident, std::size_t account) {
  std::vector<std::string> absent;
  const auto target = concat("control@", ground.population.accounts[account].name);
  auto out = Outcome::stopped;
  for (const auto& band : bands_of(ground, incident, account, absent)) {
    SP_TRY(const auto door, ground.what_follows(account, band.atoms, true));
    if (ground.is_true(door, target)) return Outcome::front_door;
    SP_TRY(const auto nodes, ground.what_follows(account, band.atoms, false));
    if (ground.is_true(nodes, target)) out = Outcome::got_in;
  }
  return out;
}

Result<Attack> run_attack(const Ground& ground, const Incident& incident, std::size_t account) {
  Attack out;
  out.account = ground.population.accounts[account].name;
  const auto target = concat("control@", out.account);
  const auto bands = bands_of(ground, incident, account, out.absent);
  const auto& forms = ground.compiled.accounts[account];
  SP_TRY(out.outcome, outcome_of(ground, incident, account));
  std::optional<Closest> closest;
  for (const auto& band : bands) {
    SP_TRY(const auto nodes, ground.what_follows(account, band.atoms, false));
    const bool through = ground.is_true(nodes, target);
    if (out.had.empty() || through) out.had = proof::capabilities(ground.compiled, band.atoms);
    if (out.outcome == Outcome::front_door) return out;
    if (through) {
      SP_TRY(const auto way, smallest(ground, account, band.atoms, target));
      out.story = proof::story_of(ground.compiled, way, target, out.account);
      SP_CHECK(proof::replay(ground.policy, ground.population, ground.compiled, out.story));
      return out;
    }
    if (out.outcome == Outcome::got_in) continue;  // another choice of people gets in
    const Attempt attempt(ground, account, band, nodes);
    for (std::size_t i = 0; i < forms.asks.size(); ++i) {
      const std::string action(to_string(forms.asks[i].action));
      if (ground.is_true(nodes, concat(action, "@", out.account))) {
        if (std::ranges::find(out.done, action) == out.done.end()) out.done.push_back(action);
        continue;
      }
      auto tried = attempt.of(forms.asks[i], forms.nodes[i]);
      if (!tried || (closest && closest->missing <= tried->missing)) continue;
      closest = std::move(tried);
      out.had = proof::capabilities(ground.compiled, band.atoms);
    }
  }
  if (closest) {
    out.closest = closest->action;
    out.given = closest->given;
    out.missing = closest->missing_words;
    out.short_by = closest->missing;
    out.lines = closest->lines;
  }
  return out;
}

}  // namespace sallyport::drills
