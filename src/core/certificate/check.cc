#include "core/certificate/check.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

using Set = std::vector<std::uint32_t>;  // sorted, distinct
using Family = std::vector<Set>;
enum class Reading : std::uint8_t { attacker, front, gang };

std::unexpected<Fault> refused(std::string what) {
  return fault(FaultKind::rejected, std::move(what), "prove the policy again; this certificate shows nothing");
}

Set joined(const Set& a, const Set& b) {
  Set out;
  std::ranges::set_union(a, b, std::back_inserter(out));
  return out;
}

// Is some set of the family within this one? Sets stand under their smallest element.
class Cover {
 public:
  explicit Cover(const Family& family) {
    for (const auto& set : family)
      if (set.empty()) all_ = true;
      else places_[set.front()].push_back(&set);
  }
  [[nodiscard]] bool covers(const Set& set) const {
    if (all_) return true;
    return std::ranges::any_of(set, [&](std::uint32_t element) {
      const auto place = places_.find(element);
      return place != places_.end() &&
             std::ranges::any_of(place->second, [&](const Set* inner) { return std::ranges::includes(set, *inner); });
    });
  }

 private:
  std::map<std::uint32_t, std::vector<const Set*>> places_;
  bool all_ = false;
};

struct Atom {
  int level = 0;
  bool free = false;
  std::optional<std::uint32_t> owner;
  std::string called;  // in a policy's acceptances
};

// A formula of the model with its names looked up.
struct Formula {
  enum class Kind : std::uint8_t { constant, atom, node, any, all, at_least, distinct, independent };
  Kind kind = Kind::constant;
  bool value = false;                 // constant
  std::uint32_t number = 0;           // of the atom or node
  std::int64_t count = 0;             // at_least, independent
  std::vector<Formula> parts;         // any, all, at_least, independent
  std::vector<std::vector<Formula>> slots;             // distinct: the choices for each slot
  std::vector<std::vector<std::uint32_t>> people;      // distinct: beside each choice, who it is
  std::vector<std::uint32_t> excluded;                 // distinct
  std::vector<std::vector<std::uint32_t>> domains;     // independent: beside each part, its labels
  friend bool operator==(const Formula&, const Formula&) = default;
};

