// A prover model: who could have what, and what follows from it. Plain data with integer indices, made by
// read_model() from the JSON of docs/prover.md and by nobody else, so every index is in range.
//
// Atoms, persons, nodes and evidence are kept in the order of their names (as bytes): whatever is computed over
// indices comes out in the order in which it is shown. Formulas stand in one pool; a formula's parts have smaller
// indices than it has, and nest at most `formula_depth_max` deep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::prover {

using Index = std::size_t;

// A model is somebody else's file. Each limit is far above what an organization writes and far below what hurts.
inline constexpr std::size_t model_bytes_max = 10 * 1024 * 1024;
inline constexpr int model_json_depth_max = 256;          // one nested operator takes two to five levels of JSON
inline constexpr std::size_t formula_depth_max = 48;      // bounds the recursion of everything that walks formulas
inline constexpr std::size_t formulas_max = 500'000;
inline constexpr std::size_t atoms_max = 10'000;
inline constexpr std::size_t persons_max = 10'000;
inline constexpr std::size_t nodes_max = 50'000;
inline constexpr std::size_t accounts_max = 10'000;
inline constexpr std::size_t rules_max = 10'000;
inline constexpr std::size_t name_bytes_max = 256;
inline constexpr std::size_t slots_max = 16;               // people who must act together
inline constexpr std::size_t signals_max = 32;             // of one `indep`
inline constexpr std::size_t domains_max = 64;              // of one signal
inline constexpr std::size_t attributes_max = 16;
inline constexpr std::size_t attribute_values_max = 1'000;
inline constexpr std::size_t table_rows_max = 1 << 18;
inline constexpr std::size_t evidence_max = 20;             // a decision table has two to the power of this columns
inline constexpr std::uint64_t decisions_max = 1ULL << 29;  // rows (or rules) times columns: 64 MiB of bits
inline constexpr int level_max = 5;
inline constexpr std::int64_t cost_max = 1'000'000'000'000;  // sums of atoms_max of them stay far inside 64 bits
inline constexpr std::int64_t count_max = 1'000'000;

enum class Operator : std::uint8_t { always, never, atom, node, all_of, any_of, at_least, distinct, independent };

struct Candidate {
  Index person = 0;
  Index formula = 0;
  bool operator==(const Candidate&) const = default;
};
struct Signal {
  Index formula = 0;
  std::vector<Index> domains;  // labels, numbered inside this formula
};
struct Formula {
  Operator op = Operator::never;
  Index index = 0;                            // atom, node: which (in a policy, `atom` is a piece of evidence)
  std::size_t count = 0;                      // at_least, independent: how many
  std::vector<Index> parts;                   // all_of, any_of, at_least
  std::vector<std::vector<Candidate>> slots;  // distinct; excluded persons are already left out
  std::vector<Signal> signals;                // independent
};

struct Atom {
  std::string name;
  int level = 0;
  std::int64_t cost = 0;
  std::optional<Index> owner;
  bool free = false;
};
struct Person {
  std::string name;
  std::vector<std::string> groups;
  bool third_party = false;
};
struct Node {
  std::string name;
  Index formula = 0;
  bool recovery = false;
};
struct Loss {
  std::string name;
  std::vector<Index> atoms;
};
struct Account {
  std::string name;
  Index owner = 0;
  Index target = 0;
  std::optional<Index> restore;
  std::vector<Index> holds;
  std::vector<Loss> losses;
  std::int64_t need_paths = 1;
  std::vector<Index> common;
};
struct Counted {
  std::string name;
  Index formula = 0;  // the atom or node of that name
};
struct Rule {
  std::string name;
  std::vector<Counted> counts;
  std::vector<Index> common;
};

struct Attribute {
  std::string name;
  std::vector<std::string> values;  // as given
};
struct Ladder {
  Index attribute = 0;
  std::vector<Index> values;  // lowest impact first
};
struct ThirdParty {
  Index attribute = 0;
  Index value = 0;
  std::vector<Index> needs;  // evidence
};
struct PolicyRule {
  std::string name;
  bool allows = false;
  std::vector<std::vector<bool>> when;  // for each attribute: the values that match; empty: any
  Index formula = 0;                    // what it requires, or unless what it denies
};
struct DecisionPolicy {
  std::vector<Attribute> attributes;  // by name
  std::vector<std::string> evidence;  // by name
  std::vector<Ladder> impact;         // by attribute
  std::optional<ThirdParty> third_party;
  std::vector<PolicyRule> rules;      // as given
};

struct Model {
  std::string name;
  int ambient_level = 2;
  std::vector<Atom> atoms;
  std::vector<Person> persons;
  std::vector<Node> nodes;
  std::vector<Formula> formulas;
  std::vector<std::string> group_checks;
  std::vector<Account> accounts;
  std::vector<Rule> rules;
  std::optional<DecisionPolicy> policy, policy_b;
};

}  // namespace sallyport::prover
