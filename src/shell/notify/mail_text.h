// Writes a mail as RFC 5322 wants it, with RFC 2045/2047 where it is not ASCII. Pure.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ports/mailer.h"

namespace sallyport {

// `invalid` when the mail cannot be written safely: smtp_mailer.h says when.
[[nodiscard]] Result<void> check_mail(const Mail& mail);

struct MailFrame {
  std::string_view from;
  std::time_t date = 0;
  std::string_view message_id;  // without < and >
};

// Headers, an empty line and the text, with CRLF line ends. `mail` passed check_mail().
[[nodiscard]] std::string mail_text(const Mail& mail, const MailFrame& frame);

}  // namespace sallyport
