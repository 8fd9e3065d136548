#include "core/proof/fit.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/policy/explain.h"
#include "core/policy/fields.h"
#include "core/policy/words.h"
#include "core/policy/yaml.h"
#include "core/proof/catalogue.h"

namespace sallyport::proof {
namespace {

using Node = YamlNode;
using Names = std::set<std::string, std::less<>>;

constexpr std::string_view own_organization = "account.organization";
constexpr std::string_view third_party = "third_party";

// What of an account decides who may approve for it.
struct Home {
  std::optional<std::string> organization;
  std::optional<std::string> held_by;
  friend auto operator<=>(const Home&, const Home&) = default;
};

// Whoever holds an account approves nothing for it.
std::uint32_t beside_holder(const PeopleKind& kind, const Home& home) {
  return kind.count - (kind.count > 0 && home.held_by == kind.name ? 1 : 0);
}

// Seats and the people who may take them: each seat by another person, of each kind as many as there are.
class Filling {
 public:
  Filling(const std::vector<PeopleKind>& people, const Home& home) : people_(people), home_(home) {
    for (const auto& kind : people) room_.push_back(beside_holder(kind, home));
    taken_.resize(people.size());
  }

  [[nodiscard]] bool can_be_filled(const std::vector<ApproverConstraint>& asked) {
    for (const auto& constraint : asked) {
      auto& kinds = may_sit_.emplace_back();
      for (std::size_t k = 0; k < people_.size(); ++k)
        if (may_sit(people_[k], constraint, home_.organization)) kinds.push_back(k);
    }
    for (std::size_t c = 0; c < asked.size(); ++c)
      for (std::uint32_t n = 0; n < asked[c].at_least; ++n) {
        std::vector<bool> seen(people_.size());
        if (!seat(c, seen)) return false;
      }
    return true;
  }

 private:
  // Somebody for a seat of constraint `c`: whoever is free, or whoever can move to another seat.
  bool seat(std::size_t c, std::vector<bool>& seen) {
    for (const auto k : may_sit_[c]) {
      if (seen[k]) continue;
      seen[k] = true;
      if (taken_[k].size() < room_[k]) {
        taken_[k].push_back(c);
        return true;
      }
      for (auto& other : taken_[k]) {
        if (other == c || !seat(other, seen)) continue;
        other = c;
        return true;
      }
    }
    return false;
  }

  const std::vector<PeopleKind>& people_;
  const Home& home_;
  std::vector<std::uint32_t> room_;
  std::vector<std::vector<std::size_t>> may_sit_;  // by constraint: kinds
  std::vector<std::vector<std::size_t>> taken_;    // by kind: constraints
};

class Fitting {
 public:
  Fitting(const Policy& policy, const Population& population, std::span<const AccountRecord> accounts)
      : policy_(policy), people_(population.people), where_(concat("`", population.name, "`")) {
    std::set<Home> homes;
    const auto lives_at = [&](const TrialFacts& account, const std::optional<std::string>& held_by) {
      Home home{{}, held_by};
      const auto facts = account.view();
      if (facts.knows(Attribute::account_organization)) {
        home.organization = std::string(facts.text(Attribute::account_organization));
        organizations_.insert(*home.organization);
      } else {
        any_organization_ = true;
      }
      homes.insert(std::move(home));
    };
    for (const auto& account : population.accounts) lives_at(account.facts, account.held_by);
    for (const auto& account : accounts) {
      lives_at(account.facts, account.held_by);
      const auto facts = account.facts.view();
      if (facts.knows(Attribute::account_groups)) groups_.insert(facts.groups().begin(), facts.groups().end());
      else any_group_ = true;
    }
    any_group_ = any_group_ || accounts.empty();
    homes_.assign(homes.begin(), homes.end());
    for (const auto& kind : people_) {
      kinds_.insert(kind.name);
      if (kind.team) teams_.insert(kind.team->text());
      if (kind.organization) organizations_.insert(kind.organization->text());
      for (const auto& seat : kind.seats) seats_.insert(seat.text());
    }
  }

