#include "core/policy/policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "core/policy/explain.h"
#include "core/policy/signals.h"

namespace sallyport {
namespace {

constexpr std::array<std::string_view, 10> authenticators{"password",   "security_key", "passkey",  "platform",
                                                          "totp",       "push",         "sms_code", "mail_code",
                                                          "smart_card", "federated"};

bool same_selector(const ApproverConstraint& a, const ApproverConstraint& b) {
  return a.role == b.role && a.outside == b.outside && a.from == b.from;
}

// Counts are packed into a byte; what is larger nobody can gather, and stays out of reach.
std::uint8_t packed(std::uint32_t count) { return static_cast<std::uint8_t>(std::min<std::uint32_t>(count, 255)); }

// A signal that the policy does not have: asked for, it can never be given.
constexpr SignalSet impossible_signal = SignalSet{1} << (signals_max - 1);
static_assert(signal_kinds.size() < signals_max);

}  // namespace

std::span<const std::string_view> authenticator_names() noexcept { return authenticators; }

const SignalRule* Policy::signal(const SignalName& name) const {
  const auto found = std::ranges::find(signals_, name, &SignalRule::name);
  return found == signals_.end() ? nullptr : &*found;
}

const NoticeRule* Policy::notice(const NoticeName& name) const {
  const auto found = std::ranges::find(notices_, name, &NoticeRule::name);
  return found == notices_.end() ? nullptr : &*found;
}

bool Policy::reads(Attribute attribute) const noexcept {
  const auto asks = [&](const Condition& condition) {
    return std::ranges::any_of(condition.tests(), [&](const Condition::Test& t) {
      return t.left == attribute || t.right == attribute;  // one that is not set is `action`
    });
  };
  return std::ranges::any_of(rules_, [&](const PolicyRule& rule) { return asks(rule.when); }) ||
         std::ranges::any_of(risk_points_, [&](const RiskPoint& point) { return asks(point.when); });
}

std::optional<std::uint8_t> Policy::signal_number(const SignalName& name) const noexcept {
  const TextKey key(name.text());
  for (std::size_t i = 0; i < signal_keys_.size(); ++i)
    if (signal_keys_[i] == key && (key.size <= TextKey::whole_max || signals_[i].name == name))
      return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

const TierName& Policy::tier_name(std::uint32_t index) const {
  return std::next(tiers_.begin(), static_cast<std::ptrdiff_t>(index))->first;
}

// -- compiling ------------------------------------------------------------------------------------
SelectorNumber Policy::selector_number(const ApproverConstraint& wanted) {
  const auto found = std::ranges::find_if(selectors_, [&](const auto& s) { return same_selector(s, wanted); });
  if (found != selectors_.end()) return static_cast<SelectorNumber>(found - selectors_.begin());
  selectors_.push_back(wanted);
  selectors_.back().at_least = 1;
  return static_cast<SelectorNumber>(selectors_.size() - 1);
}

Needs Policy::needs_of(const Requirement& r) const {
  Needs out;
  const auto bit = [&](const SignalName& name) -> SignalSet {
    const auto number = signal_number(name);
    return number ? SignalSet{1} << *number : impossible_signal;
  };
  out.signals = packed(r.signals);
  out.strong = packed(r.strong);
  for (const auto& name : r.include) out.include |= bit(name);
  if (r.allow) {
    out.restricted = true;
    out.allow = 0;
    for (const auto& name : *r.allow) out.allow |= bit(name);
  }
  out.hold_with_strong = r.hold_with_strong;
  out.hold_without_strong = r.hold_without_strong;
  if (r.review) {
    out.review_within = r.review->within;
    out.review_batch = r.review->batch;
  }
  if (r.lasts) out.lasts = *r.lasts;
  out.alarm = r.alarm.value_or(false);
  if (r.lists) out.lists = static_cast<std::uint8_t>(std::min<std::uint32_t>(*r.lists, lists_unsaid - 1));
  for (const auto& c : r.approvers) {
    const auto found = std::ranges::find_if(selectors_, [&](const auto& s) { return same_selector(s, c); });
    if (found == selectors_.end()) out.too_many_seat_kinds = true;  // not this policy's
    else out.seat({static_cast<SelectorNumber>(found - selectors_.begin()), packed(c.at_least)});
  }
  return out;
}

Requirement Policy::requirement_of(const Needs& n) const {
  Requirement out;
  const auto names = [&](SignalSet set) {
    std::vector<SignalName> list;
    for (std::size_t i = 0; i < signals_.size(); ++i)
      if (((set >> i) & 1U) != 0) list.push_back(signals_[i].name);
    std::ranges::sort(list);
    return list;
  };
  out.signals = n.signals;
  out.strong = n.strong;
  out.include = names(n.include);
  if (n.restricted) out.allow = names(n.allow);
  Requirement seats;
  for (std::size_t i = 0; i < n.seat_kinds; ++i) {
    auto c = selectors_[n.seats[i].selector];
    c.at_least = n.seats[i].at_least;
    seats.approvers.push_back(std::move(c));
  }
  out.approvers = sallyport::join(seats, Requirement{}).approvers;  // in their order
  out.hold_with_strong = n.hold_with_strong;
  out.hold_without_strong = n.hold_without_strong;
  if (n.review_within != forever) out.review = Review{n.review_within, n.review_batch};
  if (n.lasts != forever) out.lasts = n.lasts;
  if (n.alarm) out.alarm = true;
  if (n.lists != lists_unsaid) out.lists = n.lists;
  return out;
}

void Policy::compile_parts() {
  const auto pack = [&](const Requirement& r) {
    for (const auto& c : r.approvers) (void)selector_number(c);
    return needs_of(r);
  };
  for (auto& [name, tier] : tiers_) tier.needs = pack(tier.requirement);
  for (auto& rule : rules_) rule.needs = pack(rule.raises);
  for (const auto& [action, tier] : actions_) {
    const auto found = tiers_.find(tier);
    floors_[static_cast<std::size_t>(action)] = {true, static_cast<std::uint32_t>(std::distance(tiers_.begin(), found)),
                                                 found->second.needs};
  }
  for (const auto& c : classes_) {
    ClassEntry entry;
    entry.always = !c.when;
    if (c.when) entry.condition = class_conditions_.add(*c.when);
    if (c.floor) entry.floor = tiers_.at(*c.floor).needs;
    class_entries_.push_back(entry);
  }
  std::map<Needs, std::uint32_t> known;
  for (const auto& rule : rules_) {
    const auto [at, fresh] = known.emplace(rule.needs, static_cast<std::uint32_t>(rule_needs_.size()));
    if (fresh) rule_needs_.push_back(rule.needs);
    effects_.push_back({at->second, rule.deny.has_value()});
  }

  std::vector<const Condition*> rules;
  std::vector<const Condition*> points;
  std::vector<const Condition*> all;
  for (const auto& rule : rules_) rules.push_back(&rule.when);
  for (const auto& point : risk_points_) points.push_back(&point.when);
  for (const auto& c : classes_)
    if (c.when) all.push_back(&*c.when);
  all.insert(all.end(), rules.begin(), rules.end());
  all.insert(all.end(), points.begin(), points.end());
  std::set<Attribute> compared;
  for (const auto* condition : all)
    for (const auto& t : condition->tests()) {
      if (t.kind == Condition::Test::Kind::text_is) compared.insert(t.left);
      if (t.kind == Condition::Test::Kind::group) groups_compared_ = true;
    }
  compared.erase(Attribute::action);  // as the caller names it: it is not read from a text
  compared_texts_.assign(compared.begin(), compared.end());
  for (const auto action : all_actions)
    action_symbols_[static_cast<std::size_t>(action)] = symbols_.find(to_string(action));
  rule_index_ = RuleIndex(rules, symbols_.size());
  point_index_ = RuleIndex(points, symbols_.size());
}

DecisionSpace::DecisionSpace(const Policy& policy)
    : classes_(policy.classes().size()),
      points_(policy.risk_points().size()),
      rules_(policy.rules().size()),
      seen_points_(policy.risk_points().size()),
      seen_rules_(policy.rules().size()) {
  groups_.reserve(policy.symbols().size());  // distinct groups that the policy names
}

// -- deciding -------------------------------------------------------------------------------------
namespace {

std::span<const Fired> in_order(std::span<Fired> list) {
  if (list.size() > 1) std::ranges::sort(list, {}, &Fired::index);
  return list;
}

}  // namespace

void Policy::demand(const Facts& facts, Action action, DecisionSpace& space, Demand& out) const noexcept {
  space.groups_.clear();
  if (groups_compared_ && facts.knows(Attribute::account_groups))
    for (const auto& group : facts.groups())
      if (const auto symbol = symbols_.find(group);
          symbol != no_symbol && std::ranges::find(space.groups_, symbol) == space.groups_.end())
        space.groups_.push_back(symbol);
  ResolvedFacts in{facts, {}, space.groups_};
  for (const auto a : compared_texts_)
    if (facts.knows(a)) in.symbols[static_cast<std::size_t>(a)] = symbols_.find(facts.text(a));
  if (facts.knows(Attribute::action))
    in.symbols[static_cast<std::size_t>(Attribute::action)] = action_symbols_[static_cast<std::size_t>(action)];
  if (++space.round_ == 0) {  // once in four thousand million decisions
    std::ranges::fill(space.seen_points_, 0U);
    std::ranges::fill(space.seen_rules_, 0U);
    space.round_ = 1;
  }
  bool asked = false;
  const auto ask = [&](const Needs& needs) {
    if (std::exchange(asked, true)) out.needs.join(needs);
    else out.needs = needs;
  };

  // The floors of every class that may be the account's: the first that surely matches ends the search.
  space.classes_.clear();
  for (std::uint32_t i = 0; i < class_entries_.size(); ++i) {
    const auto& entry = class_entries_[i];
    const auto truth = entry.always ? Truth::yes : class_conditions_.evaluate(entry.condition, in);
    if (truth == Truth::no) continue;
    space.classes_.add({i, truth == Truth::yes});
    if (entry.floor && !only_takes_away(action)) ask(*entry.floor);  // it guards what gives access
    if (truth == Truth::yes) break;
  }
  out.classes = space.classes_.all();
  SALLYPORT_ASSERT(!out.classes.empty());  // the loader refuses a policy whose last class has a condition
  out.account_class = out.classes.front().index;

  const auto& floor = floors_[static_cast<std::size_t>(action)];
  out.tier = floor.tier;
  if (floor.given) ask(floor.needs);
  else if (!asked) out.needs = Needs{};

  // Risk before rules: they may ask for it.
  space.points_.clear();
  out.risk_points = 0;
  point_index_.each(in, [&](std::uint32_t i, Truth truth, bool again) {
    if (again && std::exchange(space.seen_points_[i], space.round_) == space.round_) return;
    space.points_.add({i, truth == Truth::yes});
    out.risk_points += risk_points_[i].add;  // at most risk_points_max in all: the loader sees to it
  });
  out.points = in_order(space.points_.all());
  in.risk_points = out.risk_points;

  space.rules_.clear();
  out.rule = 0;
  bool denied = false;
  rule_index_.each(in, [&](std::uint32_t i, Truth truth, bool again) {
    if (again && std::exchange(space.seen_rules_[i], space.round_) == space.round_) return;
    space.rules_.add({i, truth == Truth::yes});
    const auto& effect = effects_[i];
    ask(rule_needs_[effect.needs]);
    if (effect.denies && (!denied || i < out.rule)) {
      denied = true;
      out.rule = i;
    }
  });
  out.rules = in_order(space.rules_.all());

  // What is not known is taken for the worse.
  const bool surely_active = facts.knows(Attribute::account_active) && facts.boolean(Attribute::account_active);
  const bool maybe_admin = !facts.knows(Attribute::account_admin) || facts.boolean(Attribute::account_admin);
  const bool few_cases = facts.knows(Attribute::request_cases_24h) &&
                         facts.number(Attribute::request_cases_24h) < limits_.cases_per_account_24h;
  if (!floor.given) out.refusal = PolicyRefusal::action_not_in_policy;
  else if (!surely_active) out.refusal = PolicyRefusal::account_inactive;
  else if (action == Action::unlock && maybe_admin) out.refusal = PolicyRefusal::unlock_of_administrator;
  else if (denied) out.refusal = PolicyRefusal::rule;
  else if (!few_cases) out.refusal = PolicyRefusal::too_many_cases;
  else if (out.needs.too_many_seat_kinds) out.refusal = PolicyRefusal::too_much_asked;
  else out.refusal = PolicyRefusal::none;
}

std::string_view to_string(Compensation compensation) noexcept {
  switch (compensation) {
    case Compensation::approvers: return "approvers";
    case Compensation::hold: return "hold";
    case Compensation::alarm: return "alarm";
    case Compensation::lasts: return "lasts";
  }
  return "";
}

Ruling<Required> Policy::required(const PolicyQuestion& question) const {
  DecisionSpace space(*this);
  const auto facts = facts_of(question);
  const auto d = demand(facts, question.action, space);
  if (d.refusal != PolicyRefusal::none) return std::unexpected(denial_of(*this, d, facts, question.action));
  // What was accepted for a while is refused afterwards, until somebody judges again.
  for (const auto& accepted : acceptances_)
    for (const auto& may_be : d.classes)
      if (classes_[may_be.index].name == accepted.account_class && accepted.until <= question.at)
        return deny(DenialCode::acceptance_ended,
                    concat("recovery of the class `", accepted.account_class.text(), "` rests on ",
                           accepted.is_of_a_way() ? "a way that" : "what makes up for people talked over, which",
                           " was accepted until ", accepted.until_day),
                    accepted.is_of_a_way() ? "operators propose the policy anew: with a later day, or without that way"
                                           : "operators judge again and propose the policy anew, with a later day",
                    Json::object({{"class", accepted.account_class.text()}, {"until", accepted.until_day}}));
  Required out;
  out.account_class = classes_[d.account_class].name;
  out.class_tier = classes_[d.account_class].floor;
  out.action_tier = tier_name(d.tier);
  out.requirement = requirement_of(d.needs);
  out.risk_points = d.risk_points;
  out.reasons = reasons_of(*this, d, facts, question.action);
  return out;
}

}  // namespace sallyport
