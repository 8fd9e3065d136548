#include "core/policy/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "core/policy/explain.h"
#include "core/policy/kinds.h"
#include "core/policy/settings.h"

namespace sallyport {
namespace {

// What the policy gives, in one line and as something to compare.
struct Given {
  bool refused = false;
  Requirement requirement;
  std::string words;
};

Given given_by(const Policy& policy, DecisionSpace& space, const Facts& facts, Action action) {
  const auto d = policy.demand(facts, action, space);
  Given out;
  out.refused = d.refusal != PolicyRefusal::none;
  if (out.refused) out.words = concat("refused: ", denial_of(policy, d, facts, action).detail);
  else out.requirement = policy.requirement_of(d.needs);
  if (!out.refused) out.words = words_for(out.requirement);
  return out;
}

std::optional<Direction> direction_of(const Given& before, const Given& after) {
  if (before.refused && after.refused) return std::nullopt;
  if (before.refused) return Direction::easier;
  if (after.refused) return Direction::harder;
  const auto joined = join(before.requirement, after.requirement);
  const bool less = joined != join(after.requirement, after.requirement);
  const bool more = joined != join(before.requirement, before.requirement);
  if (less && more) return Direction::both;
  if (less) return Direction::easier;
  if (more) return Direction::harder;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Direction direction) noexcept {
  switch (direction) {
    case Direction::easier: return "easier";
    case Direction::harder: return "harder";
    case Direction::both: return "easier and harder";
  }
  return "";
}

std::uint64_t PolicyComparison::changed(Direction direction) const {
  std::uint64_t out = 0;
  for (const auto& c : changes)
    if (c.direction == direction) out += c.kinds;
  return out;
}

bool PolicyComparison::only_tightens() const {
  return !drawn && changed(Direction::easier) + changed(Direction::both) == 0 &&
         std::ranges::all_of(settings, [](const SettingChange& c) { return c.direction == Direction::harder; });
}

namespace {

class Draw {  // SplitMix64: the same requests at every run
 public:
  std::size_t below(std::size_t size) {
    state_ += 0x9E3779B97F4A7C15U;
    auto out = state_;
    out = (out ^ (out >> 30U)) * 0xBF58476D1CE4E5B9U;
    out = (out ^ (out >> 27U)) * 0x94D049BB133111EBU;
    return (out ^ (out >> 31U)) % size;
  }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15U;
};

std::uint64_t product_of(const std::vector<Axis>& axes) {
  std::uint64_t out = 1;
  for (const auto& axis : axes) out = std::min(out * axis.size(), std::uint64_t{1} << 40U);
  return out;
}

// A request that is being put together: a value for each attribute that either policy reads.
class Request {
 public:
  void set(const Axis& axis, std::size_t choice) {
    set_value(facts_, axis, choice);
    words_[axis.attribute] = {&axis, choice};
    if (axis.attribute == Attribute::action) action_ = *action_from_text(axis.texts[choice]);
  }
  [[nodiscard]] Facts view() const { return facts_.view(); }
  [[nodiscard]] Action action() const { return action_; }
  [[nodiscard]] std::vector<std::string> words() const {
    std::vector<std::string> out;
    for (const auto& [attribute, value] : words_)
      out.push_back(concat(info_of(attribute).name, ": ", value_text(*value.first, value.second)));
    return out;
  }

 private:
  TrialFacts facts_;
  Action action_ = Action::unlock;
  std::map<Attribute, std::pair<const Axis*, std::size_t>> words_;
};

class Comparison {
 public:
  Comparison(const Policy& before, const Policy& after, PolicyComparison& out)
      : before_(before), after_(after), space_before_(before), space_after_(after), out_(out) {}

  void every(const std::vector<Axis>& axes, std::uint64_t number) {
    Request request;
    for (std::uint64_t n = 0; n < number; ++n) {
      auto rest = n;
      for (const auto& axis : axes) {
        request.set(axis, rest % axis.size());
        rest /= axis.size();
      }
      ask(request);
    }
  }

