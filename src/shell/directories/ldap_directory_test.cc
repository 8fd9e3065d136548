// LdapDirectory against a real slapd: what it does, the nearest thing it refuses, and what it says
// when answers get lost.
#include "shell/directories/ldap_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "../tests/support/authorized_action_for_tests.h"
#include "../tests/support/openldap_for_tests.h"
#include "../tests/support/stallable_relay.h"
#include "base/json.h"
#include "base/text.h"
#include "shell/directories/embedded_directory.h"

namespace sallyport {
namespace {

const DirectoryId corp = *DirectoryId::parse("corp");
const std::string good_password = "marmalade on the moon 7";

SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(view_of(text)); }

class ldap_directory : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (access("/usr/sbin/slapd", X_OK) == 0) server_ = std::make_unique<OpenLdapForTests>();
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    ASSERT_TRUE(server_) << "slapd is not installed: scripts/install test demo";
    directory_ = open(config());
  }

  static LdapConfig config() {
    LdapConfig made;
    made.directory = corp;
    made.organization = *OrganizationId::parse("alderfinch");
    made.url = server_->setting("LDAPS_URL");
    made.ca_file = server_->setting("CA");
    made.bind_dn = server_->setting("BIND_DN");
    made.bind_password = secret(OpenLdapForTests::file_text(server_->setting("BIND_PW_FILE")));
    made.people_base = server_->setting("PEOPLE_BASE");
    made.admin_groups = {"Domain Admins"};
    made.executive_groups = {"executives"};
    made.deadline = Duration{1500};
    return made;
  }
  static std::unique_ptr<LdapDirectory> open(LdapConfig made) {
    auto opened = LdapDirectory::open(std::move(made));
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  static std::unique_ptr<LdapDirectory> through(const StallableRelay& relay) {
    auto made = config();
    made.url = concat("ldaps://127.0.0.1:", relay.port());
    return open(std::move(made));
  }
  AccountRecord find(std::string_view login) const {
    auto found = directory_->find_by_login(login, Instant{1000});
    if (!found) throw std::runtime_error(found.error().what);
    return *found;
  }
  AuthorizedAction allow(const AccountRecord& account, Action action) const {
    return Adjudication::make_for_tests(*CaseId::parse("case-1"), *ExecutionId::parse("exec-1"), action, corp,
                                        account.facts.account, account.facts.state_token, Instant{9000});
  }
  WriteResult reset(const AccountRecord& account, const Marker& from, const Marker& to,
                    std::string_view password) const {
    const auto word = secret(password);
    return directory_->act(allow(account, Action::password_reset), from, to, &word);
  }
  static void lock_out(const std::string& login) {
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(server_->signs_in(login, "not the password"));
    EXPECT_FALSE(server_->signs_in(login, server_->first_password(login)));
  }

  static std::unique_ptr<OpenLdapForTests> server_;
  std::unique_ptr<LdapDirectory> directory_;
};
std::unique_ptr<OpenLdapForTests> ldap_directory::server_;

TEST_F(ldap_directory, shows_an_account_as_facts) {
  const auto account = find("zoe.crane");
  EXPECT_EQ(account.login, "zoe.crane");
  EXPECT_EQ(account.display_name, "Zoë Crane");
  EXPECT_EQ(account.mail, "zoe.crane@alderfinch.example");
  EXPECT_EQ(account.facts.groups, (std::vector<std::string>{"All Staff", "Sales"}));
  EXPECT_EQ(account.facts.holder.text(), "1021");
  EXPECT_EQ(account.facts.account.text().size(), 36U);
  EXPECT_EQ(account.facts.employment, "employee");
  EXPECT_EQ(account.facts.read_at, Instant{1000});
  EXPECT_TRUE(account.facts.active);
  EXPECT_FALSE(account.facts.locked || account.facts.admin || account.facts.executive);
  EXPECT_TRUE(find("lena.brandt").facts.admin);
  EXPECT_TRUE(find("iona.alder").facts.executive);
  EXPECT_EQ(find("max.dorn").facts.employment, "contractor");
  EXPECT_TRUE(find("emil.sorrel").facts.locked);
  EXPECT_TRUE(find("emil.sorrel").facts.active);
  EXPECT_FALSE(find("perry.gone").facts.active);
  EXPECT_EQ(find("finn.mercer").mail, "");
}