  std::vector<PolicyProblem> look() {
    // The policy keeps no columns: who runs a site has no use for them. Its text was read before.
    const auto root = read_yaml(policy_.text());
    SALLYPORT_ASSERT(root.has_value());
    if (const auto* tiers = root->find("tiers"))
      for (const auto& [key, tier] : tiers->members)
        look_at_seats(tier.find("approvers"), policy_.tiers().at(*TierName::parse(key.text)).requirement);
    if (const auto* rules = root->find("rules"))
      for (std::size_t i = 0; i < rules->items.size(); ++i)
        look_at_seats(rules->items[i].find("approvers"), policy_.rules()[i].raises);
    if (const auto* guarantees = root->find("guarantees"))
      for (const auto& guarantee : guarantees->items) look_at_guarantee(guarantee);
    if (const auto* acceptances = root->find("acceptances"))
      for (const auto& accepted : acceptances->items)
        if (const auto* way = accepted.find("way"))
          for (const auto& part : way->items) look_at_part(part);
    // A policy may well name whom it has nothing to do with, to refuse them: of conditions there are only warnings.
    const auto* risk = root->find("risk");
    look_at_conditions(root->find("classes"), policy_.classes(),
                       [](const auto& c) { return c.when ? &*c.when : nullptr; });
    look_at_conditions(risk == nullptr ? nullptr : risk->find("points"), policy_.risk_points(),
                       [](const auto& point) { return &point.when; });
    look_at_conditions(root->find("rules"), policy_.rules(), [](const auto& rule) { return &rule.when; });
    return in_.take_problems();
  }

 private:
  // -- names ---------------------------------------------------------------------------------------
  // `they`: "the teams are", before all of them.
  bool is_one(const Node& at, std::string_view word, std::string_view they, const Names& names,
              std::string_view hint = {}) {
    if (names.contains(at.text)) return true;
    const std::vector<std::string_view> list(names.begin(), names.end());
    const auto nearest = nearest_name(at.text, list);
    in_.wrong(at, concat("no ", word, " `", at.text, "` in ", where_),
              concat(nearest ? concat("did you mean `", *nearest, "`? ") : std::string(),
                     list.empty() ? concat("there is no ", word) : concat(they, " ", comma_list(list)), hint));
    return false;
  }
  static constexpr std::string_view empty_team = "; a team that has nobody now is a kind of people with `count: 0`";
  static constexpr std::string_view empty_seat = "; a seat that nobody has now is one of a kind with `count: 0`";

  static Names with(Names names, std::string_view more) {
    names.insert(std::string(more));
    return names;
  }

  // -- seats ---------------------------------------------------------------------------------------
  // `all`: what is asked for here, with that of the tier that a rule raises to.
  void look_at_seats(const Node* approvers, const Requirement& all) {
    if (approvers == nullptr) return;
    bool each_can_be_filled = true;
    for (const auto& item : approvers->items)
      if (!look_at_constraint(item)) each_can_be_filled = false;
    if (!each_can_be_filled) return;
    const bool together = std::ranges::any_of(
        homes_, [&](const Home& home) { return Filling(people_, home).can_be_filled(all.approvers); });
    if (together) return;
    Requirement seats;
    seats.approvers = all.approvers;
    in_.wrong(*approvers,
              concat("each of these can be gathered in ", where_,
                     ", and not all at once, each by another person: ", words_for(seats)),
              "ask for fewer, or name more people under `people` of the organization file");
  }

  // False when what it asks for is not there.
  bool look_at_constraint(const Node& item) {
    ApproverConstraint c;
    bool known = true;
    if (const auto* role = item.find("role")) {
      c.role = RoleName::parse(role->text);
      known = is_one(*role, "seat", "the seats are", seats_, empty_seat) && known;
    }
    if (const auto* team = item.find("outside")) {
      c.outside = TeamId::parse(team->text);
      known = is_one(*team, "team", "the teams are", teams_, empty_team) && known;
    }
    if (const auto* from = item.find("from")) {
      c.from = OrganizationId::parse(from->text);
      known = is_one(*from, "organization", "there are", with(organizations_, own_organization)) && known;
    }
    if (!known) return false;
    const auto& at = *item.find("at_least");
    const auto asked = number_at(at);
    std::uint64_t most = 0;
    bool somebody_may = false;
    bool nobody_is = true;
    for (const auto& home : homes_) {
      std::uint64_t there = 0;
      for (const auto& kind : people_) {
        if (!may_sit(kind, c, home.organization)) continue;
        somebody_may = true;
        if (kind.count > 0) nobody_is = false;
        there += beside_holder(kind, home);
      }
      most = std::max(most, there);
    }
    if (most >= asked) return true;
    const auto seat = words_for_seats(asked, c);
    if (somebody_may && nobody_is)
      in_.warn(at, concat("nobody in ", where_, " can give ", seat, " at present: those people have `count: 0`"),
               "what asks for it waits until somebody does");
    else
      in_.wrong(at,
                concat("nobody can gather ", seat, " in ", where_, ": there ", most == 1 ? "is " : "are ", most,
                       most == 1 ? " such person" : " such people", " beside an account's holder"),
                most == 0 ? std::string("ask for people who are there, or name them under `people` of the "
                                        "organization file")
                          : concat("ask for at most ", most, ", or name more under `people` of the organization file"));
    return false;
  }

