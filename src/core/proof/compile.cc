#include "core/proof/compile.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "core/policy/explain.h"
#include "core/proof/catalogue.h"
#include "core/proof/signal_sets.h"
#include "core/prover/read_model.h"
#include "core/prover/work.h"

namespace sallyport::proof {
namespace {

// Moved, not listed in braces, which would copy every formula once more for each that it is part of.
Json one_member(std::string_view key, Json value) {
  auto out = Json::object();
  out.set(key, std::move(value));
  return out;
}
Json all_of(Json::Array parts) { return one_member("and", Json(std::move(parts))); }
Json any_of(Json::Array parts) { return one_member("or", Json(std::move(parts))); }
Json distinct(Json::Array slots, Json::Array excluded) {
  auto who = Json::object();
  who.set("slots", Json(std::move(slots)));
  who.set("exclude", Json(std::move(excluded)));
  return one_member("distinct", std::move(who));
}

constexpr int duped_level = 1;
constexpr std::uint32_t operators_together = 2;  // core/organization: whatever gives power takes two

constexpr std::array<std::string_view, 3> bound_by_invitation{"passkey", "totp", "recovery_code"};
bool one_of(std::string_view name, const auto& names) { return std::ranges::find(names, name) != names.end(); }

std::optional<std::string> organization_of(const AccountKind& account) {
  const auto facts = account.facts.view();
  if (!facts.knows(Attribute::account_organization)) return std::nullopt;
  return std::string(facts.text(Attribute::account_organization));
}

bool attests(const PeopleKind& kind, Attester who, const AccountKind& account) {
  if (who == Attester::agent) return kind.agent;
  return kind.vouches && (!account.manager || *account.manager == kind.name);
}

// One way in which a set of signals is given: what has to be had, and who has to say so.
struct Given {
  SignalSet signals = 0;
  Json::Array formulas;
  std::vector<Attester> attesters;
};

class Compiler {
 public:
  Compiler(const Policy& policy, const Population& population, Reading reading, CompileOptions options)
      : policy_(policy), population_(population), reading_(reading), options_(options) {}

  Result<Compiled> compile() {
    SP_CHECK(find_asks());
    count_people();
    for (const auto& kind : population_.people) make_people(kind);
    for (std::size_t i = 0; i < population_.accounts.size(); ++i) {
      make_account(i);
      if (too_many_ways_)
        return fault(
            FaultKind::invalid,
            concat("there are more than ", prover::family_sets_max, " ways to verify ", forms_[i].name),
            "say in the organization file what its accounts have `enrolled`, or ask for fewer signals at once");
    }
    for (const auto& kind : population_.people) make_accounts_of(kind);
    if (options_.edition != Edition::second) make_governance();
    return finish();
  }

 private:
  // -- what is asked -----------------------------------------------------------------------------
  Result<void> find_asks() {
    KindsOfRequest kinds;
    kinds.take(policy_);
    bool few_groups = false;
    const auto axes = kinds.axes(few_groups);
    if (few_groups && !population_.assumed)
      few_groups = std::ranges::any_of(population_.accounts, [](const AccountKind& a) {
        return std::ranges::find(a.said, Attribute::account_groups) == a.said.end();
      });
    if (few_groups) note("accounts in more than two of the groups that conditions name were not looked at");
    DecisionSpace space(policy_);
    for (const auto& account : population_.accounts) {
      auto facts = account.facts;
      std::vector<Axis> free;
      for (auto axis : axes) {
        if (axis.attribute == Attribute::action) continue;
        // Whether it is locked is the attacker's choice: a few wrong passwords lock it, and so does a call.
        const bool said = std::ranges::find(account.said, axis.attribute) != account.said.end();
        if (said && axis.attribute != Attribute::account_locked) continue;
        if (axis.attribute == Attribute::account_active) axis.numbers = {1};
        if (axis.attribute == Attribute::agent_organization) only_of_agents(axis, account);
        free.push_back(std::move(axis));
      }
      AccountForms forms;
      forms.name = account.name;
      forms.meant_for = account.meant_for;
      const auto demand = policy_.demand(facts.view(), Action::unlock, space);
      forms.account_class = demand.account_class;
      if (!demand.classes.empty() && !demand.classes.front().known && demand.classes.size() > 1)
        note(concat(account.name, " may be of several classes, as far as its facts tell; it was taken for ",
                    policy_.classes()[demand.account_class].name.text()));
      for (const auto& [action, tier] : policy_.actions()) {
        if (action == Action::suspend) {
          SP_TRY(forms.suspending, easiest(policy_, space, action, facts, free));
        }
        if (!restores(action)) continue;
        SP_TRY(auto asks, easiest(policy_, space, action, facts, free));
        std::ranges::move(asks, std::back_inserter(forms.asks));
      }
      forms_.push_back(std::move(forms));
    }
    return {};
  }

