// Whole answers: cases computed by hand by somebody else (tests/vectors/prover), byte for byte.
#include "core/prover/prove.h"

#include <gtest/gtest.h>

#include "../tests/support/files_for_tests.h"
#include "base/text.h"
#include "core/prover/read_model.h"

namespace sallyport::prover {
namespace {

class Vectors : public testing::TestWithParam<const char*> {};

TEST_P(Vectors, come_out_byte_for_byte) {
  const auto name = concat("tests/vectors/prover/", GetParam());
  const auto read = read_model(repository_file(concat(name, ".json")));
  ASSERT_TRUE(read.complaints.empty() && read.notes.empty());
  const auto report = prove(read.model);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(concat(to_indented_text(*report, 1), "\n"), repository_file(concat(name, ".expected.json")));
}

INSTANTIATE_TEST_SUITE_P(Prover, Vectors,
                         testing::Values("01_single_sms", "02_golden_chain", "03_transitive_manager",
                                         "08_policy_tables"));

Json answers(const std::string& text) {
  const auto read = read_model(text);
  for (const auto& c : read.complaints) ADD_FAILURE() << c.path << ": " << c.what;
  auto report = prove(read.model);
  return report ? *report : Json();
}

TEST(Prove, a_signal_that_two_signals_rest_on_is_named) {
  const auto report = answers(R"({"schema":"sallyport-prover/1","name":"t","atoms":[{"id":"sim","level":2},
    {"id":"hs","level":3},{"id":"mail","level":1}],"nodes":{"sms":{"or":["sim","hs"]},"call":{"or":["sim","hs"]},
    "app":{"and":["hs","mail"]}},"rules":[{"id":"r","counts":["sms","call","app"],"common":[]},
    {"id":"s","counts":["sms","app"],"common":["hs"]}]})");
  EXPECT_EQ(to_text(*report.find("independence")),
            R"({"r":[{"pair":["sms","call"],"shared":["hs","sim"],"single":["hs","sim"]},)"
            R"({"pair":["sms","app"],"shared":["hs"],"single":[]},)"
            R"({"pair":["call","app"],"shared":["hs"],"single":[]}],"s":[]})");
  EXPECT_EQ(to_text(*report.find("accounts")), "{}");
}

// The owner is not a gang against himself, whatever he owns.
TEST(Prove, nobody_conspires_against_themselves) {
  const auto report =
      answers(R"({"schema":"sallyport-prover/1","name":"t","atoms":[{"id":"key","level":4,"owner":"ann"},
    {"id":"bob","level":5,"owner":"bob"}],"persons":[{"id":"ann","third_party":true,"groups":["g"]},{"id":"bob"}],
    "group_checks":["g"],"nodes":{"ctl":{"or":["key",{"and":["key","bob"]}]},"any":{"or":["key","bob"]}},
    "accounts":[{"id":"x","owner":"ann","target":"ctl"},{"id":"y","owner":"ann","target":"any"},
    {"id":"z","owner":"bob","target":"any"}]})");
  const auto of = [&](std::string_view account) { return *report.find("accounts")->find(account); };
  EXPECT_EQ(to_text(*of("x").find("collusion")), R"({"ambient_level":2,"k":null,"sets":[]})");
  EXPECT_EQ(to_text(*of("y").find("collusion")), R"({"ambient_level":2,"k":1,"sets":[["bob"]]})");
  EXPECT_EQ(to_text(*of("z").find("collusion")), R"({"ambient_level":2,"k":1,"sets":[["ann"]]})");
  EXPECT_FALSE(of("y").find("third_party_alone")->as_bool());
  EXPECT_TRUE(of("z").find("third_party_alone")->as_bool());
  EXPECT_TRUE(of("z").find("group_alone")->find("g")->as_bool());
  EXPECT_EQ(of("x").find("lockout"), nullptr);
}

}  // namespace
}  // namespace sallyport::prover
