// Sign-ins, invitations and authenticators in a ledger: what an auditor accepts, and what lies next to it.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "core/organization/enrolment.h"

namespace sallyport {
namespace {

class EnrolmentAudit : public testing::Test {
 protected:
  SmallWorld world_;
  std::map<std::string, std::uint64_t> versions_;
  const DirectoryId directory_ = id_of<DirectoryId>("corp");
  const AccountId paul_ = id_of<AccountId>("paul");

  TokenIssued sign_in(std::string_view name, std::string_view nonce) const {
    const auto id = id_of<StaffId>(name);
    return {id, sha256(view_of(nonce)), std::string(nonce),
            world_.sign(name, sign_in_domain, sign_in_statement(world_.organization, id, nonce)),
            world_.now + token_valid_for};
  }
  EnrolmentInvited invitation(std::string_view by) const {
    return {directory_, paul_, id_of<StaffId>(by), world_.now + invitation_valid_for};
  }
  SignalEnrolled enrolled(std::string_view signal) const { return {directory_, paul_, id_of<SignalName>(signal), 1}; }

  void write(const std::string& stream, EnrolmentEvent event) {
    world_.ledger.push_back(encode_entry({stream, versions_[stream]++, world_.now, std::move(event)}));
  }
  void write(const TokenIssued& event) { write(staff_stream(event.staff), EnrolmentEvent(event)); }
  void write(const EnrolmentInvited& event) { write(account_stream(directory_, paul_), EnrolmentEvent(event)); }
  void write(const SignalEnrolled& event) { write(account_stream(directory_, paul_), EnrolmentEvent(event)); }

  [[nodiscard]] std::string found() const {
    const auto report = world_.audit();
    std::string all;
    for (const auto& finding : report.findings) all += finding.text + "\n";
    return all;
  }
};

TEST_F(EnrolmentAudit, a_sign_in_is_signed_by_who_signs_in) {
  write(sign_in("ann", "nonce-1"));
  const auto report = world_.audit();
  EXPECT_EQ(report.findings_total, 0U) << found();

  auto forged = sign_in("lea", "nonce-2");
  forged.staff = id_of<StaffId>("ann");
  write(forged);
  EXPECT_NE(found().find("credential_unknown"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, a_sign_in_is_for_this_challenge_and_works_once) {
  auto other = sign_in("ann", "nonce-1");
  other.nonce = "nonce-2";
  write(other);
  EXPECT_NE(found().find("signature_invalid"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, the_same_sign_in_gives_no_second_token) {
  const auto first = sign_in("ann", "nonce-1");
  write(first);
  EXPECT_EQ(found(), "");
  write(first);
  EXPECT_NE(found().find("second token"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, a_token_lives_as_long_as_it_may_and_no_millisecond_more) {
  auto token = sign_in("ann", "nonce-1");
  write(token);
  EXPECT_EQ(found(), "");
  token = sign_in("abe", "nonce-2");
  token.expires_at = token.expires_at + Duration{1};
  write(token);
  EXPECT_NE(found().find("limit_reached"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, nobody_signs_in_after_they_left) {
  world_.dismiss("ann");
  write(sign_in("ann", "nonce-1"));
  EXPECT_NE(found().find("staff_unknown"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, nobody_signs_in_when_the_appointment_has_ended) {
  world_.wait(days(90) + Duration{-1});
  auto last = sign_in("ann", "nonce-1");
  last.expires_at = world_.now + Duration{1};
  write(last);
  EXPECT_EQ(found(), "");
  world_.wait(Duration{1});
  write(sign_in("abe", "nonce-2"));
  EXPECT_NE(found().find("appointment_ended"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, an_operator_invites_and_an_agent_does_not) {
  write(invitation("olga"));
  EXPECT_EQ(found(), "");
  write(invitation("ann"));
  EXPECT_NE(found().find("role_missing"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, an_authenticator_is_bound_on_an_invitation) {
  write(invitation("olga"));
  world_.wait(hours(24) + Duration{-1});
  write(enrolled("totp"));
  write(enrolled("recovery_code"));
  EXPECT_EQ(found(), "");
  world_.wait(Duration{1});
  write(enrolled("totp"));  // the invitation was for one moment
  EXPECT_NE(found().find("without an invitation"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, an_invitation_ends_at_its_millisecond) {
  write(invitation("olga"));
  world_.wait(hours(24));
  write(enrolled("totp"));
  EXPECT_NE(found().find("without an invitation"), std::string::npos) << found();
}

TEST_F(EnrolmentAudit, an_event_stands_in_the_stream_of_whom_it_is_about) {
  write(staff_stream(id_of<StaffId>("abe")), EnrolmentEvent(sign_in("ann", "nonce-1")));
  EXPECT_NE(found().find("another stream"), std::string::npos) << found();
}

}  // namespace
}  // namespace sallyport
