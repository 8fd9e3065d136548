#include "core/ledger/bundle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../tests/support/small_world.h"
#include "core/ledger/bundle_audit.h"
#include "core/ledger/bundle_cover.h"

namespace sallyport {
namespace {

constexpr std::string_view origin = "ledger.example.org/test";  // SmallWorld's

Ed25519SigningKey log_key() {
  auto key = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7)));
  EXPECT_TRUE(key.has_value());
  return *std::move(key);
}

// Two cases of two accounts, one after the other, and then a change of staff.
class Bundles : public testing::Test {
 protected:
  void act(std::string_view id, std::string_view account) {
    EXPECT_EQ(world.told(id, world.opening(Action::password_reset, "ann", account)), std::nullopt);
    EXPECT_EQ(world.told(id, JoinClaimant{world.state(id).opened.join_code, sha256(view_of(id))}), std::nullopt);
    EXPECT_EQ(world.give(id, "totp"), std::nullopt);
    EXPECT_EQ(world.give(id, "recovery_code"), std::nullopt);
    EXPECT_EQ(world.approve("lea", id), std::nullopt);
    EXPECT_EQ(world.seal(id), std::nullopt);
    EXPECT_EQ(world.intend(id), std::nullopt);
    EXPECT_EQ(world.conclude(id, Outcome::done), std::nullopt);
    world.wait(minutes(1));
  }
  void SetUp() override {
    act("c-1", "paul");
    act("c-2", "mary");
    world.appoint("new", {StaffRole::agent}, {});
  }

  [[nodiscard]] Result<Bundle> made_of(const std::vector<std::string>& entries, std::string_view id) const {
    BundleMaker maker(id_of<CaseId>(id));
    Frontier tree;
    for (const auto& entry : entries) {
      maker.feed(entry);
      tree.append(hash_leaf(view_of(entry)));
    }
    return maker.finish(sign_checkpoint(origin, tree.size(), tree.root(), key), trusted);
  }
  [[nodiscard]] Bundle bundle(std::string_view id) const {
    auto made = made_of(world.ledger, id);
    EXPECT_TRUE(made.has_value());
    return made ? *std::move(made) : Bundle();
  }
  [[nodiscard]] BundleReport audited(Bundle changed) const {
    const auto checkpoint = open_checkpoint(changed.checkpoint, trusted);
    if (checkpoint) changed.cover = cover_of(changed.id, *checkpoint, changed.entries);  // whoever forges, does it well
    return audit_bundle(encode_bundle(changed), {trusted});
  }
  static void expect_found(const BundleReport& report, std::uint64_t entry, std::string_view kind,
                           std::string_view words) {
    ASSERT_FALSE(report.findings.empty());
    EXPECT_EQ(report.findings.front().entry, entry);
    EXPECT_EQ(report.findings.front().kind, kind);
    EXPECT_NE(report.findings.front().text.find(words), std::string::npos) << report.findings.front().text;
  }
  static std::size_t place_of(const Bundle& bundle, std::string_view kind) {
    const auto words = concat(R"("kind":")", kind, R"(")");
    const auto found =
        std::ranges::find_if(bundle.entries, [&](const BundleEntry& e) { return e.bytes.contains(words); });
    EXPECT_NE(found, bundle.entries.end()) << kind;
    return static_cast<std::size_t>(found - bundle.entries.begin());
  }

  SmallWorld world;
  Ed25519SigningKey key = log_key();
  VerifierKey trusted = *verifier_key_of(origin, key);
};

TEST_F(Bundles, one_case_is_ruled_on_again_by_itself) {
  const auto made = bundle("c-1");
  const auto report = audit_bundle(encode_bundle(made), {trusted});
  EXPECT_TRUE(report.sound()) << report.findings.front().text;
  EXPECT_EQ(report.id.text(), "c-1");
  EXPECT_TRUE(report.organization_whole);
  ASSERT_TRUE(report.closed.has_value());
  EXPECT_EQ(report.closed->result, CaseResult::done);
  EXPECT_EQ(report.genesis, hash_leaf(view_of(world.ledger.front())));
  EXPECT_EQ(report.case_entries, world.entries_of("c-1").size());
}

TEST_F(Bundles, nothing_of_another_case_is_in_it) {
  const auto text = encode_bundle(bundle("c-1"));
  EXPECT_EQ(text.find("case/c-2"), std::string::npos);
  EXPECT_EQ(text.find("mary"), std::string::npos);
}

TEST_F(Bundles, what_is_written_is_read_again) {
  const auto made = bundle("c-2");
  const auto read = parse_bundle(encode_bundle(made));
  ASSERT_TRUE(read.has_value()) << read.error().text;
  EXPECT_EQ(*read, made);
}