TEST_F(ldap_directory, takes_a_login_for_itself_and_never_for_a_filter) {
  EXPECT_EQ(find("ZOE.CRANE").login, "zoe.crane");
  for (const auto* login : {"nobody.here", "zoe.*", "*", "zoe.crane)(uid=*", " zoe.crane", "zoe.crane\\", "zoe"}) {
    const auto found = directory_->find_by_login(login, Instant{});
    ASSERT_FALSE(found) << login;
    EXPECT_EQ(found.error().kind, FaultKind::not_found) << login;
  }
  EXPECT_EQ(directory_->find_by_login("", Instant{}).error().kind, FaultKind::invalid);
  EXPECT_EQ(directory_->find_by_login(std::string(257, 'a'), Instant{}).error().kind, FaultKind::invalid);
}

TEST_F(ldap_directory, two_accounts_with_one_login_are_a_fault) {
  ASSERT_TRUE(server_->administer("olive.stroud", "mail", "shared@alderfinch.example"));
  ASSERT_TRUE(server_->administer("ada.rowan", "mail", "shared@alderfinch.example"));
  auto by_mail = config();
  by_mail.login_attribute = "mail";
  const auto found = open(std::move(by_mail))->find_by_login("shared@alderfinch.example", Instant{});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, FaultKind::corrupt);
}

TEST_F(ldap_directory, a_reset_makes_the_new_password_work_and_the_old_one_fail) {
  const auto account = find("kit.penrose");
  const auto before = directory_->observe(account.facts.account);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->marker, "");
  const auto result = reset(account, "", "e1:exec-1", good_password);
  EXPECT_EQ(result.outcome, WriteOutcome::done) << result.detail;
  EXPECT_TRUE(server_->signs_in("kit.penrose", good_password));
  EXPECT_FALSE(server_->signs_in("kit.penrose", server_->first_password("kit.penrose")));
  const auto after = directory_->observe(account.facts.account);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->marker, "e1:exec-1");
  EXPECT_NE(after->version, before->version);
  EXPECT_NE(find("kit.penrose").facts.state_token, account.facts.state_token);
}

TEST_F(ldap_directory, a_reset_repeated_changes_nothing) {
  const auto account = find("tess.ivory");
  ASSERT_EQ(reset(account, "", "e1:exec-1", good_password).outcome, WriteOutcome::done);
  const auto once = directory_->observe(account.facts.account);
  for (const auto& password : {good_password, std::string("another password 8")}) {
    const auto again = reset(account, "", "e1:exec-1", password);
    EXPECT_EQ(again.outcome, WriteOutcome::not_done);
    EXPECT_EQ(again.refusal, Refusal::state_changed);
  }
  EXPECT_EQ(directory_->observe(account.facts.account)->version, once->version);
  EXPECT_TRUE(server_->signs_in("tess.ivory", good_password));
  // With a fresh decision and the right marker it may be done again.
  EXPECT_EQ(reset(find("tess.ivory"), "e1:exec-1", "e2:exec-2", "another password 8").outcome, WriteOutcome::done);
}

TEST_F(ldap_directory, a_decision_about_an_account_that_has_changed_is_void) {
  const auto account = find("arlo.teague");
  ASSERT_TRUE(server_->administer("arlo.teague", "mail", "mallory@evil.example"));
  const auto result = reset(account, "", "e1:exec-1", good_password);
  EXPECT_EQ(result.refusal, Refusal::state_changed);
  EXPECT_TRUE(server_->signs_in("arlo.teague", server_->first_password("arlo.teague")));
}

TEST_F(ldap_directory, a_new_group_voids_a_decision_though_entry_csn_rests) {
  const auto account = find("yuki.sato");
  const auto before = directory_->observe(account.facts.account);
  ASSERT_TRUE(server_->join_group("yuki.sato", "Domain Admins"));
  EXPECT_EQ(directory_->observe(account.facts.account)->version, before->version);  // why entryCSN is not the token
  EXPECT_EQ(reset(account, "", "e1:exec-1", good_password).refusal, Refusal::state_changed);
  EXPECT_TRUE(find("yuki.sato").facts.admin);
}

TEST_F(ldap_directory, wrong_passwords_move_entry_csn_but_cannot_void_a_decision) {
  const auto account = find("mads.holm");
  const auto before = directory_->observe(account.facts.account);
  lock_out("mads.holm");
  EXPECT_NE(directory_->observe(account.facts.account)->version, before->version);
  EXPECT_EQ(find("mads.holm").facts.state_token, account.facts.state_token);
  EXPECT_EQ(reset(account, "", "e1:exec-1", good_password).outcome, WriteOutcome::done);
  EXPECT_TRUE(server_->signs_in("mads.holm", good_password));
}

