// The engine, on models small enough to check by hand: for everything that opens, the nearest thing that does not.
#include "core/prover/solve.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../tests/support/seeded.h"
#include "base/text.h"
#include "core/prover/evaluate.h"
#include "core/prover/hardness.h"
#include "core/prover/read_model.h"

namespace sallyport::prover {
namespace {

// Atoms a to f of levels 0 to 5, owned by pa to pf; z is free.
Model model_with(const std::string& nodes, std::string_view recovery = "[]") {
  std::string atoms, persons;
  for (const char c : std::string_view("abcdef")) {
    atoms += concat(R"({"id":")", c, R"(","level":)", c - 'a', R"(,"owner":"p)", c, R"("},)");
    persons += concat(R"({"id":"p)", c, R"("},)");
  }
  persons.pop_back();
  const auto read = read_model(concat(R"({"schema":"sallyport-prover/1","name":"t","atoms":[)", atoms,
                                      R"({"id":"z","level":5,"free":true}],"persons":[)", persons, R"(],"nodes":{)",
                                      nodes, R"(},"recovery":)", recovery, "}"));
  for (const auto& c : read.complaints) ADD_FAILURE() << c.path << ": " << c.what << "; " << c.next_step;
  return read.model;
}

std::string text_of_sets(const Antichain& sets, auto&& name) {
  std::string out;
  for (const auto& one : sets) {
    out += out.empty() ? "" : " ";
    if (one.empty()) out += "()";
    one.each([&](std::size_t element) { out += name(element); });
  }
  return out;
}

Index index_of(const Model& model, std::string_view node) {
  return static_cast<Index>(std::ranges::find(model.nodes, node, &Node::name) - model.nodes.begin());
}

std::string ways(const Model& model, Reading reading, std::string_view name) {
  const auto node = index_of(model, name);
  Work work;
  const auto order = order_of(model);
  const bool gang = reading.width == model.persons.size() && reading.width != model.atoms.size();
  Solver solver(model, order, std::move(reading), work);
  solver.solve(std::vector{node});
  EXPECT_FALSE(work.exhausted());
  return text_of_sets(solver.of_node(node),
                      [&](std::size_t i) { return gang ? model.persons[i].name : model.atoms[i].name; });
}

// The ways of node n.
std::string attack(const std::string& nodes) {
  const auto model = model_with(nodes);
  return ways(model, as_attacker(model), "n");
}

struct Case {
  std::string nodes;
  std::string opens_with;
};

TEST(Solver, computes_each_operator) {
  for (const auto& [nodes, opens_with] : std::initializer_list<Case>{
           {R"("n":true)", "()"},
           {R"("n":false)", ""},
           {R"("n":"a")", "a"},
           {R"("n":"z")", "()"},  // free
           {R"("n":{"and":["a","z","b"]})", "ab"},
           {R"("n":{"and":[]})", "()"},
           {R"("n":{"or":["b","a","a"]})", "a b"},
           {R"("n":{"or":[]})", ""},
           {R"("n":{"or":[{"and":["a","b"]},"a"]})", "a"},
           {R"("n":{"atleast":[0,["a"]]})", "()"},
           {R"("n":{"atleast":[1,["a","b","c"]]})", "a b c"},
           {R"("n":{"atleast":[2,["a","b","c"]]})", "ab ac bc"},
           {R"("n":{"atleast":[3,["a","b","c"]]})", "abc"},
           {R"("n":{"atleast":[4,["a","b","c"]]})", ""},
           {R"("n":{"atleast":[2,["a","a","b"]]})", "a"},  // two true parts, though of one atom
           {R"("n":{"atleast":[2,["z","a","b"]]})", "a b"},
           {R"("n":"m","m":{"and":["a","k"]},"k":"b")", "ab"},
       })
    EXPECT_EQ(attack(nodes), opens_with) << nodes;
}

TEST(Solver, one_person_sits_in_one_slot) {
  for (const auto& [nodes, opens_with] : std::initializer_list<Case>{
           {R"("n":{"distinct":{"slots":[[["pa","a"],["pb","b"]],[["pa","a"],["pb","b"]]]}})", "ab"},
           {R"("n":{"distinct":{"slots":[[["pa","a"]],[["pa","b"]]]}})", ""},  // two things, but one person
           {R"("n":{"distinct":{"slots":[[["pa","a"]],[["pb","a"]]]}})", "a"},  // one thing, but two persons
           {R"("n":{"distinct":{"slots":[[["pa","a"],["pa","b"]],[["pb","c"]]]}})", "ac bc"},
           {R"("n":{"distinct":{"slots":[[["pa","a"],["pb","b"]]],"exclude":["pb"]}})", "a"},
           {R"("n":{"distinct":{"slots":[[["pb","b"]]],"exclude":["pb"]}})", ""},
           {R"("n":{"distinct":{"slots":[]}})", "()"},
           {R"("n":{"distinct":{"slots":[[]]}})", ""},
           // pa is wanted twice: the first slot must leave pa to the second
           {R"("n":{"distinct":{"slots":[[["pa","z"],["pb","b"]],[["pa","z"]]]}})", "b"},
           {R"("n":{"distinct":{"slots":[[["pa","a"],["pb","b"],["pc","c"]],[["pa","a"],["pb","b"],["pc","c"]]]}})",
            "ab ac bc"},
       })
    EXPECT_EQ(attack(nodes), opens_with) << nodes;
}

TEST(Solver, independent_signals_share_no_domain) {
  const auto indep = [](int k, std::string_view da, std::string_view db, std::string_view dc) {
    return concat(R"("n":{"indep":{"k":)", k, R"(,"signals":[{"f":"a","domains":)", da, R"(},{"f":"b","domains":)", db,
                  R"(},{"f":"c","domains":)", dc, "}]}}");
  };
  EXPECT_EQ(attack(indep(2, R"(["sim"])", R"(["sim"])", R"(["mail"])")), "ac bc");
  EXPECT_EQ(attack(indep(2, R"(["sim"])", R"(["desk"])", R"(["mail"])")), "ab ac bc");
  EXPECT_EQ(attack(indep(2, R"(["sim"])", R"(["sim"])", R"(["mail","sim"])")), "");
  EXPECT_EQ(attack(indep(3, R"(["sim"])", R"([])", R"([])")), "abc");
  EXPECT_EQ(attack(indep(1, R"(["sim"])", R"(["sim"])", R"(["sim"])")), "a b c");
  EXPECT_EQ(attack(indep(0, "[]", "[]", "[]")), "()");
  EXPECT_EQ(attack(indep(4, "[]", "[]", "[]")), "");
}

// With the greatest fixpoint, or with any solution of the equations, these would be true of nothing.
TEST(Solver, two_who_vouch_for_each_other_prove_nothing) {
  EXPECT_EQ(attack(R"("n":"m","m":"n")"), "");
  EXPECT_EQ(attack(R"("n":"n")"), "");
  EXPECT_EQ(attack(R"("n":{"or":["a","m"]},"m":{"or":["b","n"]})"), "a b");
  EXPECT_EQ(attack(R"("n":{"and":["a","m"]},"m":{"or":["b","n"]})"), "ab");
  EXPECT_EQ(attack(R"("n":{"or":["k",{"and":["m","a"]}]},"m":{"or":["l",{"and":["n","b"]}]},"k":"c","l":"d")"), "c ad");
}

TEST(Solver, a_long_chain_of_nodes_needs_no_stack) {
  std::string nodes = R"("n0":"a")";
  for (int i = 1; i < 20'000; ++i) nodes += concat(",\"n", i, "\":\"n", i - 1, "\"");
  const auto model = model_with(nodes);
  EXPECT_EQ(ways(model, as_attacker(model), "n19999"), "a");
}

TEST(Solver, the_front_door_knows_no_recovery) {
  const auto model = model_with(R"("ctl":{"or":[{"and":["a","b"]},"rec"]},"rec":{"and":["c","d"]})", R"(["rec"])");
  EXPECT_EQ(ways(model, as_attacker(model), "ctl"), "ab cd");
  EXPECT_EQ(ways(model, at_front_door(model), "ctl"), "ab");
}

// Levels: a 0 ... f 5; the ambient level is 2, so that of a, b and c everybody is thought to be capable.
TEST(Solver, a_gang_has_what_is_ambient_and_what_it_owns) {
  EXPECT_EQ(model_with("").ambient_level, 2);
  const auto gang = [](const std::string& nodes) {
    const auto model = model_with(nodes);
    return ways(model, as_gang(model), "n");
  };
  EXPECT_EQ(gang(R"("n":"c")"), "()");
  EXPECT_EQ(gang(R"("n":"d")"), "pd");  // one level above
  EXPECT_EQ(gang(R"("n":{"and":["a","d","e"]})"), "pdpe");
  EXPECT_EQ(gang(R"("n":"z")"), "()");  // free, whatever its level
}

// ---- random models: the engine against evaluation, and against itself under Keep -------------------------------

std::string random_formula(Seeded& seeded, int depth) {
  const auto name = [&] {
    return concat("\"", seeded.pick<std::string>({"a", "b", "c", "d", "e", "f", "z", "n0", "n1", "n2", "n3"}), "\"");
  };
  if (depth == 0 || seeded.one_in(4)) return name();
  const auto part = [&] { return random_formula(seeded, depth - 1); };
  switch (seeded.below(5)) {
    case 0: return concat(R"({"and":[)", part(), ",", part(), "]}");
    case 1: return concat(R"({"or":[)", part(), ",", part(), "]}");
    case 2: return concat(R"({"atleast":[2,[)", part(), ",", part(), ",", part(), "]]}");
    case 3: {
      const auto who = [&] { return concat(R"(["p)", seeded.pick<std::string>({"a", "b", "c"}), "\",", part(), "]"); };
      return concat(R"({"distinct":{"slots":[[)", who(), ",", who(), "],[", who(), ",", who(),
                    R"(]],"exclude":["pc"]}})");
    }
    default:
      return concat(R"({"indep":{"k":2,"signals":[{"f":)", part(), R"(,"domains":["x"]},{"f":)", part(),
                    R"(,"domains":["x","y"]},{"f":)", part(), R"(,"domains":[]}]}})");
  }
}

Model random_model(Seeded& seeded) {
  std::string nodes;
  for (int i = 0; i < 4; ++i) nodes += concat(i == 0 ? "" : ",", "\"n", i, "\":", random_formula(seeded, 2));
  return model_with(nodes, R"(["n2"])");
}

TEST(Solver, finds_exactly_the_sets_that_evaluation_says_are_enough) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Seeded seeded(seed);
    const auto model = random_model(seeded);
    const auto order = order_of(model);
    Work work;
    Solver attacker(model, order, as_attacker(model), work), front(model, order, at_front_door(model), work);
    const std::vector<Index> all{0, 1, 2, 3};
    attacker.solve(all);
    front.solve(all);
    for (unsigned mask = 0; mask < 128; ++mask) {
      std::vector<bool> atoms(7);
      AtomSet given(7);
      for (std::size_t i = 0; i < 7; ++i)
        if ((mask >> i & 1U) != 0) {
          atoms[i] = true;
          given.add(i);
        }
      const auto true_with = evaluate(model, order, atoms, false, work);
      const auto true_without = evaluate(model, order, atoms, true, work);
      for (Index n = 0; n < 4; ++n) {
        ASSERT_EQ(holds(attacker.of_node(n), given), true_with[n]) << "seed " << seed << ", node " << n;
        ASSERT_EQ(holds(front.of_node(n), given), true_without[n]) << "seed " << seed << ", node " << n;
      }
    }
  }
}

