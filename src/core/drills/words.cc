#include "core/drills/words.h"

#include "base/text.h"

namespace sallyport::drills {
namespace {

std::string people_in_words(std::uint32_t people) {
  if (people == 0) return "nobody besides the agent";
  return concat(people, people == 1 ? " person" : " people", " besides the agent");
}

}  // namespace

std::string listed(const std::vector<std::string>& texts, std::string_view between) {
  std::string out;
  for (const auto& text : texts) out += concat(out.empty() ? "" : between, text);
  return out;
}

std::string in_words(const Attack& attack) {
  if (attack.outcome == Outcome::front_door)
    return "what they had signs in at the front door, without any recovery: recovery did not matter";
  if (attack.outcome == Outcome::got_in)
    return concat("taken, and this was enough: ", proof::capabilities_in_words(attack.story.takes));
  std::string out;
  if (!attack.absent.empty()) out = concat("without ", listed(attack.absent, ", "), ", whom this organization lacks: ");
  if (!attack.done.empty())
    out += concat(listed(attack.done, ", "), " could be completed, and does not give the account. ");
  if (attack.closest.empty())
    return concat(out, attack.done.empty() ? "the policy refuses every recovery of this account"
                                           : "the policy has no other recovery for it");
  out += concat("stopped at ", attack.closest, ": ", attack.given.empty() ? "nothing" : attack.given,
                " could be given; missing: ", attack.missing);
  if (!attack.lines.empty()) out += concat("  [", proof::lines_in_words(attack.lines), "]");
  return out;
}

std::string in_words(const Recovery& r) {
  if (r.restored != Restored::yes) return r.why;
  return concat("with ", listed(r.signals, " and "), ", ", people_in_words(r.people), ", ", r.steps.size(),
                " steps, at least ", time_in_words(r.minutes));
}

std::string summary_of(const Drill& drill) {
  const auto t = drill.tally();
  return concat(t.stopped, " attacks stopped, ", t.got_in, " got in by recovery, ", t.front_door,
                " by the front door alone, ", t.attacks_that_do_not_apply, " do not apply; ", t.restored,
                " honest cases restored, ", t.refused, " refused, ", t.recoveries_that_do_not_apply, " do not apply");
}

std::string time_in_words(std::uint64_t minutes) {
  const auto days = minutes / (24 * 60);
  const auto hours = minutes / 60 % 24;
  std::string out;
  if (days > 0) out += concat(days, "d ");
  if (hours > 0) out += concat(hours, "h ");
  if (days == 0 && (minutes % 60 > 0 || out.empty())) out += concat(minutes % 60, "m ");
  out.pop_back();
  return out;
}

}  // namespace sallyport::drills
