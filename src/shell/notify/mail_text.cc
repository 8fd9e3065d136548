#include "shell/notify/mail_text.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "shell/notify/smtp_mailer.h"

namespace sallyport {
namespace {

constexpr std::size_t plain_line_bytes_max = 900;  // RFC 5322 section 2.1.1 ends at 998
constexpr std::size_t base64_line_bytes = 57;      // becomes 76 characters, RFC 2045 section 6.8
constexpr std::size_t encoded_word_bytes = 45;     // becomes 60, so a word stays under 75: RFC 2047 section 2

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool has_long_line(std::string_view text) {
  while (true) {
    const std::size_t end = text.find('\n');
    if (std::min(end, text.size()) > plain_line_bytes_max) return true;
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
}

// "Sun, 06 Nov 1994 08:49:37 +0000", whatever the process's locale.
std::string date_text(std::time_t at) {
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&at, &utc);
  const auto two = [](int n) { return concat(n < 10 ? "0" : "", n); };
  return concat(days[static_cast<std::size_t>(utc.tm_wday)], ", ", two(utc.tm_mday), " ",
                months[static_cast<std::size_t>(utc.tm_mon)], " ", utc.tm_year + 1900, " ", two(utc.tm_hour), ":",
                two(utc.tm_min), ":", two(utc.tm_sec), " +0000");
}

// Words of RFC 2047, each cut between characters and not within one.
std::string encoded_subject(std::string_view subject) {
  std::string out;
  while (!subject.empty()) {
    std::size_t size = std::min(subject.size(), encoded_word_bytes);
    while (size < subject.size() && (static_cast<unsigned char>(subject[size]) & 0xC0) == 0x80) --size;
    if (!out.empty()) out += "\r\n ";
    out += concat("=?UTF-8?B?", to_base64(view_of(subject.substr(0, size))), "?=");
    subject.remove_prefix(size);
  }
  return out;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (const char c : text) {
    if (c == '\n') out.push_back('\r');
    out.push_back(c);
  }
  if (!text.ends_with('\n')) out += "\r\n";
  return out;
}

std::string base64_lines(std::string_view bytes) {
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), base64_line_bytes)))
    out += concat(to_base64(view_of(bytes.substr(0, base64_line_bytes))), "\r\n");
  return out;
}

}  // namespace

Result<void> check_mail(const Mail& mail) {
  if (!is_mail_address(mail.to))
    return fault(FaultKind::invalid, "the recipient is not a bare ASCII mail address", "correct the address on file");
  if (mail.subject.empty() || mail.subject.size() > mail_subject_bytes_max)
    return fault(FaultKind::invalid, concat("the subject is empty or longer than ", mail_subject_bytes_max, " bytes"));
  if (mail.text.size() > mail_text_bytes_max)
    return fault(FaultKind::invalid, concat("the text is longer than ", mail_text_bytes_max, " bytes"));
  if (std::ranges::any_of(mail.subject, is_control))
    return fault(FaultKind::invalid, "the subject has a control character");
  if (std::ranges::any_of(mail.text, [](char c) { return is_control(c) && c != '\n' && c != '\t'; }))
    return fault(FaultKind::invalid, "the text has a control character");
  if (!is_valid_utf8(mail.subject) || !is_valid_utf8(mail.text))
    return fault(FaultKind::invalid, "the subject or the text is not UTF-8");
  return {};
}

std::string mail_text(const Mail& mail, const MailFrame& frame) {
  // A subject that looks like an encoded word would be read as one.
  const bool plain_subject = is_ascii(mail.subject) && mail.subject.find("=?") == std::string::npos;
  const bool plain_text = is_ascii(mail.text) && !has_long_line(mail.text);
  const std::string text = with_crlf(mail.text);
  return concat(
      "Date: ", date_text(frame.date), "\r\nFrom: <", frame.from, ">\r\nTo: <", mail.to,
      ">\r\nSubject: ", plain_subject ? mail.subject : encoded_subject(mail.subject), "\r\nMessage-ID: <",
      frame.message_id,
      ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: ",
      plain_text ? "7bit" : "base64", "\r\n\r\n", plain_text ? text : base64_lines(text));
}

}  // namespace sallyport
