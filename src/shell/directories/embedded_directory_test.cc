#include "shell/directories/embedded_directory.h"

#include <gtest/gtest.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "../tests/support/authorized_action_for_tests.h"
#include "base/text.h"
#include "shell/directories/faulty_directory.h"

namespace sallyport {
namespace {

const DirectoryId here = *DirectoryId::parse("embedded");
const std::string good_password = "marmalade on the moon 7";

class KernelEntropy final : public Entropy {
 public:
  Result<Bytes> bytes(std::size_t count) override {
    Bytes out(count);
    if (getrandom(out.data(), count, 0) != static_cast<ssize_t>(count))
      return fault(FaultKind::unavailable, "no randomness");
    return out;
  }
};

SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(view_of(text)); }

Json seed_of(std::initializer_list<Json> accounts) { return Json::object({{"accounts", Json::array(accounts)}}); }

Json person(const std::string& login, bool locked = false, bool active = true) {
  return Json::object({{"login", login},
                       {"password", "first words of " + login},
                       {"display_name", "Kit Penrose"},
                       {"mail", login + "@alderfinch.example"},
                       {"employee_number", "1023"},
                       {"groups", Json::array({"Sales", "All Staff", "Sales"})},
                       {"employment", "employee"},
                       {"locked", locked},
                       {"active", active}});
}

class embedded_directory : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "sallyport-embedded-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(folder.data()));
    folder_ = folder;
    directory_ = open();
    ASSERT_TRUE(directory_->import_seed(seed_of({person("kit"), person("milo", true), person("perry", true, false)})));
  }
  void TearDown() override {
    directory_.reset();
    std::filesystem::remove_all(folder_);
  }
  Result<std::unique_ptr<EmbeddedDirectory>> try_open() {
    EmbeddedConfig config{
        here, *OrganizationId::parse("alderfinch"), folder_ + "/accounts", {"admins"}, {"SALES"}, 2, 3, seconds(5)};
    return EmbeddedDirectory::open(std::move(config), entropy_);
  }
  std::unique_ptr<EmbeddedDirectory> open() {
    auto opened = try_open();
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  AccountRecord find(std::string_view login) { return *directory_->find_by_login(login, Instant{7}); }
  AuthorizedAction allow(const AccountRecord& account, Action action) {
    return Adjudication::make_for_tests(*CaseId::parse("case-1"), *ExecutionId::parse("exec-1"), action, here,
                                        account.facts.account, account.facts.state_token, Instant{9000});
  }
  WriteResult reset(const AccountRecord& account, const Marker& from, const Marker& to, std::string_view password) {
    const auto word = secret(password);
    return directory_->act(allow(account, Action::password_reset), from, to, &word);
  }
  SignIn sign_in(std::string_view login, std::string_view password) {
    return *directory_->verify_password(login, secret(password));
  }

  KernelEntropy entropy_;
  std::string folder_;
  std::unique_ptr<EmbeddedDirectory> directory_;
};

TEST_F(embedded_directory, shows_an_account_as_facts) {
  const auto account = find("KIT");
  EXPECT_EQ(account.login, "kit");
  EXPECT_EQ(account.facts.holder.text(), "1023");
  EXPECT_EQ(account.facts.groups, (std::vector<std::string>{"All Staff", "Sales"}));
  EXPECT_TRUE(account.facts.active && account.facts.executive);
  EXPECT_FALSE(account.facts.locked || account.facts.admin);
  EXPECT_EQ(directory_->find_by_login("kit*", Instant{}).error().kind, FaultKind::not_found);
}