  // With an organization file it is known which organizations agents are of.
  void only_of_agents(Axis& axis, const AccountKind& account) const {
    if (population_.assumed) return;
    std::set<std::string> texts;
    const auto home = organization_of(account);
    for (const auto& kind : population_.people) {
      if (!kind.agent) continue;
      if (kind.organization) texts.insert(kind.organization->text());
      else if (home) texts.insert(*home);
      else return;  // the account's own, whichever that is
    }
    if (!texts.empty()) axis.texts.assign(texts.begin(), texts.end());
  }

  // -- people ------------------------------------------------------------------------------------
  // People of a kind are interchangeable, and a smallest set never needs more of them than one case has seats for:
  // whoever uses another person for another case could have used the same one.
  void count_people() {
    representatives_.assign(population_.people.size(), 0);
    for (std::size_t a = 0; a < forms_.size(); ++a)
      for (const auto& ask : forms_[a].asks)
        for (std::size_t k = 0; k < population_.people.size(); ++k)
          representatives_[k] = std::max(
              representatives_[k], places_for(policy_, population_.people[k], population_.accounts[a], ask.needs));
    for (std::size_t k = 0; k < population_.people.size(); ++k) {
      const auto& kind = population_.people[k];
      if (kind.invites) representatives_[k] = std::max(representatives_[k], 1U);
      // Whoever holds an account approves nothing of it, so one more is needed than there are seats.
      const bool holds = kind.account || std::ranges::any_of(population_.accounts,
                                                             [&](const auto& a) { return a.held_by == kind.name; });
      representatives_[k] = std::min(kind.count, representatives_[k] + (holds ? 1U : 0U) + options_.spare);
      // Governing fills no seat of a case: whoever is needed for that alone stands in the model, and in no seat.
      std::uint32_t governing = kind.invites ? operators_together : 0;
      for (const auto& governor : population_.governance)
        if (one_of(kind.name, governor.of)) governing = std::max(governing, governor.at_least);
      if (governing > 0 && holds) ++governing;
      if (options_.edition == Edition::second) governing = 0;
      in_model_.push_back(std::max(representatives_[k], std::min(kind.count, governing)));
    }
  }

  static std::string person_name(const PeopleKind& kind, std::uint32_t number) {
    return kind.count == 1 ? kind.name : concat(kind.name, "-", number);
  }

  void make_people(const PeopleKind& kind) {
    const auto number = in_model_[static_cast<std::size_t>(&kind - population_.people.data())];
    for (std::uint32_t i = 1; i <= number; ++i) {
      const auto name = person_name(kind, i);
      Json::Array groups;
      if (kind.team) groups.emplace_back(kind.team->text());
      persons_.push_back(
          Json::object({{"id", name}, {"groups", Json(std::move(groups))}, {"third_party", kind.third_party}}));
      Json::Array ways;
      // Two ways to have somebody's yes, and one atom: apart they would square the number of sets and say no more. In
      // the pessimistic reading the easiest way stands for all: who compares by it finds the same verdict.
      if (reading_ == Reading::technical)
        ways.emplace_back(atom(concat("person:", name), kind.name, person_level, name,
                               concat(name, " signs falsely, or their passkey and PIN are stolen")));
      else
        ways.emplace_back(
            atom(concat("duped:", name), kind.name, duped_level, name, concat(name, " is talked into it")));
      if (kind.account && reading_ == Reading::technical) ways.emplace_back(concat("control@", account_of(kind, i)));
      if (kind.agent || kind.vouches)
        node(concat("attests:", name), any_of(ways), concat(name, " attests who it is"), {});
      node(concat("acts:", name), any_of(std::move(ways)), concat(name, " approves"), {});
    }
  }

  // -- accounts ----------------------------------------------------------------------------------
  void make_account(std::size_t number) {
    const auto& account = population_.accounts[number];
    auto& forms = forms_[number];
    if (account.held_by) {
      const auto kind = std::ranges::find(population_.people, *account.held_by, &PeopleKind::name);
      owner_ = person_name(*kind, 1);
    } else {
      owner_ = concat("holder@", account.name);
      persons_.push_back(Json::object({{"id", owner_}}));
    }
    make_nodes(account, forms);
    make_approved(forms);
    auto json = account_json(forms.name);
    if (options_.edition != Edition::second) json.set("note", policy_.classes()[forms.account_class].name.text());
    accounts_.push_back(std::move(json));
  }