TEST_F(Bundles, the_page_tells_who_what_and_by_which_policy) {
  const auto page = bundle("c-1").cover;
  for (const auto* words : {"case    c-1", "password_reset of the account paul", "through ann (person person.ann",
                            "ticket", "policy `small-world`", "proposed by olga, approved by otis, otto", "1 desk_lead",
                            "evidence 1: totp passed", "approved by lea (person person.lea)", "permitted, attempt 1",
                            "outcome: done", "done, at ", "WHAT IS NOT PROVED", "sallyport-audit verify"})
    EXPECT_NE(page.find(words), std::string::npos) << words << "\n" << page;
}

TEST_F(Bundles, another_page_in_front_of_the_same_entries_is_refused) {
  auto made = bundle("c-1");
  const auto at = made.cover.find("approved by lea");
  made.cover.replace(at, 15, "approved by leo");
  const auto report = audit_bundle(encode_bundle(made), {trusted});
  expect_found(report, 0, "cover", "believe the entries");
}

TEST_F(Bundles, a_free_text_cannot_begin_a_line_of_the_page) {
  EXPECT_EQ(world.open("c-3", Action::unlock), std::nullopt);
  EXPECT_EQ(world.told("c-3", DenyCase{id_of<StaffId>("lea"), "no\n\nHOW IT ENDED\n  done"}), std::nullopt);
  const auto page = bundle("c-3").cover;
  EXPECT_NE(page.find("no\\u000a\\u000aHOW IT ENDED"), std::string::npos) << page;
}

TEST_F(Bundles, an_entry_left_out_of_the_case_is_named) {
  auto made = bundle("c-1");
  const auto approval = place_of(made, "approval_recorded");
  made.entries.erase(made.entries.begin() + static_cast<std::ptrdiff_t>(approval));
  const auto next = made.entries[approval].index;
  expect_found(audited(made), next, "stream", "were left out of the bundle");
}

TEST_F(Bundles, an_entry_left_out_of_the_organization_is_named) {
  auto made = bundle("c-1");
  const auto second = place_of(made, "staff_enrolled");
  made.entries.erase(made.entries.begin() + static_cast<std::ptrdiff_t>(second));
  expect_found(audited(made), made.entries[second].index, "stream", "1 of the organization's entries before it");
}

TEST_F(Bundles, the_first_entry_left_out_is_missed) {
  auto made = bundle("c-1");
  made.entries.erase(made.entries.begin());
  expect_found(audited(made), 0, "stream", "names its first operator, is missing");
}

// What stands last in a stream can be left out, and then the report says how far the stream is shown.
TEST_F(Bundles, the_end_of_the_organizations_stream_is_shown_by_what_follows_or_not_at_all) {
  auto made = bundle("c-2");
  ASSERT_TRUE(audited(made).organization_whole);
  made.entries.pop_back();  // the change after the case
  const auto report = audited(made);
  EXPECT_TRUE(report.sound());
  EXPECT_FALSE(report.organization_whole);
  EXPECT_LT(report.organization_last, report.case_last);
}

TEST_F(Bundles, a_removal_before_the_approval_cannot_be_left_out_in_silence) {
  SmallWorld other;
  EXPECT_EQ(other.open("c-9", Action::password_reset), std::nullopt);
  EXPECT_EQ(other.give("c-9", "totp"), std::nullopt);
  other.dismiss("leo");
  EXPECT_EQ(other.give("c-9", "recovery_code"), std::nullopt);
  other.appoint("new", {StaffRole::agent}, {});
  auto made = made_of(other.ledger, "c-9");
  ASSERT_TRUE(made.has_value());
  made->entries.erase(made->entries.begin() + static_cast<std::ptrdiff_t>(place_of(*made, "staff_removed")));
  expect_found(audited(*made), made->entries.back().index, "stream", "1 of the organization's entries before it");
  made->entries.pop_back();  // and what shows it as well
  const auto report = audited(*made);
  EXPECT_TRUE(report.sound());
  EXPECT_FALSE(report.organization_whole);
}

TEST_F(Bundles, two_cases_in_one_are_refused) {
  auto made = bundle("c-1");
  const auto other = bundle("c-2");
  for (const auto& entry : other.entries)
    if (entry.bytes.contains("case/c-2")) made.entries.push_back(entry);
  std::ranges::sort(made.entries, {}, &BundleEntry::index);
  const auto first = std::ranges::find_if(made.entries, [](const auto& e) { return e.bytes.contains("case/c-2"); });
  expect_found(audited(made), first->index, "stream", "it belongs to `case/c-2`");
}

TEST_F(Bundles, one_case_under_the_name_of_another_is_refused) {
  auto made = bundle("c-1");
  made.id = id_of<CaseId>("c-2");
  const auto report = audited(made);
  expect_found(report, world.entries_of("c-1").empty() ? 0 : made.entries[place_of(made, "case_opened")].index,
               "stream", "it belongs to `case/c-1`");
}

