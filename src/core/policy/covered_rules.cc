#include "core/policy/covered_rules.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "core/policy/kinds.h"

namespace sallyport {
namespace {

using Test = Condition::Test;

bool reads_points(const Condition& condition) {
  return std::ranges::any_of(condition.tests(), [](const Test& t) {
    return (t.kind == Test::Kind::number || t.kind == Test::Kind::numbers) &&
           (t.left == Attribute::risk_points || (t.kind == Test::Kind::numbers && t.right == Attribute::risk_points));
  });
}

// What no list of requests stands for: whether something is known at all, and how high the points are beside a number
// of the request.
bool is_beyond(const Condition& condition) {
  return std::ranges::any_of(condition.tests(), [](const Test& t) {
    return t.kind == Test::Kind::known ||
           (t.kind == Test::Kind::numbers && (t.left == Attribute::risk_points || t.right == Attribute::risk_points));
  });
}

void read_by(const Condition& condition, std::set<Attribute>& out) {
  for (const auto& t : condition.tests()) {
    if (t.kind == Test::Kind::constant) continue;
    out.insert(t.left);
    if (t.kind == Test::Kind::same || t.kind == Test::Kind::numbers) out.insert(t.right);
    if (t.kind == Test::Kind::group || t.kind == Test::Kind::text_is_group) out.insert(Attribute::account_groups);
  }
}

// Every request that these conditions tell apart. Of what the first reads also that it is not known: what a rule does
// not know makes it hold, and nothing else need hold with it. What only the others read is known: knowing less, they
// hold for more.
class Requests {
 public:
  Requests(const Policy& policy, const Condition& first, const std::vector<const Condition*>& others)
      : policy_(policy) {
    KindsOfRequest kinds;
    kinds.take_actions(policy);
    kinds.take(policy, first);
    points_ = reads_points(first);
    std::set<Attribute> uncertain;
    read_by(first, uncertain);
    if (points_)
      for (const auto& point : policy.risk_points()) read_by(point.when, uncertain);
    for (const auto* other : others) {
      kinds.take(policy, *other);
      points_ = points_ || reads_points(*other);
    }
    if (points_)
      for (const auto& point : policy.risk_points()) kinds.take(policy, point.when);
    axes_ = kinds.axes(few_groups_);
    // What the first reads changes first: so it soon holds, and mostly something is seen that nothing else asks for.
    std::ranges::stable_partition(axes_, [&](const Axis& axis) { return uncertain.contains(axis.attribute); });
    for (const auto& axis : axes_) {
      const bool may_be_unknown = axis.attribute != Attribute::action && uncertain.contains(axis.attribute);
      choices_of_.push_back(axis.size() + (may_be_unknown ? 1 : 0));
      number_ = std::min(number_ * choices_of_.back(), covered_kinds_max + 1);
    }
    choices_.resize(axes_.size());
    for (std::size_t i = 0; i < axes_.size(); ++i) choose(i);
    look();
  }

  Requests(const Requests&) = delete;  // view_ is of facts_
  Requests& operator=(const Requests&) = delete;

  [[nodiscard]] bool too_many() const { return few_groups_ || number_ > covered_kinds_max; }
  [[nodiscard]] bool next() {
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      choices_[i] = (choices_[i] + 1) % choices_of_[i];
      choose(i);
      if (choices_[i] == 0) continue;
      look();
      return true;
    }
    return false;
  }
  [[nodiscard]] Truth asked(const Condition& condition) const { return condition.evaluate(resolved()); }
  [[nodiscard]] Action action() const { return action_; }
  // As Policy::demand() refuses whatever the rules say; of what is not among the conditions nothing is taken.
  [[nodiscard]] bool refused_anyway() const {
    const auto unknown_or = [&](Attribute a, bool value) {
      return std::ranges::find(axes_, a, &Axis::attribute) != axes_.end() &&
             (!view_.knows(a) || view_.boolean(a) == value);
    };
    if (unknown_or(Attribute::account_active, false)) return true;
    if (action_ == Action::unlock && unknown_or(Attribute::account_admin, true)) return true;
    constexpr auto cases = Attribute::request_cases_24h;
    return std::ranges::find(axes_, cases, &Axis::attribute) != axes_.end() &&
           (!view_.knows(cases) || view_.number(cases) >= policy_.limits().cases_per_account_24h);
  }