class Numbers {
 public:
  std::uint32_t add(const std::string& name) {
    const auto [at, fresh] = numbers_.emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (fresh) names_.push_back(name);
    return at->second;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& name) const {
    const auto at = numbers_.find(name);
    return at == numbers_.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] const std::string& name(std::uint32_t number) const { return names_[number]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

class Checker {
 public:
  Checker(const Json& model, const Json& certificate) : model_(model), certificate_(certificate) {}

  Result<void> run() {
    SP_TRY(const auto schema, certificate_.string_at("schema"));
    const bool before = schema == certificate_schema_before;
    SP_CHECK(certificate_.only_keys({"schema", "model", "policy", "organization", "attacker", "front", "gang", "claims",
                                     before ? "claims" : "governance"}));
    if (schema != certificate_schema && !before)
      return refused(concat("a certificate of another kind: `", schema, "`"));
    SP_TRY(const auto named, certificate_.string_at("model"));
    if (named != model_digest(model_)) return refused("the certificate is about another model");
    SP_CHECK(read_model());
    SP_TRY(const auto* claims, certificate_.array_at("claims"));
    SP_CHECK(check_front_doors(*claims));
    std::map<std::string, std::size_t> used{{"attacker", 0}, {"gang", 0}};
    if (!before) used.emplace("governance", 0);
    for (const auto& claim : *claims) {
      SP_CHECK(check_claim(claim, used));
      if (steps_ == 0) return refused(too_much_work);  // what was not computed to its end says nothing
    }
    for (const auto& [key, number] : used) {
      SP_TRY(const auto* listed, certificate_.object_at(key));
      if (listed->as_object().size() != number) return refused(concat(key, ": families that no claim rests on"));
    }
    return {};
  }

 private:
  // -- the model ---------------------------------------------------------------------------------
  Result<void> read_model() {
    if (const auto* ambient = model_.find("ambient_level")) ambient_ = static_cast<int>(ambient->as_int());
    SP_TRY(const auto* persons, model_.array_at("persons"));
    for (const auto& person : *persons) {
      SP_TRY(const auto id, person.string_at("id"));
      persons_.add(id);
    }
    SP_TRY(const auto* atoms, model_.array_at("atoms"));
    for (const auto& json : *atoms) {
      SP_TRY(const auto id, json.string_at("id"));
      SP_TRY(const auto level, json.int_at("level"));
      Atom atom{static_cast<int>(level), false, std::nullopt, {}};
      if (const auto* called = json.find("note")) atom.called = called->as_string();
      if (const auto* free = json.find("free")) atom.free = free->as_bool();
      if (const auto* owner = json.find("owner")) atom.owner = persons_.find(owner->as_string());
      names_of_atoms_.add(id);
      atoms_.push_back(atom);
    }
    SP_TRY(const auto* nodes, model_.object_at("nodes"));
    for (const auto& [name, formula] : nodes->as_object()) nodes_.add(name);
    for (const auto& [name, formula] : nodes->as_object()) formulas_.push_back(read(formula));
    recovery_.assign(nodes_.size(), false);
    SP_TRY(const auto* recovery, model_.array_at("recovery"));
    for (const auto& name : *recovery)
      if (const auto n = nodes_.find(name.as_string())) recovery_[*n] = true;
    SP_TRY(const auto* accounts, model_.array_at("accounts"));
    for (const auto& account : *accounts) {
      SP_TRY(const auto id, account.string_at("id"));
      accounts_[id] = &account;
    }
    return {};
  }

  [[nodiscard]] bool is_off(Reading reading, std::uint32_t node) const {
    return reading == Reading::front && recovery_[node];
  }

  // What having an atom takes, in this reading: nothing, one element, or it cannot be had.
  [[nodiscard]] Family leaf(Reading reading, std::uint32_t atom) const {
    const auto& a = atoms_[atom];
    if (a.free || (reading == Reading::gang && a.level <= ambient_)) return {{}};
    if (reading != Reading::gang) return {{atom}};
    return a.owner ? Family{{*a.owner}} : Family{};
  }

  Formula read(const Json& json) {
    Formula out;
    if (json.is_bool()) {
      out.value = json.as_bool();
      return out;
    }
    if (json.is_string()) {
      if (const auto atom = names_of_atoms_.find(json.as_string())) {
        out.kind = Formula::Kind::atom;
        out.number = *atom;
      } else if (const auto node = nodes_.find(json.as_string())) {
        out.kind = Formula::Kind::node;
        out.number = *node;
      }
      return out;  // the prover's reader takes no other name; were there one, it would never be true
    }
    const auto& members = json.as_object();
    const auto& [key, body] = *std::ranges::find_if(members, [](const auto& m) { return m.first != "note"; });
    const auto parts = [&](const Json& list) {
      for (const auto& part : list.as_array()) out.parts.push_back(read(part));
    };
    if (key == "or" || key == "and") {
      out.kind = key == "or" ? Formula::Kind::any : Formula::Kind::all;
      parts(body);
    } else if (key == "atleast") {
      out.kind = Formula::Kind::at_least;
      out.count = body.as_array()[0].as_int();
      parts(body.as_array()[1]);
    } else if (key == "distinct") {
      out.kind = Formula::Kind::distinct;
      if (const auto* exclude = body.find("exclude"))
        for (const auto& person : exclude->as_array()) out.excluded.push_back(seated_people_.add(person.as_string()));
      for (const auto& slot : body.find("slots")->as_array()) {
        auto& choices = out.slots.emplace_back();
        auto& people = out.people.emplace_back();
        for (const auto& choice : slot.as_array()) {
          people.push_back(seated_people_.add(choice.as_array()[0].as_string()));
          choices.push_back(read(choice.as_array()[1]));
        }
      }
    } else {
      out.kind = Formula::Kind::independent;
      out.count = body.find("k")->as_int();
      for (const auto& signal : body.find("signals")->as_array()) {
        out.parts.push_back(read(*signal.find("f")));
        auto& labels = out.domains.emplace_back();
        for (const auto& label : signal.find("domains")->as_array()) labels.push_back(labels_.add(label.as_string()));
      }
    }
    return out;
  }

  // The nodes that a formula rests on, each after those it rests on itself (but for circles).
  struct Reach {
    std::vector<bool> seen;
    std::vector<std::uint32_t> order;
  };
  void reach(Reading reading, const Formula& formula, Reach& out) const {
    if (formula.kind == Formula::Kind::node) {
      if (is_off(reading, formula.number) || out.seen[formula.number]) return;
      out.seen[formula.number] = true;
      reach(reading, formulas_[formula.number], out);
      out.order.push_back(formula.number);
      return;
    }
    for (const auto& part : formula.parts) reach(reading, part, out);
    for (std::size_t slot = 0; slot < formula.slots.size(); ++slot)
      for (std::size_t i = 0; i < formula.slots[slot].size(); ++i)
        if (std::ranges::find(formula.excluded, formula.people[slot][i]) == formula.excluded.end())
          reach(reading, formula.slots[slot][i], out);
  }
  [[nodiscard]] std::vector<std::uint32_t> reached(Reading reading, std::span<const Formula> from) const {
    Reach out{std::vector<bool>(nodes_.size()), {}};
    for (const auto& formula : from) reach(reading, formula, out);
    return out.order;
  }

  // -- families ----------------------------------------------------------------------------------
  // What is listed for one question: a family for each node that its targets rest on. Sets that do not matter to the
  // question stand in none, and neither does anything that contains one.
  struct Sheet {
    Reading reading = Reading::front;
    std::string name;                       // to be read: "attacker of sales"
    std::vector<Family> families;           // by node
    std::vector<std::vector<int>> doors;    // attacker: levels of each way to sign in; as hard as one is hard enough
    std::optional<std::size_t> people;      // gang: this many are enough anyway
  };
  [[nodiscard]] bool does_not_matter(const Sheet& sheet, const Set& set) const {
    if (sheet.people && set.size() >= *sheet.people) return true;
    if (sheet.doors.empty()) return false;
    const auto hard = levels(set);
    return std::ranges::any_of(sheet.doors, [&](const auto& door) { return no_harder(door, hard); });
  }

  Result<void> check(Sheet& sheet, const Json& listed, const std::vector<Formula>& targets) const {
    const auto needed = reached(sheet.reading, targets);
    sheet.families.assign(nodes_.size(), {});
    if (listed.as_object().size() != needed.size())
      return refused(
          concat(sheet.name, ": ", needed.size(), " nodes are needed, ", listed.as_object().size(), " listed"));
    for (const auto node : needed) {
      const auto* sets = listed.find(nodes_.name(node));
      if (sets == nullptr || !sets->is_array())
        return refused(concat(sheet.name, ": `", nodes_.name(node), "` is missing"));
      SP_TRY(sheet.families[node], read_family(sheet, *sets));
    }
    for (const auto node : needed) {
      const Cover cover(sheet.families[node]);
      const auto open = derived(sheet, formulas_[node], cover);
      if (steps_ == 0) return refused(too_much_work);
      if (!open.empty())
        return refused(concat(sheet.name, ": `", nodes_.name(node),
                              "` can be had by a way that is not listed: ", words(sheet.reading, open.front())));
      SP_CHECK(check_sufficient(sheet, node));
    }
    return {};
  }

  [[nodiscard]] std::string words(Reading reading, const Set& set) const {
    std::string out;
    for (const auto element : set)
      out += concat(out.empty() ? "" : ", ",
                    reading == Reading::gang ? persons_.name(element) : names_of_atoms_.name(element));
    return concat("{", out, "}");
  }

  Result<Family> read_family(const Sheet& sheet, const Json& sets) const {
    Family out;
    const auto known = sheet.reading == Reading::gang ? persons_.size() : names_of_atoms_.size();
    for (const auto& json : sets.as_array()) {
      if (!json.is_array()) return refused("a set is a list of places");
      Set set;
      for (const auto& place : json.as_array()) {
        if (!place.is_int() || place.as_int() < 0 || std::cmp_greater_equal(place.as_int(), known))
          return refused(concat(to_text(place), " is no place in the model's list"));
        set.push_back(static_cast<std::uint32_t>(place.as_int()));
      }
      std::ranges::sort(set);
      if (std::ranges::adjacent_find(set) != set.end()) return refused("a set names something twice");
      if (does_not_matter(sheet, set))
        return refused(concat(sheet.name, ": ", words(sheet.reading, set), " is listed, and does not matter"));
      out.push_back(std::move(set));
    }
    Family sorted = out;
    std::ranges::sort(sorted,
                      [](const Set& a, const Set& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
    std::map<std::uint32_t, std::vector<std::size_t>> by_first;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      for (const auto element : sorted[i])
        for (const auto j : by_first[element])
          if (std::ranges::includes(sorted[i], sorted[j])) return refused("a listed set contains another");
      if (sorted[i].empty() && sorted.size() > 1) return refused("a listed set contains another");
      if (!sorted[i].empty()) by_first[sorted[i].front()].push_back(i);
    }
    return out;
  }

  // The sets that the formula gives, those aside which the node's own family covers already.
  Family derived(const Sheet& sheet, const Formula& formula, const Cover& cover) const {
    switch (formula.kind) {
      case Formula::Kind::constant: return formula.value ? open(sheet, {{}}, cover) : Family{};
      case Formula::Kind::atom: return open(sheet, leaf(sheet.reading, formula.number), cover);
      case Formula::Kind::node:
        if (is_off(sheet.reading, formula.number)) return {};
        return open(sheet, sheet.families[formula.number], cover);
      case Formula::Kind::any: {
        Family out;
        for (const auto& part : formula.parts) std::ranges::move(derived(sheet, part, cover), std::back_inserter(out));
        return out;
      }
      case Formula::Kind::all: {
        Family out{{}};
        for (const auto& part : formula.parts) out = product(sheet, out, derived(sheet, part, cover), cover);
        return open(sheet, out, cover);
      }
      case Formula::Kind::at_least: {
        const auto count = static_cast<std::size_t>(std::max<std::int64_t>(formula.count, 0));
        if (count > formula.parts.size()) return {};
        std::vector<Family> of_count(count + 1);
        of_count[0] = {{}};
        for (const auto& part : formula.parts) {
          const auto sets = derived(sheet, part, cover);
          for (auto n = count; n > 0; --n)
            std::ranges::move(product(sheet, of_count[n - 1], sets, cover), std::back_inserter(of_count[n]));
        }
        return open(sheet, of_count[count], cover);
      }
      case Formula::Kind::distinct: return seated(sheet, formula, cover);
      case Formula::Kind::independent: return picked(sheet, formula, cover);
    }
    return {};
  }

  Family open(const Sheet& sheet, const Family& sets, const Cover& cover) const {
    Family out;
    for (const auto& set : sets)
      if (!cover.covers(set) && !does_not_matter(sheet, set)) out.push_back(set);
    return out;
  }
  Family product(const Sheet& sheet, const Family& a, const Family& b, const Cover& cover) const {
    std::set<Set> out;
    for (const auto& left : a)
      for (const auto& right : b)
        if (!spend(1)) return {};
        else if (auto both = joined(left, right); !cover.covers(both) && !does_not_matter(sheet, both))
          out.insert(std::move(both));
    return {out.begin(), out.end()};
  }

  Family seated(const Sheet& sheet, const Formula& formula, const Cover& cover) const {
    Family out;
    std::vector<bool> taken(seated_people_.size());
    for (const auto person : formula.excluded) taken[person] = true;
    // Of slots with the same choices only one order is looked at: the others seat the same people.
    const auto same_as_before = [&](std::size_t slot) {
      return slot > 0 && formula.people[slot] == formula.people[slot - 1] &&
             formula.slots[slot] == formula.slots[slot - 1];
    };
    const auto fill = [&](auto&& self, std::size_t slot, std::size_t from, const Family& so_far) -> void {
      if (so_far.empty()) return;
      if (slot == formula.slots.size()) {
        std::ranges::copy(open(sheet, so_far, cover), std::back_inserter(out));
        return;
      }
      for (auto i = same_as_before(slot) ? from : 0; i < formula.slots[slot].size(); ++i) {
        const auto person = formula.people[slot][i];
        if (taken[person] || !spend(1)) continue;
        taken[person] = true;
        self(self, slot + 1, i + 1, product(sheet, so_far, derived(sheet, formula.slots[slot][i], cover), cover));
        taken[person] = false;
      }
    };
    fill(fill, 0, 0, {{}});
    return out;
  }

  Family picked(const Sheet& sheet, const Formula& formula, const Cover& cover) const {
    Family out;
    std::vector<bool> used(labels_.size());
    const auto pick = [&](auto&& self, std::size_t next, std::int64_t missing, const Family& so_far) -> void {
      if (so_far.empty()) return;
      if (missing <= 0) {
        std::ranges::copy(open(sheet, so_far, cover), std::back_inserter(out));
        return;
      }
      for (auto i = next; i < formula.parts.size(); ++i) {
        if (!take(formula.domains[i], used)) continue;
        self(self, i + 1, missing - 1, product(sheet, so_far, derived(sheet, formula.parts[i], cover), cover));
        give_back(formula.domains[i], used);
      }
    };
    pick(pick, 0, formula.count, {{}});
    return out;
  }

  // Labels are used together or not at all. A label that a signal names twice is one.
  static bool take(const std::vector<std::uint32_t>& labels, std::vector<bool>& used) {
    if (std::ranges::any_of(labels, [&](auto label) { return used[label]; })) return false;
    for (const auto label : labels) used[label] = true;
    return true;
  }
  static void give_back(const std::vector<std::uint32_t>& labels, std::vector<bool>& used) {
    for (const auto label : labels) used[label] = false;
  }

  // -- truth -------------------------------------------------------------------------------------
  using Truths = std::vector<bool>;

  [[nodiscard]] bool is_true(const Formula& formula, const Truths& atoms, const Truths& nodes) const {
    const auto part_is_true = [&](const Formula& part) { return is_true(part, atoms, nodes); };
    switch (formula.kind) {
      case Formula::Kind::constant: return formula.value;
      case Formula::Kind::atom: return atoms[formula.number];
      case Formula::Kind::node: return nodes[formula.number];
      case Formula::Kind::any: return std::ranges::any_of(formula.parts, part_is_true);
      case Formula::Kind::all: return std::ranges::all_of(formula.parts, part_is_true);
      case Formula::Kind::at_least: return std::ranges::count_if(formula.parts, part_is_true) >= formula.count;
      case Formula::Kind::distinct: return can_seat(formula, part_is_true);
      case Formula::Kind::independent: {
        Truths used(labels_.size());
        return can_pick(formula, 0, formula.count, used, part_is_true);
      }
    }
    return false;
  }
  // A matching of slots and people, grown by one slot at a time: whoever sits may move where they fit as well.
  bool can_seat(const Formula& formula, const auto& good) const {
    std::vector<std::vector<std::uint32_t>> able;
    for (std::size_t slot = 0; slot < formula.slots.size(); ++slot) {
      auto& people = able.emplace_back();
      for (std::size_t i = 0; i < formula.slots[slot].size(); ++i) {
        const auto person = formula.people[slot][i];
        if (std::ranges::find(formula.excluded, person) != formula.excluded.end()) continue;
        if (!spend(1)) return false;
        if (good(formula.slots[slot][i])) people.push_back(person);
      }
    }
    std::vector<std::optional<std::size_t>> sits(seated_people_.size());
    for (std::size_t slot = 0; slot < able.size(); ++slot) {
      Truths asked(sits.size());
      if (!seat(able, slot, sits, asked)) return false;
    }
    return true;
  }
  bool seat(const std::vector<std::vector<std::uint32_t>>& able, std::size_t slot,
            std::vector<std::optional<std::size_t>>& sits, Truths& asked) const {
    for (const auto person : able[slot]) {
      if (asked[person] || !spend(1)) continue;
      asked[person] = true;
      if (sits[person] && !seat(able, *sits[person], sits, asked)) continue;
      sits[person] = slot;
      return true;
    }
    return false;
  }
  bool can_pick(const Formula& formula, std::size_t next, std::int64_t missing, Truths& used, const auto& good) const {
    if (missing <= 0) return true;
    for (auto i = next; i < formula.parts.size(); ++i) {
      if (!spend(1) || !good(formula.parts[i]) || !take(formula.domains[i], used)) continue;
      if (can_pick(formula, i + 1, missing - 1, used, good)) return true;
      give_back(formula.domains[i], used);
    }
    return false;
  }

  // The least fixpoint over the nodes that a formula rests on, in rounds from nothing.
  [[nodiscard]] bool holds(const Formula& target, std::span<const std::uint32_t> rests_on, const Truths& atoms) const {
    Truths nodes(nodes_.size(), false);
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto n : rests_on)
        if (!nodes[n] && is_true(formulas_[n], atoms, nodes)) nodes[n] = changed = true;
    }
    return is_true(target, atoms, nodes);
  }
  [[nodiscard]] bool holds(Reading reading, const Formula& target, const Truths& atoms) const {
    return holds(target, reached(reading, std::span(&target, 1)), atoms);
  }
  [[nodiscard]] Truths atoms_had(Reading reading, const Set& set) const {
    Truths out;
    for (std::uint32_t i = 0; i < atoms_.size(); ++i) {
      const auto& a = atoms_[i];
      if (reading == Reading::gang)
        out.push_back(a.free || a.level <= ambient_ || (a.owner && std::ranges::binary_search(set, *a.owner)));
      else out.push_back(a.free || std::ranges::binary_search(set, i));
    }
    return out;
  }

  Result<void> check_sufficient(const Sheet& sheet, std::uint32_t node) const {
    Formula target;
    target.kind = Formula::Kind::node;
    target.number = node;
    const auto rests_on = reached(sheet.reading, std::span(&target, 1));
    for (const auto& set : sheet.families[node])
      if (!spend(rests_on.size())) return refused(too_much_work);
      else if (!holds(target, rests_on, atoms_had(sheet.reading, set)))
        return refused(steps_ == 0 ? std::string(too_much_work)
                                   : concat(sheet.name, ": `", nodes_.name(node), "` cannot be had by ",
                                            words(sheet.reading, set)));
    return {};
  }

  // -- claims ------------------------------------------------------------------------------------
  [[nodiscard]] Formula target_of(const Json& account) const {
    Formula out;
    out.kind = Formula::Kind::node;
    out.number = *nodes_.find(account.find("target")->as_string());
    return out;
  }
  [[nodiscard]] Result<const Json*> account_of(const Json& claim) const {
    SP_TRY(const auto name, claim.string_at("account"));
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) return refused(concat("a claim about `", name, "`, which the model does not have"));
    return found->second;
  }