TEST_F(ldap_directory, an_unlock_lets_the_old_password_in_and_forgives_the_slips) {
  lock_out("luca.bianco");
  const auto account = find("luca.bianco");
  ASSERT_TRUE(account.facts.locked);
  const auto result = directory_->act(allow(account, Action::unlock), "", "e1:exec-1", nullptr);
  EXPECT_EQ(result.outcome, WriteOutcome::done) << result.detail;
  EXPECT_EQ(result.detail, "");
  EXPECT_FALSE(server_->signs_in("luca.bianco", "one more slip"));
  EXPECT_TRUE(server_->signs_in("luca.bianco", server_->first_password("luca.bianco")));
}

TEST_F(ldap_directory, a_suspended_account_lets_nobody_in_until_it_is_unlocked) {
  const auto account = find("selma.oake");
  const auto password = server_->first_password("selma.oake");
  ASSERT_TRUE(server_->signs_in("selma.oake", password));
  const auto result = directory_->act(allow(account, Action::suspend), "", "e1:exec-1", nullptr);
  EXPECT_EQ(result.outcome, WriteOutcome::done) << result.detail;
  EXPECT_EQ(result.detail, "");
  EXPECT_FALSE(server_->signs_in("selma.oake", password));
  const auto suspended = find("selma.oake");
  EXPECT_TRUE(suspended.facts.locked && suspended.facts.active);  // not closed for good: it can be undone
  EXPECT_NE(suspended.facts.state_token, account.facts.state_token);  // what was under way is decided anew
  EXPECT_EQ(directory_->act(allow(suspended, Action::unlock), "e1:exec-1", "e2:exec-2", nullptr).outcome,
            WriteOutcome::done);
  EXPECT_TRUE(server_->signs_in("selma.oake", password));
}

TEST_F(ldap_directory, what_has_to_end_by_itself_is_not_done) {
  const auto account = find("vera.lomax");
  const auto brief =
      Adjudication::make_for_tests(*CaseId::parse("c"), *ExecutionId::parse("x"), Action::unlock, corp,
                                   account.facts.account, account.facts.state_token, Instant{9000}, hours(1));
  EXPECT_EQ(directory_->act(brief, "", "e1:exec-1", nullptr).refusal, Refusal::not_supported);
}

TEST_F(ldap_directory, unlocking_what_is_not_locked_is_done_with_a_note) {
  const auto result = directory_->act(allow(find("vera.lomax"), Action::unlock), "", "e1:exec-1", nullptr);
  EXPECT_EQ(result.outcome, WriteOutcome::done);
  EXPECT_EQ(result.detail, "the account was not locked");
}

TEST_F(ldap_directory, a_disabled_account_is_neither_unlocked_nor_reset) {
  const auto account = find("perry.gone");
  EXPECT_EQ(reset(account, "", "e1:exec-1", good_password).refusal, Refusal::not_permitted);
  EXPECT_EQ(directory_->act(allow(account, Action::unlock), "", "e1:exec-1", nullptr).refusal, Refusal::not_permitted);
  EXPECT_FALSE(find("perry.gone").facts.active);
}

TEST_F(ldap_directory, the_directorys_password_rules_are_told_in_plain_words) {
  const auto short_one = reset(find("ruth.calder"), "", "e1:exec-1", "too short");
  EXPECT_EQ(short_one.outcome, WriteOutcome::not_done);
  EXPECT_EQ(short_one.refusal, Refusal::password_rejected);
  EXPECT_EQ(short_one.detail, "the directory refuses this password: it is too short");
  // A refused password leaves no marker, so the claimant may choose another.
  EXPECT_EQ(reset(find("ruth.calder"), "", "e1:exec-1", good_password).outcome, WriteOutcome::done);
  const auto used = reset(find("ruth.calder"), "e1:exec-1", "e2:exec-2", good_password);
  EXPECT_EQ(used.detail, "the directory refuses this password: it was used before");
  const auto first = reset(find("ruth.calder"), "e1:exec-1", "e2:exec-2", server_->first_password("ruth.calder"));
  EXPECT_EQ(first.refusal, Refusal::password_rejected);
}

