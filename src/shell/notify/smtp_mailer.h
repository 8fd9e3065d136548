// Mailer over SMTP (RFC 5321), by libcurl. Thread-safe; one connection per mail. send() blocks for at
// most `timeout` and a little over a second for taking leave.
//
// smtps:// is TLS from the first byte; smtp:// must be raised to TLS by STARTTLS before anything is
// said, and only on a loopback address may stay plain. Certificates are verified, always.
//
// Addresses, sender and recipient, are bare ASCII with one '@': no display name, no quoting, no white
// space, no control characters. A subject or text with a control character (other than newline and
// tab in the text) is refused: that is how a second header, or a second mail, would be slipped in.
//
// Faults of send(): `invalid` (address, subject or text), `unavailable` (could not connect, or the
// server said 4xx), `rejected` (5xx), `unknown` (the text was sent and no answer came).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "ports/mailer.h"

namespace sallyport {

inline constexpr std::size_t mail_text_bytes_max = 64 * 1024;  // our mails are a screen long
inline constexpr std::size_t mail_subject_bytes_max = 200;     // two lines in any mail program
inline constexpr std::size_t mail_address_bytes_max = 254;     // RFC 5321 section 4.5.3.1.3, without < and >

struct SmtpConfig {
  std::string url;   // "smtps://mail.example.org:465", "smtp://mail.example.org:587"
  std::string from;  // bare address
  std::string ca_file = {};        // PEM; empty: the system's authorities
  std::string username = {};       // empty: no login
  std::string password_file = {};  // read for each mail, first line
  std::chrono::milliseconds timeout{15'000};
};

[[nodiscard]] bool is_mail_address(std::string_view text) noexcept;

class SmtpMailer final : public Mailer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SmtpMailer>> create(SmtpConfig config);
  [[nodiscard]] Result<void> send(const Mail& mail) override;

 private:
  explicit SmtpMailer(SmtpConfig config);
  SmtpConfig config_;
  bool loopback_ = false;
};

}  // namespace sallyport
