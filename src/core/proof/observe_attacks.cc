// What attacks without anybody's help reach, and how much one thing or one person more gives away.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/proof/observing.h"
#include "core/prover/evaluate.h"

namespace sallyport::proof {
namespace {

using prover::Index;

constexpr std::size_t most_protected_classes = 2;  // the first ones: the most protected stand first in a policy

// Of the most protected classes, and of others that promise people, no way may need nothing but what can be phished,
// or nothing but what comes over the telephone.
void easy_ways(Observing& o, const AccountForms& account) {
  if (account.account_class >= most_protected_classes && !o.guarded(account)) return;
  const auto& in_model = o.in_model(account);
  const auto part = o.part_of(in_model.target);
  const auto tell_if_taken = [&](std::string_view property, std::string_view words, auto&& has) {
    std::vector<bool> atoms;
    for (const auto& atom : o.model().atoms) atoms.push_back(has(atom));
    if (!o.truths(part, atoms)[in_model.target]) return;
    const auto takes = o.capabilities_of(o.smallest(part, in_model.target, std::move(atoms)));
    o.tell(property, account.name, concat(words, capabilities_in_words(takes)), true, {o.class_of(account).line},
           Json::object({{"takes", to_json(takes)}}));
  };
  tell_if_taken("phishable_only", "falls to attacks from afar: ", [&](const prover::Atom& atom) {
    return atom.level <= o.model().ambient_level;
  });
  tell_if_taken("telephone_only", "falls to what comes over the telephone alone: ", [](const prover::Atom& atom) {
    return is_of_telephone(thing_of(atom));
  });
}

// Something that somebody has all at once: a person, a thing, the exchange.
struct Cause {
  std::string name;
  std::string words;
  std::vector<Index> atoms;
  std::uint64_t accounts = 0;
  bool of_one_account = false;  // a thing of one account, which takes that account and no other
};

std::vector<Cause> causes(const Observing& o) {
  const auto& model = o.model();
  std::vector<Cause> out;
  Cause exchange{"exchange", "the exchange, with every desk telephone on it,", {}};
  std::map<Index, Cause> by_person;
  for (Index i = 0; i < model.atoms.size(); ++i) {
    const auto& atom = model.atoms[i];
    if (atom.level <= model.ambient_level) continue;  // taken to be had by everybody
    if (thing_of(atom) == "desk_line") exchange.atoms.push_back(i);
    if (!is_person(atom)) out.push_back({atom.name, o.compiled().atoms[i], {i}});
    if (!atom.owner || model.persons[*atom.owner].name.starts_with("holder@")) continue;
    const auto& name = model.persons[*atom.owner].name;
    by_person.try_emplace(*atom.owner, Cause{name, name, {}}).first->second.atoms.push_back(i);
  }
  for (auto& [person, cause] : by_person) out.push_back(std::move(cause));
  if (!exchange.atoms.empty()) out.push_back(std::move(exchange));
  return out;
}

// An account is the model of a kind. What is not a thing of that very account takes all of the kind, one after the
// other; its own thing takes the one.
void blast_radius(Observing& o) {
  const auto& model = o.model();
  auto all = causes(o);
  std::vector<bool> ambient;
  for (const auto& atom : model.atoms) ambient.push_back(atom.level <= model.ambient_level);
  std::uint64_t nobody = 0;
  std::map<std::size_t, std::set<std::string>> kinds_taken;  // by cause
  std::vector<bool> own(all.size());
  const auto look = [&](const AccountForms& account, Index target, std::optional<Index> holder, bool of_people) {
    const auto part = o.part_of(target);
    const auto kind = o.kind_of(account);
    if (o.truths(part, ambient)[target]) {
      nobody += of_people ? 0 : kind.count;
      return;
    }
    const auto named = o.atoms_in(part);
    for (std::size_t c = 0; c < all.size(); ++c) {
      auto& cause = all[c];
      if (std::ranges::none_of(cause.atoms, [&](Index atom) { return named[atom]; })) continue;
      if (holder && cause.name == model.persons[*holder].name) continue;
      const bool its_own = cause.atoms.size() == 1 && belongs_to(model.atoms[cause.atoms.front()], account.name);
      if (of_people && (!its_own || kinds_taken[c].contains(kind.name))) continue;
      auto atoms = ambient;
      for (const auto atom : cause.atoms) atoms[atom] = true;
      if (!o.truths(part, std::move(atoms))[target]) continue;
      cause.accounts += its_own ? 1 : kind.count;
      if (its_own) own[c] = true;
      else kinds_taken[c].insert(kind.name);
    }
  };
  for (const auto& account : o.compiled().accounts) {
    const auto& in_model = o.in_model(account);
    look(account, in_model.target, in_model.owner, false);
  }
  for (const auto& other : o.compiled().others) look(other, o.control_of(other.name), std::nullopt, true);
  for (std::size_t c = 0; c < all.size(); ++c) all[c].of_one_account = own[c] && all[c].accounts == 1;

  std::erase_if(all, [](const Cause& cause) { return cause.accounts == 0; });
  std::ranges::sort(all, [](const Cause& a, const Cause& b) {
    return a.accounts != b.accounts ? a.accounts > b.accounts : a.name < b.name;
  });
  if (all.size() > blast_radii_max) all.resize(blast_radii_max);
  for (const auto& cause : all)
    o.tell("blast_radius", cause.name,
           cause.of_one_account
               ? concat(cause.words,
                        " alone takes the one account that it belongs to, which attacks from afar do not "
                        "reach")
               : concat(cause.words, " alone can take ", counted(cause.accounts, "account", "accounts"),
                        " that attacks from afar do not reach"),
           false, {}, Json::object({{"accounts", cause.accounts}}));
  if (nobody > 0)
    o.tell("blast_radius", "nobody",
           concat(nobody, nobody == 1 ? " account falls" : " accounts fall", " to attacks from afar by themselves"),
           false, {}, Json::object({{"accounts", nobody}}));
}

}  // namespace

void observe_attacks(Observing& o) {
  for (const auto& account : o.compiled().accounts) easy_ways(o, account);
  blast_radius(o);
}

}  // namespace sallyport::proof