 private:
  void choose(std::size_t i) {
    const auto& axis = axes_[i];
    if (choices_[i] == axis.size()) return facts_.forget(axis.attribute);
    set_value(facts_, axis, choices_[i]);
    if (axis.attribute == Attribute::action)
      action_ = action_from_text(axis.texts[choices_[i]]).value_or(Action::unlock);
  }
  void look() {
    view_ = facts_.view();
    groups_.clear();
    if (view_.knows(Attribute::account_groups))
      for (const auto& group : view_.groups())
        if (const auto symbol = policy_.symbols().find(group); symbol != no_symbol) groups_.push_back(symbol);
    symbols_.fill(no_symbol);
    for (const auto& info : all_attributes)
      if (info.type == AttributeType::text && view_.knows(info.attribute))
        symbols_[static_cast<std::size_t>(info.attribute)] = policy_.symbols().find(view_.text(info.attribute));
    points_now_.reset();
    if (!points_) return;
    std::int64_t points = 0;
    for (const auto& point : policy_.risk_points())
      if (asked(point.when) != Truth::no) points += point.add;
    points_now_ = points;
  }
  [[nodiscard]] ResolvedFacts resolved() const { return {view_, symbols_, groups_, points_now_}; }

  const Policy& policy_;
  bool points_ = false, few_groups_ = false;
  std::vector<Axis> axes_;
  std::vector<std::size_t> choices_of_, choices_;
  std::uint64_t number_ = 1;
  TrialFacts facts_;
  Facts view_;
  Action action_ = Action::unlock;
  std::vector<Symbol> groups_;
  std::array<Symbol, attribute_count> symbols_{};
  std::optional<std::int64_t> points_now_;
};

class Search {
 public:
  explicit Search(const Policy& policy) : policy_(policy), out_of_use_(policy.rules().size()) {
    KindsOfRequest kinds;
    kinds.take(policy);
    bool few_groups = false;
    std::uint64_t number = 1;
    for (const auto& axis : kinds.axes(few_groups)) number = std::min(number * axis.size(), all_kinds_max + 1);
    all_can_be_told_apart_ = number <= all_kinds_max;
  }

  std::vector<PolicyProblem> run() {
    for (auto i = policy_.rules().size(); i > 0; --i) look_at(i - 1);
    std::ranges::sort(out_, {}, &PolicyProblem::line);
    return std::move(out_);
  }

 private:
  // By what a rule is covered.
  struct Cover {
    std::set<TierName> floors;
    std::set<std::size_t> rules;
    bool denies = false;  // one of these refuses
    bool refused_anyway = false;
  };

  void look_at(std::size_t rule) {
    if (is_beyond(policy_.rules()[rule].when)) return;
    if (const auto by = covered(rule, {})) return tell(rule, *by);
    std::vector<std::size_t> others;
    for (std::size_t other = 0; other < policy_.rules().size(); ++other)
      if (other != rule && !out_of_use_[other] && !is_beyond(policy_.rules()[other].when)) others.push_back(other);
    for (const auto other : alone_enough(rule, others))
      if (const auto by = covered(rule, {other})) return tell(rule, *by);
    if (others.size() < 2 || !all_can_be_told_apart_) return;
    if (const auto by = covered(rule, others)) tell(rule, *by);
  }

  // Without the floors of classes, which takes fewer requests; and then with them.
  std::optional<Cover> covered(std::size_t rule, const std::vector<std::size_t>& others) {
    for (const bool classes : {false, true}) {
      auto requests = requests_of(rule, others, classes);
      if (requests.too_many()) return std::nullopt;
      if (auto by = covered(rule, others, classes, requests)) return by;
    }
    return std::nullopt;
  }

  [[nodiscard]] Requests requests_of(std::size_t rule, const std::vector<std::size_t>& others, bool classes) const {
    std::vector<const Condition*> beside;
    for (const auto other : others) beside.push_back(&policy_.rules()[other].when);
    if (classes)
      for (const auto& c : policy_.classes())
        if (c.when) beside.push_back(&*c.when);
    return {policy_, policy_.rules()[rule].when, beside};
  }

  std::optional<Cover> covered(std::size_t number, const std::vector<std::size_t>& others, bool classes,
                               Requests& requests) {
    const auto& rule = policy_.rules()[number];
    Cover out;
    bool holds = false;
    do {
      if (!spend(steps_of_a_request)) return std::nullopt;
      const auto truth = requests.asked(rule.when);
      if (truth == Truth::no) continue;
      holds = holds || truth == Truth::yes;
      if (requests.refused_anyway()) {
        out.refused_anyway = true;
        continue;
      }
      auto asked = floors(requests, classes, out);
      if (!rule.deny && asks_as_much(asked, rule.needs)) continue;
      bool denied = false;
      for (const auto other : others) {
        if (!spend(1)) return std::nullopt;
        const auto& beside = policy_.rules()[other];
        if (requests.asked(beside.when) == Truth::no) continue;
        out.rules.insert(other);
        if (beside.deny) denied = out.denies = true;
        else asked.join(beside.needs);
      }
      if (!denied && (rule.deny || !asks_as_much(asked, rule.needs))) return std::nullopt;
    } while (requests.next());
    if (!holds) return std::nullopt;  // it never fires, which is told elsewhere
    return out;
  }