TEST_F(embedded_directory, a_reset_makes_the_new_password_work_and_the_old_one_fail_also_after_a_restart) {
  EXPECT_EQ(reset(find("kit"), "", "e1:x", good_password).outcome, WriteOutcome::done);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(sign_in("kit", good_password), SignIn::accepted);
    EXPECT_EQ(sign_in("kit", "first words of kit"), SignIn::wrong_password);
    EXPECT_EQ(directory_->observe(find("kit").facts.account)->marker, "e1:x");
    directory_.reset();
    directory_ = open();
  }
  struct stat status{};
  ASSERT_EQ(stat((folder_ + "/accounts").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(embedded_directory, a_reset_repeated_or_late_changes_nothing) {
  const auto account = find("kit");
  ASSERT_EQ(reset(account, "", "e1:x", good_password).outcome, WriteOutcome::done);
  EXPECT_EQ(reset(account, "", "e1:x", "another password").refusal, Refusal::state_changed);
  EXPECT_EQ(reset(account, "e1:x", "e2:x", "another password").refusal, Refusal::state_changed);  // stale decision
  EXPECT_EQ(sign_in("kit", good_password), SignIn::accepted);
  EXPECT_EQ(reset(find("kit"), "e1:x", "e2:x", "another password").outcome, WriteOutcome::done);
}

TEST_F(embedded_directory, holds_to_its_password_rules) {
  EXPECT_EQ(reset(find("kit"), "", "e1:x", "eleven char").detail,
            "the directory refuses this password: it is too short");
  EXPECT_EQ(reset(find("kit"), "", "e1:x", "first words of kit").detail,
            "the directory refuses this password: it was used before");
  EXPECT_EQ(reset(find("kit"), "", "e1:x", "twelve chars").outcome, WriteOutcome::done);
  Marker marker = "e1:x";
  for (const auto* next : {"e2:x", "e3:x", "e4:x"}) {  // three more push the first out of the history
    EXPECT_EQ(reset(find("kit"), marker, "e9:x", "twelve chars").refusal, Refusal::password_rejected);
    ASSERT_EQ(reset(find("kit"), marker, next, concat("password no. ", next)).outcome, WriteOutcome::done);
    marker = next;
  }
  EXPECT_EQ(reset(find("kit"), marker, "e9:x", "twelve chars").refusal, Refusal::password_rejected);
  ASSERT_EQ(reset(find("kit"), marker, "e5:x", "password no. five").outcome, WriteOutcome::done);
  EXPECT_EQ(reset(find("kit"), "e5:x", "e6:x", "twelve chars").outcome, WriteOutcome::done);
}

TEST_F(embedded_directory, the_login_is_no_password) {
  directory_.reset();
  std::filesystem::remove(folder_ + "/accounts");
  directory_ = open();
  ASSERT_TRUE(directory_->import_seed(seed_of({person("kit.penrose.long")})));
  EXPECT_EQ(reset(find("kit.penrose.long"), "", "e1:x", "kit.penrose.long").detail,
            "the directory refuses this password: it is the login");
}

TEST_F(embedded_directory, wrong_passwords_lock_and_void_no_decision) {
  const auto account = find("kit");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sign_in("kit", "wrong"), SignIn::wrong_password);
  EXPECT_EQ(sign_in("kit", "first words of kit"), SignIn::locked);
  EXPECT_EQ(directory_->act(allow(account, Action::unlock), "", "e1:x", nullptr).outcome, WriteOutcome::done);
  EXPECT_EQ(sign_in("kit", "first words of kit"), SignIn::accepted);
}

TEST_F(embedded_directory, suspends_until_it_is_unlocked) {
  EXPECT_EQ(directory_->act(allow(find("kit"), Action::suspend), "", "e1:x", nullptr).outcome, WriteOutcome::done);
  EXPECT_TRUE(find("kit").facts.locked && find("kit").facts.active);
  EXPECT_EQ(directory_->act(allow(find("kit"), Action::unlock), "e1:x", "e2:x", nullptr).outcome, WriteOutcome::done);
  EXPECT_FALSE(find("kit").facts.locked);
}

TEST_F(embedded_directory, unlocks_the_locked_notes_the_unlocked_and_refuses_the_disabled) {
  EXPECT_EQ(directory_->act(allow(find("milo"), Action::unlock), "", "e1:x", nullptr).detail, "");
  EXPECT_EQ(directory_->act(allow(find("kit"), Action::unlock), "", "e1:x", nullptr).detail,
            "the account was not locked");
  EXPECT_EQ(directory_->act(allow(find("perry"), Action::unlock), "", "e1:x", nullptr).refusal, Refusal::not_permitted);
  EXPECT_EQ(reset(find("perry"), "", "e1:x", good_password).refusal, Refusal::not_permitted);
  EXPECT_EQ(sign_in("perry", "first words of perry"), SignIn::disabled);
}

TEST_F(embedded_directory, a_fence_makes_a_late_original_fail) {
  FaultyDirectory faulty(*directory_);
  const auto account = find("kit");
  faulty.next_write(FaultyDirectory::Plan::hold);
  std::thread caller([&] {
    const auto word = secret(good_password);
    EXPECT_EQ(faulty.act(allow(account, Action::password_reset), "", "e1:x", &word).outcome, WriteOutcome::unknown);
  });
  faulty.wait_until_held();
  EXPECT_EQ(faulty.fence(account.facts.account, "", "f1:x").outcome, WriteOutcome::done);
  faulty.release();
  caller.join();
  EXPECT_EQ(faulty.lost_answer()->refusal, Refusal::state_changed);
  EXPECT_EQ(sign_in("kit", "first words of kit"), SignIn::accepted);
}

TEST_F(embedded_directory, a_lost_answer_and_a_lost_request_look_the_same_until_observed) {
  FaultyDirectory faulty(*directory_);
  const auto account = find("kit");
  const auto word = secret(good_password);
  faulty.next_write(FaultyDirectory::Plan::lose_request);
  EXPECT_EQ(faulty.act(allow(account, Action::password_reset), "", "e1:x", &word).outcome, WriteOutcome::unknown);
  EXPECT_EQ(faulty.observe(account.facts.account)->marker, "");
  faulty.next_write(FaultyDirectory::Plan::lose_answer);
  EXPECT_EQ(faulty.act(allow(account, Action::password_reset), "", "e1:x", &word).outcome, WriteOutcome::unknown);
  EXPECT_EQ(faulty.observe(account.facts.account)->marker, "e1:x");
}

TEST_F(embedded_directory, what_does_not_fit_together_is_refused) {
  auto account = find("kit");
  const auto word = secret(good_password);
  EXPECT_EQ(directory_->act(allow(account, Action::password_reset), "", "e1:x", nullptr).refusal, Refusal::other);
  EXPECT_EQ(directory_->act(allow(account, Action::unlock), "", "e1:x", &word).refusal, Refusal::other);
  EXPECT_EQ(directory_->act(allow(account, Action::emergency_access), "", "e1:x", nullptr).refusal,
            Refusal::not_supported);
  EXPECT_EQ(directory_->fence(account.facts.account, "e7:x", "f8:x").refusal, Refusal::state_changed);
  EXPECT_EQ(directory_->fence(account.facts.account, "", "").refusal, Refusal::other);
  account.facts.account = *AccountId::parse("nobody");
  EXPECT_EQ(reset(account, "", "e1:x", good_password).refusal, Refusal::no_such_account);
  EXPECT_EQ(directory_->observe(account.facts.account).error().kind, FaultKind::not_found);
}

TEST_F(embedded_directory, is_seeded_once_wholly_and_only_with_what_it_understands) {
  EXPECT_EQ(directory_->import_seed(seed_of({person("new")})).error().kind, FaultKind::conflict);
  directory_.reset();
  std::filesystem::remove(folder_ + "/accounts");
  directory_ = open();
  EXPECT_FALSE(directory_->import_seed(seed_of({person("twin"), person("TWIN")})));
  auto odd = person("odd");
  odd.set("shoe_size", 44);
  EXPECT_FALSE(directory_->import_seed(seed_of({person("fine"), odd})));
  EXPECT_FALSE(directory_->import_seed(seed_of({Json::object({{"login", "bare"}})})));
  EXPECT_EQ(directory_->account_count(), 0U);
}

TEST_F(embedded_directory, belongs_to_one_process_at_a_time) {
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, FaultKind::conflict);
}