  // The account with which one of them signs what they say: the very one that is proved, where that is theirs.
  std::string account_of(const PeopleKind& kind, std::uint32_t number) const {
    const auto account = std::ranges::find(population_.accounts, *kind.account, &AccountKind::name);
    if (number == 1 && account->held_by == kind.name) return account->name;
    return concat(account->name, "~", person_name(kind, number));
  }

  void make_accounts_of(const PeopleKind& kind) {
    if (!kind.account || reading_ == Reading::pessimistic) return;
    const auto account = std::ranges::find(population_.accounts, *kind.account, &AccountKind::name);
    const auto people = in_model_[static_cast<std::size_t>(&kind - population_.people.data())];
    for (std::uint32_t i = 1; i <= people; ++i) {
      auto forms = forms_[static_cast<std::size_t>(account - population_.accounts.begin())];
      forms.name = account_of(kind, i);
      if (forms.name == account->name) continue;
      forms.nodes.clear();
      owner_ = person_name(kind, i);
      kind_of_owner_ = kind.name;
      make_nodes(*account, forms);
      others_.push_back(std::move(forms));
    }
  }

  // Everything about one account whose holder is `owner_`.
  void make_nodes(const AccountKind& account, AccountForms& forms) {
    account_ = &account;
    name_ = forms.name;
    const auto& name = name_;
    held_.clear();
    make_signals();
    std::map<Action, Json::Array> done;
    const Ask* before = nullptr;
    Json formula;
    for (const auto& ask : forms.asks) {
      auto& forms_of_action = done[ask.action];
      const auto action = std::string(to_string(ask.action));
      const auto id = concat(action, "@", name, forms_of_action.empty() ? "" : concat("#", forms_of_action.size() + 1));
      // Mostly as much is asked for one action as for another.
      if (const auto notes = notes_.size(); before == nullptr || before->needs != ask.needs) {
        formula = formula_of(ask);
        before = notes == notes_.size() ? &ask : nullptr;
      }
      node(concat(id, forms_of_action.empty() ? "#1" : ""), formula,
           concat(action, " of ", name_ == account_->name ? name : concat("the account of ", owner_),
                  " is done: ", words_for(policy_.requirement_of(ask.needs))),
           lines_of(ask));
      forms.nodes.push_back(concat(id, forms_of_action.empty() ? "#1" : ""));
      recovery_.insert(forms.nodes.back());
      forms_of_action.emplace_back(forms.nodes.back());
    }
    std::set<std::string> restored;
    for (auto& [action, forms_of_action] : done) {
      const auto id = concat(to_string(action), "@", name);
      node(id, any_of(std::move(forms_of_action)), "", {});
      recovery_.insert(id);
      restored.insert(id);
    }
    make_control(forms, restored);
  }

  Json thing(std::string_view what) {
    const auto* known = thing_named(what);
    int level = known != nullptr ? known->level : unknown_thing_level;
    const auto given = std::ranges::find(population_.levels, what, &ThingLevel::thing);
    if (given != population_.levels.end()) level = given->level;
    else if (known == nullptr) note(concat("`", what, "` is not in the catalogue: level ", level, " was assumed"));
    const auto name = concat(what, "@", name_);
    if (known == nullptr || known->of_holder) held_.insert(name);
    auto words = known != nullptr ? std::string(known->words) : concat("the holder's ", what);
    constexpr std::string_view holder = "the holder";
    if (const auto at = words.find(holder); at != words.npos) words.replace(at, holder.size(), holder_in_words());
    return atom(name, name_ == account_->name ? std::string(what) : concat(what, "@", kind_of_owner_), level, owner_,
                std::move(words));
  }

  [[nodiscard]] std::string holder_in_words() const { return name_ == account_->name ? "the holder" : owner_; }
  [[nodiscard]] std::string words_of_account() const {
    if (name_ == account_->name) return concat("the account (", name_, ")");
    return concat("the account of ", owner_, " (", account_->name, ")");
  }

