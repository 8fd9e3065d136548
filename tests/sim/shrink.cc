#include "../tests/sim/shrink.h"

#include <algorithm>
#include <set>

#include "../tests/sim/world.h"
#include "base/text.h"

namespace sallyport::sim {
namespace {

constexpr std::size_t tries_max = 600;  // a seed is played in some hundredths of a second

class Shrinker {
 public:
  Shrinker(const Policies& policies, const SeedOutcome& failed)
      : policies_(policies), seed_(failed.seed), number_(failed.violations.front().number) {}

  std::vector<Step> shrink(std::vector<Step> steps) {
    for (std::size_t part = std::max<std::size_t>(steps.size() / 2, 1);; part /= 2) {
      for (std::size_t from = 0; from < steps.size() && tries_ < tries_max;) {
        auto fewer = steps;
        const auto end = std::min(from + part, fewer.size());
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(from),
                    fewer.begin() + static_cast<std::ptrdiff_t>(end));
        if (fails(fewer)) steps = std::move(fewer);
        else from += part;
      }
      if (part == 1) break;
    }
    return steps;
  }

 private:
  bool fails(const std::vector<Step>& steps) {
    ++tries_;
    const auto outcome = Simulation(policies_, seed_, {}).replay(steps);
    return !outcome.violations.empty() && outcome.violations.front().number == number_;
  }

  const Policies& policies_;
  std::uint64_t seed_;
  unsigned number_;
  std::size_t tries_ = 0;
};

// Tells steps in the language of stories. What it has no sentence for stands there as a comment.
class Storyteller {
 public:
  Storyteller(const Company& company, const std::vector<Step>& steps) : company_(company), steps_(steps) {}

  std::string tell(std::uint64_t seed, const Violation& violation) {
    std::string lines;
    for (const auto& step : steps_) lines += line(step);
    std::string out =
        concat("story: Seed ", seed,
               ", made short\nsource: the simulator\nkind: a simulated seed\npolicy: ", company_.policy->name,
               "\n# It breaks invariant ", violation.number, ": ", violation.what, "\n\npeople:\n");
    for (const auto& p : company_.people)
      if (people_.contains(p.name)) out += person(p);
    out += "\naccounts:\n";
    for (const auto& a : company_.accounts)
      if (accounts_.contains(a.facts.account.text())) out += account(a);
    return concat(out, "\ntimeline:\n", lines);
  }

 private:
  static std::string person(const Person& p) {
    std::string out = concat("  ", p.name, ": ");
    for (const auto role : p.roles) out += concat(to_string(role), ", ");
    out += concat("team ", p.team);
    if (p.organization != "home") out += concat(", organization ", p.organization);
    for (const auto& seat : p.seats) out += concat(", seat ", seat);
    return out + "\n";
  }
  static std::string account(const HeldAccount& a) {
    std::string facts;
    const auto add = [&](const std::string& what) { facts += concat(facts.empty() ? " " : ", ", what); };
    if (a.facts.admin) add("admin");
    if (a.facts.executive) add("executive");
    if (a.facts.locked) add("locked");
    for (const auto& group : a.facts.groups) add(concat("group \"", group, "\""));
    if (a.facts.employment != "employee") add(concat("employment ", a.facts.employment));
    return concat("  ", a.facts.account.text(), ":", facts, "\n");
  }

  static std::string time_of(Instant at) {
    const auto since = at - *instant_from_rfc3339(midnight);
    const auto day = since.milliseconds / days(1).milliseconds + 1;
    const auto text = to_rfc3339(at);
    return concat(day == 1 ? std::string() : concat("day ", day, " "), text.substr(11, 8));
  }

  const std::string& name(std::int64_t number) {
    const auto& p = company_.people[static_cast<std::size_t>(number) % company_.people.size()];
    return *people_.insert(p.name).first;
  }
  const std::string& account_name(std::int64_t number) {
    const auto& a = company_.accounts[static_cast<std::size_t>(number) % company_.accounts.size()];
    return *accounts_.insert(a.facts.account.text()).first;
  }

  std::string line(const Step& step) {
    const auto sentence = sentence_of(step);
    if (!sentence.empty()) return concat("  ", time_of(step.at), " ", sentence, "\n");
    return concat("  # ", time_of(step.at), " ", to_string(step.kind), " ", step.a, " ", step.b, " ", step.c, " ",
                  step.d, "\n");
  }

