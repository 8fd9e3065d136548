// What the reader takes, and what it says of everything else. The rows put one mistake each into a model that is read.
#include "core/prover/read_model.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "core/prover/prove.h"

namespace sallyport::prover {
namespace {

constexpr std::string_view good = R"({"schema":"sallyport-prover/1","name":"t","note":"x","ambient_level":2,
"atoms":[{"id":"pw","level":1,"cost":5,"owner":"ann","note":"x"},{"id":"hs","level":3,"free":false}],
"persons":[{"id":"ann","groups":["desk"],"third_party":false},{"id":"bob"}],
"group_checks":["desk"],
"nodes":{"rec":{"distinct":{"slots":[[["bob","hs"]]],"exclude":["ann"]}},
 "ctl":{"or":[{"and":["pw","hs"]},{"atleast":[1,["rec"]]},{"indep":{"k":1,"signals":[{"f":"hs","domains":["d"]}]}}]}},
"recovery":["rec"],
"accounts":[{"id":"ann","owner":"ann","target":"ctl","restore":"rec","holds":["hs"],"losses":{"l":["hs"]},
 "need_paths":1,"common":["pw"]}],
"rules":[{"id":"r","counts":["rec","hs"],"common":["pw"]}],
"policy":{"attrs":{"act":["lock","open"],"by":["us","them"]},"evidence":["call","mail"],
 "impact":{"act":["lock","open"]},"third_party":{"attr":"by","value":"them","needs":["call"]},
 "rules":[{"id":"A","effect":"allow","when":{"act":["open"]},"require":"call"},
  {"id":"D","effect":"deny","unless":{"or":["call","mail"]}}]},
"policy_b":{"attrs":{"act":["lock","open"],"by":["us","them"]},"evidence":["mail","call"],"rules":[]}})";

std::string with(std::string_view instead_of, std::string_view put) {
  std::string out(good);
  const auto at = out.find(instead_of);
  EXPECT_NE(at, std::string::npos) << instead_of;
  return out.replace(at, instead_of.size(), put);
}

std::string said(const std::vector<Complaint>& list) {
  std::string out;
  for (const auto& c : list) out += concat(out.empty() ? "" : "\n", c.path, ": ", c.what, "; ", c.next_step);
  return out;
}

TEST(ReadModel, takes_every_field_of_the_format) {
  const auto read = read_model(good);
  EXPECT_EQ(said(read.complaints), "");
  EXPECT_EQ(said(read.notes), "");
  EXPECT_EQ(read.model.atoms.front().name, "hs");  // by name
  EXPECT_TRUE(prove(read.model).has_value());
}

struct Slip {
  std::string_view instead_of, put, says;
};