  static std::uint32_t number_at(const Node& node) {
    std::uint32_t out = 0;
    std::from_chars(node.text.data(), node.text.data() + node.text.size(), out);
    return out;
  }

  // -- guarantees, acceptances ---------------------------------------------------------------------
  void look_at_guarantee(const Node& guarantee) {
    if (const auto* teams = guarantee.find("never_alone"))
      for (const auto& team : teams->items)
        is_one(team, "team", "the teams are", with(teams_, third_party), empty_team);
    const auto* needed = guarantee.find("people_needed");
    if (needed == nullptr) return;
    std::uint64_t everybody = 0;
    for (const auto& kind : people_) everybody += kind.count;
    for (const auto& [key, number] : needed->members)
      if (number_at(number) > everybody)
        in_.wrong(number,
                  concat("to take an account of the class `", key.text, "` is to need ", number.text, " people, and ",
                         where_, " has ", everybody),
                  "promise what somebody could break: at most as many as there are people");
  }

  // `number`, `desk_lead`, `number@boss`.
  void look_at_part(const Node& part) {
    if (things_.empty()) {
      for (const auto& thing : all_things()) things_.insert(std::string(thing.name));
      for (const auto& signal : policy_.signals()) things_.insert(signal.rests_on.begin(), signal.rests_on.end());
      for (const auto& notice : policy_.notices()) things_.insert(notice.rests_on.begin(), notice.rests_on.end());
    }
    const auto at = part.text.find('@');
    auto known = things_;
    if (at == part.text.npos) {
      known.insert(kinds_.begin(), kinds_.end());
      is_one(part, "thing and no people", "there are", known);
      return;
    }
    auto half = part;
    half.text = part.text.substr(0, at);
    if (!is_one(half, "thing", "there are", known)) return;
    half.text = part.text.substr(at + 1);
    is_one(half, "people", "there are", kinds_);
  }

  // -- conditions ----------------------------------------------------------------------------------
  // `parts` as they were read from the items of `list`, in the same order.
  void look_at_conditions(const Node* list, const auto& parts, const auto& condition_of) {
    if (list == nullptr) return;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (const Condition* when = condition_of(parts[i])) look_at_condition(*when, *list->items[i].find("when"));
  }

  void look_at_condition(const Condition& condition, const Node& at) {
    for (const auto& test : condition.tests()) {
      if (test.kind == Condition::Test::Kind::group) look_at_group(policy_.symbols().text(test.symbol), at);
      if (test.kind != Condition::Test::Kind::text_is) continue;
      const bool team = test.left == Attribute::agent_team;
      if (!team && test.left != Attribute::agent_organization && test.left != Attribute::account_organization) continue;
      if (!team && any_organization_) continue;
      const auto name = policy_.symbols().text(test.symbol);
      const auto& names = team ? teams_ : organizations_;
      if (names.contains(name)) continue;
      const std::vector<std::string_view> list(names.begin(), names.end());
      const auto nearest = nearest_name(name, list);
      in_.warn(at,
               concat("the condition compares with the ", team ? "team" : "organization", " `", name,
                      "`, which is not in ", where_),
               nearest ? concat("did you mean `", *nearest, "`?") : std::string("see that the name is right"));
    }
  }

  // Whatever is asked of those in a group that nobody is in is asked of nobody.
  void look_at_group(std::string_view name, const Node& at) {
    if (any_group_ || groups_.contains(name)) return;
    const std::vector<std::string_view> list(groups_.begin(), groups_.end());
    const auto nearest = nearest_name(name, list);
    in_.warn(at, concat("no account is in the group `", name, "`"),
             nearest ? concat("did you mean `", *nearest, "`?") : std::string("see that the name is right"));
  }

  const Policy& policy_;
  const std::vector<PeopleKind>& people_;
  std::string where_;
  std::vector<Home> homes_;
  Names groups_;  // of the accounts of a directory
  bool any_group_ = false;  // there are none, or of one it is not said
  bool any_organization_ = false;  // of an account it is not said
  Names kinds_, teams_, seats_, organizations_, things_;
  PolicyFields in_;
};

}  // namespace

std::vector<PolicyProblem> misfits(const Policy& policy, const Population& population,
                                   std::span<const AccountRecord> accounts) {
  if (population.assumed) return {};
  return Fitting(policy, population, accounts).look();
}

bool has_errors(std::span<const PolicyProblem> problems) {
  return std::ranges::any_of(problems, [](const PolicyProblem& p) { return !p.warning; });
}

}  // namespace sallyport::proof