  [[nodiscard]] bool has(std::size_t signal) const {
    if (account_->enrolled && ((*account_->enrolled >> signal) & 1U) == 0) return false;
    return !(account_->mailbox_of_account && std::ranges::find(policy_.signals()[signal].rests_on, "mailbox") !=
                                                 policy_.signals()[signal].rests_on.end());
  }

  void make_signals() {
    for (std::size_t i = 0; i < policy_.signals().size(); ++i) {
      if (!has(i)) continue;
      const auto& signal = policy_.signals()[i];
      Json::Array ways;
      Json::Array own;
      bool attested = false;
      for (const auto& what : signal.rests_on) {
        if (attester_of(what)) attested = true;
        else own.push_back(thing(what));
      }
      if (!attested || !own.empty()) ways.push_back(own.size() == 1 ? own.front() : all_of(std::move(own)));
      for (const auto& other : other_ways_to_forge(signal.name.text())) {
        Json::Array parts;
        for (const auto what : other) parts.push_back(thing(what));
        if (!attested) ways.push_back(parts.size() == 1 ? parts.front() : all_of(std::move(parts)));
      }
      // An operator's invitation binds a new one to whoever reads the code in the mail.
      if (one_of(signal.name.text(), bound_by_invitation))
        for (std::size_t k = 0; k < population_.people.size(); ++k)
          for (std::uint32_t p = 1; population_.people[k].invites && p <= representatives_[k]; ++p)
            ways.push_back(all_of({account_->mailbox_of_account ? Json(concat("control@", name_)) : thing("mailbox"),
                                   concat("acts:", person_name(population_.people[k], p))}));
      // Whoever can change what is enrolled can then give it.
      if (policy_.actions().contains(Action::recovery_factor_change) && has_form(Action::recovery_factor_change))
        ways.emplace_back(concat("recovery_factor_change@", name_));
      node(signal_node(i), any_of(std::move(ways)),
           concat(signal.name.text(), " is given in ", holder_in_words(), "'s name"), {signal.line});
    }
  }

  [[nodiscard]] bool has_form(Action action) const {
    const auto& forms = forms_[static_cast<std::size_t>(account_ - population_.accounts.data())];
    return std::ranges::find(forms.asks, action, &Ask::action) != forms.asks.end();
  }

  [[nodiscard]] std::string signal_node(std::size_t i) const {
    return concat("signal:", policy_.signals()[i].name.text(), "@", name_);
  }

  // Every way to give signal i: by what it rests on, or in another way, and who attests it.
  std::vector<Given> ways_to_give(std::size_t i) {
    const auto& signal = policy_.signals()[i];
    const auto bit = SignalSet{1} << i;
    Given one{bit, {}, {}};
    bool has_things = false;
    for (const auto& what : signal.rests_on) {
      if (const auto who = attester_of(what)) one.attesters.push_back(*who);
      else has_things = true;
    }
    if (one.attesters.empty() || has_things) one.formulas.emplace_back(signal_node(i));
    std::vector<Given> out{one};
    if (!one.attesters.empty())
      for (const auto& other : other_ways_to_forge(signal.name.text())) {
        Given forged{bit, {}, {}};
        for (const auto what : other) forged.formulas.push_back(thing(what));
        out.push_back(std::move(forged));
      }
    return out;
  }

  // -- requirements ------------------------------------------------------------------------------
  Json formula_of(const Ask& ask) {
    const auto& needs = ask.needs;
    Json::Array ways;
    std::map<std::vector<Attester>, Json> seats_beside;  // the same for most sets
    const auto sets = sets_that_do(needs);
    too_many_ways_ = too_many_ways_ || sets.size() > prover::family_sets_max;
    for (const auto& [set, silenced] : sets) {
      if (too_many_ways_) return {};
      std::vector<Given> given{Given{}};
      for (std::size_t i = 0; i < policy_.signals().size(); ++i) {
        if (((set >> i) & 1U) == 0) continue;
        std::vector<Given> more;
        for (const auto& way : ways_to_give(i))
          for (auto so_far : given) {
            so_far.signals |= way.signals;
            std::ranges::copy(way.formulas, std::back_inserter(so_far.formulas));
            std::ranges::copy(way.attesters, std::back_inserter(so_far.attesters));
            more.push_back(std::move(so_far));
          }
        given = std::move(more);
      }
      too_many_ways_ = ways.size() + given.size() > prover::family_sets_max;
      for (auto& way : given) {
        auto parts = std::move(way.formulas);
        auto seats = seats_beside.find(way.attesters);
        if (seats == seats_beside.end())
          seats = seats_beside.emplace(way.attesters, seats_of(ask, way.attesters)).first;
        if (!seats->second.is_null()) parts.push_back(seats->second);
        if (silenced) parts.push_back(silence_beside(set));
        ways.push_back(all_of(std::move(parts)));
      }
    }
    return any_of(std::move(ways));
  }