TEST(ReadModel, names_the_place_of_each_mistake_and_what_would_be_right) {
  for (const auto& [instead_of, put, says] : std::initializer_list<Slip>{
           // names
           {R"("and":["pw","hs"])", R"("and":["pw","hss"])",
            "$.nodes.ctl.or[0].and[1]: `hss` is not known; did you mean `hs`?"},
           {R"(["rec"]]},{"indep)", R"(["reck"]]},{"indep)",
            "$.nodes.ctl.or[1].atleast[1][0]: `reck` is not known; did you mean `rec`?"},
           {R"("and":["pw","hs"])", R"("and":["pw","zzzzz"])", "`zzzzz` is not known; name an atom or a node"},
           {R"("owner":"ann","note")", R"("owner":"nan","note")",
            "$.atoms[0].owner: the person `nan` is not known; did you mean"},
           {R"([["bob","hs"]])", R"([["bop","hs"]])",
            "$.nodes.rec.distinct.slots[0][0][0]: the person `bop` is not known; did you mean `bob`?"},
           {R"("exclude":["ann"])", R"("exclude":["an"])",
            "$.nodes.rec.distinct.exclude[0]: the person `an` is not known"},
           {R"("recovery":["rec"])", R"("recovery":["pw"])", "$.recovery[0]: the node `pw` is not known"},
           {R"("target":"ctl")", R"("target":"ctk")",
            "$.accounts[0].target: the node `ctk` is not known; did you mean `ctl`?"},
           {R"("holds":["hs"])", R"("holds":["rec"])", "$.accounts[0].holds[0]: the atom `rec` is not known"},
           {R"({"l":["hs"]})", R"({"l":["h"]})", "$.accounts[0].losses.l[0]: the atom `h` is not known"},
           {R"("counts":["rec","hs"])", R"("counts":["rec","x"])", "$.rules[0].counts[1]: `x` is not known"},
           {R"("require":"call")", R"("require":"cal")",
            "$.policy.rules[0].require: `cal` is not known; did you mean `call`?"},
           {R"("require":"call")", R"("require":"pw")", "$.policy.rules[0].require: `pw` is not known"},
           {R"("when":{"act":["open"]})", R"("when":{"atc":["open"]})",
            "$.policy.rules[0].when.atc: `atc` is no attribute; did you mean `act`?"},
           {R"("when":{"act":["open"]})", R"("when":{"act":["opne"]})",
            "$.policy.rules[0].when.act[0]: `opne` is no value of `act`; did you mean `open`?"},
           {R"("impact":{"act":["lock","open"]})", R"("impact":{"act":["lock","op"]})",
            "$.policy.impact.act[1]: `op` is no value of `act`"},
           {R"("value":"them")", R"("value":"then")",
            "$.policy.third_party.value: `then` is no value of `by`; did you mean `them`?"},
           {R"("needs":["call"])", R"("needs":["all"])",
            "$.policy.third_party.needs[0]: `all` is no evidence; did you mean `call`?"},
           // twice
           {R"({"id":"hs","level":3)", R"({"id":"pw","level":3)", "$.atoms[1]: the atom `pw` stands here twice"},
           {R"({"id":"bob"})", R"({"id":"ann"})", "$.persons[1]: the person `ann` stands here twice"},
           {R"("rules":[{"id":"r")", R"("rules":[{"id":"r","counts":[]},{"id":"r")",
            "$.rules[1]: the rule `r` stands here twice"},
           {R"({"id":"D")", R"({"id":"A")", "$.policy.rules[1]: the rule `A` stands here twice"},
           {R"("evidence":["call","mail"])", R"("evidence":["call","mail","call"])",
            "$.policy.evidence[2]: `call` stands here twice"},
           {R"("attrs":{"act":["lock","open"])", R"("attrs":{"act":["lock","open","lock"])",
            "$.policy.attrs.act[2]: `lock` stands here twice"},
           {R"("nodes":{"rec":)", R"("nodes":{"pw":"hs","rec":)",
            "$.nodes.pw: `pw` is both an atom and a node; rename one of them"},
           {R"("name":"t")", R"("name":"t","name":"u")", "duplicate key `name`"},
           // operators
           {R"({"and":["pw","hs"]})", R"({"adn":["pw","hs"]})",
            "$.nodes.ctl.or[0].adn: `adn` is no operator; did you mean `and`?"},
           {R"({"and":["pw","hs"]})", R"({"not":["pw"]})", "$.nodes.ctl.or[0].not: `not` is no operator"},
           {R"({"and":["pw","hs"]})", R"({"and":["pw"],"or":["hs"]})",
            "$.nodes.ctl.or[0]: an operator is expected, and here are 2"},
           {R"({"and":["pw","hs"]})", R"({})", "$.nodes.ctl.or[0]: an operator is expected, and here are 0"},
           {R"({"and":["pw","hs"]})", R"({"and":"pw"})",
            "$.nodes.ctl.or[0].and: the parts of a formula must be a list"},
           {R"({"and":["pw","hs"]})", R"(7)", "$.nodes.ctl.or[0]: this is no formula"},
           {R"([1,["rec"]])", R"(["rec"])", "$.nodes.ctl.or[1].atleast: `atleast` takes a number and a list"},
           {R"([1,["rec"]])", R"([-1,["rec"]])",
            "$.nodes.ctl.or[1].atleast[0]: a whole number is expected here; write one from 0 to"},
           {R"([1,["rec"]])", R"([true,["rec"]])", "$.nodes.ctl.or[1].atleast[0]: a whole number is expected here"},
           {R"("slots":[[["bob","hs"]]])", R"("slots":[["bob","hs"]])",
            "$.nodes.rec.distinct.slots[0][0]: a candidate is a person and a formula"},
           {R"("slots":[[["bob","hs"]]],)", "", "$.nodes.rec.distinct: `slots` is missing"},
           {R"({"k":1,)", R"({)", "$.nodes.ctl.or[2].indep: `k` is missing"},
           {R"(,"domains":["d"])", "", "$.nodes.ctl.or[2].indep.signals[0]: `domains` is missing"},
           // types, keys, ranges
           {R"("schema":"sallyport-prover/1")", R"("schema":"sallyport-prover/2")",
            "$.schema: the model is of another schema; this program reads \"sallyport-prover/1\""},
           {R"("name":"t",)", "", "$: `name` is missing"},
           {R"("ambient_level":2)", R"("ambient_level":6)",
            "$.ambient_level: a whole number is expected here; write one from 0 to 5"},
           {R"("level":1)", R"("level":"1")", "$.atoms[0].level: a whole number is expected here"},
           {R"("level":1)", R"("level":-1)", "$.atoms[0].level: a whole number is expected here"},
           {R"("level":1,)", "", "$.atoms[0]: `level` is missing"},
           {R"("cost":5)", R"("cost":5.5)", "only whole numbers are used here"},
           {R"("cost":5)", R"("cost":-5)", "$.atoms[0].cost: a whole number is expected here; write one from 0 to"},
           {R"("cost":5)", R"("cots":5)", "$.atoms[0].cots: the key `cots` is not known here; did you mean `cost`?"},
           {R"("group_checks":)", R"("groups":)", "$.groups: the key `groups` is not known here"},
           {R"("free":false)", R"("free":0)", "$.atoms[1].free: `free` must be true or false"},
           {R"("persons":[)", R"("persons":[7,)", "$.persons[0]: a person must be an object"},
           {R"("recovery":["rec"])", R"("recovery":"rec")", "$.recovery: `recovery` must be a list"},
           {R"("need_paths":1)", R"("need_paths":-1)", "$.accounts[0].need_paths: a whole number is expected here"},
           {R"("id":"pw")", R"("id":"")", "$.atoms[0].id: the atom's id has 0 bytes; give it 1 to 256"},
           {R"("effect":"allow")", R"("effect":"permit")",
            "$.policy.rules[0].effect: `effect` must say what the rule does; write allow or deny"},
           {R"("require":"call")", R"("unless":"call")",
            "$.policy.rules[0].unless: `unless` does not go with this effect; write `require`"},
           {R"("attrs":{"act":["lock","open"],)", R"("attrs":{"act":[],)",
            "$.policy.attrs.act: an attribute has at least one value"},
           {R"("evidence":["mail","call"])", R"("evidence":["mail"])",
            "$.policy_b: the two policies speak of different things"},
           {R"("policy":{)", R"("policies":{)", "$.policy_b: there is no `policy` to compare with"},
           {R"("act":["lock","open"],"by":["us","them"]},"evidence":["call")",
            R"("act":["a,by=b","a"],"by":["us","b,by=us"]},"evidence":["call")", ""},
       }) {
    const auto complaints = said(read_model(with(instead_of, put)).complaints);
    EXPECT_NE(complaints, "") << instead_of << " -> " << put;
    EXPECT_NE(complaints.find(says), std::string::npos) << instead_of << " -> " << put << "\nsaid: " << complaints;
  }
}

