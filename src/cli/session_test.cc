#include "cli/session.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "cli/files.h"

namespace sallyport::cli {
namespace {

class Session : public testing::Test {
 protected:
  Session() {
    auto pattern = std::filesystem::temp_directory_path().string() + "/sallyport-home.XXXXXX";
    options_.home = concat(::mkdtemp(pattern.data()), "/home");
    ::unsetenv("SALLYPORT_SERVER");
    ::unsetenv("SALLYPORT_CA");
  }
  ~Session() override { std::filesystem::remove_all(std::filesystem::path(options_.home).parent_path()); }

  GlobalOptions options_;
};

TEST_F(Session, IsKeptForItsServerAndFoundAgain) {
  ASSERT_TRUE(keep_staff_session(options_, {"http://127.0.0.1:1", "", "tom"}, "token"));
  const auto context = context_of(options_);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->server, "http://127.0.0.1:1");
  EXPECT_EQ(context->staff, "tom");
  EXPECT_TRUE(connect_staff(options_));
  struct stat info{};
  ASSERT_EQ(::stat(concat(options_.home, "/staff.token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(Session, IsNotSentToAnotherServer) {
  ASSERT_TRUE(keep_staff_session(options_, {"http://127.0.0.1:1", "", "tom"}, "token"));
  options_.server = "http://127.0.0.1:2";
  const auto refused = connect_staff(options_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(exit_code_of(refused.error()), ExitCode::not_signed_in);
}

TEST_F(Session, OfAClaimantIsNotSentToAnotherServerEither) {
  ASSERT_TRUE(keep_claimant_session(options_, {"http://127.0.0.1:1", "", ""}, "c-1", "token"));
  EXPECT_TRUE(connect_claimant(options_));
  options_.server = "http://127.0.0.1:2";
  EXPECT_FALSE(connect_claimant(options_));
}

TEST_F(Session, WithoutOneSaysHowToSignIn) {
  options_.server = "http://127.0.0.1:1";
  const auto refused = connect_staff(options_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(exit_code_of(refused.error()), ExitCode::not_signed_in);
  EXPECT_NE(refused.error().next_step.find("sign-in"), std::string::npos);
}

TEST_F(Session, WithoutAServerIsBadInput) {
  const auto refused = connect(options_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(exit_code_of(refused.error()), ExitCode::bad_input);
}

TEST_F(Session, IsGoneAfterSigningOut) {
  ASSERT_TRUE(keep_staff_session(options_, {"http://127.0.0.1:1", "", "tom"}, "token"));
  ASSERT_TRUE(forget_staff_session(options_));
  EXPECT_FALSE(connect_staff(options_));
  EXPECT_TRUE(forget_staff_session(options_));
}

TEST_F(Session, OfADamagedContextIsAFault) {
  ASSERT_TRUE(make_private_folder(options_.home));
  ASSERT_TRUE(write_private_file(concat(options_.home, "/sallyport.context.json"),
                                 R"({"server":"x","ca":"","staff":"","more":1})", IfExists::refuse));
  EXPECT_FALSE(context_of(options_));
}

TEST(CasePath, TakesIdsOnly) {
  EXPECT_EQ(*case_path("c-1", "/cancel"), "/v1/cases/c-1/cancel");
  for (const auto* id : {"", "../staff", "c-1/approvals", "C-1", "c-1?x=1"}) EXPECT_FALSE(case_path(id)) << id;
}

}  // namespace
}  // namespace sallyport::cli