  // With whether the holder hears of it in time to object: a hold under an alarm. Nobody hears of any other hold.
  [[nodiscard]] std::vector<std::pair<SignalSet, bool>> sets_that_do(const Needs& needs) const {
    SignalSet enrolled = 0, strong = 0;
    for (std::size_t i = 0; i < policy_.signals().size(); ++i) {
      if (has(i)) enrolled |= SignalSet{1} << i;
      if (policy_.signals()[i].strong) strong |= SignalSet{1} << i;
    }
    // If people can be talked over, a holder misses what they are told.
    const bool heard = needs.alarm && reading_ == Reading::technical;
    std::vector<std::pair<SignalSet, bool>> out;
    const auto add = [&](const Needs& asked) {
      for (const auto set : smallest_sets(policy_, asked, enrolled)) {
        const auto hold = (set & strong) != 0 ? asked.hold_with_strong : asked.hold_without_strong;
        const std::pair one(set, heard && hold > Duration{});
        if (std::ranges::find(out, one) == out.end()) out.push_back(one);
      }
    };
    add(needs);
    // A strong signal more than is asked for may spare the hold, and with it the alarm's effect.
    if (heard && needs.strong == 0 && needs.hold_with_strong == Duration{} && needs.hold_without_strong > Duration{}) {
      auto stronger = needs;
      stronger.strong = 1;
      stronger.signals = std::max<std::uint8_t>(stronger.signals, 1);
      add(stronger);
    }
    return out;
  }

  // What keeps from the holder the one notice that surely goes out: which of those that count it is, is the attacker's
  // luck, so the easiest stands for it.
  Json silence_beside(SignalSet set) {
    Json::Array ways;
    for (const auto& notice : policy_.notices()) {
      if ((notice.shares & set) != 0) continue;
      for (const auto& what : notice.rests_on) {
        if (const auto who = attester_of(what)) {
          for (std::size_t k = 0; k < population_.people.size(); ++k)
            for (std::uint32_t p = 1; attests(population_.people[k], *who, *account_) && p <= representatives_[k]; ++p)
              ways.emplace_back(concat("attests:", person_name(population_.people[k], p)));
          continue;
        }
        for (const auto& other : ways_to_silence(what)) {
          Json::Array parts;
          for (const auto part : other) parts.push_back(thing(part));
          ways.push_back(parts.size() == 1 ? parts.front() : all_of(std::move(parts)));
        }
      }
    }
    return any_of(std::move(ways));
  }

  // Everybody of these kinds of people, so many of each, beside what they do.
  Json::Array slot_of(std::string_view does, const std::vector<std::uint32_t>& numbers, const auto& fits) const {
    Json::Array slot;
    for (std::size_t k = 0; k < population_.people.size(); ++k) {
      const auto& kind = population_.people[k];
      if (!fits(kind)) continue;
      for (std::uint32_t i = 1; i <= numbers[k]; ++i) {
        const auto name = person_name(kind, i);
        slot.push_back(Json::array({name, concat(does, name)}));
      }
    }
    return slot;
  }

  // The seats of door two and whoever attests, each by somebody else; null when nobody is needed.
  Json seats_of(const Ask& ask, const std::vector<Attester>& attesters) {
    const auto& needs = ask.needs;
    Json::Array slots;
    std::size_t seats = 0;
    const auto people = [&](std::string_view does, auto&& fits) { return slot_of(does, representatives_, fits); };
    for (std::size_t i = 0; i < needs.seat_kinds; ++i) {
      const auto& constraint = policy_.selectors()[needs.seats[i].selector];
      const auto home = organization_of(*account_);
      const auto slot = people("acts:", [&](const PeopleKind& kind) { return may_sit(kind, constraint, home); });
      for (std::size_t n = 0; n < needs.seats[i].at_least; ++n, ++seats) slots.emplace_back(slot);
      std::uint64_t there = 0;
      for (const auto& kind : population_.people)
        if (may_sit(kind, constraint, home)) there += kind.count - (account_->held_by == kind.name ? 1 : 0);
      auto asked = constraint;
      asked.at_least = needs.seats[i].at_least;
      if (there < asked.at_least) {
        Requirement seat;
        seat.approvers.push_back(asked);
        note(concat("line ", line_of_seat(ask, needs.seats[i]), ": for ", name_, " nobody can gather ", words_for(seat),
                    ": there are ", there));
      }
    }
    for (const auto who : attesters)
      slots.emplace_back(people("attests:", [&](const PeopleKind& k) { return attests(k, who, *account_); }));
    if (slots.empty()) return {};
    if (seats > approvals_per_case_max || slots.size() > prover::slots_max) return Json(false);
    return distinct(std::move(slots), {Json(owner_)});
  }