  // Every smallest way to sign in to the accounts that are compared with it.
  Result<void> check_front_doors(const Json::Array& claims) {
    std::vector<Formula> compared;
    for (const auto& claim : claims) {
      SP_TRY(const auto kind, claim.string_at("guarantee"));
      if (kind != "recovery_not_weaker_than_sign_in") continue;
      SP_TRY(const auto* account, account_of(claim));
      compared.push_back(target_of(*account));
    }
    front_.reading = Reading::front;
    front_.name = "front";
    SP_TRY(const auto* listed, certificate_.object_at("front"));
    return check(front_, *listed, compared);
  }

  // The sheet of one account, with everything on it found right.
  Result<Sheet> sheet_of(std::string_view key, const std::string& name, Sheet sheet, const Formula& target) const {
    sheet.name = concat(key, " of ", name);
    SP_TRY(const auto* all, certificate_.object_at(key));
    const auto* listed = all->find(name);
    if (listed == nullptr || !listed->is_object()) return refused(concat(sheet.name, ": nothing is listed"));
    SP_CHECK(check(sheet, *listed, {target}));
    return sheet;
  }
  [[nodiscard]] const Family& ways_in(const Sheet& sheet, const Json& account) const {
    return sheet.families[target_of(account).number];
  }
  // Is no gang of fewer left, of people other than the holder?
  Result<void> check_people(std::string_view key, const Json& claim, const Json& account, const Formula& target,
                            const std::string& says) const {
    SP_TRY(const auto least, claim.int_at("at_least"));
    if (least < 1) return refused(concat(says, ": no number of people"));
    Sheet asked;
    asked.reading = Reading::gang;
    asked.people = static_cast<std::size_t>(least);
    SP_TRY(const auto sheet, sheet_of(key, account.find("id")->as_string(), std::move(asked), target));
    const auto owner = persons_.find(account.find("owner")->as_string());
    for (const auto& gang : sheet.families[target.number])
      if (!owner || !std::ranges::binary_search(gang, *owner))
        return refused(concat(says, ": ", words(Reading::gang, gang), " is enough"));
    return {};
  }
  [[nodiscard]] std::vector<int> levels(const Set& set) const {
    std::vector<int> out;
    for (const auto atom : set) out.push_back(atoms_[atom].level);
    std::ranges::sort(out, std::greater());
    return out;
  }
  static bool no_harder(const std::vector<int>& a, const std::vector<int>& b) {
    if (a.size() > b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] > b[i]) return false;
    return true;
  }
  // What a policy calls the parts of a way.
  [[nodiscard]] Json called(const Set& way) const {
    std::vector<std::string> names;
    for (const auto atom : way) names.push_back(atoms_[atom].called);
    std::ranges::sort(names);
    Json out = Json::array();
    for (auto& name : names) out.push(std::move(name));
    return out;
  }
  [[nodiscard]] bool door_is_ambient(const Json& account) const {
    Truths atoms;
    for (const auto& atom : atoms_) atoms.push_back(atom.free || atom.level <= ambient_);
    return holds(Reading::front, target_of(account), atoms);
  }

  Result<void> check_claim(const Json& claim, std::map<std::string, std::size_t>& used) {
    SP_TRY(const auto kind, claim.string_at("guarantee"));
    SP_TRY(const auto name, claim.string_at("account"));
    SP_TRY(const auto* found, account_of(claim));
    const auto& account = *found;
    const auto says = concat("`", kind, "` of ", name);
    if (kind == "class") {
      SP_TRY(const auto meant, claim.string_at("about"));
      const auto* found_class = account.find("note");
      if (found_class == nullptr || !found_class->is_string())
        return refused(concat(says, ": the model does not tell its class"));
      if (found_class->as_string() != meant)
        return refused(concat(says, ": the policy finds ", found_class->as_string(), ", and not ", meant));
      return {};
    }
    if (kind == "recovery_not_weaker_than_sign_in") {
      ++used["attacker"];
      Sheet asked;
      asked.reading = Reading::attacker;
      for (const auto& way : ways_in(front_, account)) asked.doors.push_back(levels(way));
      SP_TRY(const auto sheet, sheet_of("attacker", name, std::move(asked), target_of(account)));
      SP_TRY(const auto* accepted, claim.array_at("accepted"));
      for (const auto& way : ways_in(sheet, account)) {
        const auto hard = levels(way);
        if (std::ranges::all_of(sheet.doors, [&](const auto& door) { return no_harder(hard, door); }))
          return refused(concat(says, ": ", words(Reading::attacker, way), " is easier than every front door"));
        if (std::ranges::find(*accepted, called(way)) == accepted->end())
          return refused(concat(says, ": ", words(Reading::attacker, way), " is not as hard as any, and not accepted"));
      }
      return {};
    }
    if (kind == "people_needed") {
      ++used["gang"];
      return check_people("gang", claim, account, target_of(account), says);
    }
    if (kind == "people_needed_with_governance") {
      const auto anyhow = nodes_.find(concat("anyhow@", name));
      if (!anyhow) return refused(concat(says, ": the model does not tell who governs"));
      ++used["governance"];
      Formula target;
      target.kind = Formula::Kind::node;
      target.number = *anyhow;
      return check_people("governance", claim, account, target, says);
    }
    if (kind == "never_alone") {
      SP_TRY(const auto group, claim.string_at("about"));
      if (door_is_ambient(account)) return {};
      Set members;
      for (const auto& person : model_.find("persons")->as_array()) {
        const auto* third = person.find("third_party");
        const auto* groups = person.find("groups");
        const bool is_in = group == "third_party"
                               ? third != nullptr && third->as_bool()
                               : groups != nullptr && std::ranges::any_of(groups->as_array(), [&](const Json& g) {
                                   return g.as_string() == group;
                                 });
        const auto& id = person.find("id")->as_string();
        if (is_in && id != account.find("owner")->as_string()) members.push_back(*persons_.find(id));
      }
      std::ranges::sort(members);
      if (holds(Reading::gang, target_of(account), atoms_had(Reading::gang, members)))
        return refused(concat(says, ": the people of ", group, " are enough"));
      return {};
    }
    if (kind == "no_lockout") {
      SP_TRY(const auto lost, claim.string_at("about"));
      std::set<std::string> held;
      for (const auto& atom : account.find("holds")->as_array()) held.insert(atom.as_string());
      const auto* loss = account.find("losses")->find(lost);
      if (loss == nullptr) return refused(concat(says, ": the model knows no loss of ", lost));
      for (const auto& atom : loss->as_array()) held.erase(atom.as_string());
      Truths atoms;
      for (std::uint32_t i = 0; i < atoms_.size(); ++i)
        atoms.push_back(atoms_[i].free || held.contains(names_of_atoms_.name(i)));
      if (!holds(Reading::attacker, read(*account.find("restore")), atoms))
        return refused(concat(says, ": without ", lost, " there is no way"));
      return {};
    }
    return refused(concat("a claim of an unknown kind: `", kind, "`"));
  }

  // A certificate is somebody else's file, and families can be made to multiply without end.
  bool spend(std::uint64_t steps) const {
    steps_ -= std::min(steps, steps_);
    return steps_ > 0;
  }
  static constexpr const char* too_much_work = "the certificate takes more work than any that the prover makes";

  mutable std::uint64_t steps_ = 200'000'000;  // minutes at the worst; the shipped policies take a small part
  const Json& model_;
  const Json& certificate_;
  int ambient_ = 2;
  Numbers names_of_atoms_, persons_, nodes_;
  std::vector<Atom> atoms_;
  Numbers seated_people_, labels_;  // of formulas alone
  std::vector<Formula> formulas_;
  std::vector<bool> recovery_;
  std::map<std::string, const Json*> accounts_;
  Sheet front_;
};

}  // namespace

std::string model_digest(const Json& model) { return to_hex(sha256(view_of(to_text(model)))); }

Result<void> check_certificate(const Json& model, const Json& certificate) { return Checker(model, certificate).run(); }

}  // namespace sallyport
