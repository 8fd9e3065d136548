#include "shell/wiring/confinement.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using Paths = std::vector<std::string>;
using Ports = std::vector<std::uint16_t>;

TEST(Confinement, of_the_daemon_is_its_store_its_sockets_and_what_is_named) {
  DaemonConfig config;
  config.store = "/srv/site/ledger.sqlite";
  config.sockets = "/run/sallyport";
  config.certificate = "/srv/tls/chain.pem";
  config.private_key = "/srv/tls/key.pem";
  config.port = 8443;
  config.mail.url = "smtp://mail.example.com:2525";
  const auto out = confinement_of(config);
  EXPECT_EQ(out.readable, (Paths{"/srv/tls/chain.pem", "/srv/tls/key.pem"}));
  EXPECT_EQ(out.writable, (Paths{"/srv/site", "/run/sallyport"}));
  EXPECT_EQ(out.listens_on, 8443);
  EXPECT_EQ(out.connects_to, (Ports{2525, 53}));
}

TEST(Confinement, of_the_executor_is_its_directory_too) {
  ExecutorConfig config;
  config.store = "/srv/site/ledger.sqlite";
  config.sockets = "/run/sallyport";
  config.key_file = "/srv/executor/key";
  LdapDirectoryConfig ldap;
  ldap.url = "ldaps://ldap.example.com";
  ldap.ca_file = "/srv/ca.pem";
  ldap.bind_password_file = "/srv/executor/bind";
  config.directory = ldap;
  auto out = confinement_of(config);
  EXPECT_EQ(out.readable, (Paths{"/srv/ca.pem", "/srv/executor/bind"}));
  EXPECT_EQ(out.writable, (Paths{"/srv/site", "/run/sallyport", "/srv/executor"}));
  EXPECT_FALSE(out.listens_on);  // it serves a local socket
  EXPECT_EQ(out.connects_to, (Ports{636, 53}));
  EmbeddedDirectoryConfig embedded;
  embedded.file = "/srv/directory/frames";
  config.directory = embedded;
  out = confinement_of(config);
  EXPECT_EQ(out.writable.back(), "/srv/directory");
  EXPECT_TRUE(out.connects_to.empty());
}

TEST(Confinement, finds_the_port_of_a_url) {
  EXPECT_EQ(tcp_port_of("smtp://a"), 25);
  EXPECT_EQ(tcp_port_of("smtps://a/"), 465);
  EXPECT_EQ(tcp_port_of("ldap://a:1389/dc=x"), 1389);
  EXPECT_EQ(tcp_port_of("ldap://[::1]"), 389);
  EXPECT_EQ(tcp_port_of("ldaps://[::1]:1636"), 1636);
  EXPECT_EQ(tcp_port_of("smtp://me:pass@a:587"), 587);
  EXPECT_EQ(tcp_port_of("ldapi://%2frun%2fslapd"), 0);
  EXPECT_EQ(tcp_port_of("smtp://a:99999"), 0);
  EXPECT_EQ(tcp_port_of("nonsense"), 0);
}

}  // namespace
}  // namespace sallyport