  // Of what asks for it: the action's tier, a class's floor, or a rule.
  std::size_t line_of_seat(const Ask& ask, const Seats& wanted) const {
    const auto asks = [&](const Needs& needs) {
      return std::ranges::any_of(std::span(needs.seats).first(needs.seat_kinds),
                                 [&](const Seats& seat) { return seat == wanted; });
    };
    for (const auto r : ask.rules)
      if (const auto& rule = policy_.rules()[r]; asks(rule.needs)) return rule.line;
    for (const auto c : ask.classes)
      if (const auto& floor = policy_.classes()[c].floor)
        if (const auto& tier = policy_.tiers().at(*floor); asks(tier.needs)) return tier.line;
    return policy_.tiers().at(policy_.tier_name(ask.tier)).line;
  }

  Lines lines_of(const Ask& ask) const {
    std::set<std::size_t> lines{policy_.action_line(ask.action)};
    const auto all = [&](const auto& part) {
      for (auto line = part.line; line <= part.last_line; ++line) lines.insert(line);
    };
    all(policy_.tiers().at(policy_.tier_name(ask.tier)));
    for (const auto c : ask.classes) {
      const auto& account_class = policy_.classes()[c];
      all(account_class);
      if (account_class.floor) all(policy_.tiers().at(*account_class.floor));
    }
    for (const auto r : ask.rules) {
      all(policy_.rules()[r]);
      if (policy_.rules()[r].raise) all(policy_.tiers().at(*policy_.rules()[r].raise));
    }
    return {lines.begin(), lines.end()};
  }

  // -- control -------------------------------------------------------------------------------------
  static bool gives(Action action, std::string_view authenticator) {
    if (action == Action::password_reset) return authenticator == "password";
    if (action == Action::mfa_reset) return authenticator != "password";
    return false;
  }
  static bool gives_all(Action action) {
    return action == Action::emergency_access || action == Action::delegated_access_restore ||
           action == Action::service_secret_rotate;
  }

  void make_control(const AccountForms& forms, const std::set<std::string>& restored) {
    const auto& name = name_;
    const auto& account_class = policy_.classes()[forms.account_class].name;
    const auto door = std::ranges::find(policy_.front_doors(), account_class, &FrontDoor::account_class);
    Json::Array ways;
    const auto whole = [&](const FrontDoor& front) {
      std::set<std::string> authenticators;
      for (const auto& way : front.ways) authenticators.insert(way.begin(), way.end());
      for (const auto& a : authenticators) {
        Json::Array uses;
        for (const auto& use : ways_to_use(a)) {
          Json::Array parts;
          for (const auto what : use) parts.push_back(thing(what));
          uses.push_back(parts.size() == 1 ? parts.front() : all_of(std::move(parts)));
        }
        for (const auto action : all_actions)  // `suspend` gives nothing to anybody
          if (gives(action, a) && restored.contains(concat(to_string(action), "@", name)))
            uses.emplace_back(concat(to_string(action), "@", name));
        node(concat("factor:", a, "@", name), any_of(std::move(uses)), concat("signing in with ", a, " works"),
             {front.line});
      }
      for (const auto& way : front.ways) {
        Json::Array parts;
        for (const auto& a : way) parts.emplace_back(concat("factor:", a, "@", name));
        ways.push_back(all_of(std::move(parts)));
      }
    };
    if (door != policy_.front_doors().end()) whole(*door);
    for (const auto action : all_actions) {
      const auto id = concat(to_string(action), "@", name);
      if ((gives_all(action) || door == policy_.front_doors().end()) && restored.contains(id)) ways.emplace_back(id);
    }
    if (door == policy_.front_doors().end())
      note(concat("how ", account_class.text(), " signs in is not said: any restoring action counts as a takeover"));
    node(concat("control@", name), any_of(std::move(ways)), concat(words_of_account(), " is taken"),
         door != policy_.front_doors().end() ? Lines{door->line} : Lines{});
  }

