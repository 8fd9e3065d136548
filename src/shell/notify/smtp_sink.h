// For the demo and for tests, never for a site: an SMTP server on a loopback port that accepts every
// mail, sends none on, and keeps the last `smtp_sink_mails_max` in memory for whoever asks.
//
// It speaks as much of RFC 5321 as libcurl and common libraries need (EHLO, HELO, MAIL, RCPT, DATA,
// RSET, NOOP, QUIT) and decodes what our own mailer writes (7bit or base64 text, RFC 2047 subjects).
// One thread serves one connection at a time. Thread-safe; destruction stops it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/mailer.h"

namespace sallyport {

inline constexpr std::size_t smtp_sink_mails_max = 1000;

class SmtpSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SmtpSink>> start(std::uint16_t port = 0);
  ~SmtpSink();
  SmtpSink(const SmtpSink&) = delete;
  SmtpSink& operator=(const SmtpSink&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url() const;  // "smtp://127.0.0.1:PORT"

  // The oldest kept mail to `to` that no wait_for() has given yet; waits for one until the timeout.
  [[nodiscard]] std::optional<Mail> wait_for(std::string_view to, std::chrono::milliseconds timeout);
  [[nodiscard]] std::vector<Mail> mails() const;  // all that are kept, oldest first

 private:
  class Impl;
  explicit SmtpSink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