TEST(Keep, a_cap_drops_the_larger_sets_and_no_other) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Seeded seeded(seed);
    const auto model = random_model(seeded);
    const auto order = order_of(model);
    Work work;
    Solver all(model, order, as_attacker(model), work);
    all.solve(std::vector<Index>{0});
    for (std::size_t size = 0; size < 4; ++size) {
      auto reading = as_attacker(model);
      reading.keep.size_max = size;
      Solver capped(model, order, std::move(reading), work);
      capped.solve(std::vector<Index>{0});
      auto expected = all.of_node(0);
      std::erase_if(expected, [&](const AtomSet& s) { return s.size() > size; });
      ASSERT_EQ(capped.of_node(0), expected) << "seed " << seed << ", at most " << size;
    }
  }
}

TEST(Keep, pruning_what_is_safe_loses_no_dangerous_set) {
  std::size_t dangerous = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    Seeded seeded(seed);
    const auto model = random_model(seeded);
    const auto order = order_of(model);
    Work work;
    Solver all(model, order, as_attacker(model), work), front(model, order, at_front_door(model), work);
    all.solve(std::vector<Index>{0});
    front.solve(std::vector<Index>{0});
    const auto safe = safe_beside(front.of_node(0), model.atoms);
    auto reading = as_attacker(model);
    reading.keep.safe = safe;
    Solver pruned(model, order, std::move(reading), work);
    pruned.solve(std::vector<Index>{0});
    auto expected = all.of_node(0);
    std::erase_if(expected, safe);
    dangerous += expected.size();
    ASSERT_EQ(pruned.of_node(0), expected) << "seed " << seed;
  }
  EXPECT_GT(dangerous, 100U);
}

