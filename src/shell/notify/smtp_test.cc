// Our mailer against our sink, and against servers that refuse, hang or vanish.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/text.h"
#include "shell/notify/mail_text.h"
#include "shell/notify/smtp_mailer.h"
#include "shell/notify/smtp_sink.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<SmtpMailer> mailer_to(std::string url, std::chrono::milliseconds timeout = 5s) {
  auto mailer = SmtpMailer::create({.url = std::move(url), .from = "sallyport@example.org", .timeout = timeout});
  EXPECT_TRUE(mailer) << (mailer ? "" : mailer.error().what);
  return mailer ? std::move(*mailer) : nullptr;
}

// An SMTP server that says the given lines, one for each line it hears, then closes. "" hangs.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> lines) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = concat("smtp://127.0.0.1:", ntohs(address.sin_port));
    thread_ = std::jthread([this, lines = std::move(lines)] { play(lines); });
  }
  ~ScriptedServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  const std::string& url() const { return url_; }

 private:
  void play(const std::vector<std::string>& lines) const {
    const int peer = ::accept(fd_, nullptr, nullptr);
    char heard[4096];
    for (const auto& line : lines) {
      if (line.empty()) {
        while (::recv(peer, heard, sizeof heard, 0) > 0) {
        }
        break;
      }
      const std::string bytes = line + "\r\n";
      if (::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) break;
      if (::recv(peer, heard, sizeof heard, 0) <= 0) break;
    }
    ::close(peer);
  }
  int fd_;
  std::string url_;
  std::jthread thread_;
};

TEST(SmtpMailer, delivers_a_mail_as_it_was_written) {
  const auto sink = std::move(*SmtpSink::start());
  const auto mailer = mailer_to(sink->url());
  const Mail mails[] = {
      {"ada@example.org", "Your account", "Line one\nLine two\n"},
      {"ada@example.org", "Jemand möchte Ihr Konto wiederherstellen, und wir fragen, ob Sie das sind ✓", "Grüße\n"},
      {"ada@example.org", "=?looks encoded", ".\n..two dots\n.hidden\n"},
      {"ada@example.org", "long", std::string(5000, 'x') + "\n"},
      {"ada@example.org", "empty", "\n"},
  };
  for (const auto& mail : mails) {
    const auto sent = mailer->send(mail);
    ASSERT_TRUE(sent) << sent.error().what;
    const auto got = sink->wait_for("ada@example.org", 2s);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->subject, mail.subject);
    EXPECT_EQ(got->text, mail.text);
  }
  EXPECT_EQ(sink->mails().size(), std::size(mails));
}

TEST(SmtpSink, gives_each_mail_once_and_only_to_whom_it_was_sent) {
  const auto sink = std::move(*SmtpSink::start());
  const auto mailer = mailer_to(sink->url());
  ASSERT_TRUE(mailer->send({"ada@example.org", "one", "1\n"}));
  ASSERT_TRUE(mailer->send({"bob@example.org", "two", "2\n"}));
  EXPECT_EQ(sink->wait_for("bob@example.org", 1s)->subject, "two");
  EXPECT_FALSE(sink->wait_for("bob@example.org", 50ms));
  EXPECT_EQ(sink->wait_for("ada@example.org", 0ms)->subject, "one");
}

TEST(SmtpSink, wakes_who_waits) {
  const auto sink = std::move(*SmtpSink::start());
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(mailer_to(sink->url())->send({"ada@example.org", "late", "x\n"}));
  });
  EXPECT_TRUE(sink->wait_for("ada@example.org", 5s));
}

TEST(SmtpSink, keeps_the_last_thousand) {
  const auto sink = std::move(*SmtpSink::start());
  const auto mailer = mailer_to(sink->url());
  for (std::size_t i = 0; i < smtp_sink_mails_max + 2; ++i)
    ASSERT_TRUE(mailer->send({"ada@example.org", concat("n", i), "x\n"}));
  const auto kept = sink->mails();
  EXPECT_EQ(kept.size(), smtp_sink_mails_max);
  EXPECT_EQ(kept.front().subject, "n2");
}

TEST(SmtpMailer, takes_plain_addresses_and_nothing_else) {
  for (const char* text : {"a@b", "ada.lovelace+desk@mail.example.org", "o'neil@example.org", "x_1@10.example"})
    EXPECT_TRUE(is_mail_address(text)) << text;
  for (const char* text : {"",
                           "@",
                           "a@",
                           "@b",
                           "a",
                           "a@b@c",
                           "a b@c",
                           "a@b c",
                           "<a@b>",
                           "Ada <a@b>",
                           "\"a\"@b",
                           "a@b\r\nBcc: c@d",
                           "a\n@b",
                           "a@b\n",
                           "a,b@c",
                           "a;b@c",
                           "a@b>",
                           "ä@b",
                           "a@ä",
                           "a\\@b",
                           ".a@b",
                           "a.@b",
                           "a..b@c",
                           "a@.b",
                           "a@b.",
                           "a@b..c",
                           "-f@b",
                           "a@-b",
                           "a@[127.0.0.1]",
                           "a:b@c",
                           "a(b)@c"})
    EXPECT_FALSE(is_mail_address(text)) << text;
  EXPECT_FALSE(is_mail_address(std::string_view("a\0@b", 4)));
  EXPECT_TRUE(is_mail_address("a@" + std::string(252, 'd')));
  EXPECT_FALSE(is_mail_address("a@" + std::string(253, 'd')));
}