TEST_F(ldap_directory, a_password_cannot_be_smuggled_in_as_a_hash_or_a_reference) {
  for (const auto* word :
       {"{SASL}somebody@elsewhere", "{CLEARTEXT}long enough text", "line\nbreak and more", "\xff\xfe twelve bytes"})
    EXPECT_EQ(reset(find("hugo.platt"), "", "e1:exec-1", word).refusal, Refusal::password_rejected);
  EXPECT_EQ(directory_->observe(find("hugo.platt").facts.account)->marker, "");
}

TEST_F(ldap_directory, protected_accounts_are_refused_by_the_directory_itself) {
  const auto account = find("mara.quill");
  const auto result = reset(account, "", "e1:exec-1", good_password);
  EXPECT_EQ(result.outcome, WriteOutcome::not_done);
  EXPECT_EQ(result.refusal, Refusal::not_permitted);
  EXPECT_EQ(directory_->act(allow(account, Action::admin_unlock), "", "e1:x", nullptr).refusal, Refusal::not_permitted);
  EXPECT_EQ(directory_->fence(account.facts.account, "", "f1:x").refusal, Refusal::not_permitted);
  EXPECT_TRUE(server_->signs_in("mara.quill", server_->first_password("mara.quill")));
}

TEST_F(ldap_directory, what_does_not_fit_together_is_refused_unsent) {
  const auto account = find("gita.rao");
  const auto word = secret(good_password);
  EXPECT_EQ(directory_->act(allow(account, Action::password_reset), "", "e1:x", nullptr).refusal, Refusal::other);
  EXPECT_EQ(directory_->act(allow(account, Action::unlock), "", "e1:x", &word).refusal, Refusal::other);
  EXPECT_EQ(directory_->act(allow(account, Action::mfa_reset), "", "e1:x", nullptr).refusal, Refusal::not_supported);
  EXPECT_EQ(directory_->act(allow(account, Action::password_reset), "", "", &word).refusal, Refusal::other);
  auto elsewhere = Adjudication::make_for_tests(*CaseId::parse("c"), *ExecutionId::parse("x"), Action::password_reset,
                                                *DirectoryId::parse("other"), account.facts.account,
                                                account.facts.state_token, Instant{});
  EXPECT_EQ(directory_->act(elsewhere, "", "e1:x", &word).refusal, Refusal::other);
  EXPECT_EQ(directory_->observe(account.facts.account)->marker, "");
}