// ---- hardness --------------------------------------------------------------------------------------------------

TEST(Hardness, compares_levels_from_the_highest_down) {
  EXPECT_TRUE(no_harder({3, 1}, {3, 1}));
  EXPECT_TRUE(no_harder({3, 1}, {5, 2}));
  EXPECT_TRUE(no_harder({3, 1}, {3, 1, 0}));
  EXPECT_FALSE(no_harder({3, 1}, {5}));        // fewer things, however hard
  EXPECT_FALSE(no_harder({3, 1}, {2, 2, 2}));  // more things, of which none is hard enough
  EXPECT_FALSE(no_harder({3, 2}, {4, 1}));
  EXPECT_TRUE(no_harder({}, {}));
  EXPECT_TRUE(no_harder({}, {0}));
}

TEST(Hardness, tells_weaker_from_incomparable) {
  const auto model = model_with("");  // a to f have levels 0 to 5
  const auto of = [](std::initializer_list<std::size_t> elements) {
    AtomSet out(7);
    for (const auto e : elements) out.add(e);
    return out;
  };
  const auto compared =
      compare({of({1, 3})}, {of({2}), of({3}), of({4}), of({1, 3}), of({1, 2}), of({0, 4})}, model.atoms);
  EXPECT_EQ(compared.weaker, (Antichain{of({2}), of({3}), of({1, 2})}));
  EXPECT_EQ(compared.incomparable, (Antichain{of({4}), of({0, 4})}));
  EXPECT_TRUE(compare({}, {of({2})}, model.atoms).weaker.empty());  // no front door: nothing to compare with
}

}  // namespace
}  // namespace sallyport::prover