  void drawn(const std::vector<Axis>& axes) {
    Request request;
    for (std::uint64_t n = 0; n < kinds_compared_max; ++n) {
      draw(request, axes);
      ask(request);
    }
    const auto looked_at = alone();
    for (const auto& [policy, condition] : looked_at)
      closely(axes, *policy, *condition, kinds_compared_max / (others_drawn * looked_at.size()));
  }

  void finish() {
    for (auto& [key, change] : changes_) out_.changes.push_back(std::move(change));
  }

 private:
  static constexpr std::size_t others_drawn = 4;

  void draw(Request& request, const std::vector<Axis>& axes) {
    for (const auto& axis : axes) request.set(axis, draw_.below(axis.size()));
  }

  // Conditions that only one of them has.
  [[nodiscard]] std::vector<std::pair<const Policy*, const Condition*>> alone() const {
    using Found = std::map<std::string_view, const Condition*>;
    const auto all = [](const Policy& policy) {
      Found out;
      for (const auto& c : policy.classes())
        if (c.when) out.emplace(c.when->text(), &*c.when);
      for (const auto& r : policy.rules()) out.emplace(r.when.text(), &r.when);
      for (const auto& p : policy.risk_points()) out.emplace(p.when.text(), &p.when);
      return out;
    };
    const auto was = all(before_);
    const auto is = all(after_);
    std::vector<std::pair<const Policy*, const Condition*>> out;
    const auto add = [&](const Policy& policy, const Found& here, const Found& there) {
      for (const auto& [text, condition] : here)
        if (!there.contains(text)) out.emplace_back(&policy, condition);
    };
    add(before_, was, is);
    add(after_, is, was);
    return out;
  }

  // Every answer of this condition, of an account that is in use and was not asked for today.
  void closely(const std::vector<Axis>& axes, const Policy& policy, const Condition& condition,
               std::uint64_t answers_max) {
    KindsOfRequest kinds;
    kinds.take(policy, condition);
    kinds.take_actions(policy);
    bool few = false;
    const auto own = kinds.axes(few);
    const auto number = product_of(own);
    Request request;
    for (std::uint64_t n = 0; n < std::min(number, answers_max); ++n)
      for (std::size_t other = 0; other < others_drawn; ++other) {
        draw(request, axes);
        for (const auto& axis : axes) {
          if (axis.attribute == Attribute::account_active) request.set(axis, 1);
          if (axis.attribute == Attribute::request_cases_24h) request.set(axis, 0);
        }
        auto rest = n;
        for (const auto& axis : own) {
          request.set(axis, number > answers_max ? draw_.below(axis.size()) : rest % axis.size());
          rest /= axis.size();
        }
        ask(request);
      }
  }

  void ask(const Request& request) {
    ++out_.kinds;
    const auto view = request.view();
    const auto action = request.action();
    const auto was = given_by(before_, space_before_, view, action);
    const auto is = given_by(after_, space_after_, view, action);
    const auto direction = direction_of(was, is);
    if (!direction) return;
    const auto& name = before_.classes()[before_.demand(view, action, space_before_).account_class].name.text();
    auto& change = changes_[{*direction, name, action}];
    if (change.kinds++ > 0) return;
    change.direction = *direction;
    change.account_class = name;
    change.action = action;
    change.was = was.words;
    change.is = is.words;
    change.witness = request.words();
  }

  const Policy& before_;
  const Policy& after_;
  DecisionSpace space_before_, space_after_;
  PolicyComparison& out_;
  Draw draw_;
  std::map<std::tuple<Direction, std::string, Action>, PolicyChange> changes_;
};

}  // namespace

PolicyComparison compare(const Policy& before, const Policy& after) {
  PolicyComparison out;
  KindsOfRequest all;
  all.take(before);
  all.take(after);
  const auto axes = all.axes(out.few_groups);
  const auto number = product_of(axes);
  out.settings = compare_settings(before, after);
  if (ask_the_same(before, after)) {
    out.kinds = number;
    out.few_groups = false;
    return out;
  }
  out.drawn = number > kinds_compared_max;
  Comparison comparison(before, after, out);
  if (out.drawn) comparison.drawn(axes);
  else comparison.every(axes, number);
  comparison.finish();
  return out;
}

}  // namespace sallyport