  std::string sentence_of(const Step& step) {
    static constexpr std::array<std::string_view, 6> channels{"phone",        "chat", "walk_in",
                                                              "self_service", "mail", "video"};
    const auto signal =
        simulated_signals[static_cast<std::size_t>(step.b >= 0 ? step.b : 0) % simulated_signals.size()];
    switch (+step.kind) {
      case +StepKind::opens:
        return concat(name(step.b), " opens case ", step.a, " for ", account_name(step.c), ": ",
                      to_string(all_actions[static_cast<std::size_t>(step.d)]), ", by ",
                      channels[static_cast<std::size_t>(step.e) % channels.size()]);
      case +StepKind::joins: return concat("the claimant of case ", step.a, " joins");
      case +StepKind::gives: {
        const auto how = static_cast<Given>(step.c);
        const bool fails = how == Given::wrong || how == Given::again;
        return concat("the claimant of case ", step.a, fails ? " fails " : " gives ", signal,
                      how == Given::bound_lately     ? ", bound 2h before"
                      : how == Given::changed_lately ? ", unchanged for 7d"
                                                     : "");
      }
      case +StepKind::seals: return concat("the claimant of case ", step.a, " chooses a password");
      case +StepKind::approves: {
        static constexpr std::array<std::string_view, 4> how{"", ", shown another statement", ", on another page",
                                                             ", by touch alone"};
        return concat(name(step.b), " approves case ", step.a, how[static_cast<std::size_t>(step.c) % how.size()]);
      }
      case +StepKind::approves_list: return concat(name(step.b), " approves the list of cases ", step.a, ", ", step.c);
      case +StepKind::denies: return concat(name(step.b), " denies case ", step.a);
      case +StepKind::cancels: return concat(name(step.b), " cancels case ", step.a);
      case +StepKind::asks:
        return concat(name(step.b), " asks for ", to_string(all_actions[static_cast<std::size_t>(step.d)]), " on case ",
                      step.a);
      case +StepKind::objects:
        if (step.b < 0) return concat("the holder of case ", step.a, " says it was not them, through callback");
        return concat(name(step.b), " hears from the holder of case ", step.a,
                      " that it was not them, through callback");
      case +StepKind::reviews: return concat(name(step.b), step.c == 1 ? " doubts case " : " reviews case ", step.a);
      case +StepKind::leaves: return concat(name(step.b), " leaves the staff");
      case +StepKind::executes: {
        const auto weather = static_cast<FaultyDirectory::Write>(step.c);
        if (step.d != 0) return "";
        return concat("the executor carries out case ", step.a,
                      weather == FaultyDirectory::Write::refuses           ? ", and the directory refuses"
                      : weather == FaultyDirectory::Write::request_is_lost ? ", and no answer comes"
                                                                           : "");
      }
      case +StepKind::account_becomes: {
        static constexpr std::array<std::string_view, 4> what{"becomes admin", "becomes leaver", "becomes inactive",
                                                              "gets group Privileged"};
        return concat("the account ", account_name(step.c), " ", what[static_cast<std::size_t>(step.d) % what.size()]);
      }
      case +StepKind::clock_set:
        return concat("the gateway's clock is set ", step.c < 0 ? "back" : "on", " by ",
                      to_string(Duration{step.c < 0 ? -step.c : step.c}));
      default: return "";
    }
  }

  const Company& company_;
  const std::vector<Step>& steps_;
  std::set<std::string> people_, accounts_;
};

}  // namespace

Shrunk shrink_seed(const Policies& policies, const SeedOutcome& failed) {
  Shrunk out;
  out.steps = Shrinker(policies, failed).shrink(failed.steps);
  Options options;
  options.keep_trace = true;
  const auto played = Simulation(policies, failed.seed, options).replay(out.steps);
  out.trace = played.trace;
  Seeded seeded(failed.seed);
  const auto company = company_of(policies, seeded);
  const auto& violation = played.violations.empty() ? failed.violations.front() : played.violations.front();
  out.story = Storyteller(company, out.steps).tell(failed.seed, violation);
  return out;
}

}  // namespace sallyport::sim