TEST(SmtpMailer, sends_nothing_that_could_grow_a_second_header) {
  const auto sink = std::move(*SmtpSink::start());
  const auto mailer = mailer_to(sink->url());
  const Mail bad[] = {
      {"ada@example.org\r\nBcc: eve@example.org", "s", "t"},
      {"ada@example.org> NOTIFY=NEVER", "s", "t"},
      {"ada@example.org", "s\r\nBcc: eve@example.org", "t"},
      {"ada@example.org", "s\n", "t"},
      {"ada@example.org", std::string("s\0", 2), "t"},
      {"ada@example.org", "", "t"},
      {"ada@example.org", std::string(mail_subject_bytes_max + 1, 's'), "t"},
      {"ada@example.org", "s", "t\r\n.\r\nMAIL FROM:<eve@example.org>"},
      {"ada@example.org", "s", std::string("t\0", 2)},
      {"ada@example.org", "s", "t\x1B[2J"},
      {"ada@example.org", "s", "\xFF"},
      {"ada@example.org", "s", std::string(mail_text_bytes_max + 1, 't')},
  };
  for (const auto& mail : bad) {
    const auto sent = mailer->send(mail);
    ASSERT_FALSE(sent) << mail.subject;
    EXPECT_EQ(sent.error().kind, FaultKind::invalid);
    EXPECT_EQ(sent.error().what.find("example.org"), std::string::npos);
  }
  EXPECT_TRUE(sink->mails().empty());
}

TEST(MailText, is_what_the_standard_says) {
  EXPECT_EQ(mail_text({"ada@example.org", "Hello", "One\nTwo\n"}, {"desk@example.org", 784111777, "id@example.org"}),
            "Date: Sun, 06 Nov 1994 08:49:37 +0000\r\nFrom: <desk@example.org>\r\nTo: <ada@example.org>\r\n"
            "Subject: Hello\r\nMessage-ID: <id@example.org>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nOne\r\nTwo\r\n");
}

TEST(MailText, keeps_every_line_short_and_in_ascii) {
  std::string subject;
  for (int i = 0; i < 60; ++i) subject += "€";
  const auto text =
      mail_text({"ada@example.org", subject, std::string(3000, 'x') + "é\n"}, {"d@example.org", 0, "i@e"});
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find("\r\n", begin)) != std::string::npos; begin = end + 2)
    EXPECT_LE(end - begin, 85U);
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(SmtpMailer, tells_refused_from_put_off_from_unreachable) {
  const ScriptedServer refuses({"220 hi", "250 ok", "250 ok", "550 no such person"});
  const auto refused = mailer_to(refuses.url())->send({"ada@example.org", "s", "t"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::rejected) << refused.error().what;

  const ScriptedServer puts_off({"220 hi", "250 ok", "250 ok", "451 later"});
  EXPECT_EQ(mailer_to(puts_off.url())->send({"ada@example.org", "s", "t"}).error().kind, FaultKind::unavailable);

  const ScriptedServer silent({""});
  EXPECT_EQ(mailer_to(silent.url(), 200ms)->send({"ada@example.org", "s", "t"}).error().kind, FaultKind::unavailable);

  EXPECT_EQ(mailer_to("smtp://127.0.0.1:1")->send({"ada@example.org", "s", "t"}).error().kind, FaultKind::unavailable);
}

TEST(SmtpMailer, does_not_know_when_the_text_went_out_and_no_answer_came) {
  const ScriptedServer hangs({"220 hi", "250 ok", "250 ok", "250 ok", "354 go", ""});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(mailer_to(hangs.url(), 300ms)->send({"ada@example.org", "s", "t"}).error().kind, FaultKind::unknown);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  const ScriptedServer vanishes({"220 hi", "250 ok", "250 ok", "250 ok", "354 go"});
  EXPECT_EQ(mailer_to(vanishes.url())->send({"ada@example.org", "s", "t"}).error().kind, FaultKind::unknown);
  const ScriptedServer refuses_text({"220 hi", "250 ok", "250 ok", "250 ok", "354 go", "554 spam"});
  EXPECT_EQ(mailer_to(refuses_text.url())->send({"ada@example.org", "s", "t"}).error().kind, FaultKind::rejected);
}

TEST(SmtpMailer, does_not_send_plainly_beyond_this_machine) {
  // A server of another machine that offers no STARTTLS: the sink, called by a name that is not loopback.
  const auto sink = std::move(*SmtpSink::start());
  auto elsewhere = SmtpMailer::create({.url = concat("smtp://0:", sink->port()), .from = "desk@example.org"});
  ASSERT_TRUE(elsewhere);
  const auto refused = (*elsewhere)->send({"ada@example.org", "s", "t"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::unavailable);
  EXPECT_NE(refused.error().what.find("SSL"), std::string::npos) << refused.error().what;
  EXPECT_TRUE(sink->mails().empty());
}

TEST(SmtpMailer, refuses_configuration_it_could_not_keep_safe) {
  const SmtpConfig bad[] = {
      {.url = "http://127.0.0.1", .from = "a@b"},
      {.url = "smtp://user:password@127.0.0.1", .from = "a@b"},
      {.url = "smtp://127.0.0.1/path", .from = "a@b"},
      {.url = "", .from = "a@b"},
      {.url = "smtps://127.0.0.1", .from = "a@b\r\n"},
      {.url = "smtps://127.0.0.1", .from = "a@b", .username = "u"},
      {.url = "smtps://127.0.0.1", .from = "a@b", .timeout = 0s},
  };
  for (const auto& config : bad) {
    const auto made = SmtpMailer::create(config);
    ASSERT_FALSE(made) << config.url;
    EXPECT_EQ(made.error().kind, FaultKind::invalid);
    EXPECT_EQ(made.error().what.find("password@"), std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport
