// Every story of tests/stories that can be told, on the application in memory.
//
//   build/test/story_harness_test --gtest_filter='*hold_not_over'
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "../tests/harness/play_in_memory.h"
#include "base/text.h"

namespace sallyport::harness {
namespace {

namespace fs = std::filesystem;

const fs::path stories_folder = fs::path(SALLYPORT_SOURCE_DIR) / "tests" / "stories";
// One that is added is counted here.
constexpr std::size_t stories_played = 144, stories_not_here = 1, stories_pending = 13;

std::string text_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in.good()) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Told {
  fs::path file;
  stories::Story story;
};

std::optional<stories::Story> read(const std::string& text) {
  auto story = stories::read_story(text);
  if (!story) return std::nullopt;
  return *std::move(story);
}

std::vector<Told> all_stories() {
  std::vector<Told> out;
  for (const auto& entry : fs::recursive_directory_iterator(stories_folder))
    if (entry.path().extension() == ".scn")
      if (auto story = read(text_of_file(entry.path()))) out.push_back({entry.path(), *std::move(story)});
  std::ranges::sort(out, {}, &Told::file);
  return out;
}

std::vector<Told> played() {
  auto out = all_stories();
  std::erase_if(out, [](const Told& t) { return !t.story.pending.empty() || !why_not_in_memory(t.story).empty(); });
  return out;
}

// Each policy is proved once. One that cannot be proved has no certificate.
const ProposePolicy& policy_in(const fs::path& path) {
  static std::map<fs::path, ProposePolicy> known;
  const auto file = fs::weakly_canonical(path);
  auto& out = known[file];
  if (!out.text.empty()) return out;
  out = {text_of_file(file), "", "", {}, nullptr};
  const auto proved = prove_for_proposal(out.text, "");
  EXPECT_TRUE(proved) << file;
  if (!proved || !*proved) return out;
  out.certificate = (*proved)->certificate;
  out.checked = (*proved)->checked;
  return out;
}

std::optional<Surprise> play(const Told& told) {
  const auto folder = told.file.parent_path();
  const auto& policy = policy_in(folder / told.story.policy);
  EXPECT_FALSE(policy.certificate.empty()) << told.story.policy;
  return play_in_memory(told.story, policy, [&](const std::string& named) { return &policy_in(folder / named); });
}

std::string words_of(const std::optional<Surprise>& s) {
  if (!s) return "as told";
  return concat("line ", s->line, ": ", s->text, "\n    expected    ", s->expected, "\n    happened    ", s->happened);
}

class InMemory : public testing::TestWithParam<Told> {};

TEST_P(InMemory, goes_as_told) { EXPECT_EQ(words_of(play(GetParam())), "as told") << GetParam().file; }

std::string name_of(const testing::TestParamInfo<Told>& told) {
  auto name = told.param.file.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Stories, InMemory, testing::ValuesIn(played()), name_of);

TEST(Corpus, all_stories_are_played_but_those_that_say_why_not) {
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(stories_folder))
    files += entry.path().extension() == ".scn";
  const auto stories = all_stories();
  EXPECT_EQ(stories.size(), files);
  EXPECT_EQ(played().size(), stories_played);
  std::size_t pending = 0;
  std::size_t not_here = 0;
  for (const auto& [file, story] : stories) {
    pending += story.pending.empty() ? 0 : 1;
    const auto why = story.pending.empty() ? why_not_in_memory(story) : std::string();
    not_here += why.empty() ? 0 : 1;
    if (!why.empty()) std::printf("not in memory: %s: %s\n", file.stem().c_str(), why.c_str());
  }
  EXPECT_EQ(pending, stories_pending);
  EXPECT_EQ(not_here, stories_not_here);
  std::printf("%zu stories on the application in memory, %zu not, %zu pending\n", played().size(), not_here, pending);
}

struct Lie {
  std::string_view story, stands, told, text, expected, happened;
};

class Lies : public testing::TestWithParam<Lie> {};

// What is told otherwise than it goes must be found out.
TEST_P(Lies, is_found_out) {
  const auto& lie = GetParam();
  const auto file = stories_folder / lie.story;
  auto text = text_of_file(file);
  const auto at = text.find(lie.stands);
  ASSERT_NE(at, std::string::npos);
  const auto story = read(text.replace(at, lie.stands.size(), lie.told));
  ASSERT_TRUE(story.has_value());
  const auto surprise = play({file, *story});
  ASSERT_TRUE(surprise.has_value());
  EXPECT_NE(surprise->text.find(lie.text), std::string::npos) << words_of(surprise);
  EXPECT_EQ(surprise->expected, lie.expected);
  EXPECT_EQ(surprise->happened, lie.happened);
}

INSTANTIATE_TEST_SUITE_P(
    Stories, Lies,
    testing::Values(
        Lie{"legitimate/a-wrong-code-first.scn", "09:36 the executor", "09:49 the executor", "09:49", "allowed",
            "refused, approval_expired"},
        Lie{"legitimate/a-wrong-code-first.scn", ", and the directory refuses", ", and no answer comes", "09:35",
            "allowed", "refused, execution_in_progress"},
        Lie{"legitimate/a-wrong-code-first.scn", "1 write", "2 writes", "2 writes", "2", "1"},
        Lie{"attacks/hold-not-over.scn", "case 1 is denied", "case 1 is done", "case 1 is", "done", "denied"},
        Lie{"attacks/ledger-put-back.scn", "  day 2 10:00 somebody puts the ledger back to before case 2\n", "",
            "the ledger", "not sound", "the auditor finds nothing"},
        Lie{"attacks/authenticator-bound-yesterday.scn", ", bound 2d before", "", "09:04",
            "refused, identity_not_verified", "allowed"},
        Lie{"attacks/guessing.scn", "alert tries_exhausted", "alert code_replayed", "alert code_replayed",
            "alert code_replayed for case 1", "alert tries_exhausted for case 1"},
        Lie{"attacks/guessing.scn", "alert tries_exhausted for case 1", "no alert", "no alert", "no alert",
            "alert tries_exhausted for case 1"},
        Lie{"legitimate/a-wrong-code-first.scn", "  no alert", "  alert case_stalled", "case_stalled",
            "alert case_stalled", "no alert"},
        Lie{"attacks/it-was-not-me.scn", "opened, objection, closed", "objection, opened", "the timeline",
            "objection, opened", "opened, notice, notice, notice, notice, joined, objection, closed, refusal, refusal"},
        Lie{"attacks/guessing.scn", "  09:05 the claimant of case 1 fails totp", "", "09:06",
            "refused, signal_tries_exhausted", "allowed"}));

}  // namespace
}  // namespace sallyport::harness