TEST_F(embedded_directory, a_torn_end_is_cut_off_wherever_the_power_failed) {
  ASSERT_EQ(reset(find("kit"), "", "e1:x", good_password).outcome, WriteOutcome::done);
  const auto id = find("kit").facts.account;
  const auto path = folder_ + "/accounts";
  const auto before = std::filesystem::file_size(path);
  ASSERT_EQ(directory_->fence(id, "e1:x", "f2:x").outcome, WriteOutcome::done);
  directory_.reset();
  std::ifstream in(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (auto cut = whole.size();; cut -= std::min<std::size_t>(7, cut - before)) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, cut);
    directory_ = open();
    EXPECT_EQ(directory_->observe(id)->marker, cut == whole.size() ? "f2:x" : "e1:x") << cut;
    directory_.reset();
    if (cut == before) break;
  }
}

TEST_F(embedded_directory, damage_before_the_end_is_a_fault_and_not_a_torn_end) {
  ASSERT_EQ(reset(find("kit"), "", "e1:x", good_password).outcome, WriteOutcome::done);
  directory_.reset();
  const auto path = folder_ + "/accounts";
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  bytes[200] = static_cast<char>(bytes[200] ^ 1);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, FaultKind::corrupt);
}

TEST_F(embedded_directory, many_guarded_writes_share_a_sync_and_none_is_lost) {
  directory_.reset();
  std::filesystem::remove(folder_ + "/accounts");
  directory_ = open();
  constexpr int people = 32;
  constexpr int rounds = 50;
  Json seed = seed_of({});
  Json::Array accounts;
  for (int i = 0; i < people; ++i) accounts.push_back(person(concat("p", i)));
  seed.set("accounts", Json(std::move(accounts)));
  ASSERT_TRUE(directory_->import_seed(seed));
  std::atomic<int> done = 0;
  std::vector<std::thread> writers;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < people; ++i)
    writers.emplace_back([&, i] {
      const auto id = find(concat("p", i)).facts.account;
      Marker marker;
      for (int round = 1; round <= rounds; ++round) {
        const Marker next = concat("f", round, ":x");
        if (directory_->fence(id, marker, next).outcome == WriteOutcome::done) ++done;
        marker = next;
      }
    });
  for (auto& writer : writers) writer.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  RecordProperty("guarded_writes_per_second", static_cast<int>(people * rounds / took.count()));
  EXPECT_EQ(done, people * rounds);
  directory_.reset();
  directory_ = open();
  for (int i = 0; i < people; ++i)
    EXPECT_EQ(directory_->observe(find(concat("p", i)).facts.account)->marker, concat("f", rounds, ":x"));
}

TEST(password_hash, agrees_with_another_implementation) {
  // Python: hashlib.pbkdf2_hmac("sha256", b"passwd", b"0123456789abcdef", 1000)
  const auto password = secret("passwd");
  const auto stored = "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$GKbQsOKFBLtZBF483J+cBeR17Y/5oB1eOSatMelA+O8=";
  EXPECT_TRUE(*password_matches(password, stored));
  EXPECT_FALSE(*password_matches(secret("passwe"), stored));
}

TEST(password_hash, refuses_stored_texts_it_did_not_write) {
  for (const auto* text : {"", "plain", "pbkdf2-sha256$0$a$b",
                           "pbkdf2-sha256$999999999$MDEyMzQ1Njc4OWFiY2RlZg==$AA==", "pbkdf2-sha256$1000$MDEy$AA=="})
    EXPECT_EQ(password_matches(secret("x"), text).error().kind, FaultKind::corrupt) << text;
}

}  // namespace
}  // namespace sallyport