  [[nodiscard]] Needs floors(const Requests& requests, bool classes, Cover& cover) const {
    const auto& of_action = policy_.actions().at(requests.action());
    auto out = policy_.tiers().at(of_action).needs;
    cover.floors.insert(of_action);
    if (!classes || only_takes_away(requests.action())) return out;
    for (const auto& c : policy_.classes()) {
      const auto truth = c.when ? requests.asked(*c.when) : Truth::yes;
      if (truth == Truth::no) continue;
      if (c.floor) {
        out.join(policy_.tiers().at(*c.floor).needs);
        cover.floors.insert(*c.floor);
      }
      if (truth == Truth::yes) break;
    }
    return out;
  }

  static bool asks_as_much(const Needs& asked, const Needs& rule) {
    auto both = asked;
    both.join(rule);
    return both == asked;
  }

  // Those of which one could be enough: in some request in which the rule changes something they hold, and refuse or
  // ask for as much. Of thousands of rules most are out at the first.
  std::vector<std::size_t> alone_enough(std::size_t number, const std::vector<std::size_t>& others) {
    const auto& rule = policy_.rules()[number];
    auto requests = requests_of(number, {}, false);
    if (requests.too_many()) return {};
    Cover unused;
    do {
      if (requests.asked(rule.when) == Truth::no || requests.refused_anyway()) continue;
      const auto asked = floors(requests, false, unused);
      if (!rule.deny && asks_as_much(asked, rule.needs)) continue;
      std::vector<std::size_t> out;
      for (const auto other : others) {
        if (!spend(1)) return {};
        const auto& beside = policy_.rules()[other];
        if (requests.asked(beside.when) == Truth::no) continue;
        auto both = asked;
        both.join(beside.needs);
        if (beside.deny || (!rule.deny && asks_as_much(both, rule.needs))) out.push_back(other);
      }
      return out;
    } while (requests.next());
    return {};
  }

  void tell(std::size_t number, const Cover& cover) {
    out_of_use_[number] = true;
    const auto& rule = policy_.rules()[number];
    std::string by;
    std::size_t left = cover.rules.size();
    for (const auto other : cover.rules) {
      const auto& beside = policy_.rules()[other];
      if (left + names_max == cover.rules.size()) {
        by += concat(" and ", left, " more");
        break;
      }
      by += concat(by.empty() ? "" : ", ", "`", beside.id.text(), "` (line ", beside.line, ")");
      --left;
    }
    std::string floors;
    for (const auto& tier : cover.floors)
      floors += concat(floors.empty() ? "" : ", ", "`", tier.text(), "` (line ", policy_.tiers().at(tier).line, ")");
    std::string why;
    if (cover.rules.size() == 1)
      why = concat("whenever it holds, the rule ", by,
                   cover.denies ? " refuses" : " holds, and with the floors asks for as much");
    else if (!cover.rules.empty())
      why = concat("whenever it holds, one of the rules ", by, " refuses, or they and the floors ask for as much");
    else if (!cover.floors.empty())
      why = concat("whenever it holds, the floors of action and class ask for as much: ", floors);
    else why = "whenever it holds, the request is refused anyway";
    out_.push_back({rule.line, 1, concat("the rule `", rule.id.text(), "` changes no decision: ", why),
                    "leave it out, or mend what it asks for or when", true});
  }

  bool spend(std::uint64_t steps) {
    steps_ -= std::min(steps, steps_);
    return steps_ > 0;
  }

  static constexpr std::uint64_t steps_of_a_request = 8;  // to put one together takes as long as so many conditions
  static constexpr std::size_t names_max = 3;  // of the rules that cover one

  // Beyond that the question with all other rules beside one has too many as well, whichever they are: the frame
  // (kinds.h) is in these and not in those.
  static constexpr std::uint64_t all_kinds_max = covered_kinds_max * 64;

  const Policy& policy_;
  bool all_can_be_told_apart_ = false;
  std::vector<bool> out_of_use_;  // told already, so no cover for others
  std::uint64_t steps_ = covered_steps_max;
  std::vector<PolicyProblem> out_;
};

}  // namespace

std::vector<PolicyProblem> covered_rules(const Policy& policy) { return Search(policy).run(); }

}  // namespace sallyport
