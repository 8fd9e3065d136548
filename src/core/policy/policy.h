// A policy: one YAML text, checked and compiled. A floor for every action, a floor for classes of
// accounts, raises on top; and nothing that lowers (docs/policy_language.md).
//
//   SP_TRY(auto policy, Policy::compile(text, "policy.yaml"));
//   auto required = policy.required(question);   // or a Denial
//
// A compiled policy is immutable and may be read by many threads. compile() is pure: any text gives
// a policy or problems with line, column and what would be right.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "core/model/denial.h"
#include "core/model/ids.h"
#include "core/policy/attribute.h"
#include "core/policy/condition.h"
#include "core/policy/needs.h"
#include "core/policy/requirement.h"
#include "core/policy/rule_index.h"
#include "core/policy/symbols.h"

namespace sallyport {

// A way to verify. What it rests on decides independence: two signals that rest on a common thing
// count once.
struct SignalRule {
  SignalName name;
  std::vector<std::string> rests_on;      // sorted
  std::optional<Duration> fresh;          // evidence counts for this long while door one is open
  std::optional<Duration> enrolled_for;   // the authenticator was bound at least this long before
  std::optional<Duration> unchanged_for;  // the address or number on file was not changed for this long
  std::optional<Duration> valid_for;      // how old the data behind it may be
  bool strong = false;
  bool issued = false;   // a code that we send
  SignalSet shares = 0;  // signals that rest on a common thing with this one, itself among them
  std::size_t line = 0;
};

// A way to tell the account holder that something is under way. What it rests on decides whether it is an alarm beside
// the evidence of a case (alarm.h).
struct NoticeRule {
  NoticeName name;
  std::vector<std::string> rests_on;      // sorted
  std::optional<Duration> unchanged_for;  // the address was not changed for this long
  SignalSet shares = 0;  // signals that rest on a common thing with it: beside those it is no alarm
  std::size_t line = 0;
};

struct AccountClass {
  ClassName name;
  std::optional<Condition> when;  // absent: every account
  std::optional<TierName> floor;
  std::size_t line = 0, last_line = 0;  // of the text
};

struct Tier {
  Requirement requirement;
  Needs needs;
  std::size_t line = 0, last_line = 0;
};

// Holds for some requests, and then refuses or raises. `raises` is the tier joined with what the rule
// asks for itself.
struct PolicyRule {
  RuleId id;
  Condition when;
  std::optional<std::string> deny;  // the reason
  std::optional<TierName> raise;
  Requirement raises;
  Needs needs;
  std::size_t line = 0, last_line = 0;
};

struct RiskPoint {
  std::uint32_t add = 0;
  Condition when;
  std::string because;  // with {attribute} where its value is shown
  std::size_t line = 0;
};

struct RiskLevel {
  std::string name;
  std::uint32_t at_least = 0;
};

struct Limits {
  std::uint32_t cases_per_account_24h = 3;
  std::uint32_t tries_per_signal = 5;
  std::optional<std::uint32_t> approvals_per_approver_1h;
  std::optional<Duration> cooldown_after_own_recovery;
  Duration case_lifetime = hours(4);
  Duration verified_for = hours(1);  // how long a shut door one stands, beside the hold
};

// How a class signs in: alternatives, each a list of authenticators that are needed together. What
// recovery is measured against; it decides nothing by itself.
struct FrontDoor {
  ClassName account_class;
  std::vector<std::vector<std::string>> ways;
  std::size_t line = 0;
};
// Every authenticator that a front door may name.
[[nodiscard]] std::span<const std::string_view> authenticator_names() noexcept;

struct Guarantees {
  bool dominance_for_all = false;
  std::vector<ClassName> dominance;  // recovery_not_weaker_than_sign_in, for these
  std::map<ClassName, std::uint32_t> people_needed;
  std::map<ClassName, std::uint32_t> people_needed_with_governance;
  std::vector<std::string> never_alone;   // teams, or third_party
  std::vector<std::string> after_losing;  // no_lockout: things that signals rest on
  std::map<std::string, std::size_t> lines;  // of each guarantee, by its key
};

// What makes up for people who can be talked into saying yes (docs/policy_language.md, acceptances). Of every form that
// recovers an account of the class: two approvers or more; a hold, of the weakest evidence too; an alarm; an effect
// that ends by itself. The prover holds each against what the cases are asked.
enum class Compensation : std::uint8_t { approvers, hold, alarm, lasts };
inline constexpr std::array<Compensation, 4> all_compensations{Compensation::approvers, Compensation::hold,
                                                               Compensation::alarm, Compensation::lasts};
[[nodiscard]] std::string_view to_string(Compensation compensation) noexcept;

// Two operators judged what the prover cannot, for a while: either that one way through recovery, which is neither
// easier nor as hard as signing in, is hard enough; or that what the policy asks beside makes up for a class whose
// recovery is not as hard as signing in once people are talked over (the pessimistic reading). It says nothing of any
// other way, and nothing accepts a way that is easier while people keep their word.
struct Acceptance {
  ClassName account_class;
  std::vector<std::string>
      way;  // sorted: things (`number`), kinds of people (`desk_lead`), others' things (`number@boss`)
  // Sorted. Not empty: an acceptance of the pessimistic reading, and `way` is empty.
  std::vector<Compensation> compensated_by;
  std::string until_day;  // "2027-06-30"
  Instant until;  // the end of that day, UTC
  std::string because;
  std::size_t line = 0, last_line = 0;