  // -- who governs -----------------------------------------------------------------------------------
  // Whoever writes what the gateway says of signals still needs those who sign.
  void make_approved(const AccountForms& forms) {
    if (options_.edition == Edition::second) return;
    Json::Array ways;
    for (const auto& ask : forms.asks) {
      auto seats = seats_of(ask, {});
      ways.push_back(seats.is_null() ? Json(true) : std::move(seats));
    }
    node(concat("approved@", name_), any_of(std::move(ways)),
         concat("everybody says yes to an action on ", words_of_account(), ", whatever was shown of the holder"), {});
  }

  // So many of these together, whoever they are.
  Json together(std::uint32_t number, const auto& fits) const {
    const auto slot = slot_of("acts:", in_model_, fits);
    return distinct(Json::Array(number, Json(slot)), {});
  }

  void make_governance() {
    // Whom an operator appoints another has to approve (core/organization). A policy takes two besides whoever proposes
    // it, and so whoever two of them appoint for that.
    node("appoint", together(operators_together, [](const PeopleKind& kind) { return kind.invites; }),
         "two operators appoint whom they like", {});
    node("activate_policy", any_of({"appoint"}),
         "two operators put a policy of their own in force, which somebody whom they appoint proposes", {});
    Json::Array enough{"activate_policy"};
    for (const auto& [name, words] : governed_from_outside) {
      const auto said = std::ranges::find(population_.governance, name, &Governor::what);
      Json formula;
      if (said != population_.governance.end())
        formula = together(said->at_least, [&](const PeopleKind& kind) { return one_of(kind.name, said->of); });
      else
        formula = any_of({atom(concat("anybody:", name), std::string(name), 0, "",
                               concat("nobody has said who is ", words, ", so it may be anybody"))});
      node(std::string(name), std::move(formula), std::string(words), {});
      if (name != "db_admin") enough.emplace_back(name);
    }
    node("governance", any_of(std::move(enough)), "every account is taken by those who govern", {});
    for (const auto& forms : forms_)
      node(
          concat("anyhow@", forms.name),
          any_of({concat("control@", forms.name), "governance", all_of({"db_admin", concat("approved@", forms.name)})}),
          concat("the account (", forms.name, ") is taken, by its doors or by those who govern"), {});
  }

  Json account_json(const std::string& name) {
    Json::Array holds;
    for (const auto& atom : held_) holds.emplace_back(atom);
    Json::Array common;
    for (const auto& [id, unused] : atoms_)
      if (id.starts_with("person:")) {
        holds.emplace_back(id);
        common.emplace_back(id);
      }
    auto losses = Json::object();
    for (const auto& lost : policy_.guarantees().after_losing) {
      Json::Array atoms;
      for (const auto what : lost_with(lost))
        if (held_.contains(concat(what, "@", name))) atoms.emplace_back(concat(what, "@", name));
      losses.set(lost, Json(std::move(atoms)));
    }
    auto out = Json::object();
    out.set("id", name);
    out.set("owner", owner_);
    out.set("target", concat("control@", name));
    out.set("restore", concat("control@", name));
    out.set("holds", Json(std::move(holds)));
    out.set("losses", std::move(losses));
    out.set("common", Json(std::move(common)));
    return out;
  }

  // -- the model -----------------------------------------------------------------------------------
  // `called`: how an acceptance of the policy names it.
  std::string atom(const std::string& name, const std::string& called, int level, const std::string& owner,
                   std::string words) {
    if (atoms_.contains(name)) return name;
    auto json = Json::object({{"id", name}, {"level", level}, {"note", called}});
    if (!owner.empty()) json.set("owner", owner);
    atoms_.emplace(name, std::move(json));
    words_of_atom_.emplace(name, std::move(words));
    return name;
  }
  void node(const std::string& name, Json formula, std::string words, Lines lines) {
    nodes_.set(name, std::move(formula));
    notes_of_node_[name] = {std::move(words), std::move(lines)};
  }
  void note(std::string text) {
    if (std::ranges::find(notes_, text) == notes_.end()) notes_.push_back(std::move(text));
  }