TEST(ReadModel, tells_all_mistakes_at_once) {
  const auto read =
      read_model(R"({"schema":"x","atoms":[{"id":"a"}],"nodes":{"n":{"and":["b","c"]}},"recovery":["m"]})");
  EXPECT_EQ(said(read.complaints), R"($.schema: the model is of another schema; this program reads "sallyport-prover/1"
$: `name` is missing; give a title as a string
$.atoms[0]: `level` is missing; give a whole number from 0 to 5
$.nodes.n.and[0]: `b` is not known; name an atom or a node
$.nodes.n.and[1]: `c` is not known; name an atom or a node
$.recovery[0]: the node `m` is not known; name one of the model's nodes)");
}

TEST(ReadModel, rows_that_read_the_same_are_refused) {
  const auto read = read_model(R"({"schema":"sallyport-prover/1","name":"t","policy":{"attrs":{"a":["1","1,b=2"],)"
                               R"("b":["2","2,b=2"]},"evidence":[],"rules":[]}})");
  EXPECT_EQ(said(read.complaints),
            "$.policy: two combinations of values read the same; use no `,` and `=` in attributes and values");
}

TEST(ReadModel, a_group_without_members_is_worth_a_note_and_no_more) {
  const auto read = read_model(with(R"("group_checks":["desk"])", R"("group_checks":["deks"])"));
  EXPECT_TRUE(read.complaints.empty());
  EXPECT_EQ(said(read.notes), "$.group_checks[0]: nobody is in the group `deks`; did you mean `desk`?");
}

TEST(ReadModel, null_is_as_good_as_absent_where_a_field_may_be_absent) {
  EXPECT_EQ(said(read_model(with(R"("free":false)", R"("free":null,"owner":null,"cost":null)")).complaints), "");
}

TEST(ReadModel, names_may_hold_any_characters) {
  const auto read = read_model(
      "{\"schema\":\"sallyport-prover/1\",\"name\":\"\xC3\xBC\",\"nodes\":{\"\xF0\x9F\x94\x91 \\\"x\\\"\":true}}");
  EXPECT_EQ(said(read.complaints), "");
  EXPECT_EQ(to_text(*prove(read.model)), "{\"name\":\"\xC3\xBC\"}");
}

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  std::string out = R"({"schema":"sallyport-prover/1","name":"t","persons":[{"id":"p"}],"nodes":{"n":)";
  for (std::size_t i = 0; i < depth; ++i) out += open;
  out += "true";
  for (std::size_t i = 0; i < depth; ++i) out += close;
  return out += "}}";
}