TEST_F(ldap_directory, an_account_that_does_not_exist_is_told_as_such) {
  auto account = find("gita.rao");
  account.facts.account = *AccountId::parse("00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(reset(account, "", "e1:x", good_password).refusal, Refusal::no_such_account);
  EXPECT_EQ(directory_->fence(account.facts.account, "", "f1:x").refusal, Refusal::no_such_account);
  EXPECT_EQ(directory_->observe(account.facts.account).error().kind, FaultKind::not_found);
}

TEST_F(ldap_directory, groups_within_groups_count_where_a_groups_base_is_set) {
  auto nested = config();
  nested.groups_base = server_->setting("GROUPS_BASE");
  nested.admin_groups = {"Legal"};  // the Help Desk joins it below, as a group
  const auto deep = open(std::move(nested));
  EXPECT_FALSE(deep->find_by_login("amir.sadek", Instant{})->facts.admin);
  const auto help_desk = "cn=Help Desk," + server_->setting("GROUPS_BASE");
  ASSERT_TRUE(server_->add_member("Legal", help_desk));
  EXPECT_TRUE(deep->find_by_login("amir.sadek", Instant{})->facts.admin);
}

TEST_F(ldap_directory, a_lost_answer_is_unknown_and_the_marker_tells) {
  StallableRelay relay(server_->port());
  const auto far = through(relay);
  const auto account = find("pavel.drozd");
  ASSERT_TRUE(far->observe(account.facts.account));  // signs in, so that the next request is act's search
  relay.arm(1, StallableRelay::Then::drop_answers);
  const auto word = secret(good_password);
  const auto result = far->act(allow(account, Action::password_reset), "", "e1:exec-1", &word);
  EXPECT_EQ(result.outcome, WriteOutcome::unknown);
  relay.release();
  EXPECT_EQ(far->observe(account.facts.account)->marker, "e1:exec-1");  // it did happen
  EXPECT_TRUE(server_->signs_in("pavel.drozd", good_password));
}

TEST_F(ldap_directory, a_fence_makes_a_late_original_fail) {
  StallableRelay relay(server_->port());
  const auto far = through(relay);
  const auto account = find("oskar.venn");
  const auto& id = account.facts.account;
  ASSERT_TRUE(far->observe(id));
  relay.arm(1, StallableRelay::Then::hold_requests);
  const auto word = secret(good_password);
  EXPECT_EQ(far->act(allow(account, Action::password_reset), "", "e1:exec-1", &word).outcome, WriteOutcome::unknown);
  EXPECT_EQ(directory_->observe(id)->marker, "");  // not yet
  EXPECT_EQ(directory_->fence(id, "", "f1:exec-1").outcome, WriteOutcome::done);
  const auto fenced = directory_->observe(id);
  relay.release();  // the original arrives now
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(directory_->observe(id)->marker, "f1:exec-1");
  EXPECT_EQ(directory_->observe(id)->version, fenced->version);
  EXPECT_FALSE(server_->signs_in("oskar.venn", good_password));
  EXPECT_TRUE(server_->signs_in("oskar.venn", server_->first_password("oskar.venn")));
}

TEST_F(ldap_directory, without_a_fence_the_late_original_lands) {  // the twin that shows the fence is needed
  StallableRelay relay(server_->port());
  const auto far = through(relay);
  const auto account = find("hanna.frost");
  ASSERT_TRUE(far->observe(account.facts.account));
  relay.arm(1, StallableRelay::Then::hold_requests);
  const auto word = secret(good_password);
  EXPECT_EQ(far->act(allow(account, Action::password_reset), "", "e1:exec-1", &word).outcome, WriteOutcome::unknown);
  relay.release();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(directory_->observe(account.facts.account)->marker, "e1:exec-1");
}

TEST_F(ldap_directory, a_server_that_stops_before_the_write_gives_unknown_then_the_truth) {
  StallableRelay relay(server_->port());
  const auto far = through(relay);
  const auto account = find("dora.vale");
  ASSERT_TRUE(far->observe(account.facts.account));
  relay.arm(1, StallableRelay::Then::drop_answers, [] { server_->pause(); });
  const auto word = secret(good_password);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(far->act(allow(account, Action::password_reset), "", "e1:exec-1", &word).outcome, WriteOutcome::unknown);
  relay.release();
  EXPECT_EQ(directory_->observe(account.facts.account).error().kind, FaultKind::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));  // two deadlines of 1.5 s
  server_->resume();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(directory_->observe(account.facts.account)->marker, "e1:exec-1");
}

TEST_F(ldap_directory, a_server_that_hangs_or_is_down_is_unavailable_and_nothing_was_sent) {
  const auto account = find("bea.tansy");
  server_->pause();
  auto result = reset(account, "", "e1:exec-1", good_password);
  server_->resume();
  EXPECT_EQ(result.outcome, WriteOutcome::not_done);
  EXPECT_EQ(result.refusal, Refusal::unavailable);
  server_->stop();
  result = reset(account, "", "e1:exec-1", good_password);
  EXPECT_EQ(result.refusal, Refusal::unavailable);
  EXPECT_EQ(directory_->find_by_login("bea.tansy", Instant{}).error().kind, FaultKind::unavailable);
  server_->start();
  result = reset(account, "", "e1:exec-1", good_password);  // over a new connection
  EXPECT_EQ(result.outcome, WriteOutcome::done) << result.detail;
}

TEST_F(ldap_directory, a_peer_that_accepts_and_stays_silent_costs_one_deadline) {
  server_->pause();  // the kernel still accepts for it
  const auto fresh = open(config());
  auto upgrading = config();
  upgrading.url = server_->setting("STARTTLS_URL");
  upgrading.start_tls = true;
  const auto upgraded = open(std::move(upgrading));
  for (auto* silent : {fresh.get(), upgraded.get()}) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(silent->find_by_login("zoe.crane", Instant{}).error().kind, FaultKind::unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(1900));
  }
  server_->resume();
}