  [[nodiscard]] bool is_of_a_way() const noexcept { return compensated_by.empty(); }
};
inline constexpr Duration acceptance_max = days(366);  // from the proposal of the policy

// What a case of this account and action needs, and why.
struct Required {
  ClassName account_class;
  TierName action_tier;
  std::optional<TierName> class_tier;
  Requirement requirement;
  std::uint32_t risk_points = 0;
  std::vector<std::string> reasons;  // readable: "password_reset has the floor standard"
};

// A mistake in a policy's text, or something in it that has no effect.
struct PolicyProblem {
  std::size_t line = 1, column = 1;  // from 1, the column in bytes
  std::string what;
  std::string next_step;
  bool warning = false;  // the policy loads all the same
};

// The first that is more than a warning, and how many more there are; there is one.
[[nodiscard]] std::unexpected<Fault> fault_of(const std::vector<PolicyProblem>& problems, std::string_view source);

// Who reads a text. Some slips are refused in a draft that versions before this one let go live: what is in force, or
// was, is read past them, with the meaning that it had. Nothing else may differ.
enum class PolicyReading : std::uint8_t { draft, in_force };

class DecisionSpace;

// Something whose condition held. `known` is false when it could not be evaluated.
struct Fired {
  std::uint32_t index = 0;  // of rules(), risk_points() or classes()
  bool known = true;
};

enum class PolicyRefusal : std::uint8_t {
  none,
  action_not_in_policy,
  account_inactive,
  unlock_of_administrator,
  rule,  // `rule` tells which
  too_many_cases,
  too_much_asked,  // more kinds of approvers than a case can have
};

// Stage one of a decision: what the request needs. The spans live in the DecisionSpace.
struct Demand {
  PolicyRefusal refusal = PolicyRefusal::none;
  std::uint32_t rule = 0;  // the first rule that denies
  std::uint32_t account_class = 0;  // the first class that matches; its floor is among those joined
  std::uint32_t tier = 0;  // of the action, an index of tiers()
  std::uint32_t risk_points = 0;
  std::span<const Fired> classes;  // whose floors are joined; the first is the account's class
  std::span<const Fired> points;  // ascending
  std::span<const Fired> rules;  // ascending
  Needs needs;
};

class Policy {
 public:
  // The fault holds the first problem and how many more there are.
  [[nodiscard]] static Result<Policy> compile(std::string_view text, std::string_view source,
                                              PolicyReading reading = PolicyReading::draft);
  // Every problem that can be found at once, in the order of the text; warnings do not keep the policy from loading.
  struct Checked;
  [[nodiscard]] static Checked check(std::string_view text, PolicyReading reading = PolicyReading::draft);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }  // SHA-256 of the text
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] const std::vector<SignalRule>& signals() const noexcept { return signals_; }
  [[nodiscard]] const std::vector<NoticeRule>& notices() const noexcept { return notices_; }
  [[nodiscard]] const std::vector<AccountClass>& classes() const noexcept { return classes_; }
  [[nodiscard]] const std::vector<PolicyRule>& rules() const noexcept { return rules_; }
  [[nodiscard]] const std::vector<RiskPoint>& risk_points() const noexcept { return risk_points_; }
  [[nodiscard]] const std::vector<RiskLevel>& risk_levels() const noexcept { return risk_levels_; }  // ascending
  [[nodiscard]] const std::vector<FrontDoor>& front_doors() const noexcept { return front_doors_; }
  [[nodiscard]] const Guarantees& guarantees() const noexcept { return guarantees_; }
  [[nodiscard]] const std::vector<Acceptance>& acceptances() const noexcept { return acceptances_; }
  [[nodiscard]] const std::map<TierName, Tier>& tiers() const noexcept { return tiers_; }
  [[nodiscard]] const std::map<Action, TierName>& actions() const noexcept { return actions_; }
  [[nodiscard]] std::size_t action_line(Action action) const noexcept {  // of the text; 0: not named
    return action_lines_[static_cast<std::size_t>(action)];
  }
  [[nodiscard]] const std::vector<ApproverConstraint>& selectors() const noexcept { return selectors_; }
  [[nodiscard]] const Symbols& symbols() const noexcept { return symbols_; }
  [[nodiscard]] const SignalRule* signal(const SignalName& name) const;
  [[nodiscard]] const NoticeRule* notice(const NoticeName& name) const;
  [[nodiscard]] bool reads(Attribute attribute) const noexcept;  // does any condition ask for it?
  [[nodiscard]] std::optional<std::uint8_t> signal_number(const SignalName& name) const noexcept;
  [[nodiscard]] const TierName& tier_name(std::uint32_t index) const;

  // Stage one, without allocating: the answer's spans live in `space`, until its next use.
  [[nodiscard]] Demand demand(const Facts& facts, Action action, DecisionSpace& space) const noexcept {
    Demand out;
    demand(facts, action, space, out);
    return out;
  }
  // Into a place that is used again: everything in it is written anew.
  void demand(const Facts& facts, Action action, DecisionSpace& space, Demand& out) const noexcept;
  // The same with names, for events and readers.
  [[nodiscard]] Ruling<Required> required(const PolicyQuestion& question) const;

  // Between the two forms of a requirement. Names that are not this policy's ask for what nobody can give.
  [[nodiscard]] Requirement requirement_of(const Needs& needs) const;
  [[nodiscard]] Needs needs_of(const Requirement& requirement) const;

 private:
  friend class PolicyLoader;
  Policy() = default;
  SelectorNumber selector_number(const ApproverConstraint& wanted);
  void compile_parts();  // needs, shares, indexes: after everything is read

  std::string name_;
  std::string text_;
  Digest digest_;
  Limits limits_;
  std::vector<SignalRule> signals_;
  std::vector<NoticeRule> notices_;
  std::vector<AccountClass> classes_;
  std::map<TierName, Tier> tiers_;
  std::map<Action, TierName> actions_;
  std::array<std::size_t, all_actions.size()> action_lines_{};
  std::vector<PolicyRule> rules_;
  std::vector<RiskPoint> risk_points_;
  std::vector<RiskLevel> risk_levels_;
  std::vector<FrontDoor> front_doors_;
  Guarantees guarantees_;
  std::vector<Acceptance> acceptances_;

  Symbols symbols_;
  std::vector<TextKey> signal_keys_;  // of signals_
  std::vector<ApproverConstraint> selectors_;  // distinct; at_least is 1
  struct Floor {
    bool given = false;
    std::uint32_t tier = 0;
    Needs needs;
  };
  std::array<Floor, all_actions.size()> floors_;  // by action
  CompiledConditions class_conditions_;
  struct ClassEntry {
    bool always = false;
    CompiledConditions::Entry condition;
    std::optional<Needs> floor;
  };
  std::vector<ClassEntry> class_entries_;
  struct Effect {
    std::uint32_t needs = 0;  // of rule_needs_
    bool denies = false;
  };
  std::vector<Effect> effects_;  // by rule: what decisions read of it, close together
  std::vector<Needs> rule_needs_;  // distinct: thousands of rules ask for a few things
  RuleIndex rule_index_;
  RuleIndex point_index_;
  std::array<Symbol, all_actions.size()> action_symbols_{};
  std::vector<Attribute> compared_texts_;  // that a condition compares with a literal; all but `action`
  bool groups_compared_ = false;
};

struct Policy::Checked {
  std::optional<Policy> policy;  // when no problem is more than a warning
  std::vector<PolicyProblem> problems;
};

// Room for one decision at a time, made once for a policy (for each thread that decides) and used again.
// Must not outlive its policy.
class DecisionSpace {
 public:
  explicit DecisionSpace(const Policy& policy);

 private:
  friend class Policy;
  class List {  // with room for all that can ever be in it
   public:
    explicit List(std::size_t most) : room_(most) {}
    void clear() noexcept { count_ = 0; }
    void add(Fired fired) noexcept { room_[count_++] = fired; }
    [[nodiscard]] std::span<Fired> all() noexcept { return std::span(room_).first(count_); }

   private:
    std::vector<Fired> room_;
    std::size_t count_ = 0;
  };
  std::vector<Symbol> groups_;
  List classes_, points_, rules_;
  std::vector<std::uint32_t> seen_points_, seen_rules_;  // the round in which each was last asked
  std::uint32_t round_ = 0;
};

}  // namespace sallyport