TEST(ReadModel, formulas_nest_as_deep_as_the_limit_says_and_no_deeper) {
  EXPECT_TRUE(read_model(nested(formula_depth_max, R"({"and":[)", "]}")).complaints.empty());
  EXPECT_NE(
      said(read_model(nested(formula_depth_max + 1, R"({"and":[)", "]}")).complaints).find("nested more than 48 deep"),
      std::string::npos);
  EXPECT_TRUE(read_model(nested(formula_depth_max, R"({"distinct":{"slots":[[["p",)", "]]]}}")).complaints.empty());
  for (const auto bomb : std::initializer_list<std::size_t>{300, 100'000}) {
    const auto read = read_model(nested(bomb, R"({"and":[)", "]}"));
    EXPECT_NE(said(read.complaints).find("nested too deeply"), std::string::npos);
  }
}

TEST(ReadModel, refuses_what_is_too_large) {
  EXPECT_NE(said(read_model(std::string(model_bytes_max + 1, ' ')).complaints).find("at most 10 MiB are read"),
            std::string::npos);
  std::string slots, evidence;
  for (std::size_t i = 0; i <= slots_max; ++i) slots += concat(i == 0 ? "" : ",", R"([["p",true]])");
  for (std::size_t i = 0; i <= evidence_max; ++i) evidence += concat(i == 0 ? "" : ",", "\"e", i, "\"");
  const auto of = [](const std::string& rest) {
    return said(read_model(concat(R"({"schema":"sallyport-prover/1","name":"t","persons":[{"id":"p"}],)", rest, "}"))
                    .complaints);
  };
  EXPECT_NE(of(concat(R"("nodes":{"n":{"distinct":{"slots":[)", slots, "]}}}")).find("slots are 17; at most 16"),
            std::string::npos);
  EXPECT_NE(of(concat(R"("policy":{"attrs":{},"rules":[],"evidence":[)", evidence, "]}")).find("at most 20 are read"),
            std::string::npos);
}

TEST(ReadModel, stops_collecting_at_some_point) {
  std::string list;
  for (int i = 0; i < 500; ++i) list += concat(i == 0 ? "" : ",", i);
  const auto read = read_model(concat(R"({"schema":"sallyport-prover/1","name":"t","recovery":[)", list, "]}"));
  EXPECT_EQ(read.complaints.size(), complaints_max);
}

// 20 of 40 atoms: 137 billion minimal sets.
TEST(Prove, refuses_a_model_whose_ways_cannot_be_listed) {
  std::string atoms, names;
  for (int i = 0; i < 40; ++i) {
    atoms += concat(i == 0 ? "" : ",", R"({"id":"a)", i, R"(","level":1})");
    names += concat(i == 0 ? "" : ",", "\"a", i, "\"");
  }
  const auto read = read_model(concat(R"({"schema":"sallyport-prover/1","name":"t","persons":[{"id":"p"}],"atoms":[)",
                                      atoms, R"(],"nodes":{"n":{"atleast":[20,[)", names,
                                      R"(]]}},"accounts":[{"id":"x","owner":"p","target":"n"}]})"));
  ASSERT_EQ(said(read.complaints), "");
  const auto report = prove(read.model, Work(10'000'000));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().what, "the model has more ways than can be listed");
}

}  // namespace
}  // namespace sallyport::prover