TEST_F(Bundles, swapped_proofs_are_refused) {
  auto made = bundle("c-1");
  std::swap(made.entries[3].proof, made.entries[4].proof);
  expect_found(audited(made), made.entries[3].index, "proof", "it does not stand there in the ledger");
}

TEST_F(Bundles, a_changed_entry_does_not_fit_its_proof) {
  auto made = bundle("c-1");
  auto& entry = made.entries[place_of(made, "outcome_recorded")];
  entry.bytes.replace(entry.bytes.find("\"done\""), 6, "\"none\"");
  expect_found(audited(made), entry.index, "proof", "were changed");
}

TEST_F(Bundles, an_entry_at_another_index_does_not_fit_its_proof) {
  auto made = bundle("c-1");
  made.entries.back().index += 1;
  expect_found(audited(made), made.entries.back().index, "proof", "");
}

TEST_F(Bundles, an_entry_told_twice_is_refused) {
  auto made = bundle("c-1");
  made.entries.push_back(made.entries.back());
  expect_found(audited(made), made.entries.back().index, "bundle", "each once");
}

TEST_F(Bundles, an_older_checkpoint_than_one_that_was_seen_is_refused) {
  const auto old = made_of({world.ledger.begin(), world.ledger.end() - 1}, "c-1");
  ASSERT_TRUE(old.has_value());
  const auto seen = open_checkpoint(bundle("c-1").checkpoint, trusted);
  ASSERT_TRUE(seen.has_value());
  const auto report = audit_bundle(encode_bundle(*old), {trusted, std::nullopt, *seen});
  expect_found(report, world.ledger.size() - 1, "checkpoint", "ask for a newer bundle");
}

TEST_F(Bundles, a_forked_ledger_shows_beside_a_checkpoint_of_the_same_size) {
  Checkpoint seen{std::string(origin), world.ledger.size(), sha256(view_of("another"))};
  const auto report = audit_bundle(encode_bundle(bundle("c-1")), {trusted, std::nullopt, seen});
  expect_found(report, 0, "checkpoint", "forked");
}

TEST_F(Bundles, a_checkpoint_by_another_key_is_refused) {
  auto made = bundle("c-1");
  const auto other = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 8)));
  const auto checkpoint = open_checkpoint(made.checkpoint, trusted);
  ASSERT_TRUE(checkpoint && other);
  made.checkpoint = sign_checkpoint(origin, checkpoint->size, checkpoint->root, *other);
  expect_found(audit_bundle(encode_bundle(made), {trusted}), 0, "checkpoint", "not to be trusted");
}

TEST_F(Bundles, another_first_entry_is_found_when_the_right_one_is_known) {
  const auto report = audit_bundle(encode_bundle(bundle("c-1")), {trusted, Digest{}});
  expect_found(report, 0, "genesis", "another ledger");
}

// Whoever has the log's key can write what they like into the ledger: ruling again finds it.
TEST_F(Bundles, an_approval_that_nobody_signed_is_found_by_ruling_again) {
  auto entries = world.ledger;
  const auto approval = std::ranges::find_if(
      entries, [](const auto& e) { return e.contains("approval_recorded") && e.contains("case/c-1"); });
  ASSERT_NE(approval, entries.end());
  approval->replace(approval->find("person.lea"), 10, "person.leo");
  approval->replace(approval->find("\"lea\""), 5, "\"leo\"");
  const auto made = made_of(entries, "c-1");
  ASSERT_TRUE(made.has_value());
  expect_found(audited(*made), static_cast<std::uint64_t>(approval - entries.begin()), "ruling",
               "the approval should not have been taken");
}

TEST_F(Bundles, there_is_none_of_a_case_that_is_not_there) {
  const auto made = made_of(world.ledger, "c-99");
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, FaultKind::not_found);
}

TEST_F(Bundles, none_is_made_of_entries_that_are_not_those_signed) {
  BundleMaker maker(id_of<CaseId>("c-1"));
  for (const auto& entry : world.ledger) maker.feed(entry);
  const auto made = maker.finish(sign_checkpoint(origin, world.ledger.size(), Digest{}, key), trusted);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, FaultKind::corrupt);
}

TEST_F(Bundles, each_number_has_one_spelling) {
  const auto text = encode_bundle(bundle("c-1"));
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\nentry 0 ", "\nentry 00 "},
                                 {"\nentry 0 ", "\nentry  0 "},
                                 {"\nentry 0 ", "\nentry +0 "},
                                 {"\nend\n", "\nend\n\n"},
                                 {"\nend\n", "\n"},
                                 {"\ncase c-1\n", "\ncase C-1\n"}}) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    const auto report = audit_bundle(changed, {trusted});
    ASSERT_FALSE(report.sound()) << to;
    EXPECT_EQ(report.findings.front().kind, "bundle") << to;
  }
}

}  // namespace
}  // namespace sallyport