  Result<Compiled> finish() {
    Json::Array atoms;
    for (auto& [name, json] : atoms_) atoms.push_back(json);
    Json::Array recovery;
    for (const auto& name : recovery_) recovery.emplace_back(name);
    Json::Array checks;
    std::set<std::string> teams;
    for (const auto& kind : population_.people)
      if (kind.team) teams.insert(kind.team->text());
    for (const auto& team : policy_.guarantees().never_alone)
      if (team != "third_party") checks.emplace_back(team);
    auto json = Json::object();
    json.set("schema", "sallyport-prover/1");
    json.set("name", concat(policy_.name(), reading_ == Reading::technical ? "" : " (pessimistic)"));
    json.set("atoms", Json(std::move(atoms)));
    json.set("persons", Json(std::move(persons_)));
    json.set("group_checks", Json(std::move(checks)));
    json.set("nodes", std::move(nodes_));
    json.set("recovery", Json(std::move(recovery)));
    json.set("accounts", Json(std::move(accounts_)));
    auto read = prover::read_model_of(json);
    if (!read.complaints.empty())
      return fault(
          FaultKind::invalid,
          concat("the policy makes no model: ", read.complaints.front().path, ": ", read.complaints.front().what),
          read.complaints.front().next_step);
    Compiled out;
    for (const auto& a : read.model.atoms) {
      out.atoms.push_back(words_of_atom_.at(a.name));
      out.called.push_back(atoms_.at(a.name).find("note")->as_string());
    }
    for (const auto& n : read.model.nodes) out.nodes.push_back(notes_of_node_.at(n.name));
    // A model has only the people it needs, so its reader may miss a team that is there all the same.
    for (const auto& a : read.notes)
      if (!a.path.starts_with("$.group_checks")) note(a.what);
    for (const auto& team : policy_.guarantees().never_alone)
      if (team != "third_party" && std::ranges::none_of(read.model.persons, [&](const prover::Person& person) {
            return std::ranges::find(person.groups, team) != person.groups.end();
          }))
        note(concat("`never_alone` names ", team, ": ", why_absent(population_, team)));
    out.json = std::move(json);
    out.model = std::move(read.model);
    out.accounts = std::move(forms_);
    out.others = std::move(others_);
    out.notes = std::move(notes_);
    return out;
  }

  const Policy& policy_;
  const Population& population_;
  Reading reading_;
  CompileOptions options_;
  std::vector<AccountForms> forms_, others_;
  std::vector<std::uint32_t> representatives_;  // by kind: who have a place in cases
  std::vector<std::uint32_t> in_model_;  // and with those who only govern
  // of the account at hand
  const AccountKind* account_ = nullptr;
  std::string name_;
  std::string kind_of_owner_;  // of people, where the account is one of theirs
  std::string owner_;
  std::set<std::string> held_;
  // of the model
  std::map<std::string, Json> atoms_;
  std::map<std::string, std::string> words_of_atom_;
  Json nodes_ = Json::object();
  std::map<std::string, Note> notes_of_node_;
  Json::Array persons_, accounts_;
  std::set<std::string> recovery_;
  bool too_many_ways_ = false;
  std::vector<std::string> notes_;
};

}  // namespace

bool restores(Action action) noexcept {
  switch (action) {
    case Action::unlock:
    case Action::lockout_disable:
    case Action::admin_unlock:
    case Action::suspend: return false;
    case Action::password_reset:
    case Action::mfa_reset:
    case Action::recovery_factor_change:
    case Action::delegated_access_restore:
    case Action::service_secret_rotate:
    case Action::emergency_access: return true;
  }
  return true;
}

std::uint32_t places_for(const Policy& policy, const PeopleKind& kind, const AccountKind& account, const Needs& needs) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < needs.seat_kinds; ++i)
    if (may_sit(kind, policy.selectors()[needs.seats[i].selector], organization_of(account)))
      out += needs.seats[i].at_least;
  for (const auto& signal : policy.signals())
    for (const auto& thing : signal.rests_on)
      if (const auto who = attester_of(thing)) out += attests(kind, *who, account) ? 1 : 0;
  for (const auto& notice : policy.notices())
    for (const auto& thing : notice.rests_on)
      if (const auto who = attester_of(thing); who && needs.alarm) out += attests(kind, *who, account) ? 1 : 0;
  return out;
}

Result<Compiled> compile(const Policy& policy, const Population& population, Reading reading, CompileOptions options) {
  if (options.edition == Edition::second && population.assumed) {  // in which there was one operator
    auto before = population;
    for (auto& kind : before.people)
      if (kind.invites) kind.count = 1;
    return Compiler(policy, before, reading, options).compile();
  }
  return Compiler(policy, population, reading, options).compile();
}

}  // namespace sallyport::proof