TEST_F(ldap_directory, twenty_callers_with_one_decision_act_once) {
  const auto account = find("rhea.moss");
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 20; ++i)
    callers.emplace_back([&, i] {
      const auto word = secret(concat(good_password, i));
      const auto result = directory_->act(allow(account, Action::password_reset), "", concat("e1:exec-", i), &word);
      if (result.outcome == WriteOutcome::done) ++done;
      if (result.refusal == Refusal::state_changed) ++refused;
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(refused, 19);
}

TEST_F(ldap_directory, start_tls_serves_as_well_and_checks_the_certificate_too) {
  auto upgraded = config();
  upgraded.url = server_->setting("STARTTLS_URL");
  upgraded.start_tls = true;
  EXPECT_TRUE(open(std::move(upgraded))->find_by_login("zoe.crane", Instant{}));
  auto misnamed = config();
  misnamed.start_tls = true;
  misnamed.url = server_->setting("STARTTLS_URL");
  misnamed.url.replace(misnamed.url.find("127.0.0.1"), 9,
                       "localhost");  // becomes this machine's name: not in the certificate
  EXPECT_FALSE(open(std::move(misnamed))->find_by_login("zoe.crane", Instant{}));
}

TEST_F(ldap_directory, a_certificate_of_another_authority_is_refused) {
  auto fooled = config();
  const auto other_ca = std::filesystem::path(server_->setting("CA")).parent_path() / "other.pem";
  const auto make = concat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other ",
                           "-keyout /dev/null -out ", other_ca.string(), " 2>/dev/null");
  ASSERT_EQ(std::system(make.c_str()), 0);  // tidy: allow banned_call, a throw-away certificate
  fooled.ca_file = other_ca.string();
  EXPECT_EQ(open(std::move(fooled))->find_by_login("zoe.crane", Instant{}).error().kind, FaultKind::unavailable);
  auto misnamed = config();  // the certificate names 127.0.0.1, not 127.0.0.2
  misnamed.url = concat("ldaps://127.0.0.2:", server_->port());
  EXPECT_FALSE(open(std::move(misnamed))->find_by_login("zoe.crane", Instant{}));
}

TEST_F(ldap_directory, a_wrong_service_password_is_a_fault_that_does_not_repeat_it) {
  auto wrong = config();
  wrong.bind_password = secret("hunter2-wrong");
  const auto found = open(std::move(wrong))->find_by_login("zoe.crane", Instant{});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what.find("hunter2"), std::string::npos);
}

TEST_F(ldap_directory, the_same_people_seed_the_embedded_directory) {
  class Fixed final : public Entropy {  // distinct is enough here
   public:
    Result<Bytes> bytes(std::size_t count) override { return Bytes(count, ++last_); }

   private:
    std::uint8_t last_ = 0;
  } entropy;
  const auto json = parse_json(OpenLdapForTests::file_text(server_->setting("EMBEDDED_SEED")));
  ASSERT_TRUE(json) << json.error().what;
  EmbeddedConfig made;
  made.directory = corp;
  made.organization = *OrganizationId::parse("alderfinch");
  made.path = server_->folder() + "/embedded";
  made.admin_groups = {"Domain Admins"};
  made.kdf_iterations = 2;
  auto embedded = EmbeddedDirectory::open(std::move(made), entropy);
  ASSERT_TRUE(embedded);
  EXPECT_EQ(*(*embedded)->import_seed(*json), 40U);
  for (const auto* login : {"zoe.crane", "perry.gone", "emil.sorrel", "max.dorn", "lena.brandt"}) {
    const auto there = find(login).facts;
    const auto here = (*embedded)->find_by_login(login, Instant{})->facts;
    EXPECT_EQ(here.holder, there.holder) << login;
    EXPECT_EQ(here.groups, there.groups) << login;
    EXPECT_EQ(here.active, there.active) << login;
    EXPECT_EQ(here.locked, there.locked) << login;
    EXPECT_EQ(here.admin, there.admin) << login;
    EXPECT_EQ(here.employment, there.employment) << login;
  }
}

TEST_F(ldap_directory, configurations_that_would_leak_or_guess_are_refused) {
  const auto refused = [](auto change) {
    auto bad = config();
    change(bad);
    const auto opened = LdapDirectory::open(std::move(bad));
    return !opened && opened.error().kind == FaultKind::invalid;
  };
  EXPECT_TRUE(refused([](LdapConfig& c) { c.url = "ldap://127.0.0.1"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.start_tls = true; }));  // on ldaps://
  EXPECT_TRUE(refused([](LdapConfig& c) { c.url = "ldapi:///"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.url += " ldap://127.0.0.1"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.url += "/dc=example"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.ca_file = "/nonexistent"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.bind_password = {}; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.bind_dn = "sallyport"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.marker_attribute = "a)(b"; }));
  EXPECT_TRUE(refused([](LdapConfig& c) { c.deadline = seconds(0); }));
}

}  // namespace
}  // namespace sallyport
