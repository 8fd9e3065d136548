// What a member of staff does not sign. The server in these tests is a liar.
#include "cli/signing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "cli/files.h"
#include "core/cases/statement.h"
#include "core/organization/enrolment.h"
#include "core/organization/organization.h"
#include "crypto/hash.h"

namespace sallyport::cli {
namespace {

class CountingEntropy final : public Entropy {
 public:
  explicit CountingEntropy(std::uint8_t first) : next_(first) {}
  Result<Bytes> bytes(std::size_t count) override {
    Bytes out(count);
    for (auto& byte : out) byte = next_++;
    return out;
  }

 private:
  std::uint8_t next_;
};

SoftwarePasskey passkey_of(std::string_view name, std::uint8_t seed) {
  CountingEntropy entropy(seed);
  return *SoftwarePasskey::create(entropy, *StaffId::parse(name), "localhost", "https://localhost:8443");
}

std::string challenge_text(std::string_view domain, std::string_view statement) {
  return to_base64url(challenge_of(domain, statement));
}

class Folder {
 public:
  Folder() {
    auto pattern = std::filesystem::temp_directory_path().string() + "/sallyport-cli.XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(std::string_view name) const { return concat(path_, "/", name); }

 private:
  std::string path_;
};

TEST(Statement, IsReadWhenItsChallengeIsItsOwn) {
  const std::string statement = R"({"case":"c-1","n":1})";
  EXPECT_TRUE(read_statement(approval_domain, statement, challenge_text(approval_domain, statement)));
}

TEST(Statement, IsRefusedWhenTheChallengeIsThatOfAnother) {
  const std::string statement = R"({"case":"c-1","n":1})";
  const auto other = challenge_text(approval_domain, R"({"case":"c-2","n":1})");
  EXPECT_EQ(read_statement(approval_domain, statement, other).error().kind, FaultKind::rejected);
}

TEST(Statement, IsRefusedWhenTheChallengeIsOfAnotherDomain) {
  const std::string statement = R"({"case":"c-1","n":1})";
  EXPECT_FALSE(read_statement(sign_in_domain, statement, challenge_text(approval_domain, statement)));
}

TEST(Statement, IsRefusedWhenItHasTwoSpellings) {
  for (const std::string statement :
       {R"({ "case":"c-1"})", R"({"n":1,"case":"c-1"})", R"({"case":"\u0063-1"})", R"("c-1")"})
    EXPECT_FALSE(read_statement(approval_domain, statement, challenge_text(approval_domain, statement))) << statement;
}

struct Appointment {
  SoftwarePasskey tom = passkey_of("tom", 1);
  Json asked = member(tom);

  static Json member(const SoftwarePasskey& passkey) {
    return Json::object({{"id", "tom"}, {"roles", Json::array({"agent"})}, {"registration", passkey.registration()}});
  }
  static Json stated(const SoftwarePasskey& passkey) {
    const auto made = passkey.registration();
    const auto verified =
        verify_registration(*from_base64url(made.find("attestation_object")->as_string()),
                            *from_base64url(made.find("client_data_json")->as_string()),
                            {"localhost", {"https://localhost:8443"}, challenge_of(registration_domain, "tom")});
    Passkey found;
    found.credential_id = verified->credential_id;
    found.public_key = {verified->key.coordinates().begin(), verified->key.coordinates().end()};
    found.aaguid = {verified->aaguid.begin(), verified->aaguid.end()};
    found.attestation = "none";
    found.software = true;
    return Json::object({{"id", "tom"}, {"roles", Json::array({"agent"})}, {"passkey", record_to_json(found)}});
  }
};

Result<void> checked(const Json& asked, const Json& stated) {
  return check_enrolment(asked, stated, "localhost", {"https://localhost:8443"});
}

TEST(Enrolment, IsSignedWhenTheStatementNamesTheRegisteredPasskey) {
  const Appointment a;
  EXPECT_TRUE(checked(a.asked, Appointment::stated(a.tom)));
}

TEST(Enrolment, IsNotSignedWhenTheServerPutInAPasskeyOfItsOwn) {
  const Appointment a;
  const auto mallory = passkey_of("tom", 77);
  const auto refused = checked(a.asked, Appointment::stated(mallory));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::rejected);
}

TEST(Enrolment, IsNotSignedWhenTheServerAddedARole) {
  const Appointment a;
  auto stated = Appointment::stated(a.tom);
  stated.set("roles", Json::array({"agent", "operator"}));
  EXPECT_FALSE(checked(a.asked, stated));
}

TEST(Enrolment, IsNotSignedForARegistrationOfAnotherSite) {
  const Appointment a;
  EXPECT_FALSE(check_enrolment(a.asked, Appointment::stated(a.tom), "localhost", {"https://localhost:9999"}));
}

TEST(PasskeyFile, ComesBackAsItWasAndIsNobodyElsesToRead) {
  const Folder folder;
  const auto made = passkey_of("ada", 9);
  ASSERT_TRUE(made.save(folder.file("ada.key")));
  struct stat info{};
  ASSERT_EQ(::stat(folder.file("ada.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto loaded = SoftwarePasskey::load(folder.file("ada.key"));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->credential_id(), made.credential_id());
  EXPECT_EQ(loaded->staff(), made.staff());
}

TEST(PasskeyFile, IsRefusedWhenOthersMayReadIt) {
  const Folder folder;
  ASSERT_TRUE(passkey_of("ada", 9).save(folder.file("ada.key")));
  ASSERT_EQ(::chmod(folder.file("ada.key").c_str(), 0640), 0);
  EXPECT_EQ(SoftwarePasskey::load(folder.file("ada.key")).error().kind, FaultKind::rejected);
}

TEST(PasskeyFile, IsNeverReplaced) {
  const Folder folder;
  ASSERT_TRUE(passkey_of("ada", 9).save(folder.file("ada.key")));
  EXPECT_FALSE(passkey_of("ada", 10).save(folder.file("ada.key")));
}

TEST(PasskeyFile, SaysNothingOfItsContentWhenItIsDamaged) {
  const Folder folder;
  ASSERT_TRUE(write_private_file(folder.file("bad.key"), R"({"scalar":"c2VjcmV0")", IfExists::refuse));
  const auto refused = SoftwarePasskey::load(folder.file("bad.key"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.find("c2VjcmV0"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::cli
